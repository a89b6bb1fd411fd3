//! The health of the database and of the files beside it, for `doctor`.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::backup::made_at;
use crate::open::{FILE, check, read_only};
use crate::{Generation, Store, StoreError};

/// The findings about a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What SQLite finds wrong with the file, in its words, which hold no contents; nothing where it is whole.
    pub damage: Option<String>,
    /// How long the database is with its write-ahead log, bytes.
    pub size: u64,
    /// How many migrations made it.
    pub schema: u32,
    /// How many contacts there are.
    pub contacts: u64,
    /// How many calls the history holds.
    pub calls: u64,
    /// The backups beside it and when each was made, UTC, the newest first.
    pub backups: Vec<(Generation, DateTime<Utc>)>,
    /// Whether entries of the journal could not be written.
    pub journal_behind: bool,
    /// The names of damaged databases and backups that were set aside, without their folder.
    pub set_aside: Vec<String>,
}

impl Store {
    /// Reads the whole file for damage, on a connection of its own: nobody waits for it, and it may take seconds.
    ///
    /// # Errors
    /// When the database or its folder can't be read at all. Damage is no error but a finding.
    pub fn health(&self) -> Result<Health, StoreError> {
        let folder = self.folder();
        let db = read_only(self.path())?;
        let size = [FILE.to_owned(), format!("{FILE}-wal")]
            .iter()
            .filter_map(|name| fs::metadata(folder.join(name)).ok())
            .map(|meta| meta.len())
            .sum();
        let made = |one: Generation| made_at(&folder.join(one.file_name())).map(|made| (one, made));
        let backups = Generation::ALL.into_iter().filter_map(made).collect();
        let journal_behind = self.journal_is_behind();
        let set_aside = set_aside(folder).map_err(StoreError::file("the data folder can't be read"))?;
        let mut health =
            Health { damage: None, size, schema: 0, contacts: 0, calls: 0, backups, journal_behind, set_aside };
        match look_into(&db, &mut health) {
            Err(error) if error.is_damage() => {
                health.damage = Some(error.to_string());
                self.meet(&error);
            }
            looked => looked?,
        }
        Ok(health)
    }
}

fn look_into(db: &Connection, health: &mut Health) -> Result<(), StoreError> {
    health.schema = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    check(db)?;
    health.contacts = db.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0))?;
    health.calls = db.query_row("SELECT count(*) FROM calls", [], |row| row.get(0))?;
    Ok(())
}

/// Lists each database once: its write-ahead log may have been set aside with it.
fn set_aside(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let backups = Generation::ALL.map(Generation::file_name);
        let damaged = [FILE].iter().chain(&backups).any(|file| name.starts_with(&format!("{file}.damaged-")));
        if damaged && !name.ends_with("-wal") && !name.ends_with("-shm") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom, Write as _};

    use super::*;
    use crate::DataFolder;
    use crate::table::testing::{at, store};

    #[test]
    fn a_new_database_is_whole_empty_and_has_no_backup() {
        let health = store().health().unwrap();
        assert_eq!((health.damage, health.contacts, health.calls), (None, 0, 0));
        assert!(health.size > 0 && health.schema > 0);
        assert_eq!((health.backups, health.set_aside), (Vec::new(), Vec::new()));
    }

    #[test]
    fn backups_and_files_set_aside_are_seen_and_their_logs_are_not_counted() {
        let store = store();
        store.back_up(at(3)).unwrap();
        let folder = store.path().parent().unwrap();
        for name in ["timbre.db.damaged-20260302T140000", "timbre.db.damaged-20260302T140000-wal", "notes.damaged"] {
            fs::write(folder.join(name), b"").unwrap();
        }
        fs::write(folder.join("timbre.db.backup.damaged-0"), b"").unwrap();
        let health = store.health().unwrap();
        assert_eq!(health.backups, [(Generation::Hour, at(3))]);
        assert_eq!(health.set_aside, ["timbre.db.backup.damaged-0", "timbre.db.damaged-20260302T140000"]);
    }

    #[test]
    fn a_page_that_is_overwritten_is_found_marked_for_the_next_start_and_nothing_of_it_is_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::hold(dir.path()).unwrap();
        let (store, _) = Store::open(&folder, at(0)).unwrap();
        let page: u64 = store
            .read(|db| {
                db.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'calls_by_time'", [], |row| row.get(0))
            })
            .unwrap();
        let size: u64 = store.read(|db| db.query_row("PRAGMA page_size", [], |row| row.get(0))).unwrap();
        // All of it is in the file, and not in the log beside it.
        store.close().unwrap();
        let (store, _) = Store::open(&folder, at(0)).unwrap();
        let mut file = fs::OpenOptions::new().write(true).open(dir.path().join(FILE)).unwrap();
        file.seek(SeekFrom::Start((page - 1) * size)).unwrap();
        file.write_all(&b"Ana Rojas ".repeat(40)).unwrap();
        drop(file);
        let damage = store.health().unwrap().damage.unwrap();
        assert!(!damage.contains("Ana"), "{damage}");
        assert!(store.is_damaged());
        store.close().unwrap();
        let (store, report) = Store::open(&folder, at(1)).unwrap();
        assert!(report.set_aside.is_some());
        assert_eq!(store.health().unwrap().damage, None);
    }
}
