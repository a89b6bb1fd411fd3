//! Files that are written to in place, as a database, a lock and a journal are. They are this user's alone, whoever may enter
//! their folder; they are not reached through a link, which may lead anywhere; and they are plain files: a pipe would be waited
//! for without end.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file for reading and writing, and makes it where there is none.
///
/// # Errors
/// When the system refuses, or what stands there is a link or no plain file.
pub fn open_or_create(place: &Path) -> io::Result<File> {
    opened(place, options().create(true).truncate(false))
}

/// Opens a file that is there, for reading and writing.
///
/// # Errors
/// As [`open_or_create`], and where there is none.
pub fn open(place: &Path) -> io::Result<File> {
    opened(place, &mut options())
}

/// Makes a file where nothing may stand.
///
/// # Errors
/// [`AlreadyExists`](io::ErrorKind::AlreadyExists) where something does.
pub fn create_new(place: &Path) -> io::Result<File> {
    opened(place, options().create_new(true))
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}

fn opened(place: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Where the system can't be told to follow no link, it is asked.
    if cfg!(not(unix)) && fs::symlink_metadata(place).is_ok_and(|meta| meta.file_type().is_symlink()) {
        return Err(no_plain_file(place));
    }
    let file = options.open(place).map_err(|error| match fs::symlink_metadata(place) {
        // Each system has its own word for a link that is not followed, and for a pipe that nobody reads.
        Ok(meta) if !meta.is_file() => no_plain_file(place),
        _ => error,
    })?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(no_plain_file(place));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Earlier versions left it to the folder to keep others out.
        if meta.permissions().mode() & 0o077 != 0 {
            // A file of somebody else's stays as it is; `doctor` tells whether others can read it.
            let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
        }
    }
    Ok(file)
}

fn no_plain_file(place: &Path) -> io::Error {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{name} is a link, or no plain file; Timbre makes its own anew where it is removed"),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(place: &Path) -> Option<u32> {
        Some(fs::metadata(place).ok()?.permissions().mode() & 0o777)
    }

    #[test]
    fn a_file_is_its_users_alone_and_one_that_was_not_becomes_so() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("timbre.db");
        create_new(&place).unwrap();
        assert_eq!(mode(&place), Some(0o600));
        assert_eq!(create_new(&place).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::write(&place, "kept").unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o644)).unwrap();
        open_or_create(&place).unwrap();
        assert_eq!((mode(&place), fs::read_to_string(&place).unwrap().as_str()), (Some(0o600), "kept"));
        assert_eq!(open(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn no_link_is_followed_and_no_pipe_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "somebody's").unwrap();
        symlink(&target, &link).unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        let nowhere = folder.path().join("nowhere");
        symlink(folder.path().join("absent"), &nowhere).unwrap();
        for place in [&link, &pipe, &nowhere, &folder.path().to_owned()] {
            for result in [open_or_create(place), open(place)] {
                let error = result.unwrap_err();
                assert!(error.to_string().contains("no plain file"), "{}: {error}", place.display());
            }
        }
        assert_eq!(fs::read_to_string(&target).unwrap(), "somebody's");
        assert!(!folder.path().join("absent").exists());
    }
}
