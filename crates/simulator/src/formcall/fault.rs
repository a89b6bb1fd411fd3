//! Faults that tests order. A fault befalls only requests with the right security token.

use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;

use crate::fault_queue::{FaultQueue, RequestFault};

/// The two requests that the vendor offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// `POST /calls/manage/api`, which orders a call.
    Order,
    /// `GET /calls/list`, which lists the calls of a day.
    List,
}

/// A way to misbehave, once. With a list request, which places nothing, the two variants of a pair are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The call is placed, and there is no answer until the simulator stops or the client disconnects.
    AnswerLost,
    /// Nothing is placed, and there is no answer until the simulator stops or the client disconnects.
    AnswerLostNothingPlaced,
    /// The call is placed, and the connection is reset.
    ConnectionReset,
    /// Nothing is placed, and the connection is reset.
    ConnectionResetNothingPlaced,
    /// Nothing is placed; the answer is HTTP 500 with an HTML page.
    Http500,
    /// The call is placed; the answer is HTTP 200 with an empty body.
    EmptyBody,
    /// The call is placed; the JSON of the answer stops in the middle.
    TruncatedJson,
    /// The call is placed at once, and the answer comes this much later.
    Slow(Duration),
    /// The order is refused with error 3.
    OriginationFailed,
    /// The list shows the call that this order places only this much later.
    ListedLate(Duration),
}

impl Fault {
    /// Whether the request is not carried out.
    pub(crate) fn prevents(&self) -> bool {
        matches!(self, Self::AnswerLostNothingPlaced | Self::ConnectionResetNothingPlaced | Self::Http500)
    }
}

impl RequestFault<RequestKind> for Fault {
    fn applies_to(&self, kind: RequestKind) -> bool {
        match self {
            Self::OriginationFailed | Self::ListedLate(_) => kind == RequestKind::Order,
            _ => true,
        }
    }
}

/// The faults still to come, by the kind of request that meets them.
pub type Faults = FaultQueue<Fault, RequestKind>;

/// The text names no fault. The message lists the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFault;

impl std::fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "one of answer-lost, answer-lost-nothing-placed, connection-reset, connection-reset-nothing-placed, http500, \
             empty-body, truncated-json, slow:MS, origination-failed, listed-late:MS",
        )
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        let (name, amount) = name.split_once(':').unwrap_or((name, ""));
        let delay = || amount.parse().map(Duration::from_millis).map_err(|_| UnknownFault);
        Ok(match name {
            "answer-lost" => Self::AnswerLost,
            "answer-lost-nothing-placed" => Self::AnswerLostNothingPlaced,
            "connection-reset" => Self::ConnectionReset,
            "connection-reset-nothing-placed" => Self::ConnectionResetNothingPlaced,
            "http500" => Self::Http500,
            "empty-body" => Self::EmptyBody,
            "truncated-json" => Self::TruncatedJson,
            "slow" => Self::Slow(delay()?),
            "origination-failed" => Self::OriginationFailed,
            "listed-late" => Self::ListedLate(delay()?),
            _ => return Err(UnknownFault),
        })
    }
}
