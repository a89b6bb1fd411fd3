//! The organisation's own fields of contacts.

use timbre_domain::interchange::{ChosenBy, ColumnUse, FileLayout, Target};
use timbre_domain::normalize::fold;

use crate::fault::{ConfigError, ValueFault};
use crate::read::Section;

/// A field that the organisation keeps of its contacts, such as an identity card's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactField {
    /// Its name, under which it is kept and shown.
    pub name: String,
    /// What files call it, beside its name; capitals and accents make no difference.
    pub columns: Vec<String>,
}

pub(crate) fn read(top: &Section<'_>) -> Result<Vec<ContactField>, ConfigError> {
    let mut fields: Vec<ContactField> = Vec::new();
    for section in top.sections("contact_fields")? {
        section.only(&["name", "columns"])?;
        let written = section.required_text("name")?;
        let name = written.text.trim();
        if name.is_empty() || fields.iter().any(|known| fold(&known.name) == fold(name)) {
            let message = format!("a contact field needs a name of its own; {name:?} is empty or there already");
            return Err(written.error(ValueFault::Taken, message));
        }
        let columns = section.texts("columns")?.iter().map(|column| column.text.to_owned()).collect();
        fields.push(ContactField { name: name.to_owned(), columns });
    }
    Ok(fields)
}

/// Takes columns for the organisation's fields, unless a person said otherwise of them.
pub fn claim(fields: &[ContactField], layout: &mut FileLayout) {
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
