//! Records as lists show them: a fixed number of statements for all of them together, however many there are.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, params};
use timbre_domain::call::CallKey;
use timbre_domain::contact::ContactId;
use timbre_domain::interaction::{Interaction, InteractionId, InteractionState};
use timbre_domain::outbox::{OutboxItem, RecordKind};

use super::super::calls::{self, CallRecord};
use super::super::{contacts, hex_list, interactions, to_json};
use super::{OutboxFilter, Part, SELECT, filtered, part};
use crate::{Store, StoreError};

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
    /// Items with what they are about, the oldest first.
    pub fn listed_outbox(&self, filter: &OutboxFilter) -> Result<Vec<ListedRecord>, StoreError> {
        let list = |db: &Connection| listed(db, filtered(db, filter)?);
        // Thousands of them may take longer than the lookup of a caller can wait.
        if filter.id.is_some() { self.read(list) } else { self.search(list) }
    }
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
