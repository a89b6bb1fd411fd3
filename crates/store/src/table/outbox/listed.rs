//! Lists and counts of records, and records as lists show them: a fixed number of statements for all of them together, however many there are.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use timbre_domain::call::CallKey;
use timbre_domain::contact::ContactId;
use timbre_domain::interaction::{Interaction, InteractionId, InteractionState};
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordKind, RequestId};

use super::super::calls::{self, CallRecord};
use super::super::{contacts, from_word, hex_list, interactions, to_json};
use super::{Part, SELECT, by_id, part, read};
use crate::{Store, StoreError};

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
    /// Sent, and as the CRM has it.
    pub done: u64,
}

/// A record as a list shows it: with its call and its contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRecord {
    pub item: OutboxItem,
    /// The call it belongs to, where there is one.
    pub call: Option<CallRecord>,
    /// The contact it belongs to, where it is settled and still there.
    pub contact: Option<ContactId>,
    /// The contact's name; empty where it has none.
    pub name: String,
    pub company: String,
}

impl Store {
    /// The items that belong to an interaction, whatever their state, the oldest first.
    pub fn outbox_of(&self, interaction: InteractionId) -> Result<Vec<OutboxItem>, StoreError> {
        self.read(|db| {
            db.prepare_cached(&format!("{SELECT} WHERE part_of = ?1 ORDER BY seq"))?
                .query_map([interaction.0.as_bytes()], read)?
                .collect()
        })
    }

    /// The records of a call and of what came of it, the oldest first.
    pub fn outbox_of_call(&self, key: &CallKey) -> Result<Vec<OutboxItem>, StoreError> {
        self.read(|db| {
            let interaction = interactions::by_call(db, key)?;
            let of = (Some(key.to_string()), interaction.map(|one| one.id));
            Ok(of_each(db, &[of])?.pop().unwrap_or_default())
        })
    }

    /// Items, the oldest first.
    pub fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<OutboxItem>, StoreError> {
        self.read(|db| Ok(filtered(db, filter)?.into_iter().map(|(item, _)| item).collect()))
    }

    /// The item with this id.
    pub fn outbox_item(&self, id: RequestId) -> Result<Option<OutboxItem>, StoreError> {
        self.read(|db| by_id(db, id))
    }

    /// How many items to a CRM stand where.
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

    /// Items with what they are about, the oldest first.
    pub fn listed_outbox(&self, filter: &OutboxFilter) -> Result<Vec<ListedRecord>, StoreError> {
        let list = |db: &Connection| listed(db, filtered(db, filter)?);
        // Thousands of them may take longer than the lookup of a caller can wait.
        if filter.id.is_some() { self.read(list) } else { self.search(list) }
    }
}

fn filtered(db: &Connection, filter: &OutboxFilter) -> rusqlite::Result<Vec<Part>> {
    let states = match filter.states.as_slice() {
        [] => &[OutboxState::Waiting, OutboxState::Sending, OutboxState::Parked],
        some => some,
    };
    let limit = i64::try_from(if filter.limit == 0 { 100 } else { filter.limit }).unwrap_or(i64::MAX);
    let (states, connector) = (to_json(&states)?, filter.connector.as_ref().map(ConnectorName::as_str));
    match filter.id {
        Some(id) => {
            let mut seek = db.prepare_cached(&one_sql())?;
            seek.query_map(params![states, connector, limit, id.0.as_bytes()], part)?.collect()
        }
        None => db.prepare_cached(&filter_sql())?.query_map(params![states, connector, limit], part)?.collect(),
    }
}

/// One item, where the rest of the filter lets it through.
pub(super) fn one_sql() -> String {
    format!(
        "{SELECT} WHERE id = ?4 AND state IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR connector = ?2)
         LIMIT ?3"
    )
}

/// The first items of each CRM in each state are seeks in an index, so that the thousands that are done long since are not
/// looked through for the few that wait.
pub(super) fn filter_sql() -> String {
    format!(
        "WITH RECURSIVE crms (crm) AS (
             SELECT coalesce(?2, (SELECT min(connector) FROM outbox))
             UNION ALL
             SELECT (SELECT min(connector) FROM outbox WHERE connector > crm) FROM crms WHERE ?2 IS NULL AND crm IS NOT NULL
         )
         {SELECT} WHERE seq IN (
             SELECT one.seq FROM crms CROSS JOIN (SELECT value AS wanted_state FROM json_each(?1)) CROSS JOIN outbox AS one
             WHERE one.seq IN (SELECT first.seq FROM outbox AS first
                               WHERE first.connector = crm AND first.state = wanted_state ORDER BY first.seq LIMIT ?3)
         ) ORDER BY seq LIMIT ?3"
    )
}

