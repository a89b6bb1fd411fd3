//! A contact's row, the keys it is found by and its full text: how they are read, and the one place that writes them.

use std::collections::{BTreeSet, HashMap, HashSet};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use timbre_domain::contact::{Contact, ContactId, ContactPhone, Origin, PhoneKind, email_key};
use timbre_domain::identity::{keys_of, origin_key};
use timbre_domain::number::PhoneNumber;
use timbre_domain::search::{digits_in, words_of};

use super::super::{hex_list, json, ms, time, to_json, uuid};
use crate::journal;

/// `contacts.row`: the database's own number of a contact.
pub(super) type RowId = i64;

/// What [`read`] takes, in its order.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, company, phones, emails, fields, owner, do_not_call, source, external_id, last_used_at, typed, row ",
            "FROM contacts ",
            $rest
        )
    };
}
pub(super) use select;

pub(super) fn by_row(db: &Connection, row: RowId) -> rusqlite::Result<Option<Contact>> {
    db.prepare_cached(select!("WHERE row = ?1"))?.query_row([row], read).optional()
}

/// The contacts in these rows, in this order, with their rows; those that are gone are left out.
pub(super) fn by_rows(db: &Connection, rows: &[RowId]) -> rusqlite::Result<Vec<(RowId, Contact)>> {
    let sql = select!(
        "JOIN (SELECT key AS place, value AS wanted FROM json_each(?1)) ON row = wanted
         ORDER BY place"
    );
    let found = |found: &Row<'_>| Ok((found.get(12)?, read(found)?));
    db.prepare_cached(sql)?.query_map([to_json(&rows)?], found)?.collect()
}

/// The rows that a key leads to.
pub(super) fn rows_with(db: &Connection, key: &str) -> rusqlite::Result<Vec<RowId>> {
    db.prepare_cached(super::BY_KEY)?.query_map([key], |row| row.get(0))?.collect()
}

/// Every row that a key leads to, however many share it.
pub(super) fn all_rows_with(db: &Connection, key: &str) -> rusqlite::Result<Vec<RowId>> {
    let sql = "SELECT contact FROM contact_keys WHERE key = ?1";
    db.prepare_cached(sql)?.query_map([key], |row| row.get(0))?.collect()
}

pub(super) fn by_id(db: &Connection, id: ContactId) -> rusqlite::Result<Option<(RowId, Contact)>> {
    let mut seek = db.prepare_cached(BY_ID)?;
    let row: Option<RowId> = seek.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?;
    let Some(row) = row else { return Ok(None) };
    Ok(by_row(db, row)?.map(|contact| (row, contact)))
}

/// The names and companies of these contacts; those that are gone are left out.
pub(in crate::table) fn names_of(
    db: &Connection,
    ids: &BTreeSet<ContactId>,
) -> rusqlite::Result<HashMap<ContactId, (String, String)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = db.prepare_cached(NAMES_OF)?;
    let name = |row: &Row<'_>| Ok((ContactId(uuid(row.get_ref(0)?.as_blob()?)?), (row.get(1)?, row.get(2)?)));
    select.query_map([hex_list(ids.iter().map(|id| id.0))?], name)?.collect()
}

const NAMES_OF: &str = "SELECT id, name, company FROM contacts WHERE id IN (SELECT unhex(value) FROM json_each(?1))";

/// The ids of other programs that a contact is known by, as `identity::origin_key` writes them.
pub(super) fn ids_of(db: &Connection, row: RowId) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached(IDS_OF)?.query_map([row], |row| row.get(0))?.collect()
}

/// Word for word what the index says, so that it is used.
const IDS_OF: &str = "SELECT key FROM contact_keys WHERE contact = ?1 AND key >= 'id:' AND key < 'id;' ORDER BY key";

const BY_ID: &str = "SELECT row FROM contacts WHERE id = ?1";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Contact> {
    let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
    let phones: Vec<(String, Option<String>, PhoneKind, Option<String>)> = json(text(3)?)?;
    let phone = |(raw, e164, kind, source)| ContactPhone { number: PhoneNumber::stored(raw, e164), kind, source };
    let emails: Vec<StoredEmail> = json(text(4)?)?;
    let (fields, typed) = (text(5)?, text(11)?);
    let source: Option<String> = row.get(8)?;
    let external_id = row.get(9)?;
    Ok(Contact {
        id: ContactId(uuid(row.get_ref(0)?.as_blob()?)?),
        name: row.get(1)?,
        company: row.get(2)?,
        phones: phones.into_iter().map(phone).collect(),
        email_sources: emails.iter().filter_map(StoredEmail::source).collect(),
        emails: emails.into_iter().map(StoredEmail::address).collect(),
        owner: row.get(6)?,
        do_not_call: row.get(7)?,
        fields: if fields.is_empty() { Default::default() } else { json(fields)? },
        origin: source.map(|source| Origin { source, external_id }),
        last_used_at: row.get::<_, Option<i64>>(10)?.map(time).transpose()?,
        typed: if typed.is_empty() { Default::default() } else { json(typed)? },
    })
}

