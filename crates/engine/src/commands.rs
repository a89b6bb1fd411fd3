//! What windows, the command line and the local socket can ask for: declared once, answered here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use timbre_domain::call::AccountName;
use timbre_domain::cdr::TimeRange;
use timbre_domain::contact::{Contact, ContactId, ContactPhone, PhoneKind};
use timbre_domain::dial::DialId;
use timbre_domain::endpoint::Endpoint;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::matching::MatchKind;
use timbre_domain::number::{PhoneNumber, ReadNumber};
use timbre_store::StoreError;
pub use timbre_store::{Agent, CallFilter, CallRecord, KeptUnread};
use uuid::Uuid;

use crate::Context;
use crate::dialler::{self, DialRequest};
use crate::history_sync;
use crate::line::Line;

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Place a call.
    Dial(DialRequest),
    /// Calls of the history.
    CallsList(CallFilter),
    /// Read the vendor's record: the last 24 hours, or a range.
    CallsSync {
        /// Only this account.
        account: Option<AccountName>,
        /// This stretch of time instead of the last 24 hours.
        range: Option<TimeRange>,
    },
    /// The endpoints as they were last read.
    EndpointsList {
        /// Only this account.
        account: Option<AccountName>,
    },
    /// Read the endpoints from the vendor.
    EndpointsSync {
        /// Only this account.
        account: Option<AccountName>,
    },
    /// Add a contact.
    ContactsAdd {
        /// The person's name; empty for a company-only contact.
        name: String,
        /// The company; may be empty.
        company: String,
        /// Telephones as a person typed them, the preferred one first.
        phones: Vec<(String, PhoneKind)>,
    },
    /// Who has this number?
    ContactsLookup {
        /// As an exchange or a person writes it.
        number: String,
    },
    /// All agents.
    AgentsList,
    /// Add an agent or replace their endpoints.
    AgentsSet(Agent),
    /// What could not be read of the vendors' answers.
    UnreadList {
        /// Only this account.
        account: Option<AccountName>,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// The dial was sent; its progress is told as events.
    Dial {
        /// Its id.
        dial_id: DialId,
        /// Whether the vendor said that it took the order; else nobody knows, and it is followed all the same.
        accepted: bool,
    },
    /// Calls, the newest first.
    Calls {
        /// They.
        calls: Vec<CallRecord>,
    },
    /// How much of the record was ours.
    Synced {
        /// Rows of calls of ours, or endpoints.
        count: usize,
    },
    /// Endpoints by account.
    Endpoints {
        /// They.
        endpoints: Vec<AccountEndpoint>,
    },
    /// The contact that was added.
    Added {
        /// It.
        contact: Contact,
    },
    /// Who has a number.
    Found {
        /// The number in E.164, where it could be placed in a country.
        e164: Option<String>,
        /// Whether it is a withheld one.
        withheld: bool,
        /// How they were found.
        kind: Option<MatchKind>,
        /// They.
        contacts: Vec<Contact>,
    },
    /// Agents by name.
    Agents {
        /// They.
        agents: Vec<Agent>,
    },
    /// Done; there is nothing to say.
    Done,
    /// What could not be read, the newest first.
    Unread {
        /// It.
        parts: Vec<KeptUnread>,
    },
}

/// An endpoint and its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEndpoint {
    /// The account.
    pub account: AccountName,
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: Endpoint,
    /// Whether it is one of the agent's own.
    pub own: bool,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}{}: {detail}", code.as_str(), place.as_deref().map(|place| format!(" ({place})")).unwrap_or_default())]
pub struct CommandError {
    /// For windows and scripts.
    pub code: ErrorCode,
    /// One line in English.
    pub detail: String,
    /// Which part of the request is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl CommandError {
    /// An error of no particular place.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), place: None }
    }

    /// The same, naming the part of the request that is wrong.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<PortError> for CommandError {
    fn from(error: PortError) -> Self {
        Self::new(error.code, error.detail)
    }
}

impl Context {
    /// Does what a command says.
    ///
    /// # Errors
    /// Why it was not done; then nothing of it was, but for what a long sync had already brought.
    pub async fn execute(self: &Arc<Self>, command: Command) -> Result<Reply, CommandError> {
        match command {
            Command::Dial(request) => {
                let (dial_id, accepted) = dialler::dial(self, request).await?;
                Ok(Reply::Dial { dial_id, accepted })
            }
            Command::CallsList(filter) => {
                Ok(Reply::Calls { calls: self.stored(move |store| store.calls(&filter)).await? })
            }
            Command::CallsSync { account, range } => self.sync_calls(account.as_ref(), range).await,
            Command::EndpointsList { account } => self.endpoints(account.as_ref()).await,
            Command::EndpointsSync { account } => self.sync_endpoints(account.as_ref()).await,
            Command::ContactsAdd { name, company, phones } => self.add_contact(name, company, phones).await,
            Command::ContactsLookup { number } => self.look_up(&number).await,
            Command::AgentsList => Ok(Reply::Agents { agents: self.stored(timbre_store::Store::agents).await? }),
            Command::AgentsSet(agent) => self.set_agent(agent).await,
            Command::UnreadList { account } => self.unread(account.as_ref()).await,
        }
    }

