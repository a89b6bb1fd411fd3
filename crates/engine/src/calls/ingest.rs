//! The one way in for calls. Whoever has observations (a poll, a push from a hub, a web hook) hands them in here.
//!
//! Comes in: observations with both sides. It is decided whose each one is, for the agents that this engine serves; the
//! tracker makes transitions of them; they are saved, and published for the call flow. Goes out: the transitions, and whether
//! they could be saved.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use timbre_domain::observation::{CallObservation, Coverage, ObservationBatch};
use timbre_domain::tracker::CallTransition;

use crate::Context;
use crate::calls::session::AccountSession;
use crate::crm::connectors::Connectors;
use crate::runtime::bus::TransitionBatch;
use crate::runtime::core::Core;

/// How many transitions that could not be saved are kept in memory.
const UNSAVED_AT_MOST: usize = 10_000;

/// What somebody saw of an account's calls.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Where the question stands in the order of questions, for a poll; a push takes the next place.
    pub sequence: u64,
    pub observations: Vec<CallObservation>,
    /// What a call that is missing from it means.
    pub coverage: Coverage,
    /// When it arrived, by our clock.
    pub at: DateTime<Utc>,
    /// The same on the clock that never goes back.
    pub elapsed: Duration,
}

impl Context {
    /// Takes in calls that were pushed to us.
    pub async fn push(&self, session: &Arc<AccountSession>, observations: Vec<CallObservation>) {
        self.ingest().push(session, observations).await;
    }

    pub(crate) fn ingest(&self) -> Ingest {
        Ingest { core: self.core.clone(), connectors: self.connectors.clone() }
    }
}

/// Takes observations in. A clone is the same.
#[derive(Clone)]
pub(crate) struct Ingest {
    pub(crate) core: Core,
    connectors: Connectors,
}

impl Ingest {
    /// Takes in calls that nobody asked for just now: they come next in the order of questions.
    pub(crate) async fn push(&self, session: &Arc<AccountSession>, observations: Vec<CallObservation>) {
        let observed = Observed {
            sequence: session.tracker().next_sequence(),
            observations,
            coverage: Coverage::Partial,
            at: self.core.clock.now(),
            elapsed: self.core.clock.elapsed(),
        };
        self.take_in(session, observed).await;
    }

    /// Takes in observations; gives what happened. It is saved before it is published: a restart then repeats nothing. A full
    /// disk keeps no call from being shown.
    pub(crate) async fn take_in(&self, session: &Arc<AccountSession>, observed: Observed) -> Vec<CallTransition> {
        let (ingest, session) = (self.clone(), session.clone());
        // To its end, whoever stops waiting for it: what is saved and not published would never be shown.
        let working = tokio::spawn(async move { ingest.apply(&session, observed).await });
        match working.await {
            Ok(transitions) => transitions,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Everything ends.
                Err(_) => Vec::new(),
            },
        }
    }

    async fn apply(&self, session: &AccountSession, observed: Observed) -> Vec<CallTransition> {
        session.notice_endpoints(&observed.observations);
        let (served, country) = (session.served(), self.core.settings.country);
        let batch = ObservationBatch {
            vendor: session.vendor().clone(),
            account: session.name().clone(),
            sequence: observed.sequence,
            answered_at: observed.at,
            observations: observed.observations.iter().map(|one| one.attributed(&served, country)).collect(),
            coverage: observed.coverage,
        };
        let mut unsaved = session.turn.lock().await;
        let (transitions, tracker) = {
            let mut tracker = session.tracker();
            let transitions = tracker.apply(&batch);
            let changed = !transitions.is_empty() || !unsaved.is_empty();
            (transitions, changed.then(|| tracker.clone()))
        };
        let Some(tracker) = tracker else { return transitions };
        // What could not be saved before goes along: a disk that was full may have room again.
        unsaved.extend(transitions.iter().cloned());
        let now = self.core.clock.now();
        let ended = self.connectors.calls_to_record(&unsaved, now);
        let records = !ended.is_empty();
        let (name, saved) = (session.name().clone(), unsaved.clone());
        let kept = self.core.stored(move |store| store.save_transitions(&name, &tracker, &saved, &ended, now)).await;
        if kept.is_ok() {
            unsaved.clear();
            if records {
                self.connectors.wake();
            }
        } else {
            // The newest matter most, and memory is no database.
            let surplus = unsaved.len().saturating_sub(UNSAVED_AT_MOST);
            unsaved.drain(..surplus);
        }
        self.core.store_answered(kept.as_ref().err());
        if !transitions.is_empty() {
            let (account, transitions) = (session.name().clone(), transitions.clone());
            self.core.bus.transitions(TransitionBatch { account, transitions, observed: observed.elapsed });
        }
        transitions
    }
}
