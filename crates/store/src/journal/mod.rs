//! The journal: what people typed and where the outbox stands, a second time, outside the database.
//!
//! Each transaction that changes a result, a contact with something typed, an outbox item or the agents adds one entry: the
//! rows as they are after it. Should the database be damaged, its backup is brought up to date from here; should the end
//! of the write-ahead log be missing, that is found and made good at the next start. [`entry`] is the format,
//! [`capture`] notices the changed rows, [`replay`] brings entries back, [`segment`] is the files.
//!
//! An entry is written after its transaction was committed: a change that was refused must not come back later. Its line is
//! part of the transaction, too: where a process died before the line was written, [`complete`] writes it at the next start.

mod capture;
mod entry;
mod replay;
mod segment;
mod verify;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction};

pub(crate) use capture::{prepare, touch_contact};
pub use replay::Replayed;
pub(crate) use replay::replay;
pub(crate) use verify::verify;

use self::entry::Entry;
use self::segment::Segment;
use crate::StoreError;
use crate::folder::unused;
use crate::lineage::LineageId;

/// The folder beside the database.
pub(crate) const FOLDER: &str = "journal";

/// A segment that has grown to this many bytes is followed by a new one.
const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;
/// Rows that others refer to and that were written down already; when there are this many, they are forgotten and written
/// anew.
const REMEMBERED: usize = 20_000;

/// Appends entries to the newest segment.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    lineage: LineageId,
    segment: Option<Segment>,
    /// The next entry begins a new segment, instead of going on with the last one.
    anew: bool,
    /// Entries that could not be written yet, such as on a full disk: they go before the next one.
    pending: String,
    /// A digest of each row that stands in an entry only because another refers to it.
    written: HashMap<String, u64>,
}

/// An entry that will be written once its transaction is committed.
#[derive(Debug)]
pub(crate) struct Noted {
    number: u64,
    line: String,
    written: Vec<(String, u64)>,
}

impl Journal {
    /// Opens the journal of a data folder; new entries follow those that are there.
    pub(crate) fn new(data_folder: &Path, lineage: LineageId) -> Self {
        Self {
            folder: data_folder.join(FOLDER),
            lineage,
            segment: None,
            anew: false,
            pending: String::new(),
            written: HashMap::new(),
        }
    }

    /// The rows that a transaction changed, and the number of its entry, which the database remembers; nothing where it
    /// changed none that matter.
    pub(crate) fn note(&self, tx: &Transaction<'_>) -> rusqlite::Result<Option<Noted>> {
        capture::note(tx, &self.written, &self.pending)
    }

    /// Writes an entry; `durably` also has it flushed to the disk. A failure loses nothing: the database has it, and it is
    /// tried again with the next entry.
    pub(crate) fn append(&mut self, noted: Noted, durably: bool) -> io::Result<()> {
        if self.written.len() > REMEMBERED {
            self.written.clear();
        }
        self.written.extend(noted.written);
        self.pending.push_str(&noted.line);
        // Made only now: a Timbre that writes nothing leaves no file.
        let mut segment = match self.segment.take() {
            Some(segment) => segment,
            None if self.anew => Segment::create(&self.folder, noted.number, self.lineage)?,
            None => match Segment::resume(&self.folder, self.lineage)? {
                Some(segment) => segment,
                None => Segment::create(&self.folder, noted.number, self.lineage)?,
            },
        };
        // What is half-written ends a segment: the next one begins with all of it.
        self.anew = true;
        segment.append(self.pending.as_bytes(), durably)?;
        self.pending.clear();
        self.anew = segment.len() >= SEGMENT_BYTES;
        self.segment = (!self.anew).then_some(segment);
        Ok(())
    }

    /// Whether entries wait to be written.
    pub(crate) fn is_behind(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Removes the segments that hold nothing but entries up to this one; begins a new segment, so that the present one
    /// can go one day.
    pub(crate) fn prune(&mut self, up_to: u64) -> io::Result<()> {
        self.segment = None;
        self.anew = true;
        segment::prune(&self.folder, up_to)
    }
}

/// Writes the entries that a database remembers and its journal lacks.
///
/// # Errors
/// When the journal can't be read or written.
pub(crate) fn complete(db: &Connection, data_folder: &Path, lineage: LineageId) -> Result<(), StoreError> {
    let (known, unwritten): (u64, Option<String>) =
        db.query_row("SELECT entry, unwritten FROM lineage", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(unwritten) = unwritten else { return Ok(()) };
    let folder = data_folder.join(FOLDER);
    let last = segment::read_after(&folder, known.saturating_sub(1))
        .map_err(StoreError::file("the journal can't be read"))?
        .last;
    let missing: Vec<(u64, &str)> = unwritten
        .split_inclusive('\n')
        .filter_map(|line| Some((Entry::read(line.trim_end_matches('\n').as_bytes())?.number, line)))
        .filter(|(number, _)| *number > last)
        .collect();
    let Some((first, _)) = missing.first() else { return Ok(()) };
    tracing::info!(entries = missing.len(), "the journal lacked entries that the database remembers");
    let lines: String = missing.iter().map(|(_, line)| *line).collect();
    let write = || match Segment::resume(&folder, lineage)? {
        Some(mut segment) => segment.append(lines.as_bytes(), true),
        None => Segment::create(&folder, *first, lineage)?.append(lines.as_bytes(), true),
    };
    write().map_err(StoreError::file("the journal can't be written"))
}

/// Puts a journal that belongs to another database out of the way; it is not deleted.
pub(crate) fn set_aside(data_folder: &Path, stamp: &str) -> io::Result<()> {
    let folder = data_folder.join(FOLDER);
    std::fs::rename(folder, unused(|n| data_folder.join(format!("{FOLDER}.other-{stamp}-{n}"))))
}

/// Whether there is a journal with anything in it, and whose.
pub(crate) fn of_folder(data_folder: &Path) -> io::Result<Option<LineageId>> {
    segment::lineage(&data_folder.join(FOLDER))
}

/// Numbers of the entries that a database of `lineage` lacks begin behind this one.
pub(crate) fn entry_in(db: &Connection) -> rusqlite::Result<u64> {
    db.query_row("SELECT entry FROM lineage", [], |row| row.get(0))
}
