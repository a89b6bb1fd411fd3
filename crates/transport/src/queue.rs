//! The queue in which requests wait for their turn, so that everything that shares a server's limit keeps it together.
//!
//! The queue says who goes next; a [`Pacing`] says when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use timbre_domain::ports::Clock;
use tokio::sync::Notify;

/// What a request is for: it decides who goes first when several wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// An agent waits for the answer, as when a caller is looked up: nothing goes before it.
    Urgent,
    /// What must go soon and comes again and again: live calls, records on their way.
    Regular,
    /// What nobody waits for: history, endpoints, contacts. It goes before regular requests once it has waited too long, or
    /// they would starve it.
    Background,
}

/// When requests may be sent, as durations of one monotonic clock.
pub trait Pacing {
    /// When the next request falls due, whether or not that has passed.
    fn due(&self) -> Duration;

    /// The distance kept between two requests.
    fn interval(&self) -> Duration;

    /// Whether nothing may be sent before a request in flight has ended.
    fn is_held(&self) -> bool;

    /// A request is sent.
    fn sent(&mut self, now: Duration);
}

/// Requests that wait for their turn at one server.
pub struct Queue<P> {
    clock: Arc<dyn Clock>,
    /// After how many intervals a background request goes before regular ones.
    patience: u32,
    state: Mutex<State<P>>,
    changed: Notify,
}

struct State<P> {
    pacing: P,
    /// In the order of their tickets.
    waiting: Vec<Waiting>,
    next_ticket: u64,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    ticket: u64,
    lane: Lane,
    since: Duration,
}

/// A place in the queue. Dropping it gives the place up; keeping it without waiting holds everybody up.
pub struct Place<'a, P: Pacing> {
    queue: &'a Queue<P>,
    ticket: u64,
}

impl<P: Pacing> Queue<P> {
    /// An empty queue. A background request goes before regular ones after it has waited for `patience` intervals.
    pub fn new(pacing: P, patience: u32, clock: Arc<dyn Clock>) -> Self {
        let state = State { pacing, waiting: Vec::new(), next_ticket: 0 };
        Self { clock, patience, state: Mutex::new(state), changed: Notify::new() }
    }

    /// Waits for a turn and takes it. Dropping the future gives the place in the queue up.
    pub async fn turn(&self, lane: Lane) {
        let place = self.enter(lane);
        loop {
            place.comes_up().await;
            if place.take().is_some() {
                return;
            }
        }
    }

    /// Takes a place in the queue.
    pub fn enter(&self, lane: Lane) -> Place<'_, P> {
        let mut state = self.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.push(Waiting { ticket, lane, since: self.clock.elapsed() });
        // Whoever slept as the first may be the first no more.
        self.changed.notify_waiters();
        Place { queue: self, ticket }
    }

    /// Reads or changes the pacing; whoever waits looks again.
    pub fn with_pacing<T>(&self, change: impl FnOnce(&mut P) -> T) -> T {
        let done = change(&mut self.lock().pacing);
        self.changed.notify_waiters();
        done
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        // Nothing in here can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Pacing> Place<'_, P> {
    /// Waits until this place is the first and its request is due.
    pub async fn comes_up(&self) {
        let queue = self.queue;
        loop {
            // Created before the state is looked at, so that no change is missed in between.
            let changed = queue.changed.notified();
            let due = {
                let state = queue.lock();
                let is_first = !state.pacing.is_held() && state.first(queue.patience) == Some(self.ticket);
                is_first.then(|| state.pacing.due())
            };
            match due {
                Some(due) if due <= queue.clock.elapsed() => return,
                Some(due) => tokio::select! {
                    () = changed => {}
                    () = queue.clock.sleep_until(due) => {}
                },
                None => changed.await,
            }
        }
    }

    /// Takes the turn and gives the moment of it; `None` where somebody else took it meanwhile.
    #[must_use]
    pub fn take(&self) -> Option<Duration> {
        let mut state = self.queue.lock();
        let now = self.queue.clock.elapsed();
        let free = !state.pacing.is_held() && state.pacing.due() <= now;
        free.then(|| state.pacing.sent(now))?;
        Some(now)
    }
}

impl<P: Pacing> Drop for Place<'_, P> {
    fn drop(&mut self) {
        self.queue.lock().waiting.retain(|one| one.ticket != self.ticket);
        self.queue.changed.notify_waiters();
    }
}

impl<P: Pacing> State<P> {
    /// The ticket that goes next. It is judged by when the turn falls due and not by the moment of looking, so that all agree.
    fn first(&self, patience: u32) -> Option<u64> {
        let due = self.pacing.due();
        let patience = self.pacing.interval() * patience;
        let rank = |one: &&Waiting| match one.lane {
            Lane::Background if due >= one.since + patience => (Lane::Regular, 0, one.ticket),
            lane => (lane, 1, one.ticket),
        };
        self.waiting.iter().min_by_key(rank).map(|one| one.ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct DueAfter30;

    impl Pacing for DueAfter30 {
        fn due(&self) -> Duration {
            Duration::from_secs(30)
        }

        fn interval(&self) -> Duration {
            Duration::from_secs(1)
        }

        fn is_held(&self) -> bool {
            false
        }

        fn sent(&mut self, _now: Duration) {}
    }

    /// Which of those that wait goes first: each with its lane and since when it waits, seconds.
    fn first(all: &[(Lane, u64)]) -> Option<u64> {
        let waiting = all.iter().zip(0..).map(|((lane, since), ticket)| Waiting {
            ticket,
            lane: *lane,
            since: Duration::from_secs(*since),
        });
        State { pacing: DueAfter30, waiting: waiting.collect(), next_ticket: 9 }.first(20)
    }

    #[test]
    fn urgent_goes_before_regular_and_regular_before_background() {
        let all = [(Lane::Background, 29), (Lane::Regular, 29), (Lane::Regular, 29), (Lane::Urgent, 29)];
        assert_eq!(first(&all), Some(3));
        assert_eq!(first(&all[..3]), Some(1));
        assert_eq!(first(&all[..1]), Some(0));
        assert_eq!(first(&[]), None);
    }

    #[test]
    fn background_that_waited_too_long_goes_before_regular_and_never_before_urgent() {
        let all = [(Lane::Regular, 29), (Lane::Background, 5), (Lane::Urgent, 29)];
        assert_eq!(first(&all), Some(2));
        assert_eq!(first(&all[..2]), Some(1));
    }
}
