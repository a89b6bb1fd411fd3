//! Secrets: the environment where an administrator put them there, else the operating system's keyring.

pub mod environment;
mod keyring;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::SecretStore;
use timbre_domain::redact::Redactor;
use timbre_domain::secret::SecretName;

pub use keyring::Keyring;

/// Every secret that was ever handed out, for cleaning what is written.
#[derive(Debug, Clone, Default)]
pub struct SharedRedactor(Arc<RwLock<Redactor>>);

impl SharedRedactor {
    /// Adds a secret that is blanked in every logged text from now on.
    pub fn learn(&self, secret: &SecretString) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).learn(secret);
    }

    /// The text without secrets.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clean(text)
    }
}

/// Secrets by name. Clones share what is held until Timbre ends.
#[derive(Debug, Clone)]
pub struct Secrets {
    redactor: SharedRedactor,
    keyring: Arc<Keyring>,
    held: Arc<Mutex<HashMap<SecretName, SecretString>>>,
}

impl Default for Secrets {
    fn default() -> Self {
        Self::new(SharedRedactor::default())
    }
}

/// How the keyring is. The catalogue explains each under `keyring.<state>.what` and `keyring.<state>.do`, and the ways out
/// under `keyring.choice.retry`, `keyring.choice.hold` and `keyring.choice.variable` (which names `{variable}`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeyringState {
    /// It keeps and gives back.
    Works,
    /// The system has no keyring.
    Missing,
    /// It is there and lets nobody in: it is locked, or has no collection yet.
    Locked,
    /// It does not answer in time; perhaps it is asking a person something.
    Silent,
}

impl KeyringState {
    pub const ALL: [Self; 4] = [Self::Works, Self::Missing, Self::Locked, Self::Silent];

    /// Its name in JSON and in the catalogue.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Missing => "missing",
            Self::Locked => "locked",
            Self::Silent => "silent",
        }
    }
}

/// The environment variable that holds a secret on a machine without a keyring: `TIMBRE_SECRET_` and the
/// name in capitals, with `_` for `-`.
#[must_use]
pub fn variable(name: &SecretName) -> String {
    format!("{}{}", environment::PREFIX, name.as_str().to_ascii_uppercase().replace('-', "_"))
}

impl Secrets {
    /// Secrets that are learnt into `redactor` when they are handed out.
    #[must_use]
    pub fn new(redactor: SharedRedactor) -> Self {
        Self::in_keyring(redactor, Keyring::of_the_system())
    }

    /// Secrets in a keyring of the caller's choice.
    #[must_use]
    pub fn in_keyring(redactor: SharedRedactor, keyring: Arc<Keyring>) -> Self {
        Self { redactor, keyring, held: Arc::default() }
    }

    /// Stores a secret in the keyring.
    ///
    /// # Errors
    /// When the keyring is missing, locked or silent. What was held until Timbre ends is then still held.
    pub async fn set_password(&self, name: &SecretName, password: SecretString) -> Result<(), PortError> {
        self.redactor.learn(&password);
        let stored = self.keyring.with(name.as_str(), move |entry| entry.set_password(password.expose_secret()));
        stored.await.map_err(keyring::Trouble::into_error)?;
        self.held().remove(name);
        Ok(())
    }

    /// Removes a secret from the keyring, and what is held of it.
    ///
    /// # Errors
    /// When there is none, or the keyring is missing, locked or silent.
    pub async fn forget_password(&self, name: &SecretName) -> Result<(), PortError> {
        let held = self.held().remove(name).is_some();
        match self.keyring.with(name.as_str(), keyring_core::Entry::delete_credential).await {
            Err(keyring::Trouble::NoEntry) if held => Ok(()),
            removed => removed.map_err(keyring::Trouble::into_error),
        }
    }

    /// Holds a secret in memory until Timbre ends, for where the keyring has none or does not work. It is never written.
    pub fn hold_for_session(&self, name: &SecretName, secret: SecretString) {
        self.redactor.learn(&secret);
        self.held().insert(name.clone(), secret);
    }

    /// Whether a secret is held until Timbre ends.
    #[must_use]
    pub fn holds(&self, name: &SecretName) -> bool {
        self.held().contains_key(name)
    }

    /// How the keyring is, asked now: it may be started or unlocked at any time. A keyring that was found locked may ask
    /// a person to unlock it.
    pub async fn state(&self) -> KeyringState {
        self.keyring.state().await
    }

    fn held(&self) -> MutexGuard<'_, HashMap<SecretName, SecretString>> {
        // Nothing in here can panic half-way through a change.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SecretStore for Secrets {
    async fn password(&self, name: &SecretName) -> Result<SecretString, PortError> {
        let password = match environment::secret(&variable(name)) {
            Some(password) => password,
            None => {
                // What was given in this session is newer than what the keyring may have kept from before.
                let held = self.held().get(name).cloned();
                match held {
                    Some(held) => held,
                    None => match self.keyring.with(name.as_str(), keyring_core::Entry::get_password).await {
                        Ok(password) => SecretString::from(password),
                        Err(trouble) => return Err(trouble.into_error()),
                    },
                }
            }
        };
        self.redactor.learn(&password);
        Ok(password)
    }

    async fn keep(&self, name: &SecretName, secret: SecretString) -> Result<(), PortError> {
        let kept = self.set_password(name, secret.clone()).await;
        if let Err(error) = &kept
            && error.code == ErrorCode::KeyringUnavailable
        {
            // The one it was given for is worth nothing any more: without this, a restart of the engine loses both.
            self.hold_for_session(name, secret);
        }
        kept
    }
}

#[cfg(test)]
mod tests;
