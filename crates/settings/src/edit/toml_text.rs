//! A TOML text whose values are changed where they stand; everything else stays as it was written, to the byte.
//!
//! The parser says where things are, and pieces of the text are exchanged. To write the parsed document anew would lose
//! the comments of what is taken out, and turn the line ends of a file from Windows.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{ArrayOfTables, Document, DocumentMut, Item, Table, TableLike, Value};

use super::draft::Field;
use super::toml_places::{Section, bare, dotted_as, find, find_table, headers, inline, literal, same};
use super::{ConfigError, EditError};

#[derive(Debug)]
pub(super) struct TomlText {
    text: String,
}

impl TomlText {
    pub(super) fn new(text: String) -> Self {
        Self { text }
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }

    fn doc(&self) -> Result<Document<&str>, EditError> {
        Document::parse(self.text.as_str()).map_err(|error| {
            // Not its own words: they quote the line, and a password may stand on it.
            let (line, column) = error.span().map(|span| crate::layer::position(&self.text, span.start)).unzip();
            EditError::invalid(
                &self.text,
                ConfigError { file: None, line, column, message: error.message().to_owned(), fault: None },
            )
        })
    }

    /// The entry of a list whose `key` is this text.
    pub(super) fn find(&mut self, list: &'static str, key: &str, is: &str) -> Result<Option<usize>, EditError> {
        self.spread(list)?;
        let doc = self.doc()?;
        let Some(entries) = doc.get(list).and_then(Item::as_array_of_tables) else { return Ok(None) };
        let is_it = |table: &Table| table.get(key).and_then(Item::as_str).is_some_and(|text| text.trim() == is.trim());
        Ok(entries.iter().position(is_it))
    }

    /// Sets a key; nothing takes it out.
    pub(super) fn set(&mut self, section: &Section, key: &str, value: Option<Value>) -> Result<(), EditError> {
        let (there, inline) = {
            let doc = self.doc()?;
            let table = find(&doc, section);
            let there = table.and_then(|table| table.get_key_value(key)).and_then(|(key, item)| {
                let same = match (&value, item.as_value()) {
                    (Some(new), Some(old)) => same(old, new),
                    _ => false,
                };
                Some((key.span()?, item.span()?, same))
            });
            (there, inline(&doc, section))
        };
        if let Some((mut table, span)) = inline {
            match value {
                Some(value) => table.insert(key, value),
                None => table.remove(key),
            };
            let mut written = Value::from(table);
            written.decor_mut().clear();
            self.text.replace_range(span, &written.to_string());
            return Ok(());
        }
        match (there, value) {
            (None, None) | (Some((_, _, true)), _) => Ok(()),
            (Some((_, value_at, _)), Some(value)) => {
                self.text.replace_range(value_at, &literal(&value));
                Ok(())
            }
            (Some((key_at, value_at, _)), None) => {
                self.take_out(key_at.start..value_at.end);
                Ok(())
            }
            (None, Some(value)) => self.insert(section, key, &literal(&value)),
        }
    }

    /// Sets the fields of an entry; keys that no field names stay.
    pub(super) fn put(&mut self, list: &'static str, entry: usize, fields: &[Field]) -> Result<(), EditError> {
        self.spread(list)?;
        let section = Section::Entry(list, entry);
        for field in fields {
            match field {
                Field::Is(key, value) => self.set(&section, key, value.clone())?,
                Field::Truth(key, truth, assumed) => {
                    let there = find(&self.doc()?, &section).is_some_and(|table| table.contains_key(key));
                    if there || truth != assumed {
                        self.set(&section, key, Some((*truth).into()))?;
                    }
                }
                Field::Texts(table, texts) => self.put_texts(Section::Inner(list, entry, table), texts)?,
            }
        }
        Ok(())
    }

    /// Takes a key out of an entry, be it a value or a table with a header of its own.
    pub(super) fn drop_key(&mut self, list: &'static str, entry: usize, key: &'static str) -> Result<(), EditError> {
        let section = Section::Inner(list, entry, key);
        let is_table = find_table(&self.doc()?, &section).is_some();
        if !is_table {
            return self.set(&Section::Entry(list, entry), key, None);
        }
        self.put_texts(section.clone(), &BTreeMap::new())?;
        let header = find_table(&self.doc()?, &section).and_then(Table::span);
        if let Some(header) = header {
            let (start, end) = (self.line_start(header.start), self.line_after(header.start));
            self.text.replace_range(start..end, "");
        }
        Ok(())
    }

