//! A simulator, its clock, and a plain HTTP client without Timbre's adapter.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::ManualClock;
use crate::formcall::{
    CallHandle, DOCUMENTED_POPUP, DOCUMENTED_TOKEN, FormCall, FormCallConfig, Popup, RequestOutcome,
};

pub(super) const POPUP: &str = DOCUMENTED_POPUP;
pub(super) const OTHER_POPUP: &str = "14f1cc88-6ce8-11e9-b8f9-001d09ef4aa0";
pub(super) const TOKEN: &str = DOCUMENTED_TOKEN;

pub(super) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The HTTP status and the body.
pub(super) type Answer = (u16, String);

/// The body of the document's example.
pub(super) fn documented_order() -> Value {
    json!({
        "popup_uuid": POPUP,
        "phonenumber": "56311283",
        "areacode": "9",
        "country_code": "56",
        "security_token": TOKEN,
        "adicional": {"Nombre": "Juan", "Email": "jperez@mt2015.com"},
    })
}

/// The documented example with some fields changed; `null` removes a field.
pub(super) fn order_with(changes: Value) -> Value {
    let mut order = documented_order();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(order.as_object_mut().unwrap().remove(name)),
            value => order[name] = value.clone(),
        }
    }
    order
}

pub(super) struct Bench {
    pub(super) clock: ManualClock,
    pub(super) sim: FormCall,
    client: reqwest::Client,
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// There are two popups, and no spam filter unless the test sets one again.
    pub(super) async fn with(change: impl FnOnce(&mut FormCallConfig)) -> Self {
        let mut config = FormCallConfig { spam_filter: None, ..FormCallConfig::default() };
        config.popups.push(Popup::new(OTHER_POPUP, "56229876543"));
        change(&mut config);
        let clock = ManualClock::default();
        let sim = FormCall::start(config, Arc::new(clock.clone())).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { clock, sim, client }
    }

    /// Sends a POST in the background, with any content type and body.
    pub(super) fn post(&self, content_type: &str, body: String) -> JoinHandle<reqwest::Result<Answer>> {
        let url = format!("{}/calls/manage/api", self.sim.base_url());
        send(self.client.post(url).header("content-type", content_type).body(body))
    }

    pub(super) fn order_later(&self, body: &Value) -> JoinHandle<reqwest::Result<Answer>> {
        self.post("application/json", body.to_string())
    }

    pub(super) async fn order(&self, body: &Value) -> Answer {
        self.order_later(body).await.unwrap().unwrap()
    }

    /// Orders a call and returns it.
    pub(super) async fn place(&self, body: &Value) -> CallHandle {
        let (_, answer) = self.order(body).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        self.sim.call(answer["uuid"].as_str().unwrap()).unwrap()
    }

    /// Asks for the list in the background; `token` is the header, where there is one.
    pub(super) fn list_later(&self, query: &str, token: Option<&str>) -> JoinHandle<reqwest::Result<Answer>> {
        let request = self.client.get(format!("{}/calls/list{query}", self.sim.base_url()));
        send(match token {
            Some(token) => request.header("security-token", token),
            None => request,
        })
    }

    pub(super) async fn rows(&self, query: &str) -> Vec<Value> {
        let (status, body) = self.list_later(query, Some(TOKEN)).await.unwrap().unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The row of today, of which there must be one only.
    pub(super) async fn row(&self) -> Value {
        let mut rows = self.rows("").await;
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    /// What was decided about the newest request.
    pub(super) fn outcome(&self) -> RequestOutcome {
        self.sim.ledger().requests.last().unwrap().outcome.clone()
    }
}

fn send(request: reqwest::RequestBuilder) -> JoinHandle<reqwest::Result<Answer>> {
    tokio::spawn(async move {
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok((status, response.text().await?))
    })
}
