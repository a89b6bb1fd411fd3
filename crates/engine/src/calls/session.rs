//! An account's session, as the engine follows it: its ports, what is tracked of its calls, and how its vendor answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use timbre_domain::call::AccountName;
use timbre_domain::endpoint::{Endpoint, EndpointNumber, ServedEndpoints};
use timbre_domain::error::ErrorCode;
use timbre_domain::session::Session;
use timbre_domain::tracker::{Busy, CallTracker, CallTransition};
use timbre_domain::vendor::VendorId;
use timbre_settings::Account;
use timbre_store::{Store, StoreError};
use tokio::sync::{Notify, watch};

use crate::calls::endpoints::Unknown;
use crate::calls::poll_log::{PollLog, PollResult};

/// What the last poll said of the account's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollStatus {
    /// No poll has come back yet; or the last one failed, and nothing is followed that would need another.
    NotAskedYet,
    /// The last poll brought an answer.
    Answered,
    /// The last poll failed.
    Failing(ErrorCode),
}

/// One account, its session and what is tracked of it.
pub struct AccountSession {
    pub account: Account,
    /// What its vendor offers.
    pub session: Session,
    tracker: Mutex<CallTracker>,
    /// Held from a change of the tracker until it is saved and published, so that all three happen in one order. In it are
    /// the transitions that could not be saved yet.
    pub(crate) turn: tokio::sync::Mutex<Vec<CallTransition>>,
    served: Mutex<ServedEndpoints>,
    pub(crate) status: watch::Sender<PollStatus>,
    pub(crate) polls: watch::Sender<u64>,
    log: Mutex<PollLog>,
    /// A dial was sent: what becomes of it is to be looked at.
    pub(crate) dialled: Notify,
    pub(crate) unknown_endpoints: Unknown,
}

impl AccountSession {
    /// A session that goes on where the last run stopped. `served` are the endpoints whose calls are followed.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn new(account: Account, session: Session, served: ServedEndpoints, store: &Store) -> Result<Self, StoreError> {
        let fresh = || CallTracker::new(account.vendor.clone(), account.name.clone());
        let tracker = match store.tracker(&account.name) {
            Ok(saved) => saved.unwrap_or_else(fresh),
            Err(error) => {
                // What was saved by another version must not keep the agent from seeing calls.
                tracing::error!(%error, account = %account.name, "where the last run stopped can't be read: starting afresh");
                fresh()
            }
        };
        let tracker = tracker.with_rules(session.dial_rules.clone());
        let mut served = served;
        served.learn(&store.endpoints(&account.name)?);
        Ok(Self {
            account,
            session,
            tracker: Mutex::new(tracker),
            turn: tokio::sync::Mutex::default(),
            served: Mutex::new(served),
            status: watch::Sender::new(PollStatus::NotAskedYet),
            polls: watch::Sender::new(0),
            log: Mutex::default(),
            dialled: Notify::new(),
            unknown_endpoints: Unknown::default(),
        })
    }

    pub fn name(&self) -> &AccountName {
        &self.account.name
    }

    pub fn vendor(&self) -> &VendorId {
        &self.account.vendor
    }

    /// How many polls were taken in since the start, whether they brought an answer or failed.
    pub fn polls(&self) -> watch::Receiver<u64> {
        self.polls.subscribe()
    }

    pub(crate) fn tracker(&self) -> MutexGuard<'_, CallTracker> {
        // The tracker's changes can't panic half-way.
        self.tracker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The endpoints whose calls are followed.
    pub(crate) fn served(&self) -> ServedEndpoints {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this endpoint, or any endpoint of this agent, is in a call or dials.
    pub(crate) fn busy(&self, agent: Option<&str>, endpoint: &EndpointNumber, now: DateTime<Utc>) -> Busy {
        let served = self.served();
        let tracker = self.tracker();
        let of_agent = agent.into_iter().flat_map(|agent| served.of_agent(agent));
        std::iter::once(endpoint).chain(of_agent).map(|own| tracker.busy(own, now)).max().unwrap_or_default()
    }

    /// What the polls so far brought.
    pub(crate) fn log(&self) -> PollLog {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn remember(&self, result: PollResult) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).remember(result);
    }

    /// A call was seen while it rang: our time of the answer less the vendor's time of detection.
    pub(crate) fn remember_ringing(&self, difference: TimeDelta) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).remember_ringing(difference);
    }

    pub(crate) fn learn(&self, endpoints: &[Endpoint]) {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).learn(endpoints);
    }
}

/// The session of an account.
pub(crate) fn of_account<'a>(
    sessions: &'a [Arc<AccountSession>],
    name: &AccountName,
) -> Option<&'a Arc<AccountSession>> {
    sessions.iter().find(|session| session.name() == name)
}