    fn put_texts(&mut self, section: Section, texts: &BTreeMap<String, String>) -> Result<(), EditError> {
        let Section::Inner(list, entry, name) = section else { return Ok(()) };
        let (there, known): (bool, Vec<String>) = match find(&self.doc()?, &section) {
            None => (false, Vec::new()),
            Some(table) => (true, table.iter().map(|(key, _)| key.to_owned()).collect()),
        };
        for gone in known.iter().filter(|key| !texts.contains_key(*key)) {
            self.set(&section, gone, None)?;
        }
        if !there && !texts.is_empty() {
            let whole = {
                let doc = self.doc()?;
                let entry = find(&doc, &Section::Entry(list, entry));
                entry.map(|entry| self.own_end(entry)).unwrap_or(self.text.len())
            };
            let end = self.line_end();
            let at = self.line_after(whole);
            self.insert_lines(at, &format!("[{list}.{name}]{end}"));
        }
        texts.iter().try_for_each(|(key, text)| {
            let says_so =
                find(&self.doc()?, &section).and_then(|table| table.get(key)?.as_value()).is_some_and(|there| {
                    let plain = |there: &Value| there.as_str().map_or_else(|| literal(&bare(there)), str::to_owned);
                    plain(there) == *text
                });
            if says_so {
                return Ok(());
            }
            let value = text.parse::<bool>().map_or_else(|_| Value::from(text.as_str()), Value::from);
            self.set(&section, key, Some(value))
        })
    }

    /// Adds an entry at the end of the file.
    pub(super) fn add(&mut self, list: &'static str, fields: &[Field]) -> Result<(), EditError> {
        self.spread(list)?;
        let end = self.line_end();
        let entry = {
            let doc = self.doc()?;
            doc.get(list).and_then(Item::as_array_of_tables).map_or(0, ArrayOfTables::len)
        };
        let blank = if self.text.trim().is_empty() { "" } else { end };
        let at = self.text.len();
        self.insert_lines(at, &format!("{blank}[[{list}]]{end}"));
        self.put(list, entry, fields)
    }

    /// Takes an entry out, with the comments inside it; those above and behind it stay.
    pub(super) fn remove(&mut self, list: &'static str, entry: usize) -> Result<(), EditError> {
        self.spread(list)?;
        let mut ranges = Vec::new();
        {
            let doc = self.doc()?;
            let table = doc.get(list).and_then(Item::as_array_of_tables).and_then(|entries| entries.get(entry));
            let Some(table) = table else { return Err(EditError::NotThere(list)) };
            ranges.extend(table.span().map(|header| header.start..self.own_end(table)));
            for (_, inner) in table.iter() {
                if let Some(inner) = inner.as_table().filter(|inner| !inner.is_dotted()) {
                    ranges.extend(inner.span().map(|header| header.start..self.own_end(inner)));
                }
            }
        }
        ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
        for range in ranges {
            let (start, end) = (self.line_start(range.start), self.line_after(range.end));
            self.text.replace_range(start..end, "");
            // One blank line between what is left.
            if self.text[..start].ends_with("\n\n") && self.text[start..].starts_with('\n') {
                self.text.replace_range(start..start + 1, "");
            } else if self.text[..start].ends_with("\r\n\r\n") && self.text[start..].starts_with("\r\n") {
                self.text.replace_range(start..start + 2, "");
            }
        }
        Ok(())
    }

    /// A list that is written in brackets is spread over `[[NAME]]` sections, which forms can work with.
    fn spread(&mut self, list: &'static str) -> Result<(), EditError> {
        {
            let doc = self.doc()?;
            if doc.get(list).and_then(Item::as_array).is_none() {
                return Ok(());
            }
        }
        let Ok(mut doc) = self.text.parse::<DocumentMut>() else { return Ok(()) };
        if let Some(item) = doc.remove(list) {
            let tables = item.into_array_of_tables().unwrap_or_default();
            if !tables.is_empty() {
                doc.insert(list, Item::ArrayOfTables(tables));
            }
        }
        self.text = doc.to_string();
        Ok(())
    }

