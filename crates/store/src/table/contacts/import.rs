//! Taking in contacts by the thousand: rows of files, pages of a CRM.
//!
//! Rows come in stretches, each one transaction with the record of how far the import came. A stretch ends early when
//! somebody else wants to write: a call that begins does not wait for an import.

mod changes;
mod crowd;
mod trial;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use timbre_domain::contact::{Contact, ContactId, ContactPhone};
use timbre_domain::identity::{MergeRule, is_same, updated};
use uuid::Uuid;

use super::super::imports::{self, ImportRecord};
use super::super::ms;
use super::row::{self, Prepared, RowId, Writer};
use crate::{Store, StoreError};

pub(in crate::table) use self::changes::forget_old;
pub use self::changes::{CannotUndo, KeptContact, Undone, WhyKept};
use self::crowd::Crowds;
pub use self::trial::Trial;

/// Rows in one transaction at most. What a million keys have in common is that each lands on another page: the fewer
/// transactions, the fewer times a page is written.
const STRETCH: usize = 100_000;
/// Changed contacts that are held back at most before they are written: one that many rows are about is written once.
const HELD: usize = 512;

/// One row to take in.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Its number in the file.
    pub row: u64,
    /// The contact; nothing for a row that was refused.
    pub contact: Option<Prepared>,
    /// Its id is one of ours, read from the file, and not new.
    pub own_id: bool,
    /// A row before it had the same id of the program that wrote the file.
    pub again: bool,
}

/// What became of a contact that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Added,
    /// A contact of ours changes.
    Changed,
    /// A contact of ours has all of it.
    Unchanged,
}

/// A row that a rule took for a contact that was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeNote {
    /// The row's number in the file.
    pub row: u64,
    /// The contact that it was taken for.
    pub contact: ContactId,
    /// The contact's name or company.
    pub name: String,
    /// The row of the same file that the contact came from; nothing where it was there before.
    pub same_as_row: Option<u64>,
    /// What both have in common, beside the name.
    pub by: MergedBy,
}

/// What a row and a contact have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergedBy {
    Number,
    Email,
    /// The name alone, of two that have neither.
    Name,
}

impl MergedBy {
    /// Every kind, for tests that look each one up in the catalogue of texts.
    pub const ALL: [Self; 3] = [Self::Number, Self::Email, Self::Name];

    /// Its name in JSON and in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Email => "email",
            Self::Name => "name",
        }
    }

    fn of(ours: &Contact, theirs: &Contact) -> Self {
        let has = |phone: &ContactPhone| {
            let key = phone.number.key();
            ours.phones.iter().any(|known| known.number.key() == key)
        };
        if theirs.phones.iter().any(has) {
            Self::Number
        } else if theirs.emails.is_empty() {
            Self::Name
        } else {
            Self::Email
        }
    }
}

/// A changed contact that is not written yet.
struct Held {
    /// As the database has it.
    before: Contact,
    now: Contact,
    /// The first row of the file that changed it.
    row: u64,
}

/// Who is known while rows are taken in.
#[derive(Default)]
pub(super) struct Known {
    crowds: Crowds,
    held: HashMap<RowId, Held>,
}

impl Known {
    fn contact(&self, writer: &Writer<'_>, row: RowId) -> rusqlite::Result<Option<Contact>> {
        match self.held.get(&row) {
            Some(held) => Ok(Some(held.now.clone())),
            None => row::by_row(writer.tx, row),
        }
    }
}

impl Store {
    /// Takes in rows until `next` has none, enough are together or another writer waits, in one transaction with the
    /// record. Whether anything was taken in. `next` gets back the row that was worked off: to take a contact apart is
    /// work too, which another thread may do.
    ///
    /// # Errors
    /// When it could not be saved; then nothing of this stretch was, and the record in the database says so.
    pub fn import_rows(
        &self,
        record: &mut ImportRecord,
        next: &mut dyn FnMut(Option<ImportRow>) -> Option<ImportRow>,
        rule: MergeRule,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.import_rows_noting(record, next, rule, now, &mut |_| {})
    }

