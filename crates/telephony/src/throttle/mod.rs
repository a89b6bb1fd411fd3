//! Keeps a vendor's limit for everything that shares it, across restarts, live calls first.

mod pace;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use timbre_domain::observation::Pace;
use timbre_domain::ports::{Clock, ThrottleMemory};
use tokio::sync::{Notify, OnceCell};

pub use pace::{MARGIN, Pacer};

/// What a question is for; it decides who goes first when several wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The calls going on: a pop-up waits for it.
    Live,
    /// Everything else: history, endpoints.
    Background,
}

/// After this many distances a background question goes before a live one, or a poller that always asks again would
/// starve it for ever.
const PATIENCE_IN_SLOTS: u32 = 5;

/// The throttles in use, one per scope. Adapters that share a scope share the throttle.
pub struct Throttles {
    clock: Arc<dyn Clock>,
    memory: Arc<dyn ThrottleMemory>,
    by_scope: Mutex<HashMap<String, Arc<Throttle>>>,
}

impl Throttles {
    /// No throttles yet.
    pub fn new(clock: Arc<dyn Clock>, memory: Arc<dyn ThrottleMemory>) -> Self {
        Self { clock, memory, by_scope: Mutex::default() }
    }

    /// The throttle of a scope, made when it is first asked for. The first rule given for a scope is kept.
    pub fn of(&self, scope: &str, rule: Duration) -> Arc<Throttle> {
        let mut by_scope = self.by_scope.lock().unwrap_or_else(PoisonError::into_inner);
        let made = by_scope.entry(scope.to_owned()).or_insert_with(|| {
            Arc::new(Throttle::new(scope.to_owned(), rule, self.clock.clone(), self.memory.clone()))
        });
        made.clone()
    }
}

/// One scope of a vendor's limit.
pub struct Throttle {
    scope: String,
    clock: Arc<dyn Clock>,
    memory: Arc<dyn ThrottleMemory>,
    /// Set once the pace goes on from before a restart.
    recalled: OnceCell<()>,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    pacer: Pacer,
    waiting: Vec<Waiting>,
    next_ticket: u64,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    ticket: u64,
    lane: Lane,
    since: Duration,
}

/// What somebody who waits does next.
enum Look {
    Goes,
    Waits(Option<Duration>),
}

/// Leave to send one question. The scope is held until it is given back.
pub struct Permit<'a> {
    throttle: &'a Throttle,
    sent_at: Duration,
    told: bool,
}

impl Throttle {
    fn new(scope: String, rule: Duration, clock: Arc<dyn Clock>, memory: Arc<dyn ThrottleMemory>) -> Self {
        let state = Mutex::new(State { pacer: Pacer::new(rule), waiting: Vec::new(), next_ticket: 0 });
        Self { scope, clock, memory, recalled: OnceCell::new(), state, changed: Notify::new() }
    }

    /// Goes on from what was remembered before a restart.
    async fn recall(&self) {
        if let Some(last) = self.memory.last_used(&self.scope).await {
            let ago = (self.clock.now() - last).to_std().ok();
            self.lock().pacer.continue_from(self.clock.elapsed(), ago);
        }
    }

    /// Waits for a slot and takes it. Dropping the future gives the place in the queue up; keeping it without polling it
    /// holds everybody up.
    pub async fn acquire(&self, lane: Lane) -> Permit<'_> {
        let place = Place { throttle: self, ticket: self.enter(lane) };
        self.recalled.get_or_init(|| self.recall()).await;
        loop {
            // Registered before the state is looked at, so that no change is missed in between.
            let changed = self.changed.notified();
            let sleeps_until = match self.look(place.ticket) {
                Look::Goes => {
                    // First remembered, then sent: the database may keep us waiting, and the distance counts from the
                    // moment the question really leaves.
                    self.memory.remember(&self.scope, self.clock.now()).await;
                    match self.take_slot() {
                        Ok(permit) => return permit,
                        Err(slot) => slot,
                    }
                }
                Look::Waits(slot) => slot,
            };
            match sleeps_until {
                Some(slot) => tokio::select! {
                    () = changed => {}
                    () = self.clock.sleep_until(slot) => {}
                },
                None => changed.await,
            }
        }
    }

    /// Whether this place goes now, else until when it waits: without a time, until something changes.
    fn look(&self, ticket: u64) -> Look {
        let state = self.lock();
        let now = self.clock.elapsed();
        match state.pacer.next_slot(now) {
            Some(slot) if slot <= now && state.first().is_some_and(|w| w.ticket == ticket) => Look::Goes,
            // The slot is another's, who is about to take it and will say so.
            Some(slot) if slot <= now => Look::Waits(None),
            slot => Look::Waits(slot),
        }
    }

    /// Takes the slot that is due. Where somebody took it while it was remembered that it is used: the next one, if that
    /// is known.
    fn take_slot(&self) -> Result<Permit<'_>, Option<Duration>> {
        let mut state = self.lock();
        let sent_at = self.clock.elapsed();
        match state.pacer.next_slot(sent_at) {
            Some(slot) if slot <= sent_at => {
                state.pacer.sent(sent_at);
                Ok(Permit { throttle: self, sent_at, told: false })
            }
            slot => Err(slot),
        }
    }

    /// How the vendor keeps up.
    pub fn pace(&self, took: Duration) -> Pace {
        let state = self.lock();
        Pace { took, interval: state.pacer.interval(), slowed: state.pacer.is_slowed() }
    }

    fn enter(&self, lane: Lane) -> u64 {
        let mut state = self.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.push(Waiting { ticket, lane, since: self.clock.elapsed() });
        ticket
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who goes next: a background question that has waited too long, else live ones, else background ones. It is
    /// judged by when the slot falls due and not by the moment of looking, so that all who look agree.
    fn first(&self) -> Option<&Waiting> {
        let due = self.pacer.due();
        let patience = self.pacer.interval() * PATIENCE_IN_SLOTS;
        let starved = |w: &&Waiting| w.lane == Lane::Background && due >= w.since + patience;
        let live = |w: &&Waiting| w.lane == Lane::Live;
        self.waiting.iter().find(starved).or_else(|| self.waiting.iter().find(live)).or_else(|| self.waiting.first())
    }
}

/// A place in the queue; leaving it, by whatever way, lets the others look again.
struct Place<'a> {
    throttle: &'a Throttle,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.throttle.lock().waiting.retain(|w| w.ticket != self.ticket);
        self.throttle.changed.notify_waiters();
    }
}

impl Permit<'_> {
    /// The answer came, whole: how long it took tells whether the vendor holds us back.
    pub fn answered(mut self) -> Pace {
        let took = self.throttle.clock.elapsed().saturating_sub(self.sent_at);
        self.told = true;
        if self.throttle.lock().pacer.answered(self.throttle.clock.elapsed(), took) {
            let pace = self.throttle.pace(took);
            tracing::info!(
                scope = "reading",
                interval_ms = pace.interval.as_millis(),
                slowed = pace.slowed,
                "pace changed"
            );
        }
        self.throttle.changed.notify_waiters();
        self.throttle.pace(took)
    }
}

impl Permit<'_> {
    /// The answer came, but says nothing about the vendor's ordinary pace: a long record, a refusal.
    pub fn released(mut self) {
        self.told = true;
        self.throttle.lock().pacer.released();
        self.throttle.changed.notify_waiters();
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.throttle.lock().pacer.gave_up(self.throttle.clock.elapsed());
            self.throttle.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
