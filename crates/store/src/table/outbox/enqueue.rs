//! Which items something that changed here makes, sends again, moves or parks.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};
use timbre_domain::call::CallKey;
use timbre_domain::contact::{ContactId, ContactPart};
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{InteractionId, InteractionState};
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{OutboxItem, OutboxState, Problem, RecordIntent, RecordKind, RequestId};
use uuid::Uuid;

use super::{QueuePosition, by_id, order_key};
use crate::table::{calls, contacts, from_word, interactions, ms, time, to_json, uuid, word};

/// Puts a record into the queue of a CRM, or marks the one that is there as changed. Gives the item where it waits because
/// of it.
pub(in crate::table) fn enqueue(
    tx: &Transaction<'_>,
    connector: &ConnectorName,
    intent: &RecordIntent,
    position: &QueuePosition,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<OutboxItem>> {
    let taken_back = intent.taken_back.as_ref().map(to_json).transpose()?;
    let known = tx
        .prepare_cached(
            "SELECT id, state, remote_id, begun_at FROM outbox WHERE connector = ?1 AND kind = ?2 AND subject = ?3",
        )?
        .query_row(params![connector.as_str(), intent.kind.as_str(), intent.subject], |row| {
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
            intent.kind.as_str(),
            intent.subject,
            position.part_of.map(|id| *id.0.as_bytes()),
            position.key,
            ms(now),
            ms(position.due),
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
        position.part_of.map(|id| *id.0.as_bytes()),
        position.key,
        ms(position.due),
        taken_back
    ])?;
    by_id(tx, id)
}

/// Whether a request that creates the record was sent and its outcome is not known.
fn maybe_there_unanswered(tx: &Transaction<'_>, id: RequestId) -> rusqlite::Result<bool> {
    let sql = "SELECT remote_id IS NULL AND begun_at IS NOT NULL FROM outbox WHERE id = ?1";
    tx.prepare_cached(sql)?.query_row([id.0.as_bytes()], |row| row.get(0))
}

/// Moves the records of an interaction into the order of another contact. Those that name the contact are sent again by the
/// caller.
pub(in crate::table) fn move_order(
    tx: &Transaction<'_>,
    connector: &ConnectorName,
    interaction: InteractionId,
    order_key: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE outbox SET order_key = ?3 WHERE part_of = ?1 AND connector = ?2 AND kind <> 'contact'")?
        .execute(params![interaction.0.as_bytes(), connector.as_str(), order_key])
        .map(drop)
}

/// Data of a call's record changed, such as its cost or its length: the record is sent again.
pub(in crate::table) fn call_changed(tx: &Transaction<'_>, call: &str) -> rusqlite::Result<()> {
    // The time of one that is done has long come.
    tx.prepare_cached(
        "UPDATE outbox SET wanted = wanted + 1, state = CASE WHEN state = 'done' THEN 'waiting' ELSE state END
         WHERE subject = ?1 AND kind = 'call' AND state IN ('waiting', 'sending', 'done')",
    )?
    .execute([call])
    .map(drop)
}

/// The contact of a call became known: the records of the call name the contact from now on, and keep its order.
pub(in crate::table) fn call_identified(
    tx: &Transaction<'_>,
    call: &CallKey,
    contact: ContactId,
) -> rusqlite::Result<()> {
    // The notes, tasks and charges of its result are about the same person.
    tx.prepare_cached(
        "UPDATE outbox SET order_key = ?2 WHERE (subject = ?1 AND kind = 'call')
             OR part_of IN (SELECT id FROM interactions WHERE call_key = ?1 AND contact_id = ?3) AND kind <> 'contact'",
    )?
    .execute(params![call.to_string(), contact.to_string(), contact.0.as_bytes()])?;
    contact_found(tx, None, &contact.to_string())?;
    call_changed(tx, &call.to_string())
}

/// A call has ended: its record is sent from `due` on, whether or not somebody writes a result.
pub(in crate::table) fn call_ended(
    tx: &Transaction<'_>,
    connector: &ConnectorName,
    call: &CallKey,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let record = calls::find(tx, call)?;
    // A result that was finished while the call went on has waited for nothing but its end.
    let written = interactions::by_call(tx, call)?.is_some_and(|one| one.state == InteractionState::Final);
    let due = if written { now } else { due };
    let key = order_key(record.as_ref().and_then(|record| record.contact), record.as_ref(), call);
    let intent = RecordIntent { kind: RecordKind::Call, subject: call.to_string(), taken_back: None };
    enqueue(tx, connector, &intent, &QueuePosition { part_of: None, key, due }, now).map(drop)
}

/// The CRM has the contact: its id there is kept, and records that were sent without the contact are sent again.
pub(super) fn contact_sent(
    tx: &Transaction<'_>,
    item: &OutboxItem,
    remote_id: &str,
    carries: &BTreeSet<ContactPart>,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let Ok(contact) = item.subject.parse::<ContactId>() else { return Ok(()) };
    // What was typed since the request went out is still to be told.
    let known = (item.attempted == item.wanted).then_some(carries);
    contacts::known_as(tx, contact, &item.connector, remote_id, known, now)?;
    if item.remote_id.is_none() { send_again(tx, &item.connector, &item.order_key) } else { Ok(()) }
}

/// Sends the records of a contact again, because the CRM knows now, or knows again, who it is. A record whose request is
/// unanswered is sent once more afterwards.
pub(in crate::table) fn send_again(
    tx: &Transaction<'_>,
    connector: &ConnectorName,
    order_key: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET wanted = wanted + 1, state = CASE state WHEN 'done' THEN 'waiting' ELSE state END
         WHERE order_key = ?2 AND connector = ?1 AND kind <> 'contact' AND (state = 'done' OR state = 'sending')",
    )?
    .execute([connector.as_str(), order_key])
    .map(drop)
}

