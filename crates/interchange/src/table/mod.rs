//! CSV and what spreadsheets make of it: any delimiter, any encoding, with or without a header.

mod cell;
mod columns;
mod dialect;
pub(crate) mod names;
mod plan;
mod rows;
mod split;
mod writer;

use std::path::Path;

use timbre_domain::interchange::{ChosenBy, ColumnUse, FileError, FileFormat, FileLayout, ReadOptions, Target};

use self::dialect::Dialect;
use crate::source::Head;
use crate::trouble::bad_file;

pub(crate) use self::rows::Rows;
pub(crate) use self::writer::TableWriter;

/// What the beginning of a table tells; the whole of it where a column that nobody knows is empty there.
pub(crate) fn inspect(path: &Path, head: &Head, options: &ReadOptions) -> Result<FileLayout, FileError> {
    let Dialect { delimiter, above, sample, header } = dialect::guess(head, options)?;
    if header && head.whole && sample.len() == 1 {
        return Err(bad_file(Some(&format!("line {}", above + 2)), "there are no rows below the header"));
    }
    let names = columns::names(&sample, header);
    let program = if header { names::program(&names) } else { "csv" };
    let columns = columns::choose(&names, &sample, program, header, options)?;
    let mut layout = FileLayout {
        format: FileFormat::Csv,
        encoding: head.encoding.charset.name().to_owned(),
        encoding_guessed: head.encoding.guessed,
        delimiter: Some(char::from(delimiter)),
        rows_above: above as u64,
        header,
        program: program.to_owned(),
        columns,
        header_key: header.then(|| columns::key(&names)),
        bytes: head.bytes,
    };
    let is_empty = |at: usize| {
        sample[usize::from(header)..].iter().all(|row| row.get(at).is_none_or(|cell| cell.trim().is_empty()))
    };
    let unknown = |column: &ColumnUse| column.by == ChosenBy::Nobody && matches!(column.target, Target::Field(_));
    let later: Vec<usize> =
        (0..layout.columns.len()).filter(|at| unknown(&layout.columns[*at]) && is_empty(*at)).collect();
    if !head.whole && !later.is_empty() {
        let values = rows::values_of(path, &layout, &later)?;
        for (at, values) in later.into_iter().zip(values) {
            if let Some(target) = columns::told_by(&layout.columns[at].name, &values, header) {
                layout.columns[at].target = target;
                layout.columns[at].by = ChosenBy::Content;
            }
        }
    }
    Ok(layout)
}
