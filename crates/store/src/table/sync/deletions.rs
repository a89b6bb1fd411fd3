//! `contact_ids_seen`: which contacts a CRM still has, and what becomes of those it has no more.
//!
//! What the CRM did not show is only suspected: paging loses ids while records come and go. Each is asked for by its id
//! before anything happens to it.

use chrono::{DateTime, Utc};
use rusqlite::{Transaction, params};
use timbre_domain::crm::IdPage;
use timbre_domain::name::ConnectorName;

use super::super::contacts::{self, Gone, Writer};
use super::super::{ms, to_json};
use super::{Reconciliation, Urgency, details};
use crate::{Store, StoreError};

/// Rows of ids forgotten in one transaction.
const STRETCH: usize = 5_000;
/// Ids looked at in one go: the lookup of a caller waits for no more.
const LOOKED_AT: usize = 2_000;

/// Ids here that a CRM did not show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// The CRM's ids on this page.
    pub ids: Vec<String>,
    /// The last id looked at: the next part begins behind it. Nothing at the end.
    pub up_to: Option<String>,
}

impl Store {
    /// Begins to look for contacts that a CRM has no more. Every record of it that comes from now on is seen, whichever way
    /// it comes.
    pub fn begin_reconciliation(&self, connector: &ConnectorName) -> Result<(), StoreError> {
        self.forget_seen(connector)?;
        self.reconciled_to(connector, &Reconciliation::Listing(None))
    }

    /// The CRM showed these ids. Those that are not known here are asked for.
    ///
    /// # Errors
    /// When it could not be saved; the page is then asked for again.
    pub fn saw_ids(&self, connector: &ConnectorName, page: &IdPage) -> Result<(), StoreError> {
        let next = match page.more {
            true => Reconciliation::Listing(Some(page.cursor.clone())),
            false => Reconciliation::Confirming(None),
        };
        self.write_in_turn(|tx, _| {
            let mut known = tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM contact_keys WHERE key = ?1)")?;
            for id in &page.ids {
                saw(tx, connector, id)?;
                if !known.query_row([format!("id:{connector}\n{id}")], |row| row.get::<_, bool>(0))? {
                    details::note(tx, connector, id, false, Some(Urgency::Background))?;
                }
            }
            reconciled_to(tx, connector, &next)
        })
    }

    /// A part of the ids here that the CRM did not show, behind `after`.
    pub fn missing(&self, connector: &ConnectorName, after: Option<&str>) -> Result<Missing, StoreError> {
        let begins = format!("id:{connector}\n");
        let after = format!("{begins}{}", after.unwrap_or_default());
        self.search(|db| {
            let keys: Vec<String> = db
                .prepare_cached(
                    "SELECT DISTINCT key FROM contact_keys WHERE key > ?1 AND key < ?2 || char(1114111) ORDER BY key LIMIT ?3",
                )?
                .query_map(params![after, begins, LOOKED_AT], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut seen = db.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM contact_ids_seen WHERE connector = ?1 AND external_id = ?2)",
            )?;
            let mut missing = Missing::default();
            for key in &keys {
                let Some(id) = key.strip_prefix(&begins) else { continue };
                if !seen.query_row([connector.as_str(), id], |row| row.get::<_, bool>(0))? {
                    missing.ids.push(id.to_owned());
                }
                missing.up_to = Some(id.to_owned());
            }
            Ok(missing)
        })
    }

    /// Remembers how far a reconciliation came.
    pub fn reconciled_to(&self, connector: &ConnectorName, how_far: &Reconciliation) -> Result<(), StoreError> {
        self.write(|tx| reconciled_to(tx, connector, how_far))
    }

    /// The reconciliation came to its end.
    pub fn end_reconciliation(&self, connector: &ConnectorName, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql = "UPDATE contact_syncs SET reconciling = NULL, reconciled_at = ?2 WHERE connector = ?1";
            tx.execute(sql, params![connector.as_str(), ms(now)]).map(drop)
        })?;
        self.forget_seen(connector)
    }

    /// A CRM has a contact no more: it said so when it was asked for it. Where nothing was written here about the contact,
    /// it goes here too; its calls stay in the history.
    pub fn contact_gone(&self, connector: &ConnectorName, id: &str, now: DateTime<Utc>) -> Result<Gone, StoreError> {
        self.write(|tx| {
            details::note(tx, connector, id, true, None)?;
            contacts::unlink(&mut Writer::new(tx)?, connector, id, ms(now))
        })
    }

    fn forget_seen(&self, connector: &ConnectorName) -> Result<(), StoreError> {
        let sql = "DELETE FROM contact_ids_seen WHERE connector = ?1 AND external_id IN
                       (SELECT external_id FROM contact_ids_seen WHERE connector = ?1 LIMIT ?2)";
        while self.write_in_turn(|tx, _| tx.execute(sql, params![connector.as_str(), STRETCH]))? > 0 {}
        Ok(())
    }
}

/// The CRM has it.
pub(super) fn saw(tx: &Transaction<'_>, connector: &ConnectorName, id: &str) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO contact_ids_seen (connector, external_id) VALUES (?1, ?2)";
    tx.prepare_cached(sql)?.execute([connector.as_str(), id]).map(drop)
}

fn reconciled_to(tx: &Transaction<'_>, connector: &ConnectorName, how_far: &Reconciliation) -> rusqlite::Result<()> {
    let sql = "INSERT INTO contact_syncs (connector, reconciling) VALUES (?1, ?2)
               ON CONFLICT (connector) DO UPDATE SET reconciling = ?2";
    tx.prepare_cached(sql)?.execute(params![connector.as_str(), to_json(how_far)?]).map(drop)
}
