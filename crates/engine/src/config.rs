//! The settings file: TOML, rolled out by an administrator. It never holds a secret.

pub(crate) mod connectors;
mod dispositions;
pub mod edit;
mod fault;
pub(crate) mod fields;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde::Deserialize;
use timbre_domain::call::AccountName;
use timbre_domain::dial::{APPEARS_WITHIN, RingFirst};
use timbre_domain::endpoint::{EndpointNumber, Identity};
use timbre_domain::number::Country;
use timbre_domain::popup::PopupPolicy;
use timbre_domain::texts::Language;
use toml::Spanned;
use url::{Host, Url};

use connectors::FileConnector;
pub use connectors::{ConnectorFile, ConnectorSettings};
use dispositions::FileDisposition;
pub use fault::{ValueFault, address};
pub use fields::ContactField;
use fields::FileContactField;
use timbre_domain::disposition::DispositionCatalogue;

/// A commented example, as `timbrectl config example` prints it.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// The settings, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The language of texts.
    pub language: Language,
    /// The country of numbers without a country code.
    pub country: Country,
    /// Which calls pop up, unless the agent chose otherwise.
    pub popup: PopupPolicy,
    /// The fields of contacts that pop-ups show, in their order.
    pub popup_fields: Vec<String>,
    /// The accounts, at least one.
    pub accounts: Vec<Account>,
    /// Who calls can be made as, at least one; the first is the usual one.
    pub identities: Vec<Identity>,
    /// The organisation's own fields of contacts.
    pub contact_fields: Vec<ContactField>,
    /// The agent's name, as results carry it.
    pub agent: Option<String>,
    /// What can come of a call.
    pub dispositions: DispositionCatalogue,
    /// The CRMs.
    pub connectors: Vec<ConnectorSettings>,
    /// How many months calls and their results are kept; nothing for ever.
    pub keep_months: Option<u32>,
}

/// One account, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// The vendor.
    pub provider: ProviderName,
    /// Where the vendor's scripts lie.
    pub base_url: Url,
    /// The whole address of click-to-dial, where it lies elsewhere.
    pub click_to_dial_url: Option<Url>,
    /// The user name.
    pub username: String,
    /// The agent's own endpoints in this account.
    pub endpoints: Vec<EndpointNumber>,
    /// Whether the whole account is followed.
    pub full_account: bool,
    /// The zone of the vendor's times.
    pub time_zone: Tz,
    /// The currency of its charges (ISO 4217).
    pub currency: Option<String>,
    /// Who is rung first by click-to-dial.
    pub ring_first: RingFirst,
    /// Callers that ring the agent's telephone for a click-to-dial.
    pub agent_leg_callers: Vec<String>,
    /// What the vendor's limit counts for.
    pub throttle_scope: ThrottleScope,
    /// The distance between two reading calls, milliseconds.
    pub reading_interval_ms: u64,
    /// How long a dialled call may take to appear, seconds.
    pub call_appears_within_s: u64,
}

/// A vendor, as the file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderName {
    /// CallMyWay.
    CallMyWay,
}

/// What a vendor's limit counts for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThrottleScope {
    /// Each user name by itself.
    #[default]
    SignIn,
    /// All accounts at one address of the vendor together.
    Address,
}

/// What is wrong with the file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file, where one was read.
    pub file: Option<PathBuf>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
    /// What is wrong, in English; never a value that may be a secret.
    pub message: String,
    /// What is wrong with the one value that stands there; nothing where the file itself is wrong.
    pub fault: Option<ValueFault>,
}

