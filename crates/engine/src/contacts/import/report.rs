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
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        writer.write_record(["row", "line", "column", "refused", "problem", "detail"]).map_err(in_csv)?;
        Ok(Self(writer))
    }

    pub(super) fn note(&mut self, note: &RowNote) -> Result<(), FileError> {
        let RowNote { row, line, refused, problem } = note;
        let refused = if *refused { "yes" } else { "no" };
        let column = problem.column.as_deref().unwrap_or_default();
        // A column's name is a stranger's text: no spreadsheet may take it for a formula.
        let column = if column.starts_with(['=', '+', '-', '@', '\t', '\r']) { &format!("'{column}") } else { column };
        let fields = [&row.to_string(), &line.to_string(), column, refused, problem.kind.as_str(), &problem.detail];
        self.0.write_record(fields).map_err(in_csv)
    }

    pub(super) fn finish(mut self) -> Result<(), FileError> {
        self.0.flush().map_err(|error| failed(&error))
    }
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