    /// Writes a new key where a reader looks for it: below the line that shows what is assumed, else behind the keys that
    /// are there.
    fn insert(&mut self, section: &Section, key: &str, value: &str) -> Result<(), EditError> {
        let end = self.line_end();
        let (region, behind, dotted) = {
            let doc = self.doc()?;
            match find(&doc, section) {
                None => (None, None, None),
                Some(table) => {
                    let whole = self.region(&doc, section);
                    let last = self.own_end(table);
                    let any = table.iter().any(|(_, item)| item.is_value());
                    let dotted = table.is_dotted().then(|| dotted_as(section)).flatten();
                    (Some(whole), any.then_some(last), dotted)
                }
            }
        };
        let written = match Value::from(key).to_string() {
            _ if key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) && !key.is_empty() => {
                key.to_owned()
            }
            quoted => quoted.trim().to_owned(),
        };
        let line = format!("{}{written} = {value}{end}", dotted.unwrap_or_default());
        let Some(region) = region else {
            // There is no such table yet.
            if let Section::Table(name) = section {
                let blank = if self.text.trim().is_empty() { "" } else { end };
                let at = self.text.len();
                self.insert_lines(at, &format!("{blank}[{name}]{end}{line}"));
            }
            return Ok(());
        };
        for at in self.assumed_at(&region, key) {
            let before = self.text.clone();
            self.insert_lines(at, &line);
            if self.doc().is_ok_and(|doc| find(&doc, section).is_some_and(|table| table.contains_key(key))) {
                return Ok(());
            }
            // It was no comment: it stood inside a text of several lines.
            self.text = before;
        }
        let at = match behind {
            Some(last) => self.line_after(last),
            None if *section == Section::Root => self.below_the_opening_words(&region),
            None => region.start,
        };
        self.insert_lines(at, &line);
        Ok(())
    }

    /// Behind each line `# key = …` of a region, up to a section that is commented out.
    fn assumed_at(&self, region: &Range<usize>, key: &str) -> Vec<usize> {
        let mut at = region.start;
        let mut found = Vec::new();
        for line in self.text[region.clone()].split_inclusive('\n') {
            at += line.len();
            let Some(comment) = line.trim_start().strip_prefix('#') else { continue };
            let comment = comment.trim_start();
            if comment.starts_with('[') {
                break;
            }
            if comment.split_once('=').is_some_and(|(name, _)| name.trim() == key) {
                found.push(at);
            }
        }
        found
    }

    /// Where a key goes in a file that has none above its headers: below the comment that opens it.
    fn below_the_opening_words(&self, region: &Range<usize>) -> usize {
        let mut at = region.start;
        for line in self.text[region.clone()].split_inclusive('\n') {
            if !line.trim_start_matches('\u{feff}').starts_with('#') {
                // Comments that lead over to a header belong to it.
                let blank = line.trim().is_empty();
                return if blank { at } else { region.start };
            }
            at += line.len();
        }
        region.start
    }

    /// From behind a section's header to the next header.
    fn region(&self, doc: &Document<&str>, section: &Section) -> Range<usize> {
        let header = match section {
            Section::Root => None,
            _ => find_table(doc, section).and_then(Table::span),
        };
        let bom = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let start = header.map_or(bom, |header| self.line_after(header.end));
        let next = headers(doc.as_table()).into_iter().filter(|header| *header >= start).min();
        start..next.map_or(self.text.len(), |next| self.line_start(next))
    }

    /// Where a table's own keys end, without the tables in it that have headers of their own.
    fn own_end(&self, table: &dyn TableLike) -> usize {
        let mut end = 0;
        for (_, item) in table.iter() {
            let of_item = match item {
                Item::Value(value) => value.span().map_or(0, |span| span.end),
                Item::Table(inner) if inner.is_dotted() => self.own_end(inner),
                _ => 0,
            };
            end = end.max(of_item);
        }
        end
    }

    /// Takes a key's lines out and leaves a comment that stood behind it.
    fn take_out(&mut self, range: Range<usize>) {
        let start = self.line_start(range.start);
        let rest = self.line_after(range.end);
        let behind = self.text[range.end..rest].trim_start_matches([' ', '\t']);
        let kept = if behind.starts_with('#') { behind.to_owned() } else { String::new() };
        self.text.replace_range(start..rest, &kept);
    }

    fn insert_lines(&mut self, at: usize, lines: &str) {
        let open = at > 0 && !self.text[..at].ends_with('\n');
        let bom_alone = self.text[..at] == *"\u{feff}";
        let lines = if open && !bom_alone { format!("{}{lines}", self.line_end()) } else { lines.to_owned() };
        self.text.insert_str(at, &lines);
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    fn line_after(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |end| at + end + 1)
    }

    fn line_end(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }
}
