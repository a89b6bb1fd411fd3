//! `interactions`: what came of the calls.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use timbre_domain::call::CallKey;
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::interaction::{Interaction, InteractionId};
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{OutboxItem, RecordIntent};

use super::outbox::QueuePosition;
use super::{calls, contacts, from_word, hex_list, json, ms, outbox, time, to_json, unreadable, uuid, word};
use crate::{Store, StoreError};

/// Which interaction is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionRef {
    /// The one with this id.
    Id(InteractionId),
    /// The one about this call, or about the call that has a leg with this key.
    Call(CallKey),
    /// A new interaction, which is made by the change.
    New,
}

/// An interaction as it is to be kept, with what follows from it.
#[derive(Debug)]
pub struct Kept {
    pub interaction: Interaction,
    /// The records each CRM is to have of it, in their order.
    pub records: Vec<(ConnectorName, Vec<RecordIntent>)>,
    /// The contact is not to be called any more; the CRMs that are told of it where they know it, or it was typed here.
    pub do_not_call: Option<Vec<ConnectorName>>,
    /// A contact that is made with it, and the CRMs that are told of it.
    pub new_contact: Option<(Contact, Vec<ConnectorName>)>,
}

/// Which interactions are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InteractionFilter {
    /// Only those of this contact.
    pub contact: Option<ContactId>,
    /// Begun from this moment on, UTC.
    pub from: Option<DateTime<Utc>>,
    /// Begun before this moment, UTC.
    pub to: Option<DateTime<Utc>>,
    /// At most so many, the newest first; 0 for the default of 100.
    pub limit: usize,
}

impl Store {
    /// The interaction with this id.
    pub fn interaction(&self, id: InteractionId) -> Result<Option<Interaction>, StoreError> {
        self.read(|db| by_id(db, id))
    }

    /// What came of a call, or of the call that has a leg with this key.
    pub fn interaction_of_call(&self, key: &CallKey) -> Result<Option<Interaction>, StoreError> {
        self.read(|db| by_call(db, key))
    }

    /// Interactions, the newest first.
    pub fn interactions(&self, filter: &InteractionFilter) -> Result<Vec<Interaction>, StoreError> {
        let (from, to) = (filter.from.map_or(i64::MIN, ms), filter.to.map_or(i64::MAX, ms));
        let limit = i64::try_from(if filter.limit == 0 { 100 } else { filter.limit }).unwrap_or(i64::MAX);
        self.read(|db| match filter.contact {
            Some(contact) => db
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM interactions WHERE contact_id = ?4 AND created_at >= ?1 AND created_at < ?2 ORDER BY created_at DESC LIMIT ?3"
                ))?
                .query_map(params![from, to, limit, contact.0.as_bytes()], read)?
                .collect(),
            None => db
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM interactions WHERE created_at >= ?1 AND created_at < ?2 ORDER BY created_at DESC, id LIMIT ?3"
                ))?
                .query_map(params![from, to, limit], read)?
                .collect(),
        })
    }

    /// Changes an interaction, or begins one, by what it is at this moment and what is known of its call; it and the
    /// outbox items that follow from it are one durable transaction: once this returns, a power cut loses nothing of it.
    /// Gives what was saved and the items that wait because of it.
    ///
    /// # Errors
    /// When it could not be saved; the change itself may refuse, and then nothing changes either.
    pub fn change_interaction<E>(
        &self,
        which: &InteractionRef,
        now: DateTime<Utc>,
        change: impl FnOnce(Option<Interaction>, Option<calls::CallRecord>) -> Result<Kept, E>,
    ) -> Result<Result<(Interaction, Vec<OutboxItem>), E>, StoreError> {
        self.write_durably(|tx| {
            let before = match which {
                InteractionRef::Id(id) => by_id(tx, *id)?,
                InteractionRef::Call(key) => by_call(tx, key)?,
                InteractionRef::New => None,
            };
            let key = match which {
                InteractionRef::Call(key) => Some(key),
                _ => before.as_ref().and_then(|before| before.call.as_ref()),
            };
            let call = key.map(|key| calls::find(tx, key)).transpose()?.flatten();
            let of_call = call.clone();
            let kept = match change(before, call) {
                Ok(kept) => kept,
                Err(refused) => return Ok(Err(refused)),
            };
            let interaction = kept.interaction;
            let mut waiting = match &kept.new_contact {
                Some((contact, tell)) => contacts::add(tx, contact, tell, now)?,
                None => Vec::new(),
            };
            save(tx, &interaction)?;
            if let (Some(call), Some(contact)) = (&interaction.call, interaction.contact) {
                calls::set_contact(tx, call, contact)?;
            }
            let position = QueuePosition {
                part_of: Some(interaction.id),
                key: order_key_of(&interaction, of_call.as_ref()),
                due: now,
            };
            if let (Some(tell), Some(contact)) = (kept.do_not_call, interaction.contact) {
                waiting.extend(contacts::do_not_call(tx, contact, &tell, now)?);
            }
            for (connector, records) in &kept.records {
                for intent in records {
                    waiting.extend(outbox::enqueue(tx, connector, intent, &position, now)?);
                }
                // A record that is not sent again still belongs to the contact that the interaction belongs to now.
                outbox::move_order(tx, connector, interaction.id, &position.key)?;
            }
            Ok(Ok((interaction, waiting)))
        })
    }
}

