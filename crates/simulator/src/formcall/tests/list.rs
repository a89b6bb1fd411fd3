//! The list of calls (PROVIDERS.md, "FormCall / ClickFono").

use serde_json::{Value, json};

use super::harness::{Bench, OTHER_POPUP, POPUP, documented_order, order_with, seconds};
use crate::formcall::{RequestKind, RequestOutcome, TokenCheck};

#[tokio::test]
async fn a_row_has_the_documented_fields_as_the_document_writes_them() {
    let more = format!(r#""call_number_company":"56223456789","retry":"3","popup_uuid":"{POPUP}","#);
    for (undocumented_fields, more) in [(false, ""), (true, more.as_str())] {
        let bench = Bench::with(|config| config.undocumented_fields = undocumented_fields).await;
        bench.clock.advance(seconds(303));
        let call = bench.place(&documented_order()).await;
        bench.clock.advance(seconds(3));
        assert!(call.agent_answers());
        bench.clock.advance(seconds(22));
        assert!(call.customer_answers());
        bench.clock.advance(seconds(95));
        assert!(call.hang_up());
        let body = bench.list_later("", Some(super::harness::TOKEN)).await.unwrap().unwrap().1;
        let expected = format!(
            "[{{\"uuid\":\"{}\",\"status\":\"Conectada\",{more}\"duration_company\":\"117\",\
             \"duration_customer\":\"95\",\"call_at\":\"2026/03/02 11:05:03 -0300\",\"enqueued\":false}}]",
            call.uuid()
        );
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn a_call_is_listed_from_the_moment_it_is_placed() {
    let bench = Bench::new().await;
    bench.place(&documented_order()).await;
    let row = bench.row().await;
    let seen = (&row["enqueued"], &row["status"], &row["duration_company"], &row["duration_customer"]);
    assert_eq!(seen, (&json!(true), &json!(""), &json!("0"), &json!("0")));
    bench.clock.advance(seconds(1));
    assert_eq!(bench.row().await["enqueued"], false);
}

#[tokio::test]
async fn durations_are_0_until_the_call_is_over() {
    let bench = Bench::new().await;
    let call = bench.place(&documented_order()).await;
    bench.clock.advance(seconds(1));
    assert!(call.agent_answers() && call.customer_answers());
    bench.clock.advance(seconds(60));
    let row = bench.row().await;
    assert_eq!((&row["status"], &row["duration_customer"]), (&json!("Conectada"), &json!("0")));
    assert!(call.hang_up());
    assert_eq!(bench.row().await["duration_customer"], "60");
}

#[tokio::test]
async fn a_list_is_of_one_day_in_the_vendors_zone_and_of_today_by_default() {
    let bench = Bench::new().await;
    let first = bench.place(&documented_order()).await.uuid();
    // From 11:00 in Santiago to 23:59:59, and one second into the next day; it is 03:00 UTC already.
    bench.clock.advance(seconds(12 * 3600 + 3599));
    let second = bench.place(&documented_order()).await.uuid();
    bench.clock.advance(seconds(1));
    let third = bench.place(&documented_order()).await.uuid();
    let uuids = |rows: Vec<Value>| rows.iter().map(|row| row["uuid"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(uuids(bench.rows("").await), std::slice::from_ref(&third));
    assert_eq!(uuids(bench.rows("?date=&popup_uuid=").await), std::slice::from_ref(&third));
    assert_eq!(uuids(bench.rows("?date=2026-03-02").await), [first, second]);
    assert_eq!(uuids(bench.rows("?date=2026-03-03").await), [third]);
    assert!(bench.rows("?date=2026-03-04").await.is_empty());
}

#[tokio::test]
async fn a_list_may_be_of_one_popup() {
    let bench = Bench::with(|config| config.undocumented_fields = true).await;
    bench.place(&documented_order()).await;
    let other = bench.place(&order_with(json!({"popup_uuid": OTHER_POPUP}))).await;
    let rows = bench.rows(&format!("?popup_uuid={OTHER_POPUP}")).await;
    assert_eq!((rows.len(), &rows[0]["uuid"]), (1, &Value::from(other.uuid())));
    assert_eq!(rows[0]["call_number_company"], "56229876543");
    assert_eq!(bench.rows("").await.len(), 2);
}

#[tokio::test]
async fn a_visitors_call_is_listed_like_one_that_a_request_ordered() {
    let bench = Bench::new().await;
    let ordered = bench.place(&documented_order()).await;
    let visitors = bench.sim.visitor_asks_for_call(POPUP, "56", "9", "56311283");
    let mut rows = bench.rows("").await;
    for row in &mut rows {
        row["uuid"].take();
    }
    assert_eq!(rows[0], rows[1]);
    assert_ne!(ordered.uuid(), visitors.uuid());
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_refused_in_the_same_form_as_an_order() {
    let bench = Bench::new().await;
    for (token, error, check) in
        [(None, 7, TokenCheck::Missing), (Some(""), 7, TokenCheck::Missing), (Some("guess"), 8, TokenCheck::Wrong)]
    {
        let (status, body) = bench.list_later("", token).await.unwrap().unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &body["success"], &body["error_code"]), (200, &json!(false), &json!(error)));
        assert_eq!(bench.sim.ledger().requests.last().unwrap().token, check);
    }
}

#[tokio::test]
async fn other_parameters_and_dates_are_refused() {
    let bench = Bench::new().await;
    for (query, error) in [
        ("?date=2026-3-2", 6),
        ("?date=02/03/2026", 6),
        ("?date=2026-02-30", 6),
        ("?day=2026-03-02", 6),
        ("?popup_uuid=unknown", 4),
    ] {
        let (_, body) = bench.list_later(query, Some(super::harness::TOKEN)).await.unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["error_code"], error, "{query}");
    }
}

#[tokio::test]
async fn the_ledger_says_which_calls_a_list_showed() {
    let bench = Bench::new().await;
    let call = bench.place(&documented_order()).await;
    bench.rows("").await;
    let ledger = bench.sim.ledger();
    let list = ledger.requests_of(RequestKind::List).next().unwrap();
    assert_eq!(list.outcome, RequestOutcome::Listed(vec![call.uuid()]));
}

#[tokio::test]
async fn the_vendors_clock_may_be_ahead_and_does_not_follow_ours() {
    let bench = Bench::with(|config| config.clock_ahead = chrono::TimeDelta::seconds(90)).await;
    let now = timbre_domain::ports::Clock::now(&bench.clock);
    bench.clock.set_wall(now - chrono::TimeDelta::hours(3));
    bench.clock.advance(seconds(10));
    bench.place(&documented_order()).await;
    assert_eq!(bench.row().await["call_at"], "2026/03/02 11:01:40 -0300");
}