/// An address, as the column has it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredEmail {
    Plain(String),
    /// With the program whose record brought it.
    Brought(String, String),
}

impl StoredEmail {
    fn source(&self) -> Option<(String, String)> {
        match self {
            Self::Plain(_) => None,
            Self::Brought(address, source) => Some((email_key(address), source.clone())),
        }
    }

    fn address(self) -> String {
        match self {
            Self::Plain(address) | Self::Brought(address, _) => address,
        }
    }
}

/// Reads every row, as a check that each one can be read.
pub(in crate::table) fn read_all(db: &Connection) -> rusqlite::Result<()> {
    db.prepare(select!(""))?.query_map([], read)?.try_for_each(|row| row.map(drop))
}

/// A contact with everything that is written of it, worked out: away from the database, by as many threads as there are.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(super) contact: Contact,
    pub(super) keys: Vec<String>,
    pub(super) origin: Option<String>,
    phones: String,
    emails: String,
    fields: String,
    words: String,
    digits: String,
    typed: String,
}

impl Prepared {
    /// Whether the same would be written of both, to the letter.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        is_same(&self.contact, &other.contact)
    }

    #[must_use]
    pub fn new(contact: Contact) -> Self {
        // Texts, numbers and truth values only: nothing of them has no JSON.
        let json = |value: rusqlite::Result<String>| value.unwrap_or_default();
        let phone = |phone: &ContactPhone| {
            (phone.number.raw().to_owned(), phone.number.e164().map(str::to_owned), phone.kind, phone.source.clone())
        };
        let phones = contact.phones.iter().map(phone).collect::<Vec<_>>();
        let emails = contact.emails.iter().map(|email| match contact.email_sources.get(&email_key(email)) {
            Some(source) => StoredEmail::Brought(email.clone(), source.clone()),
            None => StoredEmail::Plain(email.clone()),
        });
        let fields = if contact.fields.is_empty() { String::new() } else { json(to_json(&contact.fields)) };
        Self {
            keys: keys_of(&contact),
            origin: origin_key(&contact),
            phones: json(to_json(&phones)),
            emails: json(to_json(&emails.collect::<Vec<_>>())),
            fields,
            typed: if contact.typed.is_empty() { String::new() } else { json(to_json(&contact.typed)) },
            words: words_of(&contact),
            digits: digits_in(&contact),
            contact,
        }
    }
}

/// Whether the same would be written of both contacts, to the letter.
pub(super) fn is_same(one: &Contact, other: &Contact) -> bool {
    // Two numbers are equal however they are written: what is written counts here.
    let written =
        |a: &ContactPhone, b: &ContactPhone| a.number.raw() == b.number.raw() && a.number.e164() == b.number.e164();
    one == other && one.phones.iter().zip(&other.phones).all(|(a, b)| written(a, b))
}

/// Whether a person typed something of it here.
fn is_ours(contact: &Contact) -> bool {
    contact.origin.is_none() || !contact.typed.is_empty() || contact.phones.iter().any(|phone| phone.source.is_none())
}

/// Takes a contact out that is to be brought back as it was at another time; nothing where there is none.
pub(crate) fn take_out(tx: &Transaction<'_>, id: &[u8]) -> rusqlite::Result<()> {
    let row: Option<RowId> = tx.prepare_cached(BY_ID)?.query_row([id], |row| row.get(0)).optional()?;
    let Some(row) = row else { return Ok(()) };
    match by_row(tx, row)? {
        Some(contact) => Writer::new(tx)?.erase(row, &contact),
        None => Ok(()),
    }
}

/// A row that was put into `contacts` without what it is found by gets it.
pub(crate) fn put_back(tx: &Transaction<'_>, row: RowId, ids: &[String]) -> rusqlite::Result<()> {
    let Some(contact) = by_row(tx, row)? else { return Ok(()) };
    let mut writer = Writer::new(tx)?;
    let whole = Prepared::new(contact);
    tx.prepare_cached("UPDATE contacts SET words = ?2, digits = ?3 WHERE row = ?1")?.execute(params![
        row,
        whole.words,
        whole.digits
    ])?;
    writer.add_words.execute(params![row, whole.words])?;
    writer.add_digits.execute(params![row, whole.digits])?;
    for key in whole.keys.iter().chain(&whole.origin).chain(ids) {
        writer.add_key.execute(params![key, row])?;
    }
    Ok(())
}

