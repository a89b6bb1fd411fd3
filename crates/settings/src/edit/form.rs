//! The settings as forms show them: what the file states, and nothing of what is assumed.

use std::collections::BTreeMap;

use timbre_domain::vendor::{FieldKind, Vendors};

use super::SettingsForm;
use super::draft::{AccountDraft, ConnectorDraft, FieldDraft, IdentityDraft};
use crate::accounts::COMMON;
use crate::fault::ConfigError;
use crate::layer::{Kind, Layer, LayerText, Node, Table, merged};
use crate::read::{self, Section, wrong_kind};

/// Reads a file for forms. It may be wrong in what it says, and is shown all the same.
pub(super) fn read(text: &str, vendors: Vendors) -> Result<SettingsForm, ConfigError> {
    let tree = merged(&[LayerText { layer: Layer::User, file: None, text: text.to_owned() }])?;
    let top = Section::top(&tree);
    Ok(SettingsForm {
        language: top.word("language", &crate::LANGUAGES, Default::default())?,
        country: owned(&top, "country")?,
        agent: owned(&top, "agent")?,
        popup: match top.section("popup")? {
            None => BTreeMap::new(),
            Some(popup) => popup.table.0.iter().map(|(key, node)| (key.name.clone(), json(node))).collect(),
        },
        accounts: top.sections("accounts")?.iter().map(|one| account(one, vendors)).collect::<Result<_, _>>()?,
        identities: top.sections("identities")?.iter().map(identity).collect::<Result<_, _>>()?,
        connectors: top.sections("connectors")?.iter().map(connector).collect::<Result<_, _>>()?,
        ..SettingsForm::default()
    })
}

fn owned(section: &Section<'_>, name: &str) -> Result<String, ConfigError> {
    Ok(section.text(name)?.map(|text| text.text.to_owned()).unwrap_or_default())
}

fn account(section: &Section<'_>, vendors: Vendors) -> Result<AccountDraft, ConfigError> {
    let provider = owned(section, "provider")?;
    let vendor = vendors.iter().find(|vendor| vendor.id.as_str() == provider);
    let mut values = BTreeMap::new();
    for (key, node) in section.table.0.iter().filter(|(key, _)| !COMMON.contains(&key.name.as_str())) {
        let kind = vendor.and_then(|vendor| vendor.field(&key.name)).map(|field| field.kind);
        // A secret that was written into the file is shown to nobody.
        if kind.is_some_and(|kind| kind != FieldKind::Secret) {
            values.insert(key.name.clone(), draft(node)?);
        }
    }
    Ok(AccountDraft {
        name: owned(section, "name")?,
        provider,
        values,
        allow_plain_http: section.switch("allow_plain_http", false)?,
    })
}

fn draft(node: &Node) -> Result<FieldDraft, ConfigError> {
    Ok(match &node.kind {
        Kind::Switch(truth) => FieldDraft::Switch(*truth),
        Kind::Text(text) => FieldDraft::Text(text.clone()),
        Kind::Whole(number) => FieldDraft::Text(number.to_string()),
        Kind::Number(number) => FieldDraft::Text(number.to_string()),
        Kind::List(_) => FieldDraft::List(read::texts(node)?.into_iter().map(|text| text.text.to_owned()).collect()),
        Kind::Table(table) => FieldDraft::Table(texts(table)?),
        Kind::Date => return Err(wrong_kind(node, "a text")),
    })
}

fn texts(table: &Table) -> Result<BTreeMap<String, String>, ConfigError> {
    table.0.iter().map(|(key, node)| Ok((key.name.clone(), read::text(node)?.text.to_owned()))).collect()
}

fn identity(section: &Section<'_>) -> Result<IdentityDraft, ConfigError> {
    Ok(IdentityDraft {
        label: owned(section, "label")?,
        account: owned(section, "account")?,
        endpoint: owned(section, "endpoint")?,
        withheld: section.switch("withheld", false)?,
    })
}

fn connector(section: &Section<'_>) -> Result<ConnectorDraft, ConfigError> {
    Ok(ConnectorDraft {
        name: owned(section, "name")?,
        file: owned(section, "file")?,
        base_url: owned(section, "base_url")?,
        record_calls: owned(section, "record_calls")?,
        sync_contacts: section.switch("sync_contacts", true)?,
        push_contacts: section.switch("push_contacts", true)?,
        allow_plain_http: section.switch("allow_plain_http", false)?,
        settings: match section.section("settings")? {
            None => BTreeMap::new(),
            Some(settings) => {
                let one = |(key, node): &(crate::layer::Key, Node)| (key.name.clone(), shown(node));
                settings.table.0.iter().map(one).collect()
            }
        },
    })
}

/// A setting of a connector's file, as a form has it in a line of text.
fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Text(text) => text.clone(),
        Kind::Whole(number) => number.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::Switch(truth) => truth.to_string(),
        Kind::List(_) | Kind::Table(_) | Kind::Date => String::new(),
    }
}

fn json(node: &Node) -> serde_json::Value {
    use serde_json::Value as Json;
    match &node.kind {
        Kind::Text(text) => text.as_str().into(),
        Kind::Whole(number) => (*number).into(),
        Kind::Number(number) => (*number).into(),
        Kind::Switch(truth) => (*truth).into(),
        Kind::List(list) => Json::Array(list.iter().map(json).collect()),
        Kind::Table(table) => Json::Object(table.0.iter().map(|(key, node)| (key.name.clone(), json(node))).collect()),
        Kind::Date => Json::Null,
    }
}
