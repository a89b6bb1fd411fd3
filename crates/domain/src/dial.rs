//! Placing a call through the vendor, and following it to its outcome.
//!
//! A vendor's "200 OK" to click-to-dial means "queued" (seed 000, section 1, "La respuesta del Click2Dial…"): what
//! became of the call is read from the live calls. It may show as one leg or as two.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::attribution::Whose;
use crate::call::{CallKey, Direction, Party};
use crate::contact::ContactId;
use crate::endpoint::EndpointNumber;
use crate::error::ErrorCode;
use crate::number::PhoneNumber;

/// Our own id of an attempt to place a call (UUID version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct DialId(pub Uuid);

impl std::fmt::Display for DialId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Who is rung first. The vendor needs the PCMA codec first in the list of the telephone that is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RingFirst {
    /// The agent's telephone (the vendor's `first_num` is the endpoint).
    #[default]
    Agent,
    /// The contact's telephone (`first_num` is the contact).
    Contact,
}

/// What is sent to the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialOrder {
    /// The agent's endpoint.
    pub endpoint: EndpointNumber,
    /// The other side, as the vendor takes it.
    pub number: String,
    /// Who is rung first.
    pub ring_first: RingFirst,
}

/// A dial that is being followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    /// Its id.
    pub id: DialId,
    /// The agent's endpoint.
    pub endpoint: EndpointNumber,
    /// The number dialled.
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
    /// In conversation.
    Connected,
    /// Over.
    Ended,
    /// It was not placed.
    Failed,
}

impl DialState {
    /// Whether nothing more will come.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ended | Self::NoCallAppeared | Self::Failed)
    }
}

/// Why an accepted dial may have shown no call (seed 000, section 1, "Notas"); texts under `dial.reason.*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LikelyReason {
    /// The agent's telephone is not registered with the vendor.
    TelephoneNotRegistered,
    /// The telephone does not offer the PCMA codec.
    CodecPcma,
    /// This address is not authorised for click-to-dial.
    AddressNotAuthorised,
}

/// The likely reasons, the likeliest first. An address that is allowed to read the live calls is allowed to dial
/// (seed 000, "Notas de los HTTPS": the same list), so that reason goes last while polls succeed.
#[must_use]
pub fn likely_reasons(polls_succeed: bool) -> Vec<LikelyReason> {
    use LikelyReason::{AddressNotAuthorised, CodecPcma, TelephoneNotRegistered};
    if polls_succeed {
        vec![TelephoneNotRegistered, CodecPcma, AddressNotAuthorised]
    } else {
        vec![AddressNotAuthorised, TelephoneNotRegistered, CodecPcma]
    }
}

/// One step of a dial, for whoever watches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DialProgress {
    /// Which dial.
    pub id: DialId,
    /// The state it has reached.
    pub state: DialState,
    /// When.
    pub at: DateTime<Utc>,
    /// The call it became, once there is one.
    pub call_key: Option<CallKey>,
    /// Why it failed, for [`DialState::Failed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
    /// Why it may have shown no call, for [`DialState::NoCallAppeared`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub likely_reasons: Vec<LikelyReason>,
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
            Whose::Others { called } => return (called.as_ref() == Some(&self.number)).then_some(LegRole::Contact),
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
