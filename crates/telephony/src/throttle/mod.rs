//! Keeps a vendor's limit for everything that shares it, across restarts, live calls first.

mod pace;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use timbre_domain::observation::Pace;
use timbre_domain::ports::{Clock, ThrottleMemory};
use timbre_transport::queue::{Lane, Queue};
use tokio::sync::OnceCell;

use pace::Pacer;

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
    /// Throttles that keep time by `clock`, and what `memory` remembers from before a restart.
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
    queue: Queue<Pacer>,
}

/// Leave to send one question. The scope is held until it is given back.
pub struct Permit<'a> {
    throttle: &'a Throttle,
    sent_at: Duration,
    told: bool,
}

impl Throttle {
    fn new(scope: String, rule: Duration, clock: Arc<dyn Clock>, memory: Arc<dyn ThrottleMemory>) -> Self {
        let queue = Queue::new(Pacer::new(rule), PATIENCE_IN_SLOTS, clock.clone());
        Self { scope, clock, memory, recalled: OnceCell::new(), queue }
    }

    /// Goes on from what was remembered before a restart.
    async fn recall(&self) {
        if let Some(last) = self.memory.last_used(&self.scope).await {
            let ago = (self.clock.now() - last).to_std().ok();
            self.queue.with_pacing(|pacer| pacer.continue_from(self.clock.elapsed(), ago));
        }
    }

    /// Waits for a slot and takes it. Dropping the future gives the place in the queue up; keeping it without polling it
    /// holds everybody up.
    pub async fn acquire(&self, lane: Lane) -> Permit<'_> {
        let place = self.queue.enter(lane);
        self.recalled.get_or_init(|| self.recall()).await;
        loop {
            place.comes_up().await;
            // First remembered, then sent: the database may keep us waiting, and the distance counts from the moment the
            // question really leaves.
            self.memory.remember(&self.scope, self.clock.now()).await;
            if let Some(sent_at) = place.take() {
                return Permit { throttle: self, sent_at, told: false };
            }
        }
    }

    /// The vendor asks to be left alone for so long.
    pub fn wait(&self, wait: Duration) {
        let until = self.clock.elapsed() + wait;
        self.queue.with_pacing(|pacer| pacer.wait_until(until));
    }

    /// How the vendor keeps up.
    pub fn pace(&self, took: Duration) -> Pace {
        self.queue.with_pacing(|pacer| pacer.pace(took))
    }
}

impl Permit<'_> {
    /// The answer came, whole: how long it took tells whether the vendor holds us back.
    pub fn answered(mut self) -> Pace {
        self.told = true;
        let now = self.throttle.clock.elapsed();
        let took = now.saturating_sub(self.sent_at);
        let (changed, pace) = self.throttle.queue.with_pacing(|pacer| (pacer.answered(now, took), pacer.pace(took)));
        if changed {
            tracing::info!(
                scope = "reading",
                interval_ms = pace.interval.as_millis(),
                slowed = pace.slowed,
                "pace changed"
            );
        }
        pace
    }

    /// The answer came, but says nothing about the vendor's ordinary pace: a long record, a refusal.
    pub fn released(mut self) {
        self.told = true;
        self.throttle.queue.with_pacing(Pacer::released);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.told {
            let now = self.throttle.clock.elapsed();
            self.throttle.queue.with_pacing(|pacer| pacer.gave_up(now));
        }
    }
}

#[cfg(test)]
mod tests;
