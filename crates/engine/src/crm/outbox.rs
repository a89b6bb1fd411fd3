//! The outbox: brings what came of the calls to the CRMs, each record exactly once.
//!
//! Before a request that creates a record goes out, that is remembered, durably. Whatever happens then (no answer, an error,
//! the end of this process), the record is searched for by its request id before it is ever created again, and not before
//! the CRM had time to finish what it may still be working on.

mod by_hand;
pub(crate) mod kinds;
mod report;
mod rows;
mod searching;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use timbre_domain::call::CallState;
use timbre_domain::crm::{CrmError, Receipt, RecordRequest, Verdict};
use timbre_domain::error::ErrorCode;
use timbre_domain::outbox::{
    AfterFailure, ForConnector, OutboxItem, OutboxState, Problem, RecordKind, RequestId, after_failure,
};
use timbre_store::{Dispatch, Failure, StoreError};
use tokio_util::sync::CancellationToken;

use crate::api::event::{Event, StoreState};
use crate::crm::connector::{ConnectorHandle, problem, random};
use crate::runtime::core::Core;

/// The database could not be written: how long until it is tried again.
const STORED_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// A call that turned out to go on is looked at again after so long.
const LOOKED_AT_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);
/// Nothing waits: how long until that is looked at all the same.
const LOOKS_AFTER: Duration = Duration::from_secs(300);
/// How long a request that is on its way may still take when everything stops.
const FINISHES_WITHIN: Duration = Duration::from_secs(3);

/// Sends to one CRM, one record after the other, until it is told to stop.
pub(crate) async fn run(core: Core, crm: Arc<ConnectorHandle>, stop: CancellationToken) {
    let parked_from = core.clock.elapsed();
    let mut sender = Sender { core, crm, searched_from: HashMap::new(), parked_from, back_already: HashSet::new() };
    sender.tries_held_records().await;
    loop {
        let item = tokio::select! {
            () = stop.cancelled() => return,
            item = sender.next() => item,
        };
        // What is cut off is searched for at the next start.
        let clock = sender.core.clock.clone();
        let stopped_long = async {
            stop.cancelled().await;
            clock.sleep(FINISHES_WITHIN).await;
        };
        tokio::select! {
            () = sender.send(item) => sender.crm.worked_off.send_modify(|count| *count += 1),
            () = stopped_long => return,
        }
    }
}

struct Sender {
    core: Core,
    crm: Arc<ConnectorHandle>,
    /// When records whose creation got no answer in this run may be searched for, on the monotonic clock: the clock on the
    /// wall may be set meanwhile.
    searched_from: HashMap<RequestId, Duration>,
    /// From when on records that could not be searched for are looked at again, on the monotonic clock.
    parked_from: Duration,
    /// Changes of contacts that were said to be gone and were there when they were looked for: tried once more, and not
    /// again and again where the CRM contradicts itself.
    back_already: HashSet<RequestId>,
}

