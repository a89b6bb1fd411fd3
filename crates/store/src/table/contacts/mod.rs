//! `contacts`, the keys they are found by, and the full text beside them.

mod crm;
mod import;
mod index;
mod pulled;
mod row;
mod search;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::crm::ConnectorName;
use timbre_domain::identity::merged;
use timbre_domain::interchange::ExportShape;
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::{OutboxItem, RecordIntent, RecordKind};

pub(super) use crm::{do_not_call, find, known_as, remote_id};
pub(in crate::table) use import::forget_old;
pub use import::{CannotUndo, ImportRow, KeptContact, MergeNote, MergedBy, Outcome, Trial, Undone, WhyKept};
pub use index::IndexState;
pub use pulled::{Gone, Pulled};
pub(super) use pulled::{ids_of, take_in, unlink};
pub use row::Prepared;
pub(super) use row::{Writer, names_of, read_all};
pub(crate) use row::{put_back, take_out};

use super::{ms, outbox};
use crate::journal::touch_contact;
use crate::{Store, StoreError};

/// Seeks the contacts of a number in the index of keys. The limit is for numbers that thousands share, such as a
/// switchboard's.
const BY_KEY: &str = "SELECT contact FROM contact_keys WHERE key = ?1 LIMIT 500";

/// Contacts an export reads at a time.
const PAGE: usize = 500;

/// A contact after a change and what waits because of it, or why the change was refused.
type Changed<E> = Result<(Contact, Vec<OutboxItem>), E>;

impl Store {
    /// Adds a contact, or replaces the one with its id, telephones and all.
    pub fn save_contact(&self, contact: &Contact, now: DateTime<Utc>) -> Result<(), StoreError> {
        let new = Prepared::new(contact.clone());
        self.write(|tx| match row::by_id(tx, contact.id)? {
            Some((row, old)) => Writer::new(tx)?.update(row, &old, &new, Some(ms(now))),
            None => Writer::new(tx)?.insert(&new, ms(now)).map(drop),
        })
    }

    /// Adds a contact that a person typed, and has these CRMs told of it, in one durable transaction. Gives the items that
    /// wait because of it.
    pub fn add_contact(
        &self,
        contact: &Contact,
        tell: &[ConnectorName],
        now: DateTime<Utc>,
    ) -> Result<Vec<OutboxItem>, StoreError> {
        self.write_durably(|tx| add(tx, contact, tell, now))
    }

    /// The contact with this id.
    pub fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.read(|db| Ok(row::by_id(db, id)?.map(|(_, contact)| contact)))
    }

    /// The contacts that reach the subscriber of this number, each once: one seek in the index of keys.
    pub fn contacts_by_number(&self, number: &PhoneNumber) -> Result<Vec<Contact>, StoreError> {
        self.read(|db| {
            let rows = row::rows_with(db, &number.key())?;
            let found = rows.into_iter().filter_map(|row| row::by_row(db, row).transpose());
            found.collect()
        })
    }

    /// Changes a contact that is there, by what it is at this moment, and has the CRMs that `tell` names told of it, in one
    /// durable transaction. Nothing where there is no such contact. Gives the items that wait because of it, too.
    ///
    /// # Errors
    /// When it could not be saved; the change itself may refuse, and then nothing changes either.
    pub fn change_contact<E>(
        &self,
        id: ContactId,
        now: DateTime<Utc>,
        tell: impl FnOnce(&Contact) -> Vec<ConnectorName>,
        change: impl FnOnce(Contact) -> Result<Contact, E>,
    ) -> Result<Option<Changed<E>>, StoreError> {
        self.write_durably(|tx| {
            let Some((row, old)) = row::by_id(tx, id)? else { return Ok(None) };
            let contact = match change(old.clone()) {
                Ok(contact) => contact,
                Err(refused) => return Ok(Some(Err(refused))),
            };
            Writer::new(tx)?.update(row, &old, &Prepared::new(contact.clone()), Some(ms(now)))?;
            let tell = if contact == old { Vec::new() } else { tell(&contact) };
            let waiting = enqueue(tx, id, &tell, now)?;
            Ok(Some(Ok((contact, waiting))))
        })
    }

    /// Remembers that this contact was the one in a call; later it decides among several on one number.
    pub fn contact_used(&self, id: ContactId, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql =
                "UPDATE contacts SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)";
            // Among several on one number the agent chose this one.
            if tx.execute(sql, params![id.0.as_bytes(), ms(at)])? > 0 { touch_contact(tx, id) } else { Ok(()) }
        })
    }

    /// Removes a contact; its calls stay in the history. Whether there was one.
    pub fn remove_contact(&self, id: ContactId) -> Result<bool, StoreError> {
        self.write(|tx| {
            let Some((row, contact)) = row::by_id(tx, id)? else { return Ok(false) };
            // Whoever's it was: a person does not want it here.
            touch_contact(tx, id)?;
            remove(&mut Writer::new(tx)?, row, &contact)?;
            Ok(true)
        })
    }

    /// Makes one contact of several: the first keeps its id and gets what the others have, their calls included. Nothing
    /// where one of them does not exist.
    ///
    /// # Errors
    /// When it could not be saved; then all of them are as they were.
    pub fn merge_contacts(
        &self,
        kept: ContactId,
        others: &[ContactId],
        now: DateTime<Utc>,
        tell: impl FnOnce(&Contact) -> Vec<ConnectorName>,
    ) -> Result<Option<(Contact, Vec<OutboxItem>)>, StoreError> {
        self.write_durably(|tx| {
            let Some((row, before)) = row::by_id(tx, kept)? else { return Ok(None) };
            // All are there before the first is taken apart, and each is taken in once.
            let mut taken_in = Vec::with_capacity(others.len());
            for id in others.iter().collect::<BTreeSet<_>>() {
                match row::by_id(tx, *id)? {
                    Some(_) if *id == kept => {}
                    Some(other) => taken_in.push(other),
                    None => return Ok(None),
                }
            }
            let mut contact = before.clone();
            let mut writer = Writer::new(tx)?;
            for (other_row, other) in taken_in {
                hand_over(&mut writer, (other_row, &other), (row, kept))?;
                contact = merged(&contact, other);
            }
            writer.update(row, &before, &Prepared::new(contact.clone()), Some(ms(now)))?;
            let waiting = enqueue(tx, kept, &tell(&contact), now)?;
            Ok(Some((contact, waiting)))
        })
    }

    /// How many contacts there are.
    pub fn count_contacts(&self) -> Result<u64, StoreError> {
        self.read(|db| db.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0)))
    }

    /// All contacts as they are at this moment, for an export: nobody waits for it, and it sees nothing of what is written
    /// meanwhile.
    pub fn contacts_view(&self) -> Result<ContactsView, StoreError> {
        let connection = crate::open::read_only(&self.path)?;
        connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
        Ok(ContactsView(connection))
    }
}

