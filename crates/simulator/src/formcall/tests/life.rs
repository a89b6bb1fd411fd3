//! The life of a call: the agent is rung first, then the customer.

use super::harness::{Bench, documented_order, seconds};
use crate::formcall::{Automatic, CallHandle, CallOutcome, CallState};

/// A call whose agent is rung.
async fn ringing() -> (Bench, CallHandle) {
    let bench = Bench::new().await;
    let call = bench.place(&documented_order()).await;
    bench.clock.advance(seconds(1));
    (bench, call)
}

#[tokio::test]
async fn a_call_waits_in_the_queue_before_the_agent_is_rung_and_then_the_customer() {
    let bench = Bench::with(|config| config.queue_delay = seconds(8)).await;
    let call = bench.place(&documented_order()).await;
    bench.clock.advance(seconds(7));
    assert_eq!(call.state(), CallState::Enqueued);
    assert!(!call.agent_answers());
    bench.clock.advance(seconds(1));
    assert_eq!(call.state(), CallState::AgentRings);
    assert!(!call.customer_answers() && !call.customer_is_busy());
    bench.clock.advance(seconds(4));
    assert!(call.agent_answers());
    assert_eq!((call.state(), call.outcome()), (CallState::CustomerRings, None));
    bench.clock.advance(seconds(5));
    assert!(call.customer_answers());
    assert_eq!((call.state(), call.outcome()), (CallState::Talking, Some(CallOutcome::Connected)));
    bench.clock.advance(seconds(30));
    assert!(call.hang_up() && !call.hang_up());
    let entry = bench.sim.ledger().calls.remove(0);
    let moments = [entry.agent_rang, entry.agent_answered, entry.customer_answered, entry.ended];
    assert_eq!(moments.map(|moment| moment.unwrap().elapsed), [8, 12, 17, 47].map(seconds));
    assert_eq!(entry.outcome, Some(CallOutcome::Connected));
}

#[tokio::test]
async fn by_default_nothing_happens_without_somebody_doing_it() {
    let (bench, call) = ringing().await;
    bench.clock.advance(seconds(3600));
    assert_eq!(call.state(), CallState::AgentRings);
    assert!(call.agent_answers());
    bench.clock.advance(seconds(3600));
    assert_eq!(call.state(), CallState::CustomerRings);
}

#[tokio::test]
async fn an_agent_who_does_not_answer_ends_the_call_before_the_customer_is_rung() {
    let (bench, call) = ringing().await;
    assert!(call.agent_does_not_answer());
    assert!(!call.customer_answers());
    let row = bench.row().await;
    assert_eq!((&row["status"], &row["duration_company"]), (&"Agente no contesta".into(), &"0".into()));
    assert_eq!(bench.sim.ledger().calls[0].customer_answered, None);
}

#[tokio::test]
async fn a_customer_who_does_not_answer_or_is_busy_has_a_word_of_its_own() {
    type Verb = fn(&CallHandle) -> bool;
    let cases: [(Verb, CallOutcome, &str); 3] = [
        (CallHandle::customer_does_not_answer, CallOutcome::NoAnswer, "No contesta"),
        (CallHandle::customer_is_busy, CallOutcome::Busy, "Ocupado"),
        (CallHandle::hang_up, CallOutcome::Cancelled, "Cancelada"),
    ];
    for (verb, outcome, word) in cases {
        let (bench, call) = ringing().await;
        assert!(call.agent_answers());
        bench.clock.advance(seconds(20));
        assert!(verb(&call));
        assert_eq!((call.state(), call.outcome()), (CallState::Over, Some(outcome)));
        let row = bench.row().await;
        let seen = (&row["status"], &row["duration_company"], &row["duration_customer"]);
        assert_eq!(seen, (&word.into(), &"20".into(), &"0".into()));
    }
}

#[tokio::test]
async fn a_call_that_is_ended_in_the_queue_never_rings() {
    let bench = Bench::new().await;
    let call = bench.place(&documented_order()).await;
    assert!(call.hang_up());
    bench.clock.advance(seconds(10));
    assert_eq!((call.state(), bench.sim.ledger().calls[0].agent_rang), (CallState::Over, None));
}

#[tokio::test]
async fn for_demonstrations_a_whole_call_happens_by_itself() {
    let bench = Bench::with(|config| config.automatic = Automatic::conversation()).await;
    let call = bench.place(&documented_order()).await;
    let mut seen = Vec::new();
    for advance in [0, 1, 3, 5, 59, 1] {
        bench.clock.advance(seconds(advance));
        seen.push(call.state());
    }
    use CallState::{AgentRings, CustomerRings, Enqueued, Over, Talking};
    assert_eq!(seen, [Enqueued, AgentRings, CustomerRings, Talking, Talking, Over]);
    assert_eq!(bench.row().await["duration_customer"], "60");
}

#[tokio::test]
async fn a_telephone_may_stop_ringing_by_itself() {
    let stops = Some(seconds(30));
    for (agent_answers_after, outcome, ended) in
        [(None, CallOutcome::AgentNoAnswer, 31), (Some(seconds(2)), CallOutcome::NoAnswer, 33)]
    {
        let automatic = Automatic { agent_answers_after, stops_ringing_after: stops, ..Automatic::default() };
        let bench = Bench::with(|config| config.automatic = automatic).await;
        let call = bench.place(&documented_order()).await;
        bench.clock.advance(seconds(ended) - seconds(1));
        assert_eq!(call.outcome(), None);
        bench.clock.advance(seconds(1));
        assert_eq!((call.state(), call.outcome()), (CallState::Over, Some(outcome)));
    }
}

#[tokio::test]
async fn a_verb_takes_the_place_of_what_was_planned() {
    let bench = Bench::with(|config| config.automatic = Automatic::conversation()).await;
    let call = bench.place(&documented_order()).await;
    bench.clock.advance(seconds(2));
    assert!(call.agent_answers());
    assert!(call.customer_is_busy());
    bench.clock.advance(seconds(600));
    assert_eq!(call.outcome(), Some(CallOutcome::Busy));
    assert_eq!(bench.sim.ledger().calls[0].ended.unwrap().elapsed, seconds(2));
}