/// Writes contacts; its statements are prepared once for as many as there are.
pub(in crate::table) struct Writer<'a> {
    pub(super) tx: &'a Transaction<'a>,
    by_id: CachedStatement<'a>,
    by_key: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    add_key: CachedStatement<'a>,
    add_words: CachedStatement<'a>,
    add_digits: CachedStatement<'a>,
}

impl<'a> Writer<'a> {
    pub(in crate::table) fn new(tx: &'a Transaction<'a>) -> rusqlite::Result<Self> {
        Ok(Self {
            tx,
            by_id: tx.prepare_cached(BY_ID)?,
            by_key: tx.prepare_cached(super::BY_KEY)?,
            insert: tx.prepare_cached(
                "INSERT INTO contacts (id, name, company, phones, emails, fields, owner, do_not_call, source,
                                       external_id, last_used_at, created_at, updated_at, words, digits, typed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14, ?15)",
            )?,
            add_key: tx.prepare_cached("INSERT OR IGNORE INTO contact_keys (key, contact) VALUES (?1, ?2)")?,
            add_words: tx.prepare_cached("INSERT INTO contacts_by_word (rowid, words) VALUES (?1, ?2)")?,
            add_digits: tx.prepare_cached("INSERT INTO contacts_by_digits (rowid, digits) VALUES (?1, ?2)")?,
        })
    }

    pub(super) fn row_of(&mut self, id: ContactId) -> rusqlite::Result<Option<RowId>> {
        self.by_id.query_row([id.0.as_bytes()], |row| row.get(0)).optional()
    }

    pub(super) fn rows_with(&mut self, key: &str) -> rusqlite::Result<Vec<RowId>> {
        self.by_key.query_map([key], |row| row.get(0))?.collect()
    }

    pub(super) fn insert(&mut self, new: &Prepared, now: i64) -> rusqlite::Result<RowId> {
        let contact = &new.contact;
        let origin = contact.origin.as_ref();
        self.insert.execute(params![
            contact.id.0.as_bytes(),
            contact.name,
            contact.company,
            new.phones,
            new.emails,
            new.fields,
            contact.owner,
            contact.do_not_call,
            origin.map(|origin| &origin.source),
            origin.and_then(|origin| origin.external_id.as_ref()),
            contact.last_used_at.map(ms),
            now,
            new.words,
            new.digits,
            new.typed,
        ])?;
        let row = self.tx.last_insert_rowid();
        self.note(contact)?;
        for key in new.keys.iter().chain(&new.origin) {
            self.add_key.execute(params![key, row])?;
        }
        self.add_words.execute(params![row, new.words])?;
        self.add_digits.execute(params![row, new.digits])?;
        Ok(row)
    }

    /// Replaces all but the id and the time of making. A time of use never goes back. Without a time the contact itself did
    /// not change, only what it is found by.
    pub(super) fn update(
        &mut self,
        row: RowId,
        old: &Contact,
        new: &Prepared,
        now: Option<i64>,
    ) -> rusqlite::Result<()> {
        let contact = &new.contact;
        let origin = contact.origin.as_ref();
        let (words, digits) = self.text(row)?;
        if is_ours(old) {
            self.note(old)?;
        }
        self.note(contact)?;
        self.tx
            .prepare_cached(
                "UPDATE contacts SET name = ?2, company = ?3, phones = ?4, emails = ?5, fields = ?6, owner = ?7,
                                     do_not_call = ?8, source = ?9, external_id = ?10,
                                     last_used_at = max(coalesce(?11, last_used_at), coalesce(last_used_at, ?11)),
                                     updated_at = coalesce(?12, updated_at), words = ?13, digits = ?14, typed = ?15
                 WHERE row = ?1",
            )?
            .execute(params![
                row,
                contact.name,
                contact.company,
                new.phones,
                new.emails,
                new.fields,
                contact.owner,
                contact.do_not_call,
                origin.map(|origin| &origin.source),
                origin.and_then(|origin| origin.external_id.as_ref()),
                contact.last_used_at.map(ms),
                now,
                new.words,
                new.digits,
                new.typed,
            ])?;
        if (&words, &digits) != (&new.words, &new.digits) {
            self.drop_text(row, &words, &digits)?;
            self.add_words.execute(params![row, new.words])?;
            self.add_digits.execute(params![row, new.digits])?;
        }
        self.rekey(row, old, contact)
    }

    /// A contact is found by these keys, too.
    pub(super) fn add_keys(&mut self, row: RowId, keys: &[String]) -> rusqlite::Result<()> {
        keys.iter().try_for_each(|key| self.add_key.execute(params![key, row]).map(drop))
    }

    /// What a contact is found by, once it is another than it was.
    pub(super) fn rekey(&mut self, row: RowId, old: &Contact, new: &Contact) -> rusqlite::Result<()> {
        let before: HashSet<String> = keys_of(old).into_iter().chain(origin_key(old)).collect();
        let after: HashSet<String> = keys_of(new).into_iter().chain(origin_key(new)).collect();
        let gone: Vec<String> = before.difference(&after).cloned().collect();
        self.drop_keys(row, &gone)?;
        for key in &after {
            self.add_key.execute(params![key, row])?;
        }
        Ok(())
    }

    /// Hands on the records that another contact came from, so that they are known when they come again.
    pub(super) fn hand_on_origins(&self, from: RowId, to: RowId) -> rusqlite::Result<()> {
        let sql = "UPDATE OR REPLACE contact_keys SET contact = ?2 WHERE contact = ?1 AND key >= 'id:' AND key < 'id;'";
        self.tx.prepare_cached(sql)?.execute([from, to]).map(drop)
    }

    /// The contact is known under one more id of another program.
    pub(super) fn add_origin(&mut self, row: RowId, source: &str, id: &str) -> rusqlite::Result<()> {
        self.add_key.execute(params![format!("id:{source}\n{id}"), row]).map(drop)
    }

    pub(super) fn delete(&mut self, row: RowId, contact: &Contact) -> rusqlite::Result<()> {
        self.note(contact)?;
        self.erase(row, contact)
    }

    fn erase(&self, row: RowId, contact: &Contact) -> rusqlite::Result<()> {
        let (words, digits) = self.text(row)?;
        self.drop_text(row, &words, &digits)?;
        self.drop_keys(row, &keys_of(contact).into_iter().chain(ids_of(self.tx, row)?).collect::<Vec<_>>())?;
        self.tx.prepare_cached("DELETE FROM contacts WHERE row = ?1")?.execute([row]).map(drop)
    }

    /// The journal is to have a contact that a person typed or changed; those of files and CRMs can be had again.
    fn note(&self, contact: &Contact) -> rusqlite::Result<()> {
        if is_ours(contact) { journal::touch_contact(self.tx, contact.id) } else { Ok(()) }
    }

    /// What full text holds of a row: taking it out needs it to the letter.
    fn text(&self, row: RowId) -> rusqlite::Result<(String, String)> {
        let mut text = self.tx.prepare_cached("SELECT words, digits FROM contacts WHERE row = ?1")?;
        text.query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn drop_text(&self, row: RowId, words: &str, digits: &str) -> rusqlite::Result<()> {
        let sql = "INSERT INTO contacts_by_word (contacts_by_word, rowid, words) VALUES ('delete', ?1, ?2)";
        self.tx.prepare_cached(sql)?.execute(params![row, words])?;
        let sql = "INSERT INTO contacts_by_digits (contacts_by_digits, rowid, digits) VALUES ('delete', ?1, ?2)";
        self.tx.prepare_cached(sql)?.execute(params![row, digits]).map(drop)
    }

    /// The contact is not known any more under an id of another program.
    pub(super) fn drop_id(&self, row: RowId, key: String) -> rusqlite::Result<()> {
        self.drop_keys(row, &[key])
    }

    fn drop_keys(&self, row: RowId, keys: &[String]) -> rusqlite::Result<()> {
        let mut delete = self.tx.prepare_cached("DELETE FROM contact_keys WHERE key = ?1 AND contact = ?2")?;
        keys.iter().try_for_each(|key| delete.execute(params![key, row]).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{plan, store};
    use super::{IDS_OF, NAMES_OF};

    #[test]
    fn the_ids_of_a_contact_are_a_seek_in_their_own_index() {
        let plan: String =
            store().read(|db| db.query_row(&format!("EXPLAIN QUERY PLAN {IDS_OF}"), [1], |row| row.get(3))).unwrap();
        assert!(plan.starts_with("SEARCH contact_keys USING COVERING INDEX contact_ids (contact=?"), "{plan}");
    }
    #[test]
    fn the_names_of_contacts_are_seeks_and_no_scan() {
        let plan = plan(&store(), NAMES_OF);
        assert!(plan.starts_with("SEARCH contacts USING INDEX"), "{plan}");
    }
}
