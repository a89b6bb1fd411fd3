//! The settings: TOML in layers, checked, each value knowing where it came from. They never hold a secret.
//!
//! Comes in: the texts of the layers ([`LayerText`]) and the vendors' descriptions. Goes out: [`Settings`], or a
//! [`ConfigError`] that names file, line and column. [`edit`] makes the changes that forms ask for, and leaves the rest of the
//! file as it is, to the byte.

mod accounts;
mod connectors;
mod contact_fields;
mod dispositions;
pub mod edit;
mod fault;
mod identities;
mod layer;
mod origins;
mod popup;
mod read;

use std::path::{Path, PathBuf};

use timbre_domain::call::AccountName;
use timbre_domain::disposition::DispositionCatalogue;
use timbre_domain::endpoint::Identity;
use timbre_domain::number::Country;
use timbre_domain::popup::PopupPolicy;
use timbre_domain::proxy::Proxy;
use timbre_domain::texts::Language;
use timbre_domain::vendor::Vendors;

pub use accounts::Account;
pub use connectors::{ConnectorFile, ConnectorSettings};
pub use contact_fields::{ContactField, claim};
pub use fault::{ConfigError, ValueFault, address};
pub use layer::{Layer, LayerText, Origin};
pub use origins::{Origins, Stated};
use read::Section;

/// All layers together, checked: what an engine starts with.
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
    /// Who calls can be made as; the first is the usual one.
    pub identities: Vec<Identity>,
    /// The organisation's own fields of contacts.
    pub contact_fields: Vec<ContactField>,
    /// The agent's name, as results carry it.
    pub agent: Option<String>,
    /// What can come of a call.
    pub dispositions: DispositionCatalogue,
    pub connectors: Vec<ConnectorSettings>,
    /// How many months calls and their results are kept; nothing for ever.
    pub keep_months: Option<u32>,
    /// The way to servers.
    pub proxy: Proxy,
    /// Where each value came from.
    pub origins: Origins,
    /// The user's file, with its links resolved; nothing for settings that came as text.
    pub file: Option<PathBuf>,
}

/// The languages, as the file names them.
pub(crate) const LANGUAGES: [(&str, Language); 3] = [("es", Language::Es), ("en", Language::En), ("pt", Language::Pt)];

impl Settings {
    /// Reads and checks a file, as the user's layer alone.
    ///
    /// # Errors
    /// What is wrong and on which line.
    pub fn load(file: &Path, vendors: Vendors) -> Result<Self, ConfigError> {
        let with_file = |error: ConfigError| ConfigError { file: Some(file.to_owned()), ..error };
        let bytes = std::fs::read(file)
            .map_err(|error| with_file(ConfigError::of_file(format!("the file can't be read: {error}"))))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
            let error = ConfigError::of_file("the file is no UTF-8 text");
            with_file(ConfigError { line: Some(line), column: Some(1), ..error })
        })?;
        let layer = LayerText { layer: Layer::User, file: Some(file.to_owned()), text };
        let settings = Self::of_layers(&[layer], vendors).map_err(with_file)?;
        // A file that was read can be resolved, unless it was taken away this moment.
        Ok(Self { file: std::fs::canonicalize(file).ok(), ..settings })
    }

    /// Reads and checks the text of a user's file.
    ///
    /// # Errors
    /// What is wrong and on which line.
    pub fn parse(text: &str, vendors: Vendors) -> Result<Self, ConfigError> {
        let layer = LayerText { layer: Layer::User, file: None, text: text.to_owned() };
        Self::of_layers(&[layer], vendors)
    }

    /// Merges layers, the weakest first, and checks the outcome.
    ///
    /// # Errors
    /// What is wrong, in which layer's file and on which line.
    pub fn of_layers(layers: &[LayerText], vendors: Vendors) -> Result<Self, ConfigError> {
        let tree = layer::merged(layers)?;
        let top = Section::top(&tree);
        top.only(&[
            "language",
            "country",
            "agent",
            "history",
            "proxy",
            "popup",
            "accounts",
            "identities",
            "contact_fields",
            "dispositions",
            "connectors",
        ])?;
        let language = top.word("language", &LANGUAGES, Language::default())?;
        let country = match top.text("country")? {
            None => Country::CR,
            Some(country) => country.parse(ValueFault::Country, str::parse)?,
        };
        let agent = top.text("agent")?.map(|agent| agent.text.trim().to_owned()).filter(|agent| !agent.is_empty());
        let mut accounts = accounts::read(&top, agent.as_deref(), vendors)?;
        let identities = identities::read(&top, &accounts)?;
        accounts::adopt(&mut accounts, &identities);
        let contact_fields = contact_fields::read(&top)?;
        let (popup, popup_fields) = popup::read(&top, &contact_fields)?;
        let history = top.section("history")?;
        let keep_months = match history {
            None => None,
            Some(history) => {
                history.only(&["keep_months"])?;
                // The bound is a thousand years.
                history.number("keep_months", 1, 12_000, "months; leave the line out to keep everything")?
            }
        };
        Ok(Self {
            language,
            country,
            popup,
            popup_fields,
            dispositions: dispositions::read(&top)?,
            connectors: connectors::read(&top, &accounts)?,
            accounts,
            identities,
            contact_fields,
            agent,
            proxy: top.text("proxy")?.map_or(Ok(Proxy::System), |text| text.proxy())?,
            keep_months: keep_months.and_then(|months| u32::try_from(months).ok()),
            origins: Origins::of(&tree),
            file: None,
        })
    }

    /// The account with this name.
    #[must_use]
    pub fn account(&self, name: &AccountName) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name == *name)
    }

    /// The currency of an account's charges (ISO 4217).
    #[must_use]
    pub fn currency_of(&self, account: &AccountName) -> Option<String> {
        self.account(account)?.currency().map(str::to_owned)
    }
}

/// A commented example, as `timbrectl config example` prints it, with the section of a vendor's account.
#[must_use]
pub fn example(account: &str) -> String {
    include_str!("example.toml").replace("{account}\n", account)
}

#[cfg(test)]
mod tests;
