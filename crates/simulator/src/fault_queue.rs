//! Faults that a test orders, and the requests that meet them.

use std::fmt::Display;
use std::io;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::console::invalid;

/// A way to misbehave that fits some kinds of request.
pub trait RequestFault<Kind>: Clone {
    /// Whether a request of this kind can meet the fault.
    fn applies_to(&self, kind: Kind) -> bool;
}

/// The faults still to come. Clones share one queue. A request meets the first fault that fits it.
#[derive(Debug)]
pub struct FaultQueue<Fault, Kind> {
    orders: Arc<Mutex<Vec<FaultOrder<Fault, Kind>>>>,
}

#[derive(Debug)]
struct FaultOrder<Fault, Kind> {
    kind: Option<Kind>,
    left: usize,
    fault: Fault,
}

impl<Fault: RequestFault<Kind>, Kind: Copy + PartialEq> FaultQueue<Fault, Kind> {
    /// The next request that fits meets this fault.
    pub fn next(&self, fault: Fault) {
        self.for_next(1, fault);
    }

    /// The next `n` requests that fit meet this fault.
    pub fn for_next(&self, n: usize, fault: Fault) {
        self.orders().push(FaultOrder { kind: None, left: n, fault });
    }

    /// The next `n` requests of this kind meet this fault; `usize::MAX` means until [`clear`](Self::clear).
    pub fn on(&self, kind: Kind, n: usize, fault: Fault) {
        self.orders().push(FaultOrder { kind: Some(kind), left: n, fault });
    }

    /// Cancels all faults still to come.
    pub fn clear(&self) {
        self.orders().clear();
    }

    /// How many faults are still to come.
    #[must_use]
    pub fn left(&self) -> usize {
        self.orders().iter().fold(0, |sum, order| sum.saturating_add(order.left))
    }

    /// Orders a fault by the name that a person typed; the answer is for that person.
    pub(crate) fn order(&self, name: &str) -> String
    where
        Fault: FromStr<Err: Display>,
    {
        match name.parse() {
            Ok(fault) => {
                self.next(fault);
                "ordered".to_owned()
            }
            Err(unknown) => unknown.to_string(),
        }
    }

    /// Orders the faults that were named on the command line.
    pub(crate) fn order_all(&self, names: &[String]) -> io::Result<()>
    where
        Fault: FromStr<Err: Display>,
    {
        for name in names {
            self.next(name.parse().map_err(|unknown: Fault::Err| invalid(unknown))?);
        }
        Ok(())
    }

    pub(crate) fn take(&self, kind: Kind) -> Option<Fault> {
        let mut orders = self.orders();
        let fits = |order: &FaultOrder<Fault, Kind>| {
            order.kind.is_none_or(|only| only == kind) && order.fault.applies_to(kind)
        };
        orders.retain(|order| order.left > 0);
        let order = orders.iter_mut().find(|order| fits(order))?;
        order.left -= 1;
        Some(order.fault.clone())
    }

    fn orders(&self) -> MutexGuard<'_, Vec<FaultOrder<Fault, Kind>>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Derived, these two would ask that the fault and the kind be `Clone` and `Default` themselves.
impl<Fault, Kind> Clone for FaultQueue<Fault, Kind> {
    fn clone(&self) -> Self {
        Self { orders: self.orders.clone() }
    }
}

impl<Fault, Kind> Default for FaultQueue<Fault, Kind> {
    fn default() -> Self {
        Self { orders: Arc::default() }
    }
}
