//! The case file (expediente) of a contact: calls, what came of them, and where that is in the CRMs, as one timeline.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::params;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use timbre_domain::call::CallKey;
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::interaction::Interaction;
use timbre_domain::outbox::OutboxItem;

use super::calls::CallRecord;
use super::{calls, contacts, interactions, ms, outbox};
use crate::{Store, StoreError};

/// One entry of the timeline: a call, a result, or both where they belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseEntry {
    /// When the call began, or when the result was begun where there was no call, UTC.
    pub at: DateTime<Utc>,
    pub call: Option<CallRecord>,
    /// What came of it.
    pub interaction: Option<Interaction>,
    /// What is or will be in the CRMs of it.
    pub records: Vec<OutboxItem>,
}

/// A contact's case file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFile {
    pub contact: Contact,
    /// The timeline, the newest first.
    pub entries: Vec<CaseEntry>,
    /// What all its results charge, by currency: the whole case file, however many entries are shown.
    pub charged: BTreeMap<String, Decimal>,
}

impl Store {
    /// The case file of a contact: at most `limit` entries that begin before `before`. A call whose contact was never
    /// settled belongs to everybody who has its number.
    pub fn case_file(
        &self,
        id: ContactId,
        before: Option<DateTime<Utc>>,
        limit: usize,
    ) -> Result<Option<CaseFile>, StoreError> {
        let before = before.map_or(i64::MAX, ms);
        let at_most = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|db| {
            let Some(contact) = contacts::find(db, id)? else { return Ok(None) };
            let mut entries: Vec<CaseEntry> = Vec::new();
            let calls = calls::of_contact(db, &contact, before, at_most)?;
            let mut results = interactions::by_calls(db, &calls.iter().map(|one| one.call.key.to_string()).collect())?;
            for call in calls {
                let interaction = results.remove(&call.call.key.to_string());
                // Its result may say that it was somebody else after all.
                if interaction.as_ref().is_some_and(|one| one.contact.is_some_and(|with| with != id)) {
                    continue;
                }
                entries.push(CaseEntry {
                    at: call.call.detected_at,
                    call: Some(call),
                    interaction,
                    records: Vec::new(),
                });
            }
            let told: HashSet<_> = entries.iter().filter_map(|entry| Some(entry.interaction.as_ref()?.id)).collect();
            let mut others = interactions::of_contact(db, id, before, at_most)?;
            others.retain(|interaction| !told.contains(&interaction.id));
            let keys = others.iter().filter_map(|one| one.call.as_ref()).map(CallKey::to_string).collect();
            let mut calls = calls::find_all(db, &keys)?;
            for interaction in others {
                let call = interaction.call.as_ref().and_then(|key| calls.remove(&key.to_string()));
                let at = call.as_ref().map_or(interaction.created_at, |call| call.call.detected_at);
                entries.push(CaseEntry { at, call, interaction: Some(interaction), records: Vec::new() });
            }
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
            entries.truncate(limit);
            let of = entries.iter().map(|entry| {
                let call = entry.call.as_ref().map(|call| call.call.key.to_string());
                (call, entry.interaction.as_ref().map(|one| one.id))
            });
            let records = outbox::of_each(db, &of.collect::<Vec<_>>())?;
            for (entry, records) in entries.iter_mut().zip(records) {
                entry.records = records;
            }
            let mut charged: BTreeMap<String, Decimal> = BTreeMap::new();
            let mut charges = db.prepare_cached(
                "SELECT json_extract(value, '$.currency'), json_extract(value, '$.amount')
                 FROM interactions, json_each(interactions.charges) WHERE contact_id = ?1 AND state = 'final'",
            )?;
            let mut rows = charges.query(params![id.0.as_bytes()])?;
            while let Some(row) = rows.next()? {
                let (currency, amount): (String, String) = (row.get(0)?, row.get(1)?);
                let amount: Decimal =
                    amount.parse().map_err(|error| super::unreadable(error, rusqlite::types::Type::Text))?;
                *charged.entry(currency).or_default() += amount;
            }
            Ok(Some(CaseFile { contact, entries, charged }))
        })
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::call::{Call, CallState, Direction, Party};
    use timbre_domain::contact::{ContactPhone, PhoneKind};
    use timbre_domain::endpoint::EndpointNumber;
    use timbre_domain::interaction::{Charge, InteractionId, InteractionState};
    use timbre_domain::number::{Country, PhoneNumber};
    use timbre_domain::vendor::VendorId;
    use uuid::Uuid;

    use super::super::testing::{TestStore, at, plan, statements, store};
    use super::*;
    use crate::{InteractionRef, Kept};

    fn number() -> PhoneNumber {
        PhoneNumber::typed("8884-8787", Country::CR).unwrap()
    }

