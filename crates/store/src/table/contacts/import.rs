//! Taking in contacts by the thousand: rows of files, pages of a CRM.
//!
//! Rows come in stretches, each one transaction with the record of how far the import came. A stretch ends early when
//! somebody else wants to write: a call that begins does not wait for an import.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chrono::{DateTime, Utc};
use timbre_domain::contact::Contact;
use timbre_domain::identity::{MergeRule, is_same, marks_of, updated};

use super::super::imports::{self, ImportRecord};
use super::super::ms;
use super::row::{self, Prepared, RowId, Writer};
use crate::{Store, StoreError};

/// Rows in one transaction at most. What a million keys have in common is that each lands on another page: the fewer
/// transactions, the fewer times a page is written.
const STRETCH: usize = 100_000;

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

/// What would become of a contact that comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Added,
    /// A contact of ours changes.
    Changed,
    /// A contact of ours has all of it.
    Unchanged,
}

/// The contacts of a trial, as far as is needed to know one that comes again: eight bytes for each way to know it.
#[derive(Debug, Default)]
pub struct SeenRows(HashSet<u64>);

impl SeenRows {
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
    Change(RowId, Box<(Contact, Prepared)>),
    Keep,
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
        // Nobody is kept waiting while the file is slow to come.
        let Some(first) = next(None) else { return Ok(false) };
        let done = self.write_in_turn(|tx, others_wait| {
            let mut writer = Writer::new(tx)?;
            let mut done = record.clone();
            let mut row = Some(first);
            let mut taken = 0;
            while let Some(taken_in) = row {
                done.rows = taken_in.row;
                match &taken_in.contact {
                    None => done.refused += 1,
                    Some(contact) => match take_in(&mut writer, contact, &taken_in, rule, ms(now))? {
                        Outcome::Added => done.added += 1,
                        Outcome::Changed => done.changed += 1,
                        Outcome::Unchanged => done.unchanged += 1,
                    },
                }
                taken += 1;
                row = if taken == STRETCH || others_wait() { None } else { next(Some(taken_in)) };
            }
            imports::save(tx, &done)?;
            Ok(done)
        })?;
        *record = done;
        Ok(true)
    }

    /// What would become of these rows, one after the other, if they were taken in after those that were `tried` before:
    /// nothing is kept, and nobody waits for it. Nothing comes of rows that were refused.
    pub fn try_import(
        &self,
        rows: &[ImportRow],
        rule: MergeRule,
        tried: &mut SeenRows,
    ) -> Result<Vec<Outcome>, StoreError> {
        self.search(|db| {
            let reading = db.unchecked_transaction()?;
            let mut writer = Writer::new(&reading)?;
            let mut outcomes = Vec::with_capacity(rows.len());
            for row in rows {
                let Some(new) = &row.contact else { continue };
                let again = tried.again(&new.contact, rule);
                outcomes.push(match decide(&mut writer, new, row, rule)? {
                    Decision::Add if again => Outcome::Changed,
                    Decision::Add => Outcome::Added,
                    Decision::Change(..) => Outcome::Changed,
                    Decision::Keep => Outcome::Unchanged,
                });
            }
            Ok(outcomes)
        })
    }
}

fn take_in(
    writer: &mut Writer<'_>,
    new: &Prepared,
    row: &ImportRow,
    rule: MergeRule,
    now: i64,
) -> rusqlite::Result<Outcome> {
    match decide(writer, new, row, rule)? {
        Decision::Add => {
            writer.insert(new, now)?;
            Ok(Outcome::Added)
        }
        Decision::Change(row, both) => {
            let (before, after) = *both;
            writer.update(row, &before, &after, Some(now))?;
            Ok(Outcome::Changed)
        }
        Decision::Keep => Ok(Outcome::Unchanged),
    }
}

