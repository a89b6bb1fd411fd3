//! The record of past calls (seed 000, section 3).

use serde_json::json;
use timbre_domain::ports::Clock;

use super::harness::{AGENT, Bench, COLLEAGUE, OWN, seconds};
use crate::callmyway::{CdrScope, EndReason};

fn range(start: &str, end: &str, from: usize, count: usize) -> String {
    format!("dateStart=2026-03-02%20{start}&dateEnd=2026-03-02%20{end}&ini={from}&cant={count}&format=json")
}

#[tokio::test]
async fn a_row_holds_the_examples_fields_and_those_seen_by_other_clients() {
    let bench = Bench::new().await;
    let call = bench.sim.calls_out(AGENT, "88848787").answers_after(seconds(5)).lasts(seconds(37));
    assert!(bench.cdrs("recent=1").await.is_empty());
    bench.clock.advance(seconds(42));
    let row = bench.cdrs("recent=1").await.remove(0);
    let expected = json!({
        "callid": call.callid(), "ani": AGENT, "dnis": "88848787", "detect_time": "2026-03-02 08:00:00",
        "connect_time": "2026-03-02 08:00:05", "duration": "37", "ani_user": AGENT, "dnis_user": "",
        "cost": 15.5308, "access_fee": 0, "rate": 25.185, "route_pattern": "5068",
        "route_name": "COSTA RICA MOBILE ICE", "access_endpoint_id": "43715", "dst_endpoint_id": "",
        "original_callid": call.callid(), "ref_callid": "0", "ring_time": "2026-03-02 08:00:00",
        "disconnect_time": "2026-03-02 08:00:42", "end_reason": "OK", "type": "outgoing",
    });
    assert_eq!(row, expected);
}

#[tokio::test]
async fn one_call_has_a_row_for_each_ring_attempt() {
    let bench = Bench::new().await;
    let group = bench.sim.rings_group("88884787", &[AGENT, COLLEAGUE, "8330101"]);
    bench.clock.advance(seconds(2));
    assert!(group.attempts[2].decline());
    bench.clock.advance(seconds(2));
    group.answer(COLLEAGUE);
    bench.clock.advance(seconds(20));
    group.hang_up();
    let rows = bench.cdrs("recent=1").await;
    let parent = group.attempts[0].callid();
    assert!(rows.iter().all(|row| row["original_callid"] == *parent && row["type"] == "incoming"));
    let kept: Vec<_> = rows
        .iter()
        .map(|row| (row["ref_callid"].clone(), row["end_reason"].clone(), row["duration"].clone()))
        .collect();
    let expected = [
        (json!("0"), json!("CANCELLED"), json!("0")),
        (json!(parent), json!("OK"), json!("20")),
        (json!(parent), json!("DECLINE"), json!("0")),
    ];
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn how_a_call_ended_is_told() {
    let bench = Bench::new().await;
    bench.sim.rings("1", AGENT).hang_up();
    let _ = bench.sim.rings("2", AGENT).lasts(seconds(20));
    bench.sim.rings("3", AGENT).fails(EndReason::ServiceUnavailable);
    bench.sim.calls_out(AGENT, "99").fails(EndReason::NotFound);
    bench.clock.advance(seconds(20));
    let rows = bench.cdrs("recent=1").await;
    let reasons: Vec<_> = rows.iter().map(|row| row["end_reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["CANCELLED", "NO_ANSWER", "SERVICE_UNAVAILABLE", "NOT_FOUND"]);
    assert!(rows.iter().all(|row| row["connect_time"] == "1970-01-01 00:00:00" && row["cost"] == 0));
}

#[tokio::test]
async fn a_range_is_paged_in_the_order_of_detect_time() {
    let bench = Bench::new().await;
    let calls: Vec<_> =
        (0..7).map(|n| bench.sim.rings_at(seconds(60 * n), "88884787", AGENT).lasts(seconds(5))).collect();
    bench.clock.advance(seconds(3600));
    let all: Vec<_> = calls.iter().map(|call| call.callid()).collect();
    let mut paged = Vec::new();
    for from in [0, 3, 6, 9] {
        paged.push(bench.callids(&range("08:00:00", "09:00:00", from, 3)).await);
    }
    assert_eq!(paged, [all[0..3].to_vec(), all[3..6].to_vec(), all[6..].to_vec(), vec![]]);
    assert_eq!(bench.callids(&range("08:01:00", "08:03:00", 0, 1000)).await, all[1..4]);
    assert!(bench.callids(&range("09:00:00", "08:00:00", 0, 10)).await.is_empty());
}

#[tokio::test]
async fn recent_means_the_last_24_hours() {
    let bench = Bench::new().await;
    bench.sim.rings("1", AGENT).hang_up();
    bench.clock.advance(seconds(3600));
    let later = bench.sim.rings("2", AGENT);
    later.hang_up();
    bench.clock.advance(seconds(23 * 3600 + 1));
    assert_eq!(bench.callids("recent=1").await, [later.callid()]);
}

#[tokio::test]
async fn the_record_is_the_accounts_unless_set_otherwise_or_asked() {
    for (scope, parameters, rows) in [
        (CdrScope::Account, "recent=1", 2),
        (CdrScope::OwnEndpoint, "recent=1", 1),
        (CdrScope::Account, "recent=1&fullAccount=0", 1),
        (CdrScope::OwnEndpoint, "recent=1&fullAccount=1", 2),
    ] {
        let bench = Bench::with(|config| config.cdr_scope = scope).await;
        bench.sim.rings("1", AGENT).hang_up();
        bench.sim.rings("2", COLLEAGUE).hang_up();
        assert_eq!(bench.callids(parameters).await.len(), rows, "{scope:?} {parameters}");
    }
}

#[tokio::test]
async fn a_call_is_in_the_record_when_it_is_no_longer_among_the_live_ones() {
    let bench = Bench::new().await;
    let call = bench.sim.rings("88884787", AGENT).answers_after(seconds(4)).lasts(seconds(6));
    for _ in 0..14 {
        let (live, record) = (bench.callids(OWN).await, bench.callids("recent=1").await);
        let over = bench.clock.elapsed() >= seconds(10);
        assert_eq!((live.contains(&call.callid()), record.contains(&call.callid())), (!over, over));
        bench.clock.advance(seconds(1));
    }
}
