//! Secrets: the environment where an administrator put them there, else the operating system's keyring.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use timbre_domain::call::AccountName;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::SecretStore;
use timbre_domain::redact::Redactor;

/// The keyring's name for us.
const SERVICE: &str = "timbre";
/// A keyring that is installed but not started blocks for two minutes; nobody waits that long for a password.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Every secret that was ever handed out, for cleaning what is written.
#[derive(Debug, Clone, Default)]
pub struct SharedRedactor(Arc<RwLock<Redactor>>);

impl SharedRedactor {
    /// Learns a secret.
    pub fn learn(&self, secret: &SecretString) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).learn(secret);
    }

    /// The text without secrets.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clean(text)
    }
}

/// Passwords by account.
#[derive(Debug, Default)]
pub struct Secrets {
    redactor: SharedRedactor,
}

/// The environment variable that holds an account's password on a machine without a keyring: `TIMBRE_SECRET_` and the
/// name in capitals, with `_` for `-`.
#[must_use]
pub fn variable(account: &AccountName) -> String {
    format!("TIMBRE_SECRET_{}", account.as_str().to_ascii_uppercase().replace('-', "_"))
}

impl Secrets {
    /// Secrets that are learnt into `redactor` when they are handed out.
    #[must_use]
    pub fn new(redactor: SharedRedactor) -> Self {
        Self { redactor }
    }

    /// Stores an account's password in the keyring.
    ///
    /// # Errors
    /// When the keyring is missing, locked or silent.
    pub async fn set_password(&self, account: &AccountName, password: SecretString) -> Result<(), PortError> {
        self.redactor.learn(&password);
        in_keyring(account, move |entry| entry.set_password(password.expose_secret())).await
    }

    /// Removes an account's password from the keyring.
    ///
    /// # Errors
    /// When there is none, or the keyring is missing, locked or silent.
    pub async fn forget_password(&self, account: &AccountName) -> Result<(), PortError> {
        in_keyring(account, keyring_core::Entry::delete_credential).await
    }
}

#[async_trait]
impl SecretStore for Secrets {
    async fn password(&self, account: &AccountName) -> Result<SecretString, PortError> {
        let password = match std::env::var(variable(account)) {
            Ok(password) if !password.is_empty() => SecretString::from(password),
            _ => in_keyring(account, keyring_core::Entry::get_password).await.map(SecretString::from)?,
        };
        self.redactor.learn(&password);
        Ok(password)
    }

    async fn keep(&self, account: &AccountName, secret: SecretString) -> Result<(), PortError> {
        self.set_password(account, secret).await
    }
}

/// Works with an account's entry on a thread of its own, which is left behind should the keyring never answer.
async fn in_keyring<T: Send + 'static>(
    account: &AccountName,
    work: impl FnOnce(&keyring_core::Entry) -> keyring_core::Result<T> + Send + 'static,
) -> Result<T, PortError> {
    static ASKED: LazyLock<Mutex<HashSet<AccountName>>> = LazyLock::new(Mutex::default);
    let account = account.clone();
    if !ASKED.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone()) {
        // It may be asking a person to unlock it: once is enough.
        return Err(PortError::new(ErrorCode::KeyringUnavailable, "the keyring has not answered yet"));
    }
    let (send, done) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("keyring".into()).spawn(move || {
        let worked = open_store().and_then(|()| work(&keyring_core::Entry::new(SERVICE, account.as_str())?));
        ASKED.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
        // Whoever asked may have given up meanwhile.
        let _ = send.send(worked);
    });
    thread
        .map_err(|error| PortError::new(ErrorCode::KeyringUnavailable, "no thread for the keyring").caused_by(error))?;
    match tokio::time::timeout(ANSWERS_WITHIN, done).await {
        Ok(Ok(Ok(done))) => Ok(done),
        Ok(Ok(Err(error))) => Err(of_keyring(error)),
        Ok(Err(error)) => {
            Err(PortError::new(ErrorCode::KeyringUnavailable, "the keyring's thread ended").caused_by(error))
        }
        Err(_) => Err(PortError::new(ErrorCode::KeyringUnavailable, "the keyring did not answer")),
    }
}

/// Chooses the system's store. `keyring` does so once and for all; where that failed because the service was not there
/// yet, it is tried again each time.
fn open_store() -> keyring_core::Result<()> {
    static RETRYING: Mutex<()> = Mutex::new(());
    if keyring::Entry::store_status().is_ok() {
        return Ok(());
    }
    let _one_at_a_time = RETRYING.lock().unwrap_or_else(PoisonError::into_inner);
    retry_store()
}

#[cfg(all(unix, not(target_os = "macos")))]
fn retry_store() -> keyring_core::Result<()> {
    if keyring_core::get_default_store().is_none() {
        keyring_core::set_default_store(zbus_secret_service_keyring_store::Store::new()?);
    }
    Ok(())
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn retry_store() -> keyring_core::Result<()> {
    Err(keyring_core::Error::NoDefaultStore)
}

/// The keyring's words never reach the message: some of its errors carry the secret's bytes.
fn of_keyring(error: keyring_core::Error) -> PortError {
    use keyring_core::Error;
    match error {
        Error::NoEntry => PortError::new(ErrorCode::SecretMissing, "the keyring has no password for this account"),
        Error::NoDefaultStore | Error::PlatformFailure(_) => {
            PortError::new(ErrorCode::KeyringUnavailable, "this machine has no keyring that answers")
        }
        Error::NoStorageAccess(_) => PortError::new(ErrorCode::KeyringUnavailable, "the keyring is locked"),
        _ => PortError::new(ErrorCode::KeyringUnavailable, "the keyring refused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_of_an_account_is_in_capitals() {
        assert_eq!(variable(&"ventas-2".parse().unwrap()), "TIMBRE_SECRET_VENTAS_2");
    }

    #[test]
    fn an_error_that_carries_a_secret_does_not_show_it() {
        let error = of_keyring(keyring_core::Error::BadEncoding(b"hunter2".to_vec()));
        assert!(!format!("{error:?} {error}").contains("104, 117") && error.source.is_none());
    }
}
