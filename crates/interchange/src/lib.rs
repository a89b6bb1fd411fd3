//! Files of contacts: CSV and vCard, streaming, whatever the program that wrote them.
//!
//! [`Files`] is the only face. Inside, a file is opened by `source`, told apart by `sniff` and decoded by
//! `encoding`; `table` reads and writes CSV, `cards` vCard; `part` puts what was written in its place in one step.
//!
//! Nothing here understands a telephone number: texts go out as they stand in the file, and the domain reads them by a
//! country's rules.

mod cards;
mod encoding;
mod kinds;
mod part;
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

/// The longest value that is kept, bytes: nobody writes more about a contact.
const LONGEST_VALUE: usize = 64 * 1024;

/// A number as a file is to carry it: with its country, so that it means the same everywhere; as it was written where an
/// extension would be lost.
fn written(number: &PhoneNumber) -> &str {
    let raw = number.raw();
    let extended = raw.chars().any(|c| c.is_alphabetic() || matches!(c, '#' | ','));
    number.e164().filter(|_| !extended).unwrap_or(raw)
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
            FileFormat::Csv => table::inspect(&head, options),
            FileFormat::Vcard => cards::inspect(&head),
        }
    }

    fn read(&self, path: &Path, layout: &FileLayout) -> Result<Box<dyn ContactReader>, FileError> {
        match layout.format {
            FileFormat::Csv => Ok(Box::new(table::Rows::open(path, layout)?)),
            FileFormat::Vcard => Ok(Box::new(cards::Cards::open(path, layout)?)),
        }
    }

    fn write(&self, path: &Path, format: FileFormat, shape: &ExportShape) -> Result<Box<dyn ContactWriter>, FileError> {
        match format {
            FileFormat::Csv => Ok(Box::new(table::TableWriter::create(path, shape)?)),
            FileFormat::Vcard => Ok(Box::new(cards::CardWriter::create(path)?)),
        }
    }
}
