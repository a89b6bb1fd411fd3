//! Calls as lists show them: with the contact's name, what came of them and where that is.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};
use timbre_domain::call::CallKey;
use timbre_domain::contact::ContactId;
use timbre_domain::history::{CallsWanted, WithWhom, is_missed, returned_by};
use timbre_domain::interaction::Interaction;
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::OutboxItem;

use super::calls::{self, CallRecord};
use super::{contacts, hex_list, interactions, ms, outbox, to_json};
use crate::{Store, StoreError};

/// A call as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCall {
    pub record: CallRecord,
    /// The contact's name; empty where it has none or is not known.
    pub name: String,
    pub company: String,
    /// What came of it.
    pub interaction: Option<Interaction>,
    /// Its records on their way to the CRMs, or there.
    pub records: Vec<OutboxItem>,
    /// When somebody talked to a missed caller afterwards.
    pub returned_at: Option<DateTime<Utc>>,
}

/// An answered call that is over, between the agent and somebody else, whose result is not final.
const PENDING: &str = "state = 'ended' AND connected_at IS NOT NULL AND direction <> 'internal' AND NOT EXISTS
    (SELECT 1 FROM interactions WHERE interactions.call_key = calls.key AND interactions.state = 'final')";

impl Store {
    /// Calls for a list, the newest first.
    pub fn listed_calls(&self, wanted: &CallsWanted) -> Result<Vec<ListedCall>, StoreError> {
        let (from, to) = (wanted.from.map_or(i64::MIN, ms), wanted.to.map_or(i64::MAX, ms));
        let limit = i64::try_from(if wanted.limit == 0 { 100 } else { wanted.limit }).unwrap_or(i64::MAX);
        self.search(|db| {
            let which = if wanted.pending { PENDING } else { "true" };
            let records: Vec<CallRecord> = db
                .prepare_cached(&format!(
                    "SELECT {} FROM calls WHERE detected_at >= ?1 AND detected_at < ?2 AND {which}
                     ORDER BY detected_at DESC, key LIMIT ?3",
                    calls::COLUMNS
                ))?
                .query_map(params![from, to, limit], calls::record)?
                .collect::<rusqlite::Result<_>>()?;
            listed(db, records)
        })
    }

    /// When somebody talked to the caller of a missed call afterwards; nothing for any other call.
    pub fn call_returned(&self, key: &CallKey) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(|db| match calls::find(db, key)? {
            Some(missed) => Ok(returned(db, &[missed])?.pop().flatten()),
            None => Ok(None),
        })
    }

    /// Which of these missed calls were returned, and when somebody talked to the caller.
    pub fn calls_returned(&self, keys: &[CallKey]) -> Result<HashMap<CallKey, DateTime<Utc>>, StoreError> {
        self.read(|db| {
            let found = calls::find_all(db, &keys.iter().map(CallKey::to_string).collect())?;
            let (asked, missed): (Vec<_>, Vec<_>) =
                keys.iter().filter_map(|key| Some((key, found.get(&key.to_string())?.clone()))).unzip();
            let returned = asked.into_iter().zip(returned(db, &missed)?);
            Ok(returned.filter_map(|(key, at)| Some((key.clone(), at?))).collect())
        })
    }

    /// How many answered calls since a moment have no final result.
    pub fn pending_calls(&self, from: DateTime<Utc>) -> Result<u64, StoreError> {
        self.search(|db| {
            db.prepare_cached(&format!("SELECT count(*) FROM calls WHERE detected_at >= ?1 AND {PENDING}"))?
                .query_row([ms(from)], |row| row.get(0))
        })
    }
}

/// Adds what belongs to the calls: one statement a table, however many calls there are.
fn listed(db: &Connection, records: Vec<CallRecord>) -> rusqlite::Result<Vec<ListedCall>> {
    let keys: Vec<String> = records.iter().map(|record| record.call.key.to_string()).collect();
    let names = contacts::names_of(db, &records.iter().filter_map(|record| record.contact).collect())?;
    let mut interactions = interactions::by_calls(db, &keys.iter().cloned().collect())?;
    let of: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let interaction = interactions.get(&key).map(|one| one.id);
            (Some(key), interaction)
        })
        .collect();
    let items = outbox::of_each(db, &of)?;
    let returned = returned(db, &records)?;
    let mut calls = Vec::with_capacity(records.len());
    for (((record, (key, _)), records), returned_at) in records.into_iter().zip(of).zip(items).zip(returned) {
        let (name, company) = record.contact.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        let interaction = key.and_then(|key| interactions.remove(&key));
        calls.push(ListedCall { record, name, company, interaction, records, returned_at });
    }
    Ok(calls)
}

