//! `imports`: each import of a file, and how far it came.

use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{contacts, ms, time, uuid};
use crate::{Store, StoreError};

/// An import of a file, and how far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRecord {
    pub id: Uuid,
    /// The file's name, without its folder.
    pub file: String,
    /// Where its contacts come from.
    pub source: String,
    /// When it began, UTC.
    pub started_at: DateTime<Utc>,
    /// When it came to the end of the file, UTC; nothing while it goes on and for ever after it was cut short.
    pub finished_at: Option<DateTime<Utc>>,
    /// Every row up to this one was worked off, none behind it.
    pub rows: u64,
    pub added: u64,
    /// Contacts that were known and changed.
    pub changed: u64,
    /// Contacts that were known and had nothing new.
    pub unchanged: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Rows that the rule took for a contact which was there and changed, or came from a row before.
    #[serde(default)]
    pub merged: u64,
    /// When it was taken back, UTC.
    #[serde(default)]
    pub undone_at: Option<DateTime<Utc>>,
}

impl ImportRecord {
    /// An import that has just begun.
    #[must_use]
    pub fn begun(file: String, source: String, started_at: DateTime<Utc>) -> Self {
        Self {
            id: Uuid::now_v7(),
            file,
            source,
            started_at,
            finished_at: None,
            rows: 0,
            added: 0,
            changed: 0,
            unchanged: 0,
            refused: 0,
            merged: 0,
            undone_at: None,
        }
    }
}

impl Store {
    /// Notes an import, or that it came to its end.
    pub fn save_import(&self, record: &ImportRecord) -> Result<(), StoreError> {
        self.write(|tx| {
            save(tx, record)?;
            // A new one begins, and one of long ago is not taken back any more.
            if record.rows == 0 { contacts::forget_old(tx) } else { Ok(()) }
        })?;
        if record.finished_at.is_some() {
            // The pages that the import needed are given back; a program that runs all day has better uses for them.
            self.writer().execute_batch("PRAGMA shrink_memory")?;
        }
        Ok(())
    }

    /// The imports, the last first.
    pub fn imports(&self, limit: usize) -> Result<Vec<ImportRecord>, StoreError> {
        self.read(|db| {
            let sql = "SELECT id, file, source, started_at, finished_at, rows, added, changed, unchanged, refused,
                              merged, undone_at
                       FROM imports ORDER BY started_at DESC, id DESC LIMIT ?1";
            db.prepare_cached(sql)?.query_map([limit], read)?.collect()
        })
    }
}

pub(super) fn save(tx: &Transaction<'_>, record: &ImportRecord) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO imports (id, file, source, started_at, finished_at, rows, added, changed, unchanged, refused,
                                         merged, undone_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        record.id.as_bytes(),
        record.file,
        record.source,
        ms(record.started_at),
        record.finished_at.map(ms),
        record.rows,
        record.added,
        record.changed,
        record.unchanged,
        record.refused,
        record.merged,
        record.undone_at.map(ms),
    ])
    .map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ImportRecord> {
    Ok(ImportRecord {
        id: uuid(row.get_ref(0)?.as_blob()?)?,
        file: row.get(1)?,
        source: row.get(2)?,
        started_at: time(row.get(3)?)?,
        finished_at: row.get::<_, Option<i64>>(4)?.map(time).transpose()?,
        rows: row.get(5)?,
        added: row.get(6)?,
        changed: row.get(7)?,
        unchanged: row.get(8)?,
        refused: row.get(9)?,
        merged: row.get(10)?,
        undone_at: row.get::<_, Option<i64>>(11)?.map(time).transpose()?,
    })
}
