//! `outbox`: the records on their way to the CRMs.

use std::sync::atomic::Ordering;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use timbre_domain::call::{AccountName, CallKey};
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::crm::Receipt;
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{Interaction, InteractionId};
use timbre_domain::outbox::{
    BELIEVED_AHEAD, OutboxItem, OutboxState, Problem, RecordKind, RequestId, TakenBack, Wanted,
};
use uuid::Uuid;

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
    /// Only those to this CRM.
    pub connector: Option<AccountName>,
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
    pub fn outbox_next(&self, connector: &AccountName, now: DateTime<Utc>) -> Result<Option<OutboxItem>, StoreError> {
        self.read(|db| {
            db.prepare_cached(&format!(
                "{SELECT} AS item WHERE connector = ?1 AND state IN ('waiting', 'sending') AND next_at <= ?2
                     AND NOT EXISTS (SELECT 1 FROM outbox AS earlier
                         WHERE earlier.connector = item.connector AND earlier.order_key = item.order_key
                           AND earlier.seq < item.seq AND earlier.state IN ('waiting', 'sending')
                           AND (earlier.next_at <= ?2 OR earlier.attempts > 0 OR earlier.state = 'sending'))
                 ORDER BY seq LIMIT 1"
            ))?
            .query_row(params![connector.as_str(), ms(now)], read)
            .optional()
        })
    }

    /// When the next item to a CRM is due; nothing where none waits.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox_due(
        &self,
        connector: &AccountName,
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
        connector: &AccountName,
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
                failure.never_sent
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

    /// Items, the oldest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<OutboxItem>, StoreError> {
        let states = match filter.states.as_slice() {
            [] => &[OutboxState::Waiting, OutboxState::Sending, OutboxState::Parked],
            some => some,
        };
        let limit = i64::try_from(if filter.limit == 0 { 100 } else { filter.limit }).unwrap_or(i64::MAX);
        let connector = filter.connector.as_ref().map(AccountName::as_str);
        let states = to_json(&states)?;
        self.read(|db| {
            db.prepare_cached(&format!(
                "{SELECT} WHERE state IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR connector = ?2)
                 ORDER BY seq LIMIT ?3"
            ))?
            .query_map(params![states, connector, limit], read)?
            .collect()
        })
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
    pub fn outbox_counts(&self, connector: &AccountName) -> Result<OutboxCounts, StoreError> {
        self.read(|db| {
            let sql = "SELECT coalesce(sum(state IN ('waiting', 'sending')), 0), coalesce(sum(state = 'parked'), 0),
                              coalesce(sum(state = 'done'), 0) FROM outbox WHERE connector = ?1";
            db.prepare_cached(sql)?.query_row([connector.as_str()], |row| {
                Ok(OutboxCounts { waiting: row.get(0)?, parked: row.get(1)?, done: row.get(2)? })
            })
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
                     attempts = 0, unsure = 0, despite_duplicate = despite_duplicate OR ?3,
                     state = CASE WHEN begun_at IS NULL THEN 'waiting' ELSE 'sending' END
                 WHERE id = ?1 AND state <> 'done'",
                params![id.0.as_bytes(), ms(now), despite_duplicate],
            )?;
            by_id(tx, id)
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

/// A CRM is to have this record, as it is now. Gives the item where it waits because of it.
pub(super) fn want(
    tx: &Transaction<'_>,
    connector: &AccountName,
    wanted: &Wanted,
    order: &Order,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<OutboxItem>> {
    let taken_back = wanted.taken_back.as_ref().map(to_json).transpose()?;
    let known = tx
        .prepare_cached(
            "SELECT id, state, remote_id, begun_at FROM outbox WHERE connector = ?1 AND kind = ?2 AND subject = ?3",
        )?
        .query_row(params![connector.as_str(), wanted.kind.as_str(), wanted.subject], |row| {
            let id = RequestId(uuid(row.get_ref(0)?.as_blob()?)?);
            let state: OutboxState = from_word(row.get(1)?)?;
            let sent = row.get_ref(2)?.as_str_or_null()?.is_some() || row.get::<_, Option<i64>>(3)?.is_some();
            Ok((id, state, sent))
        })
        .optional()?;
    let Some((id, state, maybe_there)) = known else {
        if taken_back.is_some() {
            return Ok(None);
        }
        let id = RequestId(Uuid::now_v7());
        tx.prepare_cached(
            "INSERT INTO outbox (id, connector, kind, subject, part_of, order_key, state, wanted, sent, attempted, attempts,
                                 despite_duplicate, created_at, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', 1, 0, 0, 0, 0, ?7, ?8)",
        )?
        .execute(params![
            id.0.as_bytes(),
            connector.as_str(),
            wanted.kind.as_str(),
            wanted.subject,
            order.part_of.map(|id| *id.0.as_bytes()),
            order.key,
            ms(now),
            ms(order.due),
        ])?;
        return by_id(tx, id);
    };
    let state = match state {
        // A person decided that the CRM is not to have it.
        OutboxState::Discarded => return Ok(None),
        // Taken back before it ever went out: the CRM need not know, and what is put back is a record of its own.
        _ if taken_back.is_some() && !maybe_there => {
            tx.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id.0.as_bytes()])?;
            return Ok(None);
        }
        OutboxState::Sending => OutboxState::Sending,
        OutboxState::Parked if maybe_there_unanswered(tx, id)? => OutboxState::Sending,
        OutboxState::Parked | OutboxState::Waiting | OutboxState::Done => OutboxState::Waiting,
    };
    tx.prepare_cached(
        "UPDATE outbox SET wanted = wanted + 1, state = ?2, part_of = coalesce(?3, part_of), order_key = ?4, taken_back = ?6,
             attempts = CASE WHEN state = 'parked' THEN 0 ELSE attempts END,
             unsure = CASE WHEN state = 'parked' THEN 0 ELSE unsure END,
             next_at = CASE WHEN state = 'sending' THEN next_at WHEN ?2 = 'sending' THEN max(?5, coalesce(searched_at, ?5))
                            WHEN state = 'waiting' THEN min(next_at, ?5) ELSE ?5 END
         WHERE id = ?1",
    )?
    .execute(params![
        id.0.as_bytes(),
        word(state)?,
        order.part_of.map(|id| *id.0.as_bytes()),
        order.key,
        ms(order.due),
        taken_back
    ])?;
    by_id(tx, id)
}

/// Whether a request that creates it went out and nobody knows what came of it.
fn maybe_there_unanswered(tx: &Transaction<'_>, id: RequestId) -> rusqlite::Result<bool> {
    let sql = "SELECT remote_id IS NULL AND begun_at IS NOT NULL FROM outbox WHERE id = ?1";
    tx.prepare_cached(sql)?.query_row([id.0.as_bytes()], |row| row.get(0))
}

/// The records of an interaction follow it to another contact: those that name the contact are told anew by whoever wants
/// them; the order is that of the new contact from now on.
pub(super) fn move_order(
    tx: &Transaction<'_>,
    connector: &AccountName,
    interaction: InteractionId,
    order_key: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE outbox SET order_key = ?3 WHERE part_of = ?1 AND connector = ?2 AND kind <> 'contact'")?
        .execute(params![interaction.0.as_bytes(), connector.as_str(), order_key])
        .map(drop)
}

/// Something that a call's records tell has changed: what it cost, how long it was.
pub(super) fn call_changed(tx: &Transaction<'_>, call: &str) -> rusqlite::Result<()> {
    // The time of one that is done has long come.
    tx.prepare_cached(
        "UPDATE outbox SET wanted = wanted + 1, state = CASE WHEN state = 'done' THEN 'waiting' ELSE state END
         WHERE subject = ?1 AND kind = 'call' AND state IN ('waiting', 'sending', 'done')",
    )?
    .execute([call])
    .map(drop)
}

/// Who was called is settled: the records of the call name the contact from now on, and keep its order.
pub(super) fn call_settled(tx: &Transaction<'_>, call: &CallKey, contact: ContactId) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE outbox SET order_key = ?2 WHERE subject = ?1 AND kind = 'call'")?
        .execute([call.to_string(), contact.to_string()])?;
    call_changed(tx, &call.to_string())
}

/// A call has ended: the CRM is to have it from `due` on, whether or not somebody writes a result.
pub(super) fn call_ended(
    tx: &Transaction<'_>,
    connector: &AccountName,
    call: &CallKey,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let record = calls::find(tx, call)?;
    let key = order_key(record.as_ref().and_then(|record| record.contact), record.as_ref(), call);
    let wanted = Wanted { kind: RecordKind::Call, subject: call.to_string(), taken_back: None };
    want(tx, connector, &wanted, &Order { part_of: None, key, due }, now).map(drop)
}

/// The CRM has the contact: from now on the two are one, and what went there without it is told anew.
fn contact_sent(
    tx: &Transaction<'_>,
    item: &OutboxItem,
    remote_id: &str,
    carries: &BTreeSet<String>,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let Ok(contact) = item.subject.parse::<ContactId>() else { return Ok(()) };
    // What was typed since the request went out is still to be told.
    let known = (item.attempted == item.wanted).then_some(carries);
    contacts::known_as(tx, contact, &item.connector, remote_id, known, now)?;
    if item.remote_id.is_none() { retell(tx, &item.connector, &item.order_key) } else { Ok(()) }
}

/// What was told of somebody is told anew: the CRM knows now, or knows again, who it is. What is on its way goes once more
/// afterwards.
pub(super) fn retell(tx: &Transaction<'_>, connector: &AccountName, order_key: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET wanted = wanted + 1, state = CASE state WHEN 'done' THEN 'waiting' ELSE state END
         WHERE order_key = ?2 AND connector = ?1 AND kind <> 'contact' AND (state = 'done' OR state = 'sending')",
    )?
    .execute([connector.as_str(), order_key])
    .map(drop)
}

