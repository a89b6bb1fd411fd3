//! Reading fields that a vendor writes now as a text and now as a number.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A string, a number, a boolean or null, as text. Numbers keep the digits they were written with.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(yes.to_string()),
        Value::Array(list) if list.is_empty() => Ok(String::new()),
        other => Err(serde::de::Error::custom(format!("a text or a number was expected, not {}", kind(&other)))),
    }
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
