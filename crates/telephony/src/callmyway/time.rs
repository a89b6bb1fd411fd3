//! CallMyWay's times: `YYYY-MM-DD HH:mm:ss` with no zone (seed 000, "Notas de los HTTPS"), read tolerantly.

use chrono::{DateTime, Datelike as _, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// What a time field turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadTime {
    At(DateTime<Utc>),
    /// The vendor's way to say "not yet": `1970-01-01 00:00:00`, zeros, or nothing.
    None,
    Unreadable,
}

const FORMATS: &[&str] = &["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];

/// The same with a zone, of which no document speaks. `Z` is UTC.
const ZONED: &[&str] =
    &["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%dT%H:%M:%S%.f %#z"];

/// Reads a time of the account's zone.
pub(super) fn read(text: &str, zone: Tz) -> ReadTime {
    let text = text.trim();
    if text.is_empty() || text.starts_with("0000-00-00") || text == "0" || text.eq_ignore_ascii_case("null") {
        return ReadTime::None;
    }
    // Whoever writes a zone means it.
    if let Some(time) = ZONED.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()) {
        return if (1971..=9999).contains(&time.year()) { ReadTime::At(time.to_utc()) } else { ReadTime::None };
    }
    let Some(naive) = FORMATS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) else {
        return ReadTime::Unreadable;
    };
    // Nobody telephones in other millennia; dates near the ends of what can be counted overflow.
    if !(1..=9999).contains(&naive.year()) {
        return ReadTime::Unreadable;
    }
    if naive.date() <= NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default() {
        return ReadTime::None;
    }
    match zone.from_local_datetime(&naive) {
        // The hour that a zone repeats: the earlier one, so that no call begins in the future.
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => ReadTime::At(time.to_utc()),
        // The hour that a zone leaves out: a clock that was not changed yet shows it; it means an hour later.
        LocalResult::None => match naive
            .checked_add_signed(TimeDelta::hours(1))
            .and_then(|naive| zone.from_local_datetime(&naive).earliest())
        {
            Some(time) => ReadTime::At(time.to_utc() - TimeDelta::hours(1)),
            None => ReadTime::Unreadable,
        },
    }
}

/// Writes a moment as the vendor takes it in `dateStart` and `dateEnd`.
pub(super) fn write(time: DateTime<Utc>, zone: Tz) -> String {
    time.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::{Costa_Rica, Santiago};
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> ReadTime {
        ReadTime::At(text.parse().unwrap())
    }

    #[test]
    fn the_documents_times_are_costa_rican() {
        assert_eq!(read("2017-12-04 10:01:43", Costa_Rica), utc("2017-12-04T16:01:43Z"));
    }

    #[test]
    fn not_connected_is_written_in_many_ways() {
        for text in ["1970-01-01 00:00:00", "0000-00-00 00:00:00", "", "  ", "0", "null", "1969-12-31 18:00:00"] {
            assert_eq!(read(text, Costa_Rica), ReadTime::None, "{text:?}");
        }
    }

    #[test]
    fn a_time_with_a_zone_is_of_that_zone() {
        for text in [
            "2017-12-04T10:01:43-06:00",
            "2017-12-04 16:01:43+00:00",
            "2017-12-04T16:01:43.000Z",
            "2017-12-04 10:01:43 -0600",
        ] {
            assert_eq!(read(text, Santiago), utc("2017-12-04T16:01:43Z"), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_unreadable() {
        for text in [
            "+262142-12-31 23:30:00",
            "-0400-01-01 00:00:00",
            "yesterday",
            "2017-13-04 10:01:43",
            "2017-12-32 10:01:43",
            "04/12/2017",
            "10:01:43",
        ] {
            assert_eq!(read(text, Costa_Rica), ReadTime::Unreadable, "{text:?}");
        }
    }

    #[test]
    fn hours_that_a_zone_repeats_or_leaves_out_are_still_read() {
        // Chile: clocks went back at 2026-04-05 00:00 and forward at 2026-09-06 00:00.
        assert_eq!(read("2026-04-04 23:30:00", Santiago), utc("2026-04-05T02:30:00Z"));
        assert_eq!(read("2026-09-06 00:30:00", Santiago), utc("2026-09-06T03:30:00Z"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 100_000_000i64..4_000_000_000) {
            let time = Utc.timestamp_opt(seconds, 0).unwrap();
            prop_assert_eq!(read(&write(time, Costa_Rica), Costa_Rica), ReadTime::At(time));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,30}") {
            let _ = read(&text, Santiago);
        }
    }
}
