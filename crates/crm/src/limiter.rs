//! Keeps the distance between two requests to one CRM, across everything that asks it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use timbre_domain::ports::Clock;
use tokio::sync::Notify;
use url::Url;

/// What a request is for: it decides who goes first when several wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// A caller is looked up: an agent waits for it.
    Caller,
    /// Records on their way.
    Records,
    /// Contacts that come from the CRM: nobody waits.
    Contacts,
}

/// Contacts wait this many distances at most while records keep coming, or a busy outbox would starve them.
const PATIENCE: u32 = 20;

/// The limiters in use, one per CRM's address. Clients that share them keep one distance together, such as one that is at
/// work and one that an administrator tries out.
#[derive(Default)]
pub struct Limiters {
    by_address: Mutex<HashMap<(String, u16), Arc<Limiter>>>,
}

impl fmt::Debug for Limiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiters").finish_non_exhaustive()
    }
}

impl Limiters {
    /// The limiter of an address; the first distance given for it is kept.
    pub(crate) fn of(&self, base: &Url, distance: Duration, clock: &Arc<dyn Clock>) -> Arc<Limiter> {
        let address =
            (base.host_str().unwrap_or_default().to_owned(), base.port_or_known_default().unwrap_or_default());
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        by_address.entry(address).or_insert_with(|| Arc::new(Limiter::new(distance, clock.clone()))).clone()
    }
}

pub(crate) struct Limiter {
    clock: Arc<dyn Clock>,
    distance: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    next: Duration,
    waiting: Vec<Waiting>,
    tickets: u64,
}

#[derive(Clone, Copy)]
struct Waiting {
    ticket: u64,
    lane: Lane,
    since: Duration,
}

impl Limiter {
    pub(crate) fn new(distance: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { clock, distance, state: Mutex::default(), changed: Notify::new() }
    }

    /// Waits until it is this one's turn. Dropping the future gives the place in the queue up.
    pub(crate) async fn turn(&self, lane: Lane) {
        let place = self.enter(lane);
        loop {
            // Registered before the state is looked at, so that no change is missed in between.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let due = {
                let mut state = self.lock();
                let now = self.clock.elapsed();
                let first = state.first(self.distance * PATIENCE) == Some(place.ticket);
                if first && state.next <= now {
                    state.next = now + self.distance;
                    return;
                }
                first.then_some(state.next)
            };
            match due {
                Some(due) => tokio::select! {
                    () = &mut changed => {}
                    () = self.clock.sleep_until(due) => {}
                },
                None => changed.await,
            }
        }
    }

    fn enter(&self, lane: Lane) -> Ticket<'_> {
        let mut state = self.lock();
        let ticket = state.tickets;
        state.tickets += 1;
        state.waiting.push(Waiting { ticket, lane, since: self.clock.elapsed() });
        // Whoever slept as the first may be the first no more.
        self.changed.notify_waiters();
        Ticket { limiter: self, ticket }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who goes next. It is judged by when the turn falls due and not by the moment of looking, so that all agree.
    fn first(&self, patience: Duration) -> Option<u64> {
        let starved = |one: &&Waiting| one.lane != Lane::Caller && self.next >= one.since + patience;
        let callers = self.waiting.iter().filter(|one| one.lane == Lane::Caller).map(|one| one.ticket).min();
        callers
            .or_else(|| self.waiting.iter().filter(starved).map(|one| one.ticket).min())
            .or_else(|| self.waiting.iter().min_by_key(|one| (one.lane, one.ticket)).map(|one| one.ticket))
    }
}

struct Ticket<'a> {
    limiter: &'a Limiter,
    ticket: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.limiter.lock().waiting.retain(|one| one.ticket != self.ticket);
        self.limiter.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(all: &[(Lane, u64)]) -> State {
        let waiting = all.iter().zip(0..).map(|((lane, since), ticket)| Waiting {
            ticket,
            lane: *lane,
            since: Duration::from_secs(*since),
        });
        State { next: Duration::from_secs(30), waiting: waiting.collect(), tickets: 9 }
    }

    #[test]
    fn a_caller_goes_before_records_and_records_before_contacts() {
        let patience = Duration::from_secs(20);
        let all = [(Lane::Contacts, 29), (Lane::Records, 29), (Lane::Records, 29), (Lane::Caller, 29)];
        assert_eq!(waiting(&all).first(patience), Some(3));
        assert_eq!(waiting(&all[..3]).first(patience), Some(1));
        assert_eq!(waiting(&all[..1]).first(patience), Some(0));
        assert_eq!(waiting(&[]).first(patience), None);
    }

    #[test]
    fn contacts_that_waited_too_long_go_before_records_and_never_before_a_caller() {
        let patience = Duration::from_secs(20);
        let all = [(Lane::Records, 29), (Lane::Contacts, 5), (Lane::Caller, 29)];
        assert_eq!(waiting(&all).first(patience), Some(2));
        assert_eq!(waiting(&all[..2]).first(patience), Some(1));
    }
}
