//! From CallMyWay's shapes to ours. Pure: bytes in, observations out.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use timbre_domain::attribution::{Side, Sides};
use timbre_domain::call::seconds_between;
use timbre_domain::cdr::{CdrPage, CdrRow};
use timbre_domain::endpoint::{Endpoint, EndpointNumber};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::observation::{CallObservation, LiveAnswer};
use timbre_domain::redact::Redactor;
use timbre_domain::unread::Unread;

use super::body::{self, ReadError};
use super::numbers;
use super::time::{self, ReadTime};
use super::wire::{self, Content, Refusal, Row};
use crate::amount;
use crate::secret;

/// Nobody speaks for more than a week.
const LONGEST_CALL_S: u64 = 7 * 24 * 3_600;
/// How far two clocks may be apart before a time counts as one in the future.
const CLOCKS_APART: TimeDelta = TimeDelta::minutes(5);

/// What is needed to read an answer.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The zone of the vendor's times.
    pub zone: Tz,
    /// Takes what we sent out of what is kept: a vendor may echo it.
    pub redactor: &'a Redactor,
    /// When the answer came, UTC.
    pub answered_at: DateTime<Utc>,
}

impl Reading<'_> {
    /// A part that could not be read: cleaned first and cut then, so that no cut hides half a secret.
    fn unread(&self, place: &str, reason: impl AsRef<str>, raw: &str) -> Unread {
        let clean = |text: &str| secret::clean_part(text, self.redactor);
        let place: String = clean(place).chars().take(80).collect();
        Unread { place, reason: clean(reason.as_ref()), raw: body::kept(&clean(raw)) }
    }
}

/// Reads an answer to `live=1`.
///
/// # Errors
/// When nothing in it could be read. A row that can't be read is counted instead, and makes the answer incomplete.
pub fn read_live(bytes: &[u8], reading: &Reading<'_>) -> Result<LiveAnswer, PortError> {
    let Rows { rows, repairs } = rows_of(bytes, reading)?;
    let mut answer = LiveAnswer { complete: rows.is_some(), repairs, size: bytes.len(), ..LiveAnswer::default() };
    if rows.is_none() {
        let reason = "the answer says that all is well and lists no calls";
        answer.unread.push(reading.unread("cdrs", reason, &body::decoded(bytes)));
    }
    for (place, value) in rows.unwrap_or_default() {
        let Some(row) = read_row(&place, value, reading, &mut answer.unread) else {
            // It may be any call, so nothing that is missing from the rest has ended.
            answer.complete = false;
            continue;
        };
        let observation = observe(&place, &row, reading, &mut answer.unread);
        answer.observations.push(observation);
    }
    Ok(answer)
}

/// Whether an answer says that there are no calls or records.
pub(super) fn finds_nothing(bytes: &[u8]) -> bool {
    let content = body::read(bytes).ok().and_then(|body| wire::open(body.json, "cdrs").ok());
    matches!(content, Some(Content::Given(content)) if wire::is_nothing(&content))
}

/// Reads an answer to `recent=1` or to a range; gives the rows, and how many there were, read or not.
///
/// # Errors
/// When nothing in it could be read. A row that can't be read is counted instead.
pub fn read_cdrs(bytes: &[u8], reading: &Reading<'_>) -> Result<(CdrPage, usize), PortError> {
    let Rows { rows, repairs } = rows_of(bytes, reading)?;
    let rows = rows.ok_or_else(|| PortError::new(ErrorCode::Unreadable, "there are no cdrs in the answer"))?;
    let received = rows.len();
    let mut answer = CdrPage { repairs, ..CdrPage::default() };
    for (place, value) in rows {
        if let Some(row) = read_row(&place, value, reading, &mut answer.unread) {
            let observation = observe(&place, &row, reading, &mut answer.unread);
            answer.rows.push(record(&place, row, observation, reading, &mut answer.unread));
        }
    }
    Ok((answer, received))
}

/// Reads an answer of `getEndpoints.php`: a map of id to number, or an empty list.
///
/// # Errors
/// When it could not be read, or an entry is no endpoint: a list with gaps would attribute calls wrongly.
pub fn read_endpoints(bytes: &[u8], redactor: &Redactor) -> Result<Vec<Endpoint>, PortError> {
    let body = body::read(bytes).map_err(unreadable)?;
    let content = match wire::open(body.json, "endpoints").map_err(|refusal| refused(refusal, redactor))? {
        Content::Given(content) => content,
        Content::Missing => return Err(PortError::new(ErrorCode::Unreadable, "there are no endpoints in the answer")),
    };
    let entries = match content {
        nothing if wire::is_nothing(&nothing) => return Ok(Vec::new()),
        // A list of objects, each with its id.
        Value::Array(list) => {
            let keyed = |(n, entry): (usize, Value)| (field_of(&entry, &IDS).unwrap_or_else(|| n.to_string()), entry);
            list.into_iter().enumerate().map(keyed).collect()
        }
        Value::Object(entries) => entries,
        other => {
            return Err(PortError::new(ErrorCode::Unreadable, format!("endpoints is {}", crate::text::kind(&other))));
        }
    };
    entries
        .into_iter()
        .map(|(id, number)| {
            let text = match number {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                entry @ Value::Object(_) if field_of(&entry, &NUMBERS).is_some() => {
                    field_of(&entry, &NUMBERS).unwrap_or_default()
                }
                other => {
                    return Err(PortError::new(
                        ErrorCode::Unreadable,
                        format!("endpoints.{id} is {}", crate::text::kind(&other)),
                    ));
                }
            };
            let number = EndpointNumber::new(&text)
                .ok_or_else(|| PortError::new(ErrorCode::Unreadable, format!("endpoints.{id} is empty")))?;
            Ok(Endpoint { id, number })
        })
        .collect()
}

