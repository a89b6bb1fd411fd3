//! The reading side of an import: rows of the file become contacts with everything worked out, a group at a time.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::draft::read_draft;
use timbre_domain::identity::{OURSELVES, origin_key};
use timbre_domain::interchange::{ColumnNote, ContactReader, FileError, FileRow};
use timbre_domain::number::Country;
use timbre_store::{ImportRow, Prepared};
use uuid::Uuid;

use super::RowNote;
use super::report::ReportFile;

/// Rows that travel together from the reading to the writing thread.
pub(super) const GROUP: usize = 256;
/// How long the writing thread keeps a transaction open for a reader that is slow.
const PATIENCE: Duration = Duration::from_millis(20);
/// Problems that stand in the answer; a report file has all of them.
const SHOWN: usize = 100;

/// What the reading thread found besides contacts.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<RowNote>,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) sample: Vec<Contact>,
    pub(super) column_notes: Vec<ColumnNote>,
    pub(super) report: Option<ReportFile>,
}

/// The rows as the writing thread gets them.
pub(super) struct Rows {
    pub(super) receive: Receiver<Vec<ImportRow>>,
    pub(super) group: std::vec::IntoIter<ImportRow>,
    /// Rows that were worked off, for the reading thread to take apart: it has the time.
    pub(super) done: Vec<ImportRow>,
    pub(super) give_back: Sender<Vec<ImportRow>>,
    pub(super) ended: bool,
    pub(super) stop: Arc<AtomicBool>,
}

impl Rows {
    pub(super) fn take_back(&mut self, done: Option<ImportRow>) {
        self.done.extend(done);
        if self.done.len() == GROUP {
            let full = std::mem::replace(&mut self.done, Vec::with_capacity(GROUP));
            // A reading thread that has ended needs them no more.
            let _ = self.give_back.send(full);
        }
    }

    /// The next row; nothing when the reader is slow, at the end, or when the import is to stop.
    pub(super) fn next(&mut self) -> Option<ImportRow> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        if let Some(row) = self.group.next() {
            return Some(row);
        }
        match self.receive.recv_timeout(PATIENCE) {
            Ok(group) => {
                self.group = group.into_iter();
                self.group.next()
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.ended = true;
                None
            }
        }
    }
}

/// The reading thread: rows of the file become contacts with everything worked out.
pub(super) struct Reading {
    pub(super) reader: Box<dyn ContactReader>,
    pub(super) country: Country,
    pub(super) source: String,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) bytes: Arc<AtomicU64>,
    pub(super) sample: usize,
    pub(super) findings: Findings,
    /// The ids that came so far, eight bytes each.
    pub(super) ids: HashSet<u64>,
    pub(super) given_back: Receiver<Vec<ImportRow>>,
}

impl Reading {
    pub(super) fn run(mut self, send: &SyncSender<Vec<ImportRow>>) -> (Findings, Result<(), FileError>) {
        let read = self.read(send);
        self.findings.column_notes = self.reader.column_notes();
        (self.findings, read)
    }

    fn read(&mut self, send: &SyncSender<Vec<ImportRow>>) -> Result<(), FileError> {
        let mut group = Vec::with_capacity(GROUP);
        loop {
            let row = self.reader.next_row();
            let row = match row {
                Some(Ok(row)) => Some(self.understand(row)?),
                Some(Err(error)) => {
                    // What came before the error counts.
                    let _ = send.send(group);
                    return Err(error);
                }
                None => None,
            };
            let ended = row.is_none();
            group.extend(row);
            if ended || group.len() == GROUP {
                self.bytes.store(self.reader.bytes_read(), Ordering::Relaxed);
                self.given_back.try_iter().for_each(drop);
                let full = std::mem::replace(&mut group, Vec::with_capacity(GROUP));
                if send.send(full).is_err() || ended || self.stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
            }
        }
    }

    fn understand(&mut self, row: FileRow) -> Result<ImportRow, FileError> {
        let FileRow { row, line, read } = row;
        let understood =
            read.and_then(|draft| read_draft(draft, ContactId(Uuid::now_v7()), &self.source, self.country));
        let mut again = false;
        let contact = match understood {
            Ok((contact, problems)) => {
                for problem in problems {
                    self.note(RowNote { row, line, refused: false, problem })?;
                }
                if self.findings.sample.len() < self.sample {
                    self.findings.sample.push(contact.clone());
                }
                if let Some(id) = origin_key(&contact) {
                    let mut hasher = DefaultHasher::new();
                    id.hash(&mut hasher);
                    again = !self.ids.insert(hasher.finish());
                }
                Some(Prepared::new(contact))
            }
            Err(problem) => {
                self.note(RowNote { row, line, refused: true, problem })?;
                None
            }
        };
        Ok(ImportRow { row, contact, own_id: self.source == OURSELVES, again })
    }

    fn note(&mut self, note: RowNote) -> Result<(), FileError> {
        *self.findings.counts.entry(note.problem.kind.as_str().to_owned()).or_default() += 1;
        if let Some(report) = &mut self.findings.report {
            report.note(&note)?;
        }
        if self.findings.problems.len() < SHOWN {
            self.findings.problems.push(note);
        }
        Ok(())
    }
}
