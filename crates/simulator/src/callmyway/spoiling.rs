//! Applies faults to answers.

use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::answer::{Answer, list};
use super::fault::Fault;
use super::row::{NEVER, Row, Value, callid_of};

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Mantenimiento</title></head>\
                    <body><h1>Sitio en mantenimiento</h1></body></html>\n";
const NOTICE: &str = "<br />\n<b>Notice</b>:  Undefined index: rate in <b>/var/www/html/getCdrs.php</b> on line \
                      <b>137</b><br />\n";
const HOSTILE: &str = "<img src=x onerror=alert(1)>\u{1b}[31mROJO\u{1b}[0m\u{0}\r\n\u{202e}\"';-- ${HOME}";
const CHUNK: u64 = 64 * 1024;
/// How the callids of calls begin that are nobody's.
const STRANGER: &str = "000000";

/// A response, and the callids of the simulator's calls that a client can read in it.
pub(crate) struct Sent {
    pub(crate) response: Response,
    pub(crate) shown: Vec<String>,
}

/// HTTP 200 with the content type that PHP sends by default.
pub(crate) fn ok(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=UTF-8")], body.into()).into_response()
}

/// The HTML page of a server under maintenance.
pub(crate) fn page(status: StatusCode) -> Response {
    (status, ok(PAGE)).into_response()
}

/// Turns an answer into the response that is sent.
pub(crate) fn spoilt(answer: Answer, fault: Option<&Fault>) -> Sent {
    let answer = match (answer, fault) {
        (Answer::Rows(rows), Some(fault)) => Answer::Rows(spoilt_rows(rows, fault)),
        (answer, _) => answer,
    };
    let shows = !fault.is_some_and(hides_rows);
    let shown = match &answer {
        Answer::Rows(rows) if shows => {
            rows.iter().filter_map(callid_of).filter(|callid| !callid.starts_with(STRANGER)).collect()
        }
        _ => Vec::new(),
    };
    Sent { response: response(&answer, fault), shown }
}

fn hides_rows(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Http500
            | Fault::Html
            | Fault::Hang
            | Fault::EmptyBody
            | Fault::WrongStatus(_)
            | Fault::ErrorObject
            | Fault::NullList
            | Fault::EmptyObjectList
            | Fault::Huge(_)
            | Fault::ConnectionReset
            | Fault::TruncatedJson
            | Fault::Body(_)
            | Fault::Status(..)
            | Fault::RetryAfter(..)
    )
}

