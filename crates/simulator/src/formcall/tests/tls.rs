//! HTTPS with an authority made for the run.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};

use super::harness::{TOKEN, documented_order};
use crate::formcall::{Fault, FormCall, FormCallConfig};
use crate::{ManualClock, RealClock};

async fn over_tls(change: impl FnOnce(&mut FormCallConfig)) -> FormCall {
    let mut config = FormCallConfig { tls: true, ..FormCallConfig::default() };
    change(&mut config);
    FormCall::start(config, Arc::new(ManualClock::default())).await.unwrap()
}

/// A client that trusts the simulator's authority and nobody else.
fn trusting(sim: &FormCall) -> reqwest::Client {
    let ca = reqwest::Certificate::from_pem(sim.ca_pem().unwrap().as_bytes()).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap()
}

async fn order(sim: &FormCall, client: &reqwest::Client) -> reqwest::Result<u16> {
    let url = format!("{}/calls/manage/api", sim.base_url());
    client.post(url).json(&documented_order()).send().await.map(|response| response.status().as_u16())
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_of_the_run_can_order_and_list() {
    let sim = over_tls(|_| {}).await;
    assert_eq!(sim.base_url(), format!("https://localhost:{}", sim.port()));
    let client = trusting(&sim);
    assert_eq!(order(&sim, &client).await.unwrap(), 200);
    let list = client.get(format!("{}/calls/list", sim.base_url())).header("security-token", TOKEN).send().await;
    assert_eq!(list.unwrap().json::<Vec<serde_json::Value>>().await.unwrap().len(), 1);
    sim.stop().await;
    assert!(order(&sim, &client).await.is_err());
}

#[tokio::test]
async fn a_client_that_does_not_trust_it_sends_nothing() {
    let (sim, other) = (over_tls(|_| {}).await, over_tls(|_| {}).await);
    assert!(order(&sim, &trusting(&other)).await.is_err());
    let trusts_the_systems_own = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(order(&sim, &trusts_the_systems_own).await.is_err());
    assert!(sim.ledger().requests.is_empty());
    assert_eq!(order(&sim, &trusting(&sim)).await.unwrap(), 200);
}

#[tokio::test]
async fn an_expired_authority_is_refused_and_one_that_expires_soon_is_not() {
    let now = timbre_domain::ports::Clock::now(&RealClock::new());
    for (expires, accepted) in [(now + TimeDelta::days(2), true), (now - TimeDelta::days(2), false)] {
        let sim = over_tls(|config| config.ca_expires = expires).await;
        assert_eq!(order(&sim, &trusting(&sim)).await.is_ok(), accepted);
    }
}

#[tokio::test]
async fn a_reset_connection_is_an_error_over_tls_too() {
    let sim = over_tls(|_| {}).await;
    sim.faults().next(Fault::ConnectionReset);
    assert!(order(&sim, &trusting(&sim)).await.is_err());
    assert_eq!(sim.ledger().calls.len(), 1);
}

#[tokio::test]
async fn a_client_that_stalls_in_its_handshake_keeps_nobody_waiting() {
    let sim = over_tls(|_| {}).await;
    let stalled = tokio::net::TcpStream::connect(("127.0.0.1", sim.port())).await.unwrap();
    assert_eq!(order(&sim, &trusting(&sim)).await.unwrap(), 200);
    drop(stalled);
}

#[tokio::test]
async fn without_tls_there_is_no_authority() {
    let sim = FormCall::start(FormCallConfig::default(), Arc::new(ManualClock::default())).await.unwrap();
    assert_eq!((sim.ca_pem(), sim.base_url()), (None, format!("http://127.0.0.1:{}", sim.port())));
    assert!(FormCallConfig::default().ca_expires > DateTime::UNIX_EPOCH);
}
