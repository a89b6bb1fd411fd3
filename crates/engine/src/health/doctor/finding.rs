//! What a check can find: a closed set a file, each finding with its state and its name in the catalogue.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::call::AccountName;
use timbre_domain::crm::ConnectorName;
use timbre_domain::error::ErrorCode;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// It works, and somebody should look at it.
    Warning,
    /// It needs a person.
    Failed,
    /// It could not be told.
    NotChecked,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What it belongs to, such as `disk`.
    pub area: String,
    /// How bad it is.
    pub state: State,
    /// What was found, such as `disk.low`: a closed set, for scripts.
    pub finding: String,
    /// Why, where a failure was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// What belongs to the finding. A name's ending tells the unit: `_bytes`, `_s` and `_ms` (seconds and milliseconds),
    /// `_at` (a time, UTC).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Value>,
    /// The bare technical detail, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A value of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A count or an amount, in the unit that the value's name says.
    Number(i64),
    /// A time (RFC 3339) or a word.
    Text(String),
}

/// A set of findings of one check.
pub(super) trait Finding: Copy {
    const AREA: &'static str;

    fn name(self) -> &'static str;

    fn state(self) -> State;
}

/// Declares a check's findings: each with its name below the area and its state.
macro_rules! findings {
    ($(#[doc = $doc:expr])* $set:ident in $area:literal {
        $($(#[doc = $each:expr])* $finding:ident = $name:literal => $state:ident,)*
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $set { $($(#[doc = $each])* $finding,)* }

        impl $set {
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$finding,)*];
        }

        impl $crate::health::doctor::finding::Finding for $set {
            const AREA: &'static str = $area;

            fn name(self) -> &'static str {
                match self { $(Self::$finding => concat!($area, ".", $name),)* }
            }

            fn state(self) -> $crate::health::doctor::finding::State {
                match self { $(Self::$finding => $crate::health::doctor::finding::State::$state,)* }
            }
        }
    };
}
pub(super) use findings;

impl Check {
    pub(super) fn of<F: Finding>(finding: F) -> Self {
        Self::named(F::AREA, finding.name().to_owned(), finding.state())
    }

    /// A finding of a set that is described elsewhere.
    pub(super) fn named(area: &str, finding: String, state: State) -> Self {
        Self { area: area.to_owned(), state, finding, code: None, values: BTreeMap::new(), detail: None }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn because(mut self, code: ErrorCode, detail: impl Into<String>) -> Self {
        self.code = Some(code);
        let detail = detail.into();
        if detail.is_empty() { self } else { self.detail(detail) }
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

macro_rules! numbers {
    ($($of:ty),*) => {
        $(impl From<$of> for Value {
            fn from(number: $of) -> Self {
                Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        })*
    };
}
numbers!(i64, u32, u64, u128, usize);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&ConnectorName> for Value {
    fn from(connector: &ConnectorName) -> Self {
        connector.as_str().into()
    }
}

impl From<&AccountName> for Value {
    fn from(account: &AccountName) -> Self {
        account.as_str().into()
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Text(time.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}
