//! The yardstick: rows as they are, on a connection with the store's settings.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params_from_iter};

use crate::Failure;
use crate::headless::ms_between;

/// The two tables and their indexes.
const SCHEMA: &str = "SELECT sql FROM sqlite_schema
     WHERE tbl_name IN ('interactions', 'outbox') AND sql IS NOT NULL ORDER BY type = 'index', rowid";

/// The store's own settings of the connection that writes, at their most durable.
const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
     PRAGMA cache_size = -49152;";

/// Records on their way that belong to one result.
const ITEMS: usize = 2;
/// Where the outbox has the request id, which is random.
const REQUEST_ID: usize = 1;

type Row = Vec<Value>;

/// The rows of results, in the order they were saved.
pub(super) struct Rows {
    interactions: Vec<Row>,
    outbox: Vec<Row>,
}

impl Rows {
    /// All that a database has.
    pub(super) fn of(database: &Path) -> Result<Self, Failure> {
        let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let all = |sql: &str| {
            let mut statement = db.prepare(sql)?;
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
            statement.query_map([], row)?.collect::<rusqlite::Result<Vec<Row>>>()
        };
        Ok(Self {
            interactions: all("SELECT * FROM interactions ORDER BY created_at")?,
            outbox: all("SELECT * FROM outbox ORDER BY seq")?,
        })
    }

    /// The rows of one result.
    pub(super) fn nth(&self, n: usize) -> Result<(&Row, &[Row]), Failure> {
        let rows = self.interactions.get(n).zip(self.outbox.get(n * ITEMS..(n + 1) * ITEMS));
        rows.ok_or_else(|| format!("there is no result {n}").into())
    }

    /// Says where these are not the rows of so many results.
    pub(super) fn wrong(&self, results: usize) -> Option<String> {
        let there = (self.interactions.len(), self.outbox.len());
        (there != (results, results * ITEMS)).then(|| format!("{} results and {} records", there.0, there.1))
    }

    /// Says where others are not the same, whatever the request ids.
    pub(super) fn difference(&self, others: &Self) -> Option<String> {
        let named = |row: &Row| [&row[..REQUEST_ID], &row[REQUEST_ID + 1..]].concat();
        let same = self.interactions == others.interactions
            && self.outbox.iter().map(named).eq(others.outbox.iter().map(named));
        let count = |rows: &Self| format!("{} results and {} records", rows.interactions.len(), rows.outbox.len());
        (!same).then(|| format!("not the same: {} and {}", count(self), count(others)))
    }
}

/// A database with nothing but the two tables.
pub(super) struct Bare {
    db: Connection,
    path: PathBuf,
    interaction: String,
    item: String,
}

impl Bare {
    /// Shaped as another database is.
    pub(super) fn like(model: &Path, path: &Path) -> Result<Self, Failure> {
        let model = Connection::open_with_flags(model, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let db = Connection::open(path)?;
        db.execute_batch(SETTINGS)?;
        let mut schema = model.prepare(SCHEMA)?;
        for sql in schema.query_map([], |row| row.get::<_, String>(0))? {
            db.execute_batch(&sql?)?;
        }
        let insert = |table: &str| -> Result<String, Failure> {
            let columns = db.prepare(&format!("SELECT * FROM {table}"))?.column_count();
            let places: Vec<_> = (1..=columns).map(|place| format!("?{place}")).collect();
            Ok(format!("INSERT INTO {table} VALUES ({})", places.join(", ")))
        };
        let (interaction, item) = (insert("interactions")?, insert("outbox")?);
        Ok(Self { db, path: path.to_owned(), interaction, item })
    }

    /// Writes the rows of one result; how long that took, milliseconds.
    pub(super) fn commit(&mut self, (interaction, items): (&Row, &[Row])) -> Result<f64, Failure> {
        let started = Instant::now();
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.prepare_cached(&self.interaction)?.execute(params_from_iter(interaction))?;
        for item in items {
            tx.prepare_cached(&self.item)?.execute(params_from_iter(item))?;
        }
        tx.commit()?;
        Ok(ms_between(started, Instant::now()))
    }

    /// What it has in the end.
    pub(super) fn end(self) -> Result<Rows, Failure> {
        self.db.close().map_err(|(_, error)| error)?;
        Rows::of(&self.path)
    }
}