fn listed(db: &Connection, parts: Vec<Part>) -> rusqlite::Result<Vec<ListedRecord>> {
    let subjects: BTreeSet<String> = parts.iter().filter_map(|(item, _)| call_of(item)).collect();
    let ids = parts.iter().filter(|(item, _)| call_of(item).is_none()).filter_map(|(_, part_of)| *part_of).collect();
    // A draft is the agent's own business.
    let is_final = |one: &Interaction| one.state == InteractionState::Final;
    let mut of_calls = interactions::by_calls(db, &subjects)?;
    of_calls.retain(|_, one| is_final(one));
    let mut by_id = interactions::by_ids(db, &ids)?;
    by_id.retain(|_, one| is_final(one));

    let with_results = parts.into_iter().map(|(item, part_of)| {
        let subject = call_of(&item);
        let interaction = match &subject {
            Some(key) => of_calls.get(key),
            None => part_of.and_then(|id| by_id.get(&id)),
        };
        let call = subject.or_else(|| interaction?.call.as_ref().map(CallKey::to_string));
        let contact = interaction.and_then(|one| one.contact);
        (item, call, contact)
    });
    let with_results: Vec<_> = with_results.collect();
    let keys = with_results.iter().filter_map(|(_, call, _)| call.clone()).collect();
    let calls = calls::find_all(db, &keys)?;

    let mut records: Vec<ListedRecord> = Vec::with_capacity(with_results.len());
    for (item, call, contact) in with_results {
        let call = call.and_then(|key| calls.get(&key).cloned());
        let contact = match item.kind {
            RecordKind::Contact => item.subject.parse().ok(),
            _ => contact.or_else(|| call.as_ref()?.contact),
        };
        records.push(ListedRecord { item, call, contact, name: String::new(), company: String::new() });
    }
    let names = contacts::names_of(db, &records.iter().filter_map(|one| one.contact).collect())?;
    for one in &mut records {
        match one.contact.and_then(|id| names.get(&id)) {
            Some((name, company)) => (one.name, one.company) = (name.clone(), company.clone()),
            None => one.contact = None,
        }
    }
    Ok(records)
}

/// The key of the call that a record is about, where it is a call's.
fn call_of(item: &OutboxItem) -> Option<String> {
    let is_key = item.kind == RecordKind::Call && CallKey::try_from(item.subject.clone()).is_ok();
    is_key.then(|| item.subject.clone())
}

/// The items of calls and of results, each with its own in one list, the oldest first.
pub(in crate::table) fn of_each(
    db: &Connection,
    entries: &[(Option<String>, Option<InteractionId>)],
) -> rusqlite::Result<Vec<Vec<OutboxItem>>> {
    let mut items: Vec<Vec<OutboxItem>> = vec![Vec::new(); entries.len()];
    let (mut of_call, mut of_result) = (HashMap::<&str, Vec<usize>>::new(), HashMap::<_, Vec<usize>>::new());
    for (place, (call, result)) in entries.iter().enumerate() {
        if let Some(call) = call {
            of_call.entry(call).or_default().push(place);
        }
        if let Some(result) = result {
            of_result.entry(*result).or_default().push(place);
        }
    }
    if of_call.is_empty() && of_result.is_empty() {
        return Ok(items);
    }
    let (keys, ids) = (to_json(&of_call.keys().collect::<Vec<_>>())?, hex_list(of_result.keys().map(|id| id.0))?);
    let mut select = db.prepare_cached(&of_each_sql())?;
    for found in select.query_map(params![keys, ids], part)? {
        let (item, part_of) = found?;
        let of_call = (item.kind == RecordKind::Call).then(|| of_call.get(item.subject.as_str())).flatten();
        let of_result = part_of.and_then(|id| of_result.get(&id));
        let places: BTreeSet<usize> = of_call.into_iter().chain(of_result).flatten().copied().collect();
        for place in places {
            items[place].push(item.clone());
        }
    }
    Ok(items)
}

pub(super) fn of_each_sql() -> String {
    format!(
        "{SELECT} WHERE (subject IN (SELECT value FROM json_each(?1)) AND kind = 'call')
             OR part_of IN (SELECT unhex(value) FROM json_each(?2))
         ORDER BY seq"
    )
}
