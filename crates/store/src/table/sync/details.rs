//! `contact_details`: contacts whose telephones the CRM's lists leave out, to be asked for one by one.

use rusqlite::{OptionalExtension as _, Transaction, params};
use timbre_domain::contact::ContactId;
use timbre_domain::name::ConnectorName;

use super::super::contacts;
use super::Urgency;
use crate::{Store, StoreError};

/// Rows settled in one transaction.
const STRETCH: usize = 5_000;

/// A contact to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The CRM's id of it.
    pub id: String,
    /// Somebody looks at it now.
    pub urgent: bool,
}

impl Store {
    /// The next contact to be asked for, those that somebody looks at first.
    pub fn next_detail(&self, connector: &ConnectorName) -> Result<Option<Detail>, StoreError> {
        self.read(|db| {
            let sql = "SELECT external_id, urgency FROM contact_details WHERE connector = ?1 AND urgency < ?2
                       ORDER BY urgency, external_id LIMIT 1";
            db.prepare_cached(sql)?
                .query_row(params![connector.as_str(), Urgency::IfNewsComes as i64], |row| {
                    Ok(Detail { id: row.get(0)?, urgent: row.get::<_, i64>(1)? == Urgency::Now as i64 })
                })
                .optional()
        })
    }

    /// How many are to be asked for.
    pub fn details_left(&self, connector: &ConnectorName) -> Result<u64, StoreError> {
        self.search(|db| {
            let sql = "SELECT count(*) FROM contact_details WHERE connector = ?1 AND urgency < ?2";
            db.prepare_cached(sql)?
                .query_row(params![connector.as_str(), Urgency::IfNewsComes as i64], |row| row.get(0))
        })
    }

    /// A contact can't be asked for: it waits no longer.
    pub fn detail_done(&self, connector: &ConnectorName, id: &str) -> Result<(), StoreError> {
        self.write(|tx| note(tx, connector, id, true, None))
    }

    /// Somebody looks at a contact: what its CRMs' lists left out is asked for next. Gives the CRMs that are to be asked.
    pub fn hurry_details(&self, contact: ContactId) -> Result<Vec<ConnectorName>, StoreError> {
        let waiting = self.read(|db| {
            let mut waits =
                db.prepare_cached("SELECT urgency FROM contact_details WHERE connector = ?1 AND external_id = ?2")?;
            let mut waiting = Vec::new();
            for (source, id) in contacts::ids_of(db, contact)? {
                let urgency: Option<i64> = waits.query_row([&source, &id], |row| row.get(0)).optional()?;
                if urgency.is_some_and(|urgency| urgency != Urgency::Now as i64)
                    && let Ok(connector) = source.parse::<ConnectorName>()
                {
                    waiting.push((connector, id));
                }
            }
            Ok(waiting)
        })?;
        if !waiting.is_empty() {
            self.write(|tx| {
                let sql = "UPDATE contact_details SET urgency = ?3 WHERE connector = ?1 AND external_id = ?2";
                let mut hurry = tx.prepare_cached(sql)?;
                waiting.iter().try_for_each(|(connector, id)| {
                    hurry.execute(params![connector.as_str(), id, Urgency::Now as i64]).map(drop)
                })
            })?;
        }
        Ok(waiting.into_iter().map(|(connector, _)| connector).collect())
    }
}

/// A record came: complete, it need not be asked for any more; else it may have to be.
pub(super) fn note(
    tx: &Transaction<'_>,
    connector: &ConnectorName,
    id: &str,
    complete: bool,
    urgency: Option<Urgency>,
) -> rusqlite::Result<()> {
    if complete {
        let sql = "DELETE FROM contact_details WHERE connector = ?1 AND external_id = ?2";
        return tx.prepare_cached(sql)?.execute([connector.as_str(), id]).map(drop);
    }
    let Some(urgency) = urgency else { return Ok(()) };
    let sql = "INSERT INTO contact_details (connector, external_id, urgency) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET urgency = min(urgency, excluded.urgency)";
    tx.prepare_cached(sql)?.execute(params![connector.as_str(), id, urgency as i64]).map(drop)
}

/// Decides what was held until a pass showed whether it brings news: it is asked for, or dropped. A stretch at a time: there
/// may be a million.
pub(super) fn decide_held(store: &Store, connector: &ConnectorName, news: bool) -> Result<(), StoreError> {
    let which = "connector = ?1 AND external_id IN
        (SELECT external_id FROM contact_details WHERE connector = ?1 AND urgency = ?2 LIMIT ?3)";
    let sql = match news {
        true => format!("UPDATE contact_details SET urgency = 1 WHERE {which}"),
        false => format!("DELETE FROM contact_details WHERE {which}"),
    };
    let waits = Urgency::IfNewsComes as i64;
    while store.write_in_turn(|tx, _| tx.execute(&sql, params![connector.as_str(), waits, STRETCH]))? > 0 {}
    Ok(())
}
