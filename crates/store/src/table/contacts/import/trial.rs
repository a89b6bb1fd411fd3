//! An import that is only tried out: done to the end, on a copy of the database that nobody else sees.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use timbre_domain::identity::MergeRule;
use timbre_files::private;
use uuid::Uuid;

use super::super::super::imports::ImportRecord;
use super::super::super::ms;
use super::{ImportRow, MergeNote, take_rows};
use crate::{Store, StoreError, journal};

/// A database up to this size is copied into memory, bytes; a larger one beside itself.
const IN_MEMORY: u64 = 64 * 1024 * 1024;
/// How the files of copies begin.
const NAME: &str = "timbre-trial-";

/// A copy of the database for trying an import out. Nothing of it outlives it.
#[derive(Debug)]
pub struct Trial {
    connection: Option<Connection>,
    file: Option<PathBuf>,
}

impl Store {
    /// Copies the database as it is at this moment, for trying an import out. Nobody waits for it.
    ///
    /// # Errors
    /// When it can't be copied, as on a full disk.
    pub fn trial(&self) -> Result<Trial, StoreError> {
        let folder = self.folder();
        remove_left_over(folder);
        let source = Connection::open_with_flags(self.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // The copy is of one moment, whatever is written meanwhile.
        source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
        let large = fs::metadata(self.path()).is_ok_and(|meta| meta.len() > IN_MEMORY);
        let file = large.then(|| folder.join(format!("{NAME}{}.db", Uuid::now_v7())));
        let mut trial = Trial { connection: None, file };
        let mut copy = match &trial.file {
            Some(file) => {
                private::create_new(file).map_err(StoreError::file("the copy can't be written"))?;
                Connection::open(file)?
            }
            None => Connection::open_in_memory()?,
        };
        Backup::new(&source, &mut copy)?.run_to_completion(512, Duration::ZERO, None)?;
        // Nothing of it is to be there after a crash.
        copy.pragma_update(None, "journal_mode", "MEMORY")?;
        copy.pragma_update(None, "synchronous", "OFF")?;
        copy.set_prepared_statement_cache_capacity(64);
        journal::prepare(&copy)?;
        trial.connection = Some(copy);
        Ok(trial)
    }
}

impl Trial {
    /// Takes rows in, as [`Store::import_rows_noting`] does. Whether anything was taken in.
    ///
    /// # Errors
    /// When the copy can't be written.
    pub fn import_rows(
        &mut self,
        record: &mut ImportRecord,
        next: &mut dyn FnMut(Option<ImportRow>) -> Option<ImportRow>,
        rule: MergeRule,
        now: DateTime<Utc>,
        merged: &mut dyn FnMut(MergeNote),
    ) -> Result<bool, StoreError> {
        let (Some(connection), Some(first)) = (&mut self.connection, next(None)) else { return Ok(false) };
        let tx = connection.transaction()?;
        *record = take_rows(&tx, record, (first, next), rule, ms(now), (merged, &|| false))?;
        tx.commit()?;
        Ok(true)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        // Closed first: no system removes a file that is open everywhere.
        drop(self.connection.take());
        if let Some(file) = &self.file {
            // What is left over is removed by the next trial.
            let _ = fs::remove_file(file);
        }
    }
}

/// Removes the copies of trials that were killed.
fn remove_left_over(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else { return };
    for file in files.flatten().filter(|file| file.file_name().to_string_lossy().starts_with(NAME)) {
        let _ = fs::remove_file(file.path());
    }
}
