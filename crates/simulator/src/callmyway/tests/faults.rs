//! Each fault does what it says.

use serde_json::{Value, json};

use super::harness::{AGENT, Bench, OWN, WHOLE, seconds};
use crate::callmyway::{Fault, RequestKind};

/// Orders a fault for a request for the live calls, of which there is one. Returns the status, the body and the callid.
async fn spoilt(fault: Fault) -> (u16, String, String) {
    let bench = Bench::new().await;
    let call = bench.sim.rings("8888-4787", AGENT);
    bench.sim.faults().next(fault.clone());
    let (status, body) = bench.ask("getCdrs.php", OWN).await.unwrap().unwrap();
    let request = bench.sim.ledger().requests.remove(0);
    assert_eq!((request.fault, bench.sim.faults().left()), (Some(fault), 0));
    // The next request meets no fault.
    assert_eq!(bench.callids(OWN).await, [call.callid()]);
    (status, String::from_utf8(body).unwrap(), call.callid())
}

async fn spoilt_json(fault: Fault) -> (Value, String) {
    let (status, body, callid) = spoilt(fault).await;
    assert_eq!(status, 200);
    (serde_json::from_str(&body).unwrap(), callid)
}

#[tokio::test]
async fn some_faults_leave_nothing_to_read() {
    let (status, body, _) = spoilt(Fault::Http500).await;
    assert_eq!((status, body.contains("<html>")), (500, true));
    let (status, body, _) = spoilt(Fault::Html).await;
    assert_eq!((status, body.contains("<html>")), (200, true));
    assert_eq!(spoilt(Fault::EmptyBody).await.1, "");
    let (_, body, _) = spoilt(Fault::TruncatedJson).await;
    assert!(body.starts_with("{\"status\":200") && serde_json::from_str::<Value>(&body).is_err());
    let (_, body, _) = spoilt(Fault::Huge(3_000_000)).await;
    assert_eq!(body.len(), 3_000_000);
}

#[tokio::test]
async fn some_faults_say_something_else() {
    assert_eq!(spoilt_json(Fault::WrongStatus(503)).await.0["status"], 503);
    assert!(spoilt_json(Fault::ErrorObject).await.0["error"].is_string());
    assert_eq!(spoilt_json(Fault::NullList).await.0["cdrs"], Value::Null);
    assert_eq!(spoilt_json(Fault::EmptyObjectList).await.0["cdrs"], json!({}));
    assert_eq!(spoilt_json(Fault::VanishedCall).await.0["cdrs"], json!([]));
}

#[tokio::test]
async fn some_faults_are_only_in_the_way() {
    let (_, body, callid) = spoilt(Fault::Bom).await;
    assert!(body.starts_with('\u{feff}') && body.contains(&callid));
    let (_, body, callid) = spoilt(Fault::PhpNotice).await;
    assert!(body.starts_with("<br />\n<b>Notice</b>") && body.ends_with("]}") && body.contains(&callid));
    let (bare, callid) = spoilt_json(Fault::BareArray).await;
    assert_eq!(bare[0]["callid"], callid);
}

#[tokio::test]
async fn some_faults_garble_rows() {
    let (answer, callid) = spoilt_json(Fault::NumbersForStrings).await;
    let row = &answer["cdrs"][0];
    assert_eq!((&answer["status"], row["callid"].as_u64()), (&json!("200"), callid.parse().ok()));
    assert_eq!((&row["duration"], &row["cost"], &row["ani"]), (&json!(0), &json!("0"), &json!("8888-4787")));
    let (answer, _) = spoilt_json(Fault::ZeroDates).await;
    assert_eq!(answer["cdrs"][0]["connect_time"], "0000-00-00 00:00:00");
    let (answer, _) = spoilt_json(Fault::DuplicateRow).await;
    assert_eq!(answer["cdrs"][0], answer["cdrs"][1]);
    let (answer, _) = spoilt_json(Fault::MissingCallid).await;
    assert_eq!((answer["cdrs"][0].get("callid"), &answer["cdrs"][0]["dnis"]), (None, &json!(AGENT)));
    let (answer, _) = spoilt_json(Fault::BadDate).await;
    assert_eq!(answer["cdrs"][0]["detect_time"], "2017-48-13 06:48:51");
    let (answer, _) = spoilt_json(Fault::HostileNames).await;
    let name = answer["cdrs"][0]["route_name"].as_str().unwrap();
    assert!(name.contains("<img") && name.contains('\u{1b}') && name.contains('\0'));
}

#[tokio::test]
async fn a_reset_connection_brings_an_error_and_the_next_request_an_answer() {
    let bench = Bench::new().await;
    bench.sim.faults().next(Fault::ConnectionReset);
    assert!(bench.ask("getCdrs.php", OWN).await.unwrap().is_err());
    assert_eq!(bench.cdrs(OWN).await.len(), 0);
    assert_eq!(bench.sim.ledger().requests[0].answered, None);
}

#[tokio::test]
async fn a_slow_answer_takes_its_time_and_a_hanging_one_ends_with_the_simulator() {
    let bench = Bench::new().await;
    bench.sim.faults().next(Fault::Slow(seconds(20)));
    let slow = bench.ask("getCdrs.php", OWN);
    bench.clock.wait_for_sleepers(1).await;
    assert_eq!(bench.clock.next_deadline(), Some(seconds(20)));
    bench.clock.advance(seconds(20));
    assert_eq!(slow.await.unwrap().unwrap().0, 200);
    bench.sim.faults().next(Fault::Hang);
    let hanging = bench.ask("getCdrs.php", OWN);
    bench.sim.wait_until(|ledger| ledger.requests.len() == 2).await;
    bench.sim.stop().await;
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn a_fault_counts_for_the_reading_rule() {
    let bench = Bench::with(|config| config.reading_interval = seconds(4)).await;
    bench.sim.faults().for_next(1, Fault::Http500);
    bench.ask("getCdrs.php", OWN).await.unwrap().unwrap();
    let second = bench.ask("getCdrs.php", WHOLE);
    bench.clock.wait_for_sleepers(1).await;
    bench.clock.advance(seconds(4));
    second.await.unwrap().unwrap();
    assert!(bench.sim.ledger().requests[1].early);
}

#[tokio::test]
async fn faults_of_one_kind_leave_the_other_requests_alone() {
    let bench = Bench::new().await;
    bench.sim.faults().on(RequestKind::Endpoints, 2, Fault::NullList);
    assert!(bench.cdrs(OWN).await.is_empty());
    for expected in [Value::Null, Value::Null, json!({"43715": AGENT, "182702": "8615601"})] {
        assert_eq!(bench.json("getEndpoints.php", "").await["endpoints"], expected);
    }
}

#[tokio::test]
async fn click_to_dial_may_place_the_call_and_lose_the_answer() {
    for (fault, placed) in [
        (Fault::ConnectionReset, true),
        (Fault::EmptyBody, true),
        (Fault::Html, true),
        (Fault::Http500, false),
        (Fault::ErrorObject, false),
        (Fault::WrongStatus(500), false),
    ] {
        let bench = Bench::new().await;
        bench.sim.faults().on(RequestKind::Dial, 1, fault.clone());
        let _ = bench.ask("clickToDial.php", "first_num=8373456&second_num=88884787").await.unwrap();
        bench.clock.advance(seconds(1));
        assert_eq!(bench.callids(OWN).await.len(), usize::from(placed), "{fault:?}");
    }
}
