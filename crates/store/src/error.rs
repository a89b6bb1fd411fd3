//! What can go wrong with the database, as the domain's codes.

use rusqlite::ffi::ErrorCode as Sqlite;
use timbre_domain::error::{ErrorCode, PortError};

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite reported an error that is not one of those below.
    #[error("the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A migration failed; its SQL, which tells nobody anything, is left out.
    #[error("the database's schema could not be brought up to date: {what}")]
    Migration {
        /// What SQLite said.
        what: String,
        code: ErrorCode,
    },
    /// The schema is not one that this version knows; perhaps the file is from a newer Timbre.
    #[error("the database's schema: {0}")]
    Schema(#[source] rusqlite_migration::Error),
    /// A file could not be read, written or renamed.
    #[error("{what}: {source}")]
    File {
        /// What was being done.
        what: &'static str,
        source: std::io::Error,
    },
    /// Another process holds the data folder.
    #[error("another Timbre runs on this data folder")]
    AlreadyRunning,
    /// The file is gone, and there are backups or a journal of it.
    #[error("the database is gone")]
    Missing,
    /// The file is empty, and there are backups or a journal of what was in it.
    #[error("the database was emptied")]
    Emptied,
    /// The file ends in the middle of a page.
    #[error("the database was cut short")]
    CutShort,
    /// A result or record in the database differs from the journal.
    #[error("the database does not hold what the journal says was typed")]
    Altered,
    /// The file is a database of another program.
    #[error("the file is not a database of Timbre")]
    NotOurs,
    /// The file was written by a newer Timbre.
    #[error("the database is of a newer Timbre")]
    Newer,
    /// A stored value could not be understood.
    #[error("a stored value can't be read: {0}")]
    Value(#[from] serde_json::Error),
}

impl From<rusqlite_migration::Error> for StoreError {
    fn from(error: rusqlite_migration::Error) -> Self {
        match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => {
                let code = of_sqlite(&err);
                let what = match err {
                    rusqlite::Error::SqlInputError { msg, .. } => msg,
                    other => other.to_string(),
                };
                Self::Migration { what, code }
            }
            other => Self::Schema(other),
        }
    }
}

impl StoreError {
    pub(crate) fn file(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { what, source }
    }

    /// The code for windows and scripts.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::AlreadyRunning => ErrorCode::AlreadyRunning,
            Self::Value(_) | Self::Missing | Self::Emptied | Self::CutShort | Self::Altered | Self::NotOurs => {
                ErrorCode::StoreDamaged
            }
            Self::Newer => ErrorCode::StoreTooNew,
            Self::File { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
                _ => ErrorCode::DataFolder,
            },
            Self::Schema(rusqlite_migration::Error::MigrationDefinition(
                rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
            )) => ErrorCode::StoreTooNew,
            Self::Sqlite(err) => of_sqlite(err),
            Self::Migration { code, .. } => *code,
            Self::Schema(_) => ErrorCode::StoreFailed,
        }
    }

    /// Whether the file itself is damaged.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        self.code() == ErrorCode::StoreDamaged
    }
}

fn of_sqlite(error: &rusqlite::Error) -> ErrorCode {
    // The file beside the database that its connections share can't be made longer: SQLite does not say why, and there is
    // one reason.
    if error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        return ErrorCode::DiskFull;
    }
    match error {
        // Every table is strict, and nobody else writes here: what has another shape was not written by us.
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => return ErrorCode::StoreDamaged,
        _ => {}
    }
    match error.sqlite_error_code() {
        Some(Sqlite::DiskFull) => ErrorCode::DiskFull,
        Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => ErrorCode::StoreBusy,
        Some(Sqlite::DatabaseCorrupt | Sqlite::NotADatabase) => ErrorCode::StoreDamaged,
        Some(Sqlite::ReadOnly | Sqlite::CannotOpen | Sqlite::PermissionDenied) => ErrorCode::DataFolder,
        _ => ErrorCode::StoreFailed,
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        PortError::new(error.code(), error.to_string()).caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_that_failed_shows_no_sql() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        for sql in ["CREATE TABLE contacts (a; b)", "INSERT INTO nowhere VALUES ('Ana')"] {
            let migrations = rusqlite_migration::Migrations::new(vec![rusqlite_migration::M::up(sql)]);
            let error = StoreError::from(migrations.to_latest(&mut connection).unwrap_err());
            let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
            let said: Vec<String> = chain.map(ToString::to_string).collect();
            assert!(said.iter().all(|said| !said.contains("CREATE") && !said.contains("Ana")), "{said:?}");
            assert_eq!(error.code(), ErrorCode::StoreFailed);
        }
    }

    #[test]
    fn a_disk_too_full_for_the_file_that_connections_share_is_a_full_disk() {
        let code =
            |code| StoreError::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)).code();
        assert_eq!(code(rusqlite::ffi::SQLITE_IOERR_SHMSIZE), ErrorCode::DiskFull);
        assert_eq!(code(rusqlite::ffi::SQLITE_IOERR_READ), ErrorCode::StoreFailed);
    }
}
