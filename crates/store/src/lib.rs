//! Timbre's database: one SQLite file in the data folder, one source file a table.
//!
//! Everything here is synchronous; the engine calls it off its event loop. Three connections are kept: one that writes,
//! one that reads, and one for what may take longer (searching, exporting), so that looking up a caller waits for neither.
//!
//! Durability: the write-ahead log with `synchronous=NORMAL` survives a killed process completely; after a power cut
//! the last moments of call tracking may be missing, which the next poll shows again. What a person wrote, and what is
//! known of a record's way to a CRM, is flushed to the disk before anybody is told that it is saved, and stands a second time
//! in `journal/`: the database can be damaged, and nothing of it is lost. `backup.rs` has the copies, `open.rs` says what
//! becomes of a damaged file.

mod backup;
mod error;
mod folder;
mod health;
mod journal;
mod lineage;
mod open;
mod retention;
mod table;
mod turns;

use std::path::{Path, PathBuf};
#[cfg(test)]
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::journal::Journal;
use crate::turns::Turns;

pub use backup::{BackedUp, Generation};
pub use error::StoreError;
pub use folder::DataFolder;
pub use health::Health;
pub use journal::Replayed;
pub use open::{OpenReport, SetAside};
pub use table::agents::Agent;
pub use table::calls::{CallFilter, CallRecord};
pub use table::case_file::{CaseEntry, CaseFile};
pub use table::contacts::{
    CannotUndo, ContactsView, Gone, ImportRow, IndexState, KeptContact, MergeNote, MergedBy, Outcome, Prepared, Pulled,
    Trial, Undone, WhyKept,
};
pub use table::cursors::ToRecord;
pub use table::imports::ImportRecord;
pub use table::interactions::{InteractionFilter, InteractionRef, Kept};
pub use table::listed::ListedCall;
pub use table::outbox::{Dispatch, Failure, ListedRecord, OutboxCounts, OutboxFilter};
pub use table::sync::deletions::Missing;
pub use table::sync::details::Detail;
pub use table::sync::{Pushes, Reconciliation, SyncState, Taken};
pub use table::unread::KeptUnread;

/// Called once when damage is met.
type OnDamage = Box<dyn Fn() + Send + Sync>;

/// The open database of one data folder.
///
/// A method that reads fails when the database can't be read. A method that writes fails when it can't be saved, and then
/// has changed nothing, except where it says otherwise.
pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Locked after the writer, never before it.
    journal: Mutex<Journal>,
    /// Writers that wait for their turn: long work yields to them.
    turns: Turns,
    /// The number of contacts that CRMs have taken from here. An answer to a question that was asked before the last of
    /// them may be outdated.
    pushes: AtomicU64,
    /// The writer's count of changes when the last backup was begun; none is as high as the first value.
    backed_up: AtomicU64,
    reader: Mutex<Connection>,
    searcher: Mutex<Connection>,
    /// Whether damage was met.
    damaged: AtomicBool,
    on_damage: OnceLock<OnDamage>,
    /// The number of writes that were flushed to the disk, for tests.
    #[cfg(test)]
    flushed: AtomicUsize,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Where the database file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether damage was met since the start. The next start heals it.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Calls `told`, on any thread, when damage is found for the first time. Only the first callback is kept.
    pub fn on_damage(&self, told: impl Fn() + Send + Sync + 'static) {
        // A second listener has nothing else to do than the first.
        let _ = self.on_damage.set(Box::new(told));
    }

    /// Whether entries of the journal could not be written yet.
    #[must_use]
    pub fn journal_is_behind(&self) -> bool {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).is_behind()
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        // A panic while reading leaves nothing half done.
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        self.met(work(&reader))
    }

    /// Reads what may take longer than a caller can wait.
    fn search<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let searcher = self.searcher.lock().unwrap_or_else(PoisonError::into_inner);
        self.met(work(&searcher))
    }

    /// One transaction of long work: it yields to every other writer before it begins, and `work` can ask whether one
    /// waits. All of `work` is kept, or none of it.
    fn write_in_turn<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &dyn Fn() -> bool) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.turns.yield_to_others();
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.met(self.transact(&mut writer, false, |tx| work(tx, &|| self.turns.others_wait())))
    }

    /// As [`Self::write`], and once it returns nothing of it is lost, not even by a power cut: for what a person wrote, and
    /// for what must be known before a CRM hears of it. It costs two flushes of the disk: the database's and the journal's.
    fn write_durably<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut writer = self.writer();
        // It can't be changed inside a transaction, so the next one finds what this one left.
        writer.pragma_update(None, "synchronous", "FULL")?;
        let done = self.transact(&mut writer, true, work);
        writer.pragma_update(None, "synchronous", "NORMAL")?;
        #[cfg(test)]
        self.flushed.fetch_add(1, Ordering::Relaxed);
        self.met(done)
    }

    /// All of `work` is kept, or none of it.
    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.met(self.transact(&mut self.writer(), false, work))
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.turns.wait_for(&self.writer)
    }

    fn transact<T>(
        &self,
        writer: &mut Connection,
        durably: bool,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = journal.note(&transaction)?;
        transaction.commit()?;
        if let Some(noted) = noted
            && let Err(error) = journal.append(noted, durably)
        {
            tracing::error!(%error, "the journal can't be written: it is tried again with the next entry");
        }
        Ok(done)
    }

    fn met<T>(&self, done: rusqlite::Result<T>) -> Result<T, StoreError> {
        done.map_err(|error| {
            let error = StoreError::from(error);
            self.meet(&error);
            error
        })
    }

    /// Remembers damage, so that the next start checks the file, and calls the callback.
    fn meet(&self, error: &StoreError) {
        if !error.is_damage() || self.damaged.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::error!(%error, "the database is damaged; it is healed at the next start");
        if let Err(error) = timbre_files::replace(&self.folder().join(open::DAMAGE_MET), b"") {
            tracing::error!(%error, "that the database is damaged can't be marked");
        }
        if let Some(told) = self.on_damage.get() {
            told();
        }
    }
}
