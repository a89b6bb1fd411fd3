//! The sections `[contacts.*]` and `[contact]`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use timbre_domain::contact::PhoneKind;

use super::read_request;
use super::table::{BadFile, Item, Table, json_path};
use crate::connector::{
    ContactShape, EmailShape, Fetch, Find, Ids, Page, PhoneKindFrom, PhoneShape, Pick, Pull, Setting,
};
use crate::samples::{self, NOBODY};
use crate::template::{Scope, Template, Vars, free, ours};

#[derive(Default)]
pub(super) struct Contacts {
    pub(super) pull: Option<Pull>,
    pub(super) ids: Option<Ids>,
    pub(super) fetch: Option<Fetch>,
    pub(super) find: Option<Find>,
    pub(super) contact: Option<ContactShape>,
}

pub(super) fn read(top: &Table<'_>, settings: &BTreeMap<String, Setting>, overlap: u64) -> Result<Contacts, BadFile> {
    let contact = top.table("contact")?.map(|table| shape(&table, settings)).transpose()?;
    let Some(section) = top.table("contacts")? else { return Ok(Contacts { contact, ..Contacts::default() }) };
    let (pull, ids, fetch, find) =
        (section.table("pull")?, section.table("ids")?, section.table("fetch")?, section.table("find")?);
    section.finish()?;
    if contact.is_none()
        && let Some(table) = pull.as_ref().or(fetch.as_ref()).or(find.as_ref())
    {
        return Err(table
            .doc
            .bad(table.at, format!("[{}] needs a section [contact] that says how a record is read", table.name)));
    }
    let plain = Scope::of(samples::mixed(settings, &[&|vars| vars]));
    let pull = match &pull {
        None => None,
        Some(table) => {
            let partial = table.template("partial", &plain)?;
            if let (Some(partial), None) = (&partial, &fetch) {
                return Err(table.doc.bad_at(partial.at, "lists that are partial need a section [contacts.fetch]"));
            }
            let records = table.required_path("records")?;
            let pull = Pull { page: page(table, settings, overlap)?, records, partial };
            table.finish()?;
            Some(pull)
        }
    };
    let ids = match &ids {
        None => None,
        Some(table) => {
            let ids = table.required_path("ids")?;
            let ids = Ids { page: page(table, settings, overlap)?, ids };
            table.finish()?;
            Some(ids)
        }
    };
    let fetch = match &fetch {
        None => None,
        Some(table) => {
            let scope = Scope::of(samples::mixed(settings, &[&|vars: Vars| vars.with("id", "sample".into())]));
            let fetch = Fetch { request: read_request(table, &scope)?, record: table.required_path("record")? };
            table.finish()?;
            Some(fetch)
        }
    };
    let find = match &find {
        None => None,
        Some(table) => {
            let number =
                json!({"e164": NOBODY, "digits": &NOBODY[1..], "last8": &NOBODY[4..], "national": &NOBODY[4..]});
            let unknown = json!({"e164": null, "digits": "1234", "last8": "1234", "national": "1234"});
            let scope = Scope::of(samples::mixed(
                settings,
                &[&|vars: Vars| vars.with("number", ours(&number)), &|vars: Vars| vars.with("number", ours(&unknown))],
            ));
            let find = Find { request: read_request(table, &scope)?, records: table.required_path("records")? };
            table.finish()?;
            Some(find)
        }
    };
    Ok(Contacts { pull, ids, fetch, find, contact })
}

fn page(table: &Table<'_>, settings: &BTreeMap<String, Setting>, overlap: u64) -> Result<Page, BadFile> {
    let size = table.whole("page_size", 1, 10_000)?.ok_or_else(|| table.missing("page_size"))?;
    // The cursor's names first, so that requests know them; then what they are made of.
    let cursor = table.table("cursor")?.ok_or_else(|| table.missing("cursor"))?;
    let at_end = table.table("at_end")?;
    let mut sample = serde_json::Map::new();
    let mut texts = BTreeMap::new();
    for (name, _, item) in cursor.entries() {
        if item.get_ref().is_table() {
            let one = cursor.as_table(format!("{}.{name}", cursor.name), item)?;
            texts.insert(name, one.required_text("value")?);
            sample.insert(name.to_owned(), one.required_text("sample")?.0.into());
            one.finish()?;
        } else {
            texts.insert(name, cursor.as_text(name, item)?);
            sample.insert(name.to_owned(), "1".into());
        }
    }
    if texts.is_empty() {
        return Err(cursor.doc.bad(cursor.at, "a cursor has at least one value"));
    }
    let none: Json = sample.keys().map(|name| (name.clone(), Json::Null)).collect();
    let sample = Json::Object(sample);
    let with = |vars: Vars, cursor: &Json, begins: bool| {
        samples::paging(vars, cursor, begins, size).with("cursor", ours(cursor)).with("overlap_s", overlap.into())
    };
    let before: [&dyn Fn(Vars) -> Vars; 3] =
        [&|vars| with(vars, &sample, true), &|vars| with(vars, &sample, false), &|vars| with(vars, &none, true)];
    let request = read_request(table, &Scope::of(samples::mixed(settings, &before)))?;
    let after: Vec<Vars> = samples::mixed(settings, &before)
        .iter()
        .map(|vars| samples::paged(vars, &samples::nothing(), &samples::nothing(), 1))
        .collect();
    let after = Scope::of(after);
    let bad = |error| table.doc.bad_template(error);
    let more = table.template("more", &after)?.ok_or_else(|| table.missing("more"))?;
    let counted = table.template("counted", &after)?;
    let cursor = texts
        .iter()
        .map(|(name, (text, at))| Ok(((*name).to_owned(), Template::read(text, *at, &after).map_err(bad)?)))
        .collect::<Result<_, BadFile>>()?;
    let at_end = match at_end {
        None => None,
        Some(table) => {
            let mut values = Vec::new();
            for (name, at, item) in table.entries() {
                if !texts.contains_key(name) {
                    return Err(table.doc.bad(at, format!("there is no `{name}` in the cursor")));
                }
                let (text, at) = table.as_text(name, item)?;
                values.push((name.to_owned(), Template::read(text, at, &after).map_err(bad)?));
            }
            Some(values)
        }
    };
    Ok(Page { request, size, more, counted, cursor, at_end })
}

