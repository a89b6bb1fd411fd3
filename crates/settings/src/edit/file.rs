//! The settings file on the disk: read whole, written in one step.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use timbre_files::NewFile;

use super::EditError;

/// The text; nothing where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<String>, EditError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path, "the settings file can't be read")(source)),
    }
}

/// Replaces the file whole, unless it is not any more what was read. Whoever reads it meanwhile reads the old or the new
/// one; a crash leaves one of both.
pub(super) fn write(path: &Path, before: Option<&str>, text: &str) -> Result<(), EditError> {
    let path = &followed(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unwritable = failed(path, "the settings file can't be written");
    if before.is_none() {
        fs::create_dir_all(folder).map_err(failed(folder, "the folder of the settings can't be made"))?;
    }
    let permissions = match fs::metadata(path) {
        Ok(file) if file.permissions().readonly() => return Err(EditError::ReadOnly(path.clone())),
        Ok(file) => {
            // A new file in its place could be made where this one may not be written: an administrator meant it so.
            match OpenOptions::new().write(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    return Err(EditError::ReadOnly(path.clone()));
                }
                opened => drop(opened.map_err(&unwritable)?),
            }
            Some(file.permissions())
        }
        Err(_) => None,
    };
    let mut new = NewFile::create(path).map_err(|error| {
        if error.kind() == io::ErrorKind::PermissionDenied {
            EditError::ReadOnly(path.clone())
        } else {
            unwritable(error)
        }
    })?;
    if let Some(permissions) = permissions {
        new = new.with_permissions(permissions).map_err(&unwritable)?;
    }
    new.write_all(text.as_bytes()).map_err(&unwritable)?;
    new.flush_to_disk().map_err(&unwritable)?;
    if read(path)?.as_deref() != before {
        return Err(EditError::Changed);
    }
    let put = if before.is_some() { new.replace() } else { new.put() };
    put.map_err(|error| match error {
        error if error.kind() == io::ErrorKind::AlreadyExists => EditError::Changed,
        error => unwritable(error),
    })
}

/// The file itself, where `path` is a link to it, there or not.
fn followed(path: &Path) -> PathBuf {
    if let Ok(whole) = fs::canonicalize(path) {
        return whole;
    }
    match fs::read_link(path) {
        Ok(target) => path.parent().unwrap_or(Path::new(".")).join(target),
        Err(_) => path.to_owned(),
    }
}

fn failed(path: &Path, what: &'static str) -> impl Fn(io::Error) -> EditError {
    let path = path.to_owned();
    move |source| EditError::File { path: path.clone(), what, source }
}
