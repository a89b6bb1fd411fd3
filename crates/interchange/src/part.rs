//! A file of contacts in the making: put in its place in one step, so that nobody ever sees half of it.

use std::io::{self, Write};
use std::path::Path;

use timbre_domain::interchange::FileError;
use timbre_files::NewFile;

use crate::trouble::{bad_request, of_io};

/// A file in the making. Dropped before [`Self::finish`], it is removed.
pub(crate) struct PartFile(NewFile);

impl PartFile {
    /// Begins a file that is to stand at a place.
    pub(crate) fn create(place: &Path) -> Result<Self, FileError> {
        if place.file_name().is_none() {
            return Err(bad_request("this names no file"));
        }
        NewFile::create(place).map(Self).map_err(|error| of_io(&error))
    }

    /// Puts it in its place.
    pub(crate) fn finish(self) -> Result<(), FileError> {
        self.0.replace().map_err(|error| of_io(&error))
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("contacts.csv");
        fs::write(&place, "before").unwrap();
        let mut dropped = PartFile::create(&place).unwrap();
        dropped.write_all(b"half").unwrap();
        drop(dropped);
        assert_eq!(fs::read_to_string(&place).unwrap(), "before");
        let mut whole = PartFile::create(&place).unwrap();
        whole.write_all(b"after").unwrap();
        whole.finish().unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn what_cannot_be_written_says_why() {
        let folder = tempfile::tempdir().unwrap();
        for place in [folder.path().to_owned(), folder.path().join("missing/contacts.csv")] {
            assert_eq!(PartFile::create(&place).err().unwrap().code.as_str(), "file_access");
        }
    }
}
