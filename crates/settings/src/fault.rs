//! What can be wrong with the settings: an error that names the place, and for a value a closed code that forms tell in the
//! person's words, beside its field.

use std::fmt;
use std::path::PathBuf;

/// What is wrong with the settings, and where.
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
    /// What is wrong with the file as a whole.
    pub(crate) fn of_file(message: impl Into<String>) -> Self {
        Self { file: None, line: None, column: None, message: message.into(), fault: None }
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

/// What is wrong with one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueFault {
    Address,
    /// An address with another scheme than `https`.
    AddressScheme,
    /// An address that would send the password readable for all.
    AddressPlain,
    /// An address with a user name or a password in it.
    AddressSecret,
    /// An address with `?` or `#`.
    AddressQuery,
    /// Nothing where something must be.
    Empty,
    /// Not a name of an account or a CRM.
    Name,
    /// A name or label that is used already.
    Taken,
    Currency,
    /// Not a time zone.
    TimeZone,
    /// Not an endpoint's number.
    Endpoint,
    /// An account that is not set up.
    UnknownAccount,
    Country,
    /// A number that is too small or too large.
    OutOfRange,
    /// A key that this section does not have.
    UnknownKey,
    /// A word that is none of those that can stand there.
    UnknownWord,
    /// A value of another kind, such as a text where a number must be.
    WrongKind,
    /// A provider that Timbre does not speak to.
    UnknownVendor,
    /// A file that can't be read.
    File,
    /// Anything else that can't be.
    Other,
}

impl ValueFault {
    pub const ALL: [Self; 20] = [
        Self::Address,
        Self::AddressScheme,
        Self::AddressPlain,
        Self::AddressSecret,
        Self::AddressQuery,
        Self::Empty,
        Self::Name,
        Self::Taken,
        Self::Currency,
        Self::TimeZone,
        Self::Endpoint,
        Self::UnknownAccount,
        Self::Country,
        Self::OutOfRange,
        Self::UnknownKey,
        Self::UnknownWord,
        Self::WrongKind,
        Self::UnknownVendor,
        Self::File,
        Self::Other,
    ];

    /// Its texts in the catalogue stand under `fault.<this>.what` and `fault.<this>.do`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::AddressScheme => "address_scheme",
            Self::AddressPlain => "address_plain",
            Self::AddressSecret => "address_secret",
            Self::AddressQuery => "address_query",
            Self::Empty => "empty",
            Self::Name => "name",
            Self::Taken => "taken",
            Self::Currency => "currency",
            Self::TimeZone => "time_zone",
            Self::Endpoint => "endpoint",
            Self::UnknownAccount => "unknown_account",
            Self::Country => "country",
            Self::OutOfRange => "out_of_range",
            Self::UnknownKey => "unknown_key",
            Self::UnknownWord => "unknown_word",
            Self::WrongKind => "wrong_kind",
            Self::UnknownVendor => "unknown_vendor",
            Self::File => "file",
            Self::Other => "other",
        }
    }
}

/// An address as a person types it, with the `https://` that browsers let them leave out. A scheme that was typed stays.
#[must_use]
pub fn address(typed: &str) -> String {
    let typed = typed.trim();
    if typed.is_empty() || typed.contains("://") {
        return typed.to_owned();
    }
    let lower = typed.to_ascii_lowercase();
    let scheme = ["https", "http"].into_iter().find_map(|scheme| {
        // `https:/crm.example`, `https//crm.example`: meant, and half typed. `https.example` is a host.
        let rest = lower.strip_prefix(scheme)?;
        let marks = rest.len() - rest.trim_start_matches([':', '/']).len();
        (marks > 0).then(|| (scheme, typed.get(scheme.len() + marks..).unwrap_or_default()))
    });
    let (scheme, rest) = scheme.unwrap_or(("https", typed.trim_start_matches('/')));
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_the_https_that_was_left_out_and_keeps_the_scheme_that_was_typed() {
        for (typed, meant) in [
            ("crm.example.com", "https://crm.example.com"),
            (" crm.example.com/espo/ ", "https://crm.example.com/espo/"),
            ("crm.example.com:8443", "https://crm.example.com:8443"),
            ("crm.example.com:8443/espo", "https://crm.example.com:8443/espo"),
            ("192.168.1.5/espo", "https://192.168.1.5/espo"),
            ("[::1]:8080", "https://[::1]:8080"),
            ("localhost:8080", "https://localhost:8080"),
            ("www.crm.example.com", "https://www.crm.example.com"),
            ("//crm.example.com", "https://crm.example.com"),
            ("https.example.com", "https://https.example.com"),
            ("httpsonly.example.com", "https://httpsonly.example.com"),
            ("https:crm.example.com", "https://crm.example.com"),
            ("https:/crm.example.com", "https://crm.example.com"),
            ("https//crm.example.com", "https://crm.example.com"),
            ("HTTPS:/Crm.example.com", "https://Crm.example.com"),
            ("http:/crm.example.com", "http://crm.example.com"),
            ("https://crm.example.com", "https://crm.example.com"),
            ("HTTPS://crm.example.com", "HTTPS://crm.example.com"),
            ("http://crm.example.com", "http://crm.example.com"),
            ("ftp://crm.example.com", "ftp://crm.example.com"),
            ("", ""),
            ("  ", ""),
        ] {
            assert_eq!(address(typed), meant, "{typed:?}");
            assert_eq!(address(&address(typed)), address(typed), "done once, it is done: {typed:?}");
        }
    }
}
