//! Bringing a database up to date from the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};
use serde_json::Value;

use super::capture::{CONTACTS, IDS, TABLES};
use super::entry::{RowImage, from_json};
use super::{FOLDER, segment};
use crate::StoreError;
use crate::table::contacts;

/// What the journal had that the database lacked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Entries that were brought in.
    pub entries: usize,
    /// Entries that are missing or damaged: what was typed then may not be there.
    pub lost: usize,
}

/// Brings in every entry that a database lacks. `writer` must not note its changes yet.
pub(crate) fn replay(writer: &mut Connection, data_folder: &Path) -> Result<Replayed, StoreError> {
    let known = super::entry_in(writer)?;
    let found =
        segment::read_after(&data_folder.join(FOLDER), known).map_err(StoreError::file("the journal can't be read"))?;
    if found.last <= known {
        return Ok(Replayed::default());
    }
    let wanted = usize::try_from(found.last - known).unwrap_or(usize::MAX);
    let replayed = Replayed { entries: found.entries.len(), lost: wanted.saturating_sub(found.entries.len()) };
    // Rows come back in the order of their writing: one may come before the one it refers to.
    writer.pragma_update(None, "foreign_keys", false)?;
    let brought = bring_in(writer, found.entries.iter().flat_map(|entry| &entry.rows), found.last);
    writer.pragma_update(None, "foreign_keys", true)?;
    brought?;
    tracing::warn!(entries = replayed.entries, lost = replayed.lost, "the database lacked entries of the journal");
    Ok(replayed)
}

fn bring_in<'a>(
    writer: &mut Connection,
    rows: impl Iterator<Item = &'a RowImage>,
    last: u64,
) -> Result<(), StoreError> {
    let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let columns = columns_of(&tx)?;
    for row in rows {
        if row.table == CONTACTS {
            contact(&tx, row, &columns[CONTACTS])?;
        } else if let Some(table) = TABLES.iter().find(|table| table.name == row.table) {
            plain(&tx, row, table.key, &columns[table.name])?;
        }
    }
    tx.execute("UPDATE lineage SET entry = ?1", [last])?;
    tx.commit()?;
    Ok(())
}

/// The columns that each table has today: an older entry may have more or fewer.
fn columns_of(tx: &Transaction<'_>) -> rusqlite::Result<BTreeMap<&'static str, BTreeSet<String>>> {
    let mut columns = BTreeMap::new();
    for table in TABLES.iter().map(|table| table.name).chain([CONTACTS]) {
        let mut names = tx.prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
        let names = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        columns.insert(table, names);
    }
    Ok(columns)
}

fn plain(tx: &Transaction<'_>, row: &RowImage, key: &[&str], known: &BTreeSet<String>) -> rusqlite::Result<()> {
    match &row.columns {
        Some(columns) => insert(tx, "INSERT OR REPLACE", &row.table, columns, known).map(drop),
        None => {
            let condition: Vec<String> =
                key.iter().zip(1..).map(|(column, number)| format!("{column} = ?{number}")).collect();
            let sql = format!("DELETE FROM {} WHERE {}", row.table, condition.join(" AND "));
            tx.prepare_cached(&sql)?.execute(params_from_iter(row.key.iter().map(from_json))).map(drop)
        }
    }
}

fn contact(tx: &Transaction<'_>, row: &RowImage, known: &BTreeSet<String>) -> rusqlite::Result<()> {
    let id = match row.key.first().map(from_json) {
        Some(SqlValue::Blob(id)) => id,
        _ => return Ok(()),
    };
    contacts::take_out(tx, &id)?;
    let Some(columns) = &row.columns else { return Ok(()) };
    let mut columns = columns.clone();
    let ids = columns.remove(IDS).and_then(|ids| serde_json::from_value::<Vec<String>>(ids).ok()).unwrap_or_default();
    columns.insert("words".to_owned(), Value::from(""));
    columns.insert("digits".to_owned(), Value::from(""));
    insert(tx, "INSERT", CONTACTS, &columns, known)?;
    contacts::put_back(tx, tx.last_insert_rowid(), &ids)
}

fn insert(
    tx: &Transaction<'_>,
    how: &str,
    table: &str,
    columns: &BTreeMap<String, Value>,
    known: &BTreeSet<String>,
) -> rusqlite::Result<usize> {
    let (names, values): (Vec<&str>, Vec<SqlValue>) = columns
        .iter()
        .filter(|(name, _)| known.contains(*name))
        .map(|(name, value)| (name.as_str(), from_json(value)))
        .unzip();
    let places: Vec<String> = (1..=names.len()).map(|number| format!("?{number}")).collect();
    let sql = format!("{how} INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
    tx.prepare_cached(&sql)?.execute(params_from_iter(values))
}
