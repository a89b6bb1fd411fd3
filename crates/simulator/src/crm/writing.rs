//! Creating, changing and deleting. A write is checked and stamped first and carried out later, so that a delay fits in
//! between.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::config::{ApiUser, Assignment, CrmConfig};
use super::phone::international;
use super::record::{Id, Record};
use super::schema::{Field, Kind, Schema};
use super::shape;
use super::store::{Store, attribute, write_fields};
use super::time;

/// A requested write, before it is checked.
pub(crate) struct Wish<'a> {
    pub(crate) by: &'a ApiUser,
    pub(crate) entity: &'a str,
    pub(crate) body: Value,
    pub(crate) skip_duplicate_check: bool,
    pub(crate) now: DateTime<Utc>,
}

/// A write that was checked and stamped.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) entity: String,
    pub(crate) id: Id,
    pub(crate) kind: WriteKind,
}

#[derive(Debug, Clone)]
pub(crate) enum WriteKind {
    Create { record: Box<Record>, given: Value },
    Update { given: Value, stamp: i64, by: Option<String> },
    Delete,
}

pub(crate) fn create(store: &mut Store, config: &CrmConfig, wish: Wish<'_>) -> Result<Write, Answer> {
    let Some(schema) = store.schema(wish.entity) else { return Err(unknown_entity(wish.entity)) };
    if !wish.by.role.on(wish.entity).create {
        return Err(Answer::refused(403, "No create access."));
    }
    let parent = wish.body.get("parentType").and_then(Value::as_str).filter(|_| wish.entity == "Note");
    if parent.is_some_and(|parent| !wish.by.role.on(parent).stream) {
        return Err(Answer::refused(403, "No create access."));
    }
    let mut given = Value::Object(checked(&schema, config, &wish.body, None)?);
    if wish.entity == "Call" && given.get("usersIds").is_none() {
        // The assigned user is one of the call's users (recording 99b).
        given["usersIds"] = given.get("assignedUserId").cloned().into_iter().collect();
    }
    check_assignment(wish.by, &given)?;
    check_links(store, wish.by, &schema, &given)?;
    let mut record = store.read_record(&schema, &given, wish.now);
    for field in schema.fields.iter().filter(|field| field.writable && !field.default.is_null()) {
        if record.get(&field.name).is_none() {
            record.set(&field.name, field.default.clone());
        }
    }
    record.set(&attribute(&schema, "createdById"), Value::from(wish.by.user.id.as_str()));
    derive_links(store, &schema, &mut record);
    complete(&schema, &mut record, wish.now.timestamp());
    if !wish.skip_duplicate_check {
        let there: Vec<Value> = duplicates(store, config, &schema, &record)
            .into_iter()
            .map(|one| Value::Object(shape::row(store, &schema, one)))
            .collect();
        if !there.is_empty() {
            return Err(Answer::duplicate(there));
        }
    }
    let id = record.id.clone();
    Ok(Write { entity: wish.entity.to_owned(), id, kind: WriteKind::Create { record: Box::new(record), given } })
}

pub(crate) fn update(store: &Store, config: &CrmConfig, id: &str, wish: &Wish<'_>) -> Result<Write, Answer> {
    let Some(schema) = store.schema(wish.entity) else { return Err(unknown_entity(wish.entity)) };
    let record = store.get(wish.entity, id).ok_or_else(|| Answer::no_such_record(id))?;
    if !wish.by.role.on(wish.entity).edit {
        return Err(Answer::refused(403, "No edit access."));
    }
    let given = Value::Object(checked(&schema, config, &wish.body, Some(record))?);
    check_assignment(wish.by, &given)?;
    check_links(store, wish.by, &schema, &given)?;
    let kind = WriteKind::Update { given, stamp: wish.now.timestamp(), by: Some(wish.by.user.id.clone()) };
    Ok(Write { entity: wish.entity.to_owned(), id: record.id.clone(), kind })
}

pub(crate) fn delete(store: &Store, id: &str, wish: &Wish<'_>) -> Result<Write, Answer> {
    let record = store.get(wish.entity, id).ok_or_else(|| Answer::no_such_record(id))?;
    if !wish.by.role.on(wish.entity).delete {
        return Err(Answer::refused(403, "No delete access."));
    }
    Ok(Write { entity: wish.entity.to_owned(), id: record.id.clone(), kind: WriteKind::Delete })
}