    /// As [`Self::import_rows`], and `merged` is told of each row that the rule takes for a contact that is there.
    ///
    /// # Errors
    /// When it could not be saved; then nothing of this stretch was, whatever `merged` was told of it.
    pub fn import_rows_noting(
        &self,
        record: &mut ImportRecord,
        next: &mut dyn FnMut(Option<ImportRow>) -> Option<ImportRow>,
        rule: MergeRule,
        now: DateTime<Utc>,
        merged: &mut dyn FnMut(MergeNote),
    ) -> Result<bool, StoreError> {
        // Nobody is kept waiting while the file is slow to come.
        let Some(first) = next(None) else { return Ok(false) };
        let done = self.write_in_turn(|tx, others_wait| {
            take_rows(tx, record, (first, next), rule, ms(now), (merged, others_wait))
        })?;
        *record = done;
        Ok(true)
    }
}

/// The rows to take in: the first, and whoever has more.
type Rows<'a> = (ImportRow, &'a mut dyn FnMut(Option<ImportRow>) -> Option<ImportRow>);
/// Who is told of rows that a rule takes for contacts that are there, and who says whether to stop for others.
type Asides<'a> = (&'a mut dyn FnMut(MergeNote), &'a dyn Fn() -> bool);

/// Takes in a stretch of rows; gives the record of how far it came.
fn take_rows(
    tx: &Transaction<'_>,
    record: &ImportRecord,
    (first, next): Rows<'_>,
    rule: MergeRule,
    now: i64,
    (merged, others_wait): Asides<'_>,
) -> rusqlite::Result<ImportRecord> {
    let mut importer = Importer { writer: Writer::new(tx)?, known: Known::default(), import: record.id, rule, now };
    let mut done = record.clone();
    let mut row = Some(first);
    let mut taken = 0;
    while let Some(taken_in) = row {
        done.rows = taken_in.row;
        match &taken_in.contact {
            None => done.refused += 1,
            Some(contact) => {
                let (outcome, merge) = importer.take_in(contact, &taken_in)?;
                match outcome {
                    Outcome::Added => done.added += 1,
                    Outcome::Changed => done.changed += 1,
                    Outcome::Unchanged => done.unchanged += 1,
                }
                if let Some(note) = merge {
                    done.merged += 1;
                    merged(note);
                }
            }
        }
        taken += 1;
        row = if taken == STRETCH || others_wait() { None } else { next(Some(taken_in)) };
    }
    importer.write_held()?;
    imports::save(tx, &done)?;
    Ok(done)
}

/// Takes in rows within one transaction.
struct Importer<'a> {
    writer: Writer<'a>,
    known: Known,
    import: Uuid,
    rule: MergeRule,
    now: i64,
}

