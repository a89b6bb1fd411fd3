//! Opening the database: migrations, and what happens when the file is damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};

use crate::{DataFolder, Store, StoreError};

pub(crate) const FILE: &str = "timbre.db";
pub(crate) const BACKUP: &str = "timbre.db.backup";
/// Stands beside the database while it is in use. Found at start, the last run did not end cleanly.
const IN_USE: &str = "timbre.db.in-use";

/// Pages kept in memory, KiB. An import writes all over the index of keys, a million of which is 40 MB; what does not fit
/// is written and read again and again. Only what is used takes memory.
const WRITER_CACHE_KIB: i64 = 48 * 1024;
const READER_CACHE_KIB: i64 = 4 * 1024;
/// Statements a connection keeps prepared: more than there are.
const STATEMENTS: usize = 64;

/// Append-only: a migration that was released is never changed.
fn migrations() -> Migrations<'static> {
    Migrations::from_iter([
        M::up(include_str!("../migrations/0001_first.sql")),
        M::up(include_str!("../migrations/0002_contacts.sql")),
        M::up(include_str!("../migrations/0003_results.sql")),
        M::up(include_str!("../migrations/0005_change_drafts.sql")),
    ])
}

/// What opening found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// A damaged database was set aside.
    pub set_aside: Option<SetAside>,
}

/// A damaged database: never deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub file: PathBuf,
    /// When the backup that took its place was made; `None` where there was none and a new database was begun.
    pub restored_from: Option<DateTime<Utc>>,
}

impl Store {
    /// Opens the database of a folder, making it where it is missing. `now` names a damaged file.
    ///
    /// # Errors
    /// When the file can't be opened, is from a newer Timbre, or can't be migrated. A damaged file is no error: it is
    /// set aside, and the report says so.
    pub fn open(folder: &DataFolder, now: DateTime<Utc>) -> Result<(Self, OpenReport), StoreError> {
        let path = folder.path().join(FILE);
        let in_use = folder.path().join(IN_USE);
        let unclean = in_use.exists();
        let mut report = OpenReport::default();
        if !path.exists() && folder.path().join(BACKUP).exists() {
            // Set aside by a start that came no further, or deleted by hand: the backup is what there is.
            let restored_from = restore(folder.path())?;
            report.set_aside = Some(SetAside { file: path.clone(), restored_from });
        }
        let store = match connect(&path, unclean) {
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "the database is damaged and is set aside");
                report.set_aside = Some(set_aside(folder.path(), now)?);
                connect(&path, false)?
            }
            opened => opened?,
        };
        fs::write(&in_use, b"").map_err(StoreError::file("the data folder can't be written"))?;
        Ok((store, report))
    }

    /// Ends cleanly: the next start need not check the whole file. A process that dies instead leaves the mark.
    ///
    /// # Errors
    /// When SQLite can't close its files.
    pub fn close(self) -> Result<(), StoreError> {
        let in_use = self.path.with_file_name(IN_USE);
        for connection in [self.reader, self.searcher, self.writer] {
            let connection = connection.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            connection.close().map_err(|(_, error)| error)?;
        }
        fs::remove_file(in_use).map_err(StoreError::file("the mark of a running Timbre can't be removed"))
    }

    /// Copies the database, while it is in use, to the backup beside it. The old backup is replaced only by a whole new
    /// one.
    ///
    /// # Errors
    /// When the copy can't be made; the old backup is then still there.
    pub fn back_up(&self) -> Result<(), StoreError> {
        let source = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // The copy is of one moment: without this it would begin anew after every write, and of a large database never end.
        source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
        copy(&source, &self.path.with_file_name(BACKUP))
    }
}

