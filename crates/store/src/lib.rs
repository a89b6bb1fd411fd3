//! Timbre's database: one SQLite file in the data folder, one source file a table.
//!
//! Everything here is synchronous; the engine calls it off its event loop. Three connections are kept: one that writes,
//! one that reads, and one for what may take longer (searching, exporting), so that looking up a caller waits for neither.
//!
//! Durability: the write-ahead log with `synchronous=NORMAL` survives a killed process completely; after a power cut
//! the last moments of call tracking may be missing, which the next poll shows again. What a person wrote, and what is
//! known of a record's way to a CRM, is flushed to the disk before anybody is told that it is saved.

mod error;
mod folder;
mod health;
mod open;
mod table;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use error::StoreError;
pub use folder::DataFolder;
pub use health::Health;
pub use open::{OpenReport, SetAside};
pub use table::agents::Agent;
pub use table::calls::{CallFilter, CallRecord};
pub use table::case_file::{CaseEntry, CaseFile};
pub use table::contacts::{ContactsView, Gone, ImportRecord, ImportRow, IndexState, Outcome, Prepared, Pulled, Tried};
pub use table::cursors::ToRecord;
pub use table::interactions::{InteractionFilter, Kept, Which};
pub use table::listed::ListedCall;
pub use table::outbox::{Dispatch, Failure, OutboxCounts, OutboxFilter};
pub use table::sync::deletions::Missing;
pub use table::sync::details::Detail;
pub use table::sync::{Pushes, Reconciliation, SyncState, Taken};
pub use table::unread::KeptUnread;

/// The database.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Writers that wait for their turn: long work makes way for them.
    waiting: AtomicUsize,
    /// Counts contacts that a CRM has taken from here: what it was asked for before may be older.
    pushes: AtomicU64,
    reader: Mutex<Connection>,
    searcher: Mutex<Connection>,
    /// How many writes were flushed to the disk: nothing else shows a test who forgot to.
    #[cfg(test)]
    flushed: AtomicUsize,
}

impl Store {
    /// Where the database file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        // A panic while reading leaves nothing half done.
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        work(&reader).map_err(StoreError::from)
    }

    /// Reads what may take longer than a caller can wait.
    fn search<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let searcher = self.searcher.lock().unwrap_or_else(PoisonError::into_inner);
        work(&searcher).map_err(StoreError::from)
    }

    /// A stretch of long work: it makes way for every other writer before it begins, and asks as it goes on whether one
    /// waits. All of `work` is kept, or none of it.
    fn write_in_turn<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &dyn Fn() -> bool) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let others_wait = || self.waiting.load(Ordering::Relaxed) > 0;
        // A lock knows no order: without this the thread that has just let go would take it again at once.
        while others_wait() {
            std::thread::yield_now();
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction, &others_wait)?;
        transaction.commit()?;
        Ok(done)
    }

    /// As [`Self::write`], and once it returns nothing of it is lost, not even by a power cut: for what a person wrote, and
    /// for what must be known before a CRM hears of it. It costs a flush of the disk.
    fn write_durably<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut writer = self.writer();
        // It can't be changed inside a transaction, so the next one finds what this one left.
        writer.pragma_update(None, "synchronous", "FULL")?;
        let done = transact(&mut writer, work);
        writer.pragma_update(None, "synchronous", "NORMAL")?;
        #[cfg(test)]
        self.flushed.fetch_add(1, Ordering::Relaxed);
        Ok(done?)
    }

    /// All of `work` is kept, or none of it.
    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        Ok(transact(&mut self.writer(), work)?)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // A panic while writing rolls its transaction back.
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        writer
    }
}

fn transact<T>(
    writer: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}
