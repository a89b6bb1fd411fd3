//! CDRs: what the vendor records of a call afterwards.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::attribution::{Sides, Whose, attribute};
use crate::call::Direction;
use crate::endpoint::ServedEndpoints;
use crate::number::Country;
use crate::unread::Unread;

/// A row of the vendor's record, and whose call it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cdr {
    /// Whose call it is about.
    pub whose: Whose,
    /// The vendor's record itself.
    #[serde(flatten)]
    pub row: CdrRow,
}

/// One row of the vendor's record; one call may have several, one per ring attempt. Times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdrRow {
    /// The vendor's id of this row.
    pub external_id: String,
    /// The call the row belongs to, where the vendor says so.
    pub group: Option<String>,
    /// Both sides. Rows that were stored by an older Timbre have none.
    #[serde(default)]
    pub sides: Sides,
    /// When the vendor noticed the call.
    pub detected_at: DateTime<Utc>,
    /// When it was answered; `None` when it never was.
    pub connected_at: Option<DateTime<Utc>>,
    /// When it was over, where the row says or the duration lets it be reckoned.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long the two sides spoke, seconds; 0 for a call that was not answered.
    pub duration_s: u64,
    /// In the account's currency, exactly as written; `None` where the vendor wrote no number.
    pub cost: Option<Decimal>,
    /// In the account's currency per minute.
    pub rate: Option<Decimal>,
    /// In the account's currency.
    pub access_fee: Option<Decimal>,
    /// The pattern that set the rate.
    pub route_pattern: String,
    /// The name of the destination.
    pub route_name: String,
    /// Why the call ended, in the vendor's word (`OK`, `NO_ANSWER`, …); empty where it gives none.
    pub end_reason: String,
    /// Every other field of the row, as it came.
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl CdrRow {
    /// Decides whose call it is about. `country` reads numbers that carry no country code.
    #[must_use]
    pub fn attributed(self, served: &ServedEndpoints, country: Country) -> Cdr {
        Cdr { whose: attribute(&self.sides, served, country), row: self }
    }
}

/// A page of the vendor's record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CdrPage {
    /// The rows that could be read.
    pub rows: Vec<CdrRow>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// What was mended on the way, such as a byte order mark that was dropped.
    pub repairs: Vec<String>,
    /// Where the next page begins; nothing after the last one.
    pub next: Option<PageCursor>,
}

/// Where a page of records begins, in the adapter's own terms (an offset, an id, a date).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageCursor(pub String);

/// A stretch of time a history is asked for, UTC, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// The first moment that belongs to the range.
    pub from: DateTime<Utc>,
    /// The first moment after.
    pub to: DateTime<Utc>,
}

/// What the rows of one call say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// When the other side answered; `None` for a missed call.
    pub connected_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long the two sides spoke, seconds; 0 for a missed call.
    pub duration_s: u64,
    /// All that was charged: every ring attempt and leg may cost.
    pub cost: Option<Decimal>,
    /// Why it ended: the word of the row that was answered, else of the last one.
    pub end_reason: String,
}

/// Folds the rows of one call, one per ring attempt or leg. Of a dialled call the vendor may also record the leg to the
/// agent, which is answered though the contact never was: rows of the call's own `direction` speak first.
#[must_use]
pub fn summary(direction: Direction, rows: &[Cdr]) -> Summary {
    let own = |cdr: &&Cdr| matches!(&cdr.whose, Whose::Ours(ours) if ours.direction == direction);
    let speaking: Vec<&Cdr> =
        if rows.iter().any(|row| own(&row)) { rows.iter().filter(own).collect() } else { rows.iter().collect() };
    let speaking: Vec<&CdrRow> = speaking.into_iter().map(|cdr| &cdr.row).collect();
    let answered = speaking.iter().filter(|row| row.connected_at.is_some()).min_by_key(|row| row.connected_at);
    let last = speaking.iter().max_by_key(|row| row.detected_at);
    Summary {
        connected_at: answered.and_then(|row| row.connected_at),
        ended_at: speaking.iter().filter_map(|row| row.ended_at).max(),
        duration_s: answered.map_or(0, |row| row.duration_s),
        // A sum that no account could pay is no sum.
        cost: rows
            .iter()
            .filter_map(|cdr| cdr.row.cost)
            .try_fold(None, |sum: Option<Decimal>, cost| {
                sum.map_or(Some(Some(cost)), |sum| sum.checked_add(cost).map(Some))
            })
            .flatten(),
        end_reason: answered.or(last).map(|row| row.end_reason.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::attribution::Attribution;
    use crate::call::Party;
    use crate::endpoint::EndpointNumber;

    fn row(id: &str, direction: Direction, answered: Option<i64>, reason: &str) -> Cdr {
        let time = |s| Utc.timestamp_opt(1_800_000_000 + s, 0).unwrap();
        let whose = Whose::Ours(Attribution {
            endpoint: EndpointNumber::new("8373456").unwrap(),
            agent: String::new(),
            direction,
            party: Party::Withheld,
        });
        let row = CdrRow {
            external_id: id.into(),
            group: None,
            sides: Sides::default(),
            detected_at: time(id.len().try_into().unwrap()),
            connected_at: answered.map(time),
            ended_at: Some(time(60)),
            duration_s: answered.map_or(0, |s| 60 - u64::try_from(s).unwrap()),
            cost: Some("0.105".parse().unwrap()),
            rate: None,
            access_fee: None,
            route_pattern: String::new(),
            route_name: String::new(),
            end_reason: reason.into(),
            extra: BTreeMap::new(),
        };
        Cdr { whose, row }
    }

    #[test]
    fn ring_attempts_fold_into_the_one_that_was_answered_and_all_that_was_charged() {
        let rows = [
            row("a", Direction::In, None, "NO_ANSWER"),
            row("aa", Direction::In, Some(20), "OK"),
            row("aaa", Direction::In, None, "CANCELLED"),
        ];
        let got = summary(Direction::In, &rows);
        assert_eq!((got.duration_s, got.end_reason.as_str()), (40, "OK"));
        assert_eq!(got.cost, Some("0.315".parse().unwrap()), "exact, to the last digit");
    }

    #[test]
    fn a_call_nobody_answered_is_missed_for_the_last_attempts_reason() {
        let got = summary(
            Direction::In,
            &[row("a", Direction::In, None, "NO_ANSWER"), row("aa", Direction::In, None, "DECLINE")],
        );
        assert_eq!((got.connected_at, got.duration_s, got.end_reason.as_str()), (None, 0, "DECLINE"));
    }

    #[test]
    fn the_agents_own_leg_does_not_make_a_dialled_call_answered() {
        let rows = [row("a", Direction::Internal, Some(2), "OK"), row("aa", Direction::Out, None, "NO_ANSWER")];
        let got = summary(Direction::Out, &rows);
        assert_eq!((got.connected_at, got.end_reason.as_str()), (None, "NO_ANSWER"));
    }
}
