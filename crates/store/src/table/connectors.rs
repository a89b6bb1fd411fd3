//! `connectors`: the CRMs that are stopped until a person acts.

use rusqlite::OptionalExtension as _;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::Problem;

use super::{json, to_json};
use crate::{Store, StoreError};

impl Store {
    /// Why a CRM is stopped; `None` where it is not.
    pub fn connector_stopped(&self, connector: &ConnectorName) -> Result<Option<Problem>, StoreError> {
        self.read(|db| {
            let sql = "SELECT stopped FROM connectors WHERE name = ?1";
            let stopped: Option<Option<String>> =
                db.prepare_cached(sql)?.query_row([connector.as_str()], |row| row.get(0)).optional()?;
            stopped.flatten().map(|problem| json(&problem)).transpose()
        })
    }

    /// Stops a CRM with a reason, or lets it go on.
    pub fn stop_connector(&self, connector: &ConnectorName, why: Option<&Problem>) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO connectors (name, stopped) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET stopped = excluded.stopped",
                rusqlite::params![connector.as_str(), why.map(to_json).transpose()?],
            )
            .map(drop)
        })
    }
}
