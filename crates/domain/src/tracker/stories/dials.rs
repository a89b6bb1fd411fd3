//! Calls that were dialled through us, from the order to the outcome.

use super::*;

#[test]
fn a_dial_shown_as_one_leg_goes_from_ringing_to_ended() {
    let mut line = Line::new();
    let id = line.dial();
    let accepted = line.tracker.dial_answered(id, Ok(&Placed::default()), None, time(1)).unwrap();
    assert_eq!(names(&[accepted]), ["dial Accepted"]);
    assert_eq!(line.poll(vec![]), NOTHING);
    assert_eq!(line.poll(vec![outgoing("a")]), ["detected a", "dial ContactRinging"]);
    assert_eq!(line.poll(vec![answered(outgoing("a"), 12)]), ["connected a", "dial Connected"]);
    line.poll(vec![]);
    assert_eq!(line.poll(vec![]), ["ended a", "dial Ended"]);
}

#[test]
fn a_question_that_was_numbered_before_the_dial_and_sent_after_it_may_show_its_call() {
    let mut line = Line::new();
    line.poll(vec![]);
    let numbered_before = line.batch(vec![outgoing("a")], true);
    line.dial();
    assert_eq!(names(&line.tracker.apply(&numbered_before)), ["detected a", "dial ContactRinging"]);
}

#[test]
fn a_dial_shown_as_two_legs_is_one_call_with_the_contact_known_from_the_first() {
    let mut line = Line::new();
    let id = line.dial();
    line.tracker.dial_answered(id, Ok(&Placed::default()), None, time(1));
    let batch = line.batch(vec![agent_leg("a")], true);
    let told = line.tracker.apply(&batch);
    assert_eq!(names(&told), ["detected a", "dial AgentRinging"]);
    let CallTransition::Detected(call) = &told[0] else { panic!("{told:?}") };
    assert_eq!((call.direction, call.party.number(), call.dial), (Direction::Out, Some(&customer()), Some(id)));
    assert_eq!(
        line.poll(vec![answered(agent_leg("a"), 6)]),
        ["dial ContactRinging"],
        "the agent's answer connects nobody"
    );
    line.restart();
    assert_eq!(line.poll(vec![answered(agent_leg("a"), 6), outgoing("b")]), ["grew a"]);
    assert_eq!(
        line.poll(vec![answered(agent_leg("a"), 6), answered(outgoing("b"), 15)]),
        ["connected a", "dial Connected"]
    );
    line.poll(vec![]);
    assert_eq!(line.poll(vec![]), ["ended a", "dial Ended"]);
}

#[test]
fn a_dial_whose_agent_leg_is_gone_before_the_contact_leg_shows_stays_one_call() {
    let mut line = Line::new();
    line.dial();
    line.poll(vec![agent_leg("a")]);
    line.poll(vec![]);
    line.poll(vec![]);
    assert_eq!(line.poll(vec![outgoing("b")]), ["resumed a"]);
}

#[test]
fn a_contact_who_was_dialled_and_calls_back_is_a_new_call() {
    for (first, role) in [(outgoing("a"), "one leg"), (agent_leg("a"), "the agent's leg alone")] {
        let mut line = Line::new();
        line.dial();
        line.poll(vec![first]);
        line.poll(vec![]);
        line.poll(vec![]);
        line.seconds += 600;
        assert_eq!(line.poll(vec![incoming("b")]), ["detected b"], "{role}");
    }
    let mut line = Line::new();
    line.dial();
    line.poll(vec![answered(outgoing("a"), 2)]);
    assert_eq!(
        line.poll(vec![answered(outgoing("a"), 2), incoming("b")]),
        ["detected b"],
        "even while they still speak"
    );
}

#[test]
fn a_number_that_is_dialled_again_is_a_new_call() {
    for wait in [0, 600] {
        let mut line = Line::new();
        line.dial();
        line.poll(vec![agent_leg("a")]);
        line.poll(vec![]);
        line.poll(vec![]);
        line.seconds += wait;
        line.dial();
        assert_eq!(line.poll(vec![agent_leg("b"), outgoing("c")]), ["detected b", "dial ContactRinging"], "{wait}");
    }
}

#[test]
fn a_stranger_who_calls_while_a_dial_is_on_its_way_is_a_call_of_its_own() {
    let mut line = Line::new();
    line.dial();
    let stranger = PhoneNumber::typed("22223333", Country::CR).unwrap();
    let stranger = leg("s", ours(Direction::In, Party::Number { number: stranger }));
    let withheld = leg("w", ours(Direction::In, Party::Withheld));
    assert_eq!(line.poll(vec![stranger.clone(), withheld.clone()]), ["detected s", "detected w"]);
    assert_eq!(line.poll(vec![stranger, withheld, agent_leg("a")]), ["detected a", "dial AgentRinging"]);
}

#[test]
fn a_dial_that_shows_no_call_says_so_with_reasons_and_is_still_known_when_it_appears_late() {
    let mut line = Line::new();
    let id = line.dial();
    line.tracker.dial_answered(id, Ok(&Placed::default()), None, time(1));
    for _ in 0..5 {
        assert_eq!(line.poll(vec![]), NOTHING);
    }
    let batch = line.batch(vec![], true);
    let told = line.tracker.apply(&batch);
    let [CallTransition::Dial(progress)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(progress.state, DialState::NoCallAppeared);
    assert_eq!(progress.likely_reasons[0].as_str(), "telephone_not_registered");
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) == Busy::Free);
    assert_eq!(line.poll(vec![]), NOTHING, "it is said once");
    assert_eq!(line.poll(vec![outgoing("a")]), ["detected a", "dial ContactRinging"]);
}

