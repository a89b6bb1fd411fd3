//! The data folder, and the lock that keeps it to one engine.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use timbre_files::private;

use crate::StoreError;

/// A data folder that this process holds. The lock ends with the process, however it ends.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder where it is missing, readable by this user alone where the system can say so, and locks it.
    ///
    /// # Errors
    /// [`StoreError::AlreadyRunning`] when another process holds it, [`StoreError::File`] when it can't be made or
    /// written.
    pub fn hold(path: &Path) -> Result<Self, StoreError> {
        if !path.is_dir() {
            make(path).map_err(StoreError::file("the data folder can't be made"))?;
        }
        let lock = private::open_or_create(&path.join("timbre.lock"))
            .map_err(StoreError::file("the data folder can't be written"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::AlreadyRunning),
            Err(TryLockError::Error(source)) => {
                Err(StoreError::File { what: "the data folder can't be locked", source })
            }
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(unix)]
fn make(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)
}

/// The first of these paths that nothing has yet, counted from 0, so that nothing is overwritten.
pub(crate) fn unused(numbered: impl Fn(u32) -> PathBuf) -> PathBuf {
    (0..).map(&numbered).find(|path| !path.exists()).unwrap_or_else(|| numbered(0))
}

/// A path in a folder that nothing has yet: the name alone, else with a number behind it.
pub(crate) fn unused_name(folder: &Path, name: &str) -> PathBuf {
    unused(|n| if n == 0 { folder.join(name) } else { folder.join(format!("{name}-{n}")) })
}
