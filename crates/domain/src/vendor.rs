//! A telephony vendor as data: who it is, what an account with it asks for, and the rules it sets.
//!
//! An adapter describes itself with a [`VendorDescription`]. Settings, forms, `doctor` and the dialler read the description
//! and know no vendor by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::endpoint::EndpointNumber;

/// A vendor's name in settings, call keys and file names: 1 to 40 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(type = "string"))]
pub struct VendorId(Cow<'static, str>);

impl VendorId {
    /// The id of a vendor that is compiled in. A test checks the form of every id in the registry.
    #[must_use]
    pub const fn known(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no vendor's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a vendor's id has 1 to 40 of the characters a-z, 0-9 and -")]
pub struct BadVendorId;

impl TryFrom<String> for VendorId {
    type Error = BadVendorId;

    fn try_from(text: String) -> Result<Self, BadVendorId> {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(Cow::Owned(text))) } else { Err(BadVendorId) }
    }
}

impl FromStr for VendorId {
    type Err = BadVendorId;

    fn from_str(text: &str) -> Result<Self, BadVendorId> {
        Self::try_from(text.to_owned())
    }
}

impl From<VendorId> for String {
    fn from(id: VendorId) -> Self {
        id.0.into_owned()
    }
}

impl fmt::Display for VendorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The descriptions of all vendors, in the order in which people are offered them.
pub type Vendors = &'static [&'static VendorDescription];

/// What a vendor says of itself.
#[derive(Debug)]
pub struct VendorDescription {
    /// Its id in settings and call keys.
    pub id: VendorId,
    /// What people call it.
    pub title: &'static str,
    /// What its accounts can do; a session may offer less, never more.
    pub capabilities: &'static [Capability],
    /// What an account asks for, in the order of the form. Exactly one field is a [`FieldKind::Secret`].
    pub fields: &'static [AccountField],
    /// A commented section `[[accounts]]` for the example of the settings file, in English.
    pub example: &'static str,
    /// The agent's own endpoints, read from an account's checked values and the agent's name. Empty where the values name
    /// none for this agent.
    pub own_endpoints: fn(&AccountValues, Option<&str>) -> Vec<OwnEndpoint>,
}

impl VendorDescription {
    /// The field with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static AccountField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The name of the field that goes into the keyring.
    #[must_use]
    pub fn secret(&self) -> Option<&'static str> {
        self.fields.iter().find(|field| matches!(field.kind, FieldKind::Secret)).map(|field| field.name)
    }
}

/// Something a vendor can do for an account. Each is a port of its own in [`crate::session`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Shows the calls going on, so that a ringing telephone pops up.
    LiveCalls,
    /// Keeps records of calls that are over (CDRs).
    CallRecords,
    /// Places calls when it is asked to.
    Dial,
    /// Tells what became of the calls it placed for us.
    PlacedCalls,
    /// Lists the account's endpoints.
    Endpoints,
}

/// One field of a vendor's account form, which is also one key of the account's section in the settings file.
///
/// Label and help come from the text catalogue: `vendor.<vendor>.<name>.label` and `.about`, or
/// `vendor.any.<name>.label` and `.about` for fields that several vendors share.
#[derive(Debug)]
pub struct AccountField {
    /// The key in the settings file.
    pub name: &'static str,
    /// The kind of value, with its limits.
    pub kind: FieldKind,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether a form hides it until it is asked for.
    pub advanced: bool,
}

impl AccountField {
    /// A field that every account fills in.
    #[must_use]
    pub const fn required(name: &'static str, kind: FieldKind) -> Self {
        Self { name, kind, required: true, advanced: false }
    }

    /// A field that may be left out; a form hides it until it is asked for.
    #[must_use]
    pub const fn optional(name: &'static str, kind: FieldKind) -> Self {
        Self { name, kind, required: false, advanced: true }
    }

    /// The field `base_url`, which a form fills in with the vendor's public address and hides until it is asked for.
    #[must_use]
    pub const fn base_url(usual: &'static str) -> Self {
        let kind = FieldKind::Address { usual: Some(usual) };
        Self { name: "base_url", kind, required: true, advanced: true }
    }
}

