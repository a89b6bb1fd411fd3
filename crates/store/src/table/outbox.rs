//! `outbox`: the records on their way to the CRMs. What makes one is told in `want.rs`.

mod listed;
mod want;

use std::sync::atomic::Ordering;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use timbre_domain::call::CallKey;
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::crm::{ConnectorName, Receipt};
use timbre_domain::interaction::{Interaction, InteractionId};
use timbre_domain::outbox::{BELIEVED_AHEAD, OutboxItem, OutboxState, Problem, RecordKind, RequestId, TakenBack};

pub use self::listed::ListedRecord;
pub(super) use self::listed::of_each;
use self::want::contact_sent;
pub(super) use self::want::{
    call_changed, call_ended, call_settled, contact_found, contact_lost, move_order, retell, want,
};
use super::calls::CallRecord;
use super::{calls, contacts, from_word, interactions, json, ms, time, to_json, uuid, word};
use crate::{Store, StoreError};

/// Where an item stands among the others.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// The interaction it belongs to.
    pub(super) part_of: Option<InteractionId>,
    /// Items with the same key go in the order they were made.
    pub(super) key: String,
    /// When it is to be sent at the earliest.
    pub(super) due: DateTime<Utc>,
}

impl Order {
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

/// What became of a try that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Its state now.
    pub state: OutboxState,
    /// When it is its turn again, UTC.
    pub next_at: DateTime<Utc>,
    /// The record itself was the trouble, and not the CRM or the network.
    pub unsure: bool,
    /// Nothing of it can be there: it need not be searched for.
    pub never_sent: bool,
    /// It counts as a try of its own, for nothing was begun.
    pub tried: bool,
}

/// Everything that an item's record is made of, as it was at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispatch {
    /// The item, as it stands now that it is about to be sent.
    pub item: OutboxItem,
    /// The call, where there is one.
    pub call: Option<CallRecord>,
    /// The result, where there is one.
    pub interaction: Option<Interaction>,
    /// The contact, where it is settled and still there.
    pub contact: Option<Contact>,
    /// The CRM's id of the contact, where it has one.
    pub contact_remote_id: Option<String>,
    /// What was removed and is to be taken back.
    pub taken_back: Option<TakenBack>,
}

/// Which items are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutboxFilter {
    /// Only the one with this id.
    pub id: Option<RequestId>,
    /// Only those to this CRM.
    pub connector: Option<ConnectorName>,
    /// Only those in these states; all but done and discarded where it is empty.
    pub states: Vec<OutboxState>,
    /// At most so many, the oldest first; 0 for the default of 100.
    pub limit: usize,
}

/// How many items stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxCounts {
    /// To be sent, or sent without an answer yet.
    pub waiting: u64,
    /// Parked: a person must act.
    pub parked: u64,
    /// There.
    pub done: u64,
}

