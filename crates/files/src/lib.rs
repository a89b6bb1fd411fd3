//! The one way to write a file: whole or not at all. Whoever reads it meanwhile reads the old one or the new one; a crash or a
//! power cut leaves one of both. What is written to in place is opened by [`private`].

pub mod private;

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file in the making, beside its place. Dropped before it is put there, it is removed.
#[derive(Debug)]
pub struct NewFile {
    out: BufWriter<NamedTempFile>,
    place: PathBuf,
}

impl NewFile {
    /// Begins a file that is to stand at a place. On Unix nobody but this user can read it, unless
    /// [`Self::with_permissions`] says otherwise.
    ///
    /// # Errors
    /// When the place is a folder or names nothing, or when its folder can't be written.
    pub fn create(place: &Path) -> io::Result<Self> {
        if place.file_name().is_none() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if place.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let new = tempfile::Builder::new().prefix(".timbre.").tempfile_in(folder_of(place))?;
        Ok(Self { out: BufWriter::with_capacity(64 * 1024, new), place: place.to_owned() })
    }

    /// The same, readable and writable for those who may do so by these permissions.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn with_permissions(self, permissions: Permissions) -> io::Result<Self> {
        self.out.get_ref().as_file().set_permissions(permissions)?;
        Ok(self)
    }

    /// Flushes all that was written to the disk, so that little is left to go wrong.
    ///
    /// # Errors
    /// When the disk is full, or fails.
    pub fn flush_to_disk(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().as_file().sync_all()
    }

    /// Puts it in its place, whatever stood there.
    ///
    /// # Errors
    /// When that can't be done; then the place is as it was.
    pub fn replace(mut self) -> io::Result<()> {
        self.flush_to_disk()?;
        let new = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        patiently(new, |new| new.persist(&self.place))?;
        sync_folder(&self.place)
    }

    /// Puts it in its place, where nothing may stand.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) where something does.
    pub fn put(mut self) -> io::Result<()> {
        self.flush_to_disk()?;
        let new = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        patiently(new, |new| new.persist_noclobber(&self.place))?;
        sync_folder(&self.place)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Replaces a file by these bytes.
///
/// # Errors
/// When it can't be written; then the old one is still there.
pub fn replace(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = NewFile::create(place)?;
    new.write_all(bytes)?;
    new.replace()
}

#[cfg(not(windows))]
fn patiently(
    new: NamedTempFile,
    put: impl Fn(NamedTempFile) -> Result<File, tempfile::PersistError>,
) -> io::Result<()> {
    put(new).map(drop).map_err(|error| error.error)
}

#[cfg(windows)]
use self::windows::patiently;

/// Windows lets nobody replace a file that another program has open, as a search index or a virus scanner has every new one for
/// a moment.
#[cfg(windows)]
mod windows {
    use std::time::Duration;

    use super::{File, NamedTempFile, io};

    const TRIES: u32 = 20;
    pub(super) const BETWEEN_TRIES: Duration = Duration::from_millis(50);

    /// ERROR_SHARING_VIOLATION, which the standard library has no name for: somebody has the new file open.
    const SHARING_VIOLATION: i32 = 32;

    fn is_held(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::PermissionDenied || error.raw_os_error() == Some(SHARING_VIOLATION)
    }

    #[expect(clippy::disallowed_methods, reason = "the other program goes by no clock of ours")]
    pub(super) fn patiently(
        mut new: NamedTempFile,
        put: impl Fn(NamedTempFile) -> Result<File, tempfile::PersistError>,
    ) -> io::Result<()> {
        for _ in 1..TRIES {
            match put(new) {
                Ok(_) => return Ok(()),
                Err(held) if is_held(&held.error) => new = held.file,
                Err(error) => return Err(error.error),
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
        put(new).map(drop).map_err(|error| error.error)
    }
}

fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new name must outlast a power cut as well. Systems that can't sync a folder do it by themselves.
fn sync_folder(place: &Path) -> io::Result<()> {
    if cfg!(unix) {
        // Some file systems refuse to sync a folder; the file itself is safe by now.
        let _ = File::open(folder_of(place)).and_then(|folder| folder.sync_all());
    }
    fs::metadata(place).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_that_was_not_finished_leaves_the_old_one_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.json");
        replace(&place, b"old").unwrap();
        let mut new = NewFile::create(&place).unwrap();
        new.write_all(b"half").unwrap();
        drop(new);
        assert_eq!(fs::read(&place).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_new_file_replaces_what_stands_there_or_refuses_to() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.json");
        replace(&place, b"old").unwrap();
        let put = NewFile::create(&place).unwrap().put();
        assert_eq!(put.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        replace(&place, b"new").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_folder_is_no_place_for_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(NewFile::create(folder.path()).is_err());
        assert!(NewFile::create(Path::new("")).is_err());
        assert!(NewFile::create(&folder.path().join("none/a.json")).is_err());
    }

    #[cfg(windows)]
    #[test]
    fn a_file_that_another_program_has_open_is_replaced_once_it_is_let_go_and_else_stays_as_it_was() {
        use std::os::windows::fs::OpenOptionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("Año nuevo.json");
        replace(&place, b"old").unwrap();
        let held = || fs::OpenOptions::new().read(true).share_mode(0).open(&place).unwrap();
        let other = held();
        assert_eq!(replace(&place, b"new").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        drop(other);
        assert_eq!(fs::read(&place).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["Año nuevo.json"], "nothing is left beside it");
        let other = held();
        let letting_go = std::thread::spawn(move || {
            #[expect(clippy::disallowed_methods, reason = "the other program goes by no clock of ours")]
            std::thread::sleep(windows::BETWEEN_TRIES * 3);
            drop(other);
        });
        replace(&place, b"new").unwrap();
        letting_go.join().unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_a_new_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.json");
        replace(&place, b"secret").unwrap();
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
