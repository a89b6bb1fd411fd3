//! Searching as a person types, in bounded time however many contacts there are.
//!
//! The index only proposes: every contact is read and compared with [`Query::matches`] before it is shown. What was used
//! lately is proposed first, then what the whole words lead to, then beginnings; the proposals are ranked, and there are
//! never more than a few hundred of them.

use std::collections::HashSet;

use rusqlite::{Connection, Rows, params};
use timbre_domain::contact::Contact;
use timbre_domain::number::Country;
use timbre_domain::search::{NumberPart, Query};

use super::row::{self, RowId};
use crate::{Store, StoreError};

/// Contacts used last that are proposed to every search.
const LATELY: usize = 100;
/// Proposals for each contact that is shown: enough to rank, few enough to read.
const PROPOSED: usize = 4;
/// Most proposals that are read for a part of a number: its groups of digits may stand in another order.
const LOOKED_AT: usize = 2_000;
/// Proposals that are read from the database together.
const BATCH: usize = 64;
/// Beginnings of so many letters are in the full text's index of beginnings (`prefix` in migration 2).
const INDEXED: usize = 5;

impl Store {
    /// The contacts that have everything that was typed, the best first, `limit` at most. A text without letters and
    /// digits brings those used last.
    pub fn search_contacts(&self, text: &str, country: Country, limit: usize) -> Result<Vec<Contact>, StoreError> {
        let limit = limit.min(1_000);
        self.search(|db| {
            let Some(query) = Query::read(text, country) else { return used_lately(db, limit) };
            let mut found = Found { db, wanted: limit * PROPOSED, rows: HashSet::new(), contacts: Vec::new() };
            found.propose_used_lately(&query)?;
            found.propose(&query)?;
            if query.number.is_some() && found.contacts.len() < limit {
                // "Bodega 240": the digits may be a word of a name.
                let as_words = Query { words: Query::digits_as_words(text), number: None };
                found.by_words(&as_words, &|_| true)?;
            }
            query.rank(&mut found.contacts);
            found.contacts.truncate(limit);
            Ok(found.contacts)
        })
    }
}

fn used_lately(db: &Connection, limit: usize) -> rusqlite::Result<Vec<Contact>> {
    let sql = row::select!("WHERE last_used_at IS NOT NULL ORDER BY last_used_at DESC LIMIT ?1");
    db.prepare_cached(sql)?.query_map([limit], row::read)?.collect()
}

struct Found<'a> {
    db: &'a Connection,
    wanted: usize,
    rows: HashSet<RowId>,
    contacts: Vec<Contact>,
}