pub(crate) fn unknown_entity(entity: &str) -> Answer {
    Answer::refused(404, format!("Controller '{entity}' does not exist."))
}

/// Carries a write out. Returns the answer for the client.
pub(crate) fn carry_out(store: &mut Store, write: &Write) -> Answer {
    let Some(schema) = store.schema(&write.entity) else { return unknown_entity(&write.entity) };
    match &write.kind {
        WriteKind::Create { record, given } => {
            store.table_mut(&write.entity).put(Record::clone(record));
            Answer::ok(shape::fresh(store, &schema, record, given))
        }
        WriteKind::Update { given, stamp, by } => {
            let Some(before) = store.get(&write.entity, &write.id).cloned() else {
                return Answer::no_such_record(&write.id);
            };
            let mut after = before.clone();
            write_fields(&mut after, &schema, given);
            after.modified = *stamp;
            after.set(&attribute(&schema, "modifiedById"), by.as_deref().map_or(Value::Null, Value::from));
            derive_links(store, &schema, &mut after);
            complete(&schema, &mut after, *stamp);
            store.table_mut(&write.entity).put(after.clone());
            Answer::ok(changed(store, &schema, &before, &after, given))
        }
        WriteKind::Delete => {
            store.table_mut(&write.entity).delete(&write.id);
            Answer::ok(Value::Bool(true))
        }
    }
}

/// The answer to an update: the record without the attributes that are computed on reading. Telephones are as they were
/// written (recording 22) or as they were before (23); a call's length is as it was before (67).
fn changed(store: &Store, schema: &Schema, before: &Record, after: &Record, given: &Value) -> Value {
    let mut shown = shape::whole(store, schema, after);
    if schema.phones.is_some() {
        match given.get("phoneNumberData") {
            Some(written) => {
                shown.insert("phoneNumberData".to_owned(), written.clone());
                if given.get("phoneNumber").is_none() {
                    let number = before.primary().map(|phone| Value::from(phone.number.as_ref()));
                    shown.insert("phoneNumber".to_owned(), number.unwrap_or_default());
                }
            }
            None => {
                shown.insert("phoneNumberData".to_owned(), shape::phones(before));
            }
        }
    }
    match &*schema.entity {
        "Call" => {
            let duration = shape::duration(before).filter(|_| shape::duration(before) != exact(after));
            shown.insert("duration".to_owned(), Value::from(duration.unwrap_or(300)));
        }
        "Task" => {
            shown.remove("isOverdue");
        }
        _ => {}
    }
    Value::Object(shown)
}

fn exact(call: &Record) -> Option<i64> {
    let at = |name: &str| call.text(name).and_then(time::strict);
    Some(at("dateEnd")? - at("dateStart")?)
}

/// The writable attributes of a body, checked and normalised; the rest is ignored silently. `before` is the record that
/// is changed, `None` for a new one.
fn checked(
    schema: &Schema,
    config: &CrmConfig,
    body: &Value,
    before: Option<&Record>,
) -> Result<Map<String, Value>, Answer> {
    let entity = &*schema.entity;
    let whole = before.is_none();
    let is_there = |attribute: &str| match body.get(attribute) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    };
    for field in &schema.required {
        let link = format!("{field}Id");
        let attribute = if schema.stored(&link).is_some() { &link } else { field };
        if (whole || body.get(attribute).is_some()) && !is_there(attribute) {
            return Err(Answer::invalid(entity, field, "required"));
        }
    }
    let mut given = Map::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let Some(field) = schema.stored(name).filter(|field| field.writable) else { continue };
        if let Some((of, why)) = fault_of(field, name, value) {
            return Err(Answer::invalid(entity, of, why));
        }
        given.insert(name.clone(), value.clone());
    }
    if schema.phones.is_some() {
        check_phones(config, body, before, &mut given)
            .ok_or_else(|| Answer::invalid(entity, "phoneNumber", "valid"))?;
        check_emails(body, before, &mut given)
            .ok_or_else(|| Answer::invalid(entity, "emailAddress", "emailAddress"))?;
    }
    Ok(given)
}