fn copy(source: &Connection, to: &Path) -> Result<(), StoreError> {
    let part = to.with_extension("part");
    if part.exists() {
        fs::remove_file(&part).map_err(StoreError::file("an unfinished backup can't be removed"))?;
    }
    let mut target = Connection::open(&part)?;
    let copied = Backup::new(source, &mut target)?.run_to_completion(512, Duration::ZERO, None);
    drop(target);
    if let Err(error) = copied {
        // Nothing to lose: the part is no backup, and the error that counts is the one above.
        let _ = fs::remove_file(&part);
        return Err(error.into());
    }
    // What the disk took is read again: a copy of damage must not take the place of a good backup.
    let copied = Connection::open(&part).map_err(StoreError::from).and_then(|copy| check(&copy));
    if let Err(error) = copied {
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    // Opened for writing: Windows flushes no file that is open for reading alone.
    fs::OpenOptions::new()
        .write(true)
        .open(&part)
        .and_then(|file| file.sync_all())
        .map_err(StoreError::file("the backup can't be written"))?;
    fs::rename(&part, to).map_err(StoreError::file("the backup can't be put in its place"))
}

fn connect(path: &Path, check_all: bool) -> Result<Store, StoreError> {
    let mut writer = Connection::open(path)?;
    prepare(&writer)?;
    // Reads the header and the schema, so that most damage shows here.
    writer.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    if check_all {
        check(&writer)?;
    }
    let version: i64 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > 0 && migrations().pending_migrations(&writer)? > 0 {
        copy(&writer, &path.with_file_name(BACKUP))?;
    }
    migrations().to_latest(&mut writer)?;
    let (reader, searcher) = (read_only(path)?, read_only(path)?);
    Ok(Store {
        path: path.to_owned(),
        writer: Mutex::new(writer),
        waiting: AtomicUsize::new(0),
        pushes: AtomicU64::new(0),
        reader: Mutex::new(reader),
        searcher: Mutex::new(searcher),
        #[cfg(test)]
        flushed: AtomicUsize::new(0),
    })
}

pub(crate) fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // A flush that on macOS really reaches the disk; elsewhere it changes nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Reads the whole file for damage.
fn check(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(corrupt, Some(verdict)).into())
}

/// Renames the damaged files and puts the backup in their place, if it is whole.
fn set_aside(folder: &Path, now: DateTime<Utc>) -> Result<SetAside, StoreError> {
    let stamp = now.format("%Y%m%dT%H%M%S");
    // Damaged twice within a second, or a clock that was set back: nothing is ever overwritten.
    let name = |n: u32| if n == 0 { format!("{FILE}.damaged-{stamp}") } else { format!("{FILE}.damaged-{stamp}-{n}") };
    let aside = (0..).map(|n| folder.join(name(n))).find(|path| !path.exists()).unwrap_or_else(|| folder.join(name(0)));
    // The database itself last: should a rename fail, the next start finds it damaged still and tries again.
    for ending in ["-wal", "-shm", ""] {
        let file = folder.join(format!("{FILE}{ending}"));
        if file.exists() {
            let mut to = aside.clone().into_os_string();
            to.push(ending);
            fs::rename(&file, PathBuf::from(to))
                .map_err(StoreError::file("the damaged database can't be set aside"))?;
        }
    }
    let restored_from = restore(folder)?;
    Ok(SetAside { file: aside, restored_from })
}

/// Puts the backup in the place of the database. A backup that is damaged too is set aside, so that no later one
/// replaces it; any other failure, such as a full disk, ends the start: an empty database would only hide it.
fn restore(folder: &Path) -> Result<Option<DateTime<Utc>>, StoreError> {
    let backup = folder.join(BACKUP);
    let Ok(made) = fs::metadata(&backup).and_then(|meta| meta.modified()) else { return Ok(None) };
    let whole = Connection::open_with_flags(&backup, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(StoreError::from)
        .and_then(|source| check(&source).and_then(|()| copy(&source, &folder.join(FILE))));
    match whole {
        Ok(()) => Ok(Some(made.into())),
        Err(error) if error.is_damage() => {
            tracing::error!(%error, "the backup can't be used either");
            let aside = (0..).map(|n: u32| folder.join(format!("{BACKUP}.damaged-{n}"))).find(|path| !path.exists());
            fs::rename(&backup, aside.unwrap_or_else(|| folder.join(format!("{BACKUP}.damaged"))))
                .map_err(StoreError::file("the damaged backup can't be set aside"))?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
