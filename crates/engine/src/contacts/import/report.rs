//! The file with every row that was refused or not taken whole: for mending them where they come from.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use timbre_domain::error::ErrorCode;
use timbre_domain::interchange::FileError;

use super::RowNote;

/// A CSV that grows as the import goes on. It holds nothing of what stands in the imported file.
pub(super) struct ReportFile(csv::Writer<BufWriter<File>>);

impl ReportFile {
    pub(super) fn begin(path: &Path) -> Result<Self, FileError> {
        let file = File::create(path).map_err(|error| failed(&error))?;
        let mut writer =
            csv::WriterBuilder::new().quote_style(csv::QuoteStyle::NonNumeric).from_writer(BufWriter::new(file));
        writer.write_record(["row", "line", "column", "refused", "problem", "detail"]).map_err(in_csv)?;
        Ok(Self(writer))
    }

    pub(super) fn note(&mut self, note: &RowNote) -> Result<(), FileError> {
        let RowNote { row, line, refused, problem } = note;
        let refused = if *refused { "yes" } else { "no" };
        let column = problem.column.as_deref().unwrap_or_default();
        let (column, detail) = (&harmless(column), &harmless(&problem.detail));
        let fields = [&row.to_string(), &line.to_string(), column, refused, problem.kind.as_str(), detail];
        self.0.write_record(fields).map_err(in_csv)
    }

    pub(super) fn finish(mut self) -> Result<(), FileError> {
        self.0.flush().map_err(|error| failed(&error))
    }
}

/// A stranger's text as no spreadsheet takes it for a formula, wherever it lets a cell begin. Nobody reads it back.
fn harmless(text: &str) -> String {
    let mut before = ' ';
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r') && !before.is_alphanumeric() {
            safe.push('\'');
        }
        safe.push(c);
        before = c;
    }
    safe
}

fn in_csv(error: csv::Error) -> FileError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => failed(&error),
        other => FileError { code: ErrorCode::FileAccess, place: Some("report".into()), detail: format!("{other:?}") },
    }
}

fn failed(error: &std::io::Error) -> FileError {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
        _ => ErrorCode::FileAccess,
    };
    FileError { code, place: Some("report".into()), detail: format!("the report can't be written: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_column_of_a_stranger_is_a_formula_where_another_sign_parts_the_cells() {
        for (name, safe) in [
            ("Ana;=cmd|'/c calc'!A1;", "Ana;'=cmd|'/c calc'!A1;"),
            ("=1+1", "'=1+1"),
            ("Ana =1", "Ana '=1"),
            ("e-mail", "e-mail"),
            ("Teléfono", "Teléfono"),
        ] {
            assert_eq!(harmless(name), safe);
        }
    }
}
