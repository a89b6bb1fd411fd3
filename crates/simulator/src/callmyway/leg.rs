//! One row of the vendor's lists, a call or one ring attempt of it, as a timeline whose moments may lie ahead.

use std::time::Duration;

use serde::Serialize;

use super::tariff::{Money, Route};

/// The direction of a call, seen from the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CallDirection {
    /// Somebody calls an endpoint.
    Incoming,
    /// An endpoint calls somebody.
    Outgoing,
    /// An endpoint calls an endpoint.
    Internal,
}

impl CallDirection {
    /// The record's field `type`: `incoming`, `outgoing` or empty (PROVIDERS.md).
    #[must_use]
    pub fn as_cdr_type(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
            Self::Internal => "",
        }
    }
}

/// How a ring attempt ended: the record's field `end_reason` (PROVIDERS.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndReason {
    /// The call was answered.
    Ok,
    /// The caller gave up, or somebody else answered.
    Cancelled,
    /// The telephone rang until the time limit.
    NoAnswer,
    /// The telephone was busy.
    TemporarilyUnavailable,
    /// The number does not exist.
    NotFound,
    /// The called side refused.
    Decline,
    /// The network could not place the call.
    ServiceUnavailable,
}

impl EndReason {
    /// The value in the record, such as `NO_ANSWER`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Cancelled => "CANCELLED",
            Self::NoAnswer => "NO_ANSWER",
            Self::TemporarilyUnavailable => "TEMPORARILY_UNAVAILABLE",
            Self::NotFound => "NOT_FOUND",
            Self::Decline => "DECLINE",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
        }
    }
}

/// A row. All moments are `Clock::elapsed`; one that lies ahead has not happened yet.
#[derive(Debug, Clone)]
pub(crate) struct Leg {
    pub(crate) callid: String,
    /// The callid of the call's first row, which may be this one.
    pub(crate) original_callid: String,
    /// The callid of the parent row; "0" in the parent itself.
    pub(crate) ref_callid: String,
    pub(crate) ani: String,
    pub(crate) dnis: String,
    pub(crate) ani_user: String,
    pub(crate) dnis_user: String,
    pub(crate) access_endpoint_id: String,
    pub(crate) dst_endpoint_id: String,
    pub(crate) direction: CallDirection,
    /// The account's endpoint in the call; for an internal call the calling one.
    pub(crate) endpoint: String,
    /// The other side, as a person would name it.
    pub(crate) party: String,
    pub(crate) route: Route,
    pub(crate) began: Duration,
    pub(crate) answered: Option<Duration>,
    pub(crate) ended: Option<Duration>,
    pub(crate) reason: EndReason,
    /// The planned length of the conversation, from the answer on.
    pub(crate) lasts: Option<Duration>,
    /// The id of the click-to-dial that placed it.
    pub(crate) dial: Option<u64>,
    /// The plan was dropped before the call began.
    pub(crate) void: bool,
}

impl Leg {
    pub(crate) fn has_begun(&self, now: Duration) -> bool {
        !self.void && self.began <= now
    }

    pub(crate) fn is_over(&self, now: Duration) -> bool {
        self.ended.is_some_and(|ended| ended <= now)
    }

    pub(crate) fn is_live(&self, now: Duration) -> bool {
        self.has_begun(now) && !self.is_over(now)
    }

    pub(crate) fn answered_by(&self, now: Duration) -> Option<Duration> {
        self.answered.filter(|answered| *answered <= now)
    }

    pub(crate) fn ended_by(&self, now: Duration) -> Option<Duration> {
        self.ended.filter(|ended| *ended <= now)
    }

    pub(crate) fn concerns(&self, endpoint: &str) -> bool {
        self.ani_user == endpoint || self.dnis_user == endpoint
    }

    /// The length of the conversation; zero until it is over.
    pub(crate) fn talked(&self) -> Duration {
        match (self.answered, self.ended) {
            (Some(answered), Some(ended)) => ended.saturating_sub(answered),
            _ => Duration::ZERO,
        }
    }

    pub(crate) fn cost(&self) -> Money {
        self.route.rate.per_minute_for(self.talked())
    }
}