/// Adds a contact that a person typed, and has these CRMs told of it.
pub(super) fn add(
    tx: &Transaction<'_>,
    contact: &Contact,
    tell: &[ConnectorName],
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<OutboxItem>> {
    Writer::new(tx)?.insert(&Prepared::new(contact.clone()), ms(now))?;
    enqueue(tx, contact.id, tell, now)
}

fn remove(writer: &mut Writer<'_>, row: row::RowId, contact: &Contact) -> rusqlite::Result<()> {
    writer.delete(row, contact)?;
    let sql = "UPDATE calls SET contact_id = NULL WHERE contact_id = ?1";
    writer.tx.prepare_cached(sql)?.execute([contact.id.0.as_bytes()]).map(drop)
}

/// One contact goes, and everything that was said of it is said of another from now on.
fn hand_over(
    writer: &mut Writer<'_>,
    (from_row, from): (row::RowId, &Contact),
    (to_row, to): (row::RowId, ContactId),
) -> rusqlite::Result<()> {
    writer.hand_on_origins(from_row, to_row)?;
    writer.delete(from_row, from)?;
    let ids = [to.0.as_bytes(), from.id.0.as_bytes()];
    writer.tx.execute("UPDATE calls SET contact_id = ?1 WHERE contact_id = ?2", ids)?;
    writer.tx.execute("UPDATE interactions SET contact_id = ?1 WHERE contact_id = ?2", ids)?;
    let keys = [to.to_string(), from.id.to_string()];
    writer.tx.execute("UPDATE outbox SET order_key = ?1 WHERE order_key = ?2", keys)?;
    outbox::contact_found(writer.tx, None, &to.to_string())
}

/// Puts the contact, as it is now, into the queues of these CRMs.
fn enqueue(
    tx: &Transaction<'_>,
    id: ContactId,
    tell: &[ConnectorName],
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<OutboxItem>> {
    let intent = RecordIntent { kind: RecordKind::Contact, subject: id.to_string(), taken_back: None };
    let mut waiting = Vec::new();
    for connector in tell {
        let item = outbox::enqueue(tx, connector, &intent, &outbox::QueuePosition::of_contact(id, now), now)?;
        // What came from there is amended there, not made anew.
        if let Some(contact) = find(tx, id)?
            && let Some(there) = remote_id(tx, &contact, connector)?
        {
            crm::known_there(tx, connector, id, &there)?;
        }
        waiting.extend(item.map(|item| outbox::by_id(tx, item.id)).transpose()?.flatten());
    }
    Ok(waiting)
}

/// All contacts as they were at one moment.
#[derive(Debug)]
pub struct ContactsView(Connection);

impl ContactsView {
    /// The contacts behind one in the order of our ids, which is that of their making: a page of an export. From the
    /// beginning without one; empty at the end.
    pub fn after(&self, last: Option<ContactId>) -> Result<Vec<Contact>, StoreError> {
        let last = last.map_or([0; 16], |id| id.0.into_bytes());
        let mut page = self.0.prepare_cached(row::select!("WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
        Ok(page.query_map(params![last, PAGE], row::read)?.collect::<rusqlite::Result<_>>()?)
    }

    /// What an export must know before its first contact.
    pub fn shape(&self) -> Result<ExportShape, StoreError> {
        let longest = |column: &str| {
            let sql = format!("SELECT coalesce(max(json_array_length({column})), 0) FROM contacts");
            self.0.query_row(&sql, [], |row| row.get(0))
        };
        let (phones, emails) = (longest("phones")?, longest("emails")?);
        let sql = "SELECT DISTINCT key FROM contacts, json_each(contacts.fields) WHERE fields <> '' ORDER BY key";
        let fields = self.0.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(ExportShape { phones, emails, fields })
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::contact::{ContactPhone, PhoneKind};
    use timbre_domain::number::Country;
    use uuid::Uuid;

    use super::super::testing::{at, store};
    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::typed(text, Country::CR).unwrap()
    }

    fn contact(n: u128, numbers: &[&str]) -> Contact {
        let phone = |text: &&str| ContactPhone { number: number(text), kind: PhoneKind::Mobile, source: None };
        Contact {
            name: format!("Contacto {n}"),
            company: "Ñandú S.A.".into(),
            phones: numbers.iter().map(phone).collect(),
            ..Contact::empty(ContactId(Uuid::from_u128(n)))
        }
    }

    #[test]
    fn a_contact_is_found_by_any_of_its_numbers_however_they_are_written() {
        let store = store();
        let ana = contact(1, &["8884-8787", "+51 902 871 550", "1155"]);
        store.save_contact(&ana, at(0)).unwrap();
        for text in ["88848787", "+506 8884 8787", "+51902871550", "1155"] {
            assert_eq!(store.contacts_by_number(&number(text)).unwrap(), std::slice::from_ref(&ana), "{text}");
        }
        assert_eq!(store.contacts_by_number(&number("22848787")).unwrap(), []);
    }

    #[test]
    fn a_merge_that_names_one_twice_or_one_that_is_not_there_loses_nobody() {
        let store = store();
        let id = |n| ContactId(Uuid::from_u128(n));
        for n in 1..=3 {
            store.save_contact(&contact(n, &[&format!("8888000{n}")]), at(0)).unwrap();
        }
        assert_eq!(store.merge_contacts(id(1), &[id(2), id(9)], at(1), |_| Vec::new()).unwrap(), None);
        assert_eq!(store.count_contacts().unwrap(), 3, "nothing happened");
        let (one, _) =
            store.merge_contacts(id(1), &[id(2), id(2), id(1), id(3)], at(1), |_| Vec::new()).unwrap().unwrap();
        assert_eq!((one.phones.len(), store.count_contacts().unwrap()), (3, 1));
    }

    #[test]
    fn several_contacts_may_share_a_number_and_one_contact_may_have_it_twice() {
        let store = store();
        store.save_contact(&contact(1, &["88848787", "+50688848787"]), at(0)).unwrap();
        store.save_contact(&contact(2, &["88848787"]), at(0)).unwrap();
        assert_eq!(store.contacts_by_number(&number("88848787")).unwrap().len(), 2);
    }

    #[test]
    fn saving_again_replaces_the_telephones_and_keeps_when_it_was_used() {
        let store = store();
        store.save_contact(&contact(1, &["88848787"]), at(0)).unwrap();
        store.contact_used(ContactId(Uuid::from_u128(1)), at(9)).unwrap();
        store.contact_used(ContactId(Uuid::from_u128(1)), at(5)).unwrap();
        store.save_contact(&contact(1, &["22223333"]), at(10)).unwrap();
        assert_eq!(store.contacts_by_number(&number("88848787")).unwrap(), []);
        let found = store.contact(ContactId(Uuid::from_u128(1))).unwrap().unwrap();
        assert_eq!((found.last_used_at, found.phones.len()), (Some(at(9)), 1));
        assert_eq!(store.count_contacts().unwrap(), 1);
    }

    #[test]
    fn a_lookup_by_number_is_a_seek_in_the_index() {
        let store = store();
        let plan: String = store
            .read(|db| db.query_row(&format!("EXPLAIN QUERY PLAN {BY_KEY}"), ["+50688848787"], |row| row.get(3)))
            .unwrap();
        assert_eq!(plan, "SEARCH contact_keys USING PRIMARY KEY (key=?)");
    }
}
