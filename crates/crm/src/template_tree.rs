//! Trees of templates: what becomes a JSON body, a query, headers or a form.

use serde_json::{Map, Value as Json};

use crate::template::{Template, TemplateError, Vars, items};

/// A part of a tree.
#[derive(Debug)]
pub(crate) enum Node {
    Leaf(Template),
    /// A number or a truth value.
    Fixed(Json),
    /// A list; left out when all that stood in it was.
    List(Vec<Node>),
    /// A table, with the condition `@if` under which it is there at all. A key that comes to nothing leaves its value out.
    Table(Option<Template>, Vec<(Template, Node)>),
    /// `@each` and `@item`: a list with one part for each item.
    Each(Template, Box<Node>),
    /// `@json`: its JSON text.
    Json(Box<Node>),
}

impl Node {
    /// The value; nothing where it is left out.
    pub(crate) fn render(&self, vars: &Vars) -> Result<Option<Json>, TemplateError> {
        match self {
            Self::Leaf(template) => template.value(vars),
            Self::Fixed(value) => Ok(Some(value.clone())),
            Self::List(nodes) => {
                let mut list = Vec::new();
                for node in nodes {
                    list.extend(node.render(vars)?);
                }
                Ok((nodes.is_empty() || !list.is_empty()).then_some(Json::Array(list)))
            }
            Self::Table(condition, entries) => {
                if let Some(condition) = condition
                    && !condition.holds(vars)?
                {
                    return Ok(None);
                }
                let mut table = Map::new();
                for (key, node) in entries {
                    let key = key.text(vars)?;
                    if !key.is_empty()
                        && let Some(value) = node.render(vars)?
                    {
                        table.insert(key, value);
                    }
                }
                Ok(Some(Json::Object(table)))
            }
            Self::Each(list, node) => {
                let mut out = Vec::new();
                for item in items(list, vars)? {
                    out.extend(node.render(&vars.with("item", item))?);
                }
                Ok(Some(Json::Array(out)))
            }
            Self::Json(node) => Ok(node.render(vars)?.map(|value| Json::String(value.to_string()))),
        }
    }

    /// As pairs, nested names written as PHP reads them: `where[0][type]`.
    pub(crate) fn pairs(&self, vars: &Vars) -> Result<Vec<(String, String)>, TemplateError> {
        let mut pairs = Vec::new();
        if let Some(Json::Object(table)) = self.render(vars)? {
            for (key, value) in table {
                flatten(key, value, &mut pairs);
            }
        }
        Ok(pairs)
    }
}

fn flatten(name: String, value: Json, pairs: &mut Vec<(String, String)>) {
    match value {
        Json::Object(table) => {
            table.into_iter().for_each(|(key, value)| flatten(format!("{name}[{key}]"), value, pairs))
        }
        Json::Array(list) => {
            list.into_iter().enumerate().for_each(|(at, value)| flatten(format!("{name}[{at}]"), value, pairs));
        }
        Json::String(text) => pairs.push((name, text)),
        Json::Null => pairs.push((name, String::new())),
        other => pairs.push((name, other.to_string())),
    }
}
