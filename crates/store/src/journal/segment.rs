//! The files of the journal: one after the other, each named after the first entry in it.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use timbre_files::private;

use super::entry::{Entry, checked, from_json, to_json};
use crate::lineage::LineageId;

const ENDING: &str = "jsonl";
/// The longest first line of a file, bytes.
const HEADER_BYTES: u64 = 512;

/// A file that entries are added to.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    len: u64,
}

impl Segment {
    /// A new file, whatever lies there already: an existing file of that name is never written to.
    pub(super) fn create(folder: &Path, first: u64, lineage: LineageId) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let name = |n: u32| match n {
            0 => folder.join(format!("{first:016}.{ENDING}")),
            n => folder.join(format!("{first:016}-{n}.{ENDING}")),
        };
        let mut n = 0;
        let mut file = loop {
            match private::create_new(&name(n)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
                made => break made?,
            }
        };
        let header = header(lineage);
        file.write_all(header.as_bytes())?;
        Ok(Self { file, len: header.len() as u64 })
    }

    /// The last file, to go on with; nothing where it does not end with a whole line, or is another database's.
    pub(super) fn resume(folder: &Path, lineage: LineageId) -> io::Result<Option<Self>> {
        let Some((_, path)) = files(folder)?.pop() else { return Ok(None) };
        let mut file = private::open(&path)?;
        let mut beginning = Vec::new();
        (&mut file).take(HEADER_BYTES).read_to_end(&mut beginning)?;
        let ours = beginning.split(|byte| *byte == b'\n').next().and_then(lineage_in) == Some(lineage);
        let len = file.metadata()?.len();
        if !ours || len == 0 {
            return Ok(None);
        }
        let mut last = [0];
        file.seek(SeekFrom::Start(len - 1))?;
        file.read_exact(&mut last)?;
        Ok((last == *b"\n").then_some(Self { file, len }))
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Adds whole lines, or none of them.
    pub(super) fn append(&mut self, lines: &[u8], durably: bool) -> io::Result<()> {
        let written = self.file.write_all(lines).and_then(|()| if durably { self.file.sync_data() } else { Ok(()) });
        match &written {
            Ok(()) => self.len += lines.len() as u64,
            Err(_) => {
                // What can't be taken back is found by its checksum.
                let _ = self.file.set_len(self.len).and_then(|()| self.file.seek(SeekFrom::Start(self.len)));
            }
        }
        written
    }
}

/// The first line of a file: whose journal it is.
fn header(lineage: LineageId) -> String {
    let json = json!({"journal": 1, "lineage": to_json(rusqlite::types::ValueRef::Blob(&lineage.0))}).to_string();
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
}

fn lineage_in(line: &[u8]) -> Option<LineageId> {
    let header: Value = serde_json::from_slice(checked(line)?).ok()?;
    match from_json(header.get("lineage")?) {
        rusqlite::types::Value::Blob(bytes) => bytes.try_into().ok().map(LineageId),
        _ => None,
    }
}

/// The files, the first entry's first.
fn files(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let first = name.split('-').next().and_then(|digits| digits.parse().ok());
        if let (Some(first), Some(ENDING)) = (first, path.extension().and_then(|ending| ending.to_str())) {
            files.push((first, path));
        }
    }
    files.sort();
    Ok(files)
}

/// Whose journal lies in a folder; nothing where there is none, or no file says so.
pub(super) fn lineage(folder: &Path) -> io::Result<Option<LineageId>> {
    // The newest says it: an older one may have been left by a disk that lost its end.
    for (_, path) in files(folder)?.into_iter().rev() {
        let mut beginning = Vec::new();
        File::open(path)?.take(HEADER_BYTES).read_to_end(&mut beginning)?;
        if let Some(lineage) = beginning.split(|byte| *byte == b'\n').next().and_then(lineage_in) {
            return Ok(Some(lineage));
        }
    }
    Ok(None)
}

/// What is read of a journal.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Those that can be read, in their order.
    pub(super) entries: Vec<Entry>,
    /// The number of the last one, readable or not.
    pub(super) last: u64,
}

/// The entries behind this one.
pub(super) fn read_after(folder: &Path, after: u64) -> io::Result<Found> {
    let files = files(folder)?;
    let mut found = Found::default();
    for (position, (first, path)) in files.iter().enumerate() {
        // All of this file's entries come before the next file's first.
        if files.get(position + 1).is_some_and(|(next, _)| *next <= after + 1) {
            continue;
        }
        let bytes = fs::read(path)?;
        let mut next = *first;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if lineage_in(line).is_some() {
                continue;
            }
            // One that can't be read has, as far as anybody knows, the number that follows.
            let entry = Entry::read(line);
            let number = entry.as_ref().map_or(next, |entry| entry.number);
            found.last = found.last.max(number);
            next = number + 1;
            found.entries.extend(entry.filter(|_| number > after));
        }
    }
    // Entries that could not be written at once may stand in two files.
    found.entries.sort_by_key(|entry| entry.number);
    found.entries.dedup_by_key(|entry| entry.number);
    Ok(found)
}

/// Removes the files that hold nothing behind this entry; the last one always stays.
pub(super) fn prune(folder: &Path, up_to: u64) -> io::Result<()> {
    let files = files(folder)?;
    for pair in files.windows(2) {
        if let [(_, path), (next, _)] = pair
            && *next <= up_to + 1
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
