//! Reading a connector's file: everything that can be wrong with it is told here, with its line, and not in the middle of a
//! day's work.

mod contacts;
mod records;
mod sign_in;
mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use timbre_domain::error::ErrorCode;
use timbre_domain::outbox::RecordKind;
use toml::de::DeTable;

pub(crate) use sign_in::{is_private, token_address};
pub use table::BadFile;
use table::{Doc, Table, json};

use crate::connector::{Body, Connector, Errors, Limits, Request, Rule, Setting, Then};
use crate::http::{NO_PATH, addressed};
use crate::samples;
use crate::template::{Scope, Template, Vars};

/// The format of connector files this Timbre reads.
pub const FORMAT: u64 = 1;

impl Connector {
    /// Reads and checks the text of a connector's file; `file_name` is only used to name the place of a mistake.
    ///
    /// Every template is tried out with samples of all it may be filled with, so that a misspelt name or filter is told here.
    ///
    /// # Errors
    /// What is wrong, in which line and column.
    pub fn load(text: &str, file_name: &str) -> Result<Self, BadFile> {
        let doc = Doc { text, file: file_name };
        let (parsed, mistakes) = DeTable::parse_recoverable(text);
        // The first one in the file: those after it often come of it.
        let start = |mistake: &toml::de::Error| mistake.span().map_or(0, |span| span.start);
        if let Some(mistake) = mistakes.iter().min_by_key(|mistake| start(mistake)) {
            return Err(doc.bad(start(mistake), mistake.message()));
        }
        let top = Table::new(&doc, "", 0, parsed.get_ref());
        let format = top.item("format").ok_or_else(|| top.missing("format"))?;
        match json(format.get_ref()).and_then(|format| format.as_u64()) {
            Some(FORMAT) => {}
            Some(newer) if newer > FORMAT => {
                return Err(top.wrong(format, format!("this file is of format {newer}, and this Timbre reads format {FORMAT}: a newer Timbre is needed")));
            }
            _ => return Err(top.wrong(format, format!("`format` is {FORMAT}"))),
        }
        let (name, at) = top.required_text("name")?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(doc.bad_at(at, "`name` is made of a-z, 0-9 and -"));
        }
        let title = top.required_text("title")?.0;
        let settings = match top.table("settings")? {
            None => BTreeMap::new(),
            Some(table) => read_settings(&table)?,
        };
        let limits = top.table("limits")?;
        let overlap =
            limits.as_ref().map(|table| table.whole("overlap_s", 0, 86_400)).transpose()?.flatten().unwrap_or(60);
        let limits = read_limits(limits.as_ref())?;
        let plain = Scope::of(samples::mixed(&settings, &[&|vars| vars]));
        let headers = top.node("headers", &plain)?;
        let errors = read_errors(&top)?;
        let sign_in = top.table("sign_in")?.ok_or_else(|| top.missing("sign_in"))?;
        let sign_in = sign_in::read(&sign_in, &plain)?;
        let contacts = contacts::read(&top, &settings, overlap)?;
        let records = match top.table("records")? {
            None => BTreeMap::new(),
            Some(table) => records::read(&table, &settings, contacts.fetch.is_some())?,
        };
        let open = read_open(&top, &settings)?;
        top.finish()?;
        Ok(Self {
            name: name.to_owned(),
            title: title.to_owned(),
            settings,
            sign_in,
            limits: Limits { overlap_s: overlap, ..limits },
            headers,
            errors,
            pull: contacts.pull,
            ids: contacts.ids,
            fetch: contacts.fetch,
            find: contacts.find,
            contact: contacts.contact,
            records,
            open,
        })
    }
}

