//! Contacts: the people and companies an agent speaks with.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::normalize::fold;
use crate::number::PhoneNumber;

mod part;

pub use part::{BadContactPart, ContactPart};

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
    /// A telephone that the contact carries along.
    Mobile,
    /// At work, the company's switchboard included.
    Work,
    /// A telephone at the contact's home.
    Home,
    /// A fax machine: recognised when it calls, never offered for dialling.
    Fax,
    /// A telephone of another kind, or of a kind that nobody has told us.
    #[default]
    Other,
}

impl PhoneKind {
    /// All five kinds of telephone.
    pub const ALL: [Self; 5] = [Self::Mobile, Self::Work, Self::Home, Self::Fax, Self::Other];

    /// Its name in files, on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Work => "work",
            Self::Home => "home",
            Self::Fax => "fax",
            Self::Other => "other",
        }
    }
}

/// A text that is no kind of telephone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the kind of a telephone is mobile, work, home, fax or other")]
pub struct BadPhoneKind;

impl std::str::FromStr for PhoneKind {
    type Err = BadPhoneKind;

    fn from_str(text: &str) -> Result<Self, BadPhoneKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(BadPhoneKind)
    }
}

/// One telephone of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ContactPhone {
    /// The number, with the text it was written as.
    pub number: PhoneNumber,
    /// What it is for.
    pub kind: PhoneKind,
    /// The program or list that brought it, which may also take it away again. Nothing for one that a person typed here: no
    /// import and no synchronisation takes that away.
    #[serde(default)]
    pub source: Option<String>,
}

/// Where a contact came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Origin {
    /// The program or list, such as `hubspot`, `google` or the name given at the import.
    pub source: String,
    /// Its own id of the contact there, where it has one: found by it, a contact is brought up to date.
    pub external_id: Option<String>,
}

/// A person, or a company without a named person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Contact {
    /// Our own id, which no CRM and no file changes.
    pub id: ContactId,
    /// The person's name; empty for a company-only contact.
    pub name: String,
    /// The company; may be empty.
    pub company: String,
    /// Any number of telephones, the preferred one first.
    pub phones: Vec<ContactPhone>,
    /// E-mail addresses, the preferred one first.
    #[serde(default)]
    pub emails: Vec<String>,
    /// Which program's record last brought an address, by [`email_key`]: that record may take it
    /// away again.
    #[serde(skip)]
    #[cfg_attr(feature = "ts", ts(skip))]
    pub email_sources: BTreeMap<String, String>,
    /// Whose contact it is in the organisation: an agent's name, or what the CRM calls its owner.
    #[serde(default)]
    pub owner: Option<String>,
    /// The contact does not want to be called: dialling asks first.
    #[serde(default)]
    pub do_not_call: bool,
    /// The organisation's own fields, by name, such as `cedula`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// What a person typed, added or took away here: no import and no synchronisation changes it.
    #[serde(default)]
    pub typed: BTreeSet<ContactPart>,
    /// Where it came from; nothing for one that was typed here.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// When a call with this contact was last shown or taken; decides among several on one number.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What an e-mail address is compared by, as `mailto:…`: capitals and accents make no difference.
#[must_use]
pub fn email_key(email: &str) -> String {
    format!("mailto:{}", fold(email.trim()))
}

impl Contact {
    /// A contact with nothing but an id.
    #[must_use]
    pub fn empty(id: ContactId) -> Self {
        Self {
            id,
            name: String::new(),
            company: String::new(),
            phones: Vec::new(),
            emails: Vec::new(),
            email_sources: BTreeMap::new(),
            owner: None,
            do_not_call: false,
            fields: BTreeMap::new(),
            typed: BTreeSet::new(),
            origin: None,
            last_used_at: None,
        }
    }

    /// What to call the contact on screen: the name, else the company, else an address or a number.
    #[must_use]
    pub fn display_name(&self) -> &str {
        [self.name.as_str(), self.company.as_str()]
            .into_iter()
            .chain(self.emails.iter().map(String::as_str))
            .chain(self.phones.iter().map(|phone| phone.number.raw()))
            .find(|text| !text.trim().is_empty())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_called_by_its_name_else_its_company_else_what_there_is() {
        let mut contact = Contact::empty(ContactId(Uuid::from_u128(1)));
        assert_eq!(contact.display_name(), "");
        contact.emails.push("ana@example.com".into());
        assert_eq!(contact.display_name(), "ana@example.com");
        contact.company = "Cafetalera del Valle".into();
        assert_eq!(contact.display_name(), "Cafetalera del Valle");
        contact.name = "Ana".into();
        assert_eq!(contact.display_name(), "Ana");
    }

    #[test]
    fn a_kind_reads_the_same_everywhere() {
        for kind in PhoneKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
