//! All records, and what spans several entities.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::config::{CrmConfig, User};
use super::email;
use super::phone::Phone;
use super::record::{Id, Record};
use super::schema::{Kind, Name, Schema};
use super::table::Table;
use super::time;
use crate::dice::Dice;

#[derive(Debug)]
pub(crate) struct Store {
    schemas: BTreeMap<Arc<str>, Arc<Schema>>,
    tables: BTreeMap<Arc<str>, Table>,
    dice: Dice,
    last_id: (i64, u32),
}

impl Store {
    pub(crate) fn new(config: &CrmConfig, now: DateTime<Utc>) -> Self {
        let schemas: BTreeMap<_, _> =
            Schema::all(config).into_iter().map(|schema| (schema.entity.clone(), Arc::new(schema))).collect();
        let tables = schemas.keys().map(|entity| (entity.clone(), Table::default())).collect();
        let mut store = Self { schemas, tables, dice: Dice::new(config.seed), last_id: (0, 0) };
        let api_users = config.api_keys.values().map(|api| &api.user);
        for user in api_users.chain(&config.users) {
            store.add_user(user, now.timestamp());
        }
        store
    }

    fn add_user(&mut self, user: &User, now: i64) {
        let Some(schema) = self.schema("User") else { return };
        let mut record = Record::new(Id::from(user.id.as_str()), now);
        let fields = [
            ("name", Value::from(user.name.as_str())),
            ("userName", Value::from(user.user_name.as_str())),
            ("type", Value::from(user.kind.text())),
            ("isActive", Value::Bool(true)),
            ("emailAddress", user.email.as_deref().map_or(Value::Null, Value::from)),
        ];
        for (name, value) in fields {
            record.set(&attribute(&schema, name), value);
        }
        self.table_mut("User").put(record);
    }

    /// Changes the fields of an entity, as an administrator does.
    pub(crate) fn alter(&mut self, entity: &str, change: impl FnOnce(&mut Schema)) {
        if let Some(schema) = self.schemas.get_mut(entity) {
            change(Arc::make_mut(schema));
        }
    }

    pub(crate) fn schema(&self, entity: &str) -> Option<Arc<Schema>> {
        self.schemas.get(entity).cloned()
    }

    pub(crate) fn entities(&self) -> impl Iterator<Item = &Arc<str>> {
        self.schemas.keys()
    }

    pub(crate) fn table(&self, entity: &str) -> Option<&Table> {
        self.tables.get(entity)
    }

    pub(crate) fn table_mut(&mut self, entity: &str) -> &mut Table {
        self.tables.entry(Arc::from(entity)).or_default()
    }

    pub(crate) fn get(&self, entity: &str, id: &str) -> Option<&Record> {
        self.tables.get(entity)?.get(id)
    }

    /// The name of a record, as links show it.
    pub(crate) fn name_of(&self, entity: &str, id: &str) -> Value {
        self.get(entity, id).map_or(Value::Null, |record| Value::from(record.name()))
    }

    /// A new id in EspoCRM's form: 8 hexadecimal digits for the second, 5 for the microsecond, and 4 random ones.
    pub(crate) fn new_id(&mut self, now: DateTime<Utc>) -> Id {
        let second = now.timestamp();
        let part = match self.last_id {
            (last, part) if last == second => (part + 1).max(now.timestamp_subsec_micros()),
            _ => now.timestamp_subsec_micros(),
        };
        self.last_id = (second, part);
        Id::from(format!("{second:08x}{:05x}{:04x}", part & 0xf_ffff, self.dice.below(0x1_0000)))
    }

    /// Makes a record from the JSON of a GET, with its id and times, without any check. Unknown and computed attributes
    /// are ignored.
    pub(crate) fn read_record(&mut self, schema: &Schema, fields: &Value, now: DateTime<Utc>) -> Record {
        let given = fields.get("id").and_then(Value::as_str).map(Id::from);
        let id = given.unwrap_or_else(|| self.new_id(now));
        let stamp = |name: &str| fields.get(name).and_then(Value::as_str).and_then(time::strict);
        let mut record = Record::new(id, stamp("createdAt").unwrap_or(now.timestamp()));
        record.modified = stamp("modifiedAt").unwrap_or(record.created);
        write_fields(&mut record, schema, fields);
        record
    }
}

/// Sets the attributes that the JSON has, telephones included, without any check.
pub(crate) fn write_fields(record: &mut Record, schema: &Schema, fields: &Value) {
    let Some(object) = fields.as_object() else { return };
    let addresses = email::list(record);
    for (name, value) in object {
        let Some(field) = schema.stored(name) else { continue };
        let stored = match &field.kind {
            Kind::Derived => continue,
            Kind::Parent(_) => Arc::from(name.as_str()),
            Kind::Link { id, .. } => id.clone(),
            Kind::Many { ids, .. } => ids.clone(),
            _ => field.name.clone(),
        };
        record.set(&stored, value.clone());
    }
    if let Some(default_kind) = schema.phones {
        write_phones(record, fields, default_kind);
        email::write(record, addresses, fields);
    }
}

/// `phoneNumberData` replaces the list; `phoneNumber` alone replaces the primary number and keeps the others (recording
/// 23; A0 shows the result).
pub(crate) fn write_phones(record: &mut Record, fields: &Value, default_kind: &'static str) {
    match fields.get("phoneNumberData") {
        Some(Value::Array(data)) => {
            record.phones = data.iter().filter_map(|element| Phone::read(element, default_kind)).collect();
            if !record.phones.iter().any(|phone| phone.primary)
                && let Some(first) = record.phones.first_mut()
            {
                first.primary = true;
            }
            return;
        }
        Some(_) => {
            record.phones.clear();
            return;
        }
        None => {}
    }
    let Some(number) = fields.get("phoneNumber") else { return };
    let number = number.as_str().unwrap_or_default();
    if record.primary().is_some_and(|primary| *primary.number == *number) {
        return;
    }
    record.phones.retain(|phone| !phone.primary && *phone.number != *number);
    if !number.is_empty() {
        record.phones.insert(0, Phone::new(number, default_kind.into(), true));
    }
}

/// The name of an attribute in the schema's shared text.
pub(crate) fn attribute(schema: &Schema, name: &str) -> Name {
    match schema.stored(name) {
        Some(field) if *field.name == *name => field.name.clone(),
        _ => Name::from(name),
    }
}
