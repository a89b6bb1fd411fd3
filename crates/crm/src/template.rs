//! Templates: how a connector's file says what is sent.
//!
//! A text that is one single `{{ expression }}` keeps the expression's type (number, list, nothing at all); any other text
//! becomes text. Names are strict: one that nobody knows is an error when the file is loaded, see [`Scope`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Expression, Output, State, UndefinedBehavior};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value as Json;

use crate::bounds;
use crate::filters;

/// A place in the file: line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A template failed. The message names nothing of what was filled in unless the file is being loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub(crate) at: Place,
    pub(crate) message: String,
    /// The message without anything that may come from people's data.
    pub(crate) safe: String,
}

/// Everything but unreserved characters: an id must not become another part of the path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

static PLAIN: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = environment();
    env.set_formatter(|out, _: &mut State<'_, '_>, value| print(out, value));
    env
});

static PATH: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = environment();
    env.set_formatter(|out, _: &mut State<'_, '_>, value| {
        if value.is_safe() {
            return print(out, value);
        }
        if value.is_undefined() || value.is_none() {
            return Err(Error::new(ErrorKind::UndefinedError, "a part of the path is missing"));
        }
        let text = value.to_string();
        if text.is_empty() || text == "." || text == ".." {
            // Such an "id" would lead to another address than the template says.
            return Err(Error::new(ErrorKind::InvalidOperation, "a part of the path is empty or made of dots"));
        }
        Ok(write!(out, "{}", utf8_percent_encode(&text, SEGMENT))?)
    });
    env
});

fn print(out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "a value that is not there is printed"));
    }
    if value.is_none() {
        return Ok(());
    }
    Ok(write!(out, "{value}")?)
}

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    // What is missing may be asked for with `if`; everything else about it is an error.
    env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    filters::add_to(&mut env);
    env
}

/// The values a template is filled with, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vars(BTreeMap<&'static str, Value>);

impl Vars {
    /// The same and one more.
    #[must_use]
    pub(crate) fn with(&self, name: &'static str, value: Value) -> Self {
        let mut vars = self.clone();
        vars.0.insert(name, value);
        vars
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn value(&self) -> Value {
        Value::from_pairs(self.0.iter().map(|(name, value)| (*name, value.clone())))
    }
}

/// A map that answers "nothing" for a name it does not hold: what comes from outside holds what it likes.
#[derive(Debug)]
struct Free(BTreeMap<String, Value>);

impl Object for Free {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(key.as_str().and_then(|key| self.0.get(key)).cloned().unwrap_or(Value::from(())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|key| Value::from(key.as_str())).collect())
    }
}

/// What came from outside, as a template sees it: no name in it is unknown, only empty.
pub(crate) fn free(json: &Json) -> Value {
    match json {
        Json::Object(map) => {
            Value::from_object(Free(map.iter().map(|(key, value)| (key.clone(), free(value))).collect()))
        }
        Json::Array(items) => Value::from(items.iter().map(free).collect::<Vec<_>>()),
        other => single(other),
    }
}

fn single(json: &Json) -> Value {
    match json {
        Json::Bool(truth) => Value::from(*truth),
        Json::String(text) => Value::from(text.as_str()),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), ..) => Value::from(whole),
            (_, Some(whole), _) => Value::from(whole),
            (.., float) => float.map_or(Value::from(()), Value::from),
        },
        _ => Value::from(()),
    }
}

/// What is ours, as a template sees it: its names are strict, but for the organisation's own `fields`.
pub(crate) fn ours(thing: &impl Serialize) -> Value {
    fn strict(json: &Json) -> Value {
        match json {
            Json::Object(map) => Value::from_pairs(map.iter().map(|(key, value)| {
                let value = if key == "fields" { free(value) } else { strict(value) };
                (key.clone(), value)
            })),
            Json::Array(items) => Value::from(items.iter().map(strict).collect::<Vec<_>>()),
            other => single(other),
        }
    }
    // Reports are plain data with text keys: they always have a JSON form.
    serde_json::to_value(thing).map(|json| strict(&json)).unwrap_or_default()
}

