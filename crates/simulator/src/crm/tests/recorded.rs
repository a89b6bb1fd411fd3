//! Sends the request of every recording, byte for byte, and compares the answer.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::harness::Bench;
use super::states::{prepare, set_up};
use crate::crm::DEFAULT_API_KEY;

pub(super) struct Recording {
    pub(super) case: String,
    note: String,
    request: Value,
    response: Value,
    pub(super) body: Value,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/espocrm")
}

impl Recording {
    pub(super) fn read(case: &str) -> Self {
        let text = fs::read_to_string(folder().join(format!("{case}.json"))).unwrap();
        let mut file: Value = serde_json::from_str(&text).unwrap();
        let (request, response) = (file["request"].take(), file["response"].take());
        let note = file["note"].as_str().unwrap_or_default().to_owned();
        Self { case: case.to_owned(), note, request, body: response["body"].clone(), response }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.response["headers"].as_object().unwrap();
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
    }

    async fn play(&self) -> Vec<String> {
        let bench = Bench::with(|config| set_up(&self.case, config)).await;
        prepare(&bench, self).await;
        let url = self.request["url"].as_str().unwrap();
        let mut request =
            bench.request(self.request["method"].as_str().unwrap(), url.strip_prefix("/api/v1/").unwrap());
        for (name, value) in self.request["headers"].as_object().unwrap() {
            let key = if self.case.starts_with("90b") { "wrong" } else { DEFAULT_API_KEY };
            request = request.header(name, if name == "X-Api-Key" { key } else { value.as_str().unwrap() });
        }
        match &self.request["body"] {
            Value::Null => {}
            Value::String(raw) => request = request.body(raw.clone()),
            json => request = request.body(json.to_string()),
        }
        let response = request.send().await.unwrap();
        let mut differences = Vec::new();
        let status = response.status().as_u16();
        if self.response["status"] != status {
            differences.push(format!("status {status}"));
        }
        for name in ["Content-Type", "X-Status-Reason", "X-App-Timestamp"] {
            let got = response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            if got.as_deref() != self.header(name) {
                differences.push(format!("header {name}: {got:?}"));
            }
        }
        let text = response.text().await.unwrap();
        let got = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        compare("", &self.body, &got, self.note.contains("trimmed"), &mut differences);
        bench.crm.stop().await;
        differences
    }
}

/// Compares two answers. Ids of new records and times need only have the same form; of a trimmed list the beginning is
/// compared.
fn compare(place: &str, recorded: &Value, got: &Value, trimmed: bool, differences: &mut Vec<String>) {
    match (recorded, got) {
        (Value::Object(recorded), Value::Object(got)) => {
            let keys = |object: &Map<String, Value>| object.keys().cloned().collect::<BTreeSet<_>>();
            for key in keys(recorded).symmetric_difference(&keys(got)) {
                differences.push(format!("{place}/{key} is on one side alone"));
            }
            for (key, value) in recorded {
                if let Some(got) = got.get(key) {
                    compare(&format!("{place}/{key}"), value, got, trimmed, differences);
                }
            }
        }
        (Value::Array(recorded), Value::Array(got)) => {
            if recorded.len() != got.len() && !(trimmed && recorded.len() < got.len()) {
                differences.push(format!("{place} has {} elements", got.len()));
            }
            for (index, (recorded, got)) in recorded.iter().zip(got).enumerate() {
                compare(&format!("{place}/{index}"), recorded, got, trimmed, differences);
            }
        }
        (Value::String(recorded), Value::String(got)) if place == "/id" => {
            let is_id = |text: &str| text.len() == 17 && text.chars().all(|c| c.is_ascii_hexdigit());
            if !is_id(recorded) || !is_id(got) {
                differences.push(format!("{place}: {got}"));
            }
        }
        (Value::String(recorded), Value::String(got))
            if ["/createdAt", "/modifiedAt", "/dateCompleted"].contains(&place) =>
        {
            let form = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
            if form(recorded) != form(got) {
                differences.push(format!("{place}: {got}"));
            }
        }
        _ if recorded == got => {}
        _ => differences.push(format!("{place}: {got} instead of {recorded}")),
    }
}

#[tokio::test]
async fn every_recording_is_answered_as_it_was() {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        match name.strip_suffix(".json") {
            Some(case) => cases.push(case.to_owned()),
            None => assert_eq!(name, "README.md", "what is this?"),
        }
    }
    cases.sort();
    assert!(cases.len() >= 61, "recordings are missing: {}", cases.len());
    let mut failed = Vec::new();
    for case in cases {
        let differences = Recording::read(&case).play().await;
        if !differences.is_empty() {
            failed.push(format!("{case}: {}", differences.join("; ")));
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
