//! Click-to-dial (seed 000, section 1).

use serde_json::json;
use timbre_domain::ports::Clock;

use super::harness::{AGENT, Bench, COLLEAGUE, OWN, seconds};
use crate::callmyway::ledger::DialFate;
use crate::callmyway::{AgentLegCaller, BusyStyle, CallDirection, ClickToDialLegs, Codec, DialAnswer, Ledger};

const CONTACT: &str = "88884787";

/// (ani, dnis, connected) of each live row, oldest first, at this second.
async fn seen(bench: &Bench, at: u64) -> Vec<(String, String, bool)> {
    bench.clock.advance(seconds(at) - bench.clock.elapsed());
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let rows = bench.cdrs(OWN).await;
    rows.iter()
        .rev()
        .map(|row| (text(&row["ani"]), text(&row["dnis"]), row["connect_time"] != "1970-01-01 00:00:00"))
        .collect()
}

fn row(ani: &str, dnis: &str, connected: bool) -> (String, String, bool) {
    (ani.to_owned(), dnis.to_owned(), connected)
}

fn fate(ledger: &Ledger) -> &DialFate {
    &ledger.dials.last().unwrap().fate
}

#[tokio::test]
async fn two_legs_show_first_the_agents_telephone_then_the_contact() {
    let bench = Bench::new().await;
    assert_eq!(bench.dial(AGENT, CONTACT).await, json!({"status": 200, "message": ""}));
    assert_eq!(seen(&bench, 0).await, []);
    assert_eq!(seen(&bench, 1).await, [row(AGENT, AGENT, false)]);
    assert_eq!(seen(&bench, 3).await, [row(AGENT, AGENT, true), row(AGENT, CONTACT, false)]);
    assert_eq!(seen(&bench, 8).await, [row(AGENT, AGENT, true), row(AGENT, CONTACT, true)]);
    assert_eq!(*fate(&bench.sim.ledger()), DialFate::GoingOn);
    assert_eq!(seen(&bench, 68).await, []);
    let ledger = bench.sim.ledger();
    assert_eq!(*fate(&ledger), DialFate::Talked);
    let callids = &ledger.dials[0].callids;
    assert_eq!(callids.len(), 2);
    assert_ne!(callids[0], callids[1]);
    assert!(ledger.calls.iter().all(|call| call.dial == Some(0) && call.party == CONTACT));
}

#[tokio::test]
async fn with_the_contact_first_the_legs_come_the_other_way_round() {
    let bench = Bench::with(|config| config.agent_leg_caller = AgentLegCaller::ContactNumber).await;
    bench.dial(CONTACT, AGENT).await;
    assert_eq!(seen(&bench, 1).await, [row(AGENT, CONTACT, false)]);
    assert_eq!(seen(&bench, 6).await, [row(AGENT, CONTACT, true), row(CONTACT, AGENT, false)]);
    assert_eq!(seen(&bench, 8).await, [row(AGENT, CONTACT, true), row(CONTACT, AGENT, true)]);
    assert_eq!(seen(&bench, 68).await, []);
    assert_eq!(*fate(&bench.sim.ledger()), DialFate::Talked);
}

#[tokio::test]
async fn one_leg_is_one_row_connected_when_both_talk() {
    let bench = Bench::with(|config| config.click_to_dial_legs = ClickToDialLegs::OneLeg).await;
    bench.dial(AGENT, CONTACT).await;
    assert_eq!(seen(&bench, 1).await, [row(AGENT, CONTACT, false)]);
    assert_eq!(seen(&bench, 7).await, [row(AGENT, CONTACT, false)]);
    assert_eq!(seen(&bench, 8).await, [row(AGENT, CONTACT, true)]);
    assert_eq!(seen(&bench, 68).await, []);
    assert_eq!(*fate(&bench.sim.ledger()), DialFate::Talked);
    assert_eq!(bench.sim.ledger().calls[0].direction, CallDirection::Outgoing);
}

