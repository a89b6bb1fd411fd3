//! Files of contacts: CSV and vCard, streaming, and the XML phone books of desk telephones, whatever the program that wrote
//! them.
//!
//! [`Files`] is the only face. Inside, a file is opened by `source`, told apart by `sniff` and decoded by
//! `encoding`; `table` reads and writes CSV, `cards` vCard, `phone_book` reads XML; `part` puts what was written in its place in one step.
//!
//! Nothing here understands a telephone number: texts go out as they stand in the file, and the domain reads them by a
//! country's rules.

mod cards;
mod charset;
mod encoding;
mod kinds;
mod part;
mod phone_book;
mod sniff;
mod source;
mod table;
mod titles;
mod trouble;

use std::path::Path;

use timbre_domain::interchange::{
    ContactReader, ContactWriter, ExportShape, FileError, FileFormat, FileLayout, ReadOptions,
};
use timbre_domain::number::PhoneNumber;
use timbre_domain::ports::ContactFiles;

use crate::trouble::bad_request;

/// The longest value that is kept, bytes: nobody writes more about a contact.
const LONGEST_VALUE: usize = 64 * 1024;

/// A number as a file is to carry it: with its country, so that it means the same everywhere; as it was written where it is
/// not valid, or where an extension or a code before it would be lost.
fn written(number: &PhoneNumber) -> &str {
    let plain = number.extension().is_none() && number.caller_id_code().is_none();
    number.valid_e164().filter(|_| plain).unwrap_or(number.raw())
}

/// Files of contacts on this machine's disks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Files;

impl ContactFiles for Files {
    fn inspect(&self, path: &Path, options: &ReadOptions) -> Result<FileLayout, FileError> {
        let encoding = encoding::choose(path, options.encoding.as_deref())?;
        let head = source::head(path, encoding)?;
        sniff::refuse_pages(&head.text)?;
        let format = options.format.unwrap_or_else(|| sniff::format(&head.text));
        match format {
            FileFormat::Csv => table::inspect(path, &head, options),
            FileFormat::Vcard => cards::inspect(&head),
            FileFormat::Xml => phone_book::inspect(path, &head),
        }
    }

    fn read(&self, path: &Path, layout: &FileLayout) -> Result<Box<dyn ContactReader>, FileError> {
        match layout.format {
            FileFormat::Csv => Ok(Box::new(table::Rows::open(path, layout)?)),
            FileFormat::Vcard => Ok(Box::new(cards::Cards::open(path, layout)?)),
            FileFormat::Xml => Ok(Box::new(phone_book::Entries::open(path, layout)?)),
        }
    }

    fn write(&self, path: &Path, format: FileFormat, shape: &ExportShape) -> Result<Box<dyn ContactWriter>, FileError> {
        match format {
            FileFormat::Csv => Ok(Box::new(table::TableWriter::create(path, shape)?)),
            FileFormat::Vcard => Ok(Box::new(cards::CardWriter::create(path)?)),
            FileFormat::Xml => Err(bad_request("contacts are written as CSV or vCard")),
        }
    }
}
