//! `contacts` and `contact_phones`.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use timbre_domain::contact::{Contact, ContactId, ContactPhone};
use timbre_domain::number::PhoneNumber;

use super::{from_word, ms, time, uuid, word};
use crate::{Store, StoreError};

impl Store {
    /// Adds a contact, or replaces the one with its id, telephones and all.
    ///
    /// # Errors
    /// When it could not be saved; then nothing of it was.
    pub fn save_contact(&self, contact: &Contact, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| save(tx, contact, now))
    }

    /// The contact with this id.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.read(|db| by_id(db, id))
    }

    /// The contacts with this number, each once: one seek in the index of numbers.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn contacts_by_number(&self, number: &PhoneNumber) -> Result<Vec<Contact>, StoreError> {
        self.read(|db| {
            let mut seek = db.prepare_cached("SELECT DISTINCT contact_id FROM contact_phones WHERE key = ?1")?;
            let ids = seek.query_map([number.key()], |row| uuid(row.get_ref(0)?.as_blob()?))?;
            let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
            let found = ids.into_iter().map(|id| by_id(db, ContactId(id)));
            Ok(found.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    /// Remembers that this contact was the one in a call; later it decides among several on one number.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn contact_used(&self, id: ContactId, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql =
                "UPDATE contacts SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)";
            tx.execute(sql, params![id.0.as_bytes(), ms(at)]).map(drop)
        })
    }

    /// How many contacts there are.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn count_contacts(&self) -> Result<u64, StoreError> {
        self.read(|db| db.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0)))
    }
}

fn save(tx: &Transaction<'_>, contact: &Contact, now: DateTime<Utc>) -> rusqlite::Result<()> {
    let id = contact.id.0.as_bytes();
    tx.prepare_cached(
        "INSERT INTO contacts (id, name, company, last_used_at, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, company = excluded.company, updated_at = excluded.updated_at",
    )?
    .execute(params![id, contact.name, contact.company, contact.last_used_at.map(ms), ms(now)])?;
    tx.prepare_cached("DELETE FROM contact_phones WHERE contact_id = ?1")?.execute([id])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO contact_phones (contact_id, position, raw, e164, key, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, phone) in contact.phones.iter().enumerate() {
        let number = &phone.number;
        insert.execute(params![id, position, number.raw(), number.e164(), number.key(), word(phone.kind)?])?;
    }
    Ok(())
}

fn by_id(db: &Connection, id: ContactId) -> rusqlite::Result<Option<Contact>> {
    let mut one = db.prepare_cached("SELECT name, company, last_used_at FROM contacts WHERE id = ?1")?;
    let found = one.query_row([id.0.as_bytes()], |row| {
        let last_used_at = row.get::<_, Option<i64>>(2)?.map(time).transpose()?;
        Ok(Contact { id, name: row.get(0)?, company: row.get(1)?, phones: Vec::new(), last_used_at })
    });
    let Some(mut contact) = found.optional()? else { return Ok(None) };
    let mut phones =
        db.prepare_cached("SELECT raw, e164, kind FROM contact_phones WHERE contact_id = ?1 ORDER BY position")?;
    contact.phones = phones.query_map([id.0.as_bytes()], phone)?.collect::<rusqlite::Result<_>>()?;
    Ok(Some(contact))
}

fn phone(row: &Row<'_>) -> rusqlite::Result<ContactPhone> {
    Ok(ContactPhone { number: PhoneNumber::stored(row.get(0)?, row.get(1)?), kind: from_word(row.get(2)?)? })
}

#[cfg(test)]
mod tests {
    use timbre_domain::contact::PhoneKind;
    use timbre_domain::number::Country;
    use uuid::Uuid;

    use super::super::testing::{at, store};
    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::typed(text, Country::CR).unwrap()
    }

    fn contact(n: u128, numbers: &[&str]) -> Contact {
        let phones = numbers.iter().map(|n| ContactPhone { number: number(n), kind: PhoneKind::Mobile }).collect();
        Contact {
            id: ContactId(Uuid::from_u128(n)),
            name: format!("Contacto {n}"),
            company: "Ñandú S.A.".into(),
            phones,
            last_used_at: None,
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
            .read(|db| {
                db.query_row(
                    "EXPLAIN QUERY PLAN SELECT DISTINCT contact_id FROM contact_phones WHERE key = ?1",
                    ["+50688848787"],
                    |row| row.get(3),
                )
            })
            .unwrap();
        assert!(plan.contains("SEARCH") && plan.contains("contact_phones_by_key (key=?)"), "{plan}");
    }
}
