//! One CRM, as the engine works with it: its adapter, its health, and what people want of it at once.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::crm::{ConnectorName, CrmError, Verdict};
use timbre_domain::error::ErrorCode;
use timbre_domain::outbox::{Problem, RequestId, pause_after};
use timbre_domain::ports::CrmConnector;
use timbre_store::{Store, StoreError};
use tokio::sync::{Notify, watch};

use crate::api::event::{ConnectorState, Event};
use crate::crm::contact_sync::shown::{self, Shown};
use crate::crm::outbox::kinds::{Kinds, setting_of};
use crate::runtime::core::Core;
use timbre_settings::ConnectorSettings;

/// How many records at most go before the others at a time.
const HURRIED_AT_MOST: usize = 1_000;

/// Whether a CRM can be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "condition", rename_all = "snake_case")]
pub enum ConnectorHealth {
    #[default]
    Ready,
    /// It is in trouble, or lets nobody in: it is asked again by itself.
    Waits { until: DateTime<Utc>, why: Problem },
    /// The sign-in failed: nothing is asked until a person acts.
    Stopped { why: Problem },
}

/// One CRM, its adapter and how it is.
pub struct ConnectorHandle {
    pub settings: ConnectorSettings,
    pub connector: Arc<dyn CrmConnector>,
    condition: watch::Sender<HealthState>,
    /// Something was put into the outbox.
    pub(crate) outbox_changed: Notify,
    /// A person wants the contacts brought now.
    pub(crate) sync_wanted: Notify,
    /// A contact's telephones are to be asked for.
    pub(crate) details_wanted: Notify,
    /// Held while its contacts are brought: one pass at a time.
    pub(crate) syncing: tokio::sync::Mutex<()>,
    /// Records that a person wants sent now: they go before the others.
    hurried: Mutex<VecDeque<RequestId>>,
    /// Records that a person asked to have sent, until the outbox takes them: they are searched for even while others of
    /// their kind are held.
    pub(crate) by_hand: Mutex<BTreeSet<RequestId>>,
    /// Records that a person wants created although they can't be searched for.
    pub(crate) unsearched: Mutex<BTreeSet<RequestId>>,
    /// Whether records are found by their request id, kind by kind.
    kinds: Mutex<Kinds>,
    /// What its lists showed lately.
    shown: Mutex<Shown>,
    /// Counts the records that were worked off, whatever came of them.
    pub(crate) worked_off: watch::Sender<u64>,
}

/// A CRM's health, and how long its back-off still lasts.
#[derive(Debug, Clone, Default)]
pub(crate) struct HealthState {
    condition: ConnectorHealth,
    /// Until when nothing is asked, on the monotonic clock.
    until: Option<Duration>,
    /// Until when the CRM itself wants to be left alone: no person may shorten that.
    demanded: Option<Duration>,
    /// Failures in a row that were the CRM's and not one record's.
    failures: u32,
}

