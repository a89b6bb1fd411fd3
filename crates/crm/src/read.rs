//! Reading answers: pure, from JSON to the domain's shapes.

use serde_json::Value as Json;
use serde_json_path::JsonPath;
use timbre_domain::contact::PhoneKind;
use timbre_domain::crm::{Cursor, RemoteContact, RemotePhone};

use crate::connector::{Already, ContactShape, Page, PhoneKindFrom, Pick};
use crate::samples;
use crate::template::{TemplateError, Vars, free, ours};

/// A text, or a number or truth value as text; nothing for everything else and for empty texts.
pub(crate) fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// The first text a path leads to.
pub(crate) fn first_text(path: &JsonPath, json: &Json) -> Option<String> {
    path.query(json).iter().find_map(|value| text_of(value))
}

fn picked(pick: &Pick, record: &Json, vars: &Vars) -> Result<Option<String>, TemplateError> {
    match pick {
        Pick::Paths(paths) => Ok(paths.iter().find_map(|path| first_text(path, record))),
        Pick::Template(template) => {
            let text = template.text(&vars.with("record", free(record)))?;
            Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
        }
    }
}

/// A telephone of a record and what stands around it there.
pub(crate) struct RawPhone {
    /// As it stands there, to the letter.
    pub(crate) written: Json,
    /// The same without blanks around it.
    pub(crate) number: String,
    pub(crate) kind: PhoneKind,
    /// The CRM's own record of it; nothing where it is a mere field of the contact.
    pub(crate) record: Option<Json>,
}

/// A record's telephones in the order of the file. Where several paths lead to the same one, it counts once.
pub(crate) fn phones(shape: &ContactShape, record: &Json) -> Vec<RawPhone> {
    let mut phones: Vec<RawPhone> = Vec::new();
    for from in &shape.phones {
        if from.only_if_none && !phones.is_empty() {
            continue;
        }
        for one in from.each.query(record).iter() {
            let there = from.number.query(one).iter().find_map(|value| Some(((*value).clone(), text_of(value)?)));
            let Some((written, number)) = there else { continue };
            if phones.iter().any(|known| known.written == written) {
                continue;
            }
            let kind = match &from.kind {
                PhoneKindFrom::Fixed(kind) => *kind,
                PhoneKindFrom::Path(path) => {
                    let word = first_text(path, one);
                    let known = shape.kinds.iter().find(|(name, _)| Some(name) == word.as_ref());
                    known.map_or(PhoneKind::Other, |(_, kind)| *kind)
                }
            };
            let own = !std::ptr::eq(*one, record);
            phones.push(RawPhone { written, number, kind, record: own.then(|| (*one).clone()) });
        }
    }
    phones
}

/// An e-mail address of a record and what stands around it there.
pub(crate) struct RawEmail {
    /// As it stands there, to the letter.
    pub(crate) written: Json,
    /// The same without blanks around it.
    pub(crate) address: String,
    /// The CRM's own record of it; nothing where it is a mere field of the contact.
    pub(crate) record: Option<Json>,
}

/// A record's e-mail addresses in the order of the file. Where several paths lead to the same one, it counts once.
pub(crate) fn emails(shape: &ContactShape, record: &Json) -> Vec<RawEmail> {
    let mut emails: Vec<RawEmail> = Vec::new();
    for from in &shape.emails {
        if from.only_if_none && !emails.is_empty() {
            continue;
        }
        for one in from.each.query(record).iter() {
            let value = match &from.address {
                None => Some(*one),
                Some(path) => path.query(one).first(),
            };
            let Some((value, address)) = value.and_then(|value| Some((value, text_of(value)?))) else { continue };
            if emails.iter().any(|known| known.written == *value) {
                continue;
            }
            let record = one.is_object().then(|| (*one).clone());
            emails.push(RawEmail { written: value.clone(), address, record });
        }
    }
    emails
}

/// A record as a contact; nothing where it has no id.
pub(crate) fn contact(
    shape: &ContactShape,
    record: &Json,
    vars: &Vars,
) -> Result<Option<RemoteContact>, TemplateError> {
    let Some(id) = first_text(&shape.id, record) else { return Ok(None) };
    let mut addresses = Vec::new();
    for email in emails(shape, record) {
        if !addresses.contains(&email.address) {
            addresses.push(email.address);
        }
    }
    let pick = |pick: &Pick| picked(pick, record, vars);
    let mut fields = std::collections::BTreeMap::new();
    for (name, from) in &shape.fields {
        if let Some(value) = pick(from)? {
            fields.insert(name.clone(), value);
        }
    }
    let phones = phones(shape, record).into_iter();
    Ok(Some(RemoteContact {
        id,
        name: pick(&shape.name)?.unwrap_or_default(),
        company: pick(&shape.company)?.unwrap_or_default(),
        phones: phones.map(|phone| RemotePhone { number: phone.number, kind: phone.kind }).collect(),
        emails: addresses,
        owner: pick(&shape.owner)?,
        do_not_call: pick(&shape.do_not_call)?
            .is_some_and(|text| matches!(text.as_str(), "true" | "True" | "1" | "yes")),
        fields,
        complete: shape.complete_when.iter().all(|path| !path.query(record).is_empty()),
        digest: Some(digest(record)),
    }))
}

