//! What people ask of the accounts: their records of calls, their endpoints, the agents, what could not be read.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use timbre_domain::call::AccountName;
use timbre_domain::cdr::TimeRange;
use timbre_domain::endpoint::Endpoint;
use timbre_domain::error::ErrorCode;
use timbre_domain::normalize::tidy;
use timbre_store::{Agent, KeptUnread};

use crate::Context;
use crate::calls::session::AccountSession;
use crate::error::CommandError;

/// An endpoint and its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEndpoint {
    pub account: AccountName,
    #[serde(flatten)]
    pub endpoint: Endpoint,
    /// Whether it belongs to an agent whom this engine serves.
    pub own: bool,
}

impl Context {
    fn sessions_of(&self, account: Option<&AccountName>) -> Result<Vec<Arc<AccountSession>>, CommandError> {
        let is_it = |session: &&Arc<AccountSession>| account.is_none_or(|name| name == session.name());
        let sessions: Vec<_> = self.sessions.iter().filter(is_it).cloned().collect();
        if sessions.is_empty() {
            let known: Vec<_> = self.sessions.iter().map(|session| session.name().as_str()).collect();
            let detail = format!("no such account; there are: {}", known.join(", "));
            return Err(CommandError::new(ErrorCode::NotFound, detail).at("account"));
        }
        Ok(sessions)
    }

    pub(crate) async fn sync_calls(
        self: &Arc<Self>,
        account: Option<&AccountName>,
        range: Option<TimeRange>,
    ) -> Result<usize, CommandError> {
        if range.is_some_and(|range| range.from >= range.to) {
            return Err(CommandError::new(ErrorCode::BadRequest, "the range ends before it begins").at("range"));
        }
        let (records, mut count) = (self.records(), 0);
        for session in self.sessions_of(account)? {
            able(account, &session, session.session.call_records.is_some())?;
            count += match range {
                Some(range) => records.sync_range(&session, range).await?,
                None => records.sync_recent(&session).await?,
            };
        }
        Ok(count)
    }

    pub(crate) async fn endpoints(&self, account: Option<&AccountName>) -> Result<Vec<AccountEndpoint>, CommandError> {
        let mut endpoints = Vec::new();
        for session in self.sessions_of(account)? {
            let name = session.name().clone();
            let served = session.served();
            for endpoint in self.core.stored(move |store| store.endpoints(&name)).await? {
                let own = served.by_number(endpoint.number.as_str()).is_some();
                endpoints.push(AccountEndpoint { account: session.name().clone(), endpoint, own });
            }
        }
        Ok(endpoints)
    }

    pub(crate) async fn sync_endpoints(&self, account: Option<&AccountName>) -> Result<usize, CommandError> {
        let mut count = 0;
        for session in self.sessions_of(account)? {
            let read = session.read_endpoints(&self.core).await?;
            able(account, &session, read.is_some())?;
            count += read.unwrap_or_default();
        }
        Ok(count)
    }

    pub(crate) async fn set_agent(&self, agent: Agent) -> Result<(), CommandError> {
        let agent = Agent { name: tidy(&agent.name), ..agent };
        if agent.name.is_empty() {
            return Err(CommandError::new(ErrorCode::BadRequest, "an agent needs a name").at("name"));
        }
        for (account, _) in &agent.endpoints {
            self.sessions_of(Some(account))?;
        }
        Ok(self.core.stored(move |store| store.save_agent(&agent)).await?)
    }

    pub(crate) async fn unread(&self, account: Option<&AccountName>) -> Result<Vec<KeptUnread>, CommandError> {
        let mut parts = Vec::new();
        for session in self.sessions_of(account)? {
            let name = session.name().clone();
            parts.extend(self.core.stored(move |store| store.unread(&name)).await?);
        }
        Ok(parts)
    }
}

/// Whoever names an account is told that its vendor can't do this; among all accounts it is passed over.
fn able(named: Option<&AccountName>, session: &AccountSession, able: bool) -> Result<(), CommandError> {
    if able || named.is_none() {
        return Ok(());
    }
    let detail = format!("the vendor of account {} does not offer this", session.name());
    Err(CommandError::new(ErrorCode::NotAble, detail).at("account"))
}