/// A contact is there again, or is another one from now on: what was parked because the CRM had it no more is tried again, at
/// once. A request that may have made a record already is searched for first, as ever.
pub(in crate::table) fn contact_found(
    tx: &Transaction<'_>,
    connector: Option<&ConnectorName>,
    order_key: &str,
) -> rusqlite::Result<()> {
    // The time of what is parked has come.
    tx.prepare_cached(
        "UPDATE outbox SET attempts = 0, unsure = 0, problem = NULL,
             next_at = CASE WHEN begun_at IS NULL THEN next_at ELSE max(next_at, coalesce(searched_at, next_at)) END,
             state = CASE WHEN begun_at IS NULL THEN 'waiting' ELSE 'sending' END
         WHERE order_key = ?2 AND (?1 IS NULL OR connector = ?1) AND state = 'parked'
           AND json_extract(problem, '$.code') IN ('not_found', 'refused')",
    )?
    .execute(params![connector.map(ConnectorName::as_str), order_key])
    .map(drop)
}

/// A CRM has a contact no more, because somebody deleted it there: what waits to be told of it is for a person to decide,
/// who by a retry makes a new record; what was refused because of it is tried again, without it.
pub(in crate::table) fn contact_lost(
    tx: &Transaction<'_>,
    connector: &ConnectorName,
    contact: ContactId,
    now: i64,
) -> rusqlite::Result<()> {
    let key = contact.to_string();
    let problem = Problem { code: ErrorCode::NotFound, words: String::new(), at: time(now)?, last_try: false };
    tx.prepare_cached(
        "UPDATE outbox SET remote_id = NULL, begun_at = NULL, searched_at = NULL, sent = 0,
             problem = CASE WHEN state IN ('waiting', 'sending') THEN ?3 ELSE problem END,
             state = CASE WHEN state IN ('waiting', 'sending') THEN 'parked' ELSE state END
         WHERE connector = ?1 AND kind = 'contact' AND subject = ?2",
    )?
    .execute(params![connector.as_str(), key, to_json(&problem)?])?;
    tx.prepare_cached(
        "UPDATE outbox SET state = CASE WHEN begun_at IS NULL THEN 'waiting' ELSE 'sending' END, attempts = 0, unsure = 0,
             next_at = CASE WHEN begun_at IS NULL THEN next_at ELSE max(next_at, coalesce(searched_at, next_at)) END
         WHERE order_key = ?2 AND connector = ?1 AND kind <> 'contact' AND state = 'parked'
           AND json_extract(problem, '$.code') IS NOT 'unsearchable'",
    )?
    .execute([connector.as_str(), key.as_str()])
    .map(drop)
}