#[test]
fn a_dial_long_after_the_last_answer_waits_as_long_as_any_other() {
    let mut line = Line::new();
    line.poll(vec![]);
    line.seconds += 7_200;
    line.dial();
    for _ in 0..4 {
        assert_eq!(line.poll(vec![]), NOTHING);
    }
    assert_eq!(line.poll(vec![]), ["dial NoCallAppeared"]);
}

#[test]
fn a_call_of_a_number_that_was_dialled_twice_belongs_to_the_dial_it_is_nearest_to() {
    for late in [false, true] {
        let mut line = Line::new();
        let first = line.dial();
        let given_up: Vec<_> = (0..6).flat_map(|_| line.poll(vec![])).collect();
        assert_eq!(given_up, ["dial NoCallAppeared"]);
        line.seconds += 20;
        let second = line.dial();
        let detected_at = time(if late { 1 } else { line.seconds + 1 });
        let batch = line.batch(vec![AttributedCall { detected_at, ..outgoing("a") }], true);
        let told = line.tracker.apply(&batch);
        let [CallTransition::Detected(call), ..] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(call.dial, Some(if late { first } else { second }), "late: {late}");
    }
}

#[test]
fn a_dial_that_was_given_up_while_polls_failed_is_still_known_when_they_succeed() {
    let mut line = Line::new();
    line.dial();
    let told: Vec<_> = (0..40).flat_map(|_| line.failed_poll()).collect();
    assert_eq!(told, ["dial NoCallAppeared"]);
    assert_eq!(line.poll(vec![outgoing("a")]), ["detected a", "dial ContactRinging"]);
}

#[test]
fn while_the_vendor_can_not_be_read_a_dial_ends_at_last_and_dialling_goes_on() {
    let mut line = Line::new();
    line.poll(vec![incoming("a")]);
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) != Busy::Free);
    line.seconds += 600;
    assert!(
        line.tracker.busy(&endpoint(), time(line.seconds)) == Busy::Free,
        "nobody has confirmed that call for minutes"
    );
    line.dial();
    let told: Vec<_> = (0..40).flat_map(|_| line.failed_poll()).collect();
    assert_eq!(told, ["dial NoCallAppeared"]);
}

#[test]
fn polls_that_fail_are_no_proof_that_no_call_appeared() {
    let mut line = Line::new();
    line.dial();
    for _ in 0..30 {
        assert_eq!(line.failed_poll(), NOTHING);
    }
    assert_eq!(line.poll(vec![]), NOTHING);
    assert_eq!(line.poll(vec![]), ["dial NoCallAppeared"]);
}

#[test]
fn a_refused_dial_is_over_and_an_unknown_outcome_is_followed() {
    let mut line = Line::new();
    let id = line.dial();
    let told = line.tracker.dial_answered(id, Err(ErrorCode::NotAuthorised), None, time(1)).unwrap();
    assert_eq!(names(&[told]), ["dial Failed"]);
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) == Busy::Free);
    let id = line.dial();
    assert_eq!(line.tracker.dial_answered(id, Err(ErrorCode::OutcomeUnknown), None, time(1)), None);
    let told = line.tracker.dial_answered(id, Err(ErrorCode::OutcomeUnknown), Said::new("espere"), time(1)).unwrap();
    let CallTransition::Dial(progress) = told else { panic!("{told:?}") };
    assert_eq!((progress.state, progress.said), (DialState::Requested, Said::new("espere")));
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) != Busy::Free);
    assert_eq!(line.poll(vec![outgoing("a")]), ["detected a", "dial ContactRinging"]);
}

#[test]
fn an_agent_is_busy_from_the_dial_to_the_end_of_the_call() {
    let mut line = Line::new();
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) == Busy::Free);
    line.dial();
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) != Busy::Free);
    line.poll(vec![outgoing("a")]);
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) != Busy::Free);
    assert!(line.tracker.busy(&EndpointNumber::new("8373999").unwrap(), time(line.seconds)) == Busy::Free);
    line.poll(vec![]);
    line.poll(vec![]);
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) == Busy::Free);
}

#[test]
fn a_list_of_placed_calls_ends_no_call_that_it_does_not_show_and_counts_as_a_look_for_dials() {
    let mut line = Line::new();
    line.poll(vec![incoming("a")]);
    let id = line.dial();
    line.tracker.dial_answered(id, Ok(&Placed::default()), None, time(1));
    let mut told = Vec::new();
    for _ in 0..20 {
        let batch = ObservationBatch { coverage: Coverage::PlacedCalls, ..line.batch(vec![], true) };
        told.extend(line.tracker.apply(&batch));
    }
    let [CallTransition::Dial(progress)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(progress.state, DialState::NoCallAppeared);
    assert_eq!(line.tracker.active().count(), 1);
}

#[test]
fn an_order_that_waits_for_service_hours_is_over_for_us_and_keeps_nobody_busy() {
    let mut line = Line::new();
    let id = line.dial();
    let pending = Placed { pending: true, external_id: None };
    let told = line.tracker.dial_answered(id, Ok(&pending), None, time(1));
    assert!(matches!(told, Some(CallTransition::Dial(DialProgress { state: DialState::Pending, .. }))), "{told:?}");
    assert!(line.tracker.busy(&endpoint(), time(line.seconds)) == Busy::Free);
}
