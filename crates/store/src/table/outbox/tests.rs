//! What goes when, what is searched for, and what is never forgotten.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use timbre_domain::contact::{Contact, ContactPart, ContactPhone, Origin, PhoneKind};
use timbre_domain::crm::Receipt;
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{Charge, Interaction, InteractionState};
use timbre_domain::name::ConnectorName;
use timbre_domain::number::{Country, PhoneNumber};
use timbre_domain::outbox::{BELIEVED_AHEAD, LONGEST_PAUSE, OutboxState, Problem, RecordIntent, RecordKind, TakenBack};
use uuid::Uuid;

use super::super::calls;
use super::super::testing::{TestStore, at, plan, statements, store};
use super::*;
use crate::{InteractionRef, Kept};

fn crm() -> ConnectorName {
    "crm".parse().unwrap()
}

fn contact(n: u128) -> Contact {
    let number = PhoneNumber::typed("8884-8787", Country::CR).unwrap();
    Contact {
        name: "Ana".into(),
        phones: vec![ContactPhone { number, kind: PhoneKind::Mobile, source: None }],
        typed: [ContactPart::Name].into(),
        ..Contact::empty(ContactId(Uuid::from_u128(n)))
    }
}

/// A final result that makes these records.
fn result(store: &Store, n: u128, with: Option<ContactId>, kinds: &[RecordKind], now: i64) -> Vec<OutboxItem> {
    let (_, waiting) = store
        .change_interaction(&InteractionRef::New, at(now), |_, _| {
            let mut interaction = Interaction::begun(InteractionId(Uuid::from_u128(n)), None, with, at(now));
            interaction.state = InteractionState::Final;
            let subject = interaction.id.to_string();
            let records =
                kinds.iter().map(|kind| RecordIntent { kind: *kind, subject: subject.clone(), taken_back: None });
            Ok::<_, ()>(Kept {
                interaction,
                records: vec![(crm(), records.collect())],
                do_not_call: None,
                new_contact: None,
            })
        })
        .unwrap()
        .unwrap();
    waiting
}

fn next(store: &TestStore, now: i64) -> Option<RequestId> {
    store.outbox_next(&crm(), at(now)).unwrap().map(|item| item.id)
}

fn everything() -> BTreeSet<ContactPart> {
    [ContactPart::Name, ContactPart::Company, ContactPart::Emails, ContactPart::Phones].into()
}

fn failure(state: OutboxState, next_at: DateTime<Utc>) -> Failure {
    Failure { state, next_at, unsure: true, never_sent: state == OutboxState::Waiting, tried: false }
}

fn problem() -> Problem {
    Problem { code: ErrorCode::VendorFailed, words: String::new(), at: at(0), last_try: false }
}

#[test]
fn a_result_and_what_is_to_be_sent_of_it_are_saved_together_or_not_at_all() {
    let store = store();
    let refused = store.change_interaction(&InteractionRef::New, at(0), |_, _| Err::<Kept, _>("no"));
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
    store.outbox_sent(other[0].id, &Receipt::of("x"), &everything(), at(7)).unwrap();
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
    let receipt = Receipt::of("n1");
    let item = store.outbox_sent(item.id, &receipt, &everything(), at(3)).unwrap();
    assert_eq!((item.state, item.sent, item.wanted), (OutboxState::Waiting, 1, 2));
    store.outbox_begin(item.id, at(4), at(64)).unwrap().unwrap();
    let item = store.outbox_sent(item.id, &receipt, &everything(), at(5)).unwrap();
    assert_eq!((item.state, item.sent, item.problem), (OutboxState::Done, 2, None));
}

