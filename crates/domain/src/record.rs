//! Records of a CRM: their kinds, and the ids that they carry before the CRM has given its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a record is known by in the CRM before we know its id there (UUID version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RequestId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// The kinds of record a CRM may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A contact that was made or changed here.
    Contact,
    /// A call with its result.
    Call,
    /// A promise to the contact: something to be done later.
    FollowUp,
    /// An amount that the contact is charged.
    Charge,
    /// A note on the contact's record.
    Note,
}

impl RecordKind {
    /// Every kind, a contact before the records that refer to it.
    pub const ALL: [Self; 5] = [Self::Contact, Self::Call, Self::FollowUp, Self::Charge, Self::Note];

    /// Its name in JSON, in the database and in the catalogue of texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Call => "call",
            Self::FollowUp => "follow_up",
            Self::Charge => "charge",
            Self::Note => "note",
        }
    }
}
