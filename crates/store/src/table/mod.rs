//! One file a table: its row, its readers, its writers, its tests.

pub(crate) mod agents;
pub(crate) mod calls;
pub(crate) mod case_file;
mod cdrs;
mod connectors;
pub(crate) mod contacts;
pub(crate) mod cursors;
mod endpoints;
pub(crate) mod imports;
pub(crate) mod interactions;
pub(crate) mod listed;
pub(crate) mod outbox;
mod settings;
pub(crate) mod sync;
mod throttles;
pub(crate) mod unread;

use chrono::{DateTime, Utc};
use rusqlite::types::{FromSqlError, Type};
use uuid::Uuid;

/// Reads every contact, call, result and record: SQLite notices no damage to the values in them.
pub(crate) fn read_all(db: &rusqlite::Connection) -> rusqlite::Result<()> {
    contacts::read_all(db)?;
    calls::read_all(db)?;
    interactions::read_all(db)?;
    outbox::read_all(db)
}

/// A time as it is stored.
fn ms(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

fn time(ms: i64) -> rusqlite::Result<DateTime<Utc>> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| FromSqlError::OutOfRange(ms).into())
}

pub(crate) fn uuid(bytes: &[u8]) -> rusqlite::Result<Uuid> {
    Uuid::from_slice(bytes).map_err(|error| unreadable(error, Type::Blob))
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(error, Type::Text))
}

/// A unit variant of an enum as text, such as `in`.
fn word<T: serde::Serialize>(value: T) -> rusqlite::Result<String> {
    match serde_json::to_value(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))? {
        serde_json::Value::String(word) => Ok(word),
        other => Ok(other.to_string()),
    }
}

fn from_word<T: serde::de::DeserializeOwned>(word: String) -> rusqlite::Result<T> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| unreadable(error, Type::Text))
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Ids as a list that `SELECT unhex(value) FROM json_each(?)` takes apart: JSON has no bytes.
pub(crate) fn hex_list(ids: impl Iterator<Item = Uuid>) -> rusqlite::Result<String> {
    to_json(&ids.map(|id| id.simple().to_string()).collect::<Vec<_>>())
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>, kind: Type) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, kind, error.into())
}

#[cfg(test)]
pub(crate) mod testing {
    use chrono::{DateTime, Utc};
    use rusqlite::trace::{TraceEvent, TraceEventCodes};

    use crate::{DataFolder, Store};

    /// A store of its own, gone with the test.
    pub(crate) struct TestStore {
        pub(crate) store: Store,
        _folder: DataFolder,
        _dir: tempfile::TempDir,
    }

    impl std::ops::Deref for TestStore {
        type Target = Store;

        fn deref(&self) -> &Store {
            &self.store
        }
    }

    pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    pub(crate) fn store() -> TestStore {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::hold(dir.path()).unwrap();
        let (store, report) = Store::open(&folder, at(0)).unwrap();
        assert_eq!(report.set_aside, None);
        TestStore { store, _folder: folder, _dir: dir }
    }

    thread_local! {
        static STATEMENTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    /// What a piece of work gives, and how many statements it made the connections that read run.
    pub(crate) fn statements<T>(store: &Store, work: impl FnOnce(&Store) -> T) -> (T, usize) {
        let count = |event: TraceEvent<'_>| {
            if matches!(event, TraceEvent::Stmt(..)) {
                STATEMENTS.set(STATEMENTS.get() + 1);
            }
        };
        let trace = |count: Option<fn(TraceEvent<'_>)>| {
            for connection in [&store.reader, &store.searcher] {
                connection.lock().unwrap().trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, count);
            }
        };
        trace(Some(count));
        STATEMENTS.set(0);
        let done = work(store);
        let count = STATEMENTS.get();
        trace(None);
        (done, count)
    }

    /// How a statement finds its rows, one step a line.
    pub(crate) fn plan(store: &Store, sql: &str) -> String {
        let steps = store.read(|db| {
            let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let count = explain.parameter_count();
            let nothing = rusqlite::params_from_iter(std::iter::repeat_n(rusqlite::types::Null, count));
            explain.query_map(nothing, |row| row.get::<_, String>(3))?.collect::<rusqlite::Result<Vec<_>>>()
        });
        steps.unwrap().join("\n")
    }
}
