//! What people do in the CRM, and what tests look up in it.

use serde_json::Value;

use super::config::CustomField;
use super::crm::Crm;
use super::ledger::{Change, Stored};
use super::record::{Id, Record};
use super::shape;
use super::store::attribute;
use super::time;
use super::writing::{Write, WriteKind};

impl Crm {
    /// Somebody creates a contact with these attributes. Nothing is checked, so telephones may be in any form. Returns
    /// the id. The contact becomes visible after the commit lag.
    #[must_use]
    pub fn create_contact(&self, fields: &Value) -> String {
        self.create("Contact", fields)
    }

    /// Somebody creates a record of any entity, as with [`create_contact`](Self::create_contact).
    #[must_use]
    pub fn create(&self, entity: &str, fields: &Value) -> String {
        let now = self.shared.clock.now();
        let record = {
            let store = &mut self.shared.state().store;
            let Some(schema) = store.schema(entity) else { return String::new() };
            let mut record = store.read_record(&schema, fields, now);
            if record.get("createdById").is_none() {
                record.set(&attribute(&schema, "createdById"), Value::from(ADMINISTRATOR));
            }
            record
        };
        let id = record.id.to_string();
        let kind = WriteKind::Create { record: Box::new(record), given: fields.clone() };
        self.write(entity, &id, kind);
        id
    }

    /// Somebody changes a contact, which sets `modifiedAt` to now. Nothing is checked, and nothing happens where there
    /// is no such contact.
    pub fn edit_contact(&self, id: &str, fields: &Value) {
        self.edit("Contact", id, fields);
    }

    /// Somebody changes a record of any entity, as with [`edit_contact`](Self::edit_contact).
    pub fn edit(&self, entity: &str, id: &str, fields: &Value) {
        let stamp = self.shared.clock.now().timestamp();
        let kind = WriteKind::Update { given: fields.clone(), stamp, by: Some(ADMINISTRATOR.to_owned()) };
        self.write(entity, id, kind);
    }

    /// Somebody deletes a contact, which removes it from all lists.
    pub fn delete_contact(&self, id: &str) {
        self.delete("Contact", id);
    }

    pub fn delete(&self, entity: &str, id: &str) {
        self.write(entity, id, WriteKind::Delete);
    }

    /// An administrator brings a deleted record back. It keeps its old `modifiedAt`, so that a query for recent changes
    /// does not find it. Returns `false` where it was not deleted.
    pub fn restore(&self, entity: &str, id: &str) -> bool {
        self.shared.settle();
        let at = self.shared.moment();
        let mut state = self.shared.state();
        let restored = state.store.table_mut(entity).restore(id);
        if restored {
            let (entity, id) = (entity.to_owned(), id.to_owned());
            let entry = Stored { at, change: Change::Restored, entity, id, request: None, fields: Value::Null };
            state.log.history.push(entry);
        }
        drop(state);
        self.shared.tell_news();
        restored
    }

    /// Inserts a record from the JSON of a GET, with its `id`, `createdAt` and `modifiedAt` (UTC) where it has them. It
    /// replaces a record with the same id. Nothing is checked, and it is visible at once.
    pub fn insert_record(&self, entity: &str, fields: &Value) -> String {
        let at = self.shared.moment();
        let mut state = self.shared.state();
        let Some(schema) = state.store.schema(entity) else { return String::new() };
        let record = state.store.read_record(&schema, fields, at.wall);
        let id = record.id.to_string();
        let kind = WriteKind::Create { record: Box::new(record), given: fields.clone() };
        let write = Write { entity: entity.to_owned(), id: Id::from(id.as_str()), kind };
        let answer = state.store(&write, None, at);
        drop(state);
        self.shared.stored(&answer, None);
        id
    }

    /// An administrator creates a field. Values stored under its name before it was removed are visible again.
    pub fn make_field(&self, entity: &str, field: &CustomField) {
        self.shared.state().store.alter(entity, |schema| {
            if schema.stored(&field.name).is_none() {
                schema.add_custom(std::slice::from_ref(field));
            }
        });
    }

    /// An administrator removes a field. Writing it is then ignored silently (recording 70c), and naming it in a
    /// `where` is the 400 of recording 60d.
    pub fn remove_field(&self, entity: &str, name: &str) {
        self.shared.state().store.alter(entity, |schema| schema.fields.retain(|field| *field.name != *name));
    }

    /// Sets whether the API user may write a field. Where it may not, writing it is ignored silently, and a `where` may
    /// still name it.
    pub fn let_field_be_written(&self, entity: &str, name: &str, may: bool) {
        self.shared.state().store.alter(entity, |schema| {
            for field in schema.fields.iter_mut().filter(|field| *field.name == *name) {
                field.writable = may;
            }
        });
    }

    /// The record, as a GET shows it.
    #[must_use]
    pub fn record(&self, entity: &str, id: &str) -> Option<Value> {
        self.shared.settle();
        let state = self.shared.state();
        let schema = state.store.schema(entity)?;
        let record = state.store.get(entity, id)?;
        Some(Value::Object(shape::whole(&state.store, &schema, record)))
    }

    /// All live records of an entity, ordered by id, each as a GET shows it.
    #[must_use]
    pub fn records(&self, entity: &str) -> Vec<Value> {
        self.shared.settle();
        let state = self.shared.state();
        let (Some(schema), Some(table)) = (state.store.schema(entity), state.store.table(entity)) else {
            return Vec::new();
        };
        let whole = |record: &Record| Value::Object(shape::whole(&state.store, &schema, record));
        table.all().map(whole).collect()
    }

    /// How many live records of an entity there are.
    #[must_use]
    pub fn count(&self, entity: &str) -> usize {
        self.shared.settle();
        self.shared.state().store.table(entity).map_or(0, super::table::Table::len)
    }

    /// The ids and `modifiedAt` (UTC) of all live records of an entity, ordered by id. Cheaper than
    /// [`records`](Self::records).
    #[must_use]
    pub fn stamps(&self, entity: &str) -> Vec<(String, String)> {
        self.shared.settle();
        let state = self.shared.state();
        let records = state.store.table(entity).into_iter().flat_map(super::table::Table::all);
        records.map(|record| (record.id.to_string(), time::written(record.modified))).collect()
    }

    fn write(&self, entity: &str, id: &str, kind: WriteKind) {
        self.shared.settle();
        let write = Write { entity: entity.to_owned(), id: Id::from(id), kind };
        let lag = self.shared.state().tempo.commit_lag;
        if lag.is_zero() {
            self.shared.store(&write, None);
        } else {
            self.shared.store_later(write, None, lag);
        }
    }
}

/// The id of the user in whose name tests act.
pub(crate) const ADMINISTRATOR: &str = "6b0073fb3cd3c05f7";
