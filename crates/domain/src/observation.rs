//! Observations: a vendor's word that a call exists, before it is decided whose it is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::attribution::{Sides, Whose, attribute};
use crate::call::AccountName;
use crate::endpoint::ServedEndpoints;
use crate::number::Country;
use crate::unread::Unread;
use crate::vendor::VendorId;

/// One leg of a call as one answer, or one push, shows it. Times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallObservation {
    /// The vendor's id of this leg.
    pub external_id: String,
    /// The vendor's id of the call this leg belongs to, where it says so.
    pub group: Option<String>,
    /// The side that calls and the side that is called.
    pub sides: Sides,
    /// When the vendor noticed it; our own time of the answer where the vendor's could not be read.
    pub detected_at: DateTime<Utc>,
    /// When it was answered.
    pub connected_at: Option<DateTime<Utc>>,
    /// When it was over, where the vendor says that it is. Most vendors just stop showing it.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The same leg, and whose it is for the agents that this engine serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributedCall {
    /// The vendor's id of the leg, as in [`CallObservation::external_id`].
    pub external_id: String,
    /// The vendor's id of the call that the leg belongs to, as in [`CallObservation::group`].
    pub group: Option<String>,
    /// Which served endpoint the leg belongs to, or that it is none of ours.
    pub whose: Whose,
    /// When the vendor noticed the leg, UTC.
    pub detected_at: DateTime<Utc>,
    /// When the leg was answered, UTC; nothing while it rings.
    pub connected_at: Option<DateTime<Utc>>,
    /// When the leg was over, UTC, where the vendor says so.
    pub ended_at: Option<DateTime<Utc>>,
}

impl CallObservation {
    /// Decides whose it is. `country` reads numbers that carry no country code.
    #[must_use]
    pub fn attributed(&self, served: &ServedEndpoints, country: Country) -> AttributedCall {
        AttributedCall {
            external_id: self.external_id.clone(),
            group: self.group.clone(),
            whose: attribute(&self.sides, served, country),
            detected_at: self.detected_at,
            connected_at: self.connected_at,
            ended_at: self.ended_at,
        }
    }
}

/// What one poll, or one push, brought, once it is known whose the calls are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationBatch {
    /// The vendor that was asked.
    pub vendor: VendorId,
    /// The account that was asked for.
    pub account: AccountName,
    /// Where the question stands in the order of questions asked; taken from
    /// [`CallTracker::next_sequence`](crate::tracker::CallTracker::next_sequence). A clock may be set back, a count not.
    pub sequence: u64,
    /// When the answer came, by our clock.
    pub answered_at: DateTime<Utc>,
    /// The calls it showed.
    pub observations: Vec<AttributedCall>,
    /// What a call that is missing from it means.
    pub coverage: Coverage,
}

/// What a batch covers, which says what a call that is missing from it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All calls going on: a missing one was not shown.
    AllCalls,
    /// The calls that the vendor placed for us: a dial that is missing was not placed, or not shown yet; of other calls it
    /// says nothing.
    PlacedCalls,
    /// Some calls: a missing one means nothing. A failed poll is an empty batch of this kind, and so is a push.
    Partial,
}

/// What one question about the calls going on brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveAnswer {
    /// The legs that the answer shows, in its order.
    pub observations: Vec<CallObservation>,
    /// Whether everything in the answer was read, so that a missing call really was not shown.
    pub complete: bool,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// How many things were mended on the way (a byte order mark, a notice before the JSON, …).
    pub repairs: Vec<String>,
    /// How many bytes the answer had.
    pub size: usize,
    /// How the vendor keeps up with our questions.
    pub pace: Pace,
    /// The vendor's time of day when it answered, UTC, to the second; nothing where it does not say.
    pub vendor_clock: Option<DateTime<Utc>>,
}

/// How the vendor keeps up with our questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pace {
    /// How long the answer took.
    pub took: Duration,
    /// The distance now kept between two questions; larger than the vendor's rule while answers lag.
    pub interval: Duration,
    /// Whether we slowed down because answers lag behind what the network explains.
    pub slowed: bool,
}
