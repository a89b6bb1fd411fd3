//! The database for code on the event loop: work on it runs on other threads, and is counted until it is done.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use timbre_domain::ports::ThrottleMemory;
use timbre_store::{Store, StoreError};
use tokio::sync::{Mutex, watch};
use tokio::task::spawn_blocking;

/// The database, used off the event loop.
#[derive(Clone)]
pub struct StoreWork {
    store: Arc<Store>,
    under_way: watch::Sender<usize>,
    /// Held while it is written when a vendor is asked, so that these times are written in their order.
    remembering: Arc<Mutex<()>>,
}

impl StoreWork {
    /// Nothing is under way yet.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, under_way: watch::Sender::new(0), remembering: Arc::default() }
    }

    /// The database itself, for code that may block.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// How much work is under way. Work that nobody waits for any more counts until it is done.
    #[must_use]
    pub fn under_way(&self) -> watch::Receiver<usize> {
        self.under_way.subscribe()
    }

    /// Runs work off the event loop.
    ///
    /// # Errors
    /// The work's own, or that it was cut short.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.clone();
        // Held here as well as there: it counts until whoever waits goes on, and until the work is done.
        let counted = Arc::new(Counted::new(&self.under_way));
        let until_done = counted.clone();
        let working = spawn_blocking(move || {
            let done = work(&store);
            // Let go of before it counts as done: whoever waits for that closes the database.
            drop(store);
            drop(until_done);
            done
        });
        let done = working.await;
        drop(counted);
        match done {
            Ok(done) => done,
            // Only a panic in the store or the end of the runtime leads here.
            Err(error) => {
                Err(StoreError::File { what: "the database work was cut short", source: std::io::Error::other(error) })
            }
        }
    }

    /// Waits for the work under way, then closes the database. Where somebody else still holds it, the next start checks
    /// the whole file, no more.
    ///
    /// # Errors
    /// When the database can't be closed cleanly; nothing is lost by it.
    pub async fn close(self) -> Result<(), StoreError> {
        let Self { store, under_way, .. } = self;
        // The sender is held here, so there is no other end of this.
        let _ = under_way.subscribe().wait_for(|count| *count == 0).await;
        let Ok(store) = Arc::try_unwrap(store) else { return Ok(()) };
        // Closing writes the log back into the database, which may take a while.
        spawn_blocking(|| store.close()).await.unwrap_or_else(|error| {
            Err(StoreError::File { what: "closing the database was cut short", source: std::io::Error::other(error) })
        })
    }
}

#[async_trait]
impl ThrottleMemory for StoreWork {
    async fn last_used(&self, scope: &str) -> Option<DateTime<Utc>> {
        let asked = scope.to_owned();
        self.run(move |store| store.throttle_last_used(&asked)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "when the vendor was last asked is not known");
            None
        })
    }

    /// A full disk must not keep calls from being seen: what can't be remembered is logged and the question is asked.
    async fn remember(&self, scope: &str, at: DateTime<Utc>) {
        let turn = self.remembering.clone().lock_owned().await;
        let scope = scope.to_owned();
        let saved = self.run(move |store| {
            let saved = store.remember_throttle(&scope, at);
            // With the write and not with its future: a time that is given up is still written before the next one.
            drop(turn);
            saved
        });
        if let Err(error) = saved.await {
            tracing::warn!(%error, "when the vendor was asked could not be saved");
        }
    }
}

/// Counts one piece of work less when it is dropped.
struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(under_way: &watch::Sender<usize>) -> Self {
        under_way.send_modify(|count| *count += 1);
        Self(under_way.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use timbre_store::{DataFolder, InteractionRef, Kept};
    use tokio::sync::oneshot;

    use super::*;

    struct Desk {
        work: StoreWork,
        _folder: DataFolder,
        dir: tempfile::TempDir,
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn desk() -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::hold(dir.path()).unwrap();
        let (store, _) = Store::open(&folder, at(0)).unwrap();
        Desk { work: StoreWork::new(Arc::new(store)), _folder: folder, dir }
    }

    /// Somebody else writes, until the sender is dropped.
    async fn writes_at_length(work: &StoreWork) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        let (begun, begins) = oneshot::channel();
        let other = work.clone();
        tokio::spawn(async move {
            let write = other.run(move |store| {
                store.change_interaction(&InteractionRef::New, at(0), |_, _| {
                    let _ = begun.send(());
                    let _ = released.recv();
                    Err::<Kept, _>(())
                })
            });
            write.await
        });
        begins.await.unwrap();
        release
    }

    async fn settle() {
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn the_event_loop_goes_on_while_a_question_is_remembered() {
        let desk = desk();
        let release = writes_at_length(&desk.work).await;
        let memory = desk.work.clone();
        let remembering = tokio::spawn(async move { memory.remember("scope", at(1)).await });
        // A write on this thread would never come back: the writer is released below it.
        settle().await;
        assert!(!remembering.is_finished(), "nothing is remembered before it is written");
        drop(release);
        remembering.await.unwrap();
        assert_eq!(desk.work.last_used("scope").await, Some(at(1)));
    }

    #[tokio::test]
    async fn a_time_that_was_given_up_is_never_written_over_a_later_one() {
        let desk = desk();
        let release = writes_at_length(&desk.work).await;
        let memory = desk.work.clone();
        let given_up = tokio::spawn(async move { memory.remember("scope", at(1)).await });
        settle().await;
        given_up.abort();
        let memory = desk.work.clone();
        let later = tokio::spawn(async move { memory.remember("scope", at(2)).await });
        settle().await;
        drop(release);
        later.await.unwrap();
        desk.work.under_way().wait_for(|count| *count == 0).await.unwrap();
        assert_eq!(desk.work.last_used("scope").await, Some(at(2)));
    }

    #[tokio::test]
    async fn the_database_is_closed_after_the_work_that_nobody_waits_for_any_more() {
        let Desk { work, _folder, dir } = desk();
        let release = writes_at_length(&work).await;
        let memory = work.clone();
        let given_up = tokio::spawn(async move { memory.remember("scope", at(1)).await });
        settle().await;
        given_up.abort();
        assert!(given_up.await.unwrap_err().is_cancelled());
        let closing = tokio::spawn(work.close());
        settle().await;
        assert!(!closing.is_finished());
        drop(release);
        closing.await.unwrap().unwrap();
        assert!(!dir.path().join("timbre.db.in-use").exists(), "it was closed cleanly");
    }
}
