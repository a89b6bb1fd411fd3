//! From CallMyWay's shapes to ours. Pure: bytes in, observations out.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::Value;
use timbre_domain::attribution::{Side, Sides};
use timbre_domain::cdr::{CdrPage, CdrRow};
use timbre_domain::endpoint::{Endpoint, EndpointNumber};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::observation::{CallObservation, LiveAnswer};
use timbre_domain::redact::Redactor;
use timbre_domain::unread::Unread;

use super::body::{self, ReadError};
use super::time::{self, ReadTime};
use super::wire::{self, Refusal, Row};

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
        let place: String = self.redactor.clean(place).chars().take(80).collect();
        Unread { place, reason: self.redactor.clean(reason.as_ref()), raw: body::kept(&self.redactor.clean(raw)) }
    }
}

/// Reads an answer to `live=1`.
///
/// # Errors
/// When nothing in it could be read. A row that can't be read is counted instead, and makes the answer incomplete.
pub fn read_live(bytes: &[u8], reading: &Reading<'_>) -> Result<LiveAnswer, PortError> {
    let (rows, repairs) = rows_of(bytes)?;
    let mut answer = LiveAnswer { complete: true, repairs, ..LiveAnswer::default() };
    for (place, value) in rows {
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

/// Reads an answer to `recent=1` or to a range; gives the rows, and how many there were, read or not.
///
/// # Errors
/// When nothing in it could be read. A row that can't be read is counted instead.
pub fn read_cdrs(bytes: &[u8], reading: &Reading<'_>) -> Result<(CdrPage, usize), PortError> {
    let (rows, repairs) = rows_of(bytes)?;
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
pub fn read_endpoints(bytes: &[u8]) -> Result<Vec<Endpoint>, PortError> {
    let body = body::read(bytes).map_err(unreadable)?;
    let content = wire::open(body.json, "endpoints").map_err(refused)?.content;
    let entries = match content {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) if list.is_empty() => return Ok(Vec::new()),
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

/// Rows with their places in the answer, and what was mended.
type Rows = (Vec<(String, Value)>, Vec<String>);

fn rows_of(bytes: &[u8]) -> Result<Rows, PortError> {
    let body = body::read(bytes).map_err(unreadable)?;
    let content = wire::open(body.json, "cdrs").map_err(refused)?.content;
    let rows = wire::rows(content).map_err(refused)?;
    Ok((rows, body.repairs.into_iter().map(str::to_owned).collect()))
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
        user: user.trim().to_owned(),
        endpoint_id: id.trim().to_owned(),
    };
    let sides = Sides {
        calling: side(&row.ani, &row.ani_user, &row.access_endpoint_id),
        called: side(&row.dnis, &row.dnis_user, &row.dst_endpoint_id),
    };
    let detected_at = moment(&format!("{place}.detect_time"), &row.detect_time, reading, unread);
    let group = row.original_callid.trim();
    CallObservation {
        external_id: row.callid.trim().to_owned(),
        group: (!group.is_empty() && group != "0").then(|| group.to_owned()),
        sides,
        detected_at: detected_at.unwrap_or(reading.answered_at),
        connected_at: moment(&format!("{place}.connect_time"), &row.connect_time, reading, unread),
        ended_at: None,
    }
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
    let duration_s = match row.duration.trim() {
        "" => 0,
        text => text.parse::<Decimal>().ok().and_then(|d| u64::try_from(d.round()).ok()).unwrap_or_else(|| {
            unread.push(reading.unread(&format!("{place}.duration"), "it is no number of seconds", text));
            0
        }),
    };
    let spoken = i64::try_from(duration_s).ok().and_then(TimeDelta::try_seconds).unwrap_or_default();
    let ended_at = moment(&format!("{place}.disconnect_time"), &row.disconnect_time, reading, unread)
        .or_else(|| seen.connected_at.and_then(|connected| connected.checked_add_signed(spoken)));
    let mut money = |field: &str, text: &str| match text.trim() {
        "" => None,
        text => text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text)).map_or_else(
            |_| {
                unread.push(reading.unread(&format!("{place}.{field}"), "it is no amount", text));
                None
            },
            Some,
        ),
    };
    let (cost, rate, access_fee) =
        (money("cost", &row.cost), money("rate", &row.rate), money("access_fee", &row.access_fee));
    let mut extra: BTreeMap<String, Value> = row.extra;
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
        route_pattern: row.route_pattern,
        route_name: row.route_name,
        end_reason: row.end_reason,
        extra,
    }
}

