//! A million contacts: taken in from a file by the real program, found by number, searched as somebody types; each beside
//! what SQLite alone takes for the same.

mod file;
mod import;
mod lookup;
mod memory;
mod people;
mod search;
mod shell;

use std::path::{Path, PathBuf};

use timbre_domain::number::Country;
use timbre_store::{DataFolder, Store};
use timbre_tests::programs::program;

use crate::Failure;
use crate::figures::Report;

/// Where the numbers without a country code are at home.
const HOME: Country = Country::CR;

/// What a part may take of memory, bytes.
const MEMORY: u64 = 200_000_000;

/// Hands over each table as soon as it is complete.
pub(crate) fn measure(count: u64, tell: &mut dyn FnMut(Report) -> Result<(), Failure>) -> Result<(), Failure> {
    // Beside the programs: the system's folder for what is temporary may lie in memory.
    let dir = tempfile::tempdir_in(program("timbrectl").parent().unwrap_or(Path::new(".")))?;
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

/// The store that the import left.
struct Opened {
    store: Store,
    database: PathBuf,
    _folder: DataFolder,
}

impl Opened {
    fn open(data: &Path) -> Result<Self, Failure> {
        let folder = DataFolder::hold(data)?;
        let (store, report) = Store::open(&folder, chrono::DateTime::UNIX_EPOCH)?;
        if let Some(aside) = report.set_aside {
            return Err(format!("the import left a damaged database: {}", aside.file.display()).into());
        }
        Ok(Self { database: store.path().to_owned(), store, _folder: folder })
    }
}

/// `1234567` as `1 234 567`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", grouped(bytes / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_read_in_groups_of_three() {
        assert_eq!([7, 1_000, 1_234_567].map(grouped), ["7", "1 000", "1 234 567"]);
    }
}