/// A CRM has a contact no more, because somebody deleted it there: what waits to be told of it is for a person to decide,
/// who by a retry makes a new record; what was refused because of it is tried again, without it.
pub(super) fn contact_lost(
    tx: &Transaction<'_>,
    connector: &AccountName,
    contact: ContactId,
    now: i64,
) -> rusqlite::Result<()> {
    let key = contact.to_string();
    let problem = Problem { code: ErrorCode::NotFound, words: String::new(), at: time(now)? };
    tx.prepare_cached(
        "UPDATE outbox SET remote_id = NULL, begun_at = NULL, searched_at = NULL, sent = 0,
             problem = CASE WHEN state IN ('waiting', 'sending') THEN ?3 ELSE problem END,
             state = CASE WHEN state IN ('waiting', 'sending') THEN 'parked' ELSE state END
         WHERE connector = ?1 AND kind = 'contact' AND subject = ?2",
    )?
    .execute(params![connector.as_str(), key, to_json(&problem)?])?;
    tx.prepare_cached(
        "UPDATE outbox SET state = CASE WHEN begun_at IS NULL THEN 'waiting' ELSE 'sending' END, attempts = 0, unsure = 0
         WHERE order_key = ?2 AND connector = ?1 AND kind <> 'contact' AND state = 'parked'",
    )?
    .execute([connector.as_str(), key.as_str()])
    .map(drop)
}

