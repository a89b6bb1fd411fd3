//! Each fault does what it says.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Bench, TOKEN, documented_order, order_with, seconds};
use crate::formcall::{Fault, RequestKind, RequestOutcome, UnknownFault};

#[tokio::test]
async fn the_answer_may_never_come_although_the_call_was_placed_or_because_nothing_was() {
    for (fault, placed) in [(Fault::AnswerLost, 1), (Fault::AnswerLostNothingPlaced, 0)] {
        let bench = Bench::new().await;
        bench.sim.faults().next(fault.clone());
        let waiting = bench.order_later(&documented_order());
        bench.sim.wait_until(|ledger| ledger.requests.first().is_some_and(|request| request.fault.is_some())).await;
        bench.clock.advance(seconds(3600));
        let ledger = bench.sim.ledger();
        assert_eq!((ledger.calls.len(), ledger.requests[0].answered), (placed, None), "{fault:?}");
        assert_eq!(bench.rows("").await.len(), placed);
        bench.sim.stop().await;
        assert!(waiting.await.unwrap().is_err());
    }
}

#[tokio::test]
async fn the_connection_may_be_reset_with_the_call_placed_or_not() {
    for (fault, placed) in [(Fault::ConnectionReset, 1), (Fault::ConnectionResetNothingPlaced, 0)] {
        let bench = Bench::new().await;
        bench.sim.faults().next(fault.clone());
        assert!(bench.order_later(&documented_order()).await.unwrap().is_err());
        let ledger = bench.sim.ledger();
        assert_eq!((ledger.calls.len(), ledger.requests[0].answered), (placed, None), "{fault:?}");
        // The next request is answered again.
        bench.place(&documented_order()).await;
    }
}

#[tokio::test]
async fn an_http_500_has_a_page_and_places_nothing() {
    let bench = Bench::new().await;
    bench.sim.faults().next(Fault::Http500);
    let (status, body) = bench.order(&documented_order()).await;
    assert_eq!((status, body.contains("<html>")), (500, true));
    assert_eq!((bench.outcome(), bench.sim.ledger().calls.len()), (RequestOutcome::NotCarriedOut, 0));
}

#[tokio::test]
async fn an_empty_body_or_cut_json_hides_a_placed_call() {
    for fault in [Fault::EmptyBody, Fault::TruncatedJson] {
        let bench = Bench::new().await;
        bench.sim.faults().next(fault.clone());
        let (status, body) = bench.order(&documented_order()).await;
        assert_eq!((status, body.is_empty()), (200, fault == Fault::EmptyBody));
        assert!(serde_json::from_str::<Value>(&body).is_err(), "{body}");
        assert_eq!(bench.sim.ledger().calls.len(), 1);
    }
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_the_call_is_placed_at_once() {
    let bench = Bench::new().await;
    bench.sim.faults().next(Fault::Slow(seconds(20)));
    let slow = bench.order_later(&documented_order());
    bench.clock.wait_for_sleepers(1).await;
    assert_eq!((bench.clock.next_deadline(), bench.sim.ledger().calls.len()), (Some(seconds(20)), 1));
    bench.clock.advance(seconds(20));
    assert_eq!(slow.await.unwrap().unwrap().0, 200);
    assert_eq!(bench.sim.ledger().requests[0].answered.unwrap().elapsed, seconds(20));
}

#[tokio::test]
async fn the_list_may_show_a_new_call_only_later() {
    let bench = Bench::new().await;
    bench.sim.faults().next(Fault::ListedLate(seconds(7)));
    assert!(bench.rows("").await.is_empty(), "the fault waits for an order");
    let late = bench.place(&documented_order()).await;
    let next = bench.place(&documented_order()).await;
    bench.clock.advance(seconds(6));
    assert_eq!(bench.row().await["uuid"], next.uuid());
    bench.clock.advance(seconds(1));
    assert_eq!(bench.rows("").await[0]["uuid"], late.uuid());
}

#[tokio::test]
async fn the_list_has_faults_too() {
    let bench = Bench::new().await;
    bench.sim.faults().on(RequestKind::List, 1, Fault::Http500);
    bench.place(&documented_order()).await;
    assert_eq!(bench.list_later("", Some(TOKEN)).await.unwrap().unwrap().0, 500);
    bench.sim.faults().on(RequestKind::List, 1, Fault::TruncatedJson);
    let (_, body) = bench.list_later("", Some(TOKEN)).await.unwrap().unwrap();
    assert!(body.starts_with("[{\"uuid\"") && serde_json::from_str::<Value>(&body).is_err());
    assert_eq!(bench.rows("").await.len(), 1);
}

#[tokio::test]
async fn a_request_without_the_right_token_meets_no_fault() {
    let bench = Bench::new().await;
    bench.sim.faults().next(Fault::Http500);
    assert_eq!(bench.order(&order_with(json!({"security_token": "guess"}))).await.0, 200);
    assert_eq!(bench.sim.faults().left(), 1);
}

#[tokio::test]
async fn a_fault_with_an_answer_lost_does_not_keep_a_client_from_trying_twice() {
    let bench = Bench::new().await;
    bench.sim.faults().next(Fault::AnswerLost);
    let impatient = bench.order_later(&documented_order());
    bench.sim.wait_until(|ledger| !ledger.calls.is_empty()).await;
    impatient.abort();
    bench.place(&documented_order()).await;
    assert_eq!(bench.sim.ledger().calls.len(), 2, "the vendor has no idempotency key: two orders are two calls");
}

#[test]
fn faults_have_names_for_the_command_line() {
    assert_eq!("answer-lost".parse(), Ok(Fault::AnswerLost));
    assert_eq!("slow:1500".parse(), Ok(Fault::Slow(Duration::from_millis(1500))));
    for name in UnknownFault.to_string().trim_start_matches("one of ").split(", ") {
        assert!(name.trim().replace("MS", "5").parse::<Fault>().is_ok(), "{name}");
    }
    for bad in ["", "slow", "listed-late:x", "nonsense"] {
        assert_eq!(bad.parse::<Fault>(), Err(UnknownFault), "{bad}");
    }
}
