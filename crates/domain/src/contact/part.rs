//! The parts of a contact that a person changes here and a CRM is told of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::email_key;
use crate::number::PhoneNumber;

/// A part of a contact, or a mark about a single entry of its lists.
///
/// Databases keep the text of each: `name`, `company`, `owner`, `emails`, `phones`, `do_not_call`, `field:NAME`, and for the
/// marks `no-phone:KEY`, `no-email:KEY`, `new-email:KEY`, `first-phone` and `first-email`. The variants stand in the order
/// of these texts, so that a set is written as it always was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub enum ContactPart {
    /// The name of the company.
    Company,
    /// The wish not to be called.
    DoNotCall,
    /// The list of e-mail addresses.
    Emails,
    /// One of the organisation's own fields, by its name.
    Field(String),
    /// A person said which e-mail address comes first.
    FirstEmail,
    /// A person said which telephone comes first.
    FirstPhone,
    /// The name of the person.
    Name,
    /// A person added the e-mail address with this key ([`email_key`]).
    AddedEmail(String),
    /// A person took away the e-mail address with this key ([`email_key`]): no record brings it back.
    RemovedEmail(String),
    /// A person took away the telephone with this key ([`PhoneNumber::key`]): no record brings it back.
    RemovedPhone(String),
    /// Whose contact it is in the organisation.
    Owner,
    /// The list of telephones.
    Phones,
}

impl ContactPart {
    /// The parts that a record of a CRM may carry, beside the organisation's own fields.
    pub const OF_RECORDS: [Self; 6] =
        [Self::Name, Self::Company, Self::Owner, Self::Emails, Self::Phones, Self::DoNotCall];

    /// The mark that a person added an e-mail address.
    #[must_use]
    pub fn added_email(email: &str) -> Self {
        Self::AddedEmail(email_key(email))
    }

    /// The mark that a person took away an e-mail address.
    #[must_use]
    pub fn removed_email(email: &str) -> Self {
        Self::RemovedEmail(email_key(email))
    }

    /// The mark that a person took away a telephone.
    #[must_use]
    pub fn removed_phone(number: &PhoneNumber) -> Self {
        Self::RemovedPhone(number.key())
    }

    /// Whether this is a mark about e-mail addresses, and not the whole list.
    #[must_use]
    pub fn is_mark_of_emails(&self) -> bool {
        matches!(self, Self::FirstEmail | Self::AddedEmail(_) | Self::RemovedEmail(_))
    }

    /// Whether this is the given part of a contact, or a mark about one of its entries.
    #[must_use]
    pub fn belongs_to(&self, part: &Self) -> bool {
        match part {
            Self::Phones => matches!(self, Self::Phones | Self::FirstPhone | Self::RemovedPhone(_)),
            Self::Emails => *self == Self::Emails || self.is_mark_of_emails(),
            _ => self == part,
        }
    }
}

/// A text that names no part of a contact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no part of a contact")]
pub struct BadContactPart;

impl FromStr for ContactPart {
    type Err = BadContactPart;

    fn from_str(text: &str) -> Result<Self, BadContactPart> {
        Ok(match text.split_once(':') {
            Some(("field", name)) => Self::Field(name.to_owned()),
            Some(("new-email", key)) => Self::AddedEmail(key.to_owned()),
            Some(("no-email", key)) => Self::RemovedEmail(key.to_owned()),
            Some(("no-phone", key)) => Self::RemovedPhone(key.to_owned()),
            Some(_) => return Err(BadContactPart),
            None => match text {
                "company" => Self::Company,
                "do_not_call" => Self::DoNotCall,
                "emails" => Self::Emails,
                "first-email" => Self::FirstEmail,
                "first-phone" => Self::FirstPhone,
                "name" => Self::Name,
                "owner" => Self::Owner,
                "phones" => Self::Phones,
                _ => return Err(BadContactPart),
            },
        })
    }
}

impl fmt::Display for ContactPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Company => f.write_str("company"),
            Self::DoNotCall => f.write_str("do_not_call"),
            Self::Emails => f.write_str("emails"),
            Self::Field(name) => write!(f, "field:{name}"),
            Self::FirstEmail => f.write_str("first-email"),
            Self::FirstPhone => f.write_str("first-phone"),
            Self::Name => f.write_str("name"),
            Self::AddedEmail(key) => write!(f, "new-email:{key}"),
            Self::RemovedEmail(key) => write!(f, "no-email:{key}"),
            Self::RemovedPhone(key) => write!(f, "no-phone:{key}"),
            Self::Owner => f.write_str("owner"),
            Self::Phones => f.write_str("phones"),
        }
    }
}

crate::as_text::as_text!(ContactPart, BadContactPart);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// As databases hold them, in the order of their letters.
    const TEXTS: [&str; 12] = [
        "company",
        "do_not_call",
        "emails",
        "field:cédula: 1",
        "first-email",
        "first-phone",
        "name",
        "new-email:mailto:a@x.example",
        "no-email:mailto:a@x.example",
        "no-phone:+50688848787",
        "owner",
        "phones",
    ];

    #[test]
    fn a_part_is_written_as_databases_have_always_held_it() {
        let parts: BTreeSet<ContactPart> = TEXTS.iter().rev().map(|text| text.parse().unwrap()).collect();
        assert_eq!(serde_json::to_value(&parts).unwrap(), serde_json::json!(TEXTS));
        assert_eq!(
            serde_json::from_str::<BTreeSet<ContactPart>>(&serde_json::json!(TEXTS).to_string()).unwrap(),
            parts
        );
        for text in ["", "telephone", "no-fax:1"] {
            assert_eq!(text.parse::<ContactPart>(), Err(BadContactPart), "{text}");
        }
    }

    #[test]
    fn a_mark_belongs_to_its_list_and_to_nothing_else() {
        let of = |part: ContactPart| {
            let marks = TEXTS.iter().map(|text| text.parse::<ContactPart>().unwrap());
            marks.filter(|mark| mark.belongs_to(&part)).map(String::from).collect::<Vec<_>>()
        };
        assert_eq!(of(ContactPart::Phones), ["first-phone", "no-phone:+50688848787", "phones"]);
        assert_eq!(
            of(ContactPart::Emails),
            ["emails", "first-email", "new-email:mailto:a@x.example", "no-email:mailto:a@x.example"]
        );
        assert_eq!(of(ContactPart::Name), ["name"]);
    }
}
