//! Keeps a vendor's limit for everything that shares it, across restarts, live calls first.

mod pace;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use timbre_domain::observation::Pace;
use timbre_domain::ports::{Clock, ThrottleMemory};
use tokio::sync::Notify;

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

    /// The throttle of a scope; made, with what was remembered from before, when it is first asked for. The first rule
    /// given for a scope is kept.
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

/// Leave to send one question. The scope is held until it is given back.
pub struct Permit<'a> {
    throttle: &'a Throttle,
    sent_at: Duration,
    told: bool,
}

impl Throttle {
    fn new(scope: String, rule: Duration, clock: Arc<dyn Clock>, memory: Arc<dyn ThrottleMemory>) -> Self {
        let mut pacer = Pacer::new(rule);
        if let Some(last) = memory.last_used(&scope) {
            pacer.continue_from(clock.elapsed(), (clock.now() - last).to_std().ok());
        }
        let state = Mutex::new(State { pacer, waiting: Vec::new(), next_ticket: 0 });
        Self { scope, clock, memory, state, changed: Notify::new() }
    }

    /// Waits for a slot and takes it. Dropping the future gives the place in the queue up; keeping it without polling it
    /// holds everybody up.
    pub async fn acquire(&self, lane: Lane) -> Permit<'_> {
        let place = Place { throttle: self, ticket: self.enter(lane) };
        loop {
            // Registered before the state is looked at, so that no change is missed in between.
            let changed = self.changed.notified();
            let sleeps_until = {
                let state = self.lock();
                let now = self.clock.elapsed();
                let is_first = state.first().is_some_and(|w| w.ticket == place.ticket);
                match state.pacer.next_slot(now) {
                    Some(slot) if slot <= now && is_first => {
                        drop(state);
                        // First remembered, then sent: the database may keep us waiting, and the distance counts from
                        // the moment the question really leaves.
                        self.memory.remember(&self.scope, self.clock.now());
                        let mut state = self.lock();
                        let sent_at = self.clock.elapsed();
                        if state.pacer.next_slot(sent_at).is_some_and(|slot| slot <= sent_at) {
                            state.pacer.sent(sent_at);
                            return Permit { throttle: self, sent_at, told: false };
                        }
                        // Somebody slipped in meanwhile.
                        state.pacer.next_slot(sent_at)
                    }
                    // The slot is another's, who is about to take it and will say so.
                    Some(slot) if slot <= now => None,
                    slot => slot,
                }
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
mod tests {
    use chrono::{DateTime, Utc};
    use timbre_simulator::ManualClock;

    use super::*;

    const RULE: Duration = Duration::from_secs(4);
    const SLOT: Duration = Duration::from_millis(4_020);

    #[derive(Default)]
    struct Memory(Mutex<HashMap<String, DateTime<Utc>>>);

    impl ThrottleMemory for Memory {
        fn last_used(&self, scope: &str) -> Option<DateTime<Utc>> {
            self.0.lock().unwrap().get(scope).copied()
        }

        fn remember(&self, scope: &str, at: DateTime<Utc>) {
            self.0.lock().unwrap().insert(scope.to_owned(), at);
        }
    }

    struct Line {
        clock: ManualClock,
        memory: Arc<Memory>,
        throttle: Arc<Throttle>,
        order: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Line {
        fn new() -> Self {
            let (clock, memory) = (ManualClock::default(), Arc::new(Memory::default()));
            let throttle = Throttles::new(Arc::new(clock.clone()), memory.clone()).of("scope", RULE);
            Self { clock, memory, throttle, order: Arc::default() }
        }

        /// Somebody who asks once, and is answered at once.
        fn asks(&self, name: &'static str, lane: Lane) -> tokio::task::JoinHandle<()> {
            let (throttle, order) = (self.throttle.clone(), self.order.clone());
            tokio::spawn(async move {
                let permit = throttle.acquire(lane).await;
                order.lock().unwrap().push(name);
                permit.answered();
            })
        }

        async fn settle(&self) {
            for _ in 0..64 {
                tokio::task::yield_now().await;
            }
        }

        async fn slots(&self, n: u32) {
            for _ in 0..n {
                self.settle().await;
                self.clock.advance(SLOT);
            }
            self.settle().await;
        }

        fn order(&self) -> Vec<&'static str> {
            self.order.lock().unwrap().clone()
        }
    }

    #[tokio::test]
    async fn one_goes_a_slot_and_live_calls_go_first() {
        let line = Line::new();
        line.asks("first", Lane::Background);
        line.settle().await;
        line.asks("history", Lane::Background);
        line.asks("endpoints", Lane::Background);
        line.asks("live", Lane::Live);
        line.settle().await;
        assert_eq!(line.order(), ["first"]);
        line.slots(1).await;
        assert_eq!(line.order(), ["first", "live"]);
        line.slots(2).await;
        assert_eq!(line.order(), ["first", "live", "history", "endpoints"]);
    }

    #[tokio::test]
    async fn a_poller_that_always_asks_again_does_not_starve_the_rest() {
        let line = Line::new();
        let (throttle, order) = (line.throttle.clone(), line.order.clone());
        let poller = tokio::spawn(async move {
            loop {
                let permit = throttle.acquire(Lane::Live).await;
                order.lock().unwrap().push("live");
                permit.answered();
            }
        });
        line.settle().await;
        line.asks("history", Lane::Background);
        line.asks("endpoints", Lane::Background);
        line.slots(12).await;
        let order = line.order();
        assert_eq!(order.iter().position(|name| *name == "history"), Some(5), "{order:?}");
        assert_eq!(order.iter().position(|name| *name == "endpoints"), Some(6), "{order:?}");
        assert_eq!(order.iter().filter(|name| **name == "live").count(), 11);
        poller.abort();
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_holds_nobody_up() {
        let line = Line::new();
        line.asks("first", Lane::Live);
        line.settle().await;
        let gives_up = line.asks("gives up", Lane::Live);
        line.settle().await;
        line.asks("patient", Lane::Background);
        line.settle().await;
        gives_up.abort();
        line.slots(1).await;
        assert_eq!(line.order(), ["first", "patient"]);
    }

    #[tokio::test]
    async fn nobody_goes_while_an_answer_is_outstanding_and_a_question_that_is_dropped_frees_the_slot() {
        let line = Line::new();
        let outstanding = line.throttle.acquire(Lane::Live).await;
        line.asks("next", Lane::Live);
        line.slots(5).await;
        assert!(line.order().is_empty());
        drop(outstanding);
        line.settle().await;
        assert!(line.order().is_empty(), "it may have arrived just before it was dropped");
        line.slots(1).await;
        assert_eq!(line.order(), ["next"]);
    }

    #[tokio::test]
    async fn what_was_asked_before_a_restart_counts() {
        let line = Line::new();
        line.asks("before", Lane::Live);
        line.settle().await;
        line.clock.advance(Duration::from_secs(1));
        let after = Throttles::new(Arc::new(line.clock.clone()), line.memory.clone()).of("scope", RULE);
        let restarted = Line { throttle: after, ..line };
        restarted.asks("after", Lane::Live);
        restarted.settle().await;
        assert_eq!(restarted.order(), ["before"]);
        restarted.clock.advance(Duration::from_millis(3_019));
        restarted.settle().await;
        assert_eq!(restarted.order(), ["before"]);
        restarted.clock.advance(Duration::from_millis(1));
        restarted.settle().await;
        assert_eq!(restarted.order(), ["before", "after"]);
    }
}
