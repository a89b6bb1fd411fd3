//! Whether a call is shown, and what is shown of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::call::{Call, CallState, Direction};
use crate::matching::Match;
use crate::number::Country;

/// What the agent or the administrator wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PopupPolicy {
    /// Show incoming calls.
    pub incoming: bool,
    /// Show outgoing calls.
    pub outgoing: bool,
}

impl Default for PopupPolicy {
    fn default() -> Self {
        Self { incoming: true, outgoing: true }
    }
}

impl PopupPolicy {
    /// Whether a newly detected call is shown. A call that is over by the time it is first seen is for the history; a
    /// call between the agent's own endpoints is nobody's news.
    #[must_use]
    pub fn shows(&self, call: &Call) -> bool {
        if call.state == CallState::Ended {
            return false;
        }
        match call.direction {
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
    /// The call.
    pub call: Call,
    /// The party's number as people write it; empty where there is none.
    pub number_written: String,
    /// Who is on the other side.
    #[serde(flatten)]
    pub matched: Match,
    /// When the answer that showed the call arrived, by our clock, UTC.
    pub answered_at: DateTime<Utc>,
}

impl PopupCard {
    /// Puts a card together.
    #[must_use]
    pub fn new(call: Call, matched: Match, answered_at: DateTime<Utc>, home: Country) -> Self {
        let number_written = match &call.party {
            crate::call::Party::Number { number } => number.written(home),
            crate::call::Party::Endpoint { number } => number.to_string(),
            crate::call::Party::Withheld => String::new(),
        };
        Self { call, number_written, matched, answered_at }
    }
}
