//! Backups beside the database: three generations, about an hour, a day and a week old.
//!
//! A backup takes its place only after it was opened and read. One that holds something that the new one never had, such as
//! the backup of another database, is never replaced: it is kept beside under another name, and that is told.

use std::fs;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use timbre_files::private;

use crate::folder::{unused, unused_name};
use crate::lineage::{self, FileKind, State};
use crate::open::{check, latest_schema};
use crate::{Store, StoreError};

/// How old a backup is at most, about. In the order in which a restore tries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Generation {
    /// The newest copy, about an hour old at most while Timbre runs.
    Hour,
    /// The one that was the newest at least a day ago.
    Day,
    /// The one that was the newest at least a week ago.
    Week,
}

impl Generation {
    /// Every one, the newest first.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// Its name in the data folder.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Hour => "timbre.db.backup",
            Self::Day => "timbre.db.backup-day",
            Self::Week => "timbre.db.backup-week",
        }
    }

    /// How old it may become before the one that is newer takes its place.
    fn stays(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::zero(),
            Self::Day => TimeDelta::days(1),
            Self::Week => TimeDelta::weeks(1),
        }
    }
}

/// What became of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackedUp {
    /// A new one was made; backups that hold more than it were kept under these names, without their folder.
    Made { kept: Vec<String> },
    /// Nothing was written since the last one.
    Unchanged,
}

impl Store {
    /// Copies the database, while it is in use, to the newest backup; the older ones become a generation older where it is
    /// time. `now` is the time of its file.
    ///
    /// # Errors
    /// When the copy can't be made or is damaged; all backups are then as they were.
    pub fn back_up(&self, now: DateTime<Utc>) -> Result<BackedUp, StoreError> {
        let folder = self.folder();
        let changes = self.writer().total_changes();
        let newest = folder.join(Generation::Hour.file_name());
        if self.backed_up.load(Ordering::Relaxed) == changes && newest.exists() {
            return Ok(BackedUp::Unchanged);
        }
        let source = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // The copy is of one moment: without this it would begin anew after every write, and of a large database never end.
        source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
        let part = newest.with_extension("part");
        let made = copy(&source, &part, now).inspect_err(|error| self.meet(error))?;
        drop(source);
        let kept = put_in_place(folder, &part, &made, now)?;
        self.backed_up.store(changes, Ordering::Relaxed);
        self.forget_journal(folder)?;
        Ok(BackedUp::Made { kept })
    }

    /// The entries that are in the oldest backup are not needed any more, once there are two backups.
    fn forget_journal(&self, folder: &Path) -> Result<(), StoreError> {
        let states: Vec<State> =
            Generation::ALL.iter().filter_map(|one| state(&folder.join(one.file_name())).ok().flatten()).collect();
        let oldest = states.iter().map(|state| state.entry).min().filter(|_| states.len() > 1);
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.prune(oldest.unwrap_or_default()).map_err(StoreError::file("the journal can't be cut"))
    }
}

/// The state of a backup; nothing where there is none.
pub(crate) fn state(file: &Path) -> Result<Option<State>, StoreError> {
    if !file.exists() {
        return Ok(None);
    }
    let backup = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(Some(State::of(&backup)?))
}

/// When a backup was made: the time of its file.
pub(crate) fn made_at(file: &Path) -> Option<DateTime<Utc>> {
    fs::metadata(file).and_then(|meta| meta.modified()).ok().map(Into::into)
}

/// Copies a database to a file that is whole, flushed to the disk and read again, or is not there; gives its state.
pub(crate) fn copy(source: &Connection, to: &Path, now: DateTime<Utc>) -> Result<State, StoreError> {
    let made = try_copy(source, to, now);
    if made.is_err() {
        // Nothing to lose: the part is no backup, and the error that counts is the one above.
        let _ = fs::remove_file(to);
    }
    made
}