fn read_settings(table: &Table<'_>) -> Result<BTreeMap<String, Setting>, BadFile> {
    let mut settings = BTreeMap::new();
    for (name, at, item) in table.entries() {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err(table.doc.bad(at, "the name of a setting is made of a-z, 0-9 and _"));
        }
        let one = table.as_table(format!("settings.{name}"), item)?;
        let default = match one.item("default") {
            None => None,
            Some(item) => {
                let value = json(item.get_ref());
                Some(value.ok_or_else(|| one.wrong(item, "`default` is a text, a number, or true or false"))?)
            }
        };
        let about = one.required_text("about")?.0.to_owned();
        let required = one.truth("required")?.unwrap_or_default();
        if required && let Some(item) = one.item("default") {
            return Err(one.wrong(item, "what has a default need not be set: drop `default` or `required`"));
        }
        one.finish()?;
        settings.insert(name.to_owned(), Setting { default, about, required });
    }
    Ok(settings)
}

fn read_limits(table: Option<&Table<'_>>) -> Result<Limits, BadFile> {
    let mut limits = Limits {
        distance: Duration::from_millis(100),
        timeout: Duration::from_secs(20),
        settles_within: Duration::from_secs(60),
        answer_at_most: 16 << 20,
        overlap_s: 60,
    };
    let Some(table) = table else { return Ok(limits) };
    if let Some(item) = table.item("per_second") {
        let rate = json(item.get_ref()).and_then(|rate| rate.as_f64()).filter(|rate| (0.001..=1000.0).contains(rate));
        let rate = rate.ok_or_else(|| table.wrong(item, "`per_second` is a number from 0.001 to 1000"))?;
        limits.distance = Duration::from_secs_f64(1.0 / rate);
    }
    if let Some(seconds) = table.whole("timeout_s", 1, 600)? {
        limits.timeout = Duration::from_secs(seconds);
    }
    if let Some(seconds) = table.whole("settles_within_s", 1, 86_400)? {
        limits.settles_within = Duration::from_secs(seconds);
    }
    if let Some(mb) = table.whole("answer_mb", 1, 256)? {
        limits.answer_at_most = usize::try_from(mb << 20).unwrap_or(usize::MAX);
    }
    table.finish()?;
    Ok(limits)
}

fn read_errors(top: &Table<'_>) -> Result<Errors, BadFile> {
    let reason_header = top.text("reason_header")?.map(|(name, _)| name.to_owned());
    let mut words = Vec::new();
    for (text, at) in top.texts("words")? {
        words.push(table::json_path(top.doc, text, at)?);
    }
    let mut rules = Vec::new();
    if let Some(item) = top.item("errors") {
        let list =
            item.get_ref().as_array().ok_or_else(|| top.wrong(item, "`errors` is a list of tables: [[errors]]"))?;
        for item in list {
            rules.push(read_rule(&top.as_table("errors".into(), item)?, reason_header.is_some())?);
        }
    }
    Ok(Errors { reason_header, words, rules })
}

fn read_rule(table: &Table<'_>, has_reason: bool) -> Result<Rule, BadFile> {
    let item = table.item("status").ok_or_else(|| table.missing("status"))?;
    let mut status = Vec::new();
    match item.get_ref().as_array() {
        None => status.push(table.as_whole("status", item, 300, 599)?),
        Some(list) => {
            for item in list {
                status.push(table.as_whole("status", item, 300, 599)?);
            }
        }
    }
    let reason = table.truth("reason")?;
    if reason.is_some()
        && !has_reason
        && let Some(item) = table.item("reason")
    {
        return Err(table.wrong(item, "`reason` needs a `reason_header` at the top of the file"));
    }
    let contains = table.text("contains")?.map(|(text, _)| text.to_owned());
    let wait = table.whole("wait_s", 1, 86_400)?;
    let tries = table.whole("tries", 1, 1000)?;
    let (word, at) = table.required_text("then")?;
    let (then, code) = match word {
        "park" => (Then::Park, ErrorCode::Refused),
        "stop" => (Then::Stop, ErrorCode::SignInFailed),
        "wait" => {
            let seconds = wait.ok_or_else(|| table.doc.bad_at(at, "`wait` needs `wait_s`"))?;
            (Then::Wait(Duration::from_secs(seconds)), ErrorCode::Busy)
        }
        "search" => (Then::Search(tries.and_then(|tries| u32::try_from(tries).ok()).unwrap_or(3)), ErrorCode::Unsure),
        "back-off" => (Then::BackOff, ErrorCode::VendorFailed),
        other => {
            return Err(table
                .doc
                .bad_at(at, format!("there is no `{other}`; `then` is park, stop, wait, search or back-off")));
        }
    };
    for (key, given, fits) in [("wait_s", wait, word == "wait"), ("tries", tries, word == "search")] {
        if given.is_some()
            && !fits
            && let Some(item) = table.item(key)
        {
            return Err(table.wrong(item, format!("`{key}` means nothing with `then = \"{word}\"`")));
        }
    }
    let code = match table.text("code")? {
        None => code,
        Some((text, at)) => ErrorCode::ALL.iter().copied().find(|code| code.as_str() == text).ok_or_else(|| {
            table.doc.bad_at(at, format!("there is no code `{text}`, as there are refused, duplicate, busy, unsure, sign_in_failed, vendor_failed"))
        })?,
    };
    table.finish()?;
    let status = status.into_iter().filter_map(|status| u16::try_from(status).ok()).collect();
    Ok(Rule { status, reason, contains, then, code })
}

