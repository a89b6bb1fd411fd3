//! Timbre's database: one SQLite file in the data folder, one source file a table.
//!
//! Everything here is synchronous; the engine calls it off its event loop. Two connections are kept, one that writes
//! and one that reads, so that looking up a caller never waits for a write.
//!
//! Durability: the write-ahead log with `synchronous=NORMAL` survives a killed process completely; after a power cut
//! the last moments of call tracking may be missing, which the next poll shows again.

mod error;
mod folder;
mod open;
mod table;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use error::StoreError;
pub use folder::DataFolder;
pub use open::{OpenReport, SetAside};
pub use table::agents::Agent;
pub use table::calls::{CallFilter, CallRecord};
pub use table::unread::KeptUnread;

/// The database.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
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

    /// All of `work` is kept, or none of it.
    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A panic while writing rolls its transaction back.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
