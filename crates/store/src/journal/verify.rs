//! Whether the database still holds what was typed: SQLite notices damage to its pages' structure, and none to the words in
//! them.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::Connection;

use super::capture::image;
use super::entry::{Entry, RowImage};
use super::{FOLDER, segment};
use crate::StoreError;

/// Tables whose every change is in the journal.
const WHOLLY_NOTED: [&str; 2] = ["interactions", "outbox"];

/// Compares the results and records in the journal with those in the database.
///
/// # Errors
/// [`StoreError::Altered`] where they differ.
pub(crate) fn verify(db: &Connection, data_folder: &Path) -> Result<(), StoreError> {
    let known = super::entry_in(db)?;
    let found =
        segment::read_after(&data_folder.join(FOLDER), 0).map_err(StoreError::file("the journal can't be read"))?;
    // A database that is ahead was not written down to its end: what differs there is right.
    if found.last < known {
        return Ok(());
    }
    let mut latest: HashMap<String, &RowImage> = HashMap::new();
    let mut before = None;
    for entry in found.entries.iter().filter(|entry: &&Entry| entry.number <= known) {
        if before.is_some_and(|before: u64| before + 1 < entry.number) {
            // An entry that is missing may have changed any row.
            latest.clear();
        }
        before = Some(entry.number);
        for row in entry.rows.iter().filter(|row| WHOLLY_NOTED.contains(&row.table.as_str())) {
            latest.insert(super::capture::name_of(&row.table, &row.key), row);
        }
    }
    if before.is_some_and(|before| before < known) {
        return Ok(());
    }
    // After an update of Timbre a table may have other columns.
    let mut same = HashMap::new();
    for row in latest.into_values() {
        let here = image(db, &row.table, &row.key)?;
        let (Some(here), Some(there)) = (&here, &row.columns) else {
            if here.is_some() != row.columns.is_some() {
                return Err(StoreError::Altered);
            }
            continue;
        };
        let names = same.entry(row.table.clone()).or_insert_with(|| here.keys().eq(there.keys()));
        if *names && here != there {
            return Err(StoreError::Altered);
        }
    }
    Ok(())
}
