//! Accounts: what all vendors' accounts have, and the fields of each vendor's own form.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use timbre_domain::call::AccountName;
use timbre_domain::dial::APPEARS_WITHIN;
use timbre_domain::endpoint::{EndpointNumber, Identity};
use timbre_domain::secret::SecretName;
use timbre_domain::vendor::{
    AccountField, AccountValues, FieldKind, FieldValue, OwnEndpoint, VendorDescription, VendorId, Vendors,
};
use url::Url;

use crate::fault::{ConfigError, ValueFault};
use crate::layer::{Kind, Node};
use crate::read::{self, Section, Text, is_loopback, wrong_kind};

/// The keys of an account that every vendor has.
pub(crate) const COMMON: [&str; 4] = ["name", "provider", "call_appears_within_s", "allow_plain_http"];

/// A section `[[accounts]]`, checked by the description of its vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub name: AccountName,
    pub vendor: VendorId,
    /// What the vendor's form asks for.
    pub values: AccountValues,
    /// The agent's own endpoints in this account.
    pub own: Vec<OwnEndpoint>,
    /// How long a dialled call may take to appear.
    pub call_appears_within: Duration,
}

impl Account {
    /// The numbers of the agent's own endpoints.
    pub fn endpoints(&self) -> impl Iterator<Item = &EndpointNumber> {
        self.own.iter().map(|own| &own.number)
    }

    /// The zone of the vendor's times, where they carry none.
    #[must_use]
    pub fn time_zone(&self) -> Tz {
        self.values.time_zone("time_zone")
    }

    /// The currency of its charges (ISO 4217).
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        Some(self.values.text("currency")).filter(|currency| !currency.is_empty())
    }

    /// The address that the vendor is asked at (`base_url`).
    #[must_use]
    pub fn address(&self) -> Option<&Url> {
        self.values.address("base_url")
    }
}

/// Whatever the agent calls from is the agent's own (PROVIDERS.md: "All of an agent's endpoints count").
pub(crate) fn adopt(accounts: &mut [Account], identities: &[Identity]) {
    for identity in identities {
        for account in accounts.iter_mut().filter(|account| account.name == identity.account) {
            if !account.endpoints().any(|own| *own == identity.endpoint) {
                account.own.push(OwnEndpoint { number: identity.endpoint.clone(), label: None });
            }
        }
    }
}

pub(crate) fn read(top: &Section<'_>, agent: Option<&str>, vendors: Vendors) -> Result<Vec<Account>, ConfigError> {
    let mut accounts: Vec<Account> = Vec::new();
    for section in top.sections("accounts")? {
        let name = section.required_text("name")?;
        let account = account(&section, &name, agent, vendors)?;
        let secret = SecretName::account(&account.name);
        if let Some(known) = accounts.iter().find(|known| SecretName::account(&known.name).meets(&secret)) {
            let message = if known.name == account.name {
                format!("there are two accounts named {}", account.name)
            } else {
                format!("{} and {} would share one password: name one of them otherwise", known.name, account.name)
            };
            return Err(name.error(ValueFault::Taken, message));
        }
        accounts.push(account);
    }
    if accounts.is_empty() {
        return Err(ConfigError::of_file("there is no account: add an [[accounts]] section"));
    }
    Ok(accounts)
}

fn account(
    section: &Section<'_>,
    name: &Text<'_>,
    agent: Option<&str>,
    vendors: Vendors,
) -> Result<Account, ConfigError> {
    let name: AccountName = name.parse(ValueFault::Name, str::parse)?;
    let words: Vec<(&str, &VendorDescription)> = vendors.iter().map(|vendor| (vendor.id.as_str(), *vendor)).collect();
    let provider = section.required_text("provider")?;
    let vendor =
        provider.word(&words).map_err(|error| ConfigError { fault: Some(ValueFault::UnknownVendor), ..error })?;
    let own_fields = vendor.fields.iter().filter(|field| field.kind != FieldKind::Secret).map(|field| field.name);
    section.only(&COMMON.into_iter().chain(own_fields).collect::<Vec<_>>())?;
    let reading = Reading {
        section,
        allow_plain_http: section.switch("allow_plain_http", false)?,
        is_on_this_machine: is_on_this_machine(section, vendor)?,
    };
    let mut values = AccountValues::default();
    for field in vendor.fields {
        if let Some(value) = reading.value(field)? {
            values.set(field, value);
        }
    }
    let own = (vendor.own_endpoints)(&values, agent);
    if let Some(bad) = own.iter().find(|own| !is_endpoint(own.number.as_str())) {
        return Err(bad_endpoint(section, vendor, &bad.number));
    }
    let seconds = section.number("call_appears_within_s", 1, 600, "seconds")?;
    let call_appears_within = seconds.map_or(APPEARS_WITHIN, Duration::from_secs);
    Ok(Account { name, vendor: vendor.id.clone(), values, own, call_appears_within })
}

/// Whether the vendor is a stand-in on this machine, which has no limits to keep.
fn is_on_this_machine(section: &Section<'_>, vendor: &VendorDescription) -> Result<bool, ConfigError> {
    let Some(address) = vendor.field("base_url").and_then(|_| section.get("base_url")) else { return Ok(false) };
    Ok(Url::parse(read::text(address)?.text.trim()).is_ok_and(|url| is_loopback(&url)))
}