/// The items of a call and of a result.
pub(super) fn of(
    db: &Connection,
    call: Option<&str>,
    interaction: Option<InteractionId>,
) -> rusqlite::Result<Vec<OutboxItem>> {
    db.prepare_cached(&format!("{SELECT} WHERE (subject = ?1 AND kind = 'call') OR part_of = ?2 ORDER BY seq"))?
        .query_map(params![call, interaction.map(|id| *id.0.as_bytes())], read)?
        .collect()
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
    // A draft is the agent's own business.
    let interaction = interaction.filter(|one| one.state == timbre_domain::interaction::InteractionState::Final);
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

const SELECT: &str = "SELECT id, connector, kind, subject, order_key, state, wanted, sent, attempted, remote_id, attempts, \
    despite_duplicate, created_at, next_at, begun_at, problem, unsure FROM outbox";

pub(super) fn by_id(db: &Connection, id: RequestId) -> rusqlite::Result<Option<OutboxItem>> {
    db.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?.query_row([id.0.as_bytes()], read).optional()
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
mod tests {
    use timbre_domain::contact::{ContactPhone, Origin, PhoneKind};
    use timbre_domain::interaction::{Charge, InteractionState};
    use timbre_domain::number::{Country, PhoneNumber};
    use timbre_domain::outbox::LONGEST_PAUSE;

    use super::super::testing::{TestStore, at, store};
    use super::*;
    use crate::{Kept, Which};

    fn crm() -> AccountName {
        "crm".parse().unwrap()
    }

    fn contact(n: u128) -> Contact {
        let number = PhoneNumber::typed("8884-8787", Country::CR).unwrap();
        Contact {
            name: "Ana".into(),
            phones: vec![ContactPhone { number, kind: PhoneKind::Mobile, source: None }],
            typed: ["name".to_owned()].into(),
            ..Contact::empty(ContactId(Uuid::from_u128(n)))
        }
    }

    /// A final result that makes these records.
    fn result(store: &Store, n: u128, with: Option<ContactId>, kinds: &[RecordKind], now: i64) -> Vec<OutboxItem> {
        let (_, waiting) = store
            .change_interaction(&Which::New, at(now), |_, _| {
                let mut interaction = Interaction::begun(InteractionId(Uuid::from_u128(n)), None, with, at(now));
                interaction.state = InteractionState::Final;
                let subject = interaction.id.to_string();
                let records =
                    kinds.iter().map(|kind| Wanted { kind: *kind, subject: subject.clone(), taken_back: None });
                Ok::<_, ()>(Kept { interaction, records: vec![(crm(), records.collect())], do_not_call: None })
            })
            .unwrap()
            .unwrap();
        waiting
    }

    fn next(store: &TestStore, now: i64) -> Option<RequestId> {
        store.outbox_next(&crm(), at(now)).unwrap().map(|item| item.id)
    }

    fn everything() -> BTreeSet<String> {
        ["name", "company", "emails", "phones"].map(str::to_owned).into()
    }

    fn failure(state: OutboxState, next_at: DateTime<Utc>) -> Failure {
        Failure { state, next_at, unsure: true, never_sent: state == OutboxState::Waiting }
    }

    fn problem() -> Problem {
        Problem { code: ErrorCode::VendorFailed, words: String::new(), at: at(0) }
    }

    #[test]
    fn a_result_and_what_is_to_be_sent_of_it_are_saved_together_or_not_at_all() {
        let store = store();
        let refused = store.change_interaction(&Which::New, at(0), |_, _| Err::<Kept, _>("no"));
        assert_eq!(refused.unwrap().unwrap_err(), "no");
        assert_eq!(store.outbox(&OutboxFilter::default()).unwrap(), []);
        let waiting = result(&store, 1, None, &[RecordKind::Note, RecordKind::FollowUp], 0);
        assert_eq!(store.outbox(&OutboxFilter::default()).unwrap(), waiting);
        let read = store.interaction(InteractionId(Uuid::from_u128(1))).unwrap().unwrap();
        assert_eq!(read.state, InteractionState::Final);
    }

    #[test]
    fn a_saved_result_is_flushed_to_the_disk_and_the_calls_are_not() {
        let store = store();
        let level = |db: &Connection| db.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0));
        assert_eq!(store.write_durably(|tx| level(tx)).unwrap(), 2, "FULL");
        assert_eq!(store.write(|tx| level(tx)).unwrap(), 1, "NORMAL");
        let refused: Result<(), _> = store.write_durably(|_| Err(rusqlite::Error::InvalidQuery));
        assert!(refused.is_err());
        assert_eq!(store.write(|tx| level(tx)).unwrap(), 1, "after a failure too");
    }

    #[test]
    fn the_records_of_one_contact_go_in_their_order_and_nobody_else_waits_for_them() {
        let store = store();
        let [ana, eva] = [1, 2].map(|n| ContactId(Uuid::from_u128(n)));
        let first = result(&store, 1, Some(ana), &[RecordKind::Note, RecordKind::FollowUp], 0);
        let other = result(&store, 2, Some(eva), &[RecordKind::Note], 1);
        assert_eq!(next(&store, 5), Some(first[0].id));
        store.outbox_begin(first[0].id, at(5), at(65)).unwrap().unwrap();
        let after = OutboxState::Waiting;
        store.outbox_failed(first[0].id, &failure(after, at(30)), &problem()).unwrap();
        assert_eq!(next(&store, 6), Some(other[0].id), "Ana's second record waits for her first");
        store.outbox_begin(other[0].id, at(6), at(66)).unwrap().unwrap();
        store.outbox_sent(other[0].id, &Receipt { remote_id: "x".into() }, &everything(), at(7)).unwrap();
        assert_eq!(next(&store, 7), None);
        assert_eq!(next(&store, 30), Some(first[0].id));
        let after = OutboxState::Parked;
        store.outbox_failed(first[0].id, &failure(after, at(31)), &problem()).unwrap();
        assert_eq!(next(&store, 31), Some(first[1].id), "what is parked holds nobody up");
    }

    #[test]
    fn what_changes_while_a_request_is_on_its_way_is_told_afterwards() {
        let store = store();
        let item = result(&store, 1, None, &[RecordKind::Note], 0).remove(0);
        let sent = store.outbox_begin(item.id, at(1), at(61)).unwrap().unwrap();
        assert_eq!((sent.item.state, sent.item.attempted), (OutboxState::Sending, 1));
        assert_eq!(next(&store, 2), None, "it is searched for later, not sent again");
        let again = result(&store, 1, None, &[RecordKind::Note], 2).remove(0);
        assert_eq!((again.id, again.state, again.wanted), (item.id, OutboxState::Sending, 2));
        let receipt = Receipt { remote_id: "n1".into() };
        let item = store.outbox_sent(item.id, &receipt, &everything(), at(3)).unwrap();
        assert_eq!((item.state, item.sent, item.wanted), (OutboxState::Waiting, 1, 2));
        store.outbox_begin(item.id, at(4), at(64)).unwrap().unwrap();
        let item = store.outbox_sent(item.id, &receipt, &everything(), at(5)).unwrap();
        assert_eq!((item.state, item.sent, item.problem), (OutboxState::Done, 2, None));
    }

    #[test]
    fn a_restart_finds_what_was_on_its_way_and_searches_for_it_when_its_time_has_come() {
        let store = store();
        let item = result(&store, 1, None, &[RecordKind::Note], 0).remove(0);
        store.outbox_begin(item.id, at(1), at(61)).unwrap().unwrap();
        assert_eq!(store.outbox_due(&crm(), at(2)).unwrap(), Some(at(61)));
        let found = store.outbox_next(&crm(), at(61)).unwrap().unwrap();
        assert_eq!((found.state, found.begun_at), (OutboxState::Sending, Some(at(1))));
    }

    #[test]
    fn a_clock_that_was_set_back_puts_nothing_off_and_shortens_no_search() {
        let store = store();
        let waits = result(&store, 1, None, &[RecordKind::Note], 0).remove(0);
        let sending = result(&store, 2, None, &[RecordKind::Note], 0).remove(0);
        store.outbox_begin(sending.id, at(0), at(60)).unwrap().unwrap();
        let hour = 3_600;
        assert_eq!(store.outbox_set_right(&crm(), at(0), TimeDelta::seconds(60), TimeDelta::zero()).unwrap(), 0);
        assert_eq!(next(&store, -hour), None);
        assert_eq!(store.outbox_set_right(&crm(), at(-hour), TimeDelta::seconds(60), TimeDelta::zero()).unwrap(), 2);
        assert_eq!(next(&store, -hour), Some(waits.id));
        store.outbox_discard(waits.id).unwrap().unwrap();
        assert_eq!(next(&store, -hour + 59), None);
        assert_eq!(next(&store, -hour + 60), Some(sending.id));
        let longest = LONGEST_PAUSE.as_secs();
        assert!(i64::try_from(longest).unwrap() < BELIEVED_AHEAD.as_secs().try_into().unwrap());
    }

    #[test]
    fn what_is_taken_back_before_it_was_sent_goes_nowhere_and_after_it_is_told() {
        let store = store();
        let charge = Charge {
            id: Uuid::from_u128(5),
            amount: "1".parse().unwrap(),
            currency: "CRC".parse().unwrap(),
            concept: "x".into(),
        };
        let back = Wanted {
            kind: RecordKind::FollowUp,
            subject: Uuid::from_u128(1).to_string(),
            taken_back: Some(TakenBack::Charge(charge)),
        };
        let take_back = |store: &TestStore| -> Option<OutboxItem> {
            store
                .change_interaction(&Which::Id(InteractionId(Uuid::from_u128(1))), at(9), |before, _| {
                    let records = vec![(crm(), vec![back.clone()])];
                    Ok::<_, ()>(Kept { interaction: before.unwrap(), records, do_not_call: None })
                })
                .unwrap()
                .unwrap()
                .1
                .pop()
        };
        let item = result(&store, 1, None, &[RecordKind::FollowUp], 0).remove(0);
        assert_eq!(take_back(&store), None);
        assert_eq!(store.outbox_item(item.id).unwrap(), None);
        let again = result(&store, 1, None, &[RecordKind::FollowUp], 10);
        assert_eq!(next(&store, 11), Some(again[0].id), "what is put back goes");
        let (store, item) = (self::store(), item);
        let item = OutboxItem { id: result(&store, 1, None, &[RecordKind::FollowUp], 0).remove(0).id, ..item };
        store.outbox_begin(item.id, at(1), at(61)).unwrap().unwrap();
        assert_eq!(take_back(&store).unwrap().state, OutboxState::Sending, "it may be there: it is found first");
        store.outbox_sent(item.id, &Receipt { remote_id: "t".into() }, &everything(), at(10)).unwrap();
        let dispatch = store.outbox_begin(item.id, at(11), at(71)).unwrap().unwrap();
        assert_eq!(Some(dispatch.taken_back.unwrap()), back.taken_back);
    }

    #[test]
    fn a_contact_that_the_crm_has_taken_is_known_there_and_what_went_without_it_is_told_anew() {
        let store = store();
        let ana = contact(7);
        let item = store.add_contact(&ana, &[crm()], at(0)).unwrap().remove(0);
        let note = result(&store, 1, Some(ana.id), &[RecordKind::Note], 1).remove(0);
        assert_eq!(next(&store, 2), Some(item.id), "the contact first");
        store.outbox_begin(item.id, at(2), at(62)).unwrap().unwrap();
        let after = OutboxState::Parked;
        store.outbox_failed(item.id, &failure(after, at(2)), &problem()).unwrap();
        let alone = store.outbox_begin(note.id, at(3), at(63)).unwrap().unwrap();
        assert_eq!((alone.contact.is_some(), alone.contact_remote_id), (true, None));
        store.outbox_sent(note.id, &Receipt { remote_id: "n".into() }, &everything(), at(3)).unwrap();
        assert_eq!(store.outbox_retry(item.id, true, at(4)).unwrap().unwrap().state, OutboxState::Sending);
        store.outbox_sent(item.id, &Receipt { remote_id: "c9".into() }, &everything(), at(5)).unwrap();
        let now = store.contact(ana.id).unwrap().unwrap();
        assert_eq!(now.origin, Some(Origin { source: "crm".into(), external_id: Some("c9".into()) }));
        assert!(now.typed.is_empty() && now.phones[0].source.as_deref() == Some("crm"), "{now:?}");
        let told = store.outbox_begin(note.id, at(6), at(66)).unwrap().unwrap();
        assert_eq!(told.contact_remote_id.as_deref(), Some("c9"));
    }

    #[test]
    fn a_contact_of_another_program_that_was_sent_to_the_crm_is_found_there() {
        let store = store();
        let ana =
            Contact { origin: Some(Origin { source: "google".into(), external_id: Some("g1".into()) }), ..contact(7) };
        let item = store.add_contact(&ana, &[crm()], at(0)).unwrap().remove(0);
        store.outbox_begin(item.id, at(2), at(62)).unwrap().unwrap();
        store.outbox_sent(item.id, &Receipt { remote_id: "c9".into() }, &everything(), at(5)).unwrap();
        let dispatch = store.outbox_dispatch(item.id).unwrap().unwrap();
        assert_eq!(dispatch.contact_remote_id.as_deref(), Some("c9"));
        assert_eq!(dispatch.contact.unwrap().origin.unwrap().source, "google");
    }

    #[test]
    fn a_discarded_record_stays_discarded_until_a_person_wants_it_after_all() {
        let store = store();
        let item = result(&store, 1, None, &[RecordKind::Note], 0).remove(0);
        store.outbox_discard(item.id).unwrap().unwrap();
        assert_eq!(result(&store, 1, None, &[RecordKind::Note], 1), []);
        assert_eq!(next(&store, 9), None);
        assert_eq!(store.outbox_retry(item.id, false, at(2)).unwrap().unwrap().state, OutboxState::Waiting);
        assert_eq!(next(&store, 9), Some(item.id));
    }

    #[test]
    fn who_called_learnt_after_the_call_was_recorded_is_told_too() {
        use timbre_domain::call::{Call, CallState, Direction, Party, Provider};
        use timbre_domain::endpoint::EndpointNumber;
        let store = store();
        let key = CallKey { provider: Provider::CallMyWay, account: "main".parse().unwrap(), external_id: "1".into() };
        let number = PhoneNumber::typed("8884-8787", Country::CR).unwrap();
        let call = Call {
            key: key.clone(),
            endpoint: EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Number { number },
            state: CallState::Ended,
            detected_at: at(0),
            connected_at: None,
            ended_at: Some(at(9)),
            dial: None,
            legs: vec!["1".into()],
        };
        store
            .write(|tx| {
                calls::save(tx, &call)?;
                call_ended(tx, &crm(), &key, at(9), at(9))
            })
            .unwrap();
        let item = store.outbox_next(&crm(), at(9)).unwrap().unwrap();
        assert_eq!(item.order_key, "+50688848787", "calls of one stranger keep their order");
        store.outbox_begin(item.id, at(9), at(69)).unwrap().unwrap();
        store.outbox_sent(item.id, &Receipt { remote_id: "c".into() }, &everything(), at(9)).unwrap();
        assert_eq!(next(&store, 10), None);
        let ana = contact(7);
        store.save_contact(&ana, at(10)).unwrap();
        store.set_call_contact(&key, ana.id).unwrap();
        let again = store.outbox_next(&crm(), at(11)).unwrap().unwrap();
        assert_eq!((again.id, again.order_key.as_str()), (item.id, ana.id.to_string().as_str()));
        store.set_call_contact(&key, ana.id).unwrap();
        assert_eq!(store.outbox_item(item.id).unwrap().unwrap().wanted, again.wanted, "once");
    }

    #[test]
    fn a_person_s_retry_or_edit_never_makes_a_search_come_too_early() {
        let store = store();
        let item = result(&store, 1, None, &[RecordKind::Note], 0).remove(0);
        store.outbox_begin(item.id, at(1), at(181)).unwrap().unwrap();
        let parked = Failure { state: OutboxState::Parked, next_at: at(2), unsure: true, never_sent: false };
        store.outbox_failed(item.id, &parked, &problem()).unwrap();
        let retried = store.outbox_retry(item.id, false, at(3)).unwrap().unwrap();
        assert_eq!((retried.state, retried.next_at), (OutboxState::Sending, at(181)));
        store.outbox_failed(item.id, &parked, &problem()).unwrap();
        let edited = result(&store, 1, None, &[RecordKind::Note], 4).remove(0);
        assert_eq!((edited.state, edited.next_at), (OutboxState::Sending, at(181)));
        let gone = Failure { never_sent: true, state: OutboxState::Waiting, ..parked };
        store.outbox_failed(item.id, &gone, &problem()).unwrap();
        assert_eq!(next(&store, 5), Some(item.id), "what certainly never got there is sent at once");
    }

    #[test]
    fn what_is_unanswered_holds_back_the_later_records_of_its_contact() {
        let store = store();
        let ana = Some(ContactId(Uuid::from_u128(1)));
        let both = result(&store, 1, ana, &[RecordKind::Note, RecordKind::FollowUp], 0);
        store.outbox_begin(both[0].id, at(1), at(61)).unwrap().unwrap();
        assert_eq!(next(&store, 30), None);
        assert_eq!(next(&store, 61), Some(both[0].id));
    }
}
