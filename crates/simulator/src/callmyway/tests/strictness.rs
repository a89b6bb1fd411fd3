//! What the vendor refuses, and the map of endpoints.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use super::harness::{Bench, OWN};
use crate::callmyway::{RefusalStyle, WrongPasswordStyle};

#[tokio::test]
async fn endpoints_are_a_map_of_ids_and_an_empty_array_when_there_are_none() {
    let bench = Bench::new().await;
    let answer = bench.json("getEndpoints.php", "").await;
    let expected = json!({"status": 200, "message": "", "endpoints": {"43715": "8373456", "182702": "8615601"}});
    assert_eq!(answer, expected);
    let empty = Bench::with(|config| config.endpoints.clear()).await;
    assert_eq!(empty.json("getEndpoints.php", "").await["endpoints"], json!([]));
}

#[tokio::test]
async fn a_wrong_user_or_password_is_told_in_the_body_or_in_the_status() {
    for (style, http) in [(WrongPasswordStyle::Json, 200), (WrongPasswordStyle::Http401, 401)] {
        let bench = Bench::with(|config| config.wrong_password = style).await;
        for who in ["username=8373456&password=no", "username=nobody&password=secreto", "username=8373456", ""] {
            let (status, body) = bench.ask_raw("getCdrs.php", &format!("{who}&{OWN}")).await.unwrap().unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((status, &body["status"]), (http, &json!(401)), "{who}");
        }
    }
}

#[tokio::test]
async fn an_address_that_is_not_authorised_gets_what_is_configured() {
    for (style, http, body) in [
        (RefusalStyle::EmptyBody, 200, ""),
        (RefusalStyle::Html, 200, "<!DOCTYPE html>"),
        (RefusalStyle::Http403, 403, "<!DOCTYPE html>"),
        (RefusalStyle::Status(-1), 200, "{\"status\":-1,\"message\":\"IP no autorizada\"}"),
    ] {
        let bench = Bench::with(|config| {
            config.refusal = style;
            config.authorised = vec![IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))];
        })
        .await;
        let (status, received) = bench.ask("getCdrs.php", OWN).await.unwrap().unwrap();
        let received = String::from_utf8(received).unwrap();
        assert_eq!((status, received.starts_with(body), received.is_empty()), (http, true, body.is_empty()));
    }
}

#[tokio::test]
async fn missing_and_garbled_parameters_are_refused() {
    let bench = Bench::new().await;
    for parameters in [
        "",
        "live=1",
        "live=0&fullAccount=1",
        "live=1&fullAccount=2",
        "recent=0",
        "dateStart=2026-03-02%2000:00:00&dateEnd=2026-03-03%2000:00:00",
        "dateStart=2026-03-02&dateEnd=2026-03-03&ini=0&cant=10",
        "dateStart=2026-3-2%2000:00:00&dateEnd=2026-03-03%2000:00:00&ini=0&cant=10",
        "dateStart=2026-03-02T00:00:00&dateEnd=2026-03-03%2000:00:00&ini=0&cant=10",
        "dateStart=2026-03-02%2000:00:00&dateEnd=2026-03-03%2000:00:00&ini=-1&cant=ten",
    ] {
        assert_eq!(bench.json("getCdrs.php", parameters).await["status"], 400, "{parameters}");
    }
    let (status, _) = bench.ask("getcdrs.php", OWN).await.unwrap().unwrap();
    assert_eq!(status, 404);
}

#[tokio::test]
async fn the_password_is_nowhere_in_the_ledger_nor_in_the_settings_printed() {
    let bench = Bench::new().await;
    bench.json("getCdrs.php", OWN).await;
    bench.ask_raw("getCdrs.php", &format!("username=secreto&password=secreto&{OWN}")).await.unwrap().unwrap();
    let everything = format!(
        "{} {:?} {:?}",
        serde_json::to_string(&bench.sim.ledger()).unwrap(),
        bench.sim.ledger(),
        bench.sim.config()
    );
    assert!(!everything.contains("secreto"), "{everything}");
}
