//! Typed reading of the merged tree: whatever is wrong is told with its place, and never repeats a value that may be a
//! secret.

use std::fmt;

use timbre_domain::proxy::Proxy;
use url::{Host, Url};

use crate::fault::{ConfigError, ValueFault};
use crate::layer::{Kind, Node, Origin, Table};

/// A section of the settings, and where it begins.
#[derive(Clone, Copy)]
pub(crate) struct Section<'a> {
    pub(crate) table: &'a Table,
    /// Where the section begins; nothing for the top of the file.
    pub(crate) origin: Option<&'a Origin>,
}

impl<'a> Section<'a> {
    pub(crate) fn top(table: &'a Table) -> Self {
        Self { table, origin: None }
    }

    /// Refuses keys that are none of these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        match self.table.0.iter().find(|(key, _)| !known.contains(&key.name.as_str())) {
            None => Ok(()),
            Some((key, _)) if matches!(key.name.as_str(), "password" | "secret" | "security_token") => {
                let message = "a password never stands in this file: store it with `timbrectl secret set ACCOUNT`";
                Err(key.origin.error(ValueFault::UnknownKey, message))
            }
            Some((key, _)) => {
                let name: String = key.name.chars().take(60).collect();
                let message = format!("unknown field `{name}`; this section has: {}", known.join(", "));
                Err(key.origin.error(ValueFault::UnknownKey, message))
            }
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a Node> {
        self.table.get(name)
    }

    /// A section below this one; nothing where there is none.
    pub(crate) fn section(&self, name: &str) -> Result<Option<Section<'a>>, ConfigError> {
        let Some(node) = self.get(name) else { return Ok(None) };
        match &node.kind {
            Kind::Table(table) => Ok(Some(Section { table, origin: Some(&node.origin) })),
            _ => Err(wrong_kind(node, "a section")),
        }
    }

    /// The entries of a list of sections.
    pub(crate) fn sections(&self, name: &str) -> Result<Vec<Section<'a>>, ConfigError> {
        let Some(node) = self.get(name) else { return Ok(Vec::new()) };
        let Kind::List(list) = &node.kind else { return Err(wrong_kind(node, "a list of sections")) };
        list.iter()
            .map(|node| match &node.kind {
                Kind::Table(table) => Ok(Section { table, origin: Some(&node.origin) }),
                _ => Err(wrong_kind(node, "a section")),
            })
            .collect()
    }

    /// A value that must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<&'a Node, ConfigError> {
        self.get(name).ok_or_else(|| {
            let message = format!("missing field `{name}`");
            match self.origin {
                Some(origin) => origin.error(ValueFault::Empty, message),
                None => ConfigError::of_file(message),
            }
        })
    }

    /// A text; nothing where it is left out.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Text<'a>>, ConfigError> {
        self.get(name).map(text).transpose()
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, name: &'static str) -> Result<Text<'a>, ConfigError> {
        text(self.required(name)?)
    }

    pub(crate) fn switch(&self, name: &str, assumed: bool) -> Result<bool, ConfigError> {
        self.get(name).map_or(Ok(assumed), switch)
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)], assumed: T) -> Result<T, ConfigError> {
        self.text(name)?.map_or(Ok(assumed), |text| text.word(words))
    }

    /// A whole number between two bounds, which `unit` names in what is told.
    pub(crate) fn number(&self, name: &str, least: u64, most: u64, unit: &str) -> Result<Option<u64>, ConfigError> {
        self.get(name).map(|node| number(node, least, most, unit)).transpose()
    }

    /// Texts in a list.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<Text<'a>>, ConfigError> {
        self.get(name).map_or(Ok(Vec::new()), texts)
    }
}

/// A text, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) text: &'a str,
    pub(crate) origin: &'a Origin,
}

