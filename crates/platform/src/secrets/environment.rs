//! Secrets that an administrator put into the environment, and how they stay out of the environment of other programs.
//!
//! Whatever this program starts inherits its environment, and so does whoever may read it from outside. A variable of one's own
//! process can't be taken away safely once there may be threads: a program with windows starts itself anew without them, and
//! gives them to itself through a pipe.

use std::collections::HashMap;
use std::sync::OnceLock;

use secrecy::SecretString;

/// How the variables with secrets begin.
pub(super) const PREFIX: &str = "TIMBRE_SECRET_";

static RECEIVED: OnceLock<HashMap<String, SecretString>> = OnceLock::new();

/// Takes what was handed over, before any other program is started that would inherit it.
pub fn take_over() {
    RECEIVED.get_or_init(received);
}

/// Whether a variable holds a secret, here or where this program was started from.
#[must_use]
pub fn is_set(variable: &str) -> bool {
    secret(variable).is_some()
}

/// The secret of a variable; nothing where it is empty or not set.
pub(super) fn secret(variable: &str) -> Option<SecretString> {
    if let Some(secret) = RECEIVED.get_or_init(received).get(variable) {
        return Some(secret.clone());
    }
    std::env::var(variable).ok().filter(|secret| !secret.is_empty()).map(SecretString::from)
}

#[cfg(unix)]
pub use self::unix::hand_over;
#[cfg(unix)]
use self::unix::received;

/// Windows has a keyring everywhere.
#[cfg(not(unix))]
fn received() -> HashMap<String, SecretString> {
    HashMap::new()
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::fs::File;
    use std::io::{self, Read as _, Write as _};
    use std::os::fd::IntoRawFd as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::process::Command;

    use secrecy::zeroize::Zeroizing;

    use super::{HashMap, PREFIX, SecretString};

    /// The process and the pipe's number in it. The process stays the same when a program takes another's place; whoever else
    /// inherits the variable has another pipe of this number, or none.
    const PIPE: &str = "TIMBRE_SECRETS_PIPE";
    /// What a pipe takes while nobody reads it, bytes.
    const ROOM: usize = 16 * 1024;

    /// Gives the secrets of this environment to a program that takes this one's place, and keeps them out of its environment.
    /// Whether there were any.
    ///
    /// # Errors
    /// When they are too many for a pipe, or the system has none.
    pub fn hand_over(anew: &mut Command) -> io::Result<bool> {
        hand_over_of(std::env::vars_os(), anew)
    }

    fn hand_over_of(environment: impl Iterator<Item = (OsString, OsString)>, anew: &mut Command) -> io::Result<bool> {
        let secrets = environment.filter(|(name, _)| name.as_bytes().starts_with(PREFIX.as_bytes()));
        let mut written = Zeroizing::new(Vec::new());
        for (name, value) in secrets {
            anew.env_remove(&name);
            for part in [name.as_bytes(), b"=", value.as_bytes(), b"\0"] {
                written.extend_from_slice(part);
            }
        }
        if written.is_empty() {
            return Ok(false);
        }
        if written.len() > ROOM {
            return Err(io::Error::other("the secrets in the environment are too long"));
        }
        // It is not closed where the other program begins.
        let (read, write) = rustix::pipe::pipe()?;
        File::from(write).write_all(&written)?;
        // The program that takes our place has it open, too.
        anew.env(PIPE, format!("{}:{}", std::process::id(), read.into_raw_fd()));
        Ok(true)
    }

    /// What was given to this program by the one whose place it took.
    pub(super) fn received() -> HashMap<String, SecretString> {
        let given = std::env::var(PIPE).ok();
        given.as_deref().and_then(own_pipe).map(read).unwrap_or_default()
    }

    fn own_pipe(given: &str) -> Option<u32> {
        let (process, pipe) = given.split_once(':')?;
        (process.parse() == Ok(std::process::id())).then(|| pipe.parse().ok())?
    }

    fn read(pipe: u32) -> HashMap<String, SecretString> {
        let mut written = Zeroizing::new(Vec::new());
        let read = File::open(format!("/dev/fd/{pipe}")).and_then(|mut pipe| pipe.read_to_end(&mut written));
        if let Err(error) = read {
            tracing::error!(%error, "the secrets of the environment were not handed over");
        }
        let pairs = written.split(|byte| *byte == 0).filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='));
        let said = pairs.filter(|(name, secret)| name.starts_with(PREFIX) && !secret.is_empty());
        said.map(|(name, secret)| (name.to_owned(), SecretString::from(secret))).collect()
    }

    #[cfg(test)]
    mod tests {
        use secrecy::ExposeSecret as _;

        use super::*;

        #[test]
        fn what_takes_this_programs_place_has_the_secrets_and_its_environment_has_none() {
            let said = [("TIMBRE_SECRET_CRM", "clavé=1"), ("TIMBRE_SECRET_EMPTY", ""), ("PATH", "/bin")];
            let mut anew = Command::new("true");
            let vars = said.map(|(name, value)| (OsString::from(name), OsString::from(value)));
            assert!(hand_over_of(vars.into_iter(), &mut anew).unwrap());
            let changed: HashMap<_, _> = anew.get_envs().collect();
            assert_eq!(changed[std::ffi::OsStr::new("TIMBRE_SECRET_CRM")], None);
            assert!(!changed.contains_key(std::ffi::OsStr::new("PATH")));
            let given = changed[std::ffi::OsStr::new(PIPE)].unwrap().to_str().unwrap();
            assert_eq!(own_pipe(&format!("1{given}")), None, "a child inherits the variable, and not the pipe");
            let received = read(own_pipe(given).unwrap());
            assert_eq!(received.len(), 1);
            assert_eq!(received["TIMBRE_SECRET_CRM"].expose_secret(), "clavé=1");
            assert!(!hand_over_of(std::iter::empty(), &mut Command::new("true")).unwrap());
        }
    }
}
