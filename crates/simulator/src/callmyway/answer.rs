//! Answers before a fault is applied to them, with enough structure for faults to garble single rows.

use super::row::{Row, quoted, written};

#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// `{"status":200,"message":"","cdrs":[…]}` (seed 000, section 2).
    Rows(Vec<Row>),
    /// `{"status":200,"message":"","endpoints":{id:number}}`; `[]` for none, as PHP writes an empty map.
    Endpoints(Vec<(String, String)>),
    /// `{"status":…,"message":…}`: what click-to-dial answers, and every refusal.
    Status(i64, String),
    /// A body that is not JSON.
    Text(&'static str),
}

impl Answer {
    pub(crate) fn status(status: i64, message: &str) -> Self {
        Self::Status(status, message.to_owned())
    }

    pub(crate) fn written(&self) -> String {
        match self {
            Self::Rows(rows) => envelope("cdrs", &list(rows)),
            Self::Endpoints(endpoints) => {
                let pairs: Vec<String> =
                    endpoints.iter().map(|(id, number)| format!("{}:{}", quoted(id), quoted(number))).collect();
                let map = if pairs.is_empty() { "[]".to_owned() } else { format!("{{{}}}", pairs.join(",")) };
                envelope("endpoints", &map)
            }
            Self::Status(status, message) => format!("{{\"status\":{status},\"message\":{}}}", quoted(message)),
            Self::Text(text) => (*text).to_owned(),
        }
    }

    /// The body with `list` in place of the rows or endpoints.
    pub(crate) fn written_with(&self, list: &str) -> String {
        match self {
            Self::Rows(_) => envelope("cdrs", list),
            Self::Endpoints(_) => envelope("endpoints", list),
            Self::Status(..) | Self::Text(_) => self.written(),
        }
    }
}

/// Rows as a JSON array.
pub(crate) fn list(rows: &[Row]) -> String {
    let rows: Vec<String> = rows.iter().map(written).collect();
    format!("[{}]", rows.join(","))
}

fn envelope(name: &str, content: &str) -> String {
    format!("{{\"status\":200,\"message\":\"\",\"{name}\":{content}}}")
}