/// What an unreadable answer most probably means (PROVIDERS.md, "Only from authorised addresses").
pub(super) fn unreadable(error: ReadError) -> PortError {
    let code = match error {
        ReadError::Empty | ReadError::WebPage => ErrorCode::NotAuthorised,
        ReadError::NotJson(_) => ErrorCode::Unreadable,
    };
    PortError::new(code, error.to_string()).caused_by(error)
}

/// The vendor's own words stay out of the message: they may repeat what we sent, and we sent a password.
pub(super) fn refused(refusal: Refusal) -> PortError {
    match refusal {
        Refusal::Status { status: Some(status @ 500..=599), .. } => {
            PortError::new(ErrorCode::VendorFailed, format!("the answer's status is {status}"))
        }
        Refusal::Status { status: Some(status), .. } => {
            PortError::new(ErrorCode::NotAuthorised, format!("the answer's status is {status}"))
        }
        Refusal::Status { status: None, .. } => PortError::new(ErrorCode::NotAuthorised, "the answer is an error"),
        Refusal::Shape(what) => PortError::new(ErrorCode::Unreadable, what),
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::attribution::{Whose, attribute};
    use timbre_domain::call::{Direction, Party};
    use timbre_domain::endpoint::ServedEndpoints;
    use timbre_domain::number::Country;

    use super::*;

    fn reading(redactor: &Redactor) -> Reading<'_> {
        let answered_at = "2017-12-04T16:01:45Z".parse().unwrap();
        Reading { zone: chrono_tz::America::Costa_Rica, redactor, answered_at }
    }

    fn live(text: &str) -> Result<LiveAnswer, PortError> {
        read_live(text.as_bytes(), &reading(&Redactor::default()))
    }

    fn cdrs(text: &str) -> (CdrPage, usize) {
        read_cdrs(text.as_bytes(), &reading(&Redactor::default())).unwrap()
    }

    fn row(fields: &str) -> String {
        format!(
            r#"{{"status":200,"message":"","cdrs":[{{"callid":"1","ani":"88848787","dnis_user":"8373456",{fields}}}]}}"#
        )
    }

    #[test]
    fn an_empty_list_is_written_in_many_ways() {
        for list in [r#""cdrs":[]"#, r#""cdrs":{}"#, r#""cdrs":null"#, r#""cdrs":"""#, r#""other":1"#] {
            let got = live(&format!(r#"{{"status":200,"message":"",{list}}}"#)).unwrap();
            assert!(got.complete && got.observations.is_empty(), "{list}");
        }
        assert!(live("[]").unwrap().complete, "a bare list");
        assert!(live(r#"{"cdrs":[]}"#).unwrap().complete, "no status at all");
        assert!(live(r#"{"status":"200","cdrs":[]}"#).unwrap().complete, "a status as text");
    }

    #[test]
    fn numbers_may_stand_where_texts_were() {
        let got = live(r#"{"status":200,"cdrs":{"7":{"callid":6495722720473790385,"ani":88848787,"dnis":8373456,"dnis_user":8373456,"detect_time":"2017-12-04 10:01:43","connect_time":null,"duration":0}}}"#).unwrap();
        let call = &got.observations[0];
        assert_eq!(call.external_id, "6495722720473790385");
        let own = ServedEndpoints::new(EndpointNumber::new("8373456"));
        let Whose::Ours(ours) = attribute(&call.sides, &own, Country::CR) else { panic!("{call:?}") };
        assert_eq!(ours.direction, Direction::In);
        assert!(matches!(&ours.party, Party::Number { number } if number.e164() == Some("+50688848787")));
        assert_eq!(call.connected_at, None);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_counted_and_makes_the_answer_incomplete() {
        let got = live(r#"{"status":200,"cdrs":[{"ani":"1"},{"callid":{"a":1}},"x",{"callid":"1","ani":"88848787","dnis":"8373456"}]}"#).unwrap();
        assert!(!got.complete);
        assert_eq!(got.observations.len(), 1);
        let places: Vec<_> = got.unread.iter().map(|u| u.place.as_str()).collect();
        assert_eq!(places, ["cdrs[0].callid", "cdrs[1]", "cdrs[2]"]);
    }

    #[test]
    fn a_time_that_cannot_be_read_is_counted_and_the_call_is_shown_all_the_same() {
        let got = live(&row(r#""detect_time":"soon","connect_time":"later""#)).unwrap();
        assert!(got.complete, "the call is known, so another missing call is missing");
        assert_eq!(got.unread.len(), 2);
        assert_eq!(got.observations[0].detected_at, "2017-12-04T16:01:45Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(got.observations[0].connected_at, None);
    }

    #[test]
    fn what_is_no_answer_is_diagnosed() {
        for (text, code) in [
            ("", ErrorCode::NotAuthorised),
            ("<html>no</html>", ErrorCode::NotAuthorised),
            (r#"{"status":401,"message":"bad password"}"#, ErrorCode::NotAuthorised),
            (r#"{"status":403,"message":"","cdrs":[]}"#, ErrorCode::NotAuthorised),
            (r#"{"error":"IP not allowed"}"#, ErrorCode::NotAuthorised),
            (r#"{"status":500,"message":"db"}"#, ErrorCode::VendorFailed),
            (r#"{"status":200,"cdrs":[{"callid":"1"#, ErrorCode::Unreadable),
            (r#"{"hello":1}"#, ErrorCode::Unreadable),
            (r#"{"status":200,"cdrs":7}"#, ErrorCode::Unreadable),
        ] {
            assert_eq!(live(text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn a_vendors_words_never_reach_the_error() {
        let error = live(r#"{"status":401,"message":"user 8373456 password hunter2 refused"}"#).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }

    #[test]
    fn a_record_keeps_money_exact_and_every_unknown_field() {
        let (got, _) = cdrs(&row(
            r#""detect_time":"2017-12-04 10:01:43","connect_time":"2017-12-04 10:01:48","duration":"61","cost":"25.605","access_fee":0,"rate":25.185,"route_pattern":"5068","end_reason":"OK","ref_callid":"0","future":{"a":[1]}"#,
        ));
        let cdr = &got.rows[0];
        assert_eq!(cdr.cost, Some("25.605".parse().unwrap()));
        assert_eq!(cdr.rate, Some("25.185".parse().unwrap()));
        assert_eq!(cdr.duration_s, 61);
        assert_eq!(cdr.ended_at, Some("2017-12-04T16:02:49Z".parse().unwrap()));
        assert_eq!(cdr.extra["future"], serde_json::json!({"a": [1]}));
        assert_eq!(cdr.extra["ref_callid"], "0");
    }

    #[test]
    fn an_amount_that_is_none_is_counted_and_left_out() {
        let (got, received) = cdrs(&row(r#""cost":"xxx","duration":"a while""#));
        assert_eq!((got.rows[0].cost, got.rows[0].duration_s, received), (None, 0, 1));
        assert_eq!(
            got.unread.iter().map(|u| u.place.as_str()).collect::<Vec<_>>(),
            ["cdrs[0].duration", "cdrs[0].cost"]
        );
    }

    #[test]
    fn endpoints_come_as_a_map_or_as_nothing() {
        let got =
            read_endpoints(br#"{"status":200,"message":"","endpoints":{"104":"8330101","43702":8373443}}"#).unwrap();
        let pairs: Vec<_> = got.iter().map(|e| (e.id.as_str(), e.number.as_str())).collect();
        assert_eq!(pairs, [("104", "8330101"), ("43702", "8373443")]);
        assert!(read_endpoints(br#"{"status":200,"endpoints":[]}"#).unwrap().is_empty());
        assert!(read_endpoints(br#"{"status":200,"endpoints":{"1":""}}"#).is_err());
        assert!(read_endpoints(br#"{"status":200,"endpoints":{"1":[]}}"#).is_err());
    }
}
