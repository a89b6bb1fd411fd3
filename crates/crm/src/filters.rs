//! The filters a connector's templates have beside those of minijinja.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind};

pub(crate) fn add_to(env: &mut Environment<'static>) {
    env.add_filter("utc", |value: Value, format: String| on_text(&value, |text| utc(text, &format)));
    env.add_filter("earlier", |value: Value, seconds: i64, format: String| {
        on_text(&value, |text| earlier(text, seconds, &format))
    });
    env.add_filter("plain", |value: Value| on_text(&value, |text| Ok(plain(text).into())));
    env.add_filter("given_name", |value: Value| on_text(&value, |text| Ok(given_name(text).into())));
    env.add_filter("family_name", |value: Value| on_text(&value, |text| Ok(family_name(text).into())));
    env.add_filter("cut", |value: Value, most: usize| {
        on_text(&value, |text| Ok(text.chars().take(most).collect::<String>().into()))
    });
    env.add_filter("digits", |value: Value| {
        on_text(&value, |text| Ok(text.chars().filter(char::is_ascii_digit).collect::<String>().into()))
    });
    env.add_filter("listed", |value: Value, name: Value, otherwise: Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        listed(&text(&value), &text(&name), &text(&otherwise))
    });
    // JSON has numbers, our amounts are exact texts; some CRMs insist on a number.
    env.add_filter("number", |value: Value| on_text(&value, number));
}

/// Applies a filter to a text; a value that is none or undefined stays none.
fn on_text(value: &Value, to: impl FnOnce(&str) -> Result<Value, Error>) -> Result<Value, Error> {
    if value.is_none() || value.is_undefined() {
        return Ok(Value::from(()));
    }
    match value.as_str() {
        Some(text) => to(text),
        None => to(&value.to_string()),
    }
}

fn refused(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

/// A time of ours (RFC 3339), UTC, in the CRM's format.
fn utc(text: &str, format: &str) -> Result<Value, Error> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| refused("`utc` wants a time of ours"))?;
    written(at.to_utc(), format)
}

/// A time of the CRM, UTC in this format, so many seconds earlier.
fn earlier(text: &str, seconds: i64, format: &str) -> Result<Value, Error> {
    let at = NaiveDateTime::parse_from_str(text, format)
        .map(|at| at.and_utc())
        .or_else(|_| DateTime::parse_from_str(text, format).map(|at| at.to_utc()))
        .map_err(|_| refused("`earlier` wants a time in the format it names"))?;
    let back = TimeDelta::try_seconds(seconds).and_then(|back| at.checked_sub_signed(back));
    written(back.ok_or_else(|| refused("`earlier` leads out of the calendar"))?, format)
}

fn written(at: DateTime<Utc>, format: &str) -> Result<Value, Error> {
    use std::fmt::Write as _;
    let mut text = String::new();
    // A format that chrono does not know fails on writing.
    write!(text, "{}", at.format(format)).map_err(|_| refused("this is no format of a time"))?;
    Ok(text.into())
}

/// What a list such as `Call, Task, CCharge=requestId` says of a name: what stands behind its `=`, else `otherwise`; the empty
/// text where the name is not in it.
fn listed(list: &str, name: &str, otherwise: &str) -> String {
    let found = list.split([',', ';']).find_map(|entry| {
        let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
        (!name.is_empty() && key.trim() == name).then(|| value.trim())
    });
    match found {
        None => String::new(),
        Some("") => otherwise.trim().to_owned(),
        Some(value) => value.to_owned(),
    }
}

/// Without what EspoCRM refuses in a name (EspoCRM recordings, Call: "`<>=` in the name is a 400"), in one line.
fn plain(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !"<>=".contains(*c)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first word of a name of several; nothing of a name of one.
fn given_name(text: &str) -> Option<String> {
    text.trim().split_once(char::is_whitespace).map(|(given, _)| given.to_owned())
}

/// All but the first word of a name of several; the whole of a name of one.
fn family_name(text: &str) -> String {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or(text, |(_, family)| family.trim()).to_owned()
}

fn number(text: &str) -> Result<Value, Error> {
    if let Ok(whole) = text.trim().parse::<i64>() {
        return Ok(whole.into());
    }
    let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    number.map(Value::from).ok_or_else(|| refused("`number` wants a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parted_after_its_first_word_and_a_single_word_is_the_family_name() {
        assert_eq!(
            (given_name("Ana María Pérez Soto"), family_name("Ana María Pérez Soto")),
            (Some("Ana".into()), "María Pérez Soto".into())
        );
        assert_eq!((given_name(" Ana "), family_name(" Ana ")), (None, "Ana".into()));
    }

    #[test]
    fn a_title_loses_what_the_crm_refuses_and_stays_one_line() {
        assert_eq!(plain("a <b>\n=c\u{7}"), "a b c");
    }

    #[test]
    fn times_are_written_in_utc_and_reckoned_back() {
        let format = "%Y-%m-%d %H:%M:%S";
        assert_eq!(utc("2026-11-20T09:00:00-06:00", format).unwrap().as_str(), Some("2026-11-20 15:00:00"));
        assert_eq!(earlier("2026-03-01 00:00:30", 60, format).unwrap().as_str(), Some("2026-02-28 23:59:30"));
        let rfc = "%Y-%m-%dT%H:%M:%S%:z";
        assert_eq!(earlier("2026-03-01T00:00:30+00:00", 30, rfc).unwrap().as_str(), Some("2026-03-01T00:00:00+00:00"));
        assert!(earlier("yesterday", 1, format).is_err());
        assert!(utc("2026-11-20T09:00:00Z", "%Q").is_err(), "a wrong format is told, not printed");
    }

    #[test]
    fn a_list_says_what_stands_for_a_name_and_only_for_the_whole_name() {
        let list = "Call, Task ; CCharge = ctiRequestId";
        for (name, expected) in [
            ("Call", "cId"),
            ("Task", "cId"),
            ("CCharge", "ctiRequestId"),
            ("Charge", ""),
            ("CCall", ""),
            ("Contact", ""),
            ("", ""),
        ] {
            assert_eq!(listed(list, name, "cId"), expected, "{name}");
        }
        assert_eq!(listed(list, "Call", ""), "", "no field at all");
    }

    #[test]
    fn an_amount_becomes_a_number_only_where_it_is_one() {
        assert_eq!(number("2500").unwrap().as_i64(), Some(2500));
        assert_eq!(number("0.1").unwrap().to_string(), "0.1");
        assert!(number("NaN").is_err() && number("dos").is_err());
    }
}