/// When each missed call was returned: the first time somebody was put through to the same number or the same contact.
/// Nothing for any other call.
fn returned(db: &Connection, records: &[CallRecord]) -> rusqlite::Result<Vec<Option<DateTime<Utc>>>> {
    let missed = || records.iter().filter(|record| is_missed(&record.call));
    let Some(after) = missed().map(|record| ms(record.call.detected_at)).min() else {
        return Ok(vec![None; records.len()]);
    };
    let numbers: BTreeSet<String> = missed().filter_map(number_of).collect();
    let contacts: BTreeSet<ContactId> = missed().filter_map(|record| record.contact).collect();
    let contacts = hex_list(contacts.iter().map(|contact| contact.0))?;
    let talked: Vec<CallRecord> = db
        .prepare_cached(&talked_sql())?
        .query_map(params![to_json(&numbers)?, contacts, after], calls::record)?
        .collect::<rusqlite::Result<_>>()?;

    let (mut by_number, mut by_contact) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
    for record in &talked {
        if let Some(number) = number_of(record) {
            by_number.entry(number).or_default().push(record);
        }
        if let Some(contact) = record.contact {
            by_contact.entry(contact).or_default().push(record);
        }
    }
    let first = |record: &CallRecord| {
        let number = number_of(record).and_then(|number| by_number.get(&number));
        let contact = record.contact.and_then(|contact| by_contact.get(&contact));
        let of_both = number.into_iter().chain(contact).flatten();
        of_both.filter_map(|other| returned_by(with_whom(record), with_whom(other))).min()
    };
    Ok(records.iter().map(|record| is_missed(&record.call).then(|| first(record)).flatten()).collect())
}

/// The conversations after a moment with any of these numbers or contacts.
fn talked_sql() -> String {
    format!(
        "SELECT {} FROM calls WHERE (party_key IN (SELECT value FROM json_each(?1))
             OR contact_id IN (SELECT unhex(value) FROM json_each(?2)))
             AND connected_at > ?3 AND direction <> 'internal'",
        calls::COLUMNS
    )
}

fn number_of(record: &CallRecord) -> Option<String> {
    record.call.party.number().map(PhoneNumber::key)
}

