//! The organisation's own fields of contacts.

use serde::Deserialize;
use timbre_domain::interchange::{ChosenBy, ColumnUse, FileLayout, Target};
use timbre_domain::search::fold;
use toml::Spanned;

use super::{Check, ConfigError};

/// A field that the organisation keeps of its contacts, such as an identity card's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactField {
    /// Its name, under which it is kept and shown.
    pub name: String,
    /// What files call it, beside its name; capitals and accents make no difference.
    pub columns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileContactField {
    name: Spanned<String>,
    #[serde(default)]
    columns: Vec<String>,
}

/// Timbre's own fields of contacts, as pop-ups can show them.
const OWN: [&str; 3] = ["email", "owner", "company"];

impl Check<'_> {
    /// The fields that pop-ups show: all of the organisation's own where the file says nothing.
    pub(super) fn popup_fields(
        &self,
        read: Option<&[Spanned<String>]>,
        fields: &[ContactField],
    ) -> Result<Vec<String>, ConfigError> {
        let Some(read) = read else { return Ok(fields.iter().map(|field| field.name.clone()).collect()) };
        let mut shown = Vec::with_capacity(read.len());
        for name in read {
            let wanted = name.get_ref().trim();
            let known =
                fields.iter().map(|field| field.name.as_str()).chain(OWN).find(|known| fold(known) == fold(wanted));
            let known = known.ok_or_else(|| {
                let message =
                    format!("there is no [[contact_fields]] named {wanted:?}, and it is none of {}", OWN.join(", "));
                self.at(name, message)
            })?;
            shown.push(known.to_owned());
        }
        Ok(shown)
    }

    pub(super) fn contact_fields(&self, read: &[FileContactField]) -> Result<Vec<ContactField>, ConfigError> {
        let mut fields: Vec<ContactField> = Vec::with_capacity(read.len());
        for field in read {
            let name = field.name.get_ref().trim();
            if name.is_empty() || fields.iter().any(|known| fold(&known.name) == fold(name)) {
                let message = format!("a contact field needs a name of its own; {name:?} is empty or there already");
                return Err(self.at(&field.name, message));
            }
            fields.push(ContactField { name: name.to_owned(), columns: field.columns.clone() });
        }
        Ok(fields)
    }
}

/// Takes columns for the organisation's fields, unless a person said otherwise of them.
pub(crate) fn claim(fields: &[ContactField], layout: &mut FileLayout) {
    let is_called = |field: &ContactField, column: &ColumnUse| {
        let name = fold(column.name.trim());
        std::iter::once(&field.name).chain(&field.columns).any(|known| fold(known.trim()) == name)
    };
    let by_person = |column: &ColumnUse| matches!(column.by, ChosenBy::Hand | ChosenBy::Saved);
    for column in layout.columns.iter_mut().filter(|column| !by_person(column)) {
        if let Some(field) = fields.iter().find(|field| is_called(field, column)) {
            column.target = Target::Field(field.name.clone());
            column.by = ChosenBy::Settings;
        }
    }
}
