//! Accounts, identities and CRMs as a form has them: texts, where an empty one stands for what is assumed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use timbre_domain::vendor::{AccountField, FieldKind, Vendors};
use toml_edit::{Array, InlineTable, Value};

use crate::fault::address;

/// An account, as a form has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AccountDraft {
    /// Its name: a-z, 0-9, - and _.
    pub name: String,
    pub provider: String,
    /// What the vendor's form asks for, by the field's name; an empty text stands for what is assumed. Never a secret.
    pub values: BTreeMap<String, FieldDraft>,
    /// Whether an address that begins with `http://` is used all the same.
    pub allow_plain_http: bool,
}

/// What a form has in one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum FieldDraft {
    Switch(bool),
    /// A line of text; of a number, its digits.
    Text(String),
    List(Vec<String>),
    Table(BTreeMap<String, String>),
}

impl AccountDraft {
    /// The text in a field; empty where there is none.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        match self.values.get(field) {
            Some(FieldDraft::Text(text)) => text,
            _ => "",
        }
    }

    /// The same with a text in a field.
    #[must_use]
    pub fn with_text(self, field: &str, text: impl Into<String>) -> Self {
        self.with(field, FieldDraft::Text(text.into()))
    }

    /// The same with this in a field.
    #[must_use]
    pub fn with(mut self, field: &str, value: FieldDraft) -> Self {
        self.values.insert(field.to_owned(), value);
        self
    }
}

/// An identity, as a form has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct IdentityDraft {
    /// What the agent calls it.
    pub label: String,
    /// The account whose sign-in pays.
    pub account: String,
    /// The endpoint the call is made from.
    pub endpoint: String,
    /// Whether the vendor hides its number.
    pub withheld: bool,
}

/// A CRM, as a form has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ConnectorDraft {
    /// Its name: a-z, 0-9, - and _.
    pub name: String,
    /// One that comes with Timbre, or the path of a file that ends in `.toml`.
    pub file: String,
    /// Where its API lies.
    pub base_url: String,
    /// Which calls are recorded: `all`, `answered` or `with-result`.
    pub record_calls: String,
    /// Whether its contacts are brought here.
    pub sync_contacts: bool,
    /// Whether contacts that are typed or changed here go there.
    pub push_contacts: bool,
    /// Whether an address that begins with `http://` is used all the same.
    pub allow_plain_http: bool,
    /// What its file asks for, by name.
    pub settings: BTreeMap<String, String>,
}

impl Default for ConnectorDraft {
    fn default() -> Self {
        Self {
            name: String::new(),
            file: String::new(),
            base_url: String::new(),
            record_calls: String::new(),
            sync_contacts: true,
            push_contacts: true,
            allow_plain_http: false,
            settings: BTreeMap::new(),
        }
    }
}