/// What an entry that is an object calls its id, and its number.
const IDS: [&str; 3] = ["id", "endpoint_id", "endpointId"];
const NUMBERS: [&str; 6] = ["number", "endpoint", "endpoint_number", "username", "user", "name"];

fn field_of(entry: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match entry.get(*name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The endpoint's number in what the vendor names a side's user by: `8373456 - Ana`, `SIP/8373456-0000a1b2`,
/// `8373456@sip.example.com`.
fn endpoint_in(user: &str) -> String {
    let user = user.trim().trim_matches('"');
    let begins = user.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits: String = begins.chars().take_while(char::is_ascii_digit).collect();
    if digits.len() >= 5 { digits } else { user.to_owned() }
}

/// Rows with their places in the answer; `None` where it lists none at all. And what was mended.
struct Rows {
    rows: Option<Vec<(String, Value)>>,
    repairs: Vec<String>,
}

fn rows_of(bytes: &[u8], reading: &Reading<'_>) -> Result<Rows, PortError> {
    let body = match body::read(bytes) {
        // Some scripts say so in plain words.
        Err(ReadError::NotJson(_)) if wire::says_nothing_found(&body::decoded(bytes)) => {
            return Ok(Rows {
                rows: Some(Vec::new()),
                repairs: vec!["plain words were read as an empty list".to_owned()],
            });
        }
        read => read.map_err(unreadable)?,
    };
    let refused = |refusal| refused(refusal, reading.redactor);
    let rows = match wire::open(body.json, "cdrs").map_err(refused)? {
        Content::Given(content) => Some(wire::rows(content).map_err(refused)?),
        Content::Missing => None,
    };
    Ok(Rows { rows, repairs: body.repairs.into_iter().map(str::to_owned).collect() })
}

fn read_row(place: &str, value: Value, reading: &Reading<'_>, unread: &mut Vec<Unread>) -> Option<Row> {
    let raw = value.to_string();
    match serde_json::from_value::<Row>(value) {
        Ok(row) if !row.callid.trim().is_empty() => Some(row),
        Ok(_) => {
            unread.push(reading.unread(&format!("{place}.callid"), "there is no callid", &raw));
            None
        }
        Err(error) => {
            unread.push(reading.unread(place, error.to_string(), &raw));
            None
        }
    }
}

fn observe(place: &str, row: &Row, reading: &Reading<'_>, unread: &mut Vec<Unread>) -> CallObservation {
    let side = |number: &str, user: &str, id: &str| Side {
        // The vendor shows nothing where the number is withheld.
        number: Some(number.trim().to_owned()),
        user: endpoint_in(user),
        endpoint_id: id.trim().to_owned(),
    };
    let sides = Sides {
        calling: side(&row.ani, &row.ani_user, &row.access_endpoint_id),
        called: side(&row.dnis, &row.dnis_user, &row.dst_endpoint_id),
    };
    let detected_at = moment(&format!("{place}.detect_time"), &row.detect_time, reading, unread);
    let detected_at = detected_at.unwrap_or(reading.answered_at);
    CallObservation {
        external_id: external_id(place, row, reading, unread),
        group: Some(&row.original_callid).filter(|group| !group.is_empty()).cloned(),
        sides,
        detected_at,
        connected_at: connected_at(place, row, detected_at, reading, unread),
        ended_at: None,
    }
}

/// The row's `callid` as it is written. One that names no call (`0`), or lost digits on its way through a floating-point
/// number, may stand in several rows: what else tells them apart is added to it.
fn external_id(place: &str, row: &Row, reading: &Reading<'_>, unread: &mut Vec<Unread>) -> String {
    let id = row.callid.trim();
    let names_none = matches!(id, "0" | "false" | "null");
    if !names_none && !numbers::lost_digits(id) {
        return id.to_owned();
    }
    unread.push(reading.unread(&format!("{place}.callid"), "several calls may have this id", id));
    let began: String = row.detect_time.chars().filter(char::is_ascii_digit).collect();
    let sides = crc32fast::hash(format!("{}|{}", row.ani, row.dnis).as_bytes());
    format!("{id}@{began}-{sides:08x}")
}

/// When the row says that the call was answered. A call can't have been answered after we were told of it: a time in the
/// future is taken for the present. Where the whole row lies in the future, it is the zone or a clock that is wrong, which
/// is judged elsewhere.
fn connected_at(
    place: &str,
    row: &Row,
    detected_at: DateTime<Utc>,
    reading: &Reading<'_>,
    unread: &mut Vec<Unread>,
) -> Option<DateTime<Utc>> {
    let place = format!("{place}.connect_time");
    let connected_at = moment(&place, &row.connect_time, reading, unread)?;
    let soon = reading.answered_at + CLOCKS_APART;
    if connected_at > soon && detected_at <= soon {
        unread.push(reading.unread(&place, "it lies in the future", &row.connect_time));
        return Some(reading.answered_at);
    }
    Some(connected_at)
}

fn moment(place: &str, text: &str, reading: &Reading<'_>, unread: &mut Vec<Unread>) -> Option<DateTime<Utc>> {
    match time::read(text, reading.zone) {
        ReadTime::At(time) => Some(time),
        ReadTime::None => None,
        ReadTime::Unreadable => {
            unread.push(reading.unread(place, "it is no time", text));
            None
        }
    }
}

fn record(place: &str, row: Row, seen: CallObservation, reading: &Reading<'_>, unread: &mut Vec<Unread>) -> CdrRow {
    let disconnected_at = moment(&format!("{place}.disconnect_time"), &row.disconnect_time, reading, unread);
    let duration_s = match row.duration.trim() {
        "" => 0,
        text => amount::seconds(text).filter(|seconds| *seconds <= LONGEST_CALL_S).unwrap_or_else(|| {
            unread.push(reading.unread(&format!("{place}.duration"), "it is no number of seconds", text));
            // Both its ends tell as much.
            seen.connected_at.zip(disconnected_at).map_or(0, |(from, to)| seconds_between(from, to))
        }),
    };
    let spoken = i64::try_from(duration_s).ok().and_then(TimeDelta::try_seconds).unwrap_or_default();
    let ended_at =
        disconnected_at.or_else(|| seen.connected_at.and_then(|connected| connected.checked_add_signed(spoken)));
    let mut money = |field: &str, text: &str| match text.trim() {
        "" => None,
        text => amount::money(text).or_else(|| {
            unread.push(reading.unread(&format!("{place}.{field}"), "it is no amount", text));
            None
        }),
    };
    let (cost, rate, access_fee) =
        (money("cost", &row.cost), money("rate", &row.rate), money("access_fee", &row.access_fee));
    // What nobody reads here is kept all the same, and may repeat what we sent. Numbers and users stay as they are: somebody's
    // password may be his own number.
    let clean = |text: String| secret::clean_field(&text, reading.redactor);
    let mut extra: BTreeMap<String, Value> = row
        .extra
        .into_iter()
        .map(|(name, value)| (clean(name), secret::clean_value(value, reading.redactor)))
        .collect();
    for (name, value) in [("ani_user", row.ani_user), ("dnis_user", row.dnis_user)] {
        if !value.is_empty() {
            extra.insert(name.to_owned(), Value::String(value));
        }
    }
    CdrRow {
        external_id: seen.external_id,
        group: seen.group,
        sides: seen.sides,
        detected_at: seen.detected_at,
        connected_at: seen.connected_at,
        ended_at,
        duration_s,
        cost,
        rate,
        access_fee,
        route_pattern: clean(row.route_pattern),
        route_name: clean(row.route_name),
        end_reason: clean(row.end_reason),
        extra,
    }
}

/// What an unreadable answer most probably means (PROVIDERS.md, "Only from authorised addresses").
pub(super) fn unreadable(error: ReadError) -> PortError {
    let code = match error {
        ReadError::Empty | ReadError::WebPage => ErrorCode::NotAuthorised,
        ReadError::NotJson(_) => ErrorCode::Unreadable,
    };
    let guessed = code == ErrorCode::NotAuthorised;
    PortError { guessed, ..PortError::new(code, error.to_string()).caused_by(error) }
}

/// The vendor's own words stay out of the message: they may repeat what we sent, and we sent a password.
pub(super) fn refused(refusal: Refusal, redactor: &Redactor) -> PortError {
    let (status, words) = match refusal {
        Refusal::Status { status, words } => (status, words),
        Refusal::Shape(what) => return PortError::new(ErrorCode::Unreadable, what),
    };
    let error = match status {
        Some(status @ (429 | 500..=599)) => {
            PortError::new(ErrorCode::VendorFailed, format!("the answer's status is {status}"))
        }
        Some(status @ (401 | 403)) => {
            PortError::new(ErrorCode::NotAuthorised, format!("the answer's status is {status}"))
        }
        Some(status) => PortError::new(ErrorCode::NotAuthorised, format!("the answer's status is {status}")).guessed(),
        None => PortError::new(ErrorCode::NotAuthorised, "the answer is an error").guessed(),
    };
    error.saying(&redactor.clean_answer(&words))
}

#[cfg(test)]
mod tests;
