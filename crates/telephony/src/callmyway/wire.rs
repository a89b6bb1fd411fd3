//! CallMyWay's shapes, as it writes them: strings where numbers would do, numbers where strings were, and fields that
//! no document names.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use timbre_domain::normalize::fold;

use crate::text::{kind, name, text};

/// One row of `cdrs`, of live calls and of records alike (seed 000, sections 2 and 3). Everything is text; what was not
/// sent is empty.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    #[serde(deserialize_with = "text")]
    pub(super) callid: String,
    #[serde(deserialize_with = "name")]
    pub(super) ani: String,
    #[serde(deserialize_with = "name")]
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
    #[serde(deserialize_with = "name")]
    pub(super) ani_user: String,
    #[serde(deserialize_with = "name")]
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
    #[serde(deserialize_with = "name")]
    pub(super) access_endpoint_id: String,
    #[serde(deserialize_with = "name")]
    pub(super) dst_endpoint_id: String,
    /// Seen in public clients only: the call that ring attempts belong to.
    #[serde(deserialize_with = "name")]
    pub(super) original_callid: String,
    /// Seen in public clients only.
    #[serde(deserialize_with = "text")]
    pub(super) end_reason: String,
    /// Fields that no document names: kept, not dropped.
    #[serde(flatten)]
    pub(super) extra: BTreeMap<String, Value>,
}

/// What an answer holds.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    /// What stood under the field that was asked for.
    Given(Value),
    /// The answer says that all is well, and has no such field.
    Missing,
}

/// Why an answer holds no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A status other than 200, or `{"error": …}`, with the vendor's words.
    Status { status: Option<i64>, words: String },
    /// Readable JSON of a shape that is no answer.
    Shape(String),
}

/// What a status says, however it is written: `200`, `"200"`, `"OK"`, `true`, `"success"`; `"error"`, `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Well,
    /// There is nothing to tell: no calls, no records.
    NothingFound,
    Bad(Option<i64>),
}

/// Words for a good status, folded.
pub(super) const WELL: [&str; 8] = ["ok", "success", "successful", "true", "accepted", "queued", "done", "exito"];

impl Status {
    fn of_number(number: i64) -> Self {
        match number {
            1 | 200..=202 => Self::Well,
            204 | 404 => Self::NothingFound,
            other => Self::Bad(Some(other)),
        }
    }

    /// `None` where the field says nothing.
    pub(super) fn of(value: &Value) -> Result<Option<Self>, Refusal> {
        Ok(match value {
            Value::Null => None,
            Value::Bool(true) => Some(Self::Well),
            Value::Bool(false) => Some(Self::Bad(None)),
            Value::Number(number) => {
                Some(number.as_f64().map_or(Self::Bad(None), |number| Self::of_number(number as i64)))
            }
            Value::String(text) => {
                let word = fold(text.trim().trim_matches('"'));
                let first = word.split_whitespace().next().unwrap_or_default();
                match first.parse::<f64>() {
                    Ok(number) => Some(Self::of_number(number as i64)),
                    Err(_) if word.is_empty() => None,
                    Err(_) if WELL.contains(&word.as_str()) => Some(Self::Well),
                    Err(_) => Some(Self::Bad(None)),
                }
            }
            other => return Err(Refusal::Shape(format!("status is {}", kind(other)))),
        })
    }
}

/// Takes the content out of its envelope. Accepts a bare list, and whatever PHP makes of a status.
pub(super) fn open(json: Value, field: &str) -> Result<Content, Refusal> {
    let mut fields = match json {
        Value::Array(_) => return Ok(Content::Given(json)),
        Value::Object(fields) => fields,
        other => return Err(Refusal::Shape(format!("{} where an object was expected", kind(&other)))),
    };
    let status = fields.get("status").map(Status::of).transpose()?.flatten();
    let unsuccessful = fields.get("success").is_some_and(is_nothing);
    let complains = fields.get("error").is_some_and(|error| !is_nothing(error));
    let content = fields.remove(field);
    let empty = content.as_ref().is_some_and(is_nothing);
    // Nothing, with a word that is none of "no calls": the list is missing rather than empty.
    let said = words(&fields);
    let is_missing = |nothing: &Value| {
        let explains = !said.trim().is_empty() && !WELL.contains(&fold(&said).trim());
        (nothing.is_null() || nothing.is_string()) && explains && !says_nothing_found(&said)
    };
    let content = content.filter(|content| !(empty && status == Some(Status::Well) && is_missing(content)));
    match status {
        Some(Status::Bad(status)) => return Err(Refusal::Status { status, words: words(&fields) }),
        Some(Status::NothingFound) if empty || content.is_none() && says_nothing_found(&words(&fields)) => {
            return Ok(Content::Given(Value::Null));
        }
        Some(Status::NothingFound) if content.is_none() => {
            return Err(Refusal::Status { status: Some(404), words: words(&fields) });
        }
        _ => {}
    }
    if unsuccessful && !empty || complains && content.is_none() {
        return Err(Refusal::Status { status: None, words: words(&fields) });
    }
    match content {
        Some(content) => Ok(Content::Given(content)),
        None if status.is_some() => Ok(Content::Missing),
        None => Err(Refusal::Shape(format!("there is no {field} in it"))),
    }
}

