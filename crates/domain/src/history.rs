//! Rows of lists, with the names and words that an agent needs to recognise them.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::call::{Call, CallKey, CallState, Direction};
use crate::contact::{Contact, ContactId, PhoneKind};
use crate::interaction::{InteractionId, InteractionState};
use crate::name::ConnectorName;
use crate::number::PhoneNumber;
use crate::outbox::{OutboxItem, OutboxState, RecordWait};

/// A call and whom it was with, as far as that is settled.
#[derive(Debug, Clone, Copy)]
pub struct WithWhom<'a> {
    /// The call that is compared.
    pub call: &'a Call,
    /// The contact at the other end, where one is settled.
    pub contact: Option<ContactId>,
}

/// Whether a call is one that was missed: somebody rang, nobody answered, it is over.
#[must_use]
pub fn is_missed(call: &Call) -> bool {
    call.direction == Direction::In && call.state == CallState::Ended && call.connected_at.is_none()
}

/// When `other` returned a missed call: both are with the same person (the same number, or the same contact), and they were
/// put through after the missed one began, on whatever endpoint and whoever rang whom.
#[must_use]
pub fn returned_by(missed: WithWhom<'_>, other: WithWhom<'_>) -> Option<DateTime<Utc>> {
    let number = |call: &Call| call.party.number().map(PhoneNumber::key);
    let same_number = number(missed.call).is_some_and(|key| number(other.call) == Some(key));
    let same_contact = missed.contact.is_some() && missed.contact == other.contact;
    let outside = other.call.direction != Direction::Internal && other.call.key != missed.call.key;
    let talked = other.call.connected_at.filter(|at| *at > missed.call.detected_at)?;
    (is_missed(missed.call) && outside && (same_number || same_contact)).then_some(talked)
}

/// Which calls a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct CallsWanted {
    /// From this moment on, UTC.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment, UTC.
    pub to: Option<DateTime<Utc>>,
    /// Only answered calls that are over and have no final result.
    pub pending: bool,
    /// At most so many, the newest first; 0 for the default of 100.
    pub limit: usize,
}

/// A call in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CallRow {
    /// The call that the row shows.
    pub call: Call,
    /// Its line, as the agent knows it.
    pub line: String,
    /// The other side's number as people write it; empty where it is withheld.
    pub number_written: String,
    /// What to dial to call back; nothing where there is no number.
    pub dial: Option<String>,
    /// The contact at the other end, where one is settled.
    pub contact: Option<ContactId>,
    /// Their name; the company where there is none; empty for nobody.
    pub name: String,
    /// Their company, beside a name.
    pub company: String,
    /// Seconds in conversation: the vendor's figure where it is known.
    pub duration_s: Option<u64>,
    /// What the vendor charged.
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub cost: Option<Decimal>,
    /// What came of it.
    pub result: Option<ResultBrief>,
    /// When somebody talked to a missed caller afterwards, UTC; nothing while the call is still to be returned.
    #[serde(default)]
    pub returned_at: Option<DateTime<Utc>>,
}

/// A contact in a list, with its telephones as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FoundContact {
    /// The contact that the row shows.
    pub contact: Contact,
    /// The contact's telephones, the preferred one first.
    pub phones: Vec<ShownPhone>,
}

/// A telephone that can be dialled with a click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ShownPhone {
    /// As people write it.
    pub written: String,
    /// What is dialled: E.164, or the digits of a number that no country's rules could place.
    pub dial: String,
    /// What kind of telephone.
    pub kind: PhoneKind,
}

/// A number as it would be dialled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NumberRead {
    /// As people write it.
    pub written: String,
    /// What is handed to the telephone.
    pub dial: String,
    /// The digits of the extension that was typed behind it, which somebody must ask for or key in.
    pub extension: Option<String>,
    /// The code before it that hides or shows the caller, such as `#31#`: it is not dialled.
    pub caller_id_code: Option<String>,
    /// Who has it, by the rules of a call.
    pub contacts: Vec<Contact>,
}

/// What came of a call, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ResultBrief {
    /// The id of the interaction.
    pub id: InteractionId,
    /// Whether the agent has finished with it.
    pub state: InteractionState,
    /// The names of the disposition's levels.
    pub disposition: Vec<String>,
    /// The beginning of the comment.
    pub comment: String,
    /// Whether something was typed over a final result and is not saved.
    #[serde(default)]
    pub change_draft: bool,
    /// The states of its records in the outbox.
    pub records: Vec<OutboxState>,
    /// What those on their way wait for.
    #[serde(default)]
    pub waits: Option<RecordWait>,
}

/// A record on its way to a CRM, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OutboxRow {
    /// The record's item in the outbox.
    pub item: OutboxItem,
    /// Whom or what it is about: a name, else a number, else nothing.
    pub about: String,
    /// The call it belongs to.
    pub call: Option<CallKey>,
    /// The contact it belongs to.
    pub contact: Option<ContactId>,
    /// Where it opens in the browser, once it is there.
    pub url: Option<String>,
    /// What it waits for, where it is on its way.
    pub waits: Option<RecordWait>,
    /// What is in its way, in the agent's language; empty where nothing is.
    pub what: String,
    /// What to do about it.
    pub what_to_do: String,
}

/// How far the records of one call are, as a pop-up's last line tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecordState {
    /// The CRM that the records go to.
    pub connector: ConnectorName,
    /// How far the record has come.
    pub state: OutboxState,
    /// What it waits for, where it is on its way.
    #[serde(default)]
    pub waits: Option<RecordWait>,
    /// When the record was last changed, UTC.
    pub at: DateTime<Utc>,
}
