//! A line: one account with a vendor, as the engine follows it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use timbre_domain::call::{AccountName, Provider};
use timbre_domain::endpoint::{Endpoint, OwnEndpoints};
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::Telephony;
use timbre_domain::tracker::CallTracker;
use timbre_store::{Store, StoreError};
use tokio::sync::watch;

use crate::config::Account;
use crate::look::{Look, Looks};

/// What the last poll said of the account's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// No poll has come back yet.
    NotAskedYet,
    /// The last poll brought an answer.
    Answered,
    /// The last poll failed.
    Failing(ErrorCode),
}

/// One account, its adapter and what is followed of it.
pub struct Line {
    /// Its settings.
    pub account: Account,
    /// Its vendor.
    pub provider: Provider,
    /// The adapter.
    pub telephony: Arc<dyn Telephony>,
    tracker: Mutex<CallTracker>,
    /// Held from a change of the tracker until it is saved and told, so that all three happen in one order.
    pub(crate) turn: tokio::sync::Mutex<()>,
    own: Mutex<OwnEndpoints>,
    pub(crate) reach: watch::Sender<Reach>,
    pub(crate) looks: watch::Sender<u64>,
    seen: Mutex<Looks>,
}

impl Line {
    /// A line that goes on where the last run stopped.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn new(
        account: Account,
        provider: Provider,
        telephony: Arc<dyn Telephony>,
        store: &Store,
    ) -> Result<Self, StoreError> {
        let tracker = match store.tracker(&account.name) {
            Ok(saved) => saved.unwrap_or_else(|| CallTracker::new(provider, account.name.clone())),
            Err(error) => {
                // What was saved by another version must not keep the agent from seeing calls.
                tracing::error!(%error, account = %account.name, "where the last run stopped can't be read: starting afresh");
                CallTracker::new(provider, account.name.clone())
            }
        };
        let tracker = tracker.with_agent_leg_callers(account.agent_leg_callers.clone());
        let mut own = OwnEndpoints::new(account.endpoints.iter().cloned());
        own.learn(&store.endpoints(&account.name)?);
        Ok(Self {
            account,
            provider,
            telephony,
            tracker: Mutex::new(tracker),
            turn: tokio::sync::Mutex::new(()),
            own: Mutex::new(own),
            reach: watch::Sender::new(Reach::NotAskedYet),
            looks: watch::Sender::new(0),
            seen: Mutex::default(),
        })
    }

    /// The account's name.
    pub fn name(&self) -> &AccountName {
        &self.account.name
    }

    /// How many looks at the live calls were worked off since the start, whether they brought an answer or failed.
    pub fn looks(&self) -> watch::Receiver<u64> {
        self.looks.subscribe()
    }

    pub(crate) fn tracker(&self) -> MutexGuard<'_, CallTracker> {
        // The tracker's changes can't panic half-way.
        self.tracker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn own(&self) -> OwnEndpoints {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the looks so far brought.
    pub(crate) fn seen(&self) -> Looks {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn remember(&self, look: Look) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remember(look);
    }

    /// A call was seen while it rang: our time of the answer less the vendor's time of detection.
    pub(crate) fn remember_ringing(&self, difference: TimeDelta) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remember_ringing(difference);
    }

    pub(crate) fn learn(&self, endpoints: &[Endpoint]) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).learn(endpoints);
    }
}