#[tokio::test]
async fn one_leg_with_the_contact_first_is_connected_when_the_contact_answers() {
    let bench = Bench::with(|config| config.click_to_dial_legs = ClickToDialLegs::OneLeg).await;
    bench.sim.telephone(AGENT).answers_after(None);
    bench.dial(CONTACT, AGENT).await;
    assert_eq!(seen(&bench, 5).await, [row(AGENT, CONTACT, false)]);
    assert_eq!(seen(&bench, 6).await, [row(AGENT, CONTACT, true)]);
    assert_eq!(seen(&bench, 36).await, []);
    assert_eq!(*fate(&bench.sim.ledger()), DialFate::NoConversation);
}

#[tokio::test]
async fn the_agents_telephone_shows_who_it_is_told_to_show() {
    for (caller, ani) in [
        (AgentLegCaller::SelfCall, AGENT),
        (AgentLegCaller::ContactNumber, CONTACT),
        (AgentLegCaller::Number("40001234".to_owned()), "40001234"),
    ] {
        let bench = Bench::with(|config| config.agent_leg_caller = caller).await;
        bench.dial(AGENT, CONTACT).await;
        assert_eq!(seen(&bench, 1).await, [row(ani, AGENT, false)]);
    }
}

#[tokio::test]
async fn an_agent_in_a_call_gets_a_no_and_no_call() {
    let bench = Bench::new().await;
    let call = bench.sim.rings("71022296", AGENT);
    assert_eq!(bench.dial(AGENT, CONTACT).await["status"], 409);
    assert!(matches!(fate(&bench.sim.ledger()), DialFate::Refused(_)));
    bench.clock.advance(seconds(10));
    assert_eq!(bench.callids(OWN).await, [call.callid()]);
    call.hang_up();
    assert_eq!(bench.dial(AGENT, CONTACT).await["status"], 200);
    // "o en proceso": the call is queued, and nothing rings yet.
    assert_eq!(bench.dial(AGENT, CONTACT).await["status"], 409);
}

#[tokio::test]
async fn the_no_may_be_silent() {
    let bench = Bench::with(|config| config.busy = BusyStyle::Silent).await;
    bench.sim.rings("71022296", AGENT);
    assert_eq!(bench.dial(AGENT, CONTACT).await["status"], 200);
    bench.clock.advance(seconds(10));
    assert_eq!(bench.callids(OWN).await.len(), 1);
    assert!(matches!(fate(&bench.sim.ledger()), DialFate::Refused(_)));
}

#[tokio::test]
async fn a_telephone_without_registration_or_codec_is_accepted_and_never_rings() {
    for (prepare, contact_first, rings) in [
        ((false, Codec::Primary), false, false),
        ((true, Codec::Absent), false, false),
        ((true, Codec::Allowed), false, false),
        ((true, Codec::Allowed), true, true),
        ((true, Codec::Primary), false, true),
    ] {
        let bench = Bench::new().await;
        bench.sim.telephone(AGENT).registered(prepare.0).codec(prepare.1);
        let (first, second) = if contact_first { (CONTACT, AGENT) } else { (AGENT, CONTACT) };
        assert_eq!(bench.dial(first, second).await["status"], 200);
        bench.clock.advance(seconds(2));
        assert_eq!(bench.callids(OWN).await.len(), usize::from(rings), "{prepare:?} {contact_first}");
        bench.clock.advance(seconds(300));
        assert_eq!(*fate(&bench.sim.ledger()) == DialFate::NothingRings, !rings);
    }
}

