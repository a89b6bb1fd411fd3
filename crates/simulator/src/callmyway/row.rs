//! Rows of live calls and of the record, field by field as the documents write them.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::exchange::Exchange;
use super::leg::Leg;

/// The `connect_time` of a call that was not answered: "No conectó" (seed 000, notes).
pub(crate) const NEVER: &str = "1970-01-01 00:00:00";

/// A value of a row. The vendor mixes strings and numbers, so each value remembers which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// The digits, as they appear in the JSON.
    Number(String),
}

/// A row, with its fields in the documents' order.
pub(crate) type Row = Vec<(&'static str, Value)>;

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

impl Exchange {
    /// A time in the vendor's form and zone: `YYYY-MM-DD HH:MM:SS`.
    pub(crate) fn written(&self, time: DateTime<Utc>) -> String {
        time.with_timezone(&self.config.time_zone).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn written_at(&self, moment: Option<Duration>) -> String {
        moment.map_or_else(|| NEVER.to_owned(), |moment| self.written(self.time.at(moment)))
    }

    /// The row of a live call (seed 000, section 2, example).
    pub(crate) fn live_row(&self, leg: &Leg, now: Duration) -> Row {
        self.common(leg, leg.answered_by(now), "0".to_owned(), "0".to_owned())
    }

    /// The row of an ended ring attempt: the example's fields, then those that other clients have seen (PROVIDERS.md).
    pub(crate) fn cdr_row(&self, leg: &Leg) -> Row {
        let mut row = self.common(leg, leg.answered, leg.talked().as_secs().to_string(), leg.cost().to_string());
        row.extend([
            ("original_callid", text(&leg.original_callid)),
            ("ref_callid", text(&leg.ref_callid)),
            ("ring_time", text(self.written_at(Some(leg.began)))),
            ("disconnect_time", text(self.written_at(leg.ended))),
            ("end_reason", text(leg.reason.as_str())),
            ("type", text(leg.direction.as_cdr_type())),
        ]);
        row
    }

    fn common(&self, leg: &Leg, connected: Option<Duration>, duration: String, cost: String) -> Row {
        vec![
            ("callid", text(&leg.callid)),
            ("ani", text(&leg.ani)),
            ("dnis", text(&leg.dnis)),
            ("detect_time", text(self.written_at(Some(leg.began)))),
            ("connect_time", text(self.written_at(connected))),
            ("duration", text(duration)),
            ("ani_user", text(&leg.ani_user)),
            ("dnis_user", text(&leg.dnis_user)),
            ("cost", Value::Number(cost)),
            ("access_fee", Value::Number("0".to_owned())),
            ("rate", Value::Number(leg.route.rate.to_string())),
            ("route_pattern", text(leg.route.pattern)),
            ("route_name", text(leg.route.name)),
            ("access_endpoint_id", text(&leg.access_endpoint_id)),
            ("dst_endpoint_id", text(&leg.dst_endpoint_id)),
        ]
    }
}

/// The `callid` of a row; a fault may have removed it.
pub(crate) fn callid_of(row: &Row) -> Option<String> {
    row.iter().find(|(name, _)| *name == "callid").map(|(_, value)| match value {
        Value::Text(text) | Value::Number(text) => text.clone(),
    })
}

/// A JSON string as PHP writes it: ASCII only, and `\/` for a slash.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'"') => out.push_str("\\\""),
            Ok(b'\\') => out.push_str("\\\\"),
            Ok(b'/') => out.push_str("\\/"),
            Ok(byte @ 0x20..=0x7e) => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out.push('"');
    out
}

/// The JSON object of a row.
pub(crate) fn written(row: &Row) -> String {
    let fields: Vec<String> = row
        .iter()
        .map(|(name, value)| match value {
            Value::Text(text) => format!("\"{name}\":{}", quoted(text)),
            Value::Number(digits) => format!("\"{name}\":{digits}"),
        })
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_php_escapes_is_read_back_as_it_was() {
        let nasty = "a\"b\\c/d\u{1b}[31m\u{0}é😀\u{202e}";
        assert!(quoted(nasty).is_ascii());
        assert_eq!(serde_json::from_str::<String>(&quoted(nasty)).unwrap(), nasty);
    }
}
