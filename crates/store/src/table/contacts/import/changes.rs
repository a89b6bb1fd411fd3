//! `import_changes`: what an import did to each contact, and how that is taken back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::identity::taken_back;
use uuid::Uuid;

use super::super::super::imports::{self, ImportRecord};
use super::super::super::{json, ms, to_json, uuid};
use super::super::remove;
use super::super::row::{self, Prepared, Writer};
use crate::{Store, StoreError};

/// The imports, from the last one back, of which it is kept what they changed.
const IMPORTS_KEPT: usize = 20;
/// Contacts that are taken back in one transaction; other writers get their turn in between.
const STRETCH: usize = 500;
/// Contacts that are named in what came of it.
const NAMED: usize = 100;

/// A contact as it was, with what its JSON leaves out.
#[derive(Debug, Serialize, Deserialize)]
struct Image {
    contact: Contact,
    email_sources: BTreeMap<String, String>,
    updated_at: i64,
}

/// Notes that an import adds a contact.
pub(super) fn added(
    tx: &Transaction<'_>,
    import: Uuid,
    contact: ContactId,
    row: u64,
    now: i64,
) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO import_changes (import, contact, row, left_at, before, after) VALUES (?1, ?2, ?3, ?4, '', '')
               ON CONFLICT DO UPDATE SET left_at = ?4";
    tx.prepare_cached(sql)?.execute(params![import.as_bytes(), contact.0.as_bytes(), row, now]).map(drop)
}

/// Notes that an import changes a contact: as it was before the first change stays, as it is now is replaced.
pub(super) fn changed(
    tx: &Transaction<'_>,
    import: Uuid,
    before: &Contact,
    after: &Contact,
    row: u64,
    now: i64,
) -> rusqlite::Result<()> {
    let (import, id) = (import.as_bytes(), before.id.0.as_bytes());
    let known: Option<bool> = tx
        .prepare_cached("SELECT before <> '' FROM import_changes WHERE import = ?1 AND contact = ?2")?
        .query_row(params![import, id], |row| row.get(0))
        .optional()?;
    let image = |contact: &Contact, updated_at| {
        to_json(&Image { contact: contact.clone(), email_sources: contact.email_sources.clone(), updated_at })
    };
    match known {
        // It is of this import as a whole.
        Some(false) => {
            let sql = "UPDATE import_changes SET left_at = ?3 WHERE import = ?1 AND contact = ?2";
            tx.prepare_cached(sql)?.execute(params![import, id, now])?;
        }
        Some(true) => {
            let sql = "UPDATE import_changes SET left_at = ?3, after = ?4 WHERE import = ?1 AND contact = ?2";
            tx.prepare_cached(sql)?.execute(params![import, id, now, image(after, now)?])?;
        }
        None => {
            let was_at: i64 = tx
                .prepare_cached("SELECT updated_at FROM contacts WHERE id = ?1")?
                .query_row([id], |row| row.get(0))?;
            let sql = "INSERT INTO import_changes (import, contact, row, left_at, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let images = (image(before, was_at)?, image(after, now)?);
            tx.prepare_cached(sql)?.execute(params![import, id, row, now, images.0, images.1])?;
        }
    }
    Ok(())
}

/// The row of the file that an import added or changed a contact by; nothing where it did neither yet.
pub(super) fn row_of(tx: &Transaction<'_>, import: Uuid, contact: ContactId) -> rusqlite::Result<Option<u64>> {
    tx.prepare_cached("SELECT row FROM import_changes WHERE import = ?1 AND contact = ?2")?
        .query_row(params![import.as_bytes(), contact.0.as_bytes()], |row| row.get(0))
        .optional()
}

/// Forgets what imports of long ago changed.
pub(in crate::table) fn forget_old(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let sql = "DELETE FROM import_changes WHERE import NOT IN
                   (SELECT id FROM imports ORDER BY started_at DESC, id DESC LIMIT ?1)";
    tx.prepare_cached(sql)?.execute([IMPORTS_KEPT]).map(drop)
}

/// What became of an import that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The import, with when it was taken back.
    pub import: ImportRecord,
    /// Contacts that it had added and that are gone again.
    pub removed: u64,
    /// Contacts that it had changed and that are as they were before.
    pub restored: u64,
    /// Contacts that somebody changed, used or removed since: what was done since stays.
    pub kept: u64,
    /// The first of those that were kept.
    pub kept_contacts: Vec<KeptContact>,
}

/// A contact that an import had added or changed, and that was not taken back as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptContact {
    pub id: ContactId,
    /// Its name or its company; empty for one that is gone.
    pub name: String,
    pub why: WhyKept,
}

/// Why a contact was not taken back as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyKept {
    /// It was changed since; what the import had changed and nobody since was taken back.
    ChangedSince,
    /// A call was with it, or something was written about it: it stays as it is.
    UsedSince,
    /// It is not here any more: somebody removed it or made one of it and another.
    GoneSince,
}

impl WhyKept {
    /// Every reason, for tests that look each one up in the catalogue of texts.
    pub const ALL: [Self; 3] = [Self::ChangedSince, Self::UsedSince, Self::GoneSince];

