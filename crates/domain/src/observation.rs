//! What one answer of a vendor says about the calls going on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::attribution::Whose;
use crate::call::{AccountName, Provider};

/// One live call as one answer shows it. Times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallObservation {
    /// The vendor's id of this leg.
    pub external_id: String,
    /// The vendor's id of the call this leg belongs to, where it says so (CallMyWay `original_callid`).
    pub group: Option<String>,
    /// Whose it is.
    pub whose: Whose,
    /// When the vendor noticed it; our own time of the answer where the vendor's could not be read.
    pub detected_at: DateTime<Utc>,
    /// When it was answered.
    pub connected_at: Option<DateTime<Utc>>,
}

/// Everything one poll brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollBatch {
    /// The vendor.
    pub provider: Provider,
    /// The account asked.
    pub account: AccountName,
    /// Where the question stands in the order of questions asked; taken from
    /// [`CallTracker::next_sequence`](crate::tracker::CallTracker::next_sequence). A clock may be set back, a count not.
    pub sequence: u64,
    /// When the answer came, by our clock.
    pub answered_at: DateTime<Utc>,
    /// The calls it showed.
    pub observations: Vec<CallObservation>,
    /// Whether the answer was whole, so that a call missing from it really was not shown. A failed poll is an empty
    /// batch that is not complete.
    pub complete: bool,
}
