//! Opening the database: migrations, and what happens when the file is damaged.
//!
//! A file that is damaged, emptied, or not a database of Timbre where one is expected is set aside; the newest good backup
//! takes its place, and the journal brings back what was typed since.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
#[cfg(test)]
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};
use timbre_files::private;

use crate::backup::{self, Generation};
use crate::folder::unused_name;
use crate::journal::{self, Journal, Replayed};
use crate::lineage::{self, FileKind, State};
use crate::table::{self, outbox};
use crate::turns::Turns;
use crate::{DataFolder, Store, StoreError};

pub(crate) const FILE: &str = "timbre.db";
/// Lies beside the database while it is in use. Where it is found at the start, the last run did not end cleanly.
const IN_USE: &str = "timbre.db.in-use";
/// Lies beside the database from the moment damage was found until a start has checked the whole file.
pub(crate) const DAMAGE_MET: &str = "timbre.db.damage-met";
/// Holds the length of the database and the time of its last write, as they were when it was closed. A file that still
/// has both need not be read as a whole at the next start.
const AS_LEFT: &str = "timbre.db.as-left";

/// A file up to this size is read as a whole at every start; it takes some 20 ms.
const ALWAYS_CHECKED: u64 = 32 * 1024 * 1024;
/// A request that went out right before the damage may still be worked on by the CRM; only then is it searched for.
const SEARCHED_AFTER: TimeDelta = TimeDelta::minutes(3);

/// Pages kept in memory, KiB. An import writes all over the index of keys, a million of which is 40 MB; what does not fit
/// is written and read again and again. Only what is used takes memory.
const WRITER_CACHE_KIB: i64 = 48 * 1024;
const READER_CACHE_KIB: i64 = 4 * 1024;
/// How long to wait for another program that holds the file, such as a backup tool.
const BUSY_FOR: Duration = Duration::from_secs(5);
/// Capacity of the prepared-statement cache of a connection, above the number of different statements.
const STATEMENTS: usize = 64;

/// Append-only: a migration that was released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_contacts.sql"),
    include_str!("../migrations/0003_results.sql"),
    include_str!("../migrations/0004_lineage.sql"),
    include_str!("../migrations/0005_change_drafts.sql"),
    include_str!("../migrations/0006_unwritten.sql"),
    include_str!("../migrations/0007_import_changes.sql"),
    include_str!("../migrations/0008_transferred.sql"),
];

fn migrations() -> Migrations<'static> {
    MIGRATIONS.iter().map(|sql| M::up(sql)).collect()
}

/// The schema that this Timbre makes.
pub(crate) fn latest_schema() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// What was found, and mended, when the database was opened.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// A damaged database was set aside.
    pub set_aside: Option<SetAside>,
    /// The entries of the journal that were written to the database.
    pub journal: Replayed,
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
        let (folder, path) = (folder.path(), folder.path().join(FILE));
        let mut report = OpenReport::default();
        let store = match open_as_it_is(folder, &path, now) {
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "the database is damaged and is set aside");
                report.set_aside = Some(heal(folder, &path, now)?);
                let (store, replayed) = connect(folder, &path, Check::Nothing, false, now)?;
                // What went out since the backup was made may be in the CRM, however it stands here.
                let whole = replayed.lost == 0;
                let searched_at = if whole { now } else { now + SEARCHED_AFTER };
                store.write_durably(|tx| outbox::counts_as_begun(tx, now, searched_at))?;
                report.journal = replayed;
                store
            }
            opened => {
                let (store, replayed) = opened?;
                if replayed.lost > 0 {
                    store.write_durably(|tx| outbox::counts_as_begun(tx, now, now + SEARCHED_AFTER))?;
                }
                report.journal = replayed;
                store
            }
        };
        // Put in its place, so that a link that stands there leads to nobody's file.
        timbre_files::replace(&folder.join(IN_USE), b"")
            .map_err(StoreError::file("the data folder can't be written"))?;
        let _ = fs::remove_file(folder.join(AS_LEFT));
        let _ = fs::remove_file(folder.join(DAMAGE_MET));
        Ok((store, report))
    }

    /// Ends cleanly: the next start need not check the whole file. A process that dies instead leaves the mark.
    ///
    /// # Errors
    /// When SQLite can't close its files.
    pub fn close(self) -> Result<(), StoreError> {
        let folder = self.folder().to_owned();
        for connection in [self.reader, self.searcher, self.writer] {
            let connection = connection.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            connection.close().map_err(|(_, error)| error)?;
        }
        if let Some(as_left) = fingerprint(&folder.join(FILE)) {
            // Without it the next start reads the whole file, no more.
            let _ = timbre_files::replace(&folder.join(AS_LEFT), as_left.as_bytes());
        }
        fs::remove_file(folder.join(IN_USE)).map_err(StoreError::file("the mark of a running Timbre can't be removed"))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

/// How much of a database file is checked before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Its header and its schema.
    Nothing,
    Pages,
    /// Every page, and the latest results and records against the journal: another program may have written to the
    /// file.
    PagesAndTyped,
    /// All of that, every index, the full text and every row, because damage was found in the file.
    Everything,
}

