//! `contact_syncs`: how far each CRM's contacts were brought here.
//!
//! A cursor is saved in one transaction with the last contacts of its page: whatever ends the program, the next run
//! asks for an unfinished page again. A page that yields to another writer is saved in several transactions.

pub(crate) mod deletions;
pub(crate) mod details;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};
use timbre_domain::crm::Cursor;
use timbre_domain::name::ConnectorName;

use super::contacts::{self, Outcome, Pulled, Writer};
use super::{json, ms, time, to_json};
use crate::{Store, StoreError};

/// How far a CRM's contacts were brought here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncState {
    /// Where the next page begins; nothing at the very beginning.
    pub cursor: Option<Cursor>,
    /// When all contacts of the CRM had been pulled for the first time, UTC.
    pub full_at: Option<DateTime<Utc>>,
    /// When the last pass came to its end, UTC.
    pub synced_at: Option<DateTime<Utc>>,
    /// The progress of the reconciliation that is running.
    pub reconciliation: Option<Reconciliation>,
    /// When the last reconciliation ended, UTC.
    pub reconciled_at: Option<DateTime<Utc>>,
    /// The pages that the running pass has pulled; 0 between passes.
    pub pages: u64,
    /// The contacts that the running pass has taken in.
    pub contacts: u64,
}

/// The progress of a reconciliation, which finds contacts that were deleted in the CRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reconciliation {
    /// The CRM's ids are being listed; the next page begins here.
    Listing(Option<Cursor>),
    /// Contacts whose ids were not listed are asked for one by one, after this id.
    Confirming(Option<String>),
}

/// Counts the contacts that CRMs have taken from here. What a CRM answered to a question that was asked before one of them
/// may be older than what it was told since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushes(u64);

/// What became of contacts that were taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    pub added: u64,
    /// Known contacts that changed.
    pub changed: u64,
    /// Known contacts that did not change.
    pub unchanged: u64,
}

/// How urgent the telephones are that a list left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    Now = 0,
    Background = 1,
    /// The list had nothing new, which a change of a telephone it leaves out would not show either.
    IfNewsComes = 2,
}

impl Store {
    /// How many contacts the CRMs have taken from here: to be noted before a CRM is asked.
    #[must_use]
    pub fn contact_pushes(&self) -> Pushes {
        Pushes(self.pushes.load(Ordering::Relaxed))
    }

    /// How far a CRM's contacts were brought here.
    pub fn sync_state(&self, connector: &ConnectorName) -> Result<SyncState, StoreError> {
        self.read(|db| state(db, connector))
    }

    /// Takes in a page, and remembers where the next one begins. `fetches` says that the CRM can be asked for what the page
    /// left out. Nothing where the answer was overtaken, because the CRM has taken a contact from here since it was asked:
    /// it must be asked again.
    ///
    /// # Errors
    /// When it could not be saved; the page is then asked for again.
    pub fn save_page(
        &self,
        connector: &ConnectorName,
        contacts: Vec<Pulled>,
        cursor: &Cursor,
        fetches: bool,
        asked: Pushes,
        now: DateTime<Utc>,
    ) -> Result<Option<Taken>, StoreError> {
        let count = contacts.len() as u64;
        let mut page =
            Page { connector, contacts: contacts.into(), fetches, asked, now, urgent: false, taken: Taken::default() };
        let cursor = to_json(cursor)?;
        loop {
            let stretch = self.write_in_turn(|tx, others_wait| {
                let stretch = self.take_in(tx, others_wait, &mut page)?;
                if stretch == Stretch::All {
                    tx.prepare_cached(
                        "INSERT INTO contact_syncs (connector, cursor, pages, contacts) VALUES (?1, ?2, 1, ?3)
                         ON CONFLICT (connector) DO UPDATE SET cursor = ?2, pages = pages + 1, contacts = contacts + ?3,
                             began_from = CASE pages WHEN 0 THEN cursor ELSE began_from END",
                    )?
                    .execute(params![connector.as_str(), cursor, count])?;
                }
                Ok(stretch)
            })?;
            match stretch {
                Stretch::All => return Ok(Some(page.taken)),
                Stretch::MakesWay => {}
                Stretch::Overtaken => return Ok(None),
            }
        }
    }

    /// Takes in contacts that were asked for one by one, by their number or by their id; what is not complete is fetched
    /// next. Nothing where the answer was overtaken, as with [`Self::save_page`].
    pub fn save_pulled(
        &self,
        connector: &ConnectorName,
        contacts: Vec<Pulled>,
        fetches: bool,
        asked: Pushes,
        now: DateTime<Utc>,
    ) -> Result<Option<Taken>, StoreError> {
        let mut page =
            Page { connector, contacts: contacts.into(), fetches, asked, now, urgent: true, taken: Taken::default() };
        loop {
            match self.write_in_turn(|tx, others_wait| self.take_in(tx, others_wait, &mut page))? {
                Stretch::All => return Ok(Some(page.taken)),
                Stretch::MakesWay => {}
                Stretch::Overtaken => return Ok(None),
            }
        }
    }

