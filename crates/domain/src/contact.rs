//! Contacts: the people and companies an agent speaks with.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::number::PhoneNumber;

/// Our own id of a contact; ordered by time of creation (UUID version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct ContactId(pub Uuid);

impl std::fmt::Display for ContactId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for ContactId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// What a telephone of a contact is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum PhoneKind {
    /// Mobile.
    Mobile,
    /// At work.
    Work,
    /// At home.
    Home,
    /// Anything else.
    #[default]
    Other,
}

/// One telephone of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ContactPhone {
    /// Its number.
    pub number: PhoneNumber,
    /// What it is for.
    pub kind: PhoneKind,
}

/// A person, or a company without a named person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Contact {
    /// Our id.
    pub id: ContactId,
    /// The person's name; empty for a company-only contact.
    pub name: String,
    /// The company; may be empty.
    pub company: String,
    /// Any number of telephones, the preferred one first.
    pub phones: Vec<ContactPhone>,
    /// When a call with this contact was last shown or taken; decides among several on one number.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Contact {
    /// What to call the contact on screen: the name, else the company.
    #[must_use]
    pub fn display_name(&self) -> &str {
        if self.name.trim().is_empty() { &self.company } else { &self.name }
    }
}