fn digest(record: &Json) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    let mut hasher = DefaultHasher::new();
    record.to_string().hash(&mut hasher);
    hasher.finish()
}

/// The contacts among these records and how many can't be read, each logged by its place.
pub(crate) fn contacts(
    shape: &ContactShape,
    records: &[&Json],
    vars: &Vars,
    step: &str,
) -> (Vec<RemoteContact>, usize) {
    let mut read = Vec::with_capacity(records.len());
    let mut unread = 0;
    for (at, record) in records.iter().enumerate() {
        let reason = match contact(shape, record, vars) {
            Ok(Some(contact)) => {
                read.push(contact);
                continue;
            }
            Ok(None) => "it has no id".to_owned(),
            Err(error) => error.safe,
        };
        unread += 1;
        tracing::warn!(step, record = at, reason, "a record can't be read");
    }
    (read, unread)
}

/// The variables of a page's request.
pub(crate) fn page_vars(page: &Page, vars: &Vars, cursor: Option<&Cursor>, pass_begins: bool, overlap_s: u64) -> Vars {
    let value =
        |name: &String| cursor.and_then(|cursor| cursor.0.get(name)).map_or(Json::Null, |value| value.clone().into());
    let cursor: Json = page.cursor.iter().map(|(name, _)| (name.clone(), value(name))).collect();
    samples::paging(vars.clone(), &cursor, pass_begins, page.size)
        .with("cursor", ours(&cursor))
        .with("overlap_s", overlap_s.into())
}

/// What a page says of those behind it.
pub(crate) struct Next {
    pub(crate) cursor: Cursor,
    pub(crate) more: bool,
    /// How many records the CRM counts from this page on.
    pub(crate) counted: Option<u64>,
}

/// Where the next page begins and whether one follows; nothing where the paging does not move on.
pub(crate) fn next(
    page: &Page,
    vars: &Vars,
    answer: &Json,
    records: &[&Json],
    before: Option<&Cursor>,
) -> Result<Option<Next>, TemplateError> {
    let nothing = samples::nothing();
    let last = records.last().copied().unwrap_or(&nothing);
    let paged = samples::paged(vars, answer, last, records.len());
    let more = page.more.holds(&paged)?;
    // A CRM that does not count says so by nothing, or by a number below zero.
    let counted = page.counted.as_ref().map(|counted| counted.text(&paged)).transpose()?;
    let counted = counted.and_then(|counted| counted.trim().parse().ok());
    let fill = |values: &[(String, crate::template::Template)], last: &Json| -> Result<Cursor, TemplateError> {
        let vars = paged.with("last", free(last));
        let mut cursor = Cursor::default();
        for (name, value) in values {
            let value = value.text(&vars)?;
            if !value.is_empty() {
                cursor.0.insert(name.clone(), value);
            }
        }
        Ok(cursor)
    };
    if !more && let Some(at_end) = &page.at_end {
        return fill(at_end, last).map(|cursor| Some(Next { cursor, more, counted }));
    }
    let mut cursor = fill(&page.cursor, last)?;
    // A last record without what the cursor is made of must not stop the pull: the one before it does as well.
    for record in records.iter().rev().skip(1) {
        if cursor.0.len() == page.cursor.len() {
            break;
        }
        let other = fill(&page.cursor, record)?;
        if other.0.len() > cursor.0.len() {
            cursor = other;
        }
    }
    if cursor.0.is_empty() {
        cursor = before.cloned().unwrap_or_default();
    }
    let stuck = more && (cursor.0.is_empty() || before == Some(&cursor));
    Ok((!stuck).then_some(Next { cursor, more, counted }))
}

/// The id of our own record among those a refusal names.
pub(crate) fn already(already: &Already, answer: &Json, vars: &Vars) -> Result<Option<String>, TemplateError> {
    for record in already.each.query(answer).iter() {
        if already.ours.holds(&vars.with("record", free(record)))?
            && let Some(id) = first_text(&already.id, record)
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