    /// The pass came to its end. What may have changed unseen is fetched if the pass brought anything new at all, else
    /// forgotten.
    ///
    /// # Errors
    /// When it could not be saved; the pass then has no end yet.
    pub fn end_pass(&self, connector: &ConnectorName, now: DateTime<Utc>) -> Result<(), StoreError> {
        let name = connector.as_str();
        let news: bool = self.read(|db| {
            let sql = "SELECT pages > 0 AND cursor IS NOT began_from FROM contact_syncs WHERE connector = ?1";
            Ok(db.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?.unwrap_or(false))
        })?;
        details::decide_held(self, connector, news)?;
        self.write(|tx| {
            tx.execute(
                "INSERT INTO contact_syncs (connector, full_at, synced_at) VALUES (?1, ?2, ?2)
                 ON CONFLICT (connector) DO UPDATE SET full_at = coalesce(full_at, ?2), synced_at = ?2, pages = 0,
                     contacts = 0, began_from = NULL",
                params![name, ms(now)],
            )
            .map(drop)
        })
    }

    /// The next pass brings all contacts again.
    pub fn forget_cursor(&self, connector: &ConnectorName) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql = "UPDATE contact_syncs SET cursor = NULL, began_from = NULL, pages = 0, contacts = 0 WHERE connector = ?1";
            tx.execute(sql, [connector.as_str()]).map(drop)
        })
    }

    fn take_in(
        &self,
        tx: &Transaction<'_>,
        others_wait: &dyn Fn() -> bool,
        page: &mut Page<'_>,
    ) -> rusqlite::Result<Stretch> {
        // Whoever counts a push holds the database as we do now.
        if self.contact_pushes() != page.asked {
            return Ok(Stretch::Overtaken);
        }
        let listens = Listens::now(tx, page.connector)?;
        let mut writer = Writer::new(tx)?;
        let mut done = 0;
        let mut taken = page.taken;
        for pulled in &page.contacts {
            let outcome = contacts::take_in(&mut writer, page.connector, pulled, ms(page.now))?;
            if let Some(id) = pulled.external_id() {
                let urgency = match outcome {
                    Outcome::Added | Outcome::Changed if page.urgent => Urgency::Now,
                    Outcome::Added | Outcome::Changed => Urgency::Background,
                    Outcome::Unchanged if listens.from_the_beginning => Urgency::Background,
                    Outcome::Unchanged => Urgency::IfNewsComes,
                };
                // What was looked up is part of no pass whose end would settle it.
                let asks = page.fetches && !pulled.complete && !(page.urgent && urgency == Urgency::IfNewsComes);
                details::note(tx, page.connector, id, pulled.complete, asks.then_some(urgency))?;
                if listens.reconciles {
                    deletions::saw(tx, page.connector, id)?;
                }
            }
            match outcome {
                Outcome::Added => taken.added += 1,
                Outcome::Changed => taken.changed += 1,
                Outcome::Unchanged => taken.unchanged += 1,
            }
            done += 1;
            if done < page.contacts.len() && others_wait() {
                break;
            }
        }
        page.taken = taken;
        page.contacts.drain(..done);
        Ok(if page.contacts.is_empty() { Stretch::All } else { Stretch::MakesWay })
    }
}

/// Contacts that are being taken in.
struct Page<'a> {
    connector: &'a ConnectorName,
    contacts: VecDeque<Pulled>,
    fetches: bool,
    asked: Pushes,
    now: DateTime<Utc>,
    urgent: bool,
    taken: Taken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stretch {
    All,
    MakesWay,
    Overtaken,
}

/// What becomes known with a record that was pulled.
struct Listens {
    reconciles: bool,
    from_the_beginning: bool,
}

impl Listens {
    fn now(db: &Connection, connector: &ConnectorName) -> rusqlite::Result<Self> {
        let sql = "SELECT reconciling IS NOT NULL, CASE pages WHEN 0 THEN cursor ELSE began_from END IS NULL
                   FROM contact_syncs WHERE connector = ?1";
        let found = db.prepare_cached(sql)?.query_row([connector.as_str()], |row| {
            Ok(Self { reconciles: row.get(0)?, from_the_beginning: row.get(1)? })
        });
        Ok(found.optional()?.unwrap_or(Self { reconciles: false, from_the_beginning: true }))
    }
}

fn state(db: &Connection, connector: &ConnectorName) -> rusqlite::Result<SyncState> {
    let sql = "SELECT cursor, full_at, synced_at, reconciling, reconciled_at, pages, contacts
               FROM contact_syncs WHERE connector = ?1";
    let at = |ms: Option<i64>| ms.map(time).transpose();
    let found = db.prepare_cached(sql)?.query_row([connector.as_str()], |row| {
        Ok(SyncState {
            cursor: row.get_ref(0)?.as_str_or_null()?.map(json).transpose()?,
            full_at: at(row.get(1)?)?,
            synced_at: at(row.get(2)?)?,
            reconciliation: row.get_ref(3)?.as_str_or_null()?.map(json).transpose()?,
            reconciled_at: at(row.get(4)?)?,
            pages: row.get(5)?,
            contacts: row.get(6)?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