/// The field that refuses the value of this attribute, and why, in the CRM's words.
fn fault_of<'a>(field: &'a Field, attribute: &'a str, value: &Value) -> Option<(&'a str, &'static str)> {
    let text = value.as_str();
    let is_none_of =
        |words: &[String]| text.is_some_and(|text| !text.is_empty() && !words.iter().any(|word| word == text));
    let why = match &field.kind {
        Kind::Text(length, _) if text.is_some_and(|text| text.chars().count() > *length) => Some("maxLength"),
        Kind::Text(_, true) if text.is_some_and(|text| text.contains(['<', '>', '='])) => Some("pattern"),
        Kind::Time if !value.is_null() && text.and_then(time::strict).is_none() => Some("valid"),
        Kind::Choice(words) if is_none_of(words) => Some("valid"),
        Kind::Parent(entities) if attribute == "parentType" && !entities.is_empty() && is_none_of(entities) => {
            Some("valid")
        }
        Kind::Currency(known) if is_none_of(known) => {
            return Some((attribute.strip_suffix("Currency").unwrap_or(attribute), "validCurrency"));
        }
        Kind::Number if !(value.is_null() || value.is_number()) => Some("valid"),
        _ => None,
    };
    Some((&field.name, why?))
}

/// The types of a telephone number.
const PHONE_TYPES: [&str; 5] = ["Mobile", "Office", "Home", "Fax", "Other"];

/// Normalises the telephones; `None` where one is invalid, which refuses the whole record (recordings 11, 15, 29b). A
/// body with a new list and no primary number is refused for the old primary number, where that is invalid.
fn check_phones(
    config: &CrmConfig,
    body: &Value,
    before: Option<&Record>,
    given: &mut Map<String, Value>,
) -> Option<()> {
    let even = |number: &str| match number.trim() {
        "" => None,
        number if config.international_numbers_only => international(number),
        // EspoCRM's pattern `phoneNumberLoose`, which applies in either mode.
        number => {
            number.chars().all(|c| c.is_ascii_alphanumeric() || "_@:#+()-. ".contains(c)).then(|| number.to_owned())
        }
    };
    let (first, list) = (body.get("phoneNumber"), body.get("phoneNumberData"));
    match first {
        Some(number) => {
            let number = number.as_str().filter(|number| !number.is_empty());
            let number = number.map_or(Some(Value::Null), |number| even(number).map(Value::from))?;
            given.insert("phoneNumber".to_owned(), number);
        }
        None if list.is_some() && config.international_numbers_only => {
            let stored = before.and_then(Record::primary).map(|phone| &*phone.number);
            if stored.is_some_and(|number| international(number).as_deref() != Some(number)) {
                return None;
            }
        }
        None => {}
    }
    if let Some(data) = list {
        let mut data = data.clone();
        for element in data.as_array_mut().into_iter().flatten() {
            let number = element.get("phoneNumber").and_then(Value::as_str).and_then(even)?;
            let kind = element.get("type").filter(|kind| !kind.is_null());
            if kind.is_some_and(|kind| kind.as_str().is_none_or(|kind| !PHONE_TYPES.contains(&kind))) {
                return None;
            }
            element["phoneNumber"] = Value::from(number);
        }
        given.insert("phoneNumberData".to_owned(), data);
    }
    Some(())
}

/// Normalises the e-mail addresses; `None` where one is invalid. The old primary address is checked too, as with
/// telephones.
fn check_emails(body: &Value, before: Option<&Record>, given: &mut Map<String, Value>) -> Option<()> {
    let fits = |address: &str| {
        address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
            && !address.contains(char::is_whitespace)
    };
    let first = match body.get("emailAddress") {
        Some(first) => first.as_str(),
        None if body.get("emailAddressData").is_some() => before.and_then(|record| record.text("emailAddress")),
        None => None,
    };
    if first.is_some_and(|first| !first.is_empty() && !fits(first)) {
        return None;
    }
    if let Some(data) = body.get("emailAddressData") {
        let addresses =
            data.as_array().into_iter().flatten().map(|one| one.get("emailAddress").and_then(Value::as_str));
        if addresses.into_iter().any(|address| address.is_none_or(|address| !address.is_empty() && !fits(address))) {
            return None;
        }
        given.insert("emailAddressData".to_owned(), data.clone());
    }
    Some(())
}

