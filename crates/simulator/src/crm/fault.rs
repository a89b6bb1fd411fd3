//! Faults that tests order, or that befall requests at random with a seed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::dice::Dice;

/// A way to misbehave, once. "Stored" means that a write is carried out; with a reading request, a fault changes only
/// the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The request is refused before anything is stored.
    Refuse {
        status: u16,
        /// The header `X-Status-Reason`, where the answer has one.
        reason: Option<String>,
    },
    /// The write is stored, and the answer is a 500.
    FailAfterStoring,
    /// The connection is cut before anything is stored.
    CutBeforeStoring,
    /// The write is stored, and the connection is cut, so the answer is lost.
    CutAfterStoring,
    /// Nothing is stored, and there is no answer until the simulator stops or the client disconnects.
    HangBeforeStoring,
    /// The write is stored, and there is no answer until the simulator stops or the client disconnects.
    HangAfterStoring,
    /// The write is stored at once, and the answer comes this much later.
    Slow(Duration),
    /// There is no answer, and the write is stored this much later, even where the client has disconnected meanwhile,
    /// as with a real server.
    StoredLate(Duration),
    /// Nothing is stored, and the answer is the 503 of recording 94.
    Maintenance,
    /// Nothing is stored, and the answer is the 403 of recording 95, without a reason.
    Locked,
}

/// How often each fault befalls a request, in per mille. The fields are added up in their order, and what exceeds 1000
/// is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultMix {
    /// [`Fault::Refuse`] with status 500.
    pub refuse_500: u16,
    pub fail_after_storing: u16,
    pub cut_before_storing: u16,
    pub cut_after_storing: u16,
    pub hang_before_storing: u16,
    pub hang_after_storing: u16,
    pub slow: u16,
    pub stored_late: u16,
    pub maintenance: u16,
    pub locked: u16,
    /// The longest delay of `slow` and `stored_late`; the delay is random, in whole milliseconds.
    pub delay: Duration,
    /// Whether only writing requests meet faults.
    pub writes_only: bool,
}

impl FaultMix {
    /// A mix without faults, as in `FaultMix { slow: 50, ..FaultMix::NONE }`.
    pub const NONE: Self = Self {
        refuse_500: 0,
        fail_after_storing: 0,
        cut_before_storing: 0,
        cut_after_storing: 0,
        hang_before_storing: 0,
        hang_after_storing: 0,
        slow: 0,
        stored_late: 0,
        maintenance: 0,
        locked: 0,
        delay: Duration::from_secs(30),
        writes_only: true,
    };

    fn roll(&self, dice: &mut Dice) -> Option<Fault> {
        let delay = Duration::from_millis(dice.below(u64::try_from(self.delay.as_millis()).unwrap_or(u64::MAX)));
        let parts = [
            (self.refuse_500, Fault::Refuse { status: 500, reason: None }),
            (self.fail_after_storing, Fault::FailAfterStoring),
            (self.cut_before_storing, Fault::CutBeforeStoring),
            (self.cut_after_storing, Fault::CutAfterStoring),
            (self.hang_before_storing, Fault::HangBeforeStoring),
            (self.hang_after_storing, Fault::HangAfterStoring),
            (self.slow, Fault::Slow(delay)),
            (self.stored_late, Fault::StoredLate(delay)),
            (self.maintenance, Fault::Maintenance),
            (self.locked, Fault::Locked),
        ];
        let mut fallen = dice.below(1000);
        parts.into_iter().find_map(|(part, fault)| {
            let here = fallen < u64::from(part);
            fallen = fallen.saturating_sub(u64::from(part));
            here.then_some(fault)
        })
    }
}

/// The faults still to come. Clones share one list. Ordered faults go before random ones, and only requests with a
/// valid key meet one.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Coming>>);

#[derive(Debug, Default)]
struct Coming {
    orders: Vec<Order>,
    random: Option<(Dice, FaultMix)>,
}

#[derive(Debug)]
struct Order {
    method: Option<String>,
    entity: Option<String>,
    left: usize,
    fault: Fault,
}

impl Faults {
    /// The next request meets this fault.
    pub fn next(&self, fault: Fault) {
        self.for_next(1, fault);
    }

    /// The next `n` requests meet this fault; `usize::MAX` means until [`clear`](Self::clear).
    pub fn for_next(&self, n: usize, fault: Fault) {
        self.coming().orders.push(Order { method: None, entity: None, left: n, fault });
    }

    /// The next `n` requests with this method, such as `POST`, and entity, such as `Call`, meet this fault. The entity
    /// of the sign-in's probe is `App`.
    pub fn on(&self, method: &str, entity: &str, n: usize, fault: Fault) {
        let (method, entity) = (Some(method.to_owned()), Some(entity.to_owned()));
        self.coming().orders.push(Order { method, entity, left: n, fault });
    }

    /// From now on, until [`clear`](Self::clear), faults are random. The same seed and the same order of requests give
    /// the same faults.
    pub fn at_random(&self, seed: u64, mix: FaultMix) {
        self.coming().random = Some((Dice::new(seed), mix));
    }

    /// Cancels all faults still to come.
    pub fn clear(&self) {
        *self.coming() = Coming::default();
    }

    /// How many ordered faults are still to come.
    #[must_use]
    pub fn left(&self) -> usize {
        self.coming().orders.iter().fold(0, |sum, order| sum.saturating_add(order.left))
    }

    pub(crate) fn take(&self, method: &str, entity: &str) -> Option<Fault> {
        let mut coming = self.coming();
        coming.orders.retain(|order| order.left > 0);
        let fits = |only: &Option<String>, it: &str| only.as_deref().is_none_or(|only| only == it);
        let order = coming.orders.iter_mut().find(|order| fits(&order.method, method) && fits(&order.entity, entity));
        if let Some(order) = order {
            order.left -= 1;
            return Some(order.fault.clone());
        }
        let (dice, mix) = coming.random.as_mut()?;
        if mix.writes_only && method == "GET" { None } else { mix.roll(dice) }
    }

    fn coming(&self) -> MutexGuard<'_, Coming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_for_the_request_it_was_ordered_for() {
        let faults = Faults::default();
        faults.on("POST", "Call", 2, Fault::Maintenance);
        assert_eq!((faults.take("GET", "Call"), faults.take("POST", "Task")), (None, None));
        assert_eq!(faults.take("POST", "Call"), Some(Fault::Maintenance));
        assert_eq!(faults.left(), 1);
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed_and_keeps_to_the_mix() {
        let mix = FaultMix { cut_after_storing: 100, slow: 200, ..FaultMix::NONE };
        let fallen = |seed| {
            let faults = Faults::default();
            faults.at_random(seed, mix);
            (0..1000).map(|_| faults.take("POST", "Call")).collect::<Vec<_>>()
        };
        assert_eq!(fallen(7), fallen(7));
        assert_ne!(fallen(7), fallen(8));
        let cuts = fallen(7).iter().filter(|fault| **fault == Some(Fault::CutAfterStoring)).count();
        assert!((60..140).contains(&cuts), "{cuts}");
    }
}
