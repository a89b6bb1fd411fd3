//! A million contacts: taken in from a file by the real program, found by number, searched as somebody types; each beside
//! what SQLite alone takes for the same.

mod file;
mod import;
mod lookup;
mod people;
mod search;
mod shell;

use std::path::{Path, PathBuf};

use timbre_store::{DataFolder, Store};

use crate::figures::Report;
use crate::memory::{self, MEMORY};
use crate::{Failure, scratch};

/// Hands over each table as soon as it is complete.
pub(crate) fn measure(count: u64, tell: &mut dyn FnMut(Report) -> Result<(), Failure>) -> Result<(), Failure> {
    let dir = scratch()?;
    let (report, data) = import::measure(dir.path(), count)?;
    tell(report)?;

    memory::forget_peak();
    let opened = Opened::open(&data)?;
    let mut lookups = lookup::measure(&opened, count)?;
    memory::fact(&mut lookups, "peak memory of the whole bench, looking up", memory::peak(), Some(MEMORY));
    tell(lookups)?;
    memory::forget_peak();
    let mut searches = search::measure(&opened, count)?;
    memory::fact(&mut searches, "peak memory of the whole bench, searching", memory::peak(), Some(MEMORY));
    tell(searches)?;
    opened.store.close()?;
    Ok(())
}

/// A store, the one that a program left or a new one.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) database: PathBuf,
    _folder: DataFolder,
}

impl Opened {
    pub(crate) fn open(data: &Path) -> Result<Self, Failure> {
        let folder = DataFolder::hold(data)?;
        let (store, report) = Store::open(&folder, chrono::DateTime::UNIX_EPOCH)?;
        if let Some(aside) = report.set_aside {
            return Err(format!("a damaged database was left: {}", aside.file.display()).into());
        }
        Ok(Self { database: store.path().to_owned(), store, _folder: folder })
    }
}