fn with_whom(record: &CallRecord) -> WithWhom<'_> {
    WithWhom { call: &record.call, contact: record.contact }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use timbre_domain::call::{Call, CallState, Direction, Party};
    use timbre_domain::contact::Contact;
    use timbre_domain::endpoint::EndpointNumber;
    use timbre_domain::interaction::{InteractionId, InteractionState};
    use timbre_domain::number::Country;
    use timbre_domain::vendor::VendorId;
    use uuid::Uuid;

    use super::super::testing::{TestStore, at, plan, statements, store};
    use super::*;
    use crate::{InteractionRef, Kept};

    fn key(n: i64) -> CallKey {
        CallKey { vendor: VendorId::known("acme"), account: "main".parse().unwrap(), external_id: n.to_string() }
    }

    fn called(store: &TestStore, n: i64, answered: bool, state: CallState) {
        let call = Call {
            key: key(n),
            endpoint: EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Withheld,
            state,
            detected_at: at(n),
            connected_at: answered.then(|| at(n + 1)),
            ended_at: (state == CallState::Ended).then(|| at(n + 9)),
            dial: None,
            legs: vec![n.to_string()],
            transferred: false,
        };
        store.write(|tx| calls::save(tx, &call)).unwrap();
    }

    fn resulted(store: &TestStore, n: i64, state: InteractionState) {
        let saved = store.change_interaction(&InteractionRef::Call(key(n)), at(n + 20), |_, _| {
            let fresh = Interaction::begun(InteractionId(Uuid::now_v7()), Some(key(n)), None, at(n));
            let interaction = Interaction { state, comment: "dijo que sí".into(), ..fresh };
            Ok::<_, ()>(Kept { interaction, records: Vec::new(), do_not_call: None, new_contact: None })
        });
        saved.unwrap().unwrap();
    }

    #[test]
    fn a_long_list_runs_no_more_statements_than_a_short_one() {
        let store = store();
        for n in 0..60 {
            let contact = ContactId(Uuid::from_u128(n as u128 + 1));
            store.save_contact(&Contact { name: format!("Cliente {n}"), ..Contact::empty(contact) }, at(0)).unwrap();
            called(&store, n, n % 3 > 0, CallState::Ended);
            store.set_call_contact(&key(n), contact).unwrap();
            resulted(&store, n, InteractionState::Draft);
        }
        let list = |limit: usize| {
            let wanted = CallsWanted { limit, ..CallsWanted::default() };
            let (listed, statements) = statements(&store, |store| store.listed_calls(&wanted).unwrap());
            assert!(listed.iter().all(|one| !one.name.is_empty() && one.interaction.is_some()));
            (listed.len(), statements)
        };
        assert_eq!(list(3), (3, 5), "calls, names, results, records, who called back");
        assert_eq!(list(60), (60, 5));
    }

    #[test]
    fn who_called_back_is_sought_in_indexes() {
        let plan = plan(&store(), &talked_sql());
        assert!(plan.contains("calls_by_party") && plan.contains("calls_by_contact"), "{plan}");
        assert!(!plan.contains("SCAN calls"), "{plan}");
    }

    fn ids(listed: &[ListedCall]) -> Vec<&str> {
        listed.iter().map(|one| one.record.call.key.external_id.as_str()).collect()
    }

    #[test]
    fn a_list_names_the_contact_and_what_came_of_the_call() {
        let store = store();
        called(&store, 10, true, CallState::Ended);
        called(&store, 20, false, CallState::Ended);
        let id = ContactId(Uuid::from_u128(1));
        store
            .save_contact(&Contact { name: "Ana".into(), company: "Café".into(), ..Contact::empty(id) }, at(0))
            .unwrap();
        store.set_call_contact(&key(10), id).unwrap();
        resulted(&store, 10, InteractionState::Draft);

        let all = store.listed_calls(&CallsWanted::default()).unwrap();
        assert_eq!(ids(&all), ["20", "10"]);
        assert_eq!((all[0].name.as_str(), all[0].interaction.is_none()), ("", true));
        assert_eq!((all[1].name.as_str(), all[1].company.as_str()), ("Ana", "Café"));
        assert_eq!(all[1].interaction.as_ref().unwrap().comment, "dijo que sí");
        let cut = CallsWanted { from: Some(at(0)), to: Some(at(20)), limit: 1, pending: false };
        assert_eq!(ids(&store.listed_calls(&cut).unwrap()), ["10"]);
    }

    #[test]
    fn a_result_is_pending_once_an_answered_call_is_over_and_until_it_is_final() {
        let store = store();
        called(&store, 10, true, CallState::Ended);
        called(&store, 20, false, CallState::Ended);
        called(&store, 30, true, CallState::Connected);
        called(&store, 40, true, CallState::Ended);
        called(&store, 50, true, CallState::Ended);
        resulted(&store, 40, InteractionState::Draft);
        resulted(&store, 50, InteractionState::Final);
        let pending = CallsWanted { pending: true, ..CallsWanted::default() };
        assert_eq!(ids(&store.listed_calls(&pending).unwrap()), ["40", "10"]);
        assert_eq!(store.pending_calls(at(0)).unwrap(), 2);
        assert_eq!(store.pending_calls(at(11)).unwrap(), 1);
    }

    /// A number (or none), a contact (or none), whether somebody talked, when it began, which way it went.
    fn one_call() -> impl Strategy<Value = (Option<u8>, Option<u8>, Option<i64>, i64, bool)> {
        (
            proptest::option::weighted(0.8, 0_u8..3),
            proptest::option::of(0_u8..2),
            proptest::option::of(0_i64..30),
            0_i64..60,
            any::<bool>(),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// The index finds the same as whoever compares a missed call with every other one.
        #[test]
        fn a_missed_call_is_returned_by_the_first_answered_one_with_the_same_number_or_contact(
            them in proptest::collection::vec(one_call(), 2..8)
        ) {
            let store = store();
            for (n, (number, contact, talked, at_s, out)) in them.iter().enumerate() {
                let party = match number {
                    Some(n) => {
                        let number = PhoneNumber::typed(&format!("8888000{n}"), Country::CR).unwrap();
                        Party::Number { number }
                    }
                    None => Party::Withheld,
                };
                let call = Call {
                    key: key(n as i64),
                    endpoint: EndpointNumber::new(if *out { "8373456" } else { "8373457" }).unwrap(),
                    direction: if *out { Direction::Out } else { Direction::In },
                    party,
                    state: CallState::Ended,
                    detected_at: at(*at_s),
                    connected_at: talked.map(|after| at(at_s + after)),
                    ended_at: Some(at(at_s + 40)),
                    dial: None,
                    legs: vec![n.to_string()],
                    transferred: false,
                };
                store.write(|tx| calls::save(tx, &call)).unwrap();
                if let Some(contact) = contact {
                    store.set_call_contact(&call.key, ContactId(Uuid::from_u128(u128::from(*contact) + 1))).unwrap();
                }
            }
            let all = store.listed_calls(&CallsWanted::default()).unwrap();
            prop_assert_eq!(all.len(), them.len());
            for one in &all {
                let others = all.iter().filter_map(|other| returned_by(with_whom(&one.record), with_whom(&other.record)));
                prop_assert_eq!(one.returned_at, others.min());
                prop_assert_eq!(store.call_returned(&one.record.call.key).unwrap(), one.returned_at);
            }
            let keys: Vec<_> = all.iter().map(|one| one.record.call.key.clone()).collect();
            let (returned, count) = statements(&store, |store| store.calls_returned(&keys).unwrap());
            let expected = all.iter().filter_map(|one| Some((one.record.call.key.clone(), one.returned_at?)));
            prop_assert_eq!(returned, expected.collect::<HashMap<_, _>>());
            prop_assert!(count <= 2, "{} statements for {} calls", count, keys.len());
        }
    }
}
