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

fn endpoints_of(bytes: &[u8]) -> Result<Vec<Endpoint>, PortError> {
    read_endpoints(bytes, &Redactor::default())
}

fn row(fields: &str) -> String {
    format!(
        r#"{{"status":200,"message":"","cdrs":[{{"callid":"1","ani":"88848787","dnis_user":"8373456",{fields}}}]}}"#
    )
}

#[test]
fn an_empty_list_is_written_in_many_ways() {
    for list in [r#""cdrs":[]"#, r#""cdrs":{}"#, r#""cdrs":null"#, r#""cdrs":"""#] {
        let got = live(&format!(r#"{{"status":200,"message":"",{list}}}"#)).unwrap();
        assert!(got.complete && got.observations.is_empty(), "{list}");
    }
    assert!(live("[]").unwrap().complete, "a bare list");
    assert!(live(r#"{"cdrs":[]}"#).unwrap().complete, "no status at all");
    assert!(live(r#"{"status":"200","cdrs":[]}"#).unwrap().complete, "a status as text");
}

#[test]
fn plain_words_may_say_that_there_are_no_calls_and_a_cut_answer_never_does() {
    assert!(live("No records found").unwrap().complete);
    for text in [r#"{"status":404,"message":"No records found","cd"#, "espere", "ERROR", "<b>no data</b>"] {
        assert!(live(text).is_err(), "{text}");
    }
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
    assert_eq!(got.unread.iter().map(|u| u.place.as_str()).collect::<Vec<_>>(), ["cdrs[0].duration", "cdrs[0].cost"]);
}

#[test]
fn endpoints_may_be_objects_and_users_may_say_more_than_their_number() {
    for text in [
        r#"{"status":200,"endpoints":[{"id":"104","number":"8330101"}]}"#,
        r#"{"status":200,"endpoints":{"104":{"endpoint":8330101}}}"#,
    ] {
        let got = endpoints_of(text.as_bytes()).unwrap();
        assert_eq!((got[0].id.as_str(), got[0].number.as_str()), ("104", "8330101"), "{text}");
    }
    for user in ["8373456 - Ana", "SIP/8373456-0000a1b2", "8373456@sip.example.com", "\"8373456\"", "8373456"] {
        assert_eq!(endpoint_in(user), "8373456", "{user}");
    }
    assert_eq!(endpoint_in("Ana"), "Ana");
}

#[test]
fn endpoints_come_as_a_map_or_as_nothing() {
    let got = endpoints_of(br#"{"status":200,"message":"","endpoints":{"104":"8330101","43702":8373443}}"#).unwrap();
    let pairs: Vec<_> = got.iter().map(|e| (e.id.as_str(), e.number.as_str())).collect();
    assert_eq!(pairs, [("104", "8330101"), ("43702", "8373443")]);
    assert!(endpoints_of(br#"{"status":200,"endpoints":[]}"#).unwrap().is_empty());
    assert!(endpoints_of(br#"{"status":200,"endpoints":{"1":""}}"#).is_err());
    assert!(endpoints_of(br#"{"status":200,"endpoints":{"1":[]}}"#).is_err());
}
