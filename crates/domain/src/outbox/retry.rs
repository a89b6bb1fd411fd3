//! Trying a record again because a person asked for it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{OutboxItem, Problem};
use crate::texts::Catalogue;

/// How a person wants a record to be tried again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct RetryHow {
    /// Create it although the CRM takes it for one that it has already.
    pub despite_duplicate: bool,
    /// Create it although the CRM may have it from an earlier try and can't be asked for it: the person has looked there.
    pub unsearched: bool,
    /// Answer only once it is known what came of it, or after ten seconds.
    pub wait: bool,
}

/// How a try that a person asked for came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RetryOutcome {
    /// The CRM has it.
    Sent,
    /// It is being sent, or other records of its contact are sent first; the outcome is not known yet.
    Underway,
    /// The call that it belongs to goes on: it is sent when the call ends.
    CallEnds,
    /// It was not sent. It is tried again without anybody's doing at [`Retried::until`].
    Waits,
    /// An earlier request may have stored it. At [`Retried::until`] it is searched for, and sent if it is not there.
    SearchedLater,
    /// The sign-in failed: nothing is sent until a person puts it right.
    Stopped,
    /// The CRM does not find records of this kind by their request id, so that none of them is sent. It goes by itself once
    /// a search works.
    Held,
    /// It can't be sent as it is.
    Parked,
    /// An earlier request may have stored it, and the CRM can't be asked: a person has to look there, and may then ask for
    /// it to be created all the same ([`RetryHow::unsearched`]).
    Unsearchable,
    /// It is not to be sent any more.
    Gone,
}

impl RetryOutcome {
    /// Every outcome, for tests that look each one up in the catalogue of texts.
    pub const ALL: [Self; 10] = [
        Self::Sent,
        Self::Underway,
        Self::CallEnds,
        Self::Waits,
        Self::SearchedLater,
        Self::Stopped,
        Self::Held,
        Self::Parked,
        Self::Unsearchable,
        Self::Gone,
    ];

    /// Its name in JSON and in the catalogue of texts (`outbox.retried.<name>`; some have a place `{at}`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Underway => "underway",
            Self::CallEnds => "call_ends",
            Self::Waits => "waits",
            Self::SearchedLater => "searched_later",
            Self::Stopped => "stopped",
            Self::Held => "held",
            Self::Parked => "parked",
            Self::Unsearchable => "unsearchable",
            Self::Gone => "gone",
        }
    }
}

/// What came of a try that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Retried {
    /// The record as it is now.
    pub item: OutboxItem,
    /// How it came out.
    pub outcome: RetryOutcome,
    /// When it goes out or is searched for by itself, UTC; nothing where that is not known.
    pub until: Option<DateTime<Utc>>,
    /// Why it was not sent.
    pub why: Option<Problem>,
    /// The same in the agent's language; empty where nothing is in its way.
    pub what: String,
    /// What to do about it.
    pub what_to_do: String,
}

impl Retried {
    /// The same with its texts in the language of `texts`.
    #[must_use]
    pub fn in_words(self, texts: &Catalogue) -> Self {
        let words = self.why.as_ref().map(|why| (texts.crm_what(why.code), texts.crm_what_to_do(why.code)));
        let (what, what_to_do) = words.unwrap_or_default();
        Self { what, what_to_do, ..self }
    }
}
