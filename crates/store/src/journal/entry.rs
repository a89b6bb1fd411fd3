//! One entry, one line: a checksum, a space, JSON.

use std::collections::BTreeMap;

use rusqlite::types::{Value as SqlValue, ValueRef};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The rows of one transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Counts from 1, without a gap.
    pub(super) number: u64,
    pub(super) rows: Vec<RowImage>,
}

/// A row as it was after the transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RowImage {
    pub(super) table: String,
    /// Its key's columns, in the order of `capture::TABLES`.
    pub(super) key: Vec<Value>,
    /// Its columns by name; nothing for a row that was deleted.
    pub(super) columns: Option<BTreeMap<String, Value>>,
}

impl Entry {
    /// The line, with its end.
    pub(super) fn line(&self) -> String {
        // Maps with texts as keys, and no number that JSON lacks: there is nothing that could fail.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
    }

    /// Reads a line without its end; nothing where it is damaged.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(checked(line)?).ok()
    }
}

/// The text behind a checksum that is right.
pub(super) fn checked(line: &[u8]) -> Option<&[u8]> {
    let (sum, json) = line.split_at_checked(9)?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum.strip_suffix(b" ")?).ok()?, 16).ok()?;
    (crc32fast::hash(json) == sum).then_some(json)
}

/// A value of the database as JSON: bytes become `{"hex": …}`.
pub(super) fn to_json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => {
            json!({"hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()})
        }
    }
}

/// The value that [`to_json`] wrote.
pub(super) fn from_json(value: &Value) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Bool(is) => SqlValue::Integer((*is).into()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => SqlValue::Integer(whole),
            None => SqlValue::Real(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => SqlValue::Text(text.clone()),
        Value::Object(object) => SqlValue::Blob(object.get("hex").and_then(Value::as_str).map_or_else(Vec::new, bytes)),
        Value::Array(_) => SqlValue::Text(value.to_string()),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