fn open_as_it_is(folder: &Path, path: &Path, now: DateTime<Utc>) -> Result<(Store, Replayed), StoreError> {
    let len = fs::metadata(path).map(|meta| meta.len()).ok();
    let journal = journal::of_folder(folder).map_err(StoreError::file("the journal can't be read"))?;
    let expected = journal.is_some() || Generation::ALL.iter().any(|one| folder.join(one.file_name()).exists());
    match len {
        // Deleted by hand, or set aside by a start that came no further.
        None if expected => return Err(StoreError::Missing),
        // SQLite would take it for a new database, and the write-ahead log beside it for somebody else's.
        Some(0) if expected => return Err(StoreError::Emptied),
        _ => {}
    }
    if ends_within_a_page(path) {
        return Err(StoreError::CutShort);
    }
    let as_left = !folder.join(IN_USE).exists() && fs::read_to_string(folder.join(AS_LEFT)).ok() == fingerprint(path);
    let check = if folder.join(DAMAGE_MET).exists() {
        Check::Everything
    } else if !as_left {
        Check::PagesAndTyped
    } else if len.is_some_and(|len| len <= ALWAYS_CHECKED) {
        Check::Pages
    } else {
        Check::Nothing
    };
    connect(folder, path, check, expected, now)
}

/// SQLite reads nothing but zeros behind the end of a file that was cut within a page, and says nothing. While there is a
/// write-ahead log, the missing part may be in there.
fn ends_within_a_page(path: &Path) -> bool {
    let log = path.with_file_name(format!("{FILE}-wal"));
    if fs::metadata(log).is_ok_and(|meta| meta.len() > 0) {
        return false;
    }
    let mut header = [0; 18];
    let Ok(mut file) = fs::File::open(path) else { return false };
    let (Ok(()), Ok(meta)) = (file.read_exact(&mut header), file.metadata()) else { return false };
    // File format, section 1.3.2: two bytes at 16; 1 stands for 65,536.
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    page > 0 && meta.len() % page != 0
}

/// Length and modification time of a file; `None` where the system does not say.
fn fingerprint(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    let written = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {}", meta.len(), written.as_nanos()))
}

/// Opens the file. `expected` says that there must be something in it.
fn connect(
    folder: &Path,
    path: &Path,
    how: Check,
    expected: bool,
    now: DateTime<Utc>,
) -> Result<(Store, Replayed), StoreError> {
    // SQLite gives its other files the permissions of this one.
    private::open_or_create(path).map_err(StoreError::file("the database can't be opened"))?;
    let mut writer = Connection::open(path)?;
    writer.busy_timeout(BUSY_FOR)?;
    // Reads the header and the schema, so that most damage shows here; nothing is written before the file is known.
    let found = lineage::kind(&writer, latest_schema())?;
    match found {
        FileKind::Foreign => return Err(StoreError::NotOurs),
        FileKind::Newer => return Err(StoreError::Newer),
        FileKind::Blank if expected => return Err(StoreError::Emptied),
        FileKind::Blank | FileKind::Ours => {}
    }
    match how {
        Check::Nothing => {}
        Check::Pages | Check::PagesAndTyped => check(&writer)?,
        Check::Everything => check_everything(&writer)?,
    }
    if found == FileKind::Ours && how != Check::Nothing {
        is_what_was_here(folder, &State::of(&writer)?)?;
    }
    prepare(&writer)?;
    let version: i64 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > 0 && migrations().pending_migrations(&writer)? > 0 {
        before_migrating(folder, &writer, now)?;
    }
    migrations().to_latest(&mut writer)?;
    let (journal, replayed) = open_journal(folder, &mut writer, found == FileKind::Blank, how, now)?;
    journal::prepare(&writer)?;
    let (reader, searcher) = (read_only(path)?, read_only(path)?);
    let store = Store {
        path: path.to_owned(),
        writer: Mutex::new(writer),
        journal: Mutex::new(journal),
        turns: Turns::default(),
        pushes: AtomicU64::new(0),
        backed_up: AtomicU64::new(u64::MAX),
        reader: Mutex::new(reader),
        searcher: Mutex::new(searcher),
        damaged: AtomicBool::new(false),
        on_damage: OnceLock::new(),
        #[cfg(test)]
        flushed: AtomicUsize::new(0),
    };
    Ok((store, replayed))
}

