//! Placing a call through the vendor, and following it to its outcome.
//!
//! A vendor's yes means that it took the order, nothing more: what became of the call is read from the live calls, where it
//! may show as one leg or as two, or from the vendor's list of the calls it placed for us.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::attribution::Whose;
use crate::call::{CallKey, Direction, Party};
use crate::contact::{Contact, ContactId};
use crate::endpoint::EndpointNumber;
use crate::error::{ErrorCode, Said, VendorReason};
use crate::number::PhoneNumber;

pub use crate::call::DialId;

/// Who is rung first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RingFirst {
    /// The agent's telephone rings first; the contact is called once the agent has answered.
    #[default]
    Agent,
    /// The contact's telephone rings first; the agent is called once the contact has answered.
    Contact,
}

/// What is sent to a vendor to place a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialOrder {
    /// The agent's endpoint, which the call is placed from.
    pub endpoint: EndpointNumber,
    /// The other side's number. The adapter writes it as its vendor takes it.
    pub number: PhoneNumber,
    /// Who is rung first.
    pub ring_first: RingFirst,
    /// More about the call for the vendor, by name; only for vendors that have [`DialRules::extra_fields`].
    pub extra: BTreeMap<String, String>,
}

/// What a vendor answers when it takes an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placed {
    /// The vendor's id of the call, where it gives one with its answer.
    pub external_id: Option<String>,
    /// Whether the vendor keeps the order until its service hours begin.
    pub pending: bool,
}

/// What the vendor says of a call that it placed for us. Times are UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedCall {
    /// The vendor's id of the call.
    pub external_id: String,
    /// The agent's endpoint it was placed from.
    pub endpoint: EndpointNumber,
    /// When the vendor placed it.
    pub placed_at: DateTime<Utc>,
    /// When both sides began to speak; `None` while they have not, or when they never did.
    pub connected_at: Option<DateTime<Utc>>,
    /// When it was over; `None` while it goes on.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What the vendor's rules make of a dial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DialRules {
    /// Who is rung first.
    pub ring_first: RingFirst,
    /// Whether the vendor refuses a second call of an agent who is in one.
    pub one_call_per_agent: bool,
    /// What an order tells of the contact, each under the vendor's own name for it. Empty for a vendor whose orders carry no
    /// more data; the others take data under any other name, too.
    pub extra_fields: &'static [(&'static str, ContactDetail)],
    /// Whether an order may carry the extension behind the number ([`PhoneNumber::extension`]); else the agent is told to ask
    /// for it.
    pub takes_extension: bool,
    /// Numbers that ring the agent's telephone on the vendor's behalf when a call is placed.
    pub agent_leg_callers: Vec<String>,
    /// Why an accepted dial may show no call, the likeliest first.
    pub likely_reasons: Vec<ReasonRule>,
}

/// Something about a contact that an order may tell the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactDetail {
    /// The contact's name, where there is one.
    Name,
    /// The company that the contact belongs to.
    Company,
    /// The contact's first e-mail address.
    Email,
}

impl ContactDetail {
    /// What a contact has of it; `None` for nothing.
    #[must_use]
    pub fn of(self, contact: &Contact) -> Option<&str> {
        let text = match self {
            Self::Name => &contact.name,
            Self::Company => &contact.company,
            Self::Email => contact.emails.first()?,
        };
        Some(text.as_str()).filter(|text| !text.is_empty())
    }
}

impl DialRules {
    /// The likely reasons, the likeliest first, given whether polls succeed.
    #[must_use]
    pub fn reasons(&self, polls_succeed: bool) -> Vec<VendorReason> {
        let mut reasons: Vec<_> = self.likely_reasons.iter().collect();
        reasons.sort_by_key(|reason| reason.disproved_by_polls == polls_succeed);
        reasons.into_iter().map(|reason| reason.reason.clone()).collect()
    }
}

/// A likely reason, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonRule {
    /// The reason that may explain it.
    pub reason: VendorReason,
    /// Whether a successful poll makes it unlikely, as for an address that is not authorised.
    pub disproved_by_polls: bool,
}

/// A dial that is being followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    /// Our own id of this attempt.
    pub id: DialId,
    /// The agent's endpoint, which the call is placed from.
    pub endpoint: EndpointNumber,
    /// The contact's number, as it was dialled.
    pub number: PhoneNumber,
    /// The contact, where the agent dialled one.
    pub contact: Option<ContactId>,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Who is rung first.
    #[serde(default)]
    pub ring_first: RingFirst,
    /// How far it has come.
    pub state: DialState,
}

/// How far a dial has come. It only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DialState {
    /// The request is on its way to the vendor.
    Requested,
    /// The vendor has queued it.
    Accepted,
    /// The vendor accepted it, but no call appeared in time. Should it appear after all, the dial goes on.
    NoCallAppeared,
    /// The agent's telephone rings.
    AgentRinging,
    /// The contact's telephone rings.
    ContactRinging,
    /// The contact has answered.
    Connected,
    /// The call that the dial led to is over.
    Ended,
    /// It was not placed.
    Failed,
    /// The vendor keeps the order and places the call by itself when its service hours begin.
    Pending,
}

impl DialState {
    /// Whether nothing more will come.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ended | Self::NoCallAppeared | Self::Failed | Self::Pending)
    }
}

/// One step of a dial, for whoever watches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DialProgress {
    /// The dial that this step belongs to.
    pub id: DialId,
    /// The state it has reached.
    pub state: DialState,
    /// When the dial reached the state, UTC.
    pub at: DateTime<Utc>,
    /// The call it became, once there is one.
    pub call_key: Option<CallKey>,
    /// Why it failed, for [`DialState::Failed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
    /// The vendor's own reason for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<VendorReason>,
    /// What the vendor said about the order, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// Why it may have shown no call, for [`DialState::NoCallAppeared`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub likely_reasons: Vec<VendorReason>,
}

/// How long to wait for a call to appear after the vendor accepted a dial, unless the settings say otherwise.
pub const APPEARS_WITHIN: Duration = Duration::from_secs(30);

/// Which part of a dialled call a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegRole {
    /// The vendor rings the agent.
    Agent,
    /// The contact's side, or the whole call where the vendor shows one leg.
    Contact,
    /// A leg of a call that was not dialled through us.
    Plain,
}

impl Dial {
    /// Whether a leg that was first seen after this dial was asked for belongs to it, and as what.
    ///
    /// How the vendor shows the agent's leg is not documented (PROVIDERS.md, "Live rows of a click-to-dial call").
    /// Taken for it are: the endpoint calling itself, the dialled number calling the endpoint, and a caller that the
    /// account's settings name. Any other incoming call in these seconds is a real one and must pop up.
    #[must_use]
    pub fn recognises(&self, whose: &Whose, agent_leg_callers: &[String]) -> Option<LegRole> {
        let ours = match whose {
            Whose::Ours(ours) => ours,
            Whose::Others { called, .. } => return (called.as_ref() == Some(&self.number)).then_some(LegRole::Contact),
        };
        if ours.endpoint != self.endpoint {
            return None;
        }
        match (ours.direction, &ours.party) {
            (Direction::Out, Party::Number { number }) if *number == self.number => Some(LegRole::Contact),
            (Direction::In, Party::Number { number }) if *number == self.number => Some(LegRole::Agent),
            (Direction::In, Party::Number { number }) if agent_leg_callers.iter().any(|c| c == number.raw()) => {
                Some(LegRole::Agent)
            }
            (Direction::Internal, Party::Endpoint { number }) if *number == self.endpoint => Some(LegRole::Agent),
            _ => None,
        }
    }
}