impl Found<'_> {
    fn enough(&self) -> bool {
        self.contacts.len() >= self.wanted
    }

    /// Takes the proposals that have everything that was typed, until there are enough; `at_most` of them are read.
    fn take(
        &mut self,
        query: &Query,
        at_most: usize,
        mut next: impl FnMut() -> rusqlite::Result<Option<RowId>>,
    ) -> rusqlite::Result<()> {
        let mut left = at_most;
        while !self.enough() {
            let mut batch: Vec<RowId> = Vec::with_capacity(BATCH);
            while batch.len() < BATCH.min(left)
                && let Some(row) = next()?
            {
                if !self.rows.contains(&row) && !batch.contains(&row) {
                    batch.push(row);
                }
            }
            if batch.is_empty() {
                break;
            }
            left -= batch.len();
            for (row, contact) in row::by_rows(self.db, &batch)? {
                if !self.enough() && query.matches(&contact) {
                    self.rows.insert(row);
                    self.contacts.push(contact);
                }
            }
        }
        Ok(())
    }

    fn propose_used_lately(&mut self, query: &Query) -> rusqlite::Result<()> {
        let mut lately = self.db.prepare_cached(
            "SELECT row FROM contacts WHERE last_used_at IS NOT NULL ORDER BY last_used_at DESC LIMIT ?1",
        )?;
        let mut rows = lately.query([LATELY])?;
        self.take(query, LATELY, || first(&mut rows))
    }

    fn propose(&mut self, query: &Query) -> rusqlite::Result<()> {
        match &query.number {
            None => self.by_words(query, &|_| true),
            Some(part) => self.by_number(query, part),
        }
    }

    fn by_words(&mut self, query: &Query, also: &dyn Fn(RowId) -> bool) -> rusqlite::Result<()> {
        if query.words.is_empty() {
            return Ok(());
        }
        let all =
            |part: &dyn Fn(&str) -> String| query.words.iter().map(|word| part(word)).collect::<Vec<_>>().join(" ");
        self.with_words(&all(&quoted), usize::MAX, query, also)?;
        if query.words.iter().any(|word| word.chars().count() > INDEXED) {
            // A longer beginning makes full text gather all that begin so before it gives the first. Where many do, enough
            // are among the first of those that its index of beginnings leads to; where few do, gathering them is short.
            let indexed = |word: &str| format!("{}*", quoted(&word.chars().take(INDEXED).collect::<String>()));
            self.with_words(&all(&indexed), LOOKED_AT / 4, query, also)?;
        }
        self.with_words(&all(&|word| format!("{}*", quoted(word))), usize::MAX, query, also)
    }

    fn with_words(
        &mut self,
        expression: &str,
        at_most: usize,
        query: &Query,
        also: &dyn Fn(RowId) -> bool,
    ) -> rusqlite::Result<()> {
        if self.enough() {
            return Ok(());
        }
        let mut rows = self.db.prepare_cached("SELECT rowid FROM contacts_by_word WHERE contacts_by_word MATCH ?1")?;
        let mut rows = rows.query([expression])?;
        self.take(query, at_most, || {
            loop {
                match first(&mut rows)? {
                    Some(row) if !also(row) => {}
                    row => return Ok(row),
                }
            }
        })
    }

    fn by_number(&mut self, query: &Query, part: &NumberPart) -> rusqlite::Result<()> {
        if let Some(key) = &part.key {
            let mut rows = row::rows_with(self.db, key)?.into_iter();
            self.take(query, usize::MAX, || Ok(rows.next()))?;
        }
        for start in &part.key_starts {
            // The digit after the last: no key that begins so comes behind it.
            let end = format!("{start}:");
            let mut seek =
                self.db.prepare_cached("SELECT contact FROM contact_keys WHERE key >= ?1 AND key < ?2 LIMIT ?3")?;
            let mut rows = seek.query(params![start, end, LOOKED_AT])?;
            self.take(query, LOOKED_AT, || first(&mut rows))?;
        }
        for digits in &part.within {
            self.within(query, digits)?;
        }
        Ok(())
    }

    /// The contacts with these digits in a number, and with the words. Whichever of the two is rarer leads.
    fn within(&mut self, query: &Query, digits: &str) -> rusqlite::Result<()> {
        let mut statement =
            self.db.prepare_cached("SELECT rowid FROM contacts_by_digits WHERE contacts_by_digits MATCH ?1")?;
        if query.words.is_empty() {
            let mut rows = statement.query([trigrams(digits)])?;
            return self.take(query, LOOKED_AT, || first(&mut rows));
        }
        let rows = statement.query_map([trigrams(digits)], |row| row.get(0))?;
        let rows = rows.collect::<rusqlite::Result<Vec<RowId>>>()?;
        // Common words are soon found among the first; for rare ones the words lead.
        let all = rows.len() <= LOOKED_AT;
        let mut proposals = rows.iter().copied();
        self.take(query, if all { LOOKED_AT } else { LOOKED_AT / 8 }, || Ok(proposals.next()))?;
        if all || self.enough() {
            return Ok(());
        }
        // Full text gives rows in their order.
        self.by_words(query, &|row| rows.binary_search(&row).is_ok())
    }
}

/// The first column of the next row.
fn first(rows: &mut Rows<'_>) -> rusqlite::Result<Option<RowId>> {
    rows.next()?.map(|row| row.get(0)).transpose()
}

