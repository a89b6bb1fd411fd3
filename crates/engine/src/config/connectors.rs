//! The CRMs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use timbre_domain::call::AccountName;
use timbre_domain::outbox::{RecordCalls, WRAP_UP};
use toml::Spanned;
use url::Url;

use super::{Check, ConfigError, ValueFault, is_loopback};

/// One CRM, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorSettings {
    /// Its name: the keyring's entry of its key, and the source of the contacts it brings.
    pub name: AccountName,
    /// The file that describes it.
    pub file: ConnectorFile,
    /// Where its API lies; ends in a slash.
    pub base_url: Url,
    /// What its file asks of an administrator.
    pub values: BTreeMap<String, String>,
    /// Which calls are recorded by themselves.
    pub record_calls: RecordCalls,
    /// How long an answered call waits for its result before it is recorded without one.
    pub wrap_up: Duration,
    /// Whether its contacts are brought here.
    pub sync_contacts: bool,
    /// How often changed contacts are asked for.
    pub sync_every: Duration,
    /// How often it is asked which contacts it still has.
    pub reconcile_every: Duration,
    /// Whether contacts that are typed or changed here go there.
    pub push_contacts: bool,
}

/// Where a connector's description is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectorFile {
    /// One that comes with Timbre, by name.
    BuiltIn(String),
    /// A file on this machine.
    Path(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileConnector {
    name: Spanned<String>,
    file: Spanned<String>,
    base_url: Spanned<String>,
    #[serde(default)]
    record_calls: RecordCalls,
    wrap_up_s: Option<Spanned<u64>>,
    #[serde(default = "yes")]
    sync_contacts: bool,
    sync_every_s: Option<Spanned<u64>>,
    reconcile_every_s: Option<Spanned<u64>>,
    #[serde(default = "yes")]
    push_contacts: bool,
    #[serde(default)]
    allow_plain_http: bool,
    #[serde(default)]
    settings: BTreeMap<String, Plain>,
}

/// A text, a number or a truth value: the connector's file knows which of them a setting is.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Plain {
    Truth(bool),
    Whole(i64),
    Number(f64),
    Text(String),
}

impl Plain {
    fn text(&self) -> String {
        match self {
            Self::Truth(truth) => truth.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

fn yes() -> bool {
    true
}

const SYNC_EVERY_S: u64 = 300;
const RECONCILE_EVERY_S: u64 = 24 * 3_600;

impl Check<'_> {
    pub(super) fn connectors(
        &self,
        read: &[FileConnector],
        accounts: &[super::Account],
    ) -> Result<Vec<ConnectorSettings>, ConfigError> {
        let mut connectors: Vec<ConnectorSettings> = Vec::with_capacity(read.len());
        for one in read {
            let name: AccountName = self.parse(&one.name, ValueFault::Name, str::parse)?;
            let taken = accounts.iter().any(|account| account.name == name)
                || connectors.iter().any(|connector| connector.name == name);
            if taken {
                let message = format!("the name {name} is taken; accounts and connectors share the keyring");
                return Err(self.at(&one.name, message).of(ValueFault::Taken));
            }
            let file = one.file.get_ref().trim();
            let file = match file {
                "" => {
                    let message = "the name of a connector that comes with Timbre, or a file";
                    return Err(self.at(&one.file, message).of(ValueFault::Empty));
                }
                path if path.ends_with(".toml") => ConnectorFile::Path(PathBuf::from(path)),
                name => ConnectorFile::BuiltIn(name.to_owned()),
            };
            let mut base_url = self.url(&one.base_url, one.allow_plain_http)?;
            if !base_url.path().ends_with('/') {
                base_url.set_path(&format!("{}/", base_url.path()));
            }
            // A stand-in on this machine may be asked as often as one likes.
            let shortest = if is_loopback(&base_url) { 0 } else { 30 };
            let seconds = |value: &Option<Spanned<u64>>, assumed: u64, least: u64| match value {
                None => Ok(Duration::from_secs(assumed)),
                Some(value) if (least..=30 * 24 * 3_600).contains(value.get_ref()) => {
                    Ok(Duration::from_secs(*value.get_ref()))
                }
                Some(value) => {
                    Err(self.at(value, format!("between {least} seconds and 30 days")).of(ValueFault::OutOfRange))
                }
            };
            connectors.push(ConnectorSettings {
                name,
                file,
                base_url,
                values: one.settings.iter().map(|(name, value)| (name.clone(), value.text())).collect(),
                record_calls: one.record_calls,
                wrap_up: seconds(&one.wrap_up_s, WRAP_UP.as_secs(), 0)?,
                sync_contacts: one.sync_contacts,
                sync_every: seconds(&one.sync_every_s, SYNC_EVERY_S, shortest)?.max(Duration::from_secs(1)),
                reconcile_every: seconds(&one.reconcile_every_s, RECONCILE_EVERY_S, shortest)?
                    .max(Duration::from_secs(1)),
                push_contacts: one.push_contacts,
            });
        }
        Ok(connectors)
    }
}
