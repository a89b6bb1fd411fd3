//! How the database and the files beside it are, for `doctor`.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::open::{BACKUP, FILE, read_only};
use crate::{Store, StoreError};

/// What a look at the database found.
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
    /// When the backup beside it was made, UTC; nothing where there is none.
    pub backed_up_at: Option<DateTime<Utc>>,
    /// The names of damaged databases and backups that were set aside, without their folder.
    pub set_aside: Vec<String>,
}

impl Store {
    /// Reads the whole file for damage, on a connection of its own: nobody waits for it, and it may take seconds.
    ///
    /// # Errors
    /// When the database or its folder can't be read at all. Damage is no error but a finding.
    pub fn health(&self) -> Result<Health, StoreError> {
        let folder = self.path().parent().unwrap_or(Path::new("."));
        let db = read_only(self.path())?;
        let size = [FILE.to_owned(), format!("{FILE}-wal")]
            .iter()
            .filter_map(|name| fs::metadata(folder.join(name)).ok())
            .map(|meta| meta.len())
            .sum();
        let backed_up_at = fs::metadata(folder.join(BACKUP)).and_then(|meta| meta.modified()).ok().map(Into::into);
        let set_aside = set_aside(folder).map_err(StoreError::file("the data folder can't be read"))?;
        let mut health = Health { damage: None, size, schema: 0, contacts: 0, calls: 0, backed_up_at, set_aside };
        match look_into(&db, &mut health) {
            Err(error) if error.is_damage() => health.damage = Some(error.to_string()),
            looked => looked?,
        }
        Ok(health)
    }
}

fn look_into(db: &Connection, health: &mut Health) -> Result<(), StoreError> {
    health.schema = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        health.damage = Some(verdict);
        return Ok(());
    }
    health.contacts = db.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0))?;
    health.calls = db.query_row("SELECT count(*) FROM calls", [], |row| row.get(0))?;
    Ok(())
}

/// Each once: a database that was set aside may have brought its write-ahead log along.
fn set_aside(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let damaged = [FILE, BACKUP].iter().any(|file| name.starts_with(&format!("{file}.damaged")));
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
        assert_eq!((health.backed_up_at, health.set_aside), (None, Vec::new()));
    }

    #[test]
    fn backups_and_files_set_aside_are_seen_and_their_logs_are_not_counted() {
        let store = store();
        store.back_up().unwrap();
        let folder = store.path().parent().unwrap();
        for name in ["timbre.db.damaged-20260302T140000", "timbre.db.damaged-20260302T140000-wal", "notes.damaged"] {
            fs::write(folder.join(name), b"").unwrap();
        }
        fs::write(folder.join("timbre.db.backup.damaged-0"), b"").unwrap();
        let health = store.health().unwrap();
        assert!(health.backed_up_at.is_some());
        assert_eq!(health.set_aside, ["timbre.db.backup.damaged-0", "timbre.db.damaged-20260302T140000"]);
    }

    #[test]
    fn a_page_that_was_overwritten_is_found_and_nothing_of_it_is_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::hold(dir.path()).unwrap();
        let (store, _) = Store::open(&folder, at(0)).unwrap();
        let page: u64 = store
            .read(|db| {
                db.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'calls_by_time'", [], |row| row.get(0))
            })
            .unwrap();
        let size: u64 = store.read(|db| db.query_row("PRAGMA page_size", [], |row| row.get(0))).unwrap();
        store.close().unwrap();
        let mut file = fs::OpenOptions::new().write(true).open(dir.path().join(FILE)).unwrap();
        file.seek(SeekFrom::Start((page - 1) * size)).unwrap();
        file.write_all(&b"Ana Rojas ".repeat(40)).unwrap();
        drop(file);
        let (store, report) = Store::open(&folder, at(1)).unwrap();
        assert_eq!(report.set_aside, None, "a clean end is followed by a quick start");
        let damage = store.health().unwrap().damage.unwrap();
        assert!(!damage.contains("Ana"), "{damage}");
    }
}
