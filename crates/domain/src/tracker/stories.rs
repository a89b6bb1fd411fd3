//! What happens to single calls and dials, told one poll at a time.

use chrono::TimeZone;
use uuid::Uuid;

use super::*;
use crate::attribution::Attribution;
use crate::dial::ReasonRule;
use crate::error::VendorReason;
use crate::number::{Country, PhoneNumber};

mod dials;

const ENDPOINT: &str = "8373456";
const CUSTOMER: &str = "88848787";

struct Line {
    tracker: CallTracker,
    seconds: i64,
}

fn endpoint() -> EndpointNumber {
    EndpointNumber::new(ENDPOINT).unwrap()
}

fn customer() -> PhoneNumber {
    PhoneNumber::typed(CUSTOMER, Country::CR).unwrap()
}

fn time(seconds: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_800_000_000 + seconds, 0).unwrap()
}

fn ours(direction: Direction, party: Party) -> Whose {
    Whose::Ours(Attribution { endpoint: endpoint(), agent: String::new(), direction, party })
}

fn leg(id: &str, whose: Whose) -> AttributedCall {
    AttributedCall {
        external_id: id.into(),
        group: None,
        whose,
        detected_at: time(0),
        connected_at: None,
        ended_at: None,
    }
}

fn incoming(id: &str) -> AttributedCall {
    leg(id, ours(Direction::In, Party::Number { number: customer() }))
}

fn outgoing(id: &str) -> AttributedCall {
    leg(id, ours(Direction::Out, Party::Number { number: customer() }))
}

fn agent_leg(id: &str) -> AttributedCall {
    leg(id, ours(Direction::Internal, Party::Endpoint { number: endpoint() }))
}

fn answered(mut leg: AttributedCall, seconds: i64) -> AttributedCall {
    leg.connected_at = Some(time(seconds));
    leg
}

impl Line {
    fn new() -> Self {
        let reason = |name, disproved_by_polls| ReasonRule { reason: VendorReason::known(name), disproved_by_polls };
        let likely_reasons = vec![reason("address_not_authorised", true), reason("telephone_not_registered", false)];
        let tracker = CallTracker::new(VendorId::known("acme"), "main".parse().unwrap());
        Self { tracker: tracker.with_rules(DialRules { likely_reasons, ..DialRules::default() }), seconds: 0 }
    }

    fn batch(&mut self, observations: Vec<AttributedCall>, complete: bool) -> ObservationBatch {
        self.seconds += 4;
        ObservationBatch {
            vendor: VendorId::known("acme"),
            account: "main".parse().unwrap(),
            sequence: self.tracker.next_sequence(),
            answered_at: time(self.seconds),
            observations,
            coverage: if complete { Coverage::AllCalls } else { Coverage::Partial },
        }
    }

    fn poll(&mut self, observations: Vec<AttributedCall>) -> Vec<String> {
        let batch = self.batch(observations, true);
        names(&self.tracker.apply(&batch))
    }

    fn failed_poll(&mut self) -> Vec<String> {
        let batch = self.batch(Vec::new(), false);
        names(&self.tracker.apply(&batch))
    }

    fn dial(&mut self) -> DialId {
        let id = DialId(Uuid::from_u128(self.seconds.unsigned_abs().into()));
        let dial = Dial {
            id,
            endpoint: endpoint(),
            number: customer(),
            contact: None,
            requested_at: time(self.seconds),
            ring_first: crate::dial::RingFirst::Agent,
            state: DialState::Requested,
        };
        self.tracker.follow(dial, Duration::from_secs(20));
        id
    }

    fn restart(&mut self) {
        let saved = serde_json::to_string(&self.tracker).unwrap();
        self.tracker = serde_json::from_str(&saved).unwrap();
    }
}

