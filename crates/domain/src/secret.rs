//! The names under which secrets are kept.

use std::fmt;
use std::str::FromStr;

use crate::call::AccountName;
use crate::name::ConnectorName;

/// The name of a secret in the keyring: 1 to 47 of `a-z`, `0-9`, `-`, `_`.
///
/// An account and a connector have 40 characters at most; a connector's further secrets have a word after its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// An account's password or token, kept under the account's name.
    #[must_use]
    pub fn account(account: &AccountName) -> Self {
        Self(account.to_string())
    }

    /// What a connector signs in with, kept under its name.
    #[must_use]
    pub fn connector_key(connector: &ConnectorName) -> Self {
        Self(connector.to_string())
    }

    /// What a CRM gave in exchange for the key, such as a new refresh token: `NAME-token`.
    #[must_use]
    pub fn connector_token(connector: &ConnectorName) -> Self {
        Self(format!("{connector}-token"))
    }

    /// The OAuth 2.0 client secret that goes with a refresh token: `NAME-client`.
    #[must_use]
    pub fn connector_client(connector: &ConnectorName) -> Self {
        Self(format!("{connector}-client"))
    }

    /// Every secret that a connector may have.
    #[must_use]
    pub fn of_connector(connector: &ConnectorName) -> [Self; 3] {
        [Self::connector_key(connector), Self::connector_token(connector), Self::connector_client(connector)]
    }

    /// Whether two secrets would be kept in one place. A variable of the environment has no `-` in its name.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.0.replace('-', "_") == other.0.replace('-', "_")
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a secret's name has 1 to 47 of the characters a-z, 0-9, - and _")]
pub struct BadSecretName;

impl FromStr for SecretName {
    type Err = BadSecretName;

    fn from_str(text: &str) -> Result<Self, BadSecretName> {
        let fits = (1..=47).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if fits { Ok(Self(text.to_owned())) } else { Err(BadSecretName) }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_keyrings_in_use() {
        assert_eq!(SecretName::account(&"main".parse().unwrap()).as_str(), "main");
        let names = [SecretName::connector_key, SecretName::connector_token, SecretName::connector_client];
        let crm = "crm".parse().unwrap();
        assert_eq!(names.map(|of| of(&crm).to_string()), ["crm", "crm-token", "crm-client"]);
    }

    #[test]
    fn every_name_that_can_be_made_can_be_typed() {
        let longest: ConnectorName = "x".repeat(40).parse().unwrap();
        let name = SecretName::connector_client(&longest);
        assert_eq!(name.as_str().parse(), Ok(name));
        for bad in ["", "CRM", "a b", &"x".repeat(48)] {
            assert_eq!(bad.parse::<SecretName>(), Err(BadSecretName), "{bad}");
        }
    }
}
