//! What an accepted order answers and leaves in the ledger.

use serde_json::{Value, json};

use super::harness::{Bench, OTHER_POPUP, POPUP, documented_order, order_with, seconds};
use crate::formcall::{Origin, RequestKind, RequestOutcome, TokenCheck};

#[tokio::test]
async fn the_documents_example_places_one_call_and_answers_its_uuid() {
    let bench = Bench::new().await;
    let (status, body) = bench.order(&documented_order()).await;
    let ledger = bench.sim.ledger();
    assert_eq!(ledger.calls.len(), 1);
    let uuid = &ledger.calls[0].uuid;
    assert_eq!((status, body), (200, format!(r#"{{"success":true,"uuid":"{uuid}"}}"#)));
    assert!(uuid.len() == 32 && uuid.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uuid}");
}

#[tokio::test]
async fn the_ledger_holds_what_was_sent_and_what_was_answered() {
    let bench = Bench::new().await;
    bench.clock.advance(seconds(5));
    let call = bench.place(&documented_order()).await;
    let ledger = bench.sim.ledger();
    let request = &ledger.requests[0];
    let order = request.order.clone().unwrap();
    assert_eq!((request.kind, request.token), (RequestKind::Order, TokenCheck::Right));
    assert_eq!(request.outcome, RequestOutcome::Placed(call.uuid()));
    assert_eq!((request.arrived.elapsed, request.answered.unwrap().elapsed), (seconds(5), seconds(5)));
    assert_eq!((order.popup_uuid.as_str(), order.number.areacode.as_str()), (POPUP, "9"));
    assert_eq!((order.number.country_code.as_str(), order.number.phonenumber.as_str()), ("56", "56311283"));
    assert_eq!(order.adicional["Nombre"], "Juan");
    assert_eq!((&ledger.calls[0].order, ledger.calls[0].origin), (&order, Origin::Request(0)));
}

#[tokio::test]
async fn the_extra_data_may_be_left_out() {
    let bench = Bench::new().await;
    let call = bench.place(&order_with(json!({"adicional": null}))).await;
    assert!(call.order().adicional.is_empty());
}

#[tokio::test]
async fn a_number_of_another_country_is_taken_however_it_is_split() {
    for (country, area, number) in [("506", "", "88848787"), ("506", "8", "8848787"), ("598", "9", "8344484")] {
        let bench = Bench::new().await;
        bench.place(&order_with(json!({"country_code": country, "areacode": area, "phonenumber": number}))).await;
    }
}

#[tokio::test]
async fn a_popup_that_keeps_calls_pending_places_them_when_it_opens() {
    let bench = Bench::with(|config| {
        config.popups[0].in_service = false;
        config.popups[0].keeps_pending = true;
    })
    .await;
    let (status, body) = bench.order(&documented_order()).await;
    assert_eq!((status, body.as_str()), (200, r#"{"success":true,"pending":true}"#));
    let ledger = bench.sim.ledger();
    assert_eq!((ledger.calls.len(), ledger.pending.len()), (0, 1));
    assert!(bench.rows("").await.is_empty());
    assert!(bench.sim.open_popup(OTHER_POPUP));
    assert_eq!(bench.sim.ledger().calls.len(), 0);
    assert!(bench.sim.open_popup(POPUP));
    let ledger = bench.sim.ledger();
    assert_eq!((ledger.calls.len(), ledger.pending.len()), (1, 0));
    assert_eq!(ledger.calls[0].origin, Origin::Request(0));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_uuids_and_another_seed_others() {
    let (bench, twin) = (Bench::new().await, Bench::new().await);
    let other = Bench::with(|config| config.seed = 2).await;
    let uuid = bench.place(&documented_order()).await.uuid();
    assert_eq!(uuid, twin.place(&documented_order()).await.uuid());
    assert_ne!(uuid, other.place(&documented_order()).await.uuid());
}

#[tokio::test]
async fn the_token_is_neither_in_the_ledger_nor_in_the_printed_configuration() {
    let bench = Bench::with(|config| "a-secret".clone_into(&mut config.security_token)).await;
    bench.order(&order_with(json!({"security_token": "a-secret"}))).await;
    bench.order(&order_with(json!({"security_token": "another-secret"}))).await;
    let ledger = bench.sim.ledger();
    let written = format!("{} {ledger:?} {:?}", serde_json::to_value(&ledger).unwrap(), bench.sim.config());
    assert!(!written.contains("secret"), "{written}");
}

#[tokio::test]
async fn a_stopped_simulator_answers_no_more_and_keeps_its_ledger() {
    let bench = Bench::new().await;
    bench.place(&documented_order()).await;
    bench.sim.stop().await;
    assert!(bench.order_later(&documented_order()).await.unwrap().is_err());
    assert_eq!(bench.sim.ledger().calls.len(), 1);
}

#[tokio::test]
async fn other_addresses_and_methods_are_no_part_of_the_interface() {
    let bench = Bench::new().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, status) in [("/calls/manage/api", 405), ("/calls/manage", 404), ("/calls/list/", 404)] {
        let response = client.get(format!("{}{path}", bench.sim.base_url())).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
    assert_eq!(bench.sim.ledger().requests.len(), 0);
    let nothing: Vec<Value> = bench.rows("").await;
    assert!(nothing.is_empty());
}