impl Store {
    /// The next item to be sent to a CRM, if it is due; an item waits for the earlier ones of its contact that are due or
    /// in trouble.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_next(&self, connector: &ConnectorName, now: DateTime<Utc>) -> Result<Option<OutboxItem>, StoreError> {
        self.read(|db| {
            db.prepare_cached(&format!("{SELECT} AS item WHERE {NEXT} ORDER BY seq LIMIT 1"))?
                .query_row(params![connector.as_str(), ms(now)], read)
                .optional()
        })
    }

    /// The same, of the record of this item: of what is to be sent before it, or else the item itself. Nothing where none of
    /// them is due.
    ///
    /// # Errors
    /// When the database can't be read.
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
    ///
    /// # Errors
    /// When the database can't be read.
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

    /// Sets times right that lie further ahead than anything is ever put off: the clock was set back since. What may be
    /// with the CRM already waits for `settles_within` from now. Gives how many there were.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_set_right(
        &self,
        connector: &ConnectorName,
        now: DateTime<Utc>,
        settles_within: TimeDelta,
        wrap_up: TimeDelta,
    ) -> Result<usize, StoreError> {
        let ahead =
            ms(now + TimeDelta::from_std(BELIEVED_AHEAD).unwrap_or(TimeDelta::zero()) + settles_within + wrap_up);
        let astray = "connector = ?1 AND state IN ('waiting', 'sending') AND next_at > ?2";
        let any = self.read(|db| {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM outbox WHERE {astray})");
            db.prepare_cached(&sql)?.query_row(params![connector.as_str(), ahead], |row| row.get::<_, bool>(0))
        })?;
        if !any {
            return Ok(0);
        }
        self.write(|tx| {
            let sql =
                format!("UPDATE outbox SET next_at = CASE state WHEN 'sending' THEN ?4 ELSE ?3 END WHERE {astray}");
            tx.execute(&sql, params![connector.as_str(), ahead, ms(now), ms(now + settles_within)])
        })
    }

    /// An item is about to be sent: remembers it, durably where the request would create the record, and gives what it is
    /// made of. Nothing where it is not to be sent any more. A creation that gets no answer is searched for from
    /// `searched_at` on.
    ///
    /// # Errors
    /// When it could not be saved; it must not be sent then.
    pub fn outbox_begin(
        &self,
        id: RequestId,
        now: DateTime<Utc>,
        searched_at: DateTime<Utc>,
    ) -> Result<Option<Dispatch>, StoreError> {
        self.write_durably(|tx| {
            let Some(item) = by_id(tx, id)? else { return Ok(None) };
            if !matches!(item.state, OutboxState::Waiting | OutboxState::Sending) {
                return Ok(None);
            }
            if item.remote_id.is_none() {
                tx.prepare_cached(
                    "UPDATE outbox SET state = 'sending', attempted = wanted, attempts = attempts + 1, begun_at = ?2,
                         next_at = ?3, searched_at = ?3 WHERE id = ?1",
                )?
                .execute(params![id.0.as_bytes(), ms(now), ms(searched_at)])?;
            } else {
                tx.prepare_cached("UPDATE outbox SET attempted = wanted, attempts = attempts + 1 WHERE id = ?1")?
                    .execute([id.0.as_bytes()])?;
            }
            dispatch(tx, id)
        })
    }

    /// What an item is made of at this moment.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_dispatch(&self, id: RequestId) -> Result<Option<Dispatch>, StoreError> {
        self.read(|db| dispatch(db, id))
    }

    /// The CRM has the record as it was sent last. What changed since is still to be told. `carries` are the parts of a
    /// contact that this CRM is told of.
    ///
    /// # Errors
    /// When it could not be saved; the record is then searched for and found.
    pub fn outbox_sent(
        &self,
        id: RequestId,
        receipt: &Receipt,
        carries: &BTreeSet<String>,
        now: DateTime<Utc>,
    ) -> Result<OutboxItem, StoreError> {
        self.write_durably(|tx| {
            let before = by_id(tx, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            tx.prepare_cached(
                "UPDATE outbox SET remote_id = ?2, sent = attempted, attempts = 0, unsure = 0, problem = NULL, begun_at = NULL,
                     searched_at = NULL,
                     despite_duplicate = 0, next_at = ?3,
                     state = CASE WHEN state = 'discarded' THEN state WHEN attempted = wanted THEN 'done' ELSE 'waiting' END
                 WHERE id = ?1",
            )?
            .execute(params![id.0.as_bytes(), receipt.remote_id, ms(now)])?;
            if before.kind == RecordKind::Contact {
                self.pushes.fetch_add(1, Ordering::Relaxed);
                contact_sent(tx, &before, &receipt.remote_id, carries, now)?;
            }
            by_id(tx, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
        })
    }

    /// The search found nothing: the record is not there, and may be created.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_not_there(&self, id: RequestId) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("UPDATE outbox SET begun_at = NULL, searched_at = NULL WHERE id = ?1", [id.0.as_bytes()])
                .map(drop)
        })
    }

    /// It is not to be sent before `next_at` after all: the call goes on. Nothing went out.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_postpone(&self, id: RequestId, next_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql = "UPDATE outbox SET next_at = ?2 WHERE id = ?1";
            tx.execute(sql, params![id.0.as_bytes(), ms(next_at)]).map(drop)
        })
    }

    /// It could not be sent. `unsure` says that the record itself was the trouble, and not the CRM or the network;
    /// `never_sent` that nothing of it can be there.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_failed(
        &self,
        id: RequestId,
        failure: &Failure,
        problem: &Problem,
    ) -> Result<Option<OutboxItem>, StoreError> {
        self.write(|tx| {
            tx.prepare_cached(
                "UPDATE outbox SET state = ?2, next_at = ?3, problem = ?4, unsure = unsure + ?5,
                     attempts = attempts + ?7,
                     begun_at = CASE WHEN ?6 THEN NULL ELSE begun_at END,
                     searched_at = CASE WHEN ?6 THEN NULL ELSE searched_at END
                 WHERE id = ?1 AND state IN ('waiting', 'sending')",
            )?
            .execute(params![
                id.0.as_bytes(),
                word(failure.state)?,
                ms(failure.next_at),
                to_json(problem)?,
                failure.unsure,
                failure.never_sent,
                failure.tried
            ])?;
            by_id(tx, id)
        })
    }

    /// What it was about is gone. One that never went out goes too; one that may be there is not told of any more.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_moot(&self, id: RequestId) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql = "DELETE FROM outbox WHERE id = ?1 AND remote_id IS NULL AND begun_at IS NULL";
            if tx.execute(sql, [id.0.as_bytes()])? == 0 {
                tx.execute(
                    "UPDATE outbox SET state = 'done' WHERE id = ?1 AND remote_id IS NOT NULL",
                    [id.0.as_bytes()],
                )?;
                tx.execute(
                    "UPDATE outbox SET state = 'discarded' WHERE id = ?1 AND remote_id IS NULL",
                    [id.0.as_bytes()],
                )?;
            }
            Ok(())
        })
    }

    /// The items that belong to an interaction, whatever their state, the oldest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_of(&self, interaction: InteractionId) -> Result<Vec<OutboxItem>, StoreError> {
        self.read(|db| {
            db.prepare_cached(&format!("{SELECT} WHERE part_of = ?1 ORDER BY seq"))?
                .query_map([interaction.0.as_bytes()], read)?
                .collect()
        })
    }

    /// The records of a call and of what came of it, the oldest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_of_call(&self, key: &CallKey) -> Result<Vec<OutboxItem>, StoreError> {
        self.read(|db| {
            let interaction = interactions::by_call(db, key)?;
            let of = (Some(key.to_string()), interaction.map(|one| one.id));
            Ok(of_each(db, &[of])?.pop().unwrap_or_default())
        })
    }

    /// Items, the oldest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<OutboxItem>, StoreError> {
        self.read(|db| Ok(filtered(db, filter)?.into_iter().map(|(item, _)| item).collect()))
    }

    /// The item with this id.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_item(&self, id: RequestId) -> Result<Option<OutboxItem>, StoreError> {
        self.read(|db| by_id(db, id))
    }

    /// How many items to a CRM stand where.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_counts(&self, connector: &ConnectorName) -> Result<OutboxCounts, StoreError> {
        self.read(|db| {
            let sql = "SELECT coalesce(sum(state IN ('waiting', 'sending')), 0), coalesce(sum(state = 'parked'), 0),
                              coalesce(sum(state = 'done'), 0) FROM outbox WHERE connector = ?1";
            db.prepare_cached(sql)?.query_row([connector.as_str()], |row| {
                Ok(OutboxCounts { waiting: row.get(0)?, parked: row.get(1)?, done: row.get(2)? })
            })
        })
    }

    /// How many items stand where, for each CRM that any were ever made for.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_counts_of_all(&self) -> Result<HashMap<ConnectorName, OutboxCounts>, StoreError> {
        self.read(|db| {
            let sql =
                "SELECT connector, sum(state IN ('waiting', 'sending')), sum(state = 'parked'), sum(state = 'done')
                       FROM outbox GROUP BY connector";
            let counts = |row: &Row<'_>| {
                let counts = OutboxCounts { waiting: row.get(1)?, parked: row.get(2)?, done: row.get(3)? };
                Ok((from_word(row.get(0)?)?, counts))
            };
            db.prepare_cached(sql)?.query_map([], counts)?.collect()
        })
    }

    /// A person wants it tried again, now; a parked or discarded one too. Whether the CRM may have got it already is not
    /// forgotten.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_retry(
        &self,
        id: RequestId,
        despite_duplicate: bool,
        now: DateTime<Utc>,
    ) -> Result<Option<OutboxItem>, StoreError> {
        self.write_durably(|tx| {
            tx.execute(
                "UPDATE outbox SET next_at = CASE WHEN begun_at IS NULL THEN ?2 ELSE max(?2, coalesce(searched_at, ?2)) END,
                     attempts = 0, unsure = 0, problem = NULL, despite_duplicate = despite_duplicate OR ?3,
                     state = CASE WHEN begun_at IS NULL THEN 'waiting' ELSE 'sending' END
                 WHERE id = ?1 AND state <> 'done'",
                params![id.0.as_bytes(), ms(now), despite_duplicate],
            )?;
            // It would wait for those of its contact that were tried in vain: they go now, too.
            tx.execute(
                "UPDATE outbox AS earlier
                 SET next_at = CASE WHEN begun_at IS NULL THEN ?2 ELSE max(?2, coalesce(searched_at, ?2)) END
                 FROM (SELECT connector, order_key, seq FROM outbox WHERE id = ?1) AS item
                 WHERE earlier.connector = item.connector AND earlier.order_key = item.order_key
                   AND earlier.seq < item.seq AND earlier.state IN ('waiting', 'sending') AND earlier.next_at > ?2
                   AND (earlier.attempts > 0 OR earlier.state = 'sending')",
                params![id.0.as_bytes(), ms(now)],
            )?;
            by_id(tx, id)
        })
    }

    /// A person has looked: an item that may have been created before is not there, and is created as if it never was.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_created_anew(&self, id: RequestId) -> Result<Option<OutboxItem>, StoreError> {
        self.write_durably(|tx| {
            let sql = "UPDATE outbox SET begun_at = NULL, searched_at = NULL
                       WHERE id = ?1 AND remote_id IS NULL AND state IN ('parked', 'sending', 'waiting')";
            tx.execute(sql, [id.0.as_bytes()])?;
            by_id(tx, id)
        })
    }

    /// Records of a kind can be searched for again: those that were held for it go, those that were parked for it are
    /// searched for.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_unhold(
        &self,
        connector: &ConnectorName,
        kind: RecordKind,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE outbox SET next_at = ?3, problem = NULL, attempts = 0,
                     state = CASE WHEN begun_at IS NULL THEN 'waiting' ELSE 'sending' END
                 WHERE connector = ?1 AND kind = ?2 AND state IN ('waiting', 'sending', 'parked')
                   AND json_extract(problem, '$.code') = 'unsearchable'",
                params![connector.as_str(), kind.as_str(), ms(now)],
            )
        })
    }

    /// An engine has started: records that an earlier one held because they could not be searched for are tried again.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_unhold_waiting(&self, connector: &ConnectorName, now: DateTime<Utc>) -> Result<usize, StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE outbox
                 SET next_at = CASE WHEN begun_at IS NULL THEN ?2 ELSE max(?2, coalesce(searched_at, ?2)) END
                 WHERE connector = ?1 AND state IN ('waiting', 'sending') AND next_at > ?2
                   AND json_extract(problem, '$.code') = 'unsearchable'",
                params![connector.as_str(), ms(now)],
            )
        })
    }

    /// The records that were parked because they could not be searched for, the oldest first, a hundred at most.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_unsearchable(&self, connector: &ConnectorName) -> Result<Vec<RequestId>, StoreError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT id FROM outbox WHERE connector = ?1 AND state = 'parked'
                   AND json_extract(problem, '$.code') = 'unsearchable' ORDER BY seq LIMIT 100",
            )?
            .query_map([connector.as_str()], |row| uuid(row.get_ref(0)?.as_blob()?).map(RequestId))?
            .collect()
        })
    }

    /// A person does not want it sent. Nothing where there is no such item or the CRM has it already.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn outbox_discard(&self, id: RequestId) -> Result<Option<OutboxItem>, StoreError> {
        self.write_durably(|tx| {
            let sql =
                "UPDATE outbox SET state = 'discarded' WHERE id = ?1 AND state IN ('waiting', 'sending', 'parked')";
            if tx.execute(sql, [id.0.as_bytes()])? == 0 { Ok(None) } else { by_id(tx, id) }
        })
    }
}

