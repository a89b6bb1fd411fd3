//! Where the tables and values of a TOML document stand in its text.

use std::ops::Range;

use toml_edit::{Array, Document, InlineTable, Item, Table, TableLike, Value};

/// A table of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Section {
    /// What stands above all headers.
    Root,
    Table(&'static str),
    /// An entry of `[[NAME]]`, counted from 0.
    Entry(&'static str, usize),
    /// The table `[NAME.TABLE]` of an entry of `[[NAME]]`.
    Inner(&'static str, usize, &'static str),
}

pub(super) fn find<'a>(doc: &'a Document<&str>, section: &Section) -> Option<&'a dyn TableLike> {
    match section {
        Section::Root => Some(doc.as_table()),
        Section::Table(name) => doc.get(name)?.as_table_like(),
        Section::Entry(list, entry) => Some(doc.get(list)?.as_array_of_tables()?.get(*entry)?),
        Section::Inner(list, entry, name) => {
            doc.get(list)?.as_array_of_tables()?.get(*entry)?.get(name)?.as_table_like()
        }
    }
}

pub(super) fn find_table<'a>(doc: &'a Document<&str>, section: &Section) -> Option<&'a Table> {
    match section {
        Section::Root => Some(doc.as_table()),
        Section::Table(name) => doc.get(name)?.as_table(),
        Section::Entry(list, entry) => doc.get(list)?.as_array_of_tables()?.get(*entry),
        Section::Inner(list, entry, name) => doc.get(list)?.as_array_of_tables()?.get(*entry)?.get(name)?.as_table(),
    }
}

/// The table, where it is written in braces: it is written anew as a whole.
pub(super) fn inline(doc: &Document<&str>, section: &Section) -> Option<(InlineTable, Range<usize>)> {
    let item = match section {
        Section::Table(name) => doc.get(name)?,
        Section::Inner(list, entry, name) => doc.get(list)?.as_array_of_tables()?.get(*entry)?.get(name)?,
        Section::Root | Section::Entry(..) => return None,
    };
    let table = item.as_inline_table()?;
    Some((spelt_out(table), item.span()?))
}

/// A table in braces that knows its own text: the parser's refers to the document.
fn spelt_out(table: &InlineTable) -> InlineTable {
    table.iter().map(|(key, value)| (key, bare(value))).collect()
}

pub(super) fn bare(value: &Value) -> Value {
    match value {
        Value::Array(list) => Value::Array(list.iter().map(bare).collect::<Array>()),
        Value::InlineTable(table) => Value::InlineTable(spelt_out(table)),
        Value::String(text) => text.value().as_str().into(),
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => (*number.value()).into(),
        Value::Boolean(truth) => (*truth.value()).into(),
        Value::Datetime(time) => (*time.value()).into(),
    }
}

pub(super) fn same(old: &Value, new: &Value) -> bool {
    literal(&bare(old)) == literal(new)
}

pub(super) fn literal(value: &Value) -> String {
    value.to_string().trim().to_owned()
}

/// What keys of this table begin with, where it is written as `table.key = …`.
pub(super) fn dotted_as(section: &Section) -> Option<String> {
    match section {
        Section::Table(name) | Section::Inner(_, _, name) => Some(format!("{name}.")),
        Section::Root | Section::Entry(..) => None,
    }
}

/// Where all headers of a document begin.
pub(super) fn headers(table: &Table) -> Vec<usize> {
    let mut all = Vec::new();
    for (_, item) in table.iter() {
        let tables: Vec<&Table> = match item {
            Item::Table(inner) => vec![inner],
            Item::ArrayOfTables(list) => list.iter().collect(),
            Item::Value(_) | Item::None => continue,
        };
        for inner in tables {
            if !inner.is_dotted() && !inner.is_implicit() {
                all.extend(inner.span().map(|span| span.start));
            }
            all.extend(headers(inner));
        }
    }
    all
}
