//! The names that administrators give to accounts and connectors.

/// Makes a type for names of 1 to 40 of the characters `a-z`, `0-9`, `-` and `_`, which are plain texts in JSON.
macro_rules! given_name {
    ($(#[$doc:meta])* $name:ident, $bad:ident: $message:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        #[doc = concat!("Why a text is not a [`", stringify!($name), "`].")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $bad;

        impl TryFrom<String> for $name {
            type Error = $bad;

            fn try_from(text: String) -> Result<Self, $bad> {
                let fits = (1..=40).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
                if fits { Ok(Self(text)) } else { Err($bad) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $bad;

            fn from_str(text: &str) -> Result<Self, $bad> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

given_name! {
    /// The administrator's name for one sign-in with a vendor: 1 to 40 of `a-z`, `0-9`, `-`, `_`.
    AccountName, BadAccountName: "an account name has 1 to 40 of the characters a-z, 0-9, - and _"
}

given_name! {
    /// The administrator's name for one connector to a CRM: 1 to 40 of `a-z`, `0-9`, `-`, `_`. It is also the source of the
    /// contacts that come from there.
    ConnectorName, BadConnectorName: "a connector's name has 1 to 40 of the characters a-z, 0-9, - and _"
}
