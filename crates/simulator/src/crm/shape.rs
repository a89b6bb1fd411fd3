//! The JSON of records in answers, each form after a recording.

use serde_json::{Map, Value, json};

use super::record::Record;
use super::schema::{Kind, Schema};
use super::store::Store;
use super::time;

type Object = Map<String, Value>;

/// A row of a list without `select`, and of the 409 for duplicates (recordings 72 and A1).
pub(crate) fn row(store: &Store, schema: &Schema, record: &Record) -> Object {
    let mut row = Object::new();
    if &*schema.entity != "Note" {
        row.insert("name".to_owned(), Value::from(record.name()));
    }
    row.insert("id".to_owned(), Value::from(&*record.id));
    row.insert("deleted".to_owned(), Value::Bool(false));
    row.insert("createdAt".to_owned(), Value::from(time::written(record.created)));
    row.insert("modifiedAt".to_owned(), Value::from(time::written(record.modified)));
    for field in &schema.fields {
        let name = field.name.to_string();
        match &field.kind {
            Kind::Link { id, .. } => {
                row.insert(id.to_string(), record.get(id).cloned().unwrap_or_default());
                row.insert(format!("{name}Name"), link_name(store, schema, record, &name));
            }
            Kind::Parent(_) => {
                for part in ["parentId", "parentType"] {
                    row.insert(part.to_owned(), record.get(part).cloned().unwrap_or_default());
                }
            }
            Kind::Many { .. } => {}
            Kind::Derived => {
                if let Some(value) = derived(store, record, &name) {
                    row.insert(name, value);
                }
            }
            _ => {
                let value = record.get(&name).cloned();
                let value =
                    value.unwrap_or(if field.default.is_boolean() { field.default.clone() } else { Value::Null });
                row.insert(name, value);
            }
        }
    }
    if schema.phones.is_some() {
        row.insert("phoneNumber".to_owned(), primary_number(record));
    }
    row
}

/// A row of a list with `select`. A few attributes are there whatever is selected.
pub(crate) fn selected(store: &Store, schema: &Schema, record: &Record, select: &[String], order_by: &str) -> Object {
    let mut shown = Object::new();
    let parent_is_selected = ["parentId", "parentType"].iter().all(|part| select.iter().any(|name| name == part));
    let names = select.iter().map(String::as_str).chain(schema.always.iter().copied()).chain(["id", order_by]);
    for name in names {
        if shown.contains_key(name) {
            continue;
        }
        if let Some(value) = one(store, schema, record, name) {
            shown.insert(name.to_owned(), value);
        }
    }
    if schema.fields.iter().any(|field| matches!(field.kind, Kind::Parent(_))) && !parent_is_selected {
        // Recording 70b: the name is not looked up, though the record has a parent.
        shown.insert("parentName".to_owned(), Value::Null);
    }
    shown
}

/// One attribute of a row; `None` for an attribute that lists do not show.
fn one(store: &Store, schema: &Schema, record: &Record, name: &str) -> Option<Value> {
    match name {
        "id" => return Some(Value::from(&*record.id)),
        "deleted" => return Some(Value::Bool(false)),
        "createdAt" => return Some(Value::from(time::written(record.created))),
        "modifiedAt" => return Some(Value::from(time::written(record.modified))),
        "name" if &*schema.entity != "Note" => return Some(Value::from(record.name())),
        "phoneNumber" if schema.phones.is_some() => return Some(primary_number(record)),
        "parentName" => return Some(parent_name(store, record)),
        _ => {}
    }
    if let Some(field) = schema.stored(name) {
        return match &field.kind {
            Kind::Many { .. } => None,
            Kind::Derived => derived(store, record, name),
            _ if field.default.is_boolean() => Some(record.get(name).unwrap_or(&field.default).clone()),
            _ => Some(record.get(name).cloned().unwrap_or_default()),
        };
    }
    let link = name.strip_suffix("Name")?;
    let is_link = |kind: &Kind| matches!(kind, Kind::Link { .. });
    let known = schema.fields.iter().any(|field| *field.name == *link && is_link(&field.kind));
    known.then(|| link_name(store, schema, record, link))
}

/// The whole record, as a GET shows it (recordings 18, 65).
pub(crate) fn whole(store: &Store, schema: &Schema, record: &Record) -> Object {
    let mut whole = row(store, schema, record);
    for field in &schema.fields {
        match &field.kind {
            Kind::Parent(_) => {
                whole.insert("parentName".to_owned(), parent_name(store, record));
            }
            Kind::Many { entity, ids, columns } => {
                let linked: Vec<&str> = record.ids(ids).collect();
                let names: Object = linked.iter().map(|id| ((*id).to_owned(), store.name_of(entity, id))).collect();
                if *columns {
                    let columns = linked.iter().map(|id| ((*id).to_owned(), json!({"status": "None"})));
                    whole.insert(format!("{}Columns", field.name), columns.collect());
                }
                whole.insert(format!("{}Names", field.name), Value::Object(names));
                whole.insert(ids.to_string(), json!(linked));
            }
            _ => {}
        }
    }
    if schema.phones.is_some() {
        whole.insert("phoneNumberData".to_owned(), phones(record));
        whole.insert("emailAddressData".to_owned(), emails(record));
    }
    decorate(store, &schema.entity, record, &mut whole);
    whole
}