    /// Its name in JSON and in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChangedSince => "changed_since",
            Self::UsedSince => "used_since",
            Self::GoneSince => "gone_since",
        }
    }
}

/// Why an import can't be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CannotUndo {
    /// There is no such import.
    Unknown,
    /// It was taken back before.
    Already,
    /// It is not kept any more what it changed, or it changed nothing.
    NothingKept,
}

enum One {
    Removed,
    Restored,
    Kept(KeptContact),
}

impl Store {
    /// Takes back what an import changed: contacts that it added go, those that it changed are as they were before. What was
    /// changed since stays. Interrupted, it is taken up again by another call.
    ///
    /// # Errors
    /// When it could not be saved; what was taken back up to then stays so.
    pub fn undo_import(&self, import: Uuid, now: DateTime<Utc>) -> Result<Result<Undone, CannotUndo>, StoreError> {
        let Some(record) = self.imports(1_000_000)?.into_iter().find(|record| record.id == import) else {
            return Ok(Err(CannotUndo::Unknown));
        };
        if record.undone_at.is_some() {
            return Ok(Err(CannotUndo::Already));
        }
        let mut undone = Undone { import: record, removed: 0, restored: 0, kept: 0, kept_contacts: Vec::new() };
        let mut any = false;
        loop {
            let stretch = self.write_in_turn(|tx, others_wait| stretch(tx, import, ms(now), others_wait))?;
            if stretch.is_empty() {
                break;
            }
            any = true;
            for one in stretch {
                match one {
                    One::Removed => undone.removed += 1,
                    One::Restored => undone.restored += 1,
                    One::Kept(kept) => {
                        undone.kept += 1;
                        if undone.kept_contacts.len() < NAMED {
                            undone.kept_contacts.push(kept);
                        }
                    }
                }
            }
        }
        if !any {
            return Ok(Err(CannotUndo::NothingKept));
        }
        undone.import.undone_at = Some(now);
        self.write(|tx| imports::save(tx, &undone.import))?;
        Ok(Ok(undone))
    }
}

/// Takes back some contacts; nothing once there are no more.
fn stretch(tx: &Transaction<'_>, import: Uuid, now: i64, others_wait: &dyn Fn() -> bool) -> rusqlite::Result<Vec<One>> {
    type Change = (ContactId, i64, String, String);
    let mut select = tx.prepare_cached(
        "SELECT contact, left_at, before, after FROM import_changes WHERE import = ?1 ORDER BY contact LIMIT ?2",
    )?;
    let changes: Vec<Change> = select
        .query_map(params![import.as_bytes(), STRETCH], |row| {
            Ok((ContactId(uuid(row.get_ref(0)?.as_blob()?)?), row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut writer = Writer::new(tx)?;
    let mut done = Vec::with_capacity(changes.len());
    for (id, left_at, before, after) in changes {
        done.push(take_back(&mut writer, id, left_at, (&before, &after), now)?);
        let sql = "DELETE FROM import_changes WHERE import = ?1 AND contact = ?2";
        tx.prepare_cached(sql)?.execute(params![import.as_bytes(), id.0.as_bytes()])?;
        if others_wait() {
            break;
        }
    }
    Ok(done)
}

fn take_back(
    writer: &mut Writer<'_>,
    id: ContactId,
    left_at: i64,
    (before, after): (&str, &str),
    now: i64,
) -> rusqlite::Result<One> {
    let kept = |name: &str, why| One::Kept(KeptContact { id, name: name.to_owned(), why });
    let Some((row, contact)) = row::by_id(writer.tx, id)? else { return Ok(kept("", WhyKept::GoneSince)) };
    let updated_at: i64 = writer
        .tx
        .prepare_cached("SELECT updated_at FROM contacts WHERE row = ?1")?
        .query_row([row], |row| row.get(0))?;
    let untouched = updated_at == left_at;
    if before.is_empty() {
        if is_used(writer, &contact)? {
            return Ok(kept(contact.display_name(), WhyKept::UsedSince));
        }
        if !untouched {
            return Ok(kept(contact.display_name(), WhyKept::ChangedSince));
        }
        remove(writer, row, &contact)?;
        return Ok(One::Removed);
    }
    let image = |text: &str| -> rusqlite::Result<Image> {
        let mut image: Image = json(text)?;
        image.contact.email_sources = std::mem::take(&mut image.email_sources);
        Ok(image)
    };
    let (before, after) = (image(before)?, image(after)?);
    if untouched {
        writer.update(row, &contact, &Prepared::new(before.contact), Some(before.updated_at))?;
        return Ok(One::Restored);
    }
    let now_is = taken_back(&contact, &before.contact, &after.contact);
    writer.update(row, &contact, &Prepared::new(now_is), Some(now))?;
    Ok(kept(contact.display_name(), WhyKept::ChangedSince))
}

/// Whether a call was with a contact, or anything was written about it.
fn is_used(writer: &Writer<'_>, contact: &Contact) -> rusqlite::Result<bool> {
    if contact.last_used_at.is_some() {
        return Ok(true);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM interactions WHERE contact_id = ?1) OR EXISTS (SELECT 1 FROM calls WHERE contact_id = ?1)";
    writer.tx.prepare_cached(sql)?.query_row([contact.id.0.as_bytes()], |row| row.get(0))
}