/// Whether it is known: by its id here, by the id of the program it comes from, or by the rule, the one used last of
/// several.
fn decide(writer: &mut Writer<'_>, new: &Prepared, row: &ImportRow, rule: MergeRule) -> rusqlite::Result<Decision> {
    let (contact, again) = (&new.contact, row.again);
    let known = match known_by_id(writer, new, row.own_id)? {
        Some(row) => row::by_row(writer.tx, row)?.map(|ours| (row, ours)),
        None => known_by_rule(writer, new, rule)?,
    };
    let Some((row, ours)) = known else { return Ok(Decision::Add) };
    let now = Prepared::new(updated(&ours, contact.clone(), again));
    if now.is_same(&Prepared::new(ours.clone())) {
        return Ok(Decision::Keep);
    }
    Ok(Decision::Change(row, Box::new((ours, now))))
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
    new: &Prepared,
    rule: MergeRule,
) -> rusqlite::Result<Option<(RowId, Contact)>> {
    if rule == MergeRule::Never {
        return Ok(None);
    }
    let mut best: Option<(RowId, Contact)> = None;
    let mut seen = Vec::new();
    let ids_there = new.contact.origin.as_ref().filter(|origin| origin.external_id.is_some());
    let ids_there = ids_there.map(|origin| format!("id:{}\n", origin.source));
    for key in &new.keys {
        for row in writer.rows_with(key)? {
            if seen.contains(&row) {
                continue;
            }
            seen.push(row);
            if let Some(ours) = row::by_row(writer.tx, row)?
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
mod tests {
    use std::collections::VecDeque;

    use timbre_domain::contact::{ContactId, ContactPhone, Origin, PhoneKind};
    use timbre_domain::error::ErrorCode;
    use timbre_domain::number::{Country, PhoneNumber};

    use uuid::Uuid;

    use super::super::super::testing::{TestStore, at, store};
    use super::*;

    fn person(n: u32, external_id: Option<&str>) -> Contact {
        let number = PhoneNumber::typed(&format!("8{n:07}"), Country::CR).unwrap();
        Contact {
            name: format!("Persona {n}"),
            phones: vec![ContactPhone { number, kind: PhoneKind::Mobile, source: Some("crm".into()) }],
            emails: vec![format!("p{n}@example.com")],
            origin: Some(Origin { source: "crm".into(), external_id: external_id.map(str::to_owned) }),
            ..Contact::empty(ContactId(Uuid::now_v7()))
        }
    }

    fn record() -> ImportRecord {
        ImportRecord::begun("contactos.csv".to_owned(), "crm".to_owned(), at(0))
    }

    fn rows(contacts: impl IntoIterator<Item = Contact>) -> VecDeque<ImportRow> {
        let row =
            |(contact, row)| ImportRow { row, contact: Some(Prepared::new(contact)), own_id: false, again: false };
        contacts.into_iter().zip(1..).map(row).collect()
    }

    fn import(store: &TestStore, contacts: impl IntoIterator<Item = Contact>) -> ImportRecord {
        let (mut record, mut rows) = (record(), rows(contacts));
        while store.import_rows(&mut record, &mut |_| rows.pop_front(), MergeRule::default(), at(1)).unwrap() {}
        record
    }

    fn counts(record: &ImportRecord) -> (u64, u64, u64) {
        (record.added, record.changed, record.unchanged)
    }

    #[test]
    fn the_same_file_again_changes_nothing_and_a_new_number_updates() {
        let store = store();
        let people = || (0..50).map(|n| person(n, (n % 2 == 0).then(|| n.to_string()).as_deref()));
        assert_eq!(counts(&import(&store, people())), (50, 0, 0));
        assert_eq!(counts(&import(&store, people())), (0, 0, 50));
        let moved = Contact { phones: person(99, None).phones, ..person(4, Some("4")) };
        assert_eq!(counts(&import(&store, [moved])), (0, 1, 0));
        let number = |n: u32| PhoneNumber::typed(&format!("8{n:07}"), Country::CR).unwrap();
        assert_eq!(store.contacts_by_number(&number(99)).unwrap()[0].name, "Persona 4");
        assert_eq!(store.contacts_by_number(&number(4)).unwrap(), [], "a number that is given up leads to nobody");
        assert_eq!(store.count_contacts().unwrap(), 50);
    }

    #[test]
    fn a_row_that_comes_twice_in_one_file_is_one_contact_and_a_trial_says_so_too() {
        let store = store();
        let twice = || [person(1, None), person(2, None), person(1, None)];
        let mut tried = SeenRows::default();
        let trial = twice().into_iter().flat_map(|contact| {
            store.try_import(rows([contact]).make_contiguous(), MergeRule::default(), &mut tried).unwrap()
        });
        assert_eq!(trial.collect::<Vec<_>>(), [Outcome::Added, Outcome::Added, Outcome::Changed]);
        assert_eq!(store.count_contacts().unwrap(), 0, "a trial keeps nothing");
        assert_eq!(counts(&import(&store, twice())), (2, 0, 1));
    }

    #[test]
    fn contacts_that_a_person_merged_stay_one_when_their_records_come_again() {
        let store = store();
        let people = || [person(1, Some("1")), person(2, Some("2")), person(3, Some("3"))];
        import(&store, people());
        let ids: Vec<ContactId> =
            store.contacts_view().unwrap().after(None).unwrap().iter().map(|contact| contact.id).collect();
        store.merge_contacts(ids[1], &[ids[2]], at(2), |_| Vec::new()).unwrap().unwrap();
        store.merge_contacts(ids[0], &[ids[1]], at(2), |_| Vec::new()).unwrap().unwrap();
        assert_eq!(counts(&import(&store, people())), (0, 0, 3));
        assert_eq!(counts(&import(&store, people())), (0, 0, 3));
        assert_eq!(store.count_contacts().unwrap(), 1);
        let one = store.contact(ids[0]).unwrap().unwrap();
        assert_eq!((one.phones.len(), one.emails.len()), (3, 3), "{one:?}");
    }

    #[test]
    fn the_record_says_how_far_it_came_and_is_found_again() {
        let store = store();
        let mut done = import(&store, (0..3).map(|n| person(n, None)));
        assert_eq!((done.rows, done.finished_at), (3, None));
        assert_eq!(store.imports(9).unwrap(), std::slice::from_ref(&done));
        done.finished_at = Some(at(2));
        store.save_import(&done).unwrap();
        assert_eq!(store.imports(9).unwrap(), [done]);
    }

    #[test]
    fn a_full_disk_loses_no_stretch_that_was_told_and_keeps_none_that_was_not() {
        let store = store();
        let limit = |pages: i64| -> i64 {
            store.writer().query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).unwrap()
        };
        let used: i64 = store.writer().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        limit(used + 60);
        let (mut record, mut rows) = (record(), rows((0..5_000).map(|n| person(n, None))));
        let mut left = 100;
        let failed = loop {
            // Stretches of a hundred rows.
            let mut next = |_| (left > 0).then(|| rows.pop_front()).flatten().inspect(|_| left -= 1);
            match store.import_rows(&mut record, &mut next, MergeRule::default(), at(1)) {
                Ok(true) => left = 100,
                Ok(false) => panic!("the disk was not full"),
                Err(error) => break error,
            }
        };
        assert_eq!(failed.code(), ErrorCode::DiskFull, "{failed}");
        assert!(record.rows > 0 && record.rows % 100 == 0, "{record:?}");
        assert_eq!(store.count_contacts().unwrap(), record.rows);
        assert_eq!(store.imports(1).unwrap(), std::slice::from_ref(&record));
        limit(i64::from(u32::MAX) - 1);
        let all = import(&store, (0..5_000).map(|n| person(n, None)));
        assert_eq!(counts(&all), (5_000 - record.rows, 0, record.rows), "the second run brings the rest");
    }

    #[test]
    fn another_writer_does_not_wait_for_the_end_of_an_import() {
        let store = store();
        let (mut record, mut rows) = (record(), rows((0..2_000).map(|n| person(n, None))));
        let mut stretches = 0;
        std::thread::scope(|scope| {
            let mut writer = None;
            let mut next = |_| {
                // In the middle of a stretch, with the lock held, somebody else wants to write.
                if writer.is_none() && rows.len() == 1_500 {
                    writer = Some(scope.spawn(|| store.set_setting("call", &true).unwrap()));
                    while !store.turns.others_wait() {
                        std::thread::yield_now();
                    }
                }
                rows.pop_front()
            };
            while store.import_rows(&mut record, &mut next, MergeRule::default(), at(1)).unwrap() {
                stretches += 1;
                if stretches == 1 {
                    assert!(record.rows < 600, "the stretch went on to row {} while a writer waited", record.rows);
                }
            }
        });
        assert_eq!((record.rows, store.setting("call").unwrap()), (2_000, Some(true)));
    }
}
