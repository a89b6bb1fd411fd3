//! What the records of a CRM say: the data of calls, follow-ups, charges, notes and contacts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::call::{CallKey, Direction};
use crate::charge::Charge;
use crate::contact::{Contact, ContactPart};
use crate::disposition::ChosenLevel;
use crate::record::RecordKind;

/// A record of the CRM that another one refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteRef {
    /// The CRM's id of the record.
    pub id: String,
    /// What we call it.
    pub name: String,
}

/// The data of a call's record in the CRM. Texts are in the engine's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallReport {
    /// Our key of the call.
    pub call_key: CallKey,
    /// Which way it went.
    pub direction: Direction,
    /// Whether the call was answered.
    pub answered: bool,
    /// When it began, UTC.
    pub started_at: DateTime<Utc>,
    /// When it was over, UTC; never before it began.
    pub ended_at: DateTime<Utc>,
    /// When the conversation began, UTC; nothing where nobody answered.
    #[serde(default)]
    pub talk_began_at: Option<DateTime<Utc>>,
    /// When the conversation was over, UTC: the ringing is no part of it.
    #[serde(default)]
    pub talk_ended_at: Option<DateTime<Utc>>,
    /// How long the two sides spoke, seconds; 0 where nobody answered.
    pub duration_s: u64,
    /// Seconds it rang before it was answered, or until it was given up.
    #[serde(default)]
    pub ring_s: u64,
    /// The number of our endpoint, as the vendor writes it.
    pub endpoint: String,
    /// The party's number: E.164 where it has one, else its digits; nothing where withheld.
    pub number: Option<String>,
    /// The number as people write it, or in words why there is none.
    pub number_written: String,
    /// The contact's record, where the CRM has one.
    pub contact: Option<RemoteRef>,
    /// One line: `Llamada entrante +506 8884 8788`.
    pub title: String,
    /// Everything else in words: the comment first, then the disposition, charges and cost that have no field of their
    /// own.
    pub text: String,
    /// The agent's comment alone.
    pub comment: String,
    /// The levels of the disposition that was chosen, the first level first; empty without a result.
    pub disposition: Vec<ChosenLevel>,
    /// The organisation's own fields.
    pub fields: BTreeMap<String, String>,
    /// What the contact is charged for.
    pub charges: Vec<Charge>,
    /// What the call cost us, from the CDR, in the account's currency.
    pub cost: Option<String>,
    /// The account's currency (ISO 4217, such as `CRC`).
    pub currency: Option<String>,
    /// The agent who took or placed the call, as the organisation calls them.
    pub agent: Option<String>,
}

/// The data of a follow-up's record in the CRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpReport {
    /// When it is due, UTC.
    pub at: DateTime<Utc>,
    /// Who is to do it, in the agent's words.
    pub whom: Option<String>,
    /// What is to be done, one line.
    pub title: String,
    /// What led to it.
    pub text: String,
    /// The CRM's record of the contact, where the CRM has one.
    pub contact: Option<RemoteRef>,
    /// The agent removed it after it had been sent.
    pub cancelled: bool,
}

/// The data of a charge's record in the CRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeReport {
    /// The amount, the currency and the concept.
    pub charge: Charge,
    /// When it was made, UTC.
    pub at: DateTime<Utc>,
    /// The CRM's record of the contact, where the CRM has one.
    pub contact: Option<RemoteRef>,
    /// One line that says where it comes from.
    pub text: String,
    /// The agent removed it after it had been sent.
    pub cancelled: bool,
}

/// A note on the contact's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteReport {
    /// The text of the note, as the agent wrote it.
    pub text: String,
    /// The CRM's record of the contact, where the CRM has one.
    pub contact: Option<RemoteRef>,
}

/// A contact that was made or changed here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactReport {
    /// As we have it.
    pub contact: Contact,
    /// What a person typed here and the CRM does not know yet: as [`Contact::typed`], and [`ContactPart::Phones`] where a
    /// telephone was added or taken away. A new contact is sent whole.
    pub changed: BTreeSet<ContactPart>,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "record", rename_all = "snake_case")]
pub enum Content {
    /// A call and its result.
    Call(Box<CallReport>),
    /// A promise to the contact: something to be done later.
    FollowUp(FollowUpReport),
    /// An amount that the contact is charged.
    Charge(ChargeReport),
    /// A note on the contact's record.
    Note(NoteReport),
    /// A contact that was made or changed here.
    Contact(Box<ContactReport>),
}

impl Content {
    /// Which kind of record it is.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Call(_) => RecordKind::Call,
            Self::FollowUp(_) => RecordKind::FollowUp,
            Self::Charge(_) => RecordKind::Charge,
            Self::Note(_) => RecordKind::Note,
            Self::Contact(_) => RecordKind::Contact,
        }
    }
}
