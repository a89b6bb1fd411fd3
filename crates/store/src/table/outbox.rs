//! `outbox`: the records on their way to the CRMs. `enqueue.rs` says what makes one, `sending.rs` what becomes of it.

mod by_hand;
mod enqueue;
mod listed;
mod sending;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use timbre_domain::call::CallKey;
use timbre_domain::contact::ContactId;
use timbre_domain::interaction::InteractionId;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{OutboxItem, RequestId};

pub(super) use self::enqueue::{
    call_changed, call_ended, call_identified, contact_found, contact_lost, enqueue, move_order, send_again,
};
pub(super) use self::listed::of_each;
pub use self::listed::{ListedRecord, OutboxCounts, OutboxFilter};
pub(crate) use self::sending::counts_as_begun;
pub use self::sending::{Dispatch, Failure};
use super::calls::CallRecord;
use super::{from_word, json, ms, time, uuid};
use crate::{Store, StoreError};

/// The place of an item in the queue of its CRM.
#[derive(Debug, Clone)]
pub(super) struct QueuePosition {
    /// The interaction it belongs to.
    pub(super) part_of: Option<InteractionId>,
    /// Items with the same key are sent in the order they were made.
    pub(super) key: String,
    /// When it is to be sent at the earliest.
    pub(super) due: DateTime<Utc>,
}

impl QueuePosition {
    pub(super) fn of_contact(contact: ContactId, due: DateTime<Utc>) -> Self {
        Self { part_of: None, key: contact.to_string(), due }
    }
}

/// What keeps records in order with others: the contact, else the number of somebody unknown, else the call.
pub(super) fn order_key(contact: Option<ContactId>, call: Option<&CallRecord>, key: &CallKey) -> String {
    match (contact, call.and_then(|call| call.call.party.number())) {
        (Some(contact), _) => contact.to_string(),
        (None, Some(number)) => number.key(),
        (None, None) => key.to_string(),
    }
}

impl Store {
    /// The next item to be sent to a CRM, if it is due; an item waits for the earlier ones of its contact that are due or
    /// in trouble.
    pub fn outbox_next(&self, connector: &ConnectorName, now: DateTime<Utc>) -> Result<Option<OutboxItem>, StoreError> {
        self.read(|db| {
            db.prepare_cached(&format!("{SELECT} AS item WHERE {NEXT} ORDER BY seq LIMIT 1"))?
                .query_row(params![connector.as_str(), ms(now)], read)
                .optional()
        })
    }

    /// The next item to be sent so that this one can be: an earlier one of the same contact, or the item itself. `None`
    /// where none of them is due.
    pub fn outbox_next_for(
        &self,
        connector: &ConnectorName,
        id: RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<OutboxItem>, StoreError> {
        self.read(|db| {
            db.prepare_cached(&format!(
                "{SELECT} AS item WHERE {NEXT}
                     AND order_key = (SELECT order_key FROM outbox WHERE id = ?3)
                     AND seq <= (SELECT seq FROM outbox WHERE id = ?3)
                 ORDER BY seq LIMIT 1"
            ))?
            .query_row(params![connector.as_str(), ms(now), id.0.as_bytes()], read)
            .optional()
        })
    }

    /// When the next item to a CRM is due; nothing where none waits.
    pub fn outbox_due(
        &self,
        connector: &ConnectorName,
        after: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(|db| {
            let sql = "SELECT min(next_at) FROM outbox
                       WHERE connector = ?1 AND state IN ('waiting', 'sending') AND next_at > ?2";
            let due: Option<i64> =
                db.prepare_cached(sql)?.query_row(params![connector.as_str(), ms(after)], |row| row.get(0))?;
            due.map(time).transpose()
        })
    }
}

/// An item, and the interaction it belongs to.
type Part = (OutboxItem, Option<InteractionId>);

/// An item that can be sent: due, and none of its contact before it that is due too or in trouble.
const NEXT: &str = "connector = ?1 AND state IN ('waiting', 'sending') AND next_at <= ?2
    AND NOT EXISTS (SELECT 1 FROM outbox AS earlier
        WHERE earlier.connector = item.connector AND earlier.order_key = item.order_key
          AND earlier.seq < item.seq AND earlier.state IN ('waiting', 'sending')
          AND (earlier.next_at <= ?2 OR earlier.attempts > 0 OR earlier.state = 'sending'))";

const SELECT: &str = "SELECT id, connector, kind, subject, order_key, state, wanted, sent, attempted, remote_id, attempts, \
    despite_duplicate, created_at, next_at, begun_at, problem, unsure, part_of FROM outbox";

pub(super) fn by_id(db: &Connection, id: RequestId) -> rusqlite::Result<Option<OutboxItem>> {
    db.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?.query_row([id.0.as_bytes()], read).optional()
}

/// Reads every row, as a check that each one can be read.
pub(super) fn read_all(db: &Connection) -> rusqlite::Result<()> {
    db.prepare(SELECT)?.query_map([], read)?.try_for_each(|row| row.map(drop))
}

fn part(row: &Row<'_>) -> rusqlite::Result<Part> {
    Ok((read(row)?, row.get_ref(17)?.as_blob_or_null()?.map(uuid).transpose()?.map(InteractionId)))
}

fn read(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
    let connector: String = row.get(1)?;
    Ok(OutboxItem {
        id: RequestId(uuid(row.get_ref(0)?.as_blob()?)?),
        connector: from_word(connector)?,
        kind: from_word(row.get(2)?)?,
        subject: row.get(3)?,
        order_key: row.get(4)?,
        state: from_word(row.get(5)?)?,
        wanted: row.get(6)?,
        sent: row.get(7)?,
        attempted: row.get(8)?,
        remote_id: row.get(9)?,
        attempts: row.get(10)?,
        despite_duplicate: row.get(11)?,
        created_at: time(row.get(12)?)?,
        next_at: time(row.get(13)?)?,
        begun_at: row.get::<_, Option<i64>>(14)?.map(time).transpose()?,
        problem: row.get_ref(15)?.as_str_or_null()?.map(json).transpose()?,
        unsure: row.get(16)?,
    })
}

#[cfg(test)]
mod tests;