#[tokio::test]
async fn who_does_not_answer_or_is_busy_ends_it_with_the_reason_in_the_record() {
    let bench = Bench::new().await;
    bench.sim.telephone(AGENT).answers_after(None);
    bench.dial(AGENT, CONTACT).await;
    assert_eq!(seen(&bench, 30).await.len(), 1);
    assert_eq!(seen(&bench, 31).await, []);
    assert_eq!(*fate(&bench.sim.ledger()), DialFate::NoConversation);

    bench.sim.telephone(AGENT).answers_after(Some(seconds(2)));
    bench.sim.contact_telephone(CONTACT).busy(true);
    bench.dial(AGENT, CONTACT).await;
    assert_eq!(seen(&bench, 34).await, [row(AGENT, AGENT, true), row(AGENT, CONTACT, false)]);
    assert_eq!(seen(&bench, 37).await, []);

    bench.sim.contact_telephone(CONTACT).busy(false).answers_after(None);
    bench.dial(AGENT, CONTACT).await;
    bench.clock.advance(seconds(60));
    let rows = bench.cdrs("recent=1").await;
    let reasons: Vec<_> = rows.iter().map(|row| row["end_reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["NO_ANSWER", "OK", "TEMPORARILY_UNAVAILABLE", "OK", "NO_ANSWER"]);
}

#[tokio::test]
async fn hands_can_play_both_telephones() {
    let bench = Bench::new().await;
    bench.sim.telephone(AGENT).answers_after(None);
    bench.sim.contact_telephone(CONTACT).answers_after(None).talks_for(None);
    bench.dial(AGENT, CONTACT).await;
    bench.clock.advance(seconds(4));
    assert!(bench.sim.live_calls()[0].answer());
    bench.clock.advance(seconds(4));
    let contact = bench.sim.live_calls().pop().unwrap();
    assert!(contact.answer());
    bench.clock.advance(seconds(500));
    assert_eq!(bench.callids(OWN).await.len(), 2);
    assert!(contact.hang_up());
    assert_eq!(bench.callids(OWN).await.len(), 0);
    assert_eq!(*fate(&bench.sim.ledger()), DialFate::Talked);
}

#[tokio::test]
async fn hanging_up_the_first_leg_keeps_the_second_from_ever_ringing() {
    let bench = Bench::new().await;
    bench.dial(AGENT, CONTACT).await;
    bench.clock.advance(seconds(1));
    assert!(bench.sim.live_calls()[0].hang_up());
    bench.clock.advance(seconds(60));
    let ledger = bench.sim.ledger();
    assert_eq!((ledger.calls.len(), fate(&ledger)), (1, &DialFate::NoConversation));
}

#[tokio::test]
async fn both_addresses_do_the_same_and_the_yes_may_be_plain_text() {
    let bench = Bench::with(|config| config.dial_answer = DialAnswer::Text).await;
    let parameters = format!("first_num={AGENT}&second_num={CONTACT}");
    assert_eq!(bench.body("clickToDial.php", &parameters).await, "200 OK");
    assert_eq!(bench.sim.ledger().dials.len(), 1);
}

#[tokio::test]
async fn one_of_the_numbers_must_be_the_accounts_and_both_must_be_digits() {
    let bench = Bench::new().await;
    for (first, second) in [(CONTACT, "71022296"), (AGENT, AGENT), (AGENT, "%2B50688884787"), (AGENT, "")] {
        assert_eq!(bench.dial(first, second).await["status"], 400, "{first} {second}");
    }
    assert_eq!(bench.dial(COLLEAGUE, AGENT).await["status"], 200);
    bench.clock.advance(seconds(200));
    assert!(bench.sim.ledger().calls.iter().all(|call| call.endpoint == COLLEAGUE));
}

#[tokio::test]
async fn an_agent_who_is_quicker_than_planned_moves_the_contacts_ring_and_adds_none() {
    let bench = Bench::new().await;
    bench.sim.telephone(AGENT).answers_after(Some(seconds(20)));
    bench.dial(AGENT, CONTACT).await;
    bench.clock.advance(seconds(3));
    assert!(bench.sim.live_calls()[0].answer());
    assert_eq!(seen(&bench, 3).await, [row(AGENT, AGENT, true), row(AGENT, CONTACT, false)]);
    bench.clock.advance(seconds(300));
    let ledger = bench.sim.ledger();
    assert_eq!((ledger.calls.len(), fate(&ledger)), (2, &DialFate::Talked));
}
