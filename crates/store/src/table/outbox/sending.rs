//! Sending a record: what it is made of, that it goes out, and what became of it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Transaction, params};
use timbre_domain::call::CallKey;
use timbre_domain::contact::{Contact, ContactPart};
use timbre_domain::crm::Receipt;
use timbre_domain::interaction::{Interaction, InteractionId, InteractionState};
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{BELIEVED_AHEAD, OutboxItem, OutboxState, Problem, RecordKind, RequestId, TakenBack};

use super::super::calls::CallRecord;
use super::super::{calls, contacts, interactions, json, ms, to_json, uuid, word};
use super::by_id;
use super::enqueue::contact_sent;
use crate::{Store, StoreError};

/// What became of a try that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
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

impl Store {
    /// Corrects times that lie further ahead than any pause, because the clock was set back since. Items that the CRM
    /// may have already wait for `settles_within` from now. Gives their number.
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
    pub fn outbox_dispatch(&self, id: RequestId) -> Result<Option<Dispatch>, StoreError> {
        self.read(|db| dispatch(db, id))
    }

    /// The CRM has the record as it was sent last. Later changes are still to be sent. `carries` are the parts of a
    /// contact that this CRM takes.
    ///
    /// # Errors
    /// When it could not be saved; the record is then searched for and found.
    pub fn outbox_sent(
        &self,
        id: RequestId,
        receipt: &Receipt,
        carries: &BTreeSet<ContactPart>,
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
    pub fn outbox_not_there(&self, id: RequestId) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("UPDATE outbox SET begun_at = NULL, searched_at = NULL WHERE id = ?1", [id.0.as_bytes()])
                .map(drop)
        })
    }

    /// Puts an item off until `next_at`, because its call goes on. Nothing was sent.
    pub fn outbox_postpone(&self, id: RequestId, next_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql = "UPDATE outbox SET next_at = ?2 WHERE id = ?1";
            tx.execute(sql, params![id.0.as_bytes(), ms(next_at)]).map(drop)
        })
    }

    /// Keeps what became of a try that failed.
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

    /// The subject of an item is gone. An item that was never sent is deleted; one that the CRM may have is not amended
    /// any more.
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
}

/// Marks every item that the CRM may have without our knowing as begun: it is searched for, from `searched_at` on,
/// before it is created. A parked item stays parked, and a retry searches.
///
/// What was begun and changed since is told the CRM once it is found, for the record there is the one that was begun. Of an
/// item that was never begun as far as is known here the CRM may have a later form, which must not be undone.
pub(crate) fn counts_as_begun(
    tx: &Transaction<'_>,
    now: DateTime<Utc>,
    searched_at: DateTime<Utc>,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET begun_at = coalesce(begun_at, ?1), searched_at = max(coalesce(searched_at, ?2), ?2),
             next_at = max(next_at, ?2), attempted = CASE attempted WHEN 0 THEN wanted ELSE attempted END,
             state = CASE state WHEN 'waiting' THEN 'sending' ELSE state END
         WHERE remote_id IS NULL AND state IN ('waiting', 'sending', 'parked')",
    )?
    .execute([ms(now), ms(searched_at)])
    .map(drop)
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
    let interaction = interaction.filter(|one| one.state == InteractionState::Final).map(Interaction::as_saved);
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