/// What a field holds, and what is assumed where it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A password or a token. It goes into the keyring under the account's name and never into the settings file.
    Secret,
    /// One line of text.
    Text,
    /// An address that begins with `https://`; plain `http://` only on this machine or where the account allows it.
    Address {
        /// What a form fills in at first: the vendor's public address.
        usual: Option<&'static str>,
    },
    /// A whole number, from `least` to `most`.
    Number {
        /// The value where the field is left out.
        default: u64,
        /// The least that the vendor's rules allow.
        least: u64,
        /// The least where the account's address is on this machine: a stand-in has no such rule.
        least_on_loopback: u64,
        /// The most that makes sense.
        most: u64,
        /// Its unit, such as `ms`.
        unit: &'static str,
    },
    /// A yes or a no, written `true` or `false`.
    Switch {
        /// The value where the field is left out.
        default: bool,
    },
    /// One of a few words; the first is assumed.
    Choice {
        /// The words, as the settings file has them.
        options: &'static [&'static str],
    },
    /// An IANA time zone.
    TimeZone {
        /// The zone where the field is left out.
        default: Tz,
    },
    /// Three capital letters (ISO 4217).
    Currency {
        /// The currency where the field is left out.
        default: &'static str,
    },
    /// The numbers of endpoints.
    Endpoints,
    /// Texts in a list.
    List,
    /// Texts under a name each, such as an agent's endpoint under the agent's name.
    Table,
    /// The path of a file on this machine.
    File,
}

/// One of the agent's own endpoints, as the settings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEndpoint {
    /// Its number with the vendor.
    pub number: EndpointNumber,
    /// What people call it, where the settings say so.
    pub label: Option<String>,
}

/// A checked value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// A text, a word of a choice, a currency, a path.
    Text(String),
    /// The value of a [`FieldKind::Address`].
    Address(Url),
    /// The value of a [`FieldKind::Number`], in the field's unit.
    Number(u64),
    /// The value of a [`FieldKind::Switch`].
    Switch(bool),
    /// The value of a [`FieldKind::TimeZone`].
    TimeZone(Tz),
    /// A list of texts.
    List(Vec<String>),
    /// The value of a [`FieldKind::Table`]: a text under each name.
    Table(BTreeMap<String, String>),
}

/// The values of an account's fields, checked against the vendor's description. A field that was left out has its default;
/// one without a default is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountValues(BTreeMap<&'static str, FieldValue>);

impl AccountValues {
    /// Sets the value of a field.
    pub fn set(&mut self, field: &AccountField, value: FieldValue) {
        self.0.insert(field.name, value);
    }

    /// A text; empty where it is absent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(FieldValue::Text(text)) => text,
            _ => "",
        }
    }

    /// The address in a field; nothing where it is absent.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<&Url> {
        match self.0.get(name) {
            Some(FieldValue::Address(url)) => Some(url),
            _ => None,
        }
    }

    /// All addresses among them.
    pub fn addresses(&self) -> impl Iterator<Item = &Url> {
        self.0.values().filter_map(|value| match value {
            FieldValue::Address(url) => Some(url),
            _ => None,
        })
    }

    /// A number; 0 where it is absent.
    #[must_use]
    pub fn number(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(FieldValue::Number(number)) => *number,
            _ => 0,
        }
    }

    /// Yes or no; no where it is absent.
    #[must_use]
    pub fn switch(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(FieldValue::Switch(true)))
    }

    /// A time zone; UTC where it is absent.
    #[must_use]
    pub fn time_zone(&self, name: &str) -> Tz {
        match self.0.get(name) {
            Some(FieldValue::TimeZone(zone)) => *zone,
            _ => Tz::UTC,
        }
    }

    /// The texts of a list.
    #[must_use]
    pub fn list(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(FieldValue::List(texts)) => texts,
            _ => &[],
        }
    }

    /// The text under `key` of a table.
    #[must_use]
    pub fn entry(&self, name: &str, key: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(FieldValue::Table(texts)) => texts.get(key).map(String::as_str),
            _ => None,
        }
    }

    /// The names and texts of a table, in the order of the names.
    pub fn table(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        let texts = match self.0.get(name) {
            Some(FieldValue::Table(texts)) => Some(texts),
            _ => None,
        };
        texts.into_iter().flatten().map(|(key, text)| (key.as_str(), text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_ids_are_plain_and_short() {
        for good in ["acme", "north-tel", "acme-2"] {
            assert_eq!(good.parse::<VendorId>().unwrap().as_str(), good);
        }
        for bad in ["", "Acme", "a b", "a:b", "é", &"x".repeat(41)] {
            assert_eq!(bad.parse::<VendorId>(), Err(BadVendorId), "{bad}");
        }
    }
}
