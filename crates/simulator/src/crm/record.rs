//! A stored record, small enough for a million of them in memory.

use std::sync::Arc;

use serde_json::Value;

use super::phone::Phone;
use super::schema::Name;

/// An id, whose text the records and the indexes share.
pub(crate) type Id = Arc<str>;

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: Id,
    /// The value of `createdAt`, in Unix seconds.
    pub(crate) created: i64,
    /// The value of `modifiedAt`, in Unix seconds.
    pub(crate) modified: i64,
    pub(crate) phones: Vec<Phone>,
    /// The attributes that are not null.
    fields: Vec<(Name, Value)>,
}

impl Record {
    pub(crate) fn new(id: Id, created: i64) -> Self {
        Self { id, created, modified: created, phones: Vec::new(), fields: Vec::new() }
    }

    pub(crate) fn get(&self, attribute: &str) -> Option<&Value> {
        self.fields.iter().find(|(name, _)| **name == *attribute).map(|(_, value)| value)
    }

    pub(crate) fn text(&self, attribute: &str) -> Option<&str> {
        self.get(attribute)?.as_str()
    }

    pub(crate) fn set(&mut self, attribute: &Name, value: Value) {
        let place = self.fields.iter().position(|(name, _)| name == attribute);
        match (place, value) {
            (Some(place), Value::Null) => drop(self.fields.swap_remove(place)),
            (Some(place), value) => self.fields[place].1 = value,
            (None, Value::Null) => {}
            (None, value) => self.fields.push((attribute.clone(), value)),
        }
    }

    /// The ids in an attribute that holds a list of them.
    pub(crate) fn ids(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.get(attribute).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The name; for a person, first and last name.
    pub(crate) fn name(&self) -> String {
        match self.text("name") {
            Some(name) => name.to_owned(),
            None => ["firstName", "middleName", "lastName"]
                .into_iter()
                .filter_map(|part| self.text(part))
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    pub(crate) fn primary(&self) -> Option<&Phone> {
        self.phones.iter().find(|phone| phone.primary).or_else(|| self.phones.first())
    }
}
