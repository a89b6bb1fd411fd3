//! CDRs: what the vendor records of a call afterwards.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::attribution::Whose;

/// One row of the vendor's record; one call may have several, one per ring attempt. Times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cdr {
    /// The vendor's id of this row.
    pub external_id: String,
    /// The call the row belongs to, where the vendor says so (CallMyWay `original_callid`).
    pub group: Option<String>,
    /// Whose it is.
    pub whose: Whose,
    /// When the vendor noticed the call.
    pub detected_at: DateTime<Utc>,
    /// When it was answered; `None` when it never was.
    pub connected_at: Option<DateTime<Utc>>,
    /// When it was over, where the row says or the duration lets it be reckoned.
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds in conversation.
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

/// A stretch of time a history is asked for, UTC, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// The first moment.
    pub from: DateTime<Utc>,
    /// The first moment after.
    pub to: DateTime<Utc>,
}
