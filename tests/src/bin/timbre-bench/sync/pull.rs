//! The yardstick of a sync: the same requests on a bare client.

use std::fs;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use timbre_simulator::crm::DEFAULT_API_KEY;

use crate::Failure;

/// What is to be asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) root: String,
    /// Behind the root, with their queries.
    pub(super) requests: Vec<String>,
}

/// What came.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pulled {
    /// Contacts in lists.
    pub(super) rows: usize,
    /// Contacts by themselves.
    pub(super) records: usize,
}

impl Plan {
    pub(super) fn write(&self, file: &Path) -> Result<(), Failure> {
        Ok(fs::write(file, serde_json::to_vec(self)?)?)
    }
}

/// Sends the requests of a plan, one after the other, and says what came.
pub(crate) async fn pull(file: &Path) -> Result<(), Failure> {
    let plan: Plan = serde_json::from_slice(&fs::read(file)?)?;
    let client = reqwest::Client::builder().tcp_nodelay(true).build()?;
    let mut pulled = Pulled { rows: 0, records: 0 };
    for request in &plan.requests {
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