impl ConnectorHandle {
    /// The CRM, stopped if the last run left it so.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn new(
        settings: ConnectorSettings,
        connector: Arc<dyn CrmConnector>,
        store: &Store,
    ) -> Result<Self, StoreError> {
        let condition = match store.connector_stopped(&settings.name)? {
            Some(why) => ConnectorHealth::Stopped { why },
            None => ConnectorHealth::Ready,
        };
        // What was remembered by another version is learnt anew.
        let kinds = store.setting(&setting_of(&settings.name)).ok().flatten().unwrap_or_default();
        let shown = store.setting(&shown::setting_of(&settings.name)).ok().flatten().unwrap_or_default();
        Ok(Self {
            settings,
            connector,
            condition: watch::Sender::new(HealthState { condition, ..HealthState::default() }),
            outbox_changed: Notify::new(),
            sync_wanted: Notify::new(),
            details_wanted: Notify::new(),
            syncing: tokio::sync::Mutex::default(),
            hurried: Mutex::default(),
            by_hand: Mutex::default(),
            unsearched: Mutex::default(),
            kinds: Mutex::new(kinds),
            shown: Mutex::new(shown),
            worked_off: watch::Sender::new(0),
        })
    }

    pub fn name(&self) -> &ConnectorName {
        &self.settings.name
    }

    pub fn condition(&self) -> ConnectorHealth {
        self.condition.borrow().condition.clone()
    }

    /// How long a request without an answer may still be worked on over there.
    pub(crate) fn settles_within(&self) -> TimeDelta {
        TimeDelta::from_std(self.connector.about().settles_within).unwrap_or(TimeDelta::MAX)
    }

    /// Waits until the CRM may be asked; for ever while it is stopped, unless a person acts.
    pub(crate) async fn ready(&self, core: &Core) {
        let mut changes = self.condition.subscribe();
        loop {
            let now = changes.borrow_and_update().clone();
            match (now.condition, now.until) {
                (ConnectorHealth::Ready, _) => return,
                (ConnectorHealth::Waits { .. }, Some(until)) if until <= core.clock.elapsed() => return,
                (ConnectorHealth::Waits { .. }, Some(until)) => {
                    tokio::select! {
                        () = core.clock.sleep_until(until) => return,
                        _ = changes.changed() => {}
                    }
                }
                (ConnectorHealth::Waits { .. } | ConnectorHealth::Stopped { .. }, _) => {
                    // The sender lives in `self`, so this can't fail while we wait.
                    let _ = changes.changed().await;
                }
            }
        }
    }

    /// Whether the CRM may be asked at this moment.
    pub(crate) fn is_ready(&self, core: &Core) -> bool {
        let state = self.condition.borrow();
        match state.condition {
            ConnectorHealth::Ready => true,
            ConnectorHealth::Waits { .. } => state.until.is_some_and(|until| until <= core.clock.elapsed()),
            ConnectorHealth::Stopped { .. } => false,
        }
    }

    pub(crate) fn answered(&self, core: &Core) {
        self.becomes(core, HealthState::default());
    }

    /// A question about contacts failed: what that means for everything to this CRM.
    pub(crate) async fn failed(&self, core: &Core, error: &CrmError) -> Result<(), StoreError> {
        match error.verdict {
            Verdict::Stop => self.stops(core, error).await,
            Verdict::Wait(at_least) => {
                self.waits(core, at_least, error);
                Ok(())
            }
            Verdict::BackOff | Verdict::SearchFirst { .. } => {
                self.waits(core, Duration::ZERO, error);
                Ok(())
            }
            Verdict::Park => Ok(()),
        }
    }

    /// Backs off this CRM: nothing is sent to it for `at_least`, and for longer the more often it failed in a row.
    pub(crate) fn waits(&self, core: &Core, at_least: Duration, error: &CrmError) {
        let failures = self.condition.borrow().failures + 1;
        let pause = pause_after(failures, random()).max(at_least);
        let now = core.clock.now();
        let until = now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::zero());
        let why = problem(error, now);
        let condition = ConnectorHealth::Waits { until, why };
        let demanded = match error.verdict {
            Verdict::Wait(at_least) => Some(core.clock.elapsed() + at_least),
            _ => None,
        };
        self.becomes(core, HealthState { condition, until: Some(core.clock.elapsed() + pause), demanded, failures });
    }

    /// A person wants this record sent now: a pause of our own ends, one that the CRM asked for does not.
    pub(crate) fn hurries(&self, core: &Core, id: RequestId) {
        let mut hurried = self.hurried();
        hurried.retain(|other| *other != id);
        hurried.push_back(id);
        hurried.truncate(HURRIED_AT_MOST);
        drop(hurried);
        let (now, elapsed) = (core.clock.now(), core.clock.elapsed());
        self.condition.send_if_modified(|state| {
            let ConnectorHealth::Waits { until, .. } = &mut state.condition else { return false };
            let earliest = state.demanded.unwrap_or_default().max(elapsed);
            if state.until.is_some_and(|planned| planned <= earliest) {
                return false;
            }
            state.until = Some(earliest);
            *until = now + TimeDelta::from_std(earliest - elapsed).unwrap_or_default();
            true
        });
        self.outbox_changed.notify_one();
    }

    /// What its lists showed lately.
    pub(crate) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the kinds of record.
    pub(crate) fn kinds(&self) -> MutexGuard<'_, Kinds> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The records that a person wants sent now, the one asked for first first.
    pub(crate) fn hurried(&self) -> MutexGuard<'_, VecDeque<RequestId>> {
        // Nothing that holds it can panic half-way.
        self.hurried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of changes of its condition.
    pub(crate) fn condition_changes(&self) -> watch::Receiver<HealthState> {
        self.condition.subscribe()
    }

    /// Nothing is asked of it until a person acts; the next start remembers.
    pub(crate) async fn stops(&self, core: &Core, error: &CrmError) -> Result<(), StoreError> {
        let why = problem(error, core.clock.now());
        self.becomes(
            core,
            HealthState { condition: ConnectorHealth::Stopped { why: why.clone() }, ..HealthState::default() },
        );
        let name = self.name().clone();
        core.stored(move |store| store.stop_connector(&name, Some(&why))).await
    }

    pub(crate) async fn resumes(&self, core: &Core) -> Result<(), StoreError> {
        let name = self.name().clone();
        core.stored(move |store| store.stop_connector(&name, None)).await?;
        self.becomes(core, HealthState::default());
        Ok(())
    }

    fn becomes(&self, core: &Core, state: HealthState) {
        let mut news = None;
        self.condition.send_if_modified(|before| {
            let same = same_kind(&before.condition, &state.condition);
            // That it still waits is no news to people, only to those who wait.
            if !same {
                news = Some(state.condition.clone());
            }
            let changed = before.condition != state.condition || before.failures != state.failures;
            *before = state;
            changed
        });
        if let Some(condition) = news {
            let at = core.clock.now();
            core.bus.publish(Event::Connector(ConnectorState { at, connector: self.name().clone(), condition }));
        }
    }
}

fn same_kind(a: &ConnectorHealth, b: &ConnectorHealth) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// What a person is told of a failure.
pub(crate) fn problem(error: &CrmError, at: DateTime<Utc>) -> Problem {
    Problem { code: error.code, words: error.words.clone(), at, last_try: false }
}

/// What a person is told of a failure of our own.
pub(crate) fn our_problem(code: ErrorCode, words: impl Into<String>, at: DateTime<Utc>) -> Problem {
    Problem { code, words: words.into(), at, last_try: false }
}

/// Somewhere in 0..1, different on every desk.
pub(crate) fn random() -> f64 {
    // The last 62 bits of such an id are random; 32 of them are plenty for jitter.
    let bits = uuid::Uuid::now_v7().as_u128() as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}
