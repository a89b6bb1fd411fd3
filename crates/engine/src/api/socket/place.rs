//! Where the socket lies, and who may be at its other end: this user and nobody else.

use std::path::Path;

use interprocess::local_socket::Name;
use interprocess::local_socket::tokio::Stream;
use uuid::Uuid;

/// A name that is this folder's alone, the same for every build of Timbre: programs of different versions meet there.
#[cfg(unix)]
fn name_of(data_dir: &Path) -> String {
    let whole = std::fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, whole.as_os_str().as_encoded_bytes()).simple().to_string()
}

#[cfg(unix)]
pub(super) use self::unix::{find, is_ours, make};

#[cfg(unix)]
mod unix {
    use std::fs::DirBuilder;
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    use std::path::PathBuf;

    use interprocess::local_socket::traits::StreamCommon as _;
    use interprocess::local_socket::{GenericFilePath, ToFsName as _};

    use super::{Name, Path, Stream, name_of};

    /// A Unix socket's path has room for about a hundred bytes.
    const LONGEST: usize = 100;

    /// The socket's path: in the data folder, or where that lies too deep, in a folder of this user's own.
    ///
    /// # Errors
    /// When that folder can't be made, or is not this user's alone.
    fn path(data_dir: &Path) -> io::Result<PathBuf> {
        let path = data_dir.join("timbre.sock");
        if path.as_os_str().len() < LONGEST {
            return Ok(path);
        }
        let session = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let place = |folder: PathBuf| folder.join(format!("{}.sock", name_of(data_dir)));
        let own = |base: PathBuf| base.join(format!("timbre-{}", rustix::process::geteuid().as_raw()));
        let folder = session.map(own).filter(|folder| place(folder.clone()).as_os_str().len() < LONGEST);
        let folder = folder.unwrap_or_else(|| own(std::env::temp_dir()));
        private(&folder)?;
        Ok(place(folder))
    }

    /// Makes a folder that nobody else can enter. Whoever made one of that name before us would own what lies in it.
    fn private(folder: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let meta = std::fs::symlink_metadata(folder)?;
        let ours = meta.is_dir() && meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & 0o077 == 0;
        if ours { Ok(()) } else { Err(refused(format!("{} is not a folder of this user alone", folder.display()))) }
    }

    fn refused(what: String) -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, what)
    }

    /// Where the engine that runs on this folder listens, if one does.
    ///
    /// # Errors
    /// As where it is made.
    pub(in super::super) fn find(data_dir: &Path) -> io::Result<Name<'static>> {
        path(data_dir)?.to_fs_name::<GenericFilePath>()
    }

    /// A place to listen at, and the file to be removed afterwards. The held data folder makes sure that a socket left by a dead
    /// process is nobody's.
    ///
    /// # Errors
    /// When there is no such place that is this user's alone.
    pub(in super::super) fn make(data_dir: &Path) -> io::Result<(Name<'static>, PathBuf)> {
        let path = path(data_dir)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok((path.clone().to_fs_name::<GenericFilePath>()?, path))
    }

    /// Refuses another user at the other end: the system says who it is.
    ///
    /// # Errors
    /// Where it is somebody else, or the system does not say.
    pub(in super::super) fn is_ours(stream: &Stream) -> io::Result<()> {
        let (theirs, ours) = (stream.peer_creds()?.euid(), rustix::process::geteuid().as_raw());
        if theirs == Some(ours) {
            Ok(())
        } else {
            Err(refused("another user is at the other end of the socket".to_owned()))
        }
    }

    #[cfg(test)]
    mod tests {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        use super::*;

        #[test]
        fn a_folder_that_others_can_enter_or_that_is_a_link_is_refused() {
            let base = tempfile::tempdir().unwrap();
            let folder = base.path().join("own");
            private(&folder).unwrap();
            private(&folder).unwrap();
            assert_eq!(std::fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
            let link = base.path().join("link");
            symlink(&folder, &link).unwrap();
            std::fs::write(base.path().join("file"), "").unwrap();
            for wrong in [&link, &base.path().join("file")] {
                assert_eq!(private(wrong).unwrap_err().kind(), io::ErrorKind::PermissionDenied, "{}", wrong.display());
            }
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(private(&folder).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
    }
}

#[cfg(windows)]
pub(super) use self::windows::{find, is_ours, make};

/// A named pipe's name is there for everybody to take, so that nobody is to know it beforehand: it is made by chance at each
/// start, and stands in a file in the data folder, which is this user's alone.
#[cfg(windows)]
mod windows {
    use std::io;
    use std::path::PathBuf;

    use interprocess::local_socket::{GenericNamespaced, ToNsName as _};

    use super::{Name, Path, Stream, Uuid};

    fn file(data_dir: &Path) -> PathBuf {
        data_dir.join("timbre.pipe")
    }

    fn named(text: &str) -> io::Result<Name<'static>> {
        let id: Uuid = text.trim().parse().map_err(io::Error::other)?;
        format!("timbre-{}", id.simple()).to_ns_name::<GenericNamespaced>()
    }

    /// Where the engine that runs on this folder listens, if one does.
    ///
    /// # Errors
    /// Where no engine has written it down.
    pub(in super::super) fn find(data_dir: &Path) -> io::Result<Name<'static>> {
        named(&std::fs::read_to_string(file(data_dir))?)
    }

    /// A place to listen at, and the file to be removed afterwards.
    ///
    /// # Errors
    /// When it can't be written down.
    pub(in super::super) fn make(data_dir: &Path) -> io::Result<(Name<'static>, PathBuf)> {
        let (id, file) = (Uuid::now_v7().simple().to_string(), file(data_dir));
        timbre_files::replace(&file, id.as_bytes())?;
        Ok((named(&id)?, file))
    }

    /// Whoever knows the name can read this user's files.
    pub(in super::super) fn is_ours(_: &Stream) -> io::Result<()> {
        Ok(())
    }
}
