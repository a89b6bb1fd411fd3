//! The yardstick of a sync: the same requests on a bare client.

use std::fs;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use timbre_simulator::crm::DEFAULT_API_KEY;
use tokio::time::{Instant, sleep_until};

use crate::Failure;

/// What is to be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) root: String,
    /// Behind the root, with their queries.
    pub(super) requests: Vec<String>,
    /// The least between the beginnings of two requests.
    pub(super) distance: Duration,
    pub(super) expected: Pulled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pulled {
    pub(super) rows: usize,
    pub(super) records: usize,
}

/// Sends the requests of a plan, one after the other, and says what came.
pub(crate) async fn pull(file: &Path) -> Result<(), Failure> {
    let plan: Plan = serde_json::from_slice(&fs::read(file)?)?;
    let client = reqwest::Client::builder().tcp_nodelay(true).build()?;
    let mut pulled = Pulled { rows: 0, records: 0 };
    let mut next = Instant::now();
    for request in &plan.requests {
        if Instant::now() < next {
            sleep_until(next).await;
        }
        next = Instant::now() + plan.distance;
        let mut asked = client.get(format!("{}{request}", plan.root));
        asked = asked.header("Accept", "application/json").header("X-Api-Key", DEFAULT_API_KEY);
        if request.contains('?') {
            // As the connector's file asks for lists: counting them would be another question.
            asked = asked.header("X-No-Total", "true");
        }
        let answer = asked.send().await?.error_for_status()?.bytes().await?;
        let json: Value = serde_json::from_slice(&answer)?;
        match json["list"].as_array() {
            Some(list) => pulled.rows += list.len(),
            None => pulled.records += usize::from(json["id"].is_string()),
        }
        drop(black_box(json));
    }
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&pulled)?)?;
    Ok(())
}
