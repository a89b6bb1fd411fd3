//! A call as Timbre knows it: one record, whatever number of legs the vendor shows for it.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::endpoint::EndpointNumber;
use crate::number::{Country, PhoneNumber};
use crate::texts::Catalogue;
use crate::vendor::VendorId;

pub use crate::name::{AccountName, BadAccountName};

/// What makes a call the same call: the vendor, the account it was seen through, and the vendor's own id.
///
/// Written as `vendor:account:external_id`; the id may itself hold colons.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "ts", ts(type = "string"))]
pub struct CallKey {
    /// The vendor whose telephones carry the call.
    pub vendor: VendorId,
    /// The account it was seen through.
    pub account: AccountName,
    /// The vendor's id of the leg that was seen first.
    pub external_id: String,
}

/// Why a text is no call key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a call key is written vendor:account:id")]
pub struct BadCallKey;

impl TryFrom<String> for CallKey {
    type Error = BadCallKey;

    fn try_from(text: String) -> Result<Self, BadCallKey> {
        let mut parts = text.splitn(3, ':');
        let (Some(vendor), Some(account), Some(id)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadCallKey);
        };
        if id.is_empty() {
            return Err(BadCallKey);
        }
        let (vendor, account) = (vendor.parse().map_err(|_| BadCallKey)?, account.parse().map_err(|_| BadCallKey)?);
        Ok(Self { vendor, account, external_id: id.to_owned() })
    }
}

impl From<CallKey> for String {
    fn from(key: CallKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.vendor, self.account, self.external_id)
    }
}

/// Which way a call goes, seen from our endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The party calls our endpoint.
    In,
    /// Our endpoint calls the party.
    Out,
    /// Both sides are endpoints of this agent, as when one rings the other.
    Internal,
}

/// The other side of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Party {
    /// A telephone out in the world.
    Number {
        /// The number as it was shown, read by the country's rules.
        number: PhoneNumber,
    },
    /// An endpoint: the agent's own or a colleague's. Never looked up among the contacts.
    Endpoint {
        /// Its number with the vendor.
        number: EndpointNumber,
    },
    /// The caller hides the number, or the vendor shows none.
    Withheld,
    /// The vendor has not said yet who it is; a later observation may.
    #[serde(rename = "not_known_yet")]
    NotKnownYet,
}

impl Party {
    /// The telephone number, where there is one.
    #[must_use]
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number { number } => Some(number),
            Self::Endpoint { .. } | Self::Withheld | Self::NotKnownYet => None,
        }
    }

    /// The number as people write it, the country's own way for numbers of `home`; nothing where none is shown.
    #[must_use]
    pub fn written(&self, home: Country) -> Option<String> {
        match self {
            Self::Number { number } => Some(number.written(home)),
            Self::Endpoint { number } => Some(number.to_string()),
            Self::Withheld | Self::NotKnownYet => None,
        }
    }

    /// The number as people write it, or in words why none is shown.
    #[must_use]
    pub fn in_words(&self, home: Country, texts: &Catalogue) -> String {
        let otherwise = if *self == Self::NotKnownYet { "match.not_known_yet" } else { "match.withheld" };
        self.written(home).unwrap_or_else(|| texts.text(otherwise).to_owned())
    }
}

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

/// How far a call has come. It only moves forward, except that a call presumed ended may be active again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum CallState {
    /// The call rings and nobody has answered yet.
    Ringing,
    /// The party and the agent can speak with each other.
    Connected,
    /// The call is over.
    Ended,
}

/// One call: one record. All times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Call {
    /// The key of the leg that was seen first.
    pub key: CallKey,
    /// Our endpoint in it.
    pub endpoint: EndpointNumber,
    /// Which way it goes.
    pub direction: Direction,
    /// Who is at the other end, seen from our endpoint.
    pub party: Party,
    /// How far it has come.
    pub state: CallState,
    /// When the vendor noticed it.
    pub detected_at: DateTime<Utc>,
    /// When the other side answered.
    pub connected_at: Option<DateTime<Utc>>,
    /// When it was over; where no CDR has told yet, when it was first missing from a complete poll.
    pub ended_at: Option<DateTime<Utc>>,
    /// The dial of ours it came from.
    pub dial: Option<DialId>,
    /// The vendor's ids of all its legs, in the order they were seen.
    pub legs: Vec<String>,
    /// Whether another endpoint took it over: it is over for ours, and the other side may go on talking.
    #[serde(default)]
    pub transferred: bool,
}

impl Call {
    /// How long the two sides spoke, whole seconds; nothing for a call that was not answered or goes on.
    #[must_use]
    pub fn talk_s(&self) -> Option<u64> {
        Some(seconds_between(self.connected_at?, self.ended_at?))
    }
}

/// Whole seconds from one moment to a later one; 0 where the clock was set back in between.
#[must_use]
pub fn seconds_between(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    (to - from).num_seconds().max(0).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_key_survives_being_written_and_read_even_with_colons_in_the_id() {
        let key: CallKey = CallKey::try_from("acme:main:a:b".to_owned()).unwrap();
        assert_eq!(key.external_id, "a:b");
        assert_eq!(CallKey::try_from(key.to_string()).unwrap(), key);
    }

    #[test]
    fn what_is_no_call_key_is_refused() {
        for text in ["", "acme", "acme:main", "acme:main:", "No body:main:1", "acme:Main:1"] {
            assert_eq!(CallKey::try_from(text.to_owned()), Err(BadCallKey), "{text}");
        }
    }

    #[test]
    fn account_names_are_plain_and_short() {
        for good in ["main", "ventas-2", "a_b"] {
            assert!(good.parse::<AccountName>().is_ok(), "{good}");
        }
        for bad in ["", "Main", "a b", "a:b", "é", "a/b", &"x".repeat(41)] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad}");
        }
    }
}