fn shape(table: &Table<'_>, settings: &BTreeMap<String, Setting>) -> Result<ContactShape, BadFile> {
    let scope = Scope::of(samples::mixed(settings, &[&|vars: Vars| vars.with("record", free(&samples::nothing()))]));
    let optional = |key: &'static str| match table.item(key) {
        None => Ok(Pick::Paths(Vec::new())),
        Some(item) => pick(table, key, item, &scope),
    };
    let name = table.item("name").ok_or_else(|| table.missing("name"))?;
    let emails = emails(table)?;
    let mut kinds = Vec::new();
    if let Some(names) = table.table("kinds")? {
        for (name, _, item) in names.entries() {
            kinds.push((name.to_owned(), item.span().start, phone_kind(&names, name, item)?));
        }
    }
    // In the order of the file: the first word for a kind is the one that is written.
    kinds.sort_by_key(|(_, at, _)| *at);
    let mut phones = Vec::new();
    if let Some(item) = table.item("phones") {
        let list = item
            .get_ref()
            .as_array()
            .ok_or_else(|| table.wrong(item, "`phones` is a list of tables: [[contact.phones]]"))?;
        for item in list {
            phones.push(phone_shape(&table.as_table("contact.phones".into(), item)?)?);
        }
    }
    let mut fields = Vec::new();
    if let Some(names) = table.table("fields")? {
        for (name, _, item) in names.entries() {
            fields.push((name.to_owned(), pick(&names, name, item, &scope)?));
        }
    }
    let shape = ContactShape {
        id: table.required_path("id")?,
        name: pick(table, "name", name, &scope)?,
        company: optional("company")?,
        owner: optional("owner")?,
        do_not_call: optional("do_not_call")?,
        emails,
        phones,
        kinds: kinds.into_iter().map(|(name, _, kind)| (name, kind)).collect(),
        fields,
        complete_when: table.paths("complete_when")?,
        e164: table.truth("e164")?.unwrap_or_default(),
    };
    table.finish()?;
    Ok(shape)
}

/// A JSONPath, several, or `[[contact.emails]]`.
fn emails(table: &Table<'_>) -> Result<Vec<EmailShape>, BadFile> {
    let tables = table.item("emails").and_then(|item| item.get_ref().as_array());
    let tables = tables.filter(|list| list.first().is_some_and(|one| one.get_ref().is_table()));
    let Some(tables) = tables else {
        let paths = table.paths("emails")?.into_iter();
        return Ok(paths.map(|each| EmailShape { each, address: None, only_if_none: false }).collect());
    };
    let mut emails = Vec::new();
    for item in tables {
        let one = table.as_table("contact.emails".into(), item)?;
        let each = match one.path("each")? {
            Some(path) => path,
            None => json_path(one.doc, "$", crate::template::Place::default())?,
        };
        let address = Some(one.required_path("address")?);
        let only_if_none = one.truth("only_if_none")?.unwrap_or_default();
        one.finish()?;
        emails.push(EmailShape { each, address, only_if_none });
    }
    Ok(emails)
}

fn phone_shape(table: &Table<'_>) -> Result<PhoneShape, BadFile> {
    let each = match table.path("each")? {
        Some(path) => path,
        None => json_path(table.doc, "$", crate::template::Place::default())?,
    };
    let kind = match table.item("kind") {
        None => PhoneKindFrom::Fixed(PhoneKind::Other),
        Some(item) if item.get_ref().as_str().is_some_and(|text| text.starts_with('$')) => {
            PhoneKindFrom::Path(table.required_path("kind")?)
        }
        Some(item) => PhoneKindFrom::Fixed(phone_kind(table, "kind", item)?),
    };
    let number = table.required_path("number")?;
    let only_if_none = table.truth("only_if_none")?.unwrap_or_default();
    table.finish()?;
    Ok(PhoneShape { each, number, kind, only_if_none })
}

fn phone_kind<'a>(table: &Table<'a>, key: &str, item: Item<'a>) -> Result<PhoneKind, BadFile> {
    let (text, at) = table.as_text(key, item)?;
    text.parse().map_err(|error: timbre_domain::contact::BadPhoneKind| table.doc.bad_at(at, error.to_string()))
}

/// A JSONPath, several, or a template that speaks of `record`.
fn pick<'a>(table: &Table<'a>, key: &str, item: Item<'a>, scope: &Scope) -> Result<Pick, BadFile> {
    if let Some(text) = item.get_ref().as_str().filter(|text| !text.starts_with('$')) {
        let at = table.doc.place(item.span().start);
        return Template::read(text, at, scope).map(Pick::Template).map_err(|error| table.doc.bad_template(error));
    }
    let paths = match item.get_ref().as_array() {
        None => vec![table.as_text(key, item)?],
        Some(list) => list.iter().map(|item| table.as_text(key, item)).collect::<Result<_, _>>()?,
    };
    paths.into_iter().map(|(text, at)| json_path(table.doc, text, at)).collect::<Result<_, _>>().map(Pick::Paths)
}
