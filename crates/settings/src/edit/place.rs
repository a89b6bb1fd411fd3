//! Which field of which form a mistake belongs to.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml_edit::{Document, Item, TableLike};

use crate::fault::ConfigError;
use crate::layer::ENTRY_KEYS;

/// A field of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Place {
    /// The list or table, such as `accounts`; empty for what stands at the top of the file.
    pub section: String,
    /// Which entry of the list, from 0.
    pub entry: Option<usize>,
    /// Its name or label.
    pub name: Option<String>,
    /// The key, such as `base_url`; nothing where the whole entry is meant.
    pub field: Option<String>,
}

impl Place {
    /// Where in the text an error lies.
    pub(super) fn of(text: &str, error: &ConfigError) -> Option<Self> {
        let at = offset(text, error.line?, error.column?);
        let doc = Document::parse(text).ok()?;
        let mut found = None;
        for (section, item) in doc.iter() {
            match item {
                Item::ArrayOfTables(list) => {
                    for (entry, table) in list.iter().enumerate() {
                        let name = ENTRY_KEYS.iter().find_map(|key| table.get(key)?.as_str());
                        let place = Self {
                            section: section.to_owned(),
                            entry: Some(entry),
                            name: name.map(str::to_owned),
                            field: None,
                        };
                        within(table, at, place, table.span(), &mut found);
                    }
                }
                Item::Table(table) => {
                    let place = Self { section: section.to_owned(), ..Self::default() };
                    within(table, at, place, table.span(), &mut found);
                }
                Item::Value(_) => {
                    if is_at(doc.as_table(), section, item, at) {
                        return Some(Self { field: Some(section.to_owned()), ..Self::default() });
                    }
                }
                Item::None => {}
            }
        }
        found
    }
}

fn within(table: &dyn TableLike, at: usize, place: Place, header: Option<Range<usize>>, found: &mut Option<Place>) {
    if header.is_some_and(|header| header.contains(&at)) {
        *found = Some(place.clone());
    }
    for (key, item) in table.iter() {
        let inner =
            item.as_table_like().is_some_and(|inner| inner.iter().any(|(key, item)| is_at(inner, key, item, at)));
        if inner || is_at(table, key, item, at) {
            *found = Some(Place { field: Some(key.to_owned()), ..place.clone() });
        }
    }
}

fn is_at(table: &dyn TableLike, key: &str, item: &Item, at: usize) -> bool {
    let start = table.get_key_value(key).and_then(|(key, _)| key.span()).map(|span| span.start);
    let end = item.span().map(|span| span.end);
    match (start, end) {
        (Some(start), Some(end)) => (start..end.max(start + 1)).contains(&at),
        _ => false,
    }
}

/// The other way round than the settings tell a place: line and column, from 1, in characters.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let before: usize = text[start.min(text.len())..].chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    start + before
}
