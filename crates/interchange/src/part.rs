//! A file that is written beside its place and put there in one step, so that nobody ever sees half of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use timbre_domain::interchange::FileError;

use crate::trouble::{bad_request, of_io};

/// A file in the making: `.NAME.part` in the same folder. Dropped before [`Self::finish`], it is removed.
pub(crate) struct PartFile {
    out: Option<BufWriter<File>>,
    part: PathBuf,
    place: PathBuf,
}

impl PartFile {
    /// Begins a file that is to stand at a place.
    pub(crate) fn create(place: &Path) -> Result<Self, FileError> {
        let name = place.file_name().ok_or_else(|| bad_request("this names no file"))?;
        if place.is_dir() {
            return Err(of_io(&io::ErrorKind::IsADirectory.into()));
        }
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".part");
        let part = place.with_file_name(hidden);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // People's numbers are nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|error| of_io(&error))?;
        Ok(Self { out: Some(BufWriter::with_capacity(64 * 1024, file)), part, place: place.to_owned() })
    }

    /// Puts it in its place.
    pub(crate) fn finish(mut self) -> Result<(), FileError> {
        let Some(out) = self.out.take() else { return Ok(()) };
        let put = || -> io::Result<()> {
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            drop(file);
            fs::rename(&self.part, &self.place)?;
            sync_folder(&self.place)
        };
        put().map_err(|error| {
            let _ = fs::remove_file(&self.part);
            of_io(&error)
        })
    }
}

/// The new name must outlast a power cut as well.
#[cfg(unix)]
fn sync_folder(place: &Path) -> io::Result<()> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Some file systems can't sync a folder; the file itself is safe by now.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(out) = self.out.take() {
            // What is still buffered has no place to go to.
            drop(out.into_parts());
            let _ = fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
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
