//! A CRM, its clock, and a plain HTTP client without Timbre's connector.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::ManualClock;
use crate::crm::{Crm, CrmConfig, CustomField, DEFAULT_API_KEY, Role};

pub(super) const AGENT: &str = "6b00749baa06e4813";

pub(super) struct Bench {
    pub(super) clock: ManualClock,
    pub(super) crm: Arc<Crm>,
    client: reqwest::Client,
}

pub(super) type Sent = JoinHandle<reqwest::Result<(u16, Value)>>;

pub(super) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Adds the custom field of calls for the request id (recording 70).
pub(super) fn with_request_id(config: &mut CrmConfig) {
    config.custom_fields.insert("Call".to_owned(), vec![CustomField::text("cCtiRequestId")]);
}

/// The body of a valid call.
pub(super) fn call(name: &str) -> Value {
    json!({"name": name, "status": "Held", "direction": "Inbound", "dateStart": "2026-03-02 13:00:00",
        "dateEnd": "2026-03-02 13:05:00", "assignedUserId": AGENT})
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The connector may do everything unless the test says otherwise.
    pub(super) async fn with(change: impl FnOnce(&mut CrmConfig)) -> Self {
        let mut config = CrmConfig::default();
        config.api_keys.get_mut(DEFAULT_API_KEY).unwrap().role = Role::everything();
        change(&mut config);
        let clock = ManualClock::default();
        let crm = Arc::new(Crm::start(config, Arc::new(clock.clone())).await.unwrap());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { clock, crm, client }
    }

    /// A request with the valid key; the path may have a query.
    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.crm.base_url());
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url)
    }

    /// Sends in the background. Returns the status, and the body where it is JSON.
    pub(super) fn send(&self, request: RequestBuilder) -> Sent {
        tokio::spawn(async move {
            let response = request.header("X-Api-Key", DEFAULT_API_KEY).send().await?;
            let status = response.status().as_u16();
            let body = response.bytes().await?;
            Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
        })
    }

    pub(super) fn post(&self, entity: &str, body: &Value) -> Sent {
        self.send(self.request("POST", entity).json(body))
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.request("GET", path)).await.unwrap().unwrap()
    }

    /// A list without its total, by `searchParams`.
    pub(super) async fn list(&self, entity: &str, search: &Value) -> Vec<Value> {
        let request = self.request("GET", entity).query(&[("searchParams", search.to_string())]);
        let (status, mut body) = self.send(request.header("X-No-Total", "true")).await.unwrap().unwrap();
        assert_eq!(status, 200, "{body}");
        match body["list"].take() {
            Value::Array(list) => list,
            other => panic!("no list: {other}"),
        }
    }
}
