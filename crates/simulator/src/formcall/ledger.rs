//! What really happened, for tests to compare with. The ledger holds no security token.

use serde::Serialize;

use super::call::{CallOutcome, Origin};
use super::error::ErrorCode;
use super::fault::{Fault, RequestKind};
use super::order::CallOrder;
use crate::moment::Moment;

/// Whether a request carried the account's security token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenCheck {
    /// The token is the account's.
    Right,
    /// The token is another text.
    Wrong,
    /// There is no token, an empty one, or a body that could not be read.
    Missing,
}

/// What the vendor decided about a request. Whether the client learnt of it is in [`RequestEntry::answered`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestOutcome {
    /// Nothing was decided: a fault kept the request from being carried out.
    NotCarriedOut,
    /// A call with this uuid was placed.
    Placed(String),
    /// The order is kept until the popup opens.
    Pending,
    /// The calls with these uuids were listed.
    Listed(Vec<String>),
    /// The request was refused.
    Refused(ErrorCode),
}

#[derive(Debug, Clone, Serialize)]
pub struct RequestEntry {
    /// What was asked for.
    pub kind: RequestKind,
    pub arrived: Moment,
    /// When its answer went out; `None` where the answer was lost, or until it goes out.
    pub answered: Option<Moment>,
    /// Whether the security token was right.
    pub token: TokenCheck,
    /// The order it sent, where the body could be read.
    pub order: Option<CallOrder>,
    pub outcome: RequestOutcome,
    /// The fault it met.
    pub fault: Option<Fault>,
}

/// A placed call, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallEntry {
    /// The vendor's id: 32 hexadecimal digits.
    pub uuid: String,
    /// The order that it carries out.
    pub order: CallOrder,
    /// Where the order came from.
    pub origin: Origin,
    /// When it entered the queue.
    pub placed: Moment,
    /// When the agent's telephone began to ring.
    pub agent_rang: Option<Moment>,
    /// When the agent answered, and the customer's telephone began to ring.
    pub agent_answered: Option<Moment>,
    /// When the customer answered.
    pub customer_answered: Option<Moment>,
    pub ended: Option<Moment>,
    /// What became of it, where that is known.
    pub outcome: Option<CallOutcome>,
}

/// A snapshot of what has happened so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Ledger {
    /// All requests, in the order they arrived.
    pub requests: Vec<RequestEntry>,
    /// All placed calls, in the order they were placed.
    pub calls: Vec<CallEntry>,
    /// The orders that wait for their popup to open.
    pub pending: Vec<CallOrder>,
}

impl Ledger {
    /// The call with this uuid.
    #[must_use]
    pub fn call(&self, uuid: &str) -> Option<&CallEntry> {
        self.calls.iter().find(|call| call.uuid == uuid)
    }

    /// The requests of one kind.
    pub fn requests_of(&self, kind: RequestKind) -> impl Iterator<Item = &RequestEntry> {
        self.requests.iter().filter(move |request| request.kind == kind)
    }
}
