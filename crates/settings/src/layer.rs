//! Layers of settings, merged into one tree whose every value knows where it came from.
//!
//! A later layer wins: the user's file over what is assumed, provisioning over the user's file, the machine's policy over
//! all. Sections merge key by key; lists of named entries (`[[accounts]]`) merge entry by entry; any other list is replaced.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use toml_edit::{Array, Document, Item, TableLike, Value as TomlValue};

use crate::fault::{ConfigError, ValueFault};

/// Who says what the settings are, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// What is assumed where nobody says anything.
    Default,
    /// The settings file of the person, or of whoever set up this Timbre.
    User,
    /// What the organisation hands out to its agents.
    Provisioning,
    /// What this machine's administrator has fixed.
    Policy,
}

#[derive(Debug, Clone)]
pub struct LayerText {
    pub layer: Layer,
    /// The file, where it was read from one.
    pub file: Option<PathBuf>,
    pub text: String,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub layer: Layer,
    /// The file, where there is one.
    pub file: Option<Arc<PathBuf>>,
    /// The line in it, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl Origin {
    /// What is wrong with the value that stands here.
    pub(crate) fn error(&self, fault: ValueFault, message: impl Into<String>) -> ConfigError {
        ConfigError {
            file: self.file.as_deref().cloned(),
            line: Some(self.line),
            column: Some(self.column),
            message: message.into(),
            fault: Some(fault),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}:{}", file.display(), self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// A value of the merged tree.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) origin: Origin,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Text(String),
    Whole(i64),
    Number(f64),
    Switch(bool),
    List(Vec<Node>),
    Table(Table),
    /// A date or a time: no setting is one.
    Date,
}

/// A section, its keys in the order they were first written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(pub(crate) Vec<(Key, Node)>);

/// A key, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) origin: Origin,
}

impl Table {
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.0.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }
}

/// Reads the layers, the weakest first, and merges them.
pub(crate) fn merged(layers: &[LayerText]) -> Result<Table, ConfigError> {
    let mut whole = Table::default();
    for layer in layers {
        whole = merge(whole, parse(layer)?);
    }
    Ok(whole)
}

fn parse(layer: &LayerText) -> Result<Table, ConfigError> {
    let file = layer.file.clone().map(Arc::new);
    let place = |offset: usize| {
        let (line, column) = position(&layer.text, offset);
        Origin { layer: layer.layer, file: file.clone(), line, column }
    };
    let document = Document::parse(layer.text.as_str()).map_err(|error| {
        // Not the parser's whole message: it quotes the line, and a password may stand on it.
        let at = place(error.span().map_or(0, |span| span.start));
        ConfigError { fault: None, ..at.error(ValueFault::Other, error.message()) }
    })?;
    Ok(table(document.as_table(), &place))
}

fn table(read: &dyn TableLike, place: &impl Fn(usize) -> Origin) -> Table {
    let entries = read.iter().filter_map(|(name, item)| {
        let key = read.get_key_value(name).and_then(|(key, _)| key.span()).map(|span| span.start);
        // The header of a section in brackets stands at the section; a key written with dots has no place of its own.
        let at = item.span().map(|span| span.start);
        let origin = place(key.or(at).unwrap_or_default());
        let kind = match item {
            Item::None => return None,
            Item::Value(value) => kind(value, place),
            Item::Table(inner) => Kind::Table(table(inner, place)),
            Item::ArrayOfTables(list) => Kind::List(
                list.iter()
                    .map(|inner| Node {
                        kind: Kind::Table(table(inner, place)),
                        origin: place(inner.span().map_or(0, |span| span.start)),
                    })
                    .collect(),
            ),
        };
        let value_at = match item {
            Item::Value(_) => place(at.or(key).unwrap_or_default()),
            _ => origin.clone(),
        };
        Some((Key { name: name.to_owned(), origin }, Node { kind, origin: value_at }))
    });
    Table(entries.collect())
}

fn kind(value: &TomlValue, place: &impl Fn(usize) -> Origin) -> Kind {
    match value {
        TomlValue::String(text) => Kind::Text(text.value().clone()),
        TomlValue::Integer(number) => Kind::Whole(*number.value()),
        TomlValue::Float(number) => Kind::Number(*number.value()),
        TomlValue::Boolean(truth) => Kind::Switch(*truth.value()),
        TomlValue::Datetime(_) => Kind::Date,
        TomlValue::Array(list) => Kind::List(elements(list, place)),
        TomlValue::InlineTable(inner) => Kind::Table(table(inner, place)),
    }
}

fn elements(list: &Array, place: &impl Fn(usize) -> Origin) -> Vec<Node> {
    list.iter()
        .map(|value| Node { kind: kind(value, place), origin: place(value.span().map_or(0, |span| span.start)) })
        .collect()
}

fn merge(mut below: Table, above: Table) -> Table {
    for (key, over) in above.0 {
        let there = below.0.iter().position(|(known, _)| known.name == key.name);
        match there.map(|at| below.0.remove(at)) {
            None => below.0.push((key, over)),
            Some((_, under)) => {
                let origin = over.origin.clone();
                let kind = match (under.kind, over.kind) {
                    (Kind::Table(under), Kind::Table(over)) => Kind::Table(merge(under, over)),
                    (Kind::List(under), Kind::List(over)) => Kind::List(merge_lists(under, over)),
                    (_, over) => over,
                };
                below.0.push((key, Node { kind, origin }));
            }
        }
    }
    below
}

/// Entries with the same name are one; a list whose entries have no names is replaced whole.
fn merge_lists(under: Vec<Node>, over: Vec<Node>) -> Vec<Node> {
    if over.iter().any(|node| entry_name(node).is_none()) {
        return over;
    }
    let mut merged = under;
    for node in over {
        match merged.iter().position(|known| entry_name(known) == entry_name(&node)) {
            None => merged.push(node),
            Some(at) => {
                let known = merged.remove(at);
                let kind = match (known.kind, node.kind) {
                    (Kind::Table(known), Kind::Table(node)) => Kind::Table(merge(known, node)),
                    (_, node) => node,
                };
                merged.insert(at, Node { kind, origin: node.origin });
            }
        }
    }
    merged
}

/// What tells the entries of a list of tables apart.
pub(crate) const ENTRY_KEYS: [&str; 3] = ["name", "label", "code"];

pub(crate) fn entry_name(node: &Node) -> Option<&str> {
    let Kind::Table(table) = &node.kind else { return None };
    ENTRY_KEYS.iter().find_map(|key| match &table.get(key)?.kind {
        Kind::Text(text) => Some(text.trim()),
        _ => None,
    })
}

/// Line and column of an offset, from 1, in characters.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
