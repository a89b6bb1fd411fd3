//! A table of the file, read key by key: every mistake is told with its line and column.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value as Json;
use serde_json_path::JsonPath;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::bounds;
use crate::template::{Place, Scope, Template, TemplateError};
use crate::template_tree::Node;

/// What is wrong with a connector's file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BadFile {
    /// The file's name, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong, in English.
    pub message: String,
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// The file's text and name, to name places in it.
pub(super) struct Doc<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a str,
}

impl Doc<'_> {
    pub(super) fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Place { line, column }
    }

    pub(super) fn bad(&self, offset: usize, message: impl Into<String>) -> BadFile {
        self.bad_at(self.place(offset), message)
    }

    pub(super) fn bad_at(&self, at: Place, message: impl Into<String>) -> BadFile {
        BadFile { file: self.file.to_owned(), line: at.line, column: at.column, message: message.into() }
    }

    pub(super) fn bad_template(&self, error: TemplateError) -> BadFile {
        self.bad_at(error.at, error.message)
    }
}

/// A value of the file.
pub(super) type Item<'a> = &'a Spanned<DeValue<'a>>;

/// A table of the file. What was asked for is what may stand in it.
pub(super) struct Table<'a> {
    pub(super) doc: &'a Doc<'a>,
    /// As it is called, such as `contacts.pull`; empty for the file itself.
    pub(super) name: String,
    /// The byte of the file at which the table begins.
    pub(super) at: usize,
    table: &'a DeTable<'a>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Table<'a> {
    pub(super) fn new(doc: &'a Doc<'a>, name: impl Into<String>, at: usize, table: &'a DeTable<'a>) -> Self {
        Self { doc, name: name.into(), at, table, asked: RefCell::default() }
    }

    pub(super) fn item(&self, key: &'static str) -> Option<Item<'a>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// Everything that stands in it, for tables whose keys are free.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, usize, Item<'a>)> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
    }

    /// To be called when everything was asked for.
    pub(super) fn finish(&self) -> Result<(), BadFile> {
        let asked = self.asked.borrow();
        for (key, at, _) in self.entries() {
            if !asked.contains(key) {
                let known = asked.iter().copied().collect::<Vec<_>>().join(", ");
                return Err(self.doc.bad(at, format!("there is no key `{key}` {}; there is {known}", self.here())));
            }
        }
        Ok(())
    }

    pub(super) fn here(&self) -> String {
        if self.name.is_empty() { "at the top".to_owned() } else { format!("in [{}]", self.name) }
    }

    pub(super) fn missing(&self, key: &str) -> BadFile {
        self.doc.bad(self.at, format!("`{key}` is missing {}", self.here()))
    }

    pub(super) fn wrong(&self, item: Item<'_>, message: impl Into<String>) -> BadFile {
        self.doc.bad(item.span().start, message)
    }

    pub(super) fn table(&self, key: &'static str) -> Result<Option<Table<'a>>, BadFile> {
        let Some(item) = self.item(key) else { return Ok(None) };
        let name = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        self.as_table(name, item).map(Some)
    }

    pub(super) fn as_table(&self, name: String, item: Item<'a>) -> Result<Table<'a>, BadFile> {
        let table = item.get_ref().as_table();
        let table = table.ok_or_else(|| self.wrong(item, format!("`{name}` is a table")))?;
        Ok(Table::new(self.doc, name, item.span().start, table))
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Option<(&'a str, Place)>, BadFile> {
        self.item(key).map(|item| self.as_text(key, item)).transpose()
    }

    pub(super) fn as_text(&self, key: &str, item: Item<'a>) -> Result<(&'a str, Place), BadFile> {
        let text = item.get_ref().as_str();
        let text = text.ok_or_else(|| self.wrong(item, format!("`{key}` is a text in quotes")))?;
        Ok((text, self.doc.place(item.span().start)))
    }

    pub(super) fn required_text(&self, key: &'static str) -> Result<(&'a str, Place), BadFile> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    pub(super) fn truth(&self, key: &'static str) -> Result<Option<bool>, BadFile> {
        let Some(item) = self.item(key) else { return Ok(None) };
        item.get_ref().as_bool().map(Some).ok_or_else(|| self.wrong(item, format!("`{key}` is true or false")))
    }

    pub(super) fn whole(&self, key: &'static str, least: u64, most: u64) -> Result<Option<u64>, BadFile> {
        self.item(key).map(|item| self.as_whole(key, item, least, most)).transpose()
    }

    pub(super) fn as_whole(&self, key: &str, item: Item<'_>, least: u64, most: u64) -> Result<u64, BadFile> {
        let read = json(item.get_ref()).and_then(|value| value.as_u64());
        read.filter(|read| (least..=most).contains(read))
            .ok_or_else(|| self.wrong(item, format!("`{key}` is a whole number from {least} to {most}")))
    }

    /// A text or a list of texts.
    pub(super) fn texts(&self, key: &'static str) -> Result<Vec<(&'a str, Place)>, BadFile> {
        let Some(item) = self.item(key) else { return Ok(Vec::new()) };
        match item.get_ref().as_array() {
            None => Ok(vec![self.as_text(key, item)?]),
            Some(list) => list.iter().map(|item| self.as_text(key, item)).collect(),
        }
    }

    /// A template; a number and true or false stand for themselves.
    pub(super) fn template(&self, key: &'static str, scope: &Scope) -> Result<Option<Template>, BadFile> {
        self.item(key).map(|item| template(self.doc, key, item, scope)).transpose()
    }

    pub(super) fn path(&self, key: &'static str) -> Result<Option<JsonPath>, BadFile> {
        let Some((text, at)) = self.text(key)? else { return Ok(None) };
        json_path(self.doc, text, at).map(Some)
    }

    /// One JSONPath or several.
    pub(super) fn paths(&self, key: &'static str) -> Result<Vec<JsonPath>, BadFile> {
        self.texts(key)?.into_iter().map(|(text, at)| json_path(self.doc, text, at)).collect()
    }

    pub(super) fn required_path(&self, key: &'static str) -> Result<JsonPath, BadFile> {
        self.path(key)?.ok_or_else(|| self.missing(key))
    }

    pub(super) fn node(&self, key: &'static str, scope: &Scope) -> Result<Option<Node>, BadFile> {
        self.item(key).map(|item| node(self.doc, item, scope)).transpose()
    }
}

pub(super) fn json_path(doc: &Doc<'_>, text: &str, at: Place) -> Result<JsonPath, BadFile> {
    bounds::path(text).map_err(|why| doc.bad_at(at, format!("`{}…` is no JSONPath: {why}", beginning(text))))?;
    JsonPath::parse(text).map_err(|error| {
        let at = Place { column: at.column + 1 + error.position(), ..at };
        doc.bad_at(at, format!("`{text}` is no JSONPath: {}", error.message()))
    })
}

fn beginning(text: &str) -> String {
    text.chars().take(20).collect()
}

/// A number, a truth value or a text of the file.
pub(super) fn json(value: &DeValue<'_>) -> Option<Json> {
    match value {
        DeValue::String(text) => Some(Json::String(text.to_string())),
        DeValue::Integer(whole) => i64::from_str_radix(whole.as_str(), whole.radix()).ok().map(Json::from),
        DeValue::Float(float) => {
            float.as_str().parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number)
        }
        DeValue::Boolean(truth) => Some(Json::Bool(*truth)),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// A template; a number and true or false stand for themselves.
pub(super) fn template(doc: &Doc<'_>, key: &str, item: Item<'_>, scope: &Scope) -> Result<Template, BadFile> {
    let text = match json(item.get_ref()) {
        Some(Json::String(text)) => text,
        // As an expression it keeps its type.
        Some(plain) => format!("{{{{ {plain} }}}}"),
        None => return Err(doc.bad(item.span().start, format!("`{key}` is a text in quotes"))),
    };
    Template::read(&text, doc.place(item.span().start), scope).map_err(|error| doc.bad_template(error))
}

/// A tree of templates.
pub(super) fn node<'a>(doc: &'a Doc<'a>, item: Item<'a>, scope: &Scope) -> Result<Node, BadFile> {
    let template = |text: &str, at: usize, scope: &Scope| {
        Template::read(text, doc.place(at), scope).map_err(|error| doc.bad_template(error))
    };
    match item.get_ref() {
        DeValue::String(text) => Ok(Node::Leaf(template(text, item.span().start, scope)?)),
        DeValue::Array(list) => {
            Ok(Node::List(list.iter().map(|item| node(doc, item, scope)).collect::<Result<_, _>>()?))
        }
        DeValue::Table(table) => {
            let named = |name: &str| table.get(name);
            if let Some(inner) = named("@json") {
                only(doc, table, &["@json"])?;
                return Ok(Node::Json(Box::new(node(doc, inner, scope)?)));
            }
            if let Some(list) = named("@each") {
                only(doc, table, &["@each", "@item"])?;
                let text =
                    list.get_ref().as_str().ok_or_else(|| doc.bad(list.span().start, "`@each` is a text in quotes"))?;
                let list = template(text, list.span().start, scope)?;
                let inner =
                    named("@item").ok_or_else(|| doc.bad(item.span().start, "`@each` needs an `@item` beside it"))?;
                let scope = scope.each(&list).map_err(|error| doc.bad_template(error))?;
                return Ok(Node::Each(list, Box::new(node(doc, inner, &scope)?)));
            }
            let mut inner_scope = scope.clone();
            let condition = match named("@if") {
                None => None,
                Some(condition) => {
                    let condition = self::template(doc, "@if", condition, scope)?;
                    inner_scope = scope.when(&condition).map_err(|error| doc.bad_template(error))?;
                    Some(condition)
                }
            };
            let mut entries = Vec::new();
            for (key, value) in table {
                let name = key.get_ref().as_ref();
                if name == "@if" {
                    continue;
                }
                if name.starts_with('@') {
                    return Err(doc.bad(
                        key.span().start,
                        format!("there is no `{name}`; there is @if, @each with @item, and @json"),
                    ));
                }
                let key = template(name, key.span().start, &inner_scope)?;
                let scope = if key.source().contains("{{") {
                    inner_scope.when(&key).map_err(|error| doc.bad_template(error))?
                } else {
                    inner_scope.clone()
                };
                entries.push((key, node(doc, value, &scope)?));
            }
            Ok(Node::Table(condition, entries))
        }
        other => {
            let value = json(other).ok_or_else(|| doc.bad(item.span().start, "write a time as a text in quotes"))?;
            Ok(Node::Fixed(value))
        }
    }
}

fn only<'a>(doc: &Doc<'_>, table: &DeTable<'a>, keys: &[&str]) -> Result<(), BadFile> {
    match table.keys().find(|key| !keys.contains(&key.get_ref().as_ref())) {
        None => Ok(()),
        Some(key) => Err(doc.bad(key.span().start, format!("beside {} nothing else may stand", keys.join(" and ")))),
    }
}
