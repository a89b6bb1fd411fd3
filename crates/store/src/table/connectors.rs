//! `connectors`: which CRMs are left alone until a person acts.

use rusqlite::OptionalExtension as _;
use timbre_domain::crm::ConnectorName;
use timbre_domain::outbox::Problem;

use super::{json, to_json};
use crate::{Store, StoreError};

impl Store {
    /// Why nothing is asked of a CRM; nothing where it is.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn connector_stopped(&self, connector: &ConnectorName) -> Result<Option<Problem>, StoreError> {
        self.read(|db| {
            let sql = "SELECT stopped FROM connectors WHERE name = ?1";
            let stopped: Option<Option<String>> =
                db.prepare_cached(sql)?.query_row([connector.as_str()], |row| row.get(0)).optional()?;
            stopped.flatten().map(|problem| json(&problem)).transpose()
        })
    }

    /// Nothing is asked of a CRM any more, or it is asked again.
    ///
    /// # Errors
    /// When it could not be saved.
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
