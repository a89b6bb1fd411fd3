//! Reads the sections `[[connectors]]`: the CRMs that records go to and contacts come from.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use timbre_domain::crm::ConnectorName;
use timbre_domain::outbox::{RecordCalls, WRAP_UP};
use timbre_domain::secret::SecretName;
use url::Url;

use crate::accounts::Account;
use crate::fault::{ConfigError, ValueFault};
use crate::layer::{Kind, Node};
use crate::read::{Section, is_loopback, wrong_kind};

/// A section `[[connectors]]`, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorSettings {
    /// Its name: the keyring's entry of its key, and the source of the contacts it brings.
    pub name: ConnectorName,
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

const SYNC_EVERY_S: u64 = 300;
const RECONCILE_EVERY_S: u64 = 24 * 3_600;
const LONGEST_S: u64 = 30 * 24 * 3_600;

pub(crate) fn read(top: &Section<'_>, accounts: &[Account]) -> Result<Vec<ConnectorSettings>, ConfigError> {
    let mut connectors: Vec<ConnectorSettings> = Vec::new();
    for section in top.sections("connectors")? {
        section.only(&[
            "name",
            "file",
            "base_url",
            "record_calls",
            "wrap_up_s",
            "sync_contacts",
            "sync_every_s",
            "reconcile_every_s",
            "push_contacts",
            "allow_plain_http",
            "settings",
        ])?;
        let name_text = section.required_text("name")?;
        let name: ConnectorName = name_text.parse(ValueFault::Name, str::parse)?;
        let secrets = SecretName::of_connector(&name);
        let of_others = accounts.iter().map(|account| SecretName::account(&account.name));
        let of_others = of_others.chain(connectors.iter().flat_map(|other| SecretName::of_connector(&other.name)));
        let taken = of_others.into_iter().find(|other| secrets.iter().any(|secret| secret.meets(other)));
        if let Some(other) = taken {
            let message = format!(
                "the name {name} is taken: its secrets would be kept where those of {} are; accounts and connectors share \
                 the keyring, and a connector has NAME, NAME-token and NAME-client there",
                other.as_str()
            );
            return Err(name_text.error(ValueFault::Taken, message));
        }
        connectors.push(connector(&section, name)?);
    }
    Ok(connectors)
}

fn connector(section: &Section<'_>, name: ConnectorName) -> Result<ConnectorSettings, ConfigError> {
    let mut base_url = section.required_text("base_url")?.address(section.switch("allow_plain_http", false)?)?;
    if !base_url.path().ends_with('/') {
        base_url.set_path(&format!("{}/", base_url.path()));
    }
    // A stand-in on this machine may be asked as often as one likes.
    let shortest = if is_loopback(&base_url) { 0 } else { 30 };
    let seconds = |key: &str, assumed: u64, least: u64| {
        let read = section.number(key, least, LONGEST_S, "seconds")?;
        Ok::<_, ConfigError>(Duration::from_secs(read.unwrap_or(assumed)))
    };
    let record_calls =
        [("all", RecordCalls::All), ("answered", RecordCalls::Answered), ("with-result", RecordCalls::WithResult)];
    let values = match section.section("settings")? {
        None => BTreeMap::new(),
        Some(settings) => {
            let one = |(key, node): &(crate::layer::Key, Node)| Ok((key.name.clone(), plain(node)?));
            settings.table.0.iter().map(one).collect::<Result<_, ConfigError>>()?
        }
    };
    Ok(ConnectorSettings {
        name,
        file: file(section)?,
        values,
        record_calls: section.word("record_calls", &record_calls, RecordCalls::default())?,
        wrap_up: seconds("wrap_up_s", WRAP_UP.as_secs(), 0)?,
        sync_contacts: section.switch("sync_contacts", true)?,
        sync_every: seconds("sync_every_s", SYNC_EVERY_S, shortest)?.max(Duration::from_secs(1)),
        reconcile_every: seconds("reconcile_every_s", RECONCILE_EVERY_S, shortest)?.max(Duration::from_secs(1)),
        push_contacts: section.switch("push_contacts", true)?,
        base_url,
    })
}

/// A file that is named beside the settings lies beside them, wherever the program was started.
fn file(section: &Section<'_>) -> Result<ConnectorFile, ConfigError> {
    let text = section.required_text("file")?;
    let name = text.text.trim();
    if name.is_empty() {
        let message = "a connector's file is one that comes with Timbre, by name, or the path of a .toml file";
        return Err(text.error(ValueFault::Empty, message));
    }
    if !name.ends_with(".toml") {
        return Ok(ConnectorFile::BuiltIn(name.to_owned()));
    }
    let beside = text.origin.file.as_deref().and_then(|file| file.parent());
    Ok(ConnectorFile::Path(beside.map_or_else(|| PathBuf::from(name), |folder| folder.join(name))))
}

/// A text, a number, or true or false: the connector's file knows which of them a setting is.
fn plain(node: &Node) -> Result<String, ConfigError> {
    match &node.kind {
        Kind::Text(text) => Ok(text.clone()),
        Kind::Whole(number) => Ok(number.to_string()),
        Kind::Number(number) => Ok(number.to_string()),
        Kind::Switch(truth) => Ok(truth.to_string()),
        Kind::List(_) | Kind::Table(_) | Kind::Date => Err(wrong_kind(node, "a text, a number, or true or false")),
    }
}
