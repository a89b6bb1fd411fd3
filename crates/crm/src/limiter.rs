//! Keeps the distance between two requests to one CRM, across everything that asks it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use timbre_domain::ports::Clock;
use timbre_transport::queue::{Pacing, Queue};
use url::Url;

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
        let made = || Arc::new(Queue::new(Distance { distance, due: Duration::ZERO }, PATIENCE, clock.clone()));
        by_address.entry(address).or_insert_with(made).clone()
    }
}

pub(crate) type Limiter = Queue<Distance>;

/// A fixed distance between the beginnings of two requests; any number of them may be in flight.
pub(crate) struct Distance {
    distance: Duration,
    due: Duration,
}

impl Pacing for Distance {
    fn due(&self) -> Duration {
        self.due
    }

    fn interval(&self) -> Duration {
        self.distance
    }

    fn is_held(&self) -> bool {
        false
    }

    fn sent(&mut self, now: Duration) {
        self.due = now + self.distance;
    }
}