fn try_copy(source: &Connection, to: &Path, now: DateTime<Utc>) -> Result<State, StoreError> {
    if to.exists() {
        fs::remove_file(to).map_err(StoreError::file("an unfinished backup can't be removed"))?;
    }
    private::create_new(to).map_err(StoreError::file("the backup can't be written"))?;
    let mut target = Connection::open(to)?;
    Backup::new(source, &mut target)?.run_to_completion(512, Duration::ZERO, None)?;
    // One file, that can be read without writing beside it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.close().map_err(|(_, error)| error)?;
    // What the disk took is read again: a copy of damage must not take the place of a good backup.
    let state = verified(to)?;
    // Opened for writing: Windows flushes no file that is open for reading alone.
    fs::OpenOptions::new()
        .write(true)
        .open(to)
        .and_then(|file| file.set_modified(now.into()).and_then(|()| file.sync_all()))
        .map_err(StoreError::file("the backup can't be written"))?;
    Ok(state)
}

/// A new copy becomes the newest backup; gives the names of backups that were kept because they hold more.
pub(crate) fn put_in_place(
    folder: &Path,
    part: &Path,
    made: &State,
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let kept = keep_what_holds_more(folder, made, now)?;
    rotate(folder, now)?;
    fs::rename(part, folder.join(Generation::Hour.file_name()))
        .map_err(StoreError::file("the backup can't be put in its place"))?;
    Ok(kept)
}

/// Opens a backup and reads all of it.
pub(crate) fn verified(file: &Path) -> Result<State, StoreError> {
    let backup = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if lineage::kind(&backup, latest_schema())? == FileKind::Foreign {
        return Err(StoreError::NotOurs);
    }
    check(&backup)?;
    Ok(State::of(&backup)?)
}

/// Backups that hold something that the new one never had get names of their own.
fn keep_what_holds_more(folder: &Path, new: &State, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
    let mut kept = Vec::new();
    for generation in Generation::ALL {
        let file = folder.join(generation.file_name());
        // One that can't be read holds nothing that could be had from it.
        let Ok(Some(state)) = state(&file) else { continue };
        if !state.holds_more_than(new) {
            continue;
        }
        let to = unused_name(folder, &format!("{}.kept-{}", generation.file_name(), now.format("%Y%m%dT%H%M%S")));
        fs::rename(&file, &to).map_err(StoreError::file("a backup can't be kept"))?;
        kept.extend(to.file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    Ok(kept)
}

/// Makes room for a new backup: each one becomes a generation older once the next is as old as it may become.
fn rotate(folder: &Path, now: DateTime<Utc>) -> Result<(), StoreError> {
    for [newer, older] in [[Generation::Day, Generation::Week], [Generation::Hour, Generation::Day]] {
        let (from, to) = (folder.join(newer.file_name()), folder.join(older.file_name()));
        let due = match made_at(&to) {
            // One from the future was made before the clock was set back.
            Some(made) => made > now || now - made >= older.stays(),
            None => true,
        };
        let moves_on = newer == Generation::Hour || made_at(&from).is_some_and(|made| now - made >= newer.stays());
        if from.exists() && due && moves_on {
            fs::rename(&from, &to).map_err(StoreError::file("a backup can't become a generation older"))?;
        }
    }
    Ok(())
}

/// Puts the newest backup that is whole in the place of the database. One that is damaged is set aside, so that no later
/// one replaces it; any other failure, such as a full disk, ends the start: an empty database would only hide it.
pub(crate) fn restore(folder: &Path, to: &Path, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
    for generation in Generation::ALL {
        let file = folder.join(generation.file_name());
        let Some(made) = made_at(&file) else { continue };
        let restored = verified(&file).and_then(|_| {
            let backup = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            copy(&backup, to, now)
        });
        match restored {
            Ok(_) => return Ok(Some(made)),
            Err(error) if error.is_damage() => {
                tracing::error!(%error, file = generation.file_name(), "a backup can't be used either");
                let aside = unused(|n| folder.join(format!("{}.damaged-{n}", generation.file_name())));
                fs::rename(&file, aside).map_err(StoreError::file("the damaged backup can't be set aside"))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