/// An endpoint that a vendor made of a field that is none: the error stands at the field with that text.
fn bad_endpoint(section: &Section<'_>, vendor: &VendorDescription, number: &EndpointNumber) -> ConfigError {
    let holds = |node: &&Node| matches!(&node.kind, Kind::Text(text) if text.trim() == number.as_str());
    let node = vendor.fields.iter().filter_map(|field| section.get(field.name)).find(holds);
    match node.map(|node| &node.origin).or(section.origin) {
        Some(origin) => origin.error(ValueFault::Endpoint, ENDPOINT),
        None => ConfigError::of_file(ENDPOINT),
    }
}

const ENDPOINT: &str = "an endpoint is its number with the vendor, such as 8373456";

fn is_endpoint(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

pub(crate) fn endpoint(text: &Text<'_>) -> Result<EndpointNumber, ConfigError> {
    match EndpointNumber::new(text.text) {
        Some(number) if is_endpoint(number.as_str()) => Ok(number),
        _ => Err(text.error(ValueFault::Endpoint, ENDPOINT)),
    }
}

/// Reads an account's fields by their description.
struct Reading<'a> {
    section: &'a Section<'a>,
    allow_plain_http: bool,
    is_on_this_machine: bool,
}

impl Reading<'_> {
    fn value(&self, field: &AccountField) -> Result<Option<FieldValue>, ConfigError> {
        if field.kind == FieldKind::Secret {
            return Ok(None);
        }
        match self.section.get(field.name) {
            Some(node) => self.stated(field, node).map(Some),
            None if field.required => self.section.required(field.name).map(|_| None),
            None => Ok(assumed(field.kind)),
        }
    }

    fn stated(&self, field: &AccountField, node: &Node) -> Result<FieldValue, ConfigError> {
        Ok(match field.kind {
            FieldKind::Secret => return Err(wrong_kind(node, "nothing")),
            FieldKind::Text | FieldKind::File => {
                let text = read::text(node)?;
                if field.required && text.text.trim().is_empty() {
                    return Err(text.error(ValueFault::Empty, format!("{} is empty", field.name.replace('_', " "))));
                }
                FieldValue::Text(text.text.trim().to_owned())
            }
            FieldKind::Address { .. } => FieldValue::Address(read::text(node)?.address(self.allow_plain_http)?),
            FieldKind::Number { least, least_on_loopback, most, unit, .. } => {
                let lowest = if self.is_on_this_machine { least_on_loopback } else { least };
                FieldValue::Number(read::number(node, lowest, most, unit)?)
            }
            FieldKind::Switch { .. } => FieldValue::Switch(read::switch(node)?),
            FieldKind::Choice { options } => {
                let words: Vec<_> = options.iter().map(|option| (*option, *option)).collect();
                FieldValue::Text(read::text(node)?.word(&words)?.to_owned())
            }
            FieldKind::TimeZone { .. } => {
                FieldValue::TimeZone(read::text(node)?.parse(ValueFault::TimeZone, |zone| {
                    zone.parse::<Tz>().map_err(|_| "a zone is named like America/Costa_Rica (IANA time zone database)")
                })?)
            }
            FieldKind::Currency { .. } => {
                let currency = read::text(node)?;
                if currency.text.len() != 3 || !currency.text.bytes().all(|b| b.is_ascii_uppercase()) {
                    let message = "a currency is three capital letters (ISO 4217), such as CRC or USD";
                    return Err(currency.error(ValueFault::Currency, message));
                }
                FieldValue::Text(currency.text.to_owned())
            }
            FieldKind::Endpoints => {
                let numbers = read::texts(node)?.iter().map(endpoint).collect::<Result<Vec<_>, _>>()?;
                FieldValue::List(numbers.iter().map(ToString::to_string).collect())
            }
            FieldKind::List => FieldValue::List(read::texts(node)?.iter().map(|text| text.text.to_owned()).collect()),
            FieldKind::Table => FieldValue::Table(table(node)?),
        })
    }
}

fn table(node: &Node) -> Result<BTreeMap<String, String>, ConfigError> {
    let Kind::Table(table) = &node.kind else { return Err(wrong_kind(node, "a section of texts")) };
    table.0.iter().map(|(key, node)| Ok((key.name.clone(), read::text(node)?.text.trim().to_owned()))).collect()
}

fn assumed(kind: FieldKind) -> Option<FieldValue> {
    match kind {
        FieldKind::Number { default, .. } => Some(FieldValue::Number(default)),
        FieldKind::Switch { default } => Some(FieldValue::Switch(default)),
        FieldKind::Choice { options } => options.first().map(|word| FieldValue::Text((*word).to_owned())),
        FieldKind::TimeZone { default } => Some(FieldValue::TimeZone(default)),
        FieldKind::Currency { default } => Some(FieldValue::Text(default.to_owned())),
        FieldKind::Secret
        | FieldKind::Text
        | FieldKind::Address { .. }
        | FieldKind::Endpoints
        | FieldKind::List
        | FieldKind::Table
        | FieldKind::File => None,
    }
}