/// Whatever the CRM may have without our knowing counts as begun: it is searched for, from `searched_at` on, before it is
/// created. What is parked stays parked, and a retry searches.
pub(crate) fn counts_as_begun(
    tx: &Transaction<'_>,
    now: DateTime<Utc>,
    searched_at: DateTime<Utc>,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET begun_at = coalesce(begun_at, ?1), searched_at = max(coalesce(searched_at, ?2), ?2),
             next_at = max(next_at, ?2), attempted = wanted,
             state = CASE state WHEN 'waiting' THEN 'sending' ELSE state END
         WHERE remote_id IS NULL AND state IN ('waiting', 'sending', 'parked')",
    )?
    .execute([ms(now), ms(searched_at)])
    .map(drop)
}

/// An item, and the interaction it belongs to.
type Part = (OutboxItem, Option<InteractionId>);

fn filtered(db: &Connection, filter: &OutboxFilter) -> rusqlite::Result<Vec<Part>> {
    let states = match filter.states.as_slice() {
        [] => &[OutboxState::Waiting, OutboxState::Sending, OutboxState::Parked],
        some => some,
    };
    let limit = i64::try_from(if filter.limit == 0 { 100 } else { filter.limit }).unwrap_or(i64::MAX);
    let connector = filter.connector.as_ref().map(ConnectorName::as_str);
    let id = filter.id.map(|id| *id.0.as_bytes());
    let mut select = db.prepare_cached(&filter_sql(id.is_some()))?;
    select.query_map(params![to_json(&states)?, connector, limit, id], part)?.collect()
}

