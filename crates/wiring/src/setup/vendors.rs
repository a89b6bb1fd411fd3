//! The vendors that accounts can be had with, and the form of each, drawn from its description.

use serde::{Deserialize, Serialize};
use timbre_domain::texts::{Catalogue, Language};
use timbre_domain::vendor::{AccountField, Capability, FieldKind, VendorDescription};
use timbre_settings::edit::AccountDraft;
use timbre_telephony::registry;

/// A vendor that accounts can be had with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct KnownVendor {
    /// What stands under `provider` in the settings.
    pub provider: String,
    /// What people call it.
    pub title: String,
    /// What its form asks for, in order.
    pub fields: Vec<KnownField>,
    /// What its accounts can do.
    pub capabilities: Vec<Capability>,
    /// A draft with what is usual there.
    pub draft: AccountDraft,
}

/// A field of a vendor's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct KnownField {
    /// Its name in the draft.
    pub name: String,
    /// What a form calls it.
    pub label: String,
    /// What it is for; empty where the label says it.
    pub about: String,
    /// What is typed or chosen there.
    pub input: FieldInput,
    /// What is assumed where it is left empty; empty where nothing is.
    pub assumed: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether a form hides it until it is asked for.
    pub advanced: bool,
}

/// What is typed or chosen in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum FieldInput {
    /// A password or a token: it is sent beside the draft, never in it.
    Secret,
    /// A line of text.
    Text,
    Address,
    Number,
    Switch,
    Choice {
        /// In the order they are offered; the first is assumed.
        options: Vec<FieldOption>,
    },
    /// The agent's endpoints: chosen among those the account has, once that is known.
    Endpoints,
    /// Texts, one a line.
    List,
    /// Texts by name, such as an endpoint under each agent's name.
    Table,
    /// The path of a file.
    File,
}

/// One of the words of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FieldOption {
    /// As the draft has it.
    pub value: String,
    /// As people read it.
    pub label: String,
}

/// The vendors, in the order in which they are offered.
#[must_use]
pub fn known_vendors(language: Language) -> Vec<KnownVendor> {
    registry::descriptions().iter().map(|vendor| known(vendor, language)).collect()
}

fn known(vendor: &VendorDescription, language: Language) -> KnownVendor {
    let texts = Catalogue::of(language);
    let mut draft =
        AccountDraft { name: "principal".to_owned(), provider: vendor.id.to_string(), ..AccountDraft::default() };
    for field in vendor.fields {
        if let FieldKind::Address { usual: Some(usual) } = field.kind {
            draft = draft.with_text(field.name, usual);
        }
    }
    KnownVendor {
        provider: vendor.id.to_string(),
        title: vendor.title.to_owned(),
        fields: vendor.fields.iter().map(|one| field(vendor, one, texts)).collect(),
        capabilities: vendor.capabilities.to_vec(),
        draft,
    }
}

fn field(vendor: &VendorDescription, field: &AccountField, texts: &Catalogue) -> KnownField {
    let text = |part: &str| texts.of_vendor(vendor.id.as_str(), field.name, part).unwrap_or_default().to_owned();
    KnownField {
        name: field.name.to_owned(),
        label: text("label"),
        about: text("about"),
        input: match field.kind {
            FieldKind::Secret => FieldInput::Secret,
            FieldKind::Text | FieldKind::TimeZone { .. } | FieldKind::Currency { .. } => FieldInput::Text,
            FieldKind::Address { .. } => FieldInput::Address,
            FieldKind::Number { .. } => FieldInput::Number,
            FieldKind::Switch { .. } => FieldInput::Switch,
            FieldKind::Choice { options } => {
                let option = |word: &&str| FieldOption { value: (*word).to_owned(), label: text(word) };
                FieldInput::Choice { options: options.iter().map(option).collect() }
            }
            FieldKind::Endpoints => FieldInput::Endpoints,
            FieldKind::List => FieldInput::List,
            FieldKind::Table => FieldInput::Table,
            FieldKind::File => FieldInput::File,
        },
        assumed: match field.kind {
            FieldKind::Number { default, .. } => default.to_string(),
            FieldKind::TimeZone { default } => default.name().to_owned(),
            FieldKind::Switch { default } => default.to_string(),
            FieldKind::Currency { default } => default.to_owned(),
            _ => String::new(),
        },
        required: field.required,
        advanced: field.advanced,
    }
}