impl Importer<'_> {
    fn take_in(&mut self, new: &Prepared, row: &ImportRow) -> rusqlite::Result<(Outcome, Option<MergeNote>)> {
        // Whether it is known: by its id here, by the id of the program it comes from, or by the rule, the one used last of
        // several.
        let by_id = match known_by_id(&mut self.writer, new, row.own_id)? {
            Some(row) => self.known.contact(&self.writer, row)?.map(|ours| (row, ours)),
            None => None,
        };
        let is_by_rule = by_id.is_none();
        let found = match by_id {
            Some(found) => Some(found),
            None => known_by_rule(&mut self.writer, &mut self.known, new, self.rule)?,
        };
        let Some((at, ours)) = found else {
            let at = self.writer.insert(new, self.now)?;
            changes::added(self.writer.tx, self.import, new.contact.id, row.row, self.now)?;
            self.known.crowds.note(at, None, &new.contact, new.origin.as_slice());
            return Ok((Outcome::Added, None));
        };
        let now = updated(&ours, new.contact.clone(), row.again);
        let outcome = if row::is_same(&now, &ours) { Outcome::Unchanged } else { Outcome::Changed };
        let merge = if is_by_rule { self.merge(at, &ours, new, row.row, outcome)? } else { None };
        if outcome == Outcome::Changed {
            // A record that replaces what it brought takes something away; any other only adds.
            let only_adds = is_by_rule && ours.typed.is_empty() && !new.keys.iter().any(|key| key.starts_with("name:"));
            let added = only_adds.then_some(new.keys.as_slice());
            self.hold(at, ours, now, row.row, added)?;
        }
        Ok((outcome, merge))
    }

    /// What is to be told of a row that the rule took for a contact: nothing where the contact was there with all of it.
    fn merge(
        &self,
        at: RowId,
        ours: &Contact,
        new: &Prepared,
        row: u64,
        outcome: Outcome,
    ) -> rusqlite::Result<Option<MergeNote>> {
        let noted = changes::row_of(self.writer.tx, self.import, ours.id)?;
        let same_as_row = noted.or_else(|| self.known.held.get(&at).map(|held| held.row));
        if same_as_row.is_none() && outcome == Outcome::Unchanged {
            return Ok(None);
        }
        let (name, by) = (ours.display_name().to_owned(), MergedBy::of(ours, &new.contact));
        Ok(Some(MergeNote { row, contact: ours.id, name, same_as_row, by }))
    }

    /// A contact changed: it is found by what it has now, and written with what more comes of it.
    fn hold(
        &mut self,
        at: RowId,
        ours: Contact,
        now: Contact,
        row: u64,
        added: Option<&[String]>,
    ) -> rusqlite::Result<()> {
        match added {
            Some(keys) => self.writer.add_keys(at, keys)?,
            None => self.writer.rekey(at, &ours, &now)?,
        }
        if !self.known.crowds.is_empty() {
            let ids = row::ids_of(self.writer.tx, at)?;
            self.known.crowds.note(at, Some(&ours), &now, &ids);
        }
        match self.known.held.get_mut(&at) {
            Some(held) => held.now = now,
            None => {
                self.known.held.insert(at, Held { before: ours, now, row });
            }
        }
        if self.known.held.len() >= HELD { self.write_held() } else { Ok(()) }
    }

    fn write_held(&mut self) -> rusqlite::Result<()> {
        for (at, Held { before, now, row }) in std::mem::take(&mut self.known.held) {
            changes::changed(self.writer.tx, self.import, &before, &now, row, self.now)?;
            self.writer.update(at, &before, &Prepared::new(now), Some(self.now))?;
        }
        Ok(())
    }
}

fn known_by_id(writer: &mut Writer<'_>, new: &Prepared, own_id: bool) -> rusqlite::Result<Option<RowId>> {
    if own_id && let Some(row) = writer.row_of(new.contact.id)? {
        return Ok(Some(row));
    }
    match &new.origin {
        Some(key) => Ok(writer.rows_with(key)?.pop()),
        None => Ok(None),
    }
}

fn has_id(writer: &Writer<'_>, row: RowId, begins: Option<&str>) -> rusqlite::Result<bool> {
    let Some(begins) = begins else { return Ok(false) };
    Ok(row::ids_of(writer.tx, row)?.iter().any(|id| id.starts_with(begins)))
}

/// The contact that a record is by a rule. One that its program knows under another id is somebody else.
pub(super) fn known_by_rule(
    writer: &mut Writer<'_>,
    known: &mut Known,
    new: &Prepared,
    rule: MergeRule,
) -> rusqlite::Result<Option<(RowId, Contact)>> {
    if rule == MergeRule::Never {
        return Ok(None);
    }
    let mut best: Option<(RowId, Contact)> = None;
    let mut seen = Vec::new();
    let origin = new.contact.origin.as_ref().filter(|origin| origin.external_id.is_some());
    let program = origin.map(|origin| origin.source.as_str());
    let ids_there = program.map(|program| format!("id:{program}\n"));
    for key in &new.keys {
        let mut rows = writer.rows_with(key)?;
        if rule == MergeRule::NameAndNumber
            && let Some(namesakes) = known.crowds.namesakes(writer, key, &rows, &new.contact, program)?
        {
            rows = namesakes;
        }
        for row in rows {
            if seen.contains(&row) {
                continue;
            }
            seen.push(row);
            if let Some(ours) = known.contact(writer, row)?
                && is_same(&ours, &new.contact, rule)
                && best.as_ref().is_none_or(|(_, best)| best.last_used_at < ours.last_used_at)
                && !has_id(writer, row, ids_there.as_deref())?
            {
                best = Some((row, ours));
            }
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests;