fn dispatch(db: &Connection, id: RequestId) -> rusqlite::Result<Option<Dispatch>> {
    let Some(item) = by_id(db, id)? else { return Ok(None) };
    let (part_of, taken_back): (Option<InteractionId>, Option<TakenBack>) = db
        .prepare_cached("SELECT part_of, taken_back FROM outbox WHERE id = ?1")?
        .query_row([id.0.as_bytes()], |row| {
            let part_of = row.get_ref(0)?.as_blob_or_null()?.map(uuid).transpose()?.map(InteractionId);
            Ok((part_of, row.get_ref(1)?.as_str_or_null()?.map(json).transpose()?))
        })?;
    let key = (item.kind == RecordKind::Call).then(|| CallKey::try_from(item.subject.clone()).ok()).flatten();
    let interaction = match (&key, part_of) {
        (Some(key), _) => interactions::by_call(db, key)?,
        (None, Some(id)) => interactions::by_id(db, id)?,
        (None, None) => None,
    };
    // A draft is the agent's own business, and so is what was typed over a final interaction.
    let interaction = interaction
        .filter(|one| one.state == timbre_domain::interaction::InteractionState::Final)
        .map(Interaction::as_saved);
    let key = key.or_else(|| interaction.as_ref().and_then(|one| one.call.clone()));
    let call = key.map(|key| calls::find(db, &key)).transpose()?.flatten();
    let contact = match item.kind {
        RecordKind::Contact => item.subject.parse().ok(),
        _ => interaction.as_ref().and_then(|one| one.contact).or_else(|| call.as_ref().and_then(|call| call.contact)),
    };
    let contact = contact.map(|id| contacts::find(db, id)).transpose()?.flatten();
    let contact_remote_id =
        contact.as_ref().map(|contact| contacts::remote_id(db, contact, &item.connector)).transpose()?.flatten();
    Ok(Some(Dispatch { item, call, interaction, contact, contact_remote_id, taken_back }))
}