#[test]
fn what_was_begun_and_changed_before_the_database_was_restored_is_told_once_it_is_found() {
    let store = store();
    let changed = result(&store, 1, None, &[RecordKind::Note], 0).remove(0);
    store.outbox_begin(changed.id, at(1), at(61)).unwrap().unwrap();
    result(&store, 1, None, &[RecordKind::Note], 2);
    let never_begun = result(&store, 2, None, &[RecordKind::Note], 3).remove(0);
    store.write_durably(|tx| counts_as_begun(tx, at(10), at(70))).unwrap();
    let found = |item: &OutboxItem| store.outbox_sent(item.id, &Receipt::of("x"), &everything(), at(71)).unwrap();
    let changed = found(&changed);
    assert_eq!(
        (changed.state, changed.sent, changed.wanted),
        (OutboxState::Waiting, 1, 2),
        "its change is still to go"
    );
    assert_eq!(found(&never_begun).state, OutboxState::Done, "what the CRM has may be newer than what is here");
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
    let back = RecordIntent {
        kind: RecordKind::FollowUp,
        subject: Uuid::from_u128(1).to_string(),
        taken_back: Some(TakenBack::Charge(charge)),
    };
    let take_back = |store: &TestStore| -> Option<OutboxItem> {
        store
            .change_interaction(&InteractionRef::Id(InteractionId(Uuid::from_u128(1))), at(9), |before, _| {
                let records = vec![(crm(), vec![back.clone()])];
                Ok::<_, ()>(Kept { interaction: before.unwrap(), records, do_not_call: None, new_contact: None })
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
    store.outbox_sent(item.id, &Receipt::of("t"), &everything(), at(10)).unwrap();
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
    store.outbox_sent(note.id, &Receipt::of("n"), &everything(), at(3)).unwrap();
    assert_eq!(store.outbox_retry(item.id, true, at(4)).unwrap().unwrap().state, OutboxState::Sending);
    store.outbox_sent(item.id, &Receipt::of("c9"), &everything(), at(5)).unwrap();
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
    store.outbox_sent(item.id, &Receipt::of("c9"), &everything(), at(5)).unwrap();
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
    use timbre_domain::call::{Call, CallState, Direction, Party};
    use timbre_domain::endpoint::EndpointNumber;
    use timbre_domain::vendor::VendorId;
    let store = store();
    let key = CallKey { vendor: VendorId::known("acme"), account: "main".parse().unwrap(), external_id: "1".into() };
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
        transferred: false,
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
    store.outbox_sent(item.id, &Receipt::of("c"), &everything(), at(9)).unwrap();
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
    let parked = Failure { state: OutboxState::Parked, next_at: at(2), unsure: true, never_sent: false, tried: false };
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

#[test]
fn everything_a_person_or_an_exactly_once_depends_on_is_flushed() {
    let store = store();
    let flushed = |what: &str, work: &dyn Fn()| {
        let before = store.flushed.load(std::sync::atomic::Ordering::Relaxed);
        work();
        assert_eq!(store.flushed.load(std::sync::atomic::Ordering::Relaxed), before + 1, "{what}");
    };
    let ana = contact(7);
    flushed("a contact that was typed", &|| drop(store.add_contact(&ana, &[crm()], at(0)).unwrap()));
    flushed("a contact that was changed", &|| {
        let changed = store.change_contact(ana.id, at(0), |_| Vec::new(), Ok::<_, ()>);
        changed.unwrap().unwrap().unwrap();
    });
    flushed("a result", &|| drop(result(&store, 1, None, &[RecordKind::Note], 0)));
    let item = store.outbox_of(InteractionId(Uuid::from_u128(1))).unwrap().remove(0);
    flushed("that a request goes out", &|| drop(store.outbox_begin(item.id, at(1), at(61)).unwrap().unwrap()));
    let receipt = Receipt::of("n");
    flushed("a receipt", &|| drop(store.outbox_sent(item.id, &receipt, &everything(), at(2)).unwrap()));
    let other = result(&store, 2, None, &[RecordKind::Note], 3).remove(0);
    flushed("what a person discards", &|| drop(store.outbox_discard(other.id).unwrap().unwrap()));
    flushed("what a person retries", &|| drop(store.outbox_retry(other.id, false, at(4)).unwrap().unwrap()));
}

#[test]
fn a_result_finished_while_the_call_went_on_waits_for_nothing_but_its_end() {
    use timbre_domain::call::{Call, CallState, Direction, Party};
    use timbre_domain::endpoint::EndpointNumber;
    use timbre_domain::vendor::VendorId;

    let store = store();
    let key = CallKey { vendor: VendorId::known("acme"), account: "main".parse().unwrap(), external_id: "1".into() };
    let call = Call {
        key: key.clone(),
        endpoint: EndpointNumber::new("8373456").unwrap(),
        direction: Direction::In,
        party: Party::Withheld,
        state: CallState::Connected,
        detected_at: at(0),
        connected_at: Some(at(1)),
        ended_at: None,
        dial: None,
        legs: vec!["1".into()],
        transferred: false,
    };
    store.write(|tx| calls::save(tx, &call)).unwrap();
    let ends = |due: i64, now: i64| store.write(|tx| call_ended(tx, &crm(), &key, at(due), at(now))).unwrap();

    let (_, waiting) = store
        .change_interaction(&InteractionRef::Call(key.clone()), at(5), |_, _| {
            let mut interaction = Interaction::begun(InteractionId(Uuid::from_u128(9)), Some(key.clone()), None, at(5));
            interaction.state = InteractionState::Final;
            let wanted = RecordIntent { kind: RecordKind::Call, subject: key.to_string(), taken_back: None };
            Ok::<_, ()>(Kept {
                interaction,
                records: vec![(crm(), vec![wanted])],
                do_not_call: None,
                new_contact: None,
            })
        })
        .unwrap()
        .unwrap();
    // The sender looked, found the call going on, and put it off.
    store.outbox_postpone(waiting[0].id, at(35)).unwrap();
    assert_eq!(next(&store, 10), None);
    ends(910, 10);
    assert_eq!(next(&store, 10), Some(waiting[0].id));
}

#[test]
fn one_record_is_sought_and_a_long_list_runs_no_more_statements_than_a_short_one() {
    let store = store();
    let mut made = Vec::new();
    for n in 1..=50 {
        store.save_contact(&contact(n), at(0)).unwrap();
        let with = Some(ContactId(Uuid::from_u128(n)));
        made.extend(result(&store, n, with, &[RecordKind::Note], 0));
    }
    let list = |filter: OutboxFilter| statements(&store, |store| store.listed_outbox(&filter).unwrap());
    let (one, of_one) = list(OutboxFilter { id: Some(made[20].id), ..OutboxFilter::default() });
    assert_eq!(one.iter().map(|one| &one.item).collect::<Vec<_>>(), [&made[20]]);
    assert_eq!((one[0].name.as_str(), one[0].contact), ("Ana", Some(ContactId(Uuid::from_u128(21)))));
    let (all, of_all) = list(OutboxFilter::default());
    assert_eq!(all.iter().map(|one| &one.item).collect::<Vec<_>>(), made.iter().collect::<Vec<_>>());
    assert_eq!((of_one, of_all), (3, 3), "records, results, names");

    let one = plan(&store, &super::listed::one_sql());
    assert!(one.contains("SEARCH outbox USING INDEX sqlite_autoindex_outbox_1 (id=?)"), "{one}");
    let filtered = plan(&store, &super::listed::filter_sql());
    assert!(filtered.contains("outbox_by_state (connector=? AND state=?)"), "{filtered}");
    assert!(!filtered.contains("SCAN outbox"), "{filtered}");
    let each = plan(&store, &super::listed::of_each_sql());
    assert!(each.contains("outbox_by_subject") && each.contains("outbox_by_interaction"), "{each}");
    assert!(!each.contains("SCAN outbox"), "{each}");
}

#[test]
fn a_listed_record_is_about_what_is_sent_of_it() {
    let store = store();
    store.save_contact(&contact(1), at(0)).unwrap();
    let gone = ContactId(Uuid::from_u128(9));
    result(&store, 1, Some(ContactId(Uuid::from_u128(1))), &[RecordKind::Note, RecordKind::FollowUp], 0);
    result(&store, 2, Some(gone), &[RecordKind::Note], 0);
    result(&store, 3, None, &[RecordKind::Charge], 0);
    for n in ["4", "5"] {
        let key = CallKey {
            vendor: timbre_domain::vendor::VendorId::known("acme"),
            account: "main".parse().unwrap(),
            external_id: n.into(),
        };
        let call = timbre_domain::call::Call {
            key: key.clone(),
            endpoint: timbre_domain::endpoint::EndpointNumber::new("8373456").unwrap(),
            direction: timbre_domain::call::Direction::In,
            party: timbre_domain::call::Party::Withheld,
            state: timbre_domain::call::CallState::Ended,
            detected_at: at(0),
            connected_at: None,
            ended_at: Some(at(9)),
            dial: None,
            legs: vec![n.into()],
            transferred: false,
        };
        store.write(|tx| calls::save(tx, &call)).unwrap();
        store
            .change_interaction(&InteractionRef::Call(key.clone()), at(1), |_, _| {
                let with = Some(ContactId(Uuid::from_u128(1)));
                let mut interaction = Interaction::begun(InteractionId(Uuid::now_v7()), Some(key.clone()), None, at(1));
                (interaction.contact, interaction.state) =
                    (with, if n == "4" { InteractionState::Final } else { InteractionState::Draft });
                let subjects = [(RecordKind::Call, key.to_string()), (RecordKind::Note, interaction.id.to_string())];
                let records = subjects.map(|(kind, subject)| RecordIntent { kind, subject, taken_back: None }).to_vec();
                Ok::<_, ()>(Kept { interaction, records: vec![(crm(), records)], do_not_call: None, new_contact: None })
            })
            .unwrap()
            .unwrap();
    }
    store.add_contact(&contact(2), &[crm()], at(1)).unwrap();
    let listed = store.listed_outbox(&OutboxFilter::default()).unwrap();
    assert_eq!(listed.len(), 9);
    for one in listed {
        let sent = store.outbox_dispatch(one.item.id).unwrap().unwrap();
        let contact = sent.contact.map(|contact| (contact.id, contact.name, contact.company));
        assert_eq!(one.contact.map(|id| (id, one.name, one.company)), contact, "{:?}", one.item);
        assert_eq!((one.call, one.item), (sent.call, sent.item));
    }
}

#[test]
fn the_counts_of_all_crms_are_those_of_each_in_one_statement() {
    let store = store();
    let other: ConnectorName = "other".parse().unwrap();
    for n in 1..=3 {
        store.add_contact(&contact(n), &[crm(), other.clone()][..1 + usize::from(n == 2)], at(0)).unwrap();
    }
    let waiting = next(&store, 5).unwrap();
    store.outbox_failed(waiting, &failure(OutboxState::Parked, at(0)), &problem()).unwrap();
    let (all, count) = statements(&store, |store| store.outbox_counts_of_all().unwrap());
    assert_eq!((all.len(), count), (2, 1));
    for (name, counts) in all {
        assert_eq!(counts, store.outbox_counts(&name).unwrap());
    }
}