impl ConfigError {
    fn of(self, fault: ValueFault) -> Self {
        Self { fault: Some(fault), ..self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
        }
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}:")?;
        }
        if self.file.is_some() || self.line.is_some() {
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    language: Language,
    country: Option<Spanned<String>>,
    #[serde(default)]
    popup: FilePopup,
    #[serde(default)]
    accounts: Vec<Spanned<FileAccount>>,
    #[serde(default)]
    identities: Vec<FileIdentity>,
    #[serde(default)]
    contact_fields: Vec<FileContactField>,
    agent: Option<String>,
    #[serde(default)]
    dispositions: Vec<FileDisposition>,
    #[serde(default)]
    connectors: Vec<FileConnector>,
    #[serde(default)]
    history: FileHistory,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileHistory {
    keep_months: Option<Spanned<u32>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FilePopup {
    incoming: Option<bool>,
    outgoing: Option<bool>,
    on_ring: Option<bool>,
    on_answer: Option<bool>,
    fields: Option<Vec<Spanned<String>>>,
}

impl FilePopup {
    fn policy(&self) -> PopupPolicy {
        let default = PopupPolicy::default();
        PopupPolicy {
            incoming: self.incoming.unwrap_or(default.incoming),
            outgoing: self.outgoing.unwrap_or(default.outgoing),
            on_ring: self.on_ring.unwrap_or(default.on_ring),
            on_answer: self.on_answer.unwrap_or(default.on_answer),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAccount {
    name: Spanned<String>,
    provider: ProviderName,
    base_url: Spanned<String>,
    click_to_dial_url: Option<Spanned<String>>,
    username: Spanned<String>,
    #[serde(default)]
    endpoints: Vec<Spanned<String>>,
    #[serde(default)]
    full_account: bool,
    time_zone: Option<Spanned<String>>,
    currency: Option<Spanned<String>>,
    #[serde(default)]
    ring_first: RingFirst,
    #[serde(default)]
    agent_leg_callers: Vec<String>,
    #[serde(default)]
    throttle_scope: ThrottleScope,
    reading_interval_ms: Option<Spanned<u64>>,
    call_appears_within_s: Option<Spanned<u64>>,
    #[serde(default)]
    allow_plain_http: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileIdentity {
    label: Spanned<String>,
    account: Spanned<String>,
    endpoint: Spanned<String>,
    #[serde(default)]
    withheld: bool,
}

/// "Los HTTPS solo se pueden activar cada 4 segundos" (seed 000).
const READING_INTERVAL_MS: u64 = 4_000;

impl Settings {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// What is wrong and on which line.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let with_file = |error: ConfigError| ConfigError { file: Some(file.to_owned()), ..error };
        let bytes =
            std::fs::read(file).map_err(|error| with_file(plain(format!("the file can't be read: {error}"))))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
            with_file(ConfigError { line: Some(line), column: Some(1), ..plain("the file is no UTF-8 text".into()) })
        })?;
        let mut settings = Self::parse(&text).map_err(with_file)?;
        settings.lie_at(file);
        Ok(settings)
    }

    /// A file that is named beside this one lies beside it, wherever the program was started.
    fn lie_at(&mut self, file: &Path) {
        for connector in &mut self.connectors {
            if let (ConnectorFile::Path(path), Some(folder)) = (&mut connector.file, file.parent()) {
                *path = folder.join(&*path);
            }
        }
    }

    /// Reads and checks the text of a file.
    ///
    /// # Errors
    /// What is wrong and on which line.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let file: File = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        let check = Check { text };
        let country = match &file.country {
            None => Country::CR,
            Some(country) => check.parse(country, ValueFault::Country, |country| country.parse::<Country>())?,
        };
        let mut accounts = Vec::with_capacity(file.accounts.len());
        let mut names = HashSet::new();
        for account in &file.accounts {
            let account = check.account(account.get_ref())?;
            accounts.push(account);
        }
        for (account, read) in accounts.iter().zip(&file.accounts) {
            if !names.insert(account.name.clone()) {
                return Err(check
                    .at(&read.get_ref().name, format!("there are two accounts named {}", account.name))
                    .of(ValueFault::Taken));
            }
        }
        if accounts.is_empty() {
            return Err(plain("there is no account: add an [[accounts]] section".into()));
        }
        let identities = check.identities(&file.identities, &accounts)?;
        // Whatever the agent calls from is the agent's own (PROVIDERS.md: "All of an agent's endpoints count").
        for identity in &identities {
            for account in accounts.iter_mut().filter(|account| account.name == identity.account) {
                if !account.endpoints.contains(&identity.endpoint) {
                    account.endpoints.push(identity.endpoint.clone());
                }
            }
        }
        let contact_fields = check.contact_fields(&file.contact_fields)?;
        let popup_fields = check.popup_fields(file.popup.fields.as_deref(), &contact_fields)?;
        let dispositions = check.dispositions(&file.dispositions)?;
        let connectors = check.connectors(&file.connectors, &accounts)?;
        let keep_months = check.keep_months(&file.history)?;
        let agent = file.agent.map(|agent| agent.trim().to_owned()).filter(|agent| !agent.is_empty());
        Ok(Self {
            language: file.language,
            country,
            popup: file.popup.policy(),
            popup_fields,
            accounts,
            identities,
            contact_fields,
            agent,
            dispositions,
            connectors,
            keep_months,
        })
    }
}

/// Checks values and names their place.
struct Check<'a> {
    text: &'a str,
}

impl Check<'_> {
    fn at<T>(&self, value: &Spanned<T>, message: impl Into<String>) -> ConfigError {
        let (line, column) = position(self.text, value.span().start);
        let fault = Some(ValueFault::Other);
        ConfigError { file: None, line: Some(line), column: Some(column), message: message.into(), fault }
    }

    fn parse<T, E: fmt::Display>(
        &self,
        value: &Spanned<String>,
        fault: ValueFault,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        read(value.get_ref()).map_err(|error| self.at(value, error.to_string()).of(fault))
    }

    fn keep_months(&self, read: &FileHistory) -> Result<Option<u32>, ConfigError> {
        let Some(months) = &read.keep_months else { return Ok(None) };
        match *months.get_ref() {
            0 => Err(self.at(months, "at least 1 month; leave the line out to keep everything")),
            // A thousand years.
            months_wanted if months_wanted > 12_000 => Err(self.at(months, "at most 12000 months")),
            months_wanted => Ok(Some(months_wanted)),
        }
    }

    fn account(&self, read: &FileAccount) -> Result<Account, ConfigError> {
        let name: AccountName = self.parse(&read.name, ValueFault::Name, str::parse)?;
        let base_url = self.url(&read.base_url, read.allow_plain_http)?;
        let click_to_dial_url =
            read.click_to_dial_url.as_ref().map(|url| self.url(url, read.allow_plain_http)).transpose()?;
        let username = read.username.get_ref().trim().to_owned();
        if username.is_empty() {
            return Err(self.at(&read.username, "the user name is empty").of(ValueFault::Empty));
        }
        let mut endpoints = Vec::new();
        for endpoint in &read.endpoints {
            endpoints.push(self.endpoint(endpoint)?);
        }
        if endpoints.is_empty() {
            endpoints.push(self.endpoint(&read.username)?);
        }
        let time_zone = match &read.time_zone {
            None => chrono_tz::America::Costa_Rica,
            Some(zone) => self.parse(zone, ValueFault::TimeZone, |zone| {
                zone.parse::<Tz>().map_err(|_| "a zone is named like America/Costa_Rica (IANA time zone database)")
            })?,
        };
        let currency = match &read.currency {
            None => None,
            Some(currency)
                if currency.get_ref().len() == 3 && currency.get_ref().bytes().all(|b| b.is_ascii_uppercase()) =>
            {
                Some(currency.get_ref().clone())
            }
            Some(currency) => {
                let message = "a currency is three capital letters (ISO 4217), such as CRC or USD";
                return Err(self.at(currency, message).of(ValueFault::Currency));
            }
        };
        let reading_interval_ms = match &read.reading_interval_ms {
            None => READING_INTERVAL_MS,
            Some(ms) if *ms.get_ref() < READING_INTERVAL_MS && !is_loopback(&base_url) => {
                let message = "the vendor allows one reading call every 4000 ms; only a stand-in on this machine may be asked faster";
                return Err(self.at(ms, message).of(ValueFault::OutOfRange));
            }
            Some(ms) if *ms.get_ref() < 20 => return Err(self.at(ms, "at least 20 ms").of(ValueFault::OutOfRange)),
            Some(ms) => *ms.get_ref(),
        };
        let call_appears_within_s = match &read.call_appears_within_s {
            None => APPEARS_WITHIN.as_secs(),
            Some(seconds) if (1..=600).contains(seconds.get_ref()) => *seconds.get_ref(),
            Some(seconds) => return Err(self.at(seconds, "between 1 and 600 seconds").of(ValueFault::OutOfRange)),
        };
        Ok(Account {
            name,
            provider: read.provider,
            base_url,
            click_to_dial_url,
            username,
            endpoints,
            full_account: read.full_account,
            time_zone,
            currency,
            ring_first: read.ring_first,
            agent_leg_callers: read.agent_leg_callers.clone(),
            throttle_scope: read.throttle_scope,
            reading_interval_ms,
            call_appears_within_s,
        })
    }

    fn endpoint(&self, value: &Spanned<String>) -> Result<EndpointNumber, ConfigError> {
        let fits =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        match EndpointNumber::new(value.get_ref()) {
            Some(number) if fits(number.as_str()) => Ok(number),
            _ => Err(self
                .at(value, "an endpoint is its number with the vendor, such as 8373456")
                .of(ValueFault::Endpoint)),
        }
    }

    /// The message never repeats the address: a password may have been written into it.
    fn url(&self, value: &Spanned<String>, allow_plain_http: bool) -> Result<Url, ConfigError> {
        if value.get_ref().trim().is_empty() {
            return Err(self.at(value, "the address is empty").of(ValueFault::Empty));
        }
        let url = self.parse(value, ValueFault::Address, |text| {
            Url::parse(text.trim()).map_err(|error| format!("this is no address: {error}"))
        })?;
        let wrong = |fault: ValueFault, message: &str| Err(self.at(value, message).of(fault));
        if !url.username().is_empty() || url.password().is_some() {
            return wrong(
                ValueFault::AddressSecret,
                "an address holds no user name and no password; the password belongs into the keyring",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong(
                ValueFault::AddressQuery,
                "an address without ? and # is wanted; Timbre adds what the vendor needs",
            );
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if allow_plain_http || is_loopback(&url) => Ok(url),
            "http" => wrong(
                ValueFault::AddressPlain,
                "plain http would send the password readable for all: use https, or set allow_plain_http = true if you must",
            ),
            _ => wrong(ValueFault::AddressScheme, "an address begins with https://"),
        }
    }

    fn identities(&self, read: &[FileIdentity], accounts: &[Account]) -> Result<Vec<Identity>, ConfigError> {
        let mut identities: Vec<Identity> = Vec::with_capacity(read.len());
        for identity in read {
            let account: AccountName = self.parse(&identity.account, ValueFault::UnknownAccount, str::parse)?;
            if !accounts.iter().any(|known| known.name == account) {
                return Err(self
                    .at(&identity.account, format!("there is no account named {account}"))
                    .of(ValueFault::UnknownAccount));
            }
            let label = identity.label.get_ref().trim().to_owned();
            if label.is_empty() {
                return Err(self.at(&identity.label, "each identity has a label of its own").of(ValueFault::Empty));
            }
            if identities.iter().any(|known| known.label == label) {
                return Err(self.at(&identity.label, "each identity has a label of its own").of(ValueFault::Taken));
            }
            let endpoint = self.endpoint(&identity.endpoint)?;
            identities.push(Identity { label, account, endpoint, withheld: identity.withheld });
        }
        if identities.is_empty() {
            for account in accounts {
                for endpoint in &account.endpoints {
                    let (label, account) = (endpoint.to_string(), account.name.clone());
                    identities.push(Identity { label, account, endpoint: endpoint.clone(), withheld: false });
                }
            }
        }
        Ok(identities)
    }
}

/// An address on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

fn plain(message: String) -> ConfigError {
    ConfigError { file: None, line: None, column: None, message, fault: None }
}

/// TOML's own error, without the line it would quote: a password may stand on it.
fn unreadable(text: &str, error: &toml::de::Error) -> ConfigError {
    let (line, column) = error.span().map(|span| position(text, span.start)).unzip();
    let message = error.message();
    let message = if message.contains("unknown field `password`") || message.contains("unknown field `secret`") {
        "a password never stands in this file: store it with `timbrectl secret set ACCOUNT`".to_owned()
    } else if let Some((before, _)) = message.split_once("invalid type: string ") {
        format!("{before}a text stands here where something else is expected")
    } else {
        message.to_owned()
    };
    ConfigError { file: None, line, column, message, fault: None }
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests;
