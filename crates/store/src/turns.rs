//! Whose turn it is to write: long work yields to every other writer.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The writers that wait for the database, and the long work that sleeps until none does.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    waiting: Mutex<usize>,
    none_waits: Condvar,
    /// How often long work looked whether somebody waits: nothing else shows a test whether it slept meanwhile.
    #[cfg(test)]
    looks: std::sync::atomic::AtomicUsize,
}

impl Turns {
    /// Waits for a lock as a writer that long work yields to.
    pub(crate) fn wait_for<'a, T>(&self, lock: &'a Mutex<T>) -> MutexGuard<'a, T> {
        *self.waiting() += 1;
        // A panic while writing rolls its transaction back.
        let locked = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self.waiting();
        *waiting -= 1;
        if *waiting == 0 {
            self.none_waits.notify_all();
        }
        locked
    }

    /// Whether a writer waits.
    pub(crate) fn others_wait(&self) -> bool {
        *self.waiting() > 0
    }

    /// Sleeps until no writer waits. A lock knows no order: without this the long work that has just released it would
    /// take it again at once.
    pub(crate) fn yield_to_others(&self) {
        let waits = |waiting: &mut usize| {
            #[cfg(test)]
            self.looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            *waiting > 0
        };
        drop(self.none_waits.wait_while(self.waiting(), waits));
    }

    fn waiting(&self) -> MutexGuard<'_, usize> {
        // A count is never left half changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn long_work_sleeps_while_a_writer_waits_and_begins_when_none_does() {
        let (turns, lock, wrote) = (Turns::default(), Mutex::new(()), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let held = lock.lock().unwrap();
            scope.spawn(|| {
                let _writes = turns.wait_for(&lock);
                wrote.store(true, Ordering::Relaxed);
            });
            while !turns.others_wait() {
                std::thread::yield_now();
            }
            let long_work = scope.spawn(|| {
                turns.yield_to_others();
                drop(lock.lock().unwrap());
                assert!(wrote.load(Ordering::Relaxed), "the writer went first");
            });
            while turns.looks.load(Ordering::Relaxed) == 0 {
                std::thread::yield_now();
            }
            // Time enough for long work that polls to look thousands of times.
            for _ in 0..100_000 {
                std::thread::yield_now();
            }
            let looks = turns.looks.load(Ordering::Relaxed);
            assert!(looks < 100, "it looked {looks} times although nothing had changed");
            drop(held);
            long_work.join().unwrap();
        });
        assert!(!turns.others_wait());
    }
}
