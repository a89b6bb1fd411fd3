//! When something happened, as the ledgers write it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

/// When something happened, by elapsed time and by time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// `Clock::elapsed`, written as milliseconds. Ledgers are ordered by it.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// Time of day, UTC: by our clock for requests, by the vendor's for calls.
    pub wall: DateTime<Utc>,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
