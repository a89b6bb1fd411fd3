//! Each fault stores and answers, or not, as its documentation says.

use serde_json::json;
use timbre_domain::ports::Clock;

use super::harness::{Bench, call, seconds};
use crate::crm::{Fault, FaultMix, Outcome};

/// Sends a call that meets this fault. Returns the status of the answer, if any, and how many calls are stored.
async fn met(fault: Fault) -> (Option<u16>, usize) {
    let bench = Bench::new().await;
    bench.crm.faults().on("POST", "Call", 1, fault);
    let answer = bench.post("Call", &call("x")).await.unwrap();
    (answer.ok().map(|(status, _)| status), bench.crm.count("Call"))
}

#[tokio::test]
async fn faults_store_or_do_not_store_as_they_say() {
    let refused = |status, reason: Option<&str>| Fault::Refuse { status, reason: reason.map(str::to_owned) };
    assert_eq!(met(refused(500, None)).await, (Some(500), 0));
    assert_eq!(met(refused(403, Some("No."))).await, (Some(403), 0));
    assert_eq!(met(Fault::Maintenance).await, (Some(503), 0));
    assert_eq!(met(Fault::Locked).await, (Some(403), 0));
    assert_eq!(met(Fault::FailAfterStoring).await, (Some(500), 1));
    assert_eq!(met(Fault::CutBeforeStoring).await, (None, 0));
    assert_eq!(met(Fault::CutAfterStoring).await, (None, 1));
}

#[tokio::test]
async fn a_hanging_request_is_never_answered_and_ends_with_its_client() {
    for (fault, stored) in [(Fault::HangBeforeStoring, 0), (Fault::HangAfterStoring, 1)] {
        let bench = Bench::new().await;
        bench.crm.faults().next(fault.clone());
        let sent = bench.post("Call", &call("x"));
        bench.crm.wait_until(|log| log.created("Call") == stored && log.requests.len() == 1).await;
        bench.clock.advance(seconds(3600));
        sent.abort();
        assert_eq!(bench.get("App/user").await.0, 200);
        let request = bench.crm.ledger().log.requests.remove(0);
        assert_eq!((request.outcome, request.answered, request.fault), (Outcome::Open, None, Some(fault)));
        assert_eq!(bench.crm.count("Call"), stored);
    }
}

#[tokio::test]
async fn a_hanging_request_ends_when_the_simulator_stops() {
    let bench = Bench::new().await;
    bench.crm.faults().next(Fault::HangBeforeStoring);
    let sent = bench.post("Call", &call("x"));
    bench.crm.wait_until(|log| log.requests.len() == 1).await;
    bench.crm.stop().await;
    assert!(sent.await.unwrap().is_err());
}

#[tokio::test]
async fn a_late_write_is_stored_after_its_client_has_given_up() {
    let bench = Bench::new().await;
    bench.crm.faults().next(Fault::StoredLate(seconds(40)));
    let sent = bench.post("Call", &call("late"));
    bench.clock.wait_for_sleepers(1).await;
    sent.abort();
    bench.clock.advance(seconds(39));
    assert_eq!(bench.list("Call", &json!({})).await.len(), 0);
    bench.clock.advance(seconds(1));
    assert_eq!(bench.list("Call", &json!({})).await.len(), 1);
    bench.crm.wait_until(|log| log.requests[0].stored.is_some()).await;
    let ledger = bench.crm.ledger();
    assert_eq!(ledger.log.history[0].at.elapsed, seconds(40));
    assert_eq!((ledger.log.requests[0].outcome, ledger.log.history[0].request), (Outcome::Open, Some(0)));
}

#[tokio::test]
async fn what_was_to_be_stored_goes_on_when_the_client_leaves_in_between() {
    let bench = Bench::new().await;
    bench.crm.set_tempo(crate::crm::Tempo { before_storing: seconds(2), ..Default::default() });
    let sent = bench.post("Call", &call("x"));
    bench.clock.wait_for_sleepers(1).await;
    sent.abort();
    bench.clock.advance(seconds(2));
    bench.crm.wait_until(|log| log.created("Call") == 1).await;
}

#[tokio::test]
async fn a_slow_answer_comes_when_its_time_has_come() {
    let bench = Bench::new().await;
    bench.crm.faults().next(Fault::Slow(seconds(20)));
    let sent = bench.post("Call", &call("x"));
    bench.clock.wait_for_sleepers(1).await;
    assert_eq!(bench.crm.count("Call"), 1);
    bench.clock.advance(seconds(20));
    assert_eq!(sent.await.unwrap().unwrap().0, 200);
    assert_eq!(bench.clock.elapsed(), seconds(20));
}

#[tokio::test]
async fn at_random_the_log_knows_the_truth_of_every_request() {
    let bench = Bench::new().await;
    let mix = FaultMix {
        refuse_500: 150,
        fail_after_storing: 150,
        cut_before_storing: 150,
        cut_after_storing: 150,
        ..FaultMix::NONE
    };
    bench.crm.faults().at_random(3, mix);
    for number in 0..100 {
        let _ = bench.post("Call", &call(&format!("call {number}"))).await.unwrap();
    }
    let ledger = bench.crm.ledger();
    let stored = ledger.log.requests.iter().filter(|request| request.stored.is_some()).count();
    assert_eq!((ledger.records["Call"].len(), ledger.log.created("Call")), (stored, stored));
    assert!((50..90).contains(&stored), "{stored}");
}