/// What an answer says in its own words.
pub(super) fn words(fields: &Map<String, Value>) -> String {
    let names = ["message", "error", "errors", "msg", "mensaje", "description", "descripcion", "detail", "reason"];
    let said = names.iter().find_map(|name| match fields.get(*name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
        Some(Value::Object(inner)) => Some(words(inner)).filter(|words| !words.is_empty()),
        Some(Value::Array(list)) => list.iter().find_map(|one| match one {
            Value::String(text) => Some(text.clone()),
            Value::Object(inner) => Some(words(inner)).filter(|words| !words.is_empty()),
            _ => None,
        }),
        _ => None,
    });
    said.unwrap_or_default()
}

/// What PHP calls empty, and the same written as text.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => matches!(text.trim().to_ascii_lowercase().as_str(), "" | "0" | "false" | "null" | "no"),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// "No records found" and its like, in the languages of the vendor's documents and of its PHP.
pub(super) fn says_nothing_found(words: &str) -> bool {
    let words = fold(words);
    // Whatever holds more than words says something else besides.
    if words.len() > 200 || words.contains(['{', '[', '<']) {
        return false;
    }
    let nothing = [
        "no record",
        "no call",
        "no cdr",
        "no data",
        "no result",
        "nothing",
        "no hay",
        "sin registro",
        "sin llamada",
        "sin datos",
        "sin resultado",
        "no se encontr",
        "no existen",
        "ningun",
    ];
    nothing.iter().any(|one| words.contains(one))
}

/// The rows of a list, whatever PHP made of it: a list, an object with numbered keys, or nothing.
pub(super) fn rows(content: Value) -> Result<Vec<(String, Value)>, Refusal> {
    match content {
        Value::Array(rows) => Ok(rows.into_iter().enumerate().map(|(n, row)| (format!("cdrs[{n}]"), row)).collect()),
        // One row alone, without the list around it.
        Value::Object(row) if row.contains_key("callid") => Ok(vec![("cdrs".to_owned(), Value::Object(row))]),
        Value::Object(rows) => Ok(rows.into_iter().map(|(key, row)| (format!("cdrs.{key}"), row)).collect()),
        nothing if is_nothing(&nothing) && !nothing.is_boolean() && !nothing.is_number() => Ok(Vec::new()),
        other => Err(Refusal::Shape(format!("cdrs is {}", kind(&other)))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_found_whatever_php_made_of_status_and_list() {
        let row = json!({"callid": "1"});
        for answer in [
            json!({"status": 200, "cdrs": [row]}),
            json!({"status": "200", "cdrs": [row]}),
            json!({"status": "OK", "cdrs": {"0": row}}),
            json!({"status": true, "cdrs": row}),
            json!({"status": "200 OK", "cdrs": [row]}),
            json!({"status": "\"200\"", "cdrs": [row]}),
            json!({"status": 1, "cdrs": [row]}),
            json!({"status": 200.0, "error": "", "cdrs": [row]}),
            json!({"success": true, "cdrs": [row]}),
            json!({"cdrs": [row]}),
            json!([row]),
        ] {
            let Ok(Content::Given(content)) = open(answer.clone(), "cdrs") else { panic!("{answer}") };
            assert_eq!(rows(content).unwrap().len(), 1, "{answer}");
        }
    }

    #[test]
    fn that_there_are_no_calls_is_an_answer() {
        for answer in [
            json!({"status": 200, "cdrs": []}),
            json!({"status": 404, "message": "No records found", "cdrs": []}),
            json!({"status": "404", "message": "No records found"}),
            json!({"status": 204, "cdrs": null}),
            json!({"status": 200, "cdrs": {}}),
            json!({"status": 200, "cdrs": ""}),
            json!({"status": 200, "cdrs": "0"}),
            json!({"status": 404, "message": "No se encontraron llamadas"}),
            json!({"success": false, "message": "No hay registros", "cdrs": []}),
            json!([]),
        ] {
            let Ok(Content::Given(content)) = open(answer.clone(), "cdrs") else { panic!("{answer}") };
            assert_eq!(rows(content), Ok(Vec::new()), "{answer}");
        }
    }

    #[test]
    fn an_answer_without_a_list_is_no_empty_list() {
        for answer in [
            json!({"status": 200, "message": "espere"}),
            json!({"status": "OK"}),
            json!({"status": 202, "data": []}),
            json!({"status": 200, "message": "Sesión vencida", "cdrs": null}),
        ] {
            assert_eq!(open(answer.clone(), "cdrs"), Ok(Content::Missing), "{answer}");
        }
        for answer in [
            json!({"status": 404, "error": "Not Found", "path": "/getCdrs.php"}),
            json!({"status": 403, "message": "IP", "cdrs": []}),
            json!({"success": false, "message": "clave"}),
            json!({"error": "x"}),
            json!({}),
        ] {
            assert!(open(answer.clone(), "cdrs").is_err(), "{answer}");
        }
        assert!(rows(json!(false)).is_err());
        assert!(rows(json!(7)).is_err());
        assert!(rows(json!(0)).is_err());
    }
}