impl Sender {
    /// Waits for the next record that is to be sent.
    async fn next(&mut self) -> OutboxItem {
        loop {
            self.crm.ready(&self.core).await;
            self.searches_parked().await;
            // Whatever comes after this look wakes the wait below.
            let changed = self.crm.outbox_changed.notified();
            let now = self.core.clock.now();
            let (name, settles) = (self.crm.name().clone(), self.crm.settles_within());
            let wrap_up = TimeDelta::from_std(self.crm.settings.wrap_up).unwrap_or_default();
            let hurried = std::mem::take(&mut *self.crm.hurried());
            let looked = self
                .core
                .stored(move |store| {
                    store.outbox_set_right(&name, now, settles, wrap_up)?;
                    for id in &hurried {
                        if let Some(item) = store.outbox_next_for(&name, *id, now)? {
                            return Ok((Some((item, hurried)), None));
                        }
                    }
                    let next = store.outbox_next(&name, now)?.map(|item| (item, VecDeque::new()));
                    let due = store.outbox_due(&name, now)?;
                    Ok((next, due))
                })
                .await;
            let wait = match looked {
                Ok((Some((item, hurried)), _)) => match self.settles_for(&item) {
                    None => {
                        // What is before it may have to go first, and the others that a person waits for come next.
                        self.crm.hurried().extend(hurried.into_iter().filter(|id| *id != item.id));
                        return item;
                    }
                    Some(rest) => {
                        let later = now + TimeDelta::from_std(rest).unwrap_or(settles);
                        let id = item.id;
                        self.until_stored(move |store| store.outbox_postpone(id, later)).await;
                        self.crm.worked_off.send_modify(|count| *count += 1);
                        continue;
                    }
                },
                Ok((None, due)) => due.map_or(LOOKS_AFTER, |due| (due - now).to_std().unwrap_or_default()),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the outbox could not be read");
                    STORED_AGAIN_AFTER
                }
            };
            tokio::select! {
                () = changed => {}
                () = self.core.clock.sleep(wait.min(LOOKS_AFTER)) => {}
                () = self.core.clock.sleep_until(self.parked_from) => {}
            }
        }
    }

    /// How long the CRM may still be working on the last request for this record.
    fn settles_for(&self, item: &OutboxItem) -> Option<Duration> {
        let from = self.searched_from.get(&item.id)?;
        from.checked_sub(self.core.clock.elapsed()).filter(|rest| !rest.is_zero())
    }

    async fn send(&mut self, item: OutboxItem) {
        let id = item.id;
        let by_hand = self.crm.by_hand.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let Some(dispatch) = self.read(id).await else { return };
        if dispatch.item.kind == RecordKind::Call
            && dispatch.call.as_ref().is_some_and(|call| call.call.state != CallState::Ended)
        {
            let later = self.core.clock.now() + LOOKED_AT_AGAIN_AFTER;
            return self.until_stored(move |store| store.outbox_postpone(id, later)).await;
        }
        let Some(order) = self.order(&dispatch) else {
            // What it was about is gone: there is nothing to tell.
            return self.until_stored(move |store| store.outbox_moot(id)).await;
        };
        let creating = dispatch.item.remote_id.is_none();
        // A person has looked whether it is there.
        let unsearched = self.crm.unsearched.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if creating && !unsearched && !self.may_be_created(&dispatch.item, &order, by_hand).await {
            return;
        }
        let now = self.core.clock.now();
        let searched_at = now + self.crm.settles_within();
        let begun = self.until_stored(move |store| store.outbox_begin(id, now, searched_at)).await;
        // Changed, discarded or gone since it was looked at.
        let Some(dispatch) = begun else { return };
        let Some(order) = self.order(&dispatch) else { return };
        if creating {
            self.searched_from.insert(id, self.core.clock.elapsed() + self.crm.connector.about().settles_within);
        }
        match self.crm.connector.submit(&order).await {
            Ok(receipt) => {
                let kept = receipt.kept;
                self.sent(id, receipt).await;
                if creating {
                    self.prove(&order, kept).await;
                }
            }
            Err(error) => {
                let tried = if creating { SendStep::Creating } else { SendStep::Amending };
                let parked = error.verdict == Verdict::Park && !error.unsent;
                self.failed(&dispatch.item, &error, tried).await;
                if let Some(contact) = dispatch.contact_remote_id.filter(|_| parked) {
                    self.look_for_contact(contact, id, error.code).await;
                }
            }
        }
    }

    /// It waits until records of its kind can be searched for.
    async fn hold(&self, item: &OutboxItem, why: Problem, rest: Duration) {
        let next_at = self.core.clock.now() + TimeDelta::from_std(rest).unwrap_or_default();
        let state = if item.begun_at.is_some() { OutboxState::Sending } else { OutboxState::Waiting };
        let failure = Failure { state, next_at, unsure: false, never_sent: false, tried: false };
        self.put_off(item.id, failure, why).await;
    }

    /// A person has to act.
    async fn park(&self, item: &OutboxItem, why: Problem) {
        let next_at = self.core.clock.now();
        let failure = Failure { state: OutboxState::Parked, next_at, unsure: false, never_sent: false, tried: false };
        self.put_off(item.id, failure, why).await;
    }

    async fn put_off(&self, id: RequestId, failure: Failure, why: Problem) {
        let item = self.until_stored(move |store| store.outbox_failed(id, &failure, &why)).await;
        if let Some(item) = item {
            let event = self.crm.event(&self.core, item);
            let parked = event.item.state == OutboxState::Parked;
            self.core.bus.publish(if parked { Event::OutboxParked(event) } else { Event::OutboxWaiting(event) });
        }
    }

    fn order(&self, dispatch: &Dispatch) -> Option<RecordRequest> {
        // The answer to a creation may be lost: its id stands wherever it can be found.
        let proven = dispatch.item.remote_id.is_some() && self.crm.kinds().echoed(dispatch.item.kind);
        report::order(dispatch, &self.core.settings, self.crm.connector.about(), proven)
    }

    async fn read(&self, id: RequestId) -> Option<Dispatch> {
        match self.core.stored(move |store| store.outbox_dispatch(id)).await {
            Ok(dispatch) => dispatch,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an outbox item could not be read");
                self.core.clock.sleep(STORED_AGAIN_AFTER).await;
                None
            }
        }
    }

    async fn sent(&mut self, id: RequestId, receipt: Receipt) {
        let now = self.core.clock.now();
        let carries = self.crm.connector.about().abilities.contact_parts.clone();
        let item = self.until_stored(move |store| store.outbox_sent(id, &receipt, &carries, now)).await;
        self.searched_from.remove(&id);
        self.crm.answered(&self.core);
        self.core.bus.publish(Event::OutboxSent(self.crm.event(&self.core, item)));
    }

    async fn failed(&mut self, item: &OutboxItem, error: &CrmError, tried: SendStep) {
        tracing::warn!(
            item = %item.id, connector = %self.crm.name(), error = error as &dyn std::error::Error,
            "a record could not be sent"
        );
        let after = after(item, error, tried);
        let now = self.core.clock.now();
        let no_answer = matches!(error.code, ErrorCode::TimedOut | ErrorCode::Unreachable);
        match after.connector {
            ForConnector::Stops => {
                if let Err(error) = self.crm.stops(&self.core, error).await {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "that the connector stops could not be saved"
                    );
                }
            }
            ForConnector::Waits(at_least) => self.crm.waits(&self.core, at_least, error),
            ForConnector::Nothing if no_answer => self.crm.waits(&self.core, Duration::ZERO, error),
            // Any other answer shows that it is there.
            ForConnector::Nothing => self.crm.answered(&self.core),
        }
        let pause = TimeDelta::from_std(after.pause).unwrap_or_default();
        let never_sent = never_sent(error, tried);
        // An answer that says no proves little (a proxy may have said it): a creation is searched for all the same.
        let maybe_there = item.begun_at.is_some() && !never_sent && item.remote_id.is_none();
        let failure = Failure {
            state: if maybe_there && after.state == OutboxState::Waiting { OutboxState::Sending } else { after.state },
            // It waits itself, too: else one record that the CRM stumbles over would be tried before all others for ever.
            next_at: now + if maybe_there { pause.max(self.crm.settles_within()) } else { pause },
            unsure: after.connector == ForConnector::Nothing && !no_answer,
            never_sent,
            tried: tried == SendStep::Proving,
        };
        let goes_on = tried == SendStep::Searching && item.problem.as_ref().is_some_and(|why| why.last_try);
        let (id, problem) = (item.id, Problem { last_try: after.last_try || goes_on, ..problem(error, now) });
        if never_sent {
            self.searched_from.remove(&id);
        }
        self.put_off(id, failure, problem).await;
    }

    /// Writes, however long it takes: a full disk must neither lose a receipt nor have a record sent that nobody remembers.
    async fn until_stored<T: Send + 'static>(
        &self,
        work: impl Fn(&timbre_store::Store) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> T {
        let mut told = false;
        loop {
            let work = work.clone();
            match self.core.stored(move |store| work(store)).await {
                Ok(done) => {
                    if told {
                        self.core.bus.publish(Event::Store(StoreState::ok(self.core.clock.now())));
                    }
                    return done;
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the outbox could not be written");
                    if !std::mem::replace(&mut told, true) {
                        let state = StoreState::failing(error.code(), self.core.clock.now());
                        self.core.bus.publish(Event::Store(state));
                    }
                    self.core.clock.sleep(STORED_AGAIN_AFTER).await;
                }
            }
        }
    }
}

/// What was tried when it failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SendStep {
    /// A search that only shows whether one works.
    Proving,
    Searching,
    Creating,
    Amending,
}

fn after(item: &OutboxItem, error: &CrmError, tried: SendStep) -> AfterFailure {
    let failures = if matches!(error.verdict, Verdict::SearchFirst { .. }) { item.unsure + 1 } else { item.attempts };
    let after = after_failure(error.verdict, tried == SendStep::Creating, failures.max(1), random());
    match (tried, after.state) {
        // Nobody knows yet whether it is there: it is searched for again, never simply created.
        (SendStep::Searching, OutboxState::Waiting) => AfterFailure { state: OutboxState::Sending, ..after },
        _ => after,
    }
}

/// Whether nothing of a creation can be over there: its request never left, or it was refused.
fn never_sent(error: &CrmError, tried: SendStep) -> bool {
    // What the connector's file parks is refused before anything is stored; so is a sign-in that fails.
    tried == SendStep::Proving
        || tried == SendStep::Creating && (error.unsent || matches!(error.verdict, Verdict::Stop | Verdict::Park))
}
