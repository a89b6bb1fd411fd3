//! A simulator, its clock, and a plain HTTP client without Timbre's adapters.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::ManualClock;
use crate::callmyway::{Simulator, SimulatorConfig};

pub(super) const AGENT: &str = "8373456";
pub(super) const COLLEAGUE: &str = "8615601";
pub(super) const OWN: &str = "live=1&fullAccount=0";
pub(super) const WHOLE: &str = "live=1&fullAccount=1";

pub(super) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(super) struct Bench {
    pub(super) clock: ManualClock,
    pub(super) sim: Simulator,
    client: reqwest::Client,
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// There is no reading interval unless the test sets one.
    pub(super) async fn with(change: impl FnOnce(&mut SimulatorConfig)) -> Self {
        let mut config = SimulatorConfig { reading_interval: Duration::ZERO, ..SimulatorConfig::default() };
        change(&mut config);
        let clock = ManualClock::default();
        let sim = Simulator::start(config, Arc::new(clock.clone())).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { clock, sim, client }
    }

    /// Sends a request in the background, with the first sign-in before `parameters`.
    pub(super) fn ask(&self, path: &str, parameters: &str) -> JoinHandle<reqwest::Result<(u16, Vec<u8>)>> {
        self.ask_raw(path, &format!("username=8373456&password=secreto&{parameters}"))
    }

    pub(super) fn ask_raw(&self, path: &str, query: &str) -> JoinHandle<reqwest::Result<(u16, Vec<u8>)>> {
        let request = self.client.get(format!("{}/{path}?{query}", self.sim.base_url()));
        tokio::spawn(async move {
            let response = request.send().await?;
            let status = response.status().as_u16();
            Ok((status, response.bytes().await?.to_vec()))
        })
    }

    pub(super) async fn body(&self, path: &str, parameters: &str) -> String {
        let (_, body) = self.ask(path, parameters).await.unwrap().unwrap();
        String::from_utf8(body).unwrap()
    }

    pub(super) async fn json(&self, path: &str, parameters: &str) -> Value {
        serde_json::from_str(&self.body(path, parameters).await).unwrap()
    }

    pub(super) async fn cdrs(&self, parameters: &str) -> Vec<Value> {
        let answer = self.json("getCdrs.php", parameters).await;
        assert_eq!((&answer["status"], &answer["message"]), (&Value::from(200), &Value::from("")), "{answer}");
        answer["cdrs"].as_array().unwrap().clone()
    }

    pub(super) async fn callids(&self, parameters: &str) -> Vec<String> {
        self.cdrs(parameters).await.iter().map(|row| row["callid"].as_str().unwrap().to_owned()).collect()
    }

    pub(super) async fn dial(&self, first: &str, second: &str) -> Value {
        self.json("Welcome/ClickToDialExtenal", &format!("first_num={first}&second_num={second}")).await
    }
}