enum Kind {
    Literal,
    Expression(Box<Expression<'static, 'static>>),
    Text,
    Path,
}

fn bounded(source: &str, at: Place) -> Result<(), TemplateError> {
    bounds::template(source).map_err(|why| TemplateError { at, safe: why.clone(), message: why })
}

/// One text of the file.
pub(crate) struct Template {
    pub(crate) at: Place,
    source: String,
    kind: Kind,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({:?})", self.source)
    }
}

impl Template {
    /// Reads a text; `scope` is what it may speak of.
    pub(crate) fn read(source: &str, at: Place, scope: &Scope) -> Result<Self, TemplateError> {
        bounded(source, at)?;
        let kind = match sole_expression(source) {
            _ if !source.contains("{{") && !source.contains("{%") && !source.contains("{#") => Kind::Literal,
            None => Kind::Text,
            Some(inner) => {
                let compiled = PLAIN.compile_expression_owned(inner.to_owned());
                Kind::Expression(Box::new(compiled.map_err(|error| failed(at, source, &error))?))
            }
        };
        Self { at, source: source.to_owned(), kind }.checked(scope)
    }

    /// Reads a text whose values are percent-encoded.
    pub(crate) fn path(source: &str, at: Place, scope: &Scope) -> Result<Self, TemplateError> {
        bounded(source, at)?;
        Self { at, source: source.to_owned(), kind: Kind::Path }.checked(scope)
    }

    fn checked(self, scope: &Scope) -> Result<Self, TemplateError> {
        let names = match &self.kind {
            Kind::Literal => return Ok(self),
            Kind::Expression(expression) => expression.undeclared_variables(true),
            Kind::Text | Kind::Path => {
                let env = if matches!(self.kind, Kind::Path) { &PATH } else { &PLAIN };
                let template = env.template_from_str(&self.source);
                template.map_err(|error| failed(self.at, &self.source, &error))?.undeclared_variables(true)
            }
        };
        for name in &names {
            if let Some(message) = scope.unknown(name) {
                return Err(TemplateError { at: self.at, safe: message.clone(), message });
            }
        }
        for sample in &scope.samples {
            match &self.kind {
                Kind::Path | Kind::Text => drop(self.text(sample)?),
                _ => drop(self.value(sample)?),
            }
        }
        Ok(self)
    }

    /// The value with its type; nothing where the expression comes to nothing.
    pub(crate) fn value(&self, vars: &Vars) -> Result<Option<Json>, TemplateError> {
        let Kind::Expression(_) = &self.kind else { return self.text(vars).map(|text| Some(Json::String(text))) };
        let value = self.raw(vars)?;
        if value.is_undefined() || value.is_none() {
            return Ok(None);
        }
        serde_json::to_value(&value).map(Some).map_err(|error| TemplateError {
            at: self.at,
            message: format!("its value has no JSON form: {error}"),
            safe: "its value has no JSON form".into(),
        })
    }

    /// The value as the template engine has it, for conditions and loops.
    pub(crate) fn raw(&self, vars: &Vars) -> Result<Value, TemplateError> {
        match &self.kind {
            Kind::Expression(expression) => {
                expression.eval(vars.value()).map_err(|error| failed(self.at, &self.source, &error))
            }
            _ => self.text(vars).map(Value::from),
        }
    }

    /// Whether it holds: not empty, not nothing, not `false`, not zero.
    pub(crate) fn holds(&self, vars: &Vars) -> Result<bool, TemplateError> {
        let value = self.raw(vars)?;
        Ok(value.as_str().map_or(value.is_true(), |text| !matches!(text.trim(), "" | "false")))
    }

