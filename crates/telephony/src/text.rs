//! Reading fields that a vendor writes now as a text and now as a number, and empty ones now as this and now as that.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A string or a number as text. `false`, `null` and an empty list or map are how PHP writes nothing, and are empty.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null | Value::Bool(false) => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(true) => Ok("true".to_owned()),
        Value::Array(list) if list.is_empty() => Ok(String::new()),
        Value::Object(map) if map.is_empty() => Ok(String::new()),
        other => Err(serde::de::Error::custom(format!("a text or a number was expected, not {}", kind(&other)))),
    }
}

/// The same for a field that names somebody or something: what PHP calls empty (`"0"` too), and words that were written for
/// nothing, name nobody.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = text(deserializer)?;
    let trimmed = text.trim();
    let nothing = ["0", "false", "null", "none", "undefined", "nan", "n/a", "-"];
    if nothing.iter().any(|word| trimmed.eq_ignore_ascii_case(word)) {
        return Ok(String::new());
    }
    Ok(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })
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