fn names(transitions: &[CallTransition]) -> Vec<String> {
    transitions
        .iter()
        .map(|t| match t {
            CallTransition::Detected(c) => format!("detected {}", c.key.external_id),
            CallTransition::Connected(c) => format!("connected {}", c.key.external_id),
            CallTransition::Ended(c) => format!("ended {}", c.key.external_id),
            CallTransition::Resumed(c) => format!("resumed {}", c.key.external_id),
            CallTransition::Identified(c) => format!("identified {}", c.key.external_id),
            CallTransition::LegAdded(c) => format!("grew {}", c.key.external_id),
            CallTransition::Dial(p) => format!("dial {:?}", p.state),
        })
        .collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_call_is_detected_connected_and_ended_once_each() {
    let mut line = Line::new();
    assert_eq!(line.poll(vec![incoming("a")]), ["detected a"]);
    assert_eq!(line.poll(vec![incoming("a")]), NOTHING);
    assert_eq!(line.poll(vec![answered(incoming("a"), 9)]), ["connected a"]);
    assert_eq!(line.poll(vec![incoming("a")]), NOTHING, "a row that forgets the answer takes nothing back");
    assert_eq!(line.poll(vec![]), NOTHING, "one miss may be a hiccup");
    assert_eq!(line.poll(vec![]), ["ended a"]);
    assert_eq!(line.poll(vec![]), NOTHING);
}

#[test]
fn a_call_ends_at_the_time_of_the_first_poll_that_missed_it() {
    let mut line = Line::new();
    line.poll(vec![incoming("a")]);
    line.poll(vec![]);
    let batch = line.batch(vec![], true);
    let told = line.tracker.apply(&batch);
    let [CallTransition::Ended(call)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(call.ended_at, Some(time(8)));
}

#[test]
fn a_call_first_seen_in_conversation_is_detected_and_connected_at_once() {
    let mut line = Line::new();
    assert_eq!(line.poll(vec![answered(incoming("a"), 1)]), ["detected a", "connected a"]);
}

#[test]
fn failed_polls_end_nothing_however_many() {
    let mut line = Line::new();
    line.poll(vec![incoming("a")]);
    for _ in 0..50 {
        assert_eq!(line.failed_poll(), NOTHING);
    }
    assert_eq!(line.poll(vec![]), NOTHING);
    assert_eq!(line.failed_poll(), NOTHING);
    assert_eq!(line.poll(vec![]), ["ended a"]);
}

#[test]
fn a_call_that_returns_goes_on_without_being_detected_again() {
    let mut line = Line::new();
    line.poll(vec![answered(incoming("a"), 1)]);
    line.poll(vec![]);
    assert_eq!(line.poll(vec![]), ["ended a"]);
    assert_eq!(line.poll(vec![answered(incoming("a"), 1)]), ["resumed a"]);
    line.poll(vec![]);
    assert_eq!(line.poll(vec![]), ["ended a"]);
}

#[test]
fn a_restart_repeats_nothing() {
    let mut line = Line::new();
    line.poll(vec![incoming("a")]);
    line.restart();
    assert_eq!(line.poll(vec![incoming("a")]), NOTHING);
    line.poll(vec![]);
    line.restart();
    assert_eq!(line.poll(vec![]), ["ended a"]);
    line.restart();
    assert_eq!(line.poll(vec![]), NOTHING);
}

#[test]
fn the_same_leg_twice_in_one_answer_is_one_call() {
    let mut line = Line::new();
    assert_eq!(line.poll(vec![incoming("a"), answered(incoming("a"), 2)]), ["detected a", "connected a"]);
}

#[test]
fn an_answer_that_comes_late_ends_and_revives_nothing() {
    let mut line = Line::new();
    let late_empty = line.batch(vec![], true);
    let late_shows = line.batch(vec![incoming("a")], true);
    line.poll(vec![incoming("a")]);
    assert_eq!(names(&line.tracker.apply(&late_empty)), NOTHING);
    assert_eq!(names(&line.tracker.apply(&late_empty)), NOTHING);
    line.poll(vec![]);
    line.poll(vec![]);
    assert_eq!(names(&line.tracker.apply(&late_shows)), NOTHING);
}

#[test]
fn legs_that_the_vendor_groups_are_one_call() {
    let mut line = Line::new();
    let mut second = incoming("b");
    second.group = Some("a".into());
    assert_eq!(line.poll(vec![incoming("a"), second.clone()]), ["detected a"]);
    assert_eq!(line.poll(vec![answered(second.clone(), 3)]), ["connected a"]);
    assert_eq!(line.poll(vec![second]), NOTHING, "one of its legs is still there");
    line.poll(vec![]);
    assert_eq!(line.poll(vec![]), ["ended a"]);
}

#[test]
fn one_number_that_rings_two_of_our_telephones_at_once_is_one_call() {
    let mut line = Line::new();
    let other = |id: &str, detected: i64| {
        let mut leg = incoming(id);
        let Whose::Ours(ours) = &mut leg.whose else { panic!("{leg:?}") };
        ours.endpoint = EndpointNumber::new("8373999").unwrap();
        leg.detected_at = time(detected);
        leg
    };
    assert_eq!(line.poll(vec![incoming("a"), other("b", 1)]), ["detected a"]);
    assert_eq!(line.poll(vec![answered(other("b", 1), 4)]), ["connected a"]);
    assert_eq!(
        line.poll(vec![incoming("c"), answered(other("b", 1), 4)]),
        ["detected c"],
        "the same telephone again is another call"
    );
    line.poll(vec![]);
    line.poll(vec![]);
    assert_eq!(
        line.poll(vec![incoming("d"), other("e", 20)]),
        ["detected d", "detected e"],
        "long after is another call"
    );
}

#[test]
fn calls_of_others_are_nobodys_news() {
    let mut line = Line::new();
    assert_eq!(line.poll(vec![leg("x", Whose::Others { called: Some(customer()), named: false })]), NOTHING);
}

#[test]
fn memory_is_bounded_however_many_calls_there_were() {
    let mut line = Line::new();
    for n in 0..(REMEMBERED_AT_MOST + 50) {
        line.poll(vec![incoming(&n.to_string())]);
        line.poll(vec![]);
        line.poll(vec![]);
    }
    assert_eq!(line.tracker.calls.len(), REMEMBERED_AT_MOST);
}

#[test]
fn a_caller_who_is_named_after_the_first_ring_is_identified_once_and_never_again() {
    let mut line = Line::new();
    let unknown = leg("a", ours(Direction::In, Party::NotKnownYet));
    assert_eq!(line.poll(vec![unknown.clone()]), ["detected a"]);
    assert_eq!(line.poll(vec![unknown.clone()]), NOTHING);
    assert_eq!(line.poll(vec![incoming("a")]), ["identified a"]);
    assert_eq!(line.poll(vec![incoming("a")]), NOTHING);
    assert_eq!(line.poll(vec![unknown]), NOTHING, "what is known is not forgotten");
    assert!(line.tracker.active().all(|call| call.party.number().is_some()));
}

#[test]
fn a_caller_whose_number_is_shown_after_the_first_ring_is_identified_once_and_never_again() {
    let mut line = Line::new();
    let withheld = leg("a", ours(Direction::In, Party::Withheld));
    assert_eq!(line.poll(vec![withheld.clone()]), ["detected a"]);
    assert_eq!(line.poll(vec![answered(incoming("a"), 6)]), ["identified a", "connected a"]);
    assert_eq!(line.poll(vec![answered(withheld, 6)]), NOTHING, "what is known is not forgotten");
    assert!(line.tracker.active().all(|call| call.party.number().is_some()));
}

#[test]
fn the_leg_that_is_ours_says_how_far_a_call_is_whatever_else_has_its_id() {
    let queue = || answered(leg("a", Whose::Others { called: None, named: false }), 1);
    for rows in [vec![queue(), incoming("a")], vec![incoming("a"), queue()]] {
        let mut line = Line::new();
        assert_eq!(line.poll(rows), ["detected a"], "nobody answered us");
        assert_eq!(line.poll(vec![queue(), answered(incoming("a"), 6)]), ["connected a"]);
        assert_eq!(line.tracker.active().next().unwrap().connected_at, Some(time(6)));
    }
}

#[test]
fn a_call_that_another_endpoint_takes_over_is_over_for_us_at_once_and_says_so() {
    let mut line = Line::new();
    let theirs = |named| answered(leg("a", Whose::Others { called: None, named }), 1);
    assert_eq!(line.poll(vec![answered(incoming("a"), 1)]), ["detected a", "connected a"]);
    assert_eq!(line.poll(vec![theirs(false)]), NOTHING, "a row that names nobody takes nothing away");
    assert_eq!(line.poll(vec![theirs(true)]), ["ended a"]);
    let call = &line.tracker.calls[0].call;
    assert_eq!((call.transferred, call.ended_at), (true, Some(time(12))));
    assert_eq!(line.poll(vec![theirs(true)]), NOTHING);
    assert_eq!(line.poll(vec![answered(incoming("a"), 1)]), ["resumed a"], "it was handed back");
    assert!(!line.tracker.calls[0].call.transferred);
    line.poll(vec![]);
    assert_eq!(line.poll(vec![]), ["ended a"]);
    assert!(!line.tracker.calls[0].call.transferred, "this time somebody hung up");
}

#[test]
fn a_call_that_goes_from_one_served_agent_to_another_ends_for_the_one_and_begins_for_the_other() {
    let mut line = Line::new();
    let of = |agent: &str, number: &str| {
        let mut leg = answered(incoming("a"), 1);
        let Whose::Ours(ours) = &mut leg.whose else { panic!("{leg:?}") };
        ours.agent = agent.into();
        ours.endpoint = EndpointNumber::new(number).unwrap();
        leg
    };
    assert_eq!(line.poll(vec![of("Ana", "8373456")]), ["detected a", "connected a"]);
    assert_eq!(line.poll(vec![of("Bruno", "8373457")]), ["ended a", "detected a~8373457", "connected a~8373457"]);
    assert_eq!(line.poll(vec![of("Bruno", "8373457")]), NOTHING);
    line.poll(vec![]);
    assert_eq!(line.poll(vec![]), ["ended a~8373457"]);
}

#[test]
fn a_call_that_began_too_long_ago_to_be_going_on_is_stale_and_a_wrong_zone_makes_no_call_so() {
    let busy = |line: &Line| line.tracker.busy(&endpoint(), time(line.seconds));
    let began = |hours: i64| AttributedCall { detected_at: time(-3_600 * hours), ..incoming("a") };
    let mut at_the_start = Line::new();
    at_the_start.poll(vec![began(1)]);
    assert_eq!(busy(&at_the_start), Busy::StaleCall, "nothing rings for an hour");
    let mut while_we_look = Line::new();
    while_we_look.poll(vec![]);
    while_we_look.poll(vec![began(6)]);
    assert_eq!(busy(&while_we_look), Busy::InCall, "a moment ago it was not there");
    let mut yesterday = Line::new();
    yesterday.poll(vec![]);
    yesterday.poll(vec![answered(began(25), -25 * 3_600)]);
    assert_eq!((busy(&yesterday), yesterday.tracker.stale(time(8)).count()), (Busy::StaleCall, 1));
    yesterday.poll(vec![]);
    yesterday.poll(vec![]);
    assert_eq!(busy(&yesterday), Busy::Free);
}

#[test]
fn nothing_happens_later_than_we_are_told_of_it() {
    let mut line = Line::new();
    line.poll(vec![answered(incoming("a"), 3_600)]);
    assert_eq!(line.tracker.active().next().unwrap().connected_at, Some(time(4)));
}

#[test]
fn a_call_that_the_vendor_says_is_over_ends_at_the_time_it_says() {
    let mut line = Line::new();
    line.poll(vec![incoming("a")]);
    let over = AttributedCall { ended_at: Some(time(3)), ..answered(incoming("a"), 1) };
    let batch = ObservationBatch { coverage: Coverage::Partial, ..line.batch(vec![over], true) };
    let told = line.tracker.apply(&batch);
    let [CallTransition::Connected(_), CallTransition::Ended(call)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(call.ended_at, Some(time(3)));
}

#[test]
fn one_number_that_rings_two_agents_is_a_call_for_each_of_them() {
    let mut line = Line::new();
    let of = |id: &str, agent: &str, number: &str| {
        let mut leg = incoming(id);
        let Whose::Ours(ours) = &mut leg.whose else { panic!("{leg:?}") };
        ours.agent = agent.into();
        ours.endpoint = EndpointNumber::new(number).unwrap();
        leg
    };
    let group = vec![of("a", "Ana", "8373456"), of("b", "Bruno", "8373457"), of("c", "Ana", "8373458")];
    assert_eq!(line.poll(group), ["detected a", "detected b"]);
}