    /// The value as text; nothing is the empty text.
    pub(crate) fn text(&self, vars: &Vars) -> Result<String, TemplateError> {
        let render = |env: &Environment<'static>| {
            env.render_str(&self.source, vars.value()).map_err(|error| failed(self.at, &self.source, &error))
        };
        match &self.kind {
            Kind::Literal => Ok(self.source.clone()),
            Kind::Text => render(&PLAIN),
            Kind::Path => render(&PATH),
            Kind::Expression(_) => {
                let value = self.raw(vars)?;
                Ok(if value.is_undefined() || value.is_none() { String::new() } else { value.to_string() })
            }
        }
    }

    /// What stands in the file.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }
}

/// What stands inside, where the whole text is one `{{ … }}`.
fn sole_expression(source: &str) -> Option<&str> {
    let inner = source.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let alone = !inner.contains("{{") && !inner.contains("{%") && !inner.starts_with('-') && !inner.ends_with('-');
    alone.then(|| inner.trim())
}

fn failed(at: Place, source: &str, error: &Error) -> TemplateError {
    // A text over several lines begins on the line of its quotes or, after `"""`, on the next: near enough for a person.
    let line = error.line().filter(|_| source.contains('\n')).map_or(at.line, |line| at.line + line.saturating_sub(1));
    let safe = format!("the template fails: {}", error.kind());
    let message = error.detail().map_or_else(|| safe.clone(), |detail| format!("{safe}: {detail}"));
    TemplateError { at: Place { line, ..at }, message, safe }
}

/// What a template may speak of: samples of everything it will ever be filled with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// One sample, for the names that a template may use.
    names: Vars,
    /// It is filled with each of these; under a condition, with those that meet it.
    samples: Vec<Vars>,
}

impl Scope {
    pub(crate) fn of(samples: Vec<Vars>) -> Self {
        Self { names: samples.first().cloned().unwrap_or_default(), samples }
    }

    /// The samples for which the condition holds.
    pub(crate) fn when(&self, condition: &Template) -> Result<Self, TemplateError> {
        let mut samples = Vec::new();
        for sample in &self.samples {
            if condition.holds(sample)? {
                samples.push(sample.clone());
            }
        }
        Ok(Self { names: self.names.clone(), samples })
    }

    /// The samples with each item of the list.
    pub(crate) fn each(&self, list: &Template) -> Result<Self, TemplateError> {
        let mut samples = Vec::new();
        for sample in &self.samples {
            samples.extend(items(list, sample)?.into_iter().map(|item| sample.with("item", item)));
        }
        let names = samples.first().unwrap_or(&self.names).clone();
        let names = if names.get("item").is_some() {
            names
        } else {
            names.with("item", free(&Json::Object(Default::default())))
        };
        Ok(Self { names, samples })
    }

    pub(crate) fn samples(&self) -> &[Vars] {
        &self.samples
    }

    /// Why the name is none that is known here, such as `call.nummer`.
    fn unknown(&self, path: &str) -> Option<String> {
        let mut parts = path.split('.');
        let first = parts.next()?;
        let Some(mut value) = self.names.get(first).cloned() else {
            if PLAIN.globals().any(|(name, _)| name == first) {
                return None;
            }
            let known = self.names.0.keys().copied().collect::<Vec<_>>().join(", ");
            return Some(format!("there is no `{first}` here; there is {known}"));
        };
        for part in parts {
            if value.kind() != ValueKind::Map {
                return None;
            }
            value = value.get_attr(part).unwrap_or_default();
            if value.is_undefined() {
                return Some(format!("there is no `{path}`"));
            }
        }
        None
    }
}

/// The items of a list that a template gives; nothing is an empty list.
pub(crate) fn items(list: &Template, vars: &Vars) -> Result<Vec<Value>, TemplateError> {
    let value = list.raw(vars)?;
    if value.is_none() || value.is_undefined() {
        return Ok(Vec::new());
    }
    Ok(value.try_iter().map_err(|error| failed(list.at, list.source(), &error))?.collect())
}
