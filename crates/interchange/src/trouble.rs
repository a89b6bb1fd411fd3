//! What can be wrong with a file or a row, in the words of the port.

use std::io::{Error, ErrorKind};

use timbre_domain::error::ErrorCode;
use timbre_domain::interchange::{FileError, ProblemKind, RowProblem};

/// The file holds no contacts that we could read.
pub(crate) fn bad_file(place: Option<&str>, detail: impl Into<String>) -> FileError {
    FileError { code: ErrorCode::BadFile, place: place.map(str::to_owned), detail: detail.into() }
}

/// An option does not fit the file.
pub(crate) fn bad_request(detail: impl Into<String>) -> FileError {
    FileError { code: ErrorCode::BadRequest, place: None, detail: detail.into() }
}

/// The operating system refused.
pub(crate) fn of_io(error: &Error) -> FileError {
    let (code, detail) = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (ErrorCode::DiskFull, "the disk is full".to_owned()),
        ErrorKind::NotFound => (ErrorCode::FileAccess, "there is no such file or folder".to_owned()),
        ErrorKind::PermissionDenied => (ErrorCode::FileAccess, "the permission for it is missing".to_owned()),
        ErrorKind::IsADirectory => (ErrorCode::FileAccess, "it is a folder".to_owned()),
        kind => (ErrorCode::FileAccess, kind.to_string()),
    };
    FileError { code, place: None, detail }
}

/// A row that can't be taken.
pub(crate) fn problem(kind: ProblemKind, column: Option<&str>, detail: impl Into<String>) -> RowProblem {
    RowProblem { kind, column: column.map(str::to_owned), detail: detail.into() }
}
