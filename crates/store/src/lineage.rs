//! Which database a file is, and how far it has come.
//!
//! A database gets a lineage when it is made and keeps it for ever; its backups and its journal carry the same. Two files of
//! one lineage are two states of one database, and counters that never go back say which one is later.

use rusqlite::{Connection, OptionalExtension as _};

/// `PRAGMA application_id` of every database of Timbre since schema 4: "Timb".
pub(crate) const APPLICATION: i64 = 0x5469_6d62;

/// The schema that brought [`APPLICATION`] and the table `lineage`.
const SINCE: i64 = 4;

/// Tables that every schema has had.
const ALWAYS_THERE: &str = "'contacts', 'calls', 'cursors', 'settings'";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineageId(pub(crate) [u8; 16]);

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A database without any table: it was made a moment ago, or emptied.
    Blank,
    /// A database of Timbre.
    Ours,
    /// A database of a Timbre that is newer than this one.
    Newer,
    Foreign,
}

/// What a file is; `latest` is the newest schema that this Timbre knows.
pub(crate) fn kind(db: &Connection, latest: i64) -> rusqlite::Result<FileKind> {
    let pragma = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))?;
    if tables == 0 && version == 0 {
        return Ok(FileKind::Blank);
    }
    let sql = format!("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ({ALWAYS_THERE})");
    let has_ours = db.query_row(&sql, [], |row| row.get::<_, i64>(0))? == 4;
    Ok(match application {
        APPLICATION if version > latest => FileKind::Newer,
        APPLICATION if has_ours => FileKind::Ours,
        0 if has_ours && (1..SINCE).contains(&version) => FileKind::Ours,
        _ => FileKind::Foreign,
    })
}

/// How far a database has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// Whose state it is; nothing for a schema before there were lineages.
    pub(crate) lineage: Option<LineageId>,
    /// The last entry of the journal that is in it.
    pub(crate) entry: u64,
    /// Contacts and outbox items that were ever made: the counters go on when rows are deleted.
    ever: [i64; 2],
    /// Whether there is nothing in it that anybody would miss.
    pub(crate) is_empty: bool,
}

impl State {
    /// Reads it from a database of Timbre, of any schema.
    pub(crate) fn of(db: &Connection) -> rusqlite::Result<Self> {
        let has = |table: &str| {
            let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
            db.query_row(sql, [table], |row| row.get::<_, bool>(0))
        };
        let (lineage, entry) = if has("lineage")? {
            db.query_row("SELECT id, entry FROM lineage", [], |row| Ok((Some(LineageId(row.get(0)?)), row.get(1)?)))?
        } else {
            (None, 0)
        };
        let ever = |table: &str| {
            let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
            db.query_row(sql, [table], |row| row.get(0)).optional().map(Option::unwrap_or_default)
        };
        let counts = has("sqlite_sequence")?;
        let ever = if counts { [ever("contacts")?, ever("outbox")?] } else { [0, 0] };
        let mut is_empty = true;
        for table in ["contacts", "calls", "interactions", "outbox", "agents"] {
            let any = || db.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {table})"), [], |row| row.get(0));
            is_empty = is_empty && !(has(table)? && any()?);
        }
        Ok(Self { lineage, entry, ever, is_empty })
    }

    /// Whether this state has something that the other one, which is to take its place, never had.
    pub(crate) fn holds_more_than(&self, other: &Self) -> bool {
        let strangers = matches!((self.lineage, other.lineage), (Some(this), Some(that)) if this != that);
        let earlier = self.entry > other.entry || self.ever.iter().zip(other.ever).any(|(this, that)| *this > that);
        !self.is_empty && (strangers || earlier || other.is_empty)
    }
}