fn read_open(top: &Table<'_>, settings: &BTreeMap<String, Setting>) -> Result<BTreeMap<RecordKind, Template>, BadFile> {
    let scope = Scope::of(samples::mixed(settings, &[&|vars: Vars| vars.with("id", "sample".into())]));
    let mut open = BTreeMap::new();
    let Some(table) = top.table("open")? else { return Ok(open) };
    for (name, at, item) in table.entries() {
        let kind = kind_named(name).ok_or_else(|| table.doc.bad(at, no_kind(name)))?;
        let (text, at) = table.as_text(name, item)?;
        open.insert(kind, Template::path(text, at, &scope).map_err(|error| table.doc.bad_template(error))?);
    }
    Ok(open)
}

fn kind_named(name: &str) -> Option<RecordKind> {
    RecordKind::ALL.into_iter().find(|kind| kind.as_str() == name)
}

fn no_kind(name: &str) -> String {
    let kinds = RecordKind::ALL.map(RecordKind::as_str).join(", ");
    format!("there is no kind of record `{name}`; there is {kinds}")
}

/// The keys of a request, in the table of the section it belongs to.
fn read_request(table: &Table<'_>, scope: &Scope) -> Result<Request, BadFile> {
    let method = match table.text("method")? {
        None | Some(("GET", _)) => Method::GET,
        Some(("POST", _)) => Method::POST,
        Some(("PUT", _)) => Method::PUT,
        Some(("PATCH", _)) => Method::PATCH,
        Some(("DELETE", _)) => Method::DELETE,
        Some((other, at)) => {
            return Err(table
                .doc
                .bad_at(at, format!("`{other}` is no method; there is GET, POST, PUT, PATCH and DELETE")));
        }
    };
    let (path, at) = table.required_text("path")?;
    if path.contains("://") || path.starts_with("//") {
        return Err(table.doc.bad_at(at, "`path` is taken from the CRM's address on: it holds no host"));
    }
    let path = Template::path(path, at, scope).map_err(|error| table.doc.bad_template(error))?;
    if let Ok(base) = url::Url::parse("https://crm.example/") {
        for sample in scope.samples() {
            let text = path.text(sample).map_err(|error| table.doc.bad_template(error))?;
            if addressed(&base, &text).is_none() {
                return Err(table.doc.bad_at(path.at, NO_PATH));
            }
        }
    }
    let query = table.node("query", scope)?;
    let headers = table.node("headers", scope)?;
    let body = table.node("body", scope)?.map(Body::Json);
    let form = table.node("form", scope)?.map(Body::Form);
    if let (Some(_), Some(_), Some(item)) = (&body, &form, table.item("form")) {
        return Err(table.wrong(item, "a request has a `body` or a `form`"));
    }
    let body = body.or(form);
    if method == Method::GET && body.is_some() {
        return Err(table.doc.bad(table.at, format!("a GET has no body {}: say `method`", table.here())));
    }
    Ok(Request { method, path, query, headers, body })
}

#[cfg(test)]
mod tests;
