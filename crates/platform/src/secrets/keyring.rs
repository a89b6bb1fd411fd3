//! The operating system's keyring, asked off the main thread and within a time, and asked again when it failed.
//!
//! It may be started, unlocked or restarted while Timbre runs: what failed once is opened anew for the next question.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyring_core::{CredentialStore, Entry, Error, Result};
use timbre_domain::error::{ErrorCode, PortError};

use super::KeyringState;

/// The keyring's name for us.
const SERVICE: &str = "timbre";
/// What is asked for to see whether it answers; no account has this name.
const PROBE: &str = "*";
/// A keyring that is installed but not started blocks for two minutes; nobody waits that long for a password.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

type Open = dyn Fn() -> Result<Arc<CredentialStore>> + Send + Sync;

pub struct Keyring {
    open: Box<Open>,
    answers_within: Duration,
    opened: Mutex<Option<Arc<CredentialStore>>>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// What is being asked for at this moment.
    asked: HashSet<String>,
    /// The entry at which it was last found locked: whether it still is, only this one tells.
    locked_at: Option<String>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

impl Keyring {
    /// The system's: Secret Service, Keychain or Credential Manager.
    pub fn of_the_system() -> Arc<Self> {
        static SYSTEM: LazyLock<Arc<Keyring>> = LazyLock::new(|| Arc::new(Keyring::new(open_system, ANSWERS_WITHIN)));
        SYSTEM.clone()
    }

    /// One that `open` gives, and that is silent when it takes longer than `answers_within`.
    pub fn new(
        open: impl Fn() -> Result<Arc<CredentialStore>> + Send + Sync + 'static,
        answers_within: Duration,
    ) -> Self {
        Self { open: Box::new(open), answers_within, opened: Mutex::default(), seen: Mutex::default() }
    }

    /// Works with an entry on a thread of its own, which is left behind should the keyring never answer.
    pub(super) async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        name: &str,
        work: impl Fn(&Entry) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Trouble> {
        let (of, name) = (self.clone(), name.to_owned());
        if !of.seen().asked.insert(name.clone()) {
            // It may be asking a person to unlock it: once is enough.
            return Err(Trouble::Is(KeyringState::Silent));
        }
        let (send, done) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new().name("keyring".into()).spawn(move || {
            let worked = of.ask(&name, &work);
            let mut seen = of.seen();
            seen.asked.remove(&name);
            match &worked {
                Err(Trouble::Is(KeyringState::Locked)) => seen.locked_at = Some(name),
                Err(Trouble::Is(_)) => {}
                Ok(_) | Err(Trouble::NoEntry | Trouble::Refused) => {
                    seen.locked_at.take_if(|locked| *locked == name);
                }
            }
            drop(seen);
            // Whoever asked may have given up meanwhile.
            let _ = send.send(worked);
        });
        if thread.is_err() {
            return Err(Trouble::Is(KeyringState::Silent));
        }
        match tokio::time::timeout(self.answers_within, done).await {
            Ok(Ok(worked)) => worked,
            // A thread that ended without a word panicked inside the keyring's library.
            Ok(Err(_)) | Err(_) => Err(Trouble::Is(KeyringState::Silent)),
        }
    }

    /// Whether it works, asked now.
    pub(super) async fn state(self: &Arc<Self>) -> KeyringState {
        let name = self.seen().locked_at.clone().unwrap_or_else(|| PROBE.to_owned());
        match self.with(&name, |entry| entry.get_password().map(drop)).await {
            Ok(()) | Err(Trouble::NoEntry | Trouble::Refused) => KeyringState::Works,
            Err(Trouble::Is(state)) => state,
        }
    }

    fn ask<T>(&self, name: &str, work: &impl Fn(&Entry) -> Result<T>) -> std::result::Result<T, Trouble> {
        let (store, reused) = self.store()?;
        let once = |store: &Arc<CredentialStore>| work(&store.build(SERVICE, name, None)?);
        let failed = match once(&store) {
            Err(error @ Error::PlatformFailure(_)) if reused => {
                // Its service may have been restarted since: what was agreed with the old one is worth nothing.
                tracing::debug!(error = said(&error), "the keyring is opened anew");
                self.forget(&store);
                once(&self.store()?.0)
            }
            worked => worked,
        };
        failed.map_err(|error| match error {
            Error::NoEntry => Trouble::NoEntry,
            // It was just there and let us in, and will not do it: most often nobody has unlocked or made a keyring yet.
            Error::NoStorageAccess(_) | Error::PlatformFailure(_) => {
                self.forget(&store);
                Trouble::Is(KeyringState::Locked)
            }
            Error::NoDefaultStore => Trouble::Is(KeyringState::Missing),
            _ => Trouble::Refused,
        })
    }

    /// The open one; and whether it was open before.
    fn store(&self) -> std::result::Result<(Arc<CredentialStore>, bool), Trouble> {
        // Held while it opens: others would only wait for the same service.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*opened {
            return Ok((store.clone(), true));
        }
        let store = (self.open)().map_err(|error| {
            tracing::debug!(error = said(&error), "there is no keyring");
            Trouble::Is(KeyringState::Missing)
        })?;
        *opened = Some(store.clone());
        Ok((store, false))
    }

    fn forget(&self, store: &Arc<CredentialStore>) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.take_if(|open| Arc::ptr_eq(open, store));
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing in here can panic half-way through a change.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the keyring did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It works and has no such entry.
    NoEntry,
    /// It works and will not do this.
    Refused,
    /// It does not work.
    Is(KeyringState),
}

impl Trouble {
    pub(super) fn into_error(self) -> PortError {
        let unavailable = |what: &str| PortError::new(ErrorCode::KeyringUnavailable, what);
        match self {
            Self::NoEntry => PortError::new(ErrorCode::SecretMissing, "the keyring has no password for this account"),
            Self::Refused | Self::Is(KeyringState::Works) => unavailable("the keyring refused"),
            Self::Is(KeyringState::Missing) => unavailable("this machine has no keyring that answers"),
            Self::Is(KeyringState::Locked) => unavailable("the keyring is locked"),
            Self::Is(KeyringState::Silent) => unavailable("the keyring did not answer"),
        }
    }
}

/// What may be logged of an error: its words never, for some carry the secret's bytes.
fn said(error: &Error) -> &'static str {
    match error {
        Error::PlatformFailure(_) => "the platform failed",
        Error::NoStorageAccess(_) => "no access",
        Error::NoDefaultStore => "no store",
        _ => "another error",
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn open_system() -> Result<Arc<CredentialStore>> {
    let store = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn open_system() -> Result<Arc<CredentialStore>> {
    // Keychain and Credential Manager are always there: to open them once is enough.
    match keyring::Entry::store_status() {
        Ok(()) => keyring_core::get_default_store().ok_or(Error::NoDefaultStore),
        Err(_) => Err(Error::NoDefaultStore),
    }
}