fn decorate(store: &Store, entity: &str, record: &Record, whole: &mut Object) {
    let mut put = |name: &str, value: Value| whole.insert(name.to_owned(), value);
    match entity {
        "Contact" => {
            let account = record.text("accountId");
            put("accountsIds", account.into_iter().collect());
            let names = account.map(|id| (id.to_owned(), store.name_of("Account", id)));
            put("accountsNames", names.into_iter().collect());
            let columns = account.map(|id| (id.to_owned(), json!({"role": null, "isInactive": false})));
            put("accountsColumns", columns.into_iter().collect());
            follow(&mut put, store, None);
        }
        "Account" | "Lead" => follow(&mut put, store, None),
        "Call" => {
            let numbers = ["Contact", "Lead"].into_iter().flat_map(|entity| {
                let ids = record.ids(if entity == "Contact" { "contactsIds" } else { "leadsIds" });
                ids.filter_map(move |id| {
                    let number = &store.get(entity, id)?.primary()?.number;
                    Some((format!("{entity}_{id}"), Value::from(number.as_ref())))
                })
            });
            put("phoneNumbersMap", numbers.collect());
            put("reminders", json!([]));
        }
        "Task" => {
            put("reminders", json!([]));
            put("emailId", Value::Null);
            put("attachmentsTypes", json!({}));
            follow(&mut put, store, record.text("assignedUserId"));
        }
        "Note" => {
            put("data", json!({}));
            put("relatedName", Value::Null);
            put("attachmentsTypes", json!({}));
        }
        _ => {}
    }
}

fn follow(put: &mut impl FnMut(&str, Value) -> Option<Value>, store: &Store, follower: Option<&str>) {
    put("isFollowed", Value::Bool(false));
    put("followersIds", follower.into_iter().collect());
    put("followersNames", follower.map(|id| (id.to_owned(), store.name_of("User", id))).into_iter().collect());
}

/// The answer to a create (recordings 13, 14, 60, 80, 81). It leaves out what was not given, except a few nulls.
pub(crate) fn fresh(store: &Store, schema: &Schema, record: &Record, given: &Value) -> Value {
    let mut fresh = whole(store, schema, record);
    fresh.retain(|name, value| !value.is_null() || schema.shown_null.contains(&name.as_str()));
    match &*schema.entity {
        "Contact" => {
            fresh.insert("accountIsInactive".to_owned(), Value::Bool(false));
            fresh.insert("targetListIsOptedOut".to_owned(), Value::Bool(false));
        }
        "Call" => {
            // The recorded server answers 300 whatever the length is. Here it is never right, so that no client relies
            // on it.
            let wrong = if length(record) == Some(300) { 0 } else { 300 };
            fresh.insert("duration".to_owned(), Value::from(wrong));
        }
        _ => {}
    }
    if schema.phones.is_some() && given.get("phoneNumber").is_none() {
        fresh.remove("phoneNumber");
    }
    Value::Object(fresh)
}

fn derived(store: &Store, record: &Record, name: &str) -> Option<Value> {
    let account = record.text("accountId").and_then(|id| store.get("Account", id));
    Some(match name {
        "accountIsInactive" => account.map_or(Value::Null, |_| Value::Bool(false)),
        "accountType" => account.and_then(|account| account.get("type")).cloned().unwrap_or_default(),
        "isOverdue" => Value::Bool(false),
        "duration" => duration(record).map_or(Value::Null, Value::from),
        _ => return None,
    })
}

/// The length modulo 60 seconds, as the recorded server computes it (recording 65: 10 for 250 seconds). Where that
/// would be right by accident it is 300, so that no client relies on it.
pub(crate) fn duration(record: &Record) -> Option<i64> {
    let seconds = length(record)?;
    let part = seconds.rem_euclid(60);
    Some(if part == seconds { 300 } else { part })
}

fn length(record: &Record) -> Option<i64> {
    let at = |name: &str| record.text(name).and_then(time::strict);
    Some(at("dateEnd")? - at("dateStart")?)
}

fn link_name(store: &Store, schema: &Schema, record: &Record, link: &str) -> Value {
    let field = schema.fields.iter().find(|field| *field.name == *link);
    match field.map(|field| &field.kind) {
        Some(Kind::Link { entity, id }) => record.text(id).map_or(Value::Null, |id| store.name_of(entity, id)),
        _ => Value::Null,
    }
}

fn parent_name(store: &Store, record: &Record) -> Value {
    match (record.text("parentType"), record.text("parentId")) {
        (Some(entity), Some(id)) => store.name_of(entity, id),
        _ => Value::Null,
    }
}

fn primary_number(record: &Record) -> Value {
    record.primary().map_or(Value::Null, |phone| Value::from(phone.number.as_ref()))
}

pub(crate) fn phones(record: &Record) -> Value {
    record.phones.iter().map(super::phone::Phone::json).collect()
}

pub(crate) fn emails(record: &Record) -> Value {
    Value::Array(super::email::list(record))
}
