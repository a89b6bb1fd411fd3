//! The CRM's times: `YYYY-MM-DD HH:MM:SS` in UTC, kept as Unix seconds.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Writes a time in the CRM's form.
pub(crate) fn written(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads the CRM's own form only, as the fields of a record require.
pub(crate) fn strict(text: &str) -> Option<i64> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    (text.len() == 19).then(|| time.and_utc().timestamp())
}

/// Reads the forms that a database accepts in a condition, which are more than the CRM's own.
pub(crate) fn lenient(text: &str) -> Option<i64> {
    strict(text)
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp()))
        .or_else(|| {
            let forms = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
            let time = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
            Some(time.and_utc().timestamp())
        })
        .or_else(|| {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp())
        })
}