/// What a form says of one key.
#[derive(Debug, Clone)]
pub(super) enum Field {
    /// This value; the key goes where there is none.
    Is(&'static str, Option<Value>),
    /// This value; a key that would only say what is assumed is not written.
    Truth(&'static str, bool, bool),
    /// A table of texts; nothing else is in it.
    Texts(&'static str, BTreeMap<String, String>),
}

/// A list of the file that forms edit.
pub(super) trait Draft {
    /// Its name in the file.
    const SECTION: &'static str;
    /// The key that tells its entries apart.
    const KEY: &'static str;

    /// The keys in the order in which a new entry has them.
    fn fields(&self, vendors: Vendors) -> Vec<Field>;
}

impl Draft for AccountDraft {
    const SECTION: &'static str = "accounts";
    const KEY: &'static str = "name";

    fn fields(&self, vendors: Vendors) -> Vec<Field> {
        let vendor = vendors.iter().find(|vendor| vendor.id.as_str() == self.provider.trim());
        let mut fields = vec![required("name", &self.name), required("provider", &self.provider)];
        for field in vendor.into_iter().flat_map(|vendor| vendor.fields) {
            fields.extend(written(field, self.values.get(field.name)));
        }
        fields.push(Field::Truth("allow_plain_http", self.allow_plain_http, false));
        fields
    }
}

/// What a form says of a vendor's field; nothing for a secret, and for a field that the form does not have.
fn written(field: &AccountField, draft: Option<&FieldDraft>) -> Option<Field> {
    let draft = draft?;
    let line = match draft {
        FieldDraft::Text(line) => line.trim(),
        FieldDraft::Switch(_) | FieldDraft::List(_) | FieldDraft::Table(_) => "",
    };
    Some(match (field.kind, draft) {
        (FieldKind::Secret, _) => return None,
        (FieldKind::Switch { default }, FieldDraft::Switch(truth)) => Field::Truth(field.name, *truth, default),
        (_, FieldDraft::Switch(truth)) => Field::Is(field.name, Some((*truth).into())),
        (FieldKind::Table, FieldDraft::Table(texts)) => {
            let texts = texts.iter().map(|(name, text)| (name.trim().to_owned(), text.trim().to_owned()));
            Field::Texts(field.name, texts.filter(|(name, text)| !name.is_empty() && !text.is_empty()).collect())
        }
        (_, FieldDraft::Table(_)) => return None,
        (_, FieldDraft::List(lines)) => {
            let lines: Array = lines.iter().map(|one| one.trim()).filter(|one| !one.is_empty()).collect();
            Field::Is(field.name, (!lines.is_empty()).then(|| lines.into()))
        }
        (FieldKind::Address { .. }, _) if field.required => required(field.name, &address(line)),
        (FieldKind::Address { .. }, _) => Field::Is(field.name, text(&address(line))),
        // What is no number is written as it was typed: the check tells what is wrong with it.
        (FieldKind::Number { .. }, _) => {
            Field::Is(field.name, line.parse::<i64>().ok().map(Value::from).or_else(|| text(line)))
        }
        _ if field.required => required(field.name, line),
        _ => Field::Is(field.name, text(line)),
    })
}

impl Draft for IdentityDraft {
    const SECTION: &'static str = "identities";
    const KEY: &'static str = "label";

    fn fields(&self, _vendors: Vendors) -> Vec<Field> {
        vec![
            required("label", &self.label),
            required("account", &self.account),
            required("endpoint", &self.endpoint),
            Field::Truth("withheld", self.withheld, false),
        ]
    }
}

impl Draft for ConnectorDraft {
    const SECTION: &'static str = "connectors";
    const KEY: &'static str = "name";

    fn fields(&self, _vendors: Vendors) -> Vec<Field> {
        let settings = self.settings.iter().map(|(name, value)| (name.clone(), value.trim().to_owned()));
        vec![
            required("name", &self.name),
            required("file", &self.file),
            required("base_url", &address(&self.base_url)),
            Field::Is("record_calls", text(&self.record_calls)),
            Field::Truth("sync_contacts", self.sync_contacts, true),
            Field::Truth("push_contacts", self.push_contacts, true),
            Field::Truth("allow_plain_http", self.allow_plain_http, false),
            Field::Texts("settings", settings.filter(|(_, value)| !value.is_empty()).collect()),
        ]
    }
}

/// An empty one is written, too: what is wrong with it is told with its place.
fn required(key: &'static str, value: &str) -> Field {
    Field::Is(key, Some(value.trim().into()))
}

/// A text; nothing for an empty one.
pub(super) fn text(value: &str) -> Option<Value> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.into())
}

/// A value from a window; nothing for `null`, and for a number that TOML has not.
pub(super) fn of_json(json: &serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;
    match json {
        Json::Null => None,
        Json::Bool(truth) => Some((*truth).into()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Some(whole.into()),
            None => number.as_f64().map(Value::from),
        },
        Json::String(text) => Some(text.as_str().into()),
        Json::Array(list) => Some(list.iter().filter_map(of_json).collect::<Array>().into()),
        Json::Object(object) => {
            let pairs = object.iter().filter_map(|(key, value)| Some((key.as_str(), of_json(value)?)));
            Some(pairs.collect::<InlineTable>().into())
        }
    }
}
