//! What is older than it is to be kept goes; what waits stays.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use chrono::{DateTime, TimeDelta, Utc};
use timbre_domain::call::{AccountName, Call, CallKey, CallState, Direction, Party};
use timbre_domain::crm::{ConnectorName, Receipt};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::interaction::{FollowUp, Interaction, InteractionId, InteractionState};
use timbre_domain::outbox::{OutboxState, RecordIntent, RecordKind};
use timbre_domain::tracker::{CallTracker, CallTransition};
use timbre_domain::vendor::VendorId;
use timbre_store::{CallFilter, DataFolder, InteractionFilter, InteractionRef, Kept, OutboxFilter, Store};
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    "2026-11-20T17:31:00Z".parse().unwrap()
}

fn crm() -> ConnectorName {
    "crm".parse().unwrap()
}

/// What is known of a call that is old enough to go.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Result {
    None,
    Draft,
    Final,
    FinalWithFollowUpIn(i64),
}

fn call(store: &Store, n: u128, days_ago: i64, state: CallState, result: Result, sent: bool) {
    let account: AccountName = "main".parse().unwrap();
    let begun = now() - TimeDelta::days(days_ago);
    let key = CallKey { vendor: VendorId::known("callmyway"), account: account.clone(), external_id: n.to_string() };
    let call = Call {
        key: key.clone(),
        endpoint: EndpointNumber::new("8373456").unwrap(),
        direction: Direction::In,
        party: Party::Withheld,
        state,
        detected_at: begun,
        connected_at: Some(begun),
        ended_at: None,
        dial: None,
        legs: vec![n.to_string()],
        transferred: false,
    };
    let tracker = CallTracker::new(VendorId::known("callmyway"), account.clone());
    store.save_transitions(&account, &tracker, &[CallTransition::Detected(call)], &[], begun).unwrap();
    if result == Result::None {
        return;
    }
    let (_, items) = store
        .change_interaction(&InteractionRef::Call(key.clone()), begun, |_, _| {
            let mut one = Interaction::begun(InteractionId(Uuid::from_u128(n)), Some(key.clone()), None, begun);
            if result != Result::Draft {
                one.state = InteractionState::Final;
            }
            if let Result::FinalWithFollowUpIn(days) = result {
                let at = now() + TimeDelta::days(days);
                one.follow_up = Some(FollowUp { at, whom: None, what: "llamar".into() });
            }
            let wanted = RecordIntent { kind: RecordKind::Call, subject: key.to_string(), taken_back: None };
            let records = if result == Result::Draft { Vec::new() } else { vec![(crm(), vec![wanted])] };
            Ok::<_, ()>(Kept { interaction: one, records, do_not_call: None, new_contact: None })
        })
        .unwrap()
        .unwrap();
    if sent {
        for item in items {
            store.outbox_begin(item.id, begun, begun).unwrap().unwrap();
            let receipt = Receipt::of(item.id.to_string());
            store.outbox_sent(item.id, &receipt, &Default::default(), begun).unwrap();
        }
    }
}

#[test]
fn old_calls_go_with_their_results_and_whatever_waits_stays() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::hold(dir.path()).unwrap();
    let (store, _) = Store::open(&folder, now()).unwrap();
    use CallState::{Connected, Ended};
    let old = 100;
    let cases = [
        (1, old, Ended, Result::None, false, false),
        (2, old, Ended, Result::Final, true, false),
        (3, old, Ended, Result::Final, false, true),
        (4, old, Ended, Result::Draft, false, true),
        (5, old, Ended, Result::FinalWithFollowUpIn(3), true, true),
        (6, old, Ended, Result::FinalWithFollowUpIn(-3), true, false),
        (7, old, Connected, Result::None, false, true),
        (8, 10, Ended, Result::Final, true, true),
        (9, 10, Ended, Result::None, false, true),
    ];
    for (n, days, state, result, sent, _) in cases {
        call(&store, n, days, state, result, sent);
    }
    let before = now() - TimeDelta::days(60);
    assert_eq!(store.forget(before, now()).unwrap(), 3);
    let left = |n: u128| {
        let calls = store.calls(&CallFilter { limit: 99, ..Default::default() }).unwrap();
        calls.iter().any(|record| record.call.key.external_id == n.to_string())
    };
    for (n, .., stays) in cases {
        assert_eq!(left(n), stays, "{n}");
    }
    let results = store.interactions(&InteractionFilter::default()).unwrap();
    let mut kept: Vec<_> = results.iter().map(|one| one.id.0.as_u128()).collect();
    kept.sort_unstable();
    assert_eq!(kept, [3, 4, 5, 8]);
    let all = vec![OutboxState::Waiting, OutboxState::Done];
    let records = store.outbox(&OutboxFilter { states: all, ..Default::default() }).unwrap();
    assert_eq!(records.len(), 3, "a record goes with its call, and no other one: {records:?}");
    assert_eq!(store.forget(before, now()).unwrap(), 0);
}

#[test]
fn thousands_of_calls_go_in_stretches_and_results_without_a_call_go_too() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::hold(dir.path()).unwrap();
    let (store, _) = Store::open(&folder, now()).unwrap();
    for n in 0..1_100 {
        call(&store, n, 100, CallState::Ended, Result::None, false);
    }
    let begun = now() - TimeDelta::days(90);
    for (n, state) in [(1, InteractionState::Final), (2, InteractionState::Draft)] {
        store
            .change_interaction(&InteractionRef::New, begun, |_, _| {
                let mut one = Interaction::begun(InteractionId(Uuid::from_u128(n)), None, None, begun);
                one.state = state;
                Ok::<_, ()>(Kept { interaction: one, records: Vec::new(), do_not_call: None, new_contact: None })
            })
            .unwrap()
            .unwrap();
    }
    assert_eq!(store.forget(now() - TimeDelta::days(60), now()).unwrap(), 1_101);
    assert_eq!(store.calls(&CallFilter::default()).unwrap(), []);
    assert_eq!(store.interactions(&InteractionFilter::default()).unwrap().len(), 1, "the draft waits");
}
