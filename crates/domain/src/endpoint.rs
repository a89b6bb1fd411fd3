//! Endpoints (a vendor's lines), the identities an agent calls from, and which endpoints are the agent's own.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::call::AccountName;

/// The number of an endpoint with its vendor, such as `8373456`: digits, as the vendor writes them.
///
/// It is compared whole and never as the tail of a telephone number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct EndpointNumber(String);

impl EndpointNumber {
    /// An endpoint number; surrounding white space is dropped. `None` for an empty text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The number as the vendor writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A vendor's line, as the account's list of endpoints gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Endpoint {
    /// The vendor's id, such as `43715`; it stands in `access_endpoint_id` and `dst_endpoint_id`.
    pub id: String,
    /// Its number.
    pub number: EndpointNumber,
}

/// Who a call is made as: the endpoint that rings, the sign-in that pays, and whether the number is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Identity {
    /// What the agent calls it.
    pub label: String,
    /// The account whose sign-in pays.
    pub account: AccountName,
    /// The endpoint the call is made from.
    pub endpoint: EndpointNumber,
    /// Whether this endpoint was set up by the vendor to hide its number (shown to the agent; the vendor does it).
    #[serde(default)]
    pub withheld: bool,
}

/// The agent's own endpoints, with the vendor's ids as far as they are known, among those of the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnEndpoints {
    endpoints: Vec<(EndpointNumber, Option<String>)>,
    others: Vec<EndpointNumber>,
}

impl OwnEndpoints {
    /// Own endpoints by number; [`Self::learn`] adds the ids.
    pub fn new(numbers: impl IntoIterator<Item = EndpointNumber>) -> Self {
        let mut endpoints: Vec<(EndpointNumber, Option<String>)> = Vec::new();
        for number in numbers {
            if !endpoints.iter().any(|(own, _)| *own == number) {
                endpoints.push((number, None));
            }
        }
        Self { endpoints, others: Vec::new() }
    }

    /// Takes the ids of our own endpoints, and the numbers of our colleagues', from the account's list.
    pub fn learn(&mut self, account: &[Endpoint]) {
        let is_own = |number: &EndpointNumber| self.endpoints.iter().any(|(own, _)| own == number);
        self.others = account.iter().map(|e| e.number.clone()).filter(|number| !is_own(number)).collect();
        for (number, id) in &mut self.endpoints {
            if let Some(known) = account.iter().find(|e| e.number == *number) {
                *id = Some(known.id.clone());
            }
        }
    }

    /// The own endpoint with this number.
    #[must_use]
    pub fn by_number(&self, number: &str) -> Option<&EndpointNumber> {
        self.endpoints.iter().map(|(own, _)| own).find(|own| own.as_str() == number)
    }

    /// The endpoint of the account, own or a colleague's, with this very number: to the letter, never a part of it.
    #[must_use]
    pub fn of_account(&self, number: &str) -> Option<&EndpointNumber> {
        self.by_number(number).or_else(|| self.others.iter().find(|other| other.as_str() == number))
    }

    /// The own endpoint with this vendor id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&EndpointNumber> {
        self.endpoints.iter().find(|(_, own)| own.as_deref() == Some(id)).map(|(number, _)| number)
    }

    /// Whether the ids of all own endpoints are known, so that another id is certainly somebody else's.
    #[must_use]
    pub fn ids_complete(&self) -> bool {
        self.endpoints.iter().all(|(_, id)| id.is_some())
    }

    /// All of them.
    pub fn numbers(&self) -> impl Iterator<Item = &EndpointNumber> {
        self.endpoints.iter().map(|(number, _)| number)
    }
}
