//! Taking in contacts by the thousand: rows of files, pages of a CRM.
//!
//! Rows come in stretches, each one transaction with the record of how far the import came. A stretch ends early when
//! somebody else wants to write: a call that begins does not wait for an import.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, params};
use serde::{Deserialize, Serialize};
use timbre_domain::contact::{Contact, Origin};
use timbre_domain::identity::{MergeRule, is_same, marks_of, updated};
use uuid::Uuid;

use super::super::{ms, time, uuid};
use super::row::{self, Prepared, RowId, Writer};
use crate::{Store, StoreError};

/// Rows in one transaction at most. What a million keys have in common is that each lands on another page: the fewer
/// transactions, the fewer times a page is written.
const STRETCH: usize = 50_000;

/// An import of a file, and how far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRecord {
    /// Its id.
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
    /// New contacts.
    pub added: u64,
    /// Contacts that were known and changed.
    pub changed: u64,
    /// Contacts that were known and had nothing new.
    pub unchanged: u64,
    /// Rows that were refused.
    pub refused: u64,
}

/// One row to take in.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Its number in the file.
    pub row: u64,
    /// The contact; nothing for a row that was refused.
    pub contact: Option<Prepared>,
}

/// What would become of a contact that comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Added,
    /// A contact of ours changes.
    Changed,
    /// A contact of ours has all of it.
    Unchanged,
}

/// The contacts of a trial, as far as is needed to know one that comes again: eight bytes for each way to know it.
#[derive(Debug, Default)]
pub struct Tried(HashSet<u64>);

impl Tried {
    fn again(&mut self, contact: &Contact, rule: MergeRule) -> bool {
        let mut again = false;
        for mark in marks_of(contact, rule) {
            let mut hasher = DefaultHasher::new();
            mark.hash(&mut hasher);
            again |= !self.0.insert(hasher.finish());
        }
        again
    }
}

enum Decision {
    Add,
    Change(RowId, Box<(Contact, Contact)>),
    Keep,
}

impl Store {
    /// Takes in rows until `next` has none, enough are together or another writer waits, in one transaction with the
    /// record. Whether anything was taken in.
    ///
    /// # Errors
    /// When it could not be saved; then nothing of this stretch was, and the record in the database says so.
    pub fn import_rows(
        &self,
        record: &mut ImportRecord,
        next: &mut dyn FnMut() -> Option<ImportRow>,
        rule: MergeRule,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        // Nobody is kept waiting while the file is slow to come.
        let Some(first) = next() else { return Ok(false) };
        let done = self.write_in_turn(|tx, others_wait| {
            let mut writer = Writer::new(tx)?;
            let mut done = record.clone();
            let mut row = Some(first);
            let mut taken = 0;
            while let Some(ImportRow { row: number, contact }) = row {
                done.rows = number;
                match contact {
                    None => done.refused += 1,
                    Some(contact) => match take_in(&mut writer, contact, rule, ms(now))? {
                        Outcome::Added => done.added += 1,
                        Outcome::Changed => done.changed += 1,
                        Outcome::Unchanged => done.unchanged += 1,
                    },
                }
                taken += 1;
                row = if taken == STRETCH || others_wait() { None } else { next() };
            }
            save(tx, &done)?;
            Ok(done)
        })?;
        *record = done;
        Ok(true)
    }

    /// Notes an import, or that it came to its end.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn save_import(&self, record: &ImportRecord) -> Result<(), StoreError> {
        self.write(|tx| save(tx, record))
    }

    /// What would become of these contacts, one after the other, if they were taken in after those that were `tried`
    /// before: nothing is kept, and nobody waits for it.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn try_import(
        &self,
        contacts: Vec<Prepared>,
        rule: MergeRule,
        tried: &mut Tried,
    ) -> Result<Vec<Outcome>, StoreError> {
        self.search(|db| {
            let reading = db.unchecked_transaction()?;
            let mut writer = Writer::new(&reading)?;
            let outcome = |new: Prepared| {
                let again = tried.again(&new.contact, rule);
                Ok(match decide(&mut writer, &new, rule)? {
                    Decision::Add if again => Outcome::Changed,
                    Decision::Add => Outcome::Added,
                    Decision::Change(..) => Outcome::Changed,
                    Decision::Keep => Outcome::Unchanged,
                })
            };
            contacts.into_iter().map(outcome).collect()
        })
    }

    /// The imports, the last first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn imports(&self, limit: usize) -> Result<Vec<ImportRecord>, StoreError> {
        self.read(|db| {
            let sql = "SELECT id, file, source, started_at, finished_at, rows, added, changed, unchanged, refused
                       FROM imports ORDER BY started_at DESC, id DESC LIMIT ?1";
            db.prepare_cached(sql)?.query_map([limit], read)?.collect()
        })
    }
}

fn save(tx: &Transaction<'_>, record: &ImportRecord) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO imports (id, file, source, started_at, finished_at, rows, added, changed, unchanged, refused)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
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
    })
}

fn take_in(writer: &mut Writer<'_>, new: Prepared, rule: MergeRule, now: i64) -> rusqlite::Result<Outcome> {
    match decide(writer, &new, rule)? {
        Decision::Add => {
            writer.insert(&new, now)?;
            Ok(Outcome::Added)
        }
        Decision::Change(row, both) => {
            let (before, after) = *both;
            writer.update(row, &before, &Prepared::new(after), now)?;
            Ok(Outcome::Changed)
        }
        Decision::Keep => Ok(Outcome::Unchanged),
    }
}

/// Whether it is known: by its id here, by the id of the program it comes from, or by the rule, the one used last of
/// several.
fn decide(writer: &mut Writer<'_>, new: &Prepared, rule: MergeRule) -> rusqlite::Result<Decision> {
    let contact = &new.contact;
    let known = match known_by_id(writer, contact)? {
        Some(row) => row::by_row(writer.tx, row)?.map(|ours| (row, ours)),
        None => known_by_rule(writer, new, rule)?,
    };
    let Some((row, ours)) = known else { return Ok(Decision::Add) };
    let now = updated(&ours, contact.clone());
    if now == ours { Ok(Decision::Keep) } else { Ok(Decision::Change(row, Box::new((ours, now)))) }
}

fn known_by_id(writer: &mut Writer<'_>, contact: &Contact) -> rusqlite::Result<Option<RowId>> {
    if let Some(row) = writer.row_of(contact.id)? {
        return Ok(Some(row));
    }
    match &contact.origin {
        Some(Origin { source, external_id: Some(external_id) }) => writer.row_from(source, external_id),
        _ => Ok(None),
    }
}

fn known_by_rule(
    writer: &mut Writer<'_>,
    new: &Prepared,
    rule: MergeRule,
) -> rusqlite::Result<Option<(RowId, Contact)>> {
    if rule == MergeRule::Never {
        return Ok(None);
    }
    let mut best: Option<(RowId, Contact)> = None;
    let mut seen = Vec::new();
    for key in &new.keys {
        for row in writer.rows_with(key)? {
            if seen.contains(&row) {
                continue;
            }
            seen.push(row);
            if let Some(ours) = row::by_row(writer.tx, row)?
                && is_same(&ours, &new.contact, rule)
                && best.as_ref().is_none_or(|(_, best)| best.last_used_at < ours.last_used_at)
            {
                best = Some((row, ours));
            }
        }
    }
    Ok(best)
}