    fn lines_of(&self, account: Option<&AccountName>) -> Result<Vec<Arc<Line>>, CommandError> {
        let lines: Vec<_> =
            self.lines.iter().filter(|line| account.is_none_or(|name| name == line.name())).cloned().collect();
        if lines.is_empty() {
            let known: Vec<_> = self.lines.iter().map(|line| line.name().as_str()).collect();
            let detail = format!("no such account; there are: {}", known.join(", "));
            return Err(CommandError::new(ErrorCode::NotFound, detail).at("account"));
        }
        Ok(lines)
    }

    async fn sync_calls(
        self: &Arc<Self>,
        account: Option<&AccountName>,
        range: Option<TimeRange>,
    ) -> Result<Reply, CommandError> {
        if range.is_some_and(|range| range.from >= range.to) {
            return Err(CommandError::new(ErrorCode::BadRequest, "the range ends before it begins").at("range"));
        }
        let mut count = 0;
        for line in self.lines_of(account)? {
            count += match range {
                Some(range) => history_sync::sync_range(self, &line, range).await?,
                None => history_sync::sync_recent(self, &line).await?,
            };
        }
        Ok(Reply::Synced { count })
    }

    async fn endpoints(&self, account: Option<&AccountName>) -> Result<Reply, CommandError> {
        let mut endpoints = Vec::new();
        for line in self.lines_of(account)? {
            let name = line.name().clone();
            let own = line.own();
            for endpoint in self.stored(move |store| store.endpoints(&name)).await? {
                let own = own.by_number(endpoint.number.as_str()).is_some();
                endpoints.push(AccountEndpoint { account: line.name().clone(), endpoint, own });
            }
        }
        Ok(Reply::Endpoints { endpoints })
    }

    async fn sync_endpoints(&self, account: Option<&AccountName>) -> Result<Reply, CommandError> {
        let mut count = 0;
        for line in self.lines_of(account)? {
            let endpoints = line.telephony.endpoints().await?;
            line.learn(&endpoints);
            count += endpoints.len();
            let (name, now) = (line.name().clone(), self.clock.now());
            self.stored(move |store| store.save_endpoints(&name, &endpoints, now)).await?;
        }
        Ok(Reply::Synced { count })
    }

    async fn add_contact(
        &self,
        name: String,
        company: String,
        phones: Vec<(String, PhoneKind)>,
    ) -> Result<Reply, CommandError> {
        let (name, company) = (tidy(&name), tidy(&company));
        if name.is_empty() && company.is_empty() {
            return Err(CommandError::new(ErrorCode::BadRequest, "a contact needs a name or a company").at("name"));
        }
        let mut numbers = Vec::with_capacity(phones.len());
        for (place, (text, kind)) in phones.into_iter().enumerate() {
            let number = PhoneNumber::typed(&text, self.settings.country).map_err(|error| {
                CommandError::new(ErrorCode::BadNumber, error.to_string()).at(format!("phone {}", place + 1))
            })?;
            numbers.push(ContactPhone { number, kind });
        }
        let contact = Contact { id: ContactId(Uuid::now_v7()), name, company, phones: numbers, last_used_at: None };
        let (saved, now) = (contact.clone(), self.clock.now());
        self.stored(move |store| store.save_contact(&saved, now)).await?;
        Ok(Reply::Added { contact })
    }

    async fn look_up(&self, number: &str) -> Result<Reply, CommandError> {
        if !number.contains(|c: char| c.is_ascii_digit()) && !PhoneNumber::is_withheld(number) {
            return Err(CommandError::new(ErrorCode::BadNumber, "there are no digits in it").at("number"));
        }
        let number = match PhoneNumber::read(number, self.settings.country) {
            ReadNumber::Withheld => {
                return Ok(Reply::Found { e164: None, withheld: true, kind: None, contacts: Vec::new() });
            }
            ReadNumber::Number(number) => number,
        };
        let e164 = number.e164().map(str::to_owned);
        let contacts = self.stored(move |store| store.contacts_by_number(&number)).await?;
        let kind = if e164.is_some() { MatchKind::Exact } else { MatchKind::Digits };
        Ok(Reply::Found { e164, withheld: false, kind: (!contacts.is_empty()).then_some(kind), contacts })
    }

    async fn set_agent(&self, agent: Agent) -> Result<Reply, CommandError> {
        let agent = Agent { name: tidy(&agent.name), ..agent };
        if agent.name.is_empty() {
            return Err(CommandError::new(ErrorCode::BadRequest, "an agent needs a name").at("name"));
        }
        for (account, _) in &agent.endpoints {
            self.lines_of(Some(account))?;
        }
        self.stored(move |store| store.save_agent(&agent)).await?;
        Ok(Reply::Done)
    }

    async fn unread(&self, account: Option<&AccountName>) -> Result<Reply, CommandError> {
        let mut parts = Vec::new();
        for line in self.lines_of(account)? {
            let name = line.name().clone();
            parts.extend(self.stored(move |store| store.unread(&name)).await?);
        }
        Ok(Reply::Unread { parts })
    }
}

/// A name as it is kept: no control characters, no white space around it. Everything else is the person's business.
fn tidy(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