impl Text<'_> {
    pub(crate) fn error(&self, fault: ValueFault, message: impl Into<String>) -> ConfigError {
        self.origin.error(fault, message)
    }

    pub(crate) fn parse<T, E: fmt::Display>(
        &self,
        fault: ValueFault,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        read(self.text).map_err(|error| self.error(fault, error.to_string()))
    }

    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let found = words.iter().find(|(word, _)| *word == self.text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.error(ValueFault::UnknownWord, format!("this must be one of {}", known.join(", ")))
        })
    }

    /// An address. The message never repeats it: a password may have been written into it.
    pub(crate) fn address(&self, allow_plain_http: bool) -> Result<Url, ConfigError> {
        let url = self.bare_address()?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if allow_plain_http || is_loopback(&url) => Ok(url),
            "http" => Err(self.error(
                ValueFault::AddressPlain,
                "plain http would send the password readable for all: use https, or set allow_plain_http = true if you must",
            )),
            _ => Err(self.error(ValueFault::AddressScheme, "an address begins with https://")),
        }
    }

    /// Which proxy to use: a word, or an address.
    pub(crate) fn proxy(&self) -> Result<Proxy, ConfigError> {
        match self.text.trim() {
            "system" => Ok(Proxy::System),
            "none" => Ok(Proxy::Direct),
            _ => {
                let message = "a proxy is \"system\", \"none\", or an address such as http://proxy.company.com:3128";
                let wrong = |fault| self.error(fault, message);
                let url = self.bare_address().map_err(|error| wrong(error.fault.unwrap_or(ValueFault::Address)))?;
                let is_bare = matches!(url.scheme(), "http" | "https") && url.path() == "/";
                if is_bare { Ok(Proxy::Address(url)) } else { Err(wrong(ValueFault::Address)) }
            }
        }
    }

    /// An address of any scheme, which holds no secret and no question.
    fn bare_address(&self) -> Result<Url, ConfigError> {
        if self.text.trim().is_empty() {
            return Err(self.error(ValueFault::Empty, "the address is empty"));
        }
        let url = self.parse(ValueFault::Address, |text| {
            Url::parse(text.trim()).map_err(|error| format!("this is no address: {error}"))
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            let message = "an address holds no user name and no password; the password belongs into the keyring";
            return Err(self.error(ValueFault::AddressSecret, message));
        }
        if url.query().is_some() || url.fragment().is_some() {
            let message = "an address without ? and # is wanted; Timbre adds what the vendor needs";
            return Err(self.error(ValueFault::AddressQuery, message));
        }
        Ok(url)
    }
}

pub(crate) fn text(node: &Node) -> Result<Text<'_>, ConfigError> {
    match &node.kind {
        Kind::Text(text) => Ok(Text { text, origin: &node.origin }),
        _ => Err(wrong_kind(node, "a text in quotation marks")),
    }
}

pub(crate) fn texts(node: &Node) -> Result<Vec<Text<'_>>, ConfigError> {
    match &node.kind {
        Kind::List(list) => list.iter().map(text).collect(),
        _ => Err(wrong_kind(node, "a list of texts")),
    }
}

pub(crate) fn switch(node: &Node) -> Result<bool, ConfigError> {
    match &node.kind {
        Kind::Switch(truth) => Ok(*truth),
        _ => Err(wrong_kind(node, "true or false")),
    }
}

pub(crate) fn number(node: &Node, least: u64, most: u64, unit: &str) -> Result<u64, ConfigError> {
    let Kind::Whole(number) = &node.kind else { return Err(wrong_kind(node, "a whole number")) };
    match u64::try_from(*number) {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(node.origin.error(ValueFault::OutOfRange, format!("between {least} and {most} {unit}"))),
    }
}

pub(crate) fn wrong_kind(node: &Node, wanted: &str) -> ConfigError {
    node.origin.error(ValueFault::WrongKind, format!("{} stands here where {wanted} is expected", name_of(&node.kind)))
}

fn name_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(_) => "a text",
        Kind::Whole(_) | Kind::Number(_) => "a number",
        Kind::Switch(_) => "true or false",
        Kind::List(_) => "a list",
        Kind::Table(_) => "a section",
        Kind::Date => "a date",
    }
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}
