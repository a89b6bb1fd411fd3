//! CallMyWay's shapes, as it writes them: strings where numbers would do, numbers where strings were, and fields that
//! no document names.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::text::{kind, text};

/// One row of `cdrs`, of live calls and of records alike (seed 000, sections 2 and 3). Everything is text; what was not
/// sent is empty.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    #[serde(deserialize_with = "text")]
    pub(super) callid: String,
    #[serde(deserialize_with = "text")]
    pub(super) ani: String,
    #[serde(deserialize_with = "text")]
    pub(super) dnis: String,
    #[serde(deserialize_with = "text")]
    pub(super) detect_time: String,
    #[serde(deserialize_with = "text")]
    pub(super) connect_time: String,
    /// Seen in public clients only (PROVIDERS.md, [client]).
    #[serde(deserialize_with = "text")]
    pub(super) disconnect_time: String,
    #[serde(deserialize_with = "text")]
    pub(super) duration: String,
    #[serde(deserialize_with = "text")]
    pub(super) ani_user: String,
    #[serde(deserialize_with = "text")]
    pub(super) dnis_user: String,
    #[serde(deserialize_with = "text")]
    pub(super) cost: String,
    #[serde(deserialize_with = "text")]
    pub(super) access_fee: String,
    #[serde(deserialize_with = "text")]
    pub(super) rate: String,
    #[serde(deserialize_with = "text")]
    pub(super) route_pattern: String,
    #[serde(deserialize_with = "text")]
    pub(super) route_name: String,
    #[serde(deserialize_with = "text")]
    pub(super) access_endpoint_id: String,
    #[serde(deserialize_with = "text")]
    pub(super) dst_endpoint_id: String,
    /// Seen in public clients only: the call that ring attempts belong to.
    #[serde(deserialize_with = "text")]
    pub(super) original_callid: String,
    /// Seen in public clients only.
    #[serde(deserialize_with = "text")]
    pub(super) end_reason: String,
    /// Fields that no document names: kept, not dropped.
    #[serde(flatten)]
    pub(super) extra: BTreeMap<String, Value>,
}

/// What an answer says of itself.
#[derive(Debug, PartialEq)]
pub(super) struct Envelope {
    /// The rows, or the map of endpoints, under `field`; `Null` where there are none.
    pub(super) content: Value,
}

/// Why an answer holds no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A status other than 200, or `{"error": …}`, with the vendor's words.
    Status { status: Option<i64>, words: String },
    /// Readable JSON of a shape that is no answer.
    Shape(String),
}

/// Takes the content out of its envelope. Accepts a bare list, and a status written as text.
pub(super) fn open(json: Value, field: &str) -> Result<Envelope, Refusal> {
    let mut fields = match json {
        Value::Array(_) => return Ok(Envelope { content: json }),
        Value::Object(fields) => fields,
        other => return Err(Refusal::Shape(format!("{} where an object was expected", kind(&other)))),
    };
    let words = |fields: &serde_json::Map<String, Value>| {
        let text = fields.get("message").or_else(|| fields.get("error"));
        text.map(|t| t.as_str().map_or_else(|| t.to_string(), str::to_owned)).unwrap_or_default()
    };
    let status = match fields.get("status") {
        None => None,
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => match text.trim().parse() {
            Ok(status) => Some(status),
            Err(_) if text.eq_ignore_ascii_case("ok") => Some(200),
            Err(_) => return Err(Refusal::Status { status: None, words: words(&fields) }),
        },
        Some(other) => return Err(Refusal::Shape(format!("status is {}", kind(other)))),
    };
    if fields.contains_key("error") && !fields.contains_key(field) || status.is_some_and(|status| status != 200) {
        return Err(Refusal::Status { status, words: words(&fields) });
    }
    match fields.remove(field) {
        Some(content) => Ok(Envelope { content }),
        None if status.is_some() => Ok(Envelope { content: Value::Null }),
        None => Err(Refusal::Shape(format!("there is no {field} in it"))),
    }
}

/// The rows of a list, whatever PHP made of it: a list, an object with numbered keys, `null`.
pub(super) fn rows(content: Value) -> Result<Vec<(String, Value)>, Refusal> {
    match content {
        Value::Null => Ok(Vec::new()),
        Value::Array(rows) => Ok(rows.into_iter().enumerate().map(|(n, row)| (format!("cdrs[{n}]"), row)).collect()),
        Value::Object(rows) => Ok(rows.into_iter().map(|(key, row)| (format!("cdrs.{key}"), row)).collect()),
        Value::String(text) if text.trim().is_empty() => Ok(Vec::new()),
        other => Err(Refusal::Shape(format!("cdrs is {}", kind(&other)))),
    }
}
