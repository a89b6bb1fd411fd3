//! Reads the sections `[records.KIND.*]` of a connector's file.

use std::collections::BTreeMap;

use timbre_domain::outbox::RecordKind;

use super::table::{BadFile, Table};
use super::{kind_named, no_kind, read_request};
use crate::connector::{Already, Record, Setting};
use crate::samples;
use crate::template::{Scope, Vars, free};
use crate::template_vars;

pub(super) fn read(
    table: &Table<'_>,
    settings: &BTreeMap<String, Setting>,
    fetches: bool,
) -> Result<BTreeMap<RecordKind, Record>, BadFile> {
    let mut records = BTreeMap::new();
    for (name, at, item) in table.entries() {
        let kind = kind_named(name).ok_or_else(|| table.doc.bad(at, no_kind(name)))?;
        let table = table.as_table(format!("records.{name}"), item)?;
        records.insert(kind, record(&table, kind, settings, fetches)?);
    }
    Ok(records)
}

fn record(
    table: &Table<'_>,
    kind: RecordKind,
    settings: &BTreeMap<String, Setting>,
    fetches: bool,
) -> Result<Record, BadFile> {
    let bad = |error| table.doc.bad_template(error);
    let plain = Scope::of(samples::mixed(settings, &[&|vars| vars]));
    let when = table.template("when", &plain)?;
    let filled =
        |full: bool| move |vars: Vars| template_vars::sample_vars(&vars, kind, full).with("id", "sample".into());
    let (full, sparse) = (filled(true), filled(false));
    let whole = Scope::of(samples::mixed(settings, &[&full, &sparse]));
    let whole = match &when {
        None => whole,
        Some(when) => whole.when(when).map_err(bad)?,
    };
    let (create, amend, search, remove, already) = (
        table.table("create")?,
        table.table("amend")?,
        table.table("search")?,
        table.table("remove")?,
        table.table("already")?,
    );
    table.finish()?;
    let Some(create) = create else {
        let lonely = amend.as_ref().or(search.as_ref()).or(remove.as_ref()).or(already.as_ref()).unwrap_or(table);
        return Err(table
            .doc
            .bad(lonely.at, format!("[{}] means nothing without [{}.create]", lonely.name, table.name)));
    };
    let Some(search) = search else {
        let message = format!(
            "[{0}] needs a section [{1}.search]: a record whose creation got no answer is searched for before it is created again",
            create.name, table.name
        );
        return Err(table.doc.bad(create.at, message));
    };
    if kind == RecordKind::Contact
        && let (Some(amend), false) = (&amend, fetches)
    {
        let message =
            format!("[{}] needs a section [contacts.fetch]: what the CRM has is read before it is changed", amend.name);
        return Err(table.doc.bad(amend.at, message));
    }
    let answered = whole.samples().iter().map(|vars| vars.with("answer", free(&samples::nothing())));
    let answered = Scope::of(answered.collect());
    let id = |table: &Table<'_>| read_request(table, &whole);
    let read = Record {
        created_id: create.required_path("id")?,
        kept: create.template("kept", &answered)?,
        create: id(&create)?,
        amend: amend.as_ref().map(id).transpose()?,
        search_ids: search.required_path("ids")?,
        search: id(&search)?,
        remove: remove.as_ref().map(id).transpose()?,
        already: already.as_ref().map(|table| read_already(table, &whole)).transpose()?,
        when,
    };
    for section in [Some(&create), amend.as_ref(), Some(&search), remove.as_ref()].into_iter().flatten() {
        section.finish()?;
    }
    Ok(read)
}

fn read_already(table: &Table<'_>, scope: &Scope) -> Result<Already, BadFile> {
    let status = table.whole("status", 300, 599)?.and_then(|status| u16::try_from(status).ok()).unwrap_or(409);
    let samples = scope.samples().iter().map(|vars| vars.with("record", free(&samples::nothing()))).collect();
    let already = Already {
        status,
        each: table.required_path("each")?,
        ours: table.template("ours", &Scope::of(samples))?.ok_or_else(|| table.missing("ours"))?,
        id: table.required_path("id")?,
    };
    table.finish()?;
    Ok(already)
}
