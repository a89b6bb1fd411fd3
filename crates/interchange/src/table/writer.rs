//! A table of our own: UTF-8 with its mark, which Excel needs to read accents, and no cell that would be run as a formula.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use timbre_domain::contact::Contact;
use timbre_domain::interchange::{ContactWriter, ExportShape, FileError};

use super::cell::protected;
use super::columns::{OWN_FIRST, OWN_ORIGIN};
use crate::part::PartFile;
use crate::source::UTF8_MARK;
use crate::trouble::{bad_request, of_io};

/// Writes contacts to a table.
pub(crate) struct TableWriter {
    out: Option<Writer<PartFile>>,
    shape: ExportShape,
}

impl TableWriter {
    /// Begins a table with its header.
    pub(crate) fn create(path: &Path, shape: &ExportShape) -> Result<Self, FileError> {
        let mut part = PartFile::create(path)?;
        part.write_all(UTF8_MARK).map_err(|error| of_io(&error))?;
        // Whatever sign a spreadsheet takes for the delimiter, no value is parted where it needs no quotes by ours.
        let mut out =
            WriterBuilder::new().terminator(Terminator::CRLF).quote_style(QuoteStyle::Always).from_writer(part);
        let header = [OWN_FIRST, "Name", "Company"].map(Cow::from).into_iter();
        let phones = (1..=shape.phones).flat_map(|n| [format!("Phone {n}").into(), format!("Phone {n} kind").into()]);
        let emails = (1..=shape.emails).map(|n| format!("Email {n}").into());
        let origin = OWN_ORIGIN.map(|(column, _)| column);
        let rest = ["Owner", "Do not call"].into_iter().chain(origin).chain(shape.fields.iter().map(String::as_str));
        for cell in header.chain(phones).chain(emails).chain(rest.map(Cow::from)) {
            put(&mut out, &cell)?;
        }
        end_row(&mut out)?;
        Ok(Self { out: Some(out), shape: shape.clone() })
    }
}

fn put(out: &mut Writer<PartFile>, cell: &str) -> Result<(), FileError> {
    out.write_field(protected(cell).as_bytes()).map_err(of_csv)
}

fn end_row(out: &mut Writer<PartFile>) -> Result<(), FileError> {
    out.write_record(None::<&[u8]>).map_err(of_csv)
}

fn of_csv(error: csv::Error) -> FileError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => of_io(&error),
        _ => bad_request("a row has not the columns it was said to have"),
    }
}

impl ContactWriter for TableWriter {
    fn write(&mut self, contact: &Contact) -> Result<(), FileError> {
        let shape = &self.shape;
        let beyond = contact.phones.len() > shape.phones
            || contact.emails.len() > shape.emails
            || contact.fields.keys().any(|name| !shape.fields.contains(name));
        if beyond {
            return Err(bad_request("a contact has more than the table has columns for"));
        }
        let Some(out) = &mut self.out else { return Ok(()) };
        put(out, &contact.id.to_string())?;
        put(out, &contact.name)?;
        put(out, &contact.company)?;
        for phone in (0..shape.phones).map(|at| contact.phones.get(at)) {
            put(out, phone.map(|phone| crate::written(&phone.number)).unwrap_or_default())?;
            put(out, phone.map(|phone| phone.kind.as_str()).unwrap_or_default())?;
        }
        for email in (0..shape.emails).map(|at| contact.emails.get(at)) {
            put(out, email.map(String::as_str).unwrap_or_default())?;
        }
        put(out, contact.owner.as_deref().unwrap_or_default())?;
        put(out, if contact.do_not_call { "yes" } else { "" })?;
        put(out, contact.origin.as_ref().map(|origin| origin.source.as_str()).unwrap_or_default())?;
        let external_id = contact.origin.as_ref().and_then(|origin| origin.external_id.as_deref());
        put(out, external_id.unwrap_or_default())?;
        for name in &shape.fields {
            put(out, contact.fields.get(name).map(String::as_str).unwrap_or_default())?;
        }
        end_row(out)
    }

    fn finish(mut self: Box<Self>) -> Result<(), FileError> {
        let Some(out) = self.out.take() else { return Ok(()) };
        out.into_inner().map_err(|error| of_io(error.error()))?.finish()
    }
}