/// An item that can be sent: due, and none of its contact before it that is due too or in trouble.
const NEXT: &str = "connector = ?1 AND state IN ('waiting', 'sending') AND next_at <= ?2
    AND NOT EXISTS (SELECT 1 FROM outbox AS earlier
        WHERE earlier.connector = item.connector AND earlier.order_key = item.order_key
          AND earlier.seq < item.seq AND earlier.state IN ('waiting', 'sending')
          AND (earlier.next_at <= ?2 OR earlier.attempts > 0 OR earlier.state = 'sending'))";

/// The statement of a filter; `one` says that it names an item, which is then a seek.
fn filter_sql(one: bool) -> String {
    let which = if one { "id = ?4" } else { "?4 IS NULL" };
    format!(
        "{SELECT} WHERE {which} AND state IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR connector = ?2)
         ORDER BY seq LIMIT ?3"
    )
}

const SELECT: &str = "SELECT id, connector, kind, subject, order_key, state, wanted, sent, attempted, remote_id, attempts, \
    despite_duplicate, created_at, next_at, begun_at, problem, unsure, part_of FROM outbox";

pub(super) fn by_id(db: &Connection, id: RequestId) -> rusqlite::Result<Option<OutboxItem>> {
    db.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?.query_row([id.0.as_bytes()], read).optional()
}

/// Reads every row.
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
