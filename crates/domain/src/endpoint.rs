//! Endpoints (a vendor's lines), the identities an agent calls from, and which endpoints are the agent's own.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::AccountName;

/// The number of an endpoint with its vendor, such as `8373456`, as the vendor writes it.
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
    /// The number that calls are placed from and come in on.
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

/// The endpoints of an account whose calls an engine follows, each with the agent it belongs to: one agent's on a desktop,
/// those of many agents on a server, all of the account for a supervisor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServedEndpoints {
    served: Vec<Served>,
    others: Vec<EndpointNumber>,
    /// Every id of the account's list.
    ids: BTreeSet<String>,
    whole_account: bool,
}

/// An endpoint whose calls are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The number that calls are placed from and come in on.
    pub number: EndpointNumber,
    /// Whose it is; empty for the one agent of a desktop. Where nobody assigned it to an agent, its number.
    pub agent: String,
    /// The vendor's id, once it is known.
    id: Option<String>,
}

impl ServedEndpoints {
    /// The endpoints of one agent, by number; [`Self::learn`] adds the ids.
    pub fn new(numbers: impl IntoIterator<Item = EndpointNumber>) -> Self {
        Self::of_agents(numbers.into_iter().map(|number| (String::new(), number)))
    }

    /// The endpoints of several agents: agent and number.
    pub fn of_agents(endpoints: impl IntoIterator<Item = (String, EndpointNumber)>) -> Self {
        let mut served: Vec<Served> = Vec::new();
        for (agent, number) in endpoints {
            if !served.iter().any(|own| own.number == number) {
                served.push(Served { number, agent, id: None });
            }
        }
        Self { served, others: Vec::new(), ids: BTreeSet::new(), whole_account: false }
    }

    /// The same, and every other endpoint of the account too, as an agent of its own.
    #[must_use]
    pub fn and_the_whole_account(mut self) -> Self {
        self.whole_account = true;
        self
    }

    /// Takes the ids of the served endpoints, and the numbers of the others, from the account's list.
    pub fn learn(&mut self, account: &[Endpoint]) {
        if self.whole_account {
            for endpoint in account {
                if self.by_number(endpoint.number.as_str()).is_none() {
                    let (number, agent) = (endpoint.number.clone(), endpoint.number.to_string());
                    self.served.push(Served { number, agent, id: None });
                }
            }
        }
        self.ids = account.iter().map(|endpoint| endpoint.id.clone()).collect();
        let is_served = |number: &EndpointNumber| self.served.iter().any(|own| own.number == *number);
        self.others = account.iter().map(|e| e.number.clone()).filter(|number| !is_served(number)).collect();
        for own in &mut self.served {
            if let Some(known) = account.iter().find(|e| e.number == own.number) {
                own.id = Some(known.id.clone());
            }
        }
    }

    /// The served endpoint with this number.
    #[must_use]
    pub fn by_number(&self, number: &str) -> Option<&Served> {
        self.served.iter().find(|own| own.number.as_str() == number)
    }

    /// The served endpoint that the vendor names as a call's user. Whoever serves the whole account serves every user.
    #[must_use]
    pub fn by_user(&self, user: &str) -> Option<Cow<'_, Served>> {
        if let Some(own) = self.by_number(user) {
            return Some(Cow::Borrowed(own));
        }
        let number = EndpointNumber::new(user).filter(|_| self.whole_account)?;
        Some(Cow::Owned(Served { agent: number.to_string(), number, id: None }))
    }

    /// The endpoint of the account, served or not, with this very number: to the letter, never a part of it.
    #[must_use]
    pub fn of_account(&self, number: &str) -> Option<&EndpointNumber> {
        let served = self.by_number(number).map(|own| &own.number);
        served.or_else(|| self.others.iter().find(|other| other.as_str() == number))
    }

    /// The served endpoint with this vendor id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Served> {
        self.served.iter().find(|own| own.id.as_deref() == Some(id))
    }

    /// Whether this id stands in the account's list.
    #[must_use]
    pub fn knows_id(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Whether the ids of all served endpoints are known, so that another id is certainly somebody else's.
    #[must_use]
    pub fn ids_complete(&self) -> bool {
        !self.whole_account && self.served.iter().all(|own| own.id.is_some())
    }

    /// The numbers of all served endpoints.
    pub fn numbers(&self) -> impl Iterator<Item = &EndpointNumber> {
        self.served.iter().map(|own| &own.number)
    }

    /// The agent whom a served endpoint belongs to; `None` for an endpoint that is not served.
    #[must_use]
    pub fn agent_of(&self, number: &EndpointNumber) -> Option<String> {
        self.by_number(number.as_str()).map(|own| own.agent.clone())
    }

    /// The numbers of an agent's endpoints.
    pub fn of_agent(&self, agent: &str) -> impl Iterator<Item = &EndpointNumber> {
        self.served.iter().filter(move |own| own.agent == agent).map(|own| &own.number)
    }
}
