//! CSV and what spreadsheets make of it: any delimiter, any encoding, with or without a header.

mod cell;
mod columns;
mod dialect;
mod names;
mod plan;
mod rows;
mod split;
mod writer;

use timbre_domain::interchange::{FileError, FileFormat, FileLayout, ReadOptions};

use self::dialect::Dialect;
use crate::source::Head;
use crate::trouble::bad_file;

pub(crate) use self::rows::Rows;
pub(crate) use self::writer::TableWriter;

/// What the beginning of a table tells.
pub(crate) fn inspect(head: &Head, options: &ReadOptions) -> Result<FileLayout, FileError> {
    let Dialect { delimiter, sample, header } = dialect::guess(head, options)?;
    if header && head.whole && sample.len() == 1 {
        return Err(bad_file(Some("line 2"), "there are no rows below the header"));
    }
    let names = columns::names(&sample, header);
    let program = if header { names::program(&names) } else { "csv" };
    let columns = columns::choose(&names, &sample, program, header, options)?;
    Ok(FileLayout {
        format: FileFormat::Csv,
        encoding: head.encoding.name().to_owned(),
        delimiter: Some(char::from(delimiter)),
        header,
        program: program.to_owned(),
        columns,
        header_key: header.then(|| columns::key(&names)),
        bytes: head.bytes,
    })
}
