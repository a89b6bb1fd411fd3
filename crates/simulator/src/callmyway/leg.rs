//! One row of the vendor's: a call, or one ring attempt of it, as a timeline of moments that may lie ahead.

use std::time::Duration;

use serde::Serialize;

use super::tariff::{Money, Route};

/// Which way a call goes, seen from the account.
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
    /// There was a conversation.
    Ok,
    /// The caller gave up, or somebody else answered.
    Cancelled,
    /// Nobody answered.
    NoAnswer,
    /// Busy.
    TemporarilyUnavailable,
    /// No such number.
    NotFound,
    /// The called side refused.
    Decline,
    /// The network could not.
    ServiceUnavailable,
}

impl EndReason {
    /// As the record writes it.
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

/// A row. All moments are `Clock::elapsed`; those that lie ahead have not happened yet.
#[derive(Debug, Clone)]
pub(crate) struct Leg {
    pub(crate) callid: String,
    /// The callid of the call's first row; its own where it is that row.
    pub(crate) original_callid: String,
    /// "0" for the parent.
    pub(crate) ref_callid: String,
    pub(crate) ani: String,
    pub(crate) dnis: String,
    pub(crate) ani_user: String,
    pub(crate) dnis_user: String,
    pub(crate) access_endpoint_id: String,
    pub(crate) dst_endpoint_id: String,
    pub(crate) direction: CallDirection,
    /// Our endpoint in it; the calling one of an internal call.
    pub(crate) endpoint: String,
    /// The other side as a person would name it; raw.
    pub(crate) party: String,
    pub(crate) route: Route,
    pub(crate) began: Duration,
    pub(crate) answered: Option<Duration>,
    pub(crate) ended: Option<Duration>,
    pub(crate) reason: EndReason,
    /// How long the conversation is to last once somebody answers.
    pub(crate) lasts: Option<Duration>,
    /// The click-to-dial it came from.
    pub(crate) dial: Option<u64>,
    /// A plan that was dropped before it began.
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

    /// The length of the conversation, once it is over.
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