/// An empty database beside backups that hold data is not the database that was here.
fn is_what_was_here(folder: &Path, state: &State) -> Result<(), StoreError> {
    if !state.is_empty {
        return Ok(());
    }
    // A journal begins with its first entry.
    let journal = journal::of_folder(folder).map_err(StoreError::file("the journal can't be read"))?;
    if journal.is_some() && journal != state.lineage {
        return Err(StoreError::Emptied);
    }
    for generation in Generation::ALL {
        let backup = backup::state(&folder.join(generation.file_name()));
        if backup.is_ok_and(|backup| backup.is_some_and(|backup| backup.holds_more_than(state))) {
            return Err(StoreError::Emptied);
        }
    }
    Ok(())
}

/// The database as it is before a migration is a backup, too.
fn before_migrating(folder: &Path, db: &Connection, now: DateTime<Utc>) -> Result<(), StoreError> {
    let part = folder.join(Generation::Hour.file_name()).with_extension("part");
    let made = backup::copy(db, &part, now)?;
    backup::put_in_place(folder, &part, &made, now).map(drop)
}

/// Brings the database up to date from its journal. A new database takes over the journal that is there; the journal of
/// another database is set aside.
fn open_journal(
    folder: &Path,
    writer: &mut Connection,
    is_new: bool,
    how: Check,
    now: DateTime<Utc>,
) -> Result<(Journal, Replayed), StoreError> {
    let journal_error = StoreError::file("the journal can't be used");
    let own = State::of(writer)?.lineage.ok_or(StoreError::NotOurs)?;
    let lineage = match journal::of_folder(folder).map_err(journal_error)? {
        Some(theirs) if theirs != own && is_new => {
            writer.execute("UPDATE lineage SET id = ?1", [&theirs.0])?;
            theirs
        }
        Some(theirs) if theirs != own => {
            tracing::warn!("the journal belongs to another database and is put out of the way");
            journal::set_aside(folder, &now.format("%Y%m%dT%H%M%S").to_string())
                .map_err(StoreError::file("the journal of another database can't be put out of the way"))?;
            own
        }
        _ => own,
    };
    if let Err(error) = journal::complete(writer, folder, lineage) {
        // It stays in the database, and is tried again at the next start.
        tracing::error!(error = &error as &dyn std::error::Error, "the journal could not be completed");
    }
    if matches!(how, Check::PagesAndTyped | Check::Everything) {
        journal::verify(writer, folder)?;
    }
    let replayed = journal::replay(writer, folder)?;
    Ok((Journal::new(folder, lineage), replayed))
}

pub(crate) fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_FOR)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_FOR)?;
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
pub(crate) fn check(connection: &Connection) -> Result<(), StoreError> {
    verdict(connection, "PRAGMA quick_check(1)")
}

/// Reads the whole file, its indexes, what full text holds, and every row.
fn check_everything(connection: &Connection) -> Result<(), StoreError> {
    verdict(connection, "PRAGMA integrity_check(1)")?;
    for index in ["contacts_by_word", "contacts_by_digits"] {
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)";
        if connection.query_row(sql, [index], |row| row.get(0))? {
            connection.execute(&format!("INSERT INTO {index} ({index}) VALUES ('integrity-check')"), [])?;
        }
    }
    // Only a schema of today can be read by today's readers.
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == latest_schema() { Ok(table::read_all(connection)?) } else { Ok(()) }
}

fn verdict(connection: &Connection, pragma: &str) -> Result<(), StoreError> {
    let verdict: String = connection.query_row(pragma, [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(corrupt, Some(verdict)).into())
}

/// Renames the damaged files and puts the newest good backup in their place.
fn heal(folder: &Path, path: &Path, now: DateTime<Utc>) -> Result<SetAside, StoreError> {
    let aside = unused_name(folder, &format!("{FILE}.damaged-{}", now.format("%Y%m%dT%H%M%S")));
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
    let restored_from = backup::restore(folder, path, now)?;
    Ok(SetAside { file: if aside.exists() { aside } else { path.to_owned() }, restored_from })
}
