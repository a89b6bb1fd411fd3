//! Whether a call is shown, and what is shown of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::call::{Call, CallState, Direction};
use crate::charge::Currency;
use crate::contact::Contact;
use crate::history::{RecordState, ShownPhone};
use crate::interaction::{FollowUp, Interaction};
use crate::matching::Match;
use crate::number::Country;
use rust_decimal::Decimal;

/// What the agent or the administrator wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields, default)]
pub struct PopupPolicy {
    /// Incoming calls are shown.
    pub incoming: bool,
    /// Outgoing calls are shown.
    pub outgoing: bool,
    /// Show a call as soon as it rings.
    pub on_ring: bool,
    /// Show a call when it is answered, unless it was shown while it rang.
    pub on_answer: bool,
}

impl Default for PopupPolicy {
    fn default() -> Self {
        Self { incoming: true, outgoing: true, on_ring: true, on_answer: true }
    }
}

impl PopupPolicy {
    /// Whether a newly detected call is shown. A call that is over by the time it is first seen is for the history; a
    /// call between the agent's own endpoints is nobody's news.
    #[must_use]
    pub fn shows(&self, call: &Call) -> bool {
        let occasion = match call.state {
            CallState::Ringing => self.on_ring,
            CallState::Connected => self.on_answer,
            CallState::Ended => false,
        };
        occasion && self.wants(call.direction)
    }

    /// Whether a call that was seen while it rang is shown now that it was answered. One that was shown then, or closed
    /// by the agent, is not shown again.
    #[must_use]
    pub fn shows_when_answered(&self, call: &Call) -> bool {
        self.on_answer && !self.on_ring && self.wants(call.direction)
    }

    fn wants(&self, direction: Direction) -> bool {
        match direction {
            Direction::In => self.incoming,
            Direction::Out => self.outgoing,
            Direction::Internal => false,
        }
    }
}

/// Everything a pop-up shows of a call when it appears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PopupCard {
    /// The call that the pop-up is about.
    pub call: Call,
    /// The party's number as people write it; empty where there is none.
    pub number_written: String,
    /// The line the call is on, as the agent knows it: its identity's label, else the endpoint's number.
    pub line: String,
    /// Who is on the other side.
    #[serde(flatten)]
    pub matched: Match,
    /// What is known of the contact, where there is one.
    pub contact_summary: Option<ContactSummary>,
    /// What the agent wrote of this call already, such as before a restart.
    pub interaction: Option<Interaction>,
    /// How far its records are on their way to the CRMs.
    pub records: Vec<RecordState>,
    /// When somebody talked to a missed caller afterwards, UTC.
    #[serde(default)]
    pub returned_at: Option<DateTime<Utc>>,
    /// When the answer that showed the call arrived, by our clock, UTC.
    pub answered_at: DateTime<Utc>,
}

/// What an agent wants to know of a contact in the first seconds of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ContactSummary {
    /// The fields the organisation chose, in its order; those that are empty are left out.
    pub fields: Vec<ShownField>,
    /// The contact's telephones, the preferred one first.
    pub phones: Vec<ShownPhone>,
    /// Earlier calls and results, the newest first.
    pub recent: Vec<PastEntry>,
    /// The sum of all charges of the contact's results, one amount a currency.
    pub charged: Vec<Money>,
    /// What was promised last and not followed by another result, the earliest first.
    pub follow_ups: Vec<FollowUp>,
}

/// A field of a contact, as the organisation calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ShownField {
    /// Its name; `email`, `owner` and `company` are Timbre's own.
    pub name: String,
    /// Its value, as it was given.
    pub value: String,
}

/// An amount of money, exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Money {
    /// The exact decimal amount, never rounded.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub amount: Decimal,
    /// The currency of the amount.
    pub currency: Currency,
}

/// An earlier call, an earlier result, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PastEntry {
    /// When it began, UTC.
    pub at: DateTime<Utc>,
    /// The call; nothing for a result without one.
    pub call: Option<Call>,
    /// Seconds in conversation: the vendor's figure where it is known.
    pub duration_s: Option<u64>,
    /// What came of it.
    pub interaction: Option<Interaction>,
    /// When somebody talked to a missed caller afterwards, UTC.
    #[serde(default)]
    pub returned_at: Option<DateTime<Utc>>,
}

impl PopupCard {
    /// Puts a card together; what is known of the contact is added by whoever looked it up.
    #[must_use]
    pub fn new(call: Call, matched: Match, answered_at: DateTime<Utc>, home: Country) -> Self {
        let number_written = call.party.written(home).unwrap_or_default();
        let line = call.endpoint.to_string();
        Self {
            call,
            number_written,
            line,
            matched,
            contact_summary: None,
            interaction: None,
            records: Vec::new(),
            returned_at: None,
            answered_at,
        }
    }

    /// The contact, where there is one and not several.
    #[must_use]
    pub fn contact(&self) -> Option<&Contact> {
        match &self.matched {
            Match::One { contact, .. } | Match::Maybe { contact, .. } | Match::Dialled { contact } => Some(contact),
            Match::Several { .. } | Match::Unknown | Match::Withheld | Match::Colleague | Match::NotKnownYet => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(direction: &str, state: &str) -> Call {
        serde_json::from_value(serde_json::json!({
            "key": "acme:main:1", "endpoint": "8373456", "direction": direction,
            "party": { "kind": "withheld" }, "state": state, "detected_at": "2025-01-01T00:00:00Z",
            "connected_at": null, "ended_at": null, "dial": null, "legs": [],
        }))
        .unwrap()
    }

    #[test]
    fn ring_and_answer_are_occasions_of_their_own_and_each_direction_can_be_switched_off() {
        let policy = PopupPolicy::default();
        assert!(policy.shows(&call("in", "ringing")) && policy.shows(&call("out", "connected")));
        assert!(!policy.shows(&call("in", "ended")), "for the history");
        assert!(!policy.shows(&call("internal", "ringing")), "nobody's news");
        assert!(!policy.shows_when_answered(&call("in", "connected")), "it was shown while it rang");

        let answered = PopupPolicy { on_ring: false, ..policy };
        assert!(!answered.shows(&call("in", "ringing")));
        assert!(answered.shows_when_answered(&call("in", "connected")));
        assert!(answered.shows(&call("in", "connected")), "first seen in conversation");

        let ringing = PopupPolicy { on_answer: false, ..policy };
        assert!(ringing.shows(&call("in", "ringing")) && !ringing.shows(&call("in", "connected")));

        let out = PopupPolicy { incoming: false, ..answered };
        assert!(!out.shows_when_answered(&call("in", "connected")));
        assert!(out.shows_when_answered(&call("out", "connected")));
    }
}