/// Refuses an assignment that the role does not allow (recording 91f).
fn check_assignment(by: &ApiUser, given: &Value) -> Result<(), Answer> {
    let Some(to) = given.get("assignedUserId").and_then(Value::as_str) else { return Ok(()) };
    let allowed = match by.role.assignment {
        Assignment::All => true,
        Assignment::Own => to == by.user.id,
        Assignment::No => false,
    };
    if allowed { Ok(()) } else { Err(Answer::refused(403, "Assignment failure: assigned user or team not allowed.")) }
}

/// Refuses a link to a record that does not exist (recording 62i) or that the user may not read.
fn check_links(store: &Store, by: &ApiUser, schema: &Schema, given: &Value) -> Result<(), Answer> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    for field in &schema.fields {
        let (entity, ids): (&str, Vec<&str>) = match &field.kind {
            Kind::Link { entity, id } => (entity, text(id).into_iter().collect()),
            Kind::Parent(_) => (text("parentType").unwrap_or_default(), text("parentId").into_iter().collect()),
            Kind::Many { entity, ids, .. } => {
                let ids = given.get(&**ids).and_then(Value::as_array);
                (entity, ids.into_iter().flatten().filter_map(Value::as_str).collect())
            }
            _ => continue,
        };
        let is_foreign = |id: &&str| !(id.is_empty() || entity == "User" && *id == by.user.id);
        if *schema.entity != *"Note" && ids.iter().any(is_foreign) && !by.role.on(entity).read {
            return Err(Answer::foreign(&schema.entity, &field.name));
        }
        // Teams, campaigns and attachments are not simulated, so links to them are not checked.
        let known = store.table(entity).is_some() || matches!(field.kind, Kind::Parent(_));
        if known && ids.iter().any(|id| !id.is_empty() && store.get(entity, id).is_none()) {
            return Err(Answer::cannot_relate(&schema.entity, &field.name, entity));
        }
    }
    Ok(())
}

/// Sets the account of a call or task, and the contact of a task, from the parent (recording 80).
fn derive_links(store: &Store, schema: &Schema, record: &mut Record) {
    if !["Call", "Task"].contains(&&*schema.entity) {
        return;
    }
    let parent = record.text("parentId").map(str::to_owned);
    let kind = record.text("parentType").map(str::to_owned);
    let (account, contact) = match (kind.as_deref(), parent) {
        (Some("Account"), Some(id)) => (Value::from(id), Value::Null),
        (Some("Contact"), Some(id)) => {
            let account = store.get("Contact", &id).and_then(|contact| contact.get("accountId"));
            (account.cloned().unwrap_or_default(), Value::from(id))
        }
        _ => (Value::Null, Value::Null),
    };
    record.set(&attribute(schema, "accountId"), account);
    if &*schema.entity == "Task" {
        record.set(&attribute(schema, "contactId"), contact);
    }
}

/// Sets the time of completion of a task (recording 80f).
fn complete(schema: &Schema, record: &mut Record, now: i64) {
    if &*schema.entity != "Task" {
        return;
    }
    let completed = record.text("status") == Some("Completed");
    if completed && record.get("dateCompleted").is_none() {
        record.set(&attribute(schema, "dateCompleted"), Value::from(time::written(now)));
    } else if !completed {
        record.set(&attribute(schema, "dateCompleted"), Value::Null);
    }
}

/// The duplicates of a new record: people and companies by name or e-mail address (recording 72), and calls by request
/// id on a customised server (A1).
fn duplicates<'a>(store: &'a Store, config: &CrmConfig, schema: &Schema, record: &Record) -> Vec<&'a Record> {
    let Some(table) = store.table(&schema.entity) else { return Vec::new() };
    if schema.phones.is_some() {
        return table.alike(record);
    }
    let request_id = record.text("cCtiRequestId");
    if config.duplicate_request_check && &*schema.entity == "Call" && request_id.is_some() {
        return table.all().filter(|call| call.text("cCtiRequestId") == request_id).collect();
    }
    Vec::new()
}