fn response(answer: &Answer, fault: Option<&Fault>) -> Response {
    let body = answer.written();
    let Some(fault) = fault else { return ok(body) };
    match fault {
        Fault::Http500 => page(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::Html => page(StatusCode::OK),
        Fault::TruncatedJson => ok(body.chars().take(body.chars().count() * 3 / 5).collect::<String>()),
        Fault::EmptyBody => ok(""),
        Fault::WrongStatus(status) => ok(Answer::status(*status, "Error interno").written()),
        Fault::ErrorObject => ok("{\"error\":\"No fue posible procesar la solicitud\"}"),
        Fault::BareArray => match answer {
            Answer::Rows(rows) => ok(list(rows)),
            _ => ok(body),
        },
        Fault::NullList => ok(answer.written_with("null")),
        Fault::EmptyObjectList => ok(answer.written_with("{}")),
        Fault::Bom => ok(format!("\u{feff}{body}")),
        Fault::PhpNotice => ok(format!("{NOTICE}{body}")),
        Fault::NumbersForStrings => ok(body.replacen("\"status\":200", "\"status\":\"200\"", 1)),
        Fault::Huge(bytes) => ok(huge(*bytes)),
        Fault::Body(body) => ok(body.clone()),
        Fault::Status(status, body) => (any_status(*status), ok(body.clone())).into_response(),
        Fault::RetryAfter(status, seconds) => {
            (any_status(*status), [(header::RETRY_AFTER, seconds.to_string())], ok("")).into_response()
        }
        Fault::Gzip(said) => gzip(&body, *said),
        Fault::Slow(_)
        | Fault::Hang
        | Fault::ConnectionReset
        | Fault::ZeroDates
        | Fault::DuplicateRow
        | Fault::VanishedCall
        | Fault::MissingCallid
        | Fault::BadDate
        | Fault::Fields(_)
        | Fault::Twin(_)
        | Fault::Crowd(_)
        | Fault::HostileNames => ok(body),
    }
}

fn spoilt_rows(mut rows: Vec<Row>, fault: &Fault) -> Vec<Row> {
    match fault {
        Fault::VanishedCall => rows.clear(),
        Fault::DuplicateRow => rows = rows.into_iter().flat_map(|row| [row.clone(), row]).collect(),
        Fault::MissingCallid => {
            if let Some(row) = rows.first_mut() {
                row.retain(|(name, _)| *name != "callid");
            }
        }
        Fault::BadDate => {
            if let Some(row) = rows.first_mut() {
                set(row, "detect_time", "2017-48-13 06:48:51");
            }
        }
        Fault::HostileNames => rows.iter_mut().for_each(|row| set(row, "route_name", HOSTILE)),
        Fault::ZeroDates => {
            for (_, value) in rows.iter_mut().flatten() {
                if *value == Value::Text(NEVER.to_owned()) {
                    *value = Value::Text("0000-00-00 00:00:00".to_owned());
                }
            }
        }
        Fault::Fields(fields) => rows = rows.into_iter().map(|row| changed(row, fields)).collect(),
        Fault::Twin(fields) => {
            rows = rows.into_iter().flat_map(|row| [row.clone(), changed(row, fields)]).collect();
        }
        Fault::Crowd(others) => rows = (0..*others).map(stranger).chain(rows).collect(),
        Fault::NumbersForStrings => rows.iter_mut().flatten().for_each(|(_, value)| swap_kind(value)),
        _ => {}
    }
    rows
}

fn set(row: &mut Row, field: &str, text: &str) {
    for (name, value) in row {
        if *name == field {
            *value = Value::Text(text.to_owned());
        }
    }
}

/// Whatever JSON is wanted stands in the field as it is.
fn set_json(row: &mut Row, field: &str, json: &str) {
    for (_, value) in row.iter_mut().filter(|(name, _)| *name == field) {
        *value = Value::Number(json.to_owned());
    }
}

fn changed(mut row: Row, fields: &[(String, String)]) -> Row {
    fields.iter().for_each(|(name, json)| set_json(&mut row, name, json));
    row
}

/// A call between people who are none of the account's endpoints that anybody follows.
fn stranger(n: usize) -> Row {
    let text = |text: String| Value::Text(text);
    vec![
        ("callid", text(format!("{STRANGER}{n:013}"))),
        ("ani", text(format!("4{:07}", n % 10_000_000))),
        ("dnis", text(format!("2{:07}", n % 10_000_000))),
        ("detect_time", text("2017-12-04 10:01:43".to_owned())),
        ("connect_time", text("2017-12-04 10:01:48".to_owned())),
        ("duration", text("0".to_owned())),
        ("ani_user", text(String::new())),
        ("dnis_user", text(String::new())),
        ("cost", Value::Number("0".to_owned())),
        ("route_name", text("x".repeat(300))),
        ("access_endpoint_id", text("0".to_owned())),
        ("dst_endpoint_id", text("0".to_owned())),
    ]
}

fn any_status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn gzip(body: &str, said: bool) -> Response {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    // Memory takes all that is written to it.
    let packed = packer.write_all(body.as_bytes()).and_then(|()| packer.finish()).unwrap_or_default();
    let mut response = ok(packed);
    if said {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn swap_kind(value: &mut Value) {
    *value = match std::mem::replace(value, Value::Text(String::new())) {
        Value::Number(digits) => Value::Text(digits),
        // JSON has no numbers with leading zeros.
        Value::Text(text) if text == "0" => Value::Number(text),
        Value::Text(text)
            if !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Value::Number(text)
        }
        other => other,
    };
}

/// The beginning of an answer, `bytes` long, whose message does not end.
fn huge(bytes: u64) -> Body {
    const OPENING: &str = "{\"status\":200,\"message\":\"";
    let rest = bytes.saturating_sub(OPENING.len() as u64);
    let opening = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(OPENING.as_bytes()))]);
    let filling = stream::unfold(rest, |left| async move {
        let length = left.min(CHUNK);
        let chunk = Bytes::from(vec![b'x'; usize::try_from(length).unwrap_or_default()]);
        (length > 0).then(|| (Ok(chunk), left - length))
    });
    Body::from_stream(futures_util::StreamExt::chain(opening, filling))
}