    fn key(n: u128) -> CallKey {
        CallKey { vendor: VendorId::known("acme"), account: "main".parse().unwrap(), external_id: n.to_string() }
    }

    fn called(store: &TestStore, n: u128, seconds: i64) {
        let call = Call {
            key: key(n),
            endpoint: EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Number { number: number() },
            state: CallState::Ended,
            detected_at: at(seconds),
            connected_at: None,
            ended_at: Some(at(seconds + 9)),
            dial: None,
            legs: vec![n.to_string()],
            transferred: false,
        };
        store.write(|tx| calls::save(tx, &call)).unwrap();
    }

    fn contact(n: u128) -> Contact {
        let phone = ContactPhone { number: number(), kind: PhoneKind::Mobile, source: None };
        Contact { name: n.to_string(), phones: vec![phone], ..Contact::empty(ContactId(Uuid::from_u128(n))) }
    }

    fn resulted(store: &TestStore, call: Option<u128>, with: u128, amount: &str, seconds: i64) -> InteractionId {
        let which = call.map_or(InteractionRef::New, |n| InteractionRef::Call(key(n)));
        let saved = store.change_interaction(&which, at(seconds), |before, _| {
            let fresh = || Interaction::begun(InteractionId(Uuid::now_v7()), call.map(key), None, at(seconds));
            let mut interaction = before.unwrap_or_else(fresh);
            interaction.contact = Some(ContactId(Uuid::from_u128(with)));
            interaction.state = InteractionState::Final;
            let (amount, currency) = (amount.parse().unwrap(), "CRC".parse().unwrap());
            interaction.charges = vec![Charge { id: Uuid::now_v7(), amount, currency, concept: "x".into() }];
            Ok::<_, ()>(Kept { interaction, records: Vec::new(), do_not_call: None, new_contact: None })
        });
        saved.unwrap().unwrap().0.id
    }

    #[test]
    fn the_calls_of_a_contact_s_numbers_are_seeks_in_the_index_of_numbers() {
        let plan = plan(&store(), &calls::of_numbers_sql());
        assert!(plan.contains("calls_by_party (party_key=? AND detected_at<?)"), "{plan}");
        assert!(!plan.contains("SCAN calls") && !plan.contains("SCAN one"), "{plan}");
    }

    #[test]
    fn a_case_file_is_one_timeline_and_a_result_that_moves_takes_its_call_along() {
        let store = store();
        for n in [1, 2] {
            store.save_contact(&contact(n), at(0)).unwrap();
        }
        called(&store, 10, 10);
        called(&store, 20, 20);
        let moved = resulted(&store, Some(20), 1, "0.10", 21);
        resulted(&store, None, 1, "0.20", 30);
        let times = |id: u128| -> Vec<_> {
            let file = store.case_file(ContactId(Uuid::from_u128(id)), None, 50).unwrap().unwrap();
            file.entries.iter().map(|entry| (entry.at, entry.call.is_some(), entry.interaction.is_some())).collect()
        };
        assert_eq!(times(1), [(at(30), false, true), (at(20), true, true), (at(10), true, false)]);
        assert_eq!(times(2), [(at(10), true, false)], "an unsettled call is everybody's who has the number");
        let file = store.case_file(ContactId(Uuid::from_u128(1)), None, 1).unwrap().unwrap();
        assert_eq!(file.charged["CRC"].to_string(), "0.30", "exactly, and of the whole file");
        assert_eq!(file.entries.len(), 1);
        assert_eq!(resulted(&store, Some(20), 2, "0.10", 40), moved, "one call, one result");
        assert_eq!(times(1), [(at(30), false, true), (at(10), true, false)]);
        assert_eq!(times(2), [(at(20), true, true), (at(10), true, false)]);
    }
    #[test]
    fn a_long_case_file_runs_no_more_statements_than_a_short_one() {
        let store = store();
        store.save_contact(&contact(1), at(0)).unwrap();
        for n in 0..40_u8 {
            called(&store, n.into(), (n * 3).into());
            resulted(&store, Some(n.into()), 1, "1", i64::from(n) * 3 + 1);
            resulted(&store, None, 1, "1", i64::from(n) * 3 + 2);
        }
        let read = |limit: usize| {
            let read = |store: &Store| store.case_file(ContactId(Uuid::from_u128(1)), None, limit).unwrap().unwrap();
            let (file, statements) = statements(&store, read);
            (file.entries.len(), statements)
        };
        let (short, few) = read(2);
        let (long, many) = read(80);
        assert_eq!((short, long), (2, 80));
        assert!(many <= few, "{many} statements for {long} entries, {few} for {short}");
    }
}