/// What keeps the records of one interaction in order with others: the contact, else the call of somebody unknown.
fn order_key_of(interaction: &Interaction, call: Option<&calls::CallRecord>) -> String {
    match (interaction.contact, &interaction.call) {
        (contact, Some(key)) => outbox::order_key(contact, call, key),
        (Some(contact), None) => contact.to_string(),
        (None, None) => interaction.id.to_string(),
    }
}

const COLUMNS: &str = "id, call_key, contact_id, agent, disposition, comment, fields, follow_up, charges, state, \
    revision, created_at, updated_at, final_at, change_draft";

pub(super) fn by_id(db: &Connection, id: InteractionId) -> rusqlite::Result<Option<Interaction>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM interactions WHERE id = ?1"))?
        .query_row([id.0.as_bytes()], read)
        .optional()
}

/// The interaction about a call, by the key of any of its legs.
pub(super) fn by_call(db: &Connection, key: &CallKey) -> rusqlite::Result<Option<Interaction>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM interactions WHERE call_key = coalesce((SELECT call_key FROM call_legs WHERE leg_key = ?1), ?1)"
    );
    db.prepare_cached(&sql)?.query_row([key.to_string()], read).optional()
}

/// What came of these calls, by the key that was asked for: a call's, or that of any of its legs.
pub(super) fn by_calls(db: &Connection, keys: &BTreeSet<String>) -> rusqlite::Result<HashMap<String, Interaction>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT {COLUMNS}, asked FROM (SELECT value AS asked FROM json_each(?1)) CROSS JOIN interactions
         ON call_key = coalesce((SELECT call_key FROM call_legs WHERE leg_key = asked), asked)"
    );
    let mut select = db.prepare_cached(&sql)?;
    select.query_map([to_json(keys)?], |row| Ok((row.get("asked")?, read(row)?)))?.collect()
}

/// The interactions with these ids.
pub(super) fn by_ids(
    db: &Connection,
    ids: &BTreeSet<InteractionId>,
) -> rusqlite::Result<HashMap<InteractionId, Interaction>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM interactions WHERE id IN (SELECT unhex(value) FROM json_each(?1))"
    ))?;
    select.query_map([hex_list(ids.iter().map(|id| id.0))?], |row| read(row).map(|one| (one.id, one)))?.collect()
}

/// The interactions with a contact that were begun before a moment, the newest first.
pub(super) fn of_contact(
    db: &Connection,
    contact: ContactId,
    before: i64,
    limit: i64,
) -> rusqlite::Result<Vec<Interaction>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM interactions WHERE contact_id = ?1 AND created_at < ?2 ORDER BY created_at DESC LIMIT ?3"
    ))?
    .query_map(params![contact.0.as_bytes(), before, limit], read)?
    .collect()
}

fn save(tx: &Transaction<'_>, one: &Interaction) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO interactions (id, call_key, contact_id, agent, disposition, comment, fields, follow_up, charges, state,
                                   revision, created_at, updated_at, final_at, change_draft)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT (id) DO UPDATE SET call_key = excluded.call_key, contact_id = excluded.contact_id,
             agent = excluded.agent, disposition = excluded.disposition, comment = excluded.comment,
             fields = excluded.fields, follow_up = excluded.follow_up, charges = excluded.charges,
             state = excluded.state, revision = excluded.revision, updated_at = excluded.updated_at,
             final_at = excluded.final_at, change_draft = excluded.change_draft",
    )?
    .execute(params![
        one.id.0.as_bytes(),
        one.call.as_ref().map(ToString::to_string),
        one.contact.map(|contact| *contact.0.as_bytes()),
        one.agent,
        to_json(&one.disposition)?,
        one.comment,
        to_json(&one.fields)?,
        one.follow_up.as_ref().map(to_json).transpose()?,
        to_json(&one.charges)?,
        word(one.state)?,
        one.revision,
        ms(one.created_at),
        ms(one.updated_at),
        one.final_at.map(ms),
        one.change_draft.as_ref().map(to_json).transpose()?,
    ])
    .map(drop)
}

/// Reads every row, as a check that each one can be read.
pub(super) fn read_all(db: &Connection) -> rusqlite::Result<()> {
    db.prepare(&format!("SELECT {COLUMNS} FROM interactions"))?.query_map([], read)?.try_for_each(|row| row.map(drop))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Interaction> {
    let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
    let call: Option<String> = row.get(1)?;
    Ok(Interaction {
        id: InteractionId(uuid(row.get_ref(0)?.as_blob()?)?),
        call: call
            .map(|key| CallKey::try_from(key).map_err(|error| unreadable(error, rusqlite::types::Type::Text)))
            .transpose()?,
        contact: row.get_ref(2)?.as_blob_or_null()?.map(uuid).transpose()?.map(ContactId),
        agent: row.get(3)?,
        disposition: json(text(4)?)?,
        comment: row.get(5)?,
        fields: json(text(6)?)?,
        follow_up: row.get_ref(7)?.as_str_or_null()?.map(json).transpose()?,
        charges: json(text(8)?)?,
        state: from_word(row.get(9)?)?,
        revision: row.get(10)?,
        created_at: time(row.get(11)?)?,
        updated_at: time(row.get(12)?)?,
        final_at: row.get::<_, Option<i64>>(13)?.map(time).transpose()?,
        change_draft: row.get_ref(14)?.as_str_or_null()?.map(json).transpose()?,
    })
}