/// A word as a string of the full text's language.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// All groups of three digits: the index knows which contacts have them, not in which order.
fn trigrams(digits: &str) -> String {
    let mut all: Vec<String> = Vec::new();
    for start in 0..digits.len().saturating_sub(2) {
        let group = quoted(&digits[start..start + 3]);
        if !all.contains(&group) {
            all.push(group);
        }
    }
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use timbre_domain::contact::{ContactId, ContactPhone, PhoneKind};
    use timbre_domain::number::PhoneNumber;
    use uuid::Uuid;

    use super::super::super::testing::{TestStore, at, store};
    use super::*;

    const GIVEN: [&str; 8] = ["María", "José", "Ana", "Mario", "Marisol", "Juan", "Zoë", "Íñigo"];
    const FAMILY: [&str; 6] = ["Núñez", "Rojas", "Mora", "Morales", "Araya", "Ortiz"];
    const COMPANIES: [&str; 5] = ["", "Bodega 240", "Cafetalera del Valle S.A.", "3M", "Müller & Söhne"];

    fn people(store: &TestStore) -> Vec<Contact> {
        let mut people = Vec::new();
        for n in 0..240_usize {
            let written = match n % 4 {
                0 => format!("8{:07}", n * 7_919 % 10_000_000),
                1 => format!("+54 9 11 {:08}", 20_000_000 + n * 104_729 % 9_999_999),
                2 => format!("+598 9{:07}", 1_000_000 + n * 15_485 % 8_999_999),
                _ => format!("2{:07}", 2_000_000 + n * 31_337 % 7_999_999),
            };
            let number = PhoneNumber::typed(&written, Country::CR).unwrap();
            let contact = Contact {
                name: format!("{} {}", GIVEN[n % 8], FAMILY[n / 8 % 6]),
                company: COMPANIES[n % 5].into(),
                phones: vec![ContactPhone { number, kind: PhoneKind::Mobile, source: None }],
                emails: vec![format!("m{n}.rojas@valle.example")],
                ..Contact::empty(ContactId(Uuid::from_u128(n as u128 + 1)))
            };
            store.save_contact(&contact, at(0)).unwrap();
            people.push(contact);
        }
        people
    }

    fn ids(contacts: &[Contact]) -> Vec<ContactId> {
        let mut ids: Vec<_> = contacts.iter().map(|contact| contact.id).collect();
        ids.sort();
        ids
    }

    #[test]
    fn the_index_finds_what_looking_at_every_contact_finds() {
        let store = store();
        let people = people(&store);
        let texts = [
            "m",
            "mar",
            "mari",
            "maria",
            "nunez maria",
            "rojas mor",
            "inigo",
            "valle",
            "s.a.",
            "240",
            "bodega 2",
            "3m",
            "muller",
            "sohne zoe",
            "m17.ro",
            "888",
            "1123",
            "+54 9",
            "+5491",
            "+54 11",
            "598 9",
            "+5989",
            "0981",
            "mar 888",
            "ana 11",
            "juan 2",
            "nobody",
            "zz",
            "77 7",
            "22",
            "\"",
            "* OR",
            "a'b",
            "ñ",
            "@valle",
        ];
        for text in texts {
            let query = Query::read(text, Country::CR);
            let as_words = Query { words: Query::digits_as_words(text), number: None };
            let wanted: Vec<Contact> = people
                .iter()
                .filter(|contact| match &query {
                    Some(query) if query.number.is_some() => query.matches(contact) || as_words.matches(contact),
                    Some(query) => query.matches(contact),
                    None => false,
                })
                .cloned()
                .collect();
            let found = store.search_contacts(text, Country::CR, 1_000).unwrap();
            assert_eq!(ids(&found), ids(&wanted), "{text}");
        }
    }

    #[test]
    fn a_number_typed_from_its_beginning_is_found_at_every_digit_from_the_third_on() {
        let store = store();
        for contact in people(&store) {
            let digits = contact.phones[0].number.national_digits();
            for end in 3..=digits.len() {
                let found = store.search_contacts(&digits[..end], Country::CR, 1_000).unwrap();
                assert!(found.iter().any(|found| found.id == contact.id), "{}", &digits[..end]);
            }
        }
    }

    #[test]
    fn what_was_used_last_comes_first_and_a_removed_contact_is_gone() {
        let store = store();
        let people = people(&store);
        store.contact_used(people[160].id, at(5)).unwrap();
        assert_eq!(store.search_contacts("mar", Country::CR, 3).unwrap()[0].id, people[160].id);
        assert_eq!(ids(&store.search_contacts("", Country::CR, 3).unwrap()), [people[160].id]);
        assert!(store.remove_contact(people[160].id).unwrap());
        assert!(!ids(&store.search_contacts("mar", Country::CR, 1_000).unwrap()).contains(&people[160].id));
        assert!(!store.remove_contact(people[160].id).unwrap());
    }

    #[test]
    fn full_text_stays_in_step_with_what_is_changed_merged_and_removed() {
        let store = store();
        let people = people(&store);
        let renamed = Contact { name: "Úrsula Quirós".into(), phones: Vec::new(), ..people[3].clone() };
        store.save_contact(&renamed, at(1)).unwrap();
        assert_eq!(ids(&store.search_contacts("quiros ur", Country::CR, 9).unwrap()), [renamed.id]);
        let (merged, _) =
            store.merge_contacts(people[0].id, &[people[1].id, renamed.id], at(2), |_| Vec::new()).unwrap().unwrap();
        assert_eq!((merged.phones.len(), merged.emails.len()), (2, 3));
        assert!(store.search_contacts("quiros", Country::CR, 9).unwrap().is_empty());
        store.remove_contact(people[5].id).unwrap();
        // SQLite compares the index with what the table says.
        for index in ["contacts_by_word", "contacts_by_digits"] {
            let check = format!("INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)");
            store.writer().execute(&check, []).unwrap();
        }
    }
}
