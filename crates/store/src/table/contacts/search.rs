//! Searching as a person types, in bounded time however many contacts there are.
//!
//! The index only proposes: every contact is read and compared with [`Query::matches`] before it is shown. What was used
//! lately is proposed first, then what the whole words lead to, then beginnings; the proposals are ranked, and there are
//! never more than a few hundred of them.

use rusqlite::{Connection, params};
use timbre_domain::contact::Contact;
use timbre_domain::number::Country;
use timbre_domain::search::{NumberPart, Query};

use super::row::{self, RowId};
use crate::{Store, StoreError};

/// Contacts that were used lately are looked through one by one.
const LATELY: usize = 100;
/// Proposals for each contact that is shown: enough to rank, few enough to read.
const PROPOSED: usize = 4;
/// A part of a number leads to contacts that have its digits in another order; so many are looked at.
const LOOKED_AT: usize = 2_000;

impl Store {
    /// The contacts that have everything that was typed, the best first, `limit` at most. A text without letters and
    /// digits brings those used last.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn search_contacts(&self, text: &str, country: Country, limit: usize) -> Result<Vec<Contact>, StoreError> {
        let limit = limit.min(1_000);
        self.search(|db| {
            let Some(query) = Query::read(text, country) else { return used_lately(db, limit) };
            let mut found = Found { db, wanted: limit * PROPOSED, rows: Vec::new(), contacts: Vec::new() };
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
    rows: Vec<RowId>,
    contacts: Vec<Contact>,
}

impl Found<'_> {
    fn enough(&self) -> bool {
        self.contacts.len() >= self.wanted
    }

    /// Takes a proposal if it has everything that was typed.
    fn look_at(&mut self, row: RowId, query: &Query) -> rusqlite::Result<()> {
        if self.rows.contains(&row) {
            return Ok(());
        }
        if let Some(contact) = row::by_row(self.db, row)?
            && query.matches(&contact)
        {
            self.rows.push(row);
            self.contacts.push(contact);
        }
        Ok(())
    }

    fn propose_used_lately(&mut self, query: &Query) -> rusqlite::Result<()> {
        let mut lately = self.db.prepare_cached(
            "SELECT row FROM contacts WHERE last_used_at IS NOT NULL ORDER BY last_used_at DESC LIMIT ?1",
        )?;
        let rows = lately.query_map([LATELY], |row| row.get(0))?.collect::<rusqlite::Result<Vec<RowId>>>()?;
        rows.into_iter().try_for_each(|row| self.look_at(row, query))
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
        let whole = query.words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let begun = query.words.iter().map(|word| format!("{}*", quoted(word))).collect::<Vec<_>>().join(" ");
        for expression in [whole, begun] {
            let mut rows =
                self.db.prepare_cached("SELECT rowid FROM contacts_by_word WHERE contacts_by_word MATCH ?1")?;
            let mut rows = rows.query([expression])?;
            while !self.enough()
                && let Some(row) = rows.next()?
            {
                let row = row.get(0)?;
                if also(row) {
                    self.look_at(row, query)?;
                }
            }
        }
        Ok(())
    }

    fn by_number(&mut self, query: &Query, part: &NumberPart) -> rusqlite::Result<()> {
        if let Some(key) = &part.key {
            for row in row::rows_with(self.db, key)? {
                self.look_at(row, query)?;
            }
        }
        for start in &part.key_starts {
            // The digit after the last: no key that begins so comes behind it.
            let end = format!("{start}:");
            let mut seek =
                self.db.prepare_cached("SELECT contact FROM contact_keys WHERE key >= ?1 AND key < ?2 LIMIT ?3")?;
            let mut rows = seek.query(params![start, end, LOOKED_AT])?;
            while !self.enough()
                && let Some(row) = rows.next()?
            {
                self.look_at(row.get(0)?, query)?;
            }
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
            let mut looked_at = 0;
            while !self.enough()
                && looked_at < LOOKED_AT
                && let Some(row) = rows.next()?
            {
                self.look_at(row.get(0)?, query)?;
                looked_at += 1;
            }
            return Ok(());
        }
        let rows = statement.query_map([trigrams(digits)], |row| row.get(0))?;
        let rows = rows.collect::<rusqlite::Result<Vec<RowId>>>()?;
        // Common words are soon found among the first; for rare ones the words lead.
        let all = rows.len() <= LOOKED_AT;
        for row in rows.iter().take(if all { LOOKED_AT } else { LOOKED_AT / 8 }) {
            if self.enough() {
                return Ok(());
            }
            self.look_at(*row, query)?;
        }
        if all {
            return Ok(());
        }
        // Full text gives rows in their order.
        self.by_words(query, &|row| rows.binary_search(&row).is_ok())
    }
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
