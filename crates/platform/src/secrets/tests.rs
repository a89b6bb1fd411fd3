//! A keyring that comes late, is locked, hangs or is restarted, and what is held in memory meanwhile.

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Duration;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, Entry, Error, Result};
use timbre_domain::texts::{Catalogue, Language};

use super::*;

/// How the fake keyring is at this moment.
#[derive(Debug, Default)]
struct Machine {
    kept: HashMap<String, Vec<u8>>,
    /// No service to open.
    gone: bool,
    locked: bool,
    /// Which start of the service this is; what was opened before another start fails.
    start: u32,
    opened: u32,
    /// Whoever asks waits until the other end is dropped.
    hangs: Option<mpsc::Receiver<()>>,
}

#[derive(Debug, Clone, Default)]
struct Fake(Arc<Mutex<Machine>>);

#[derive(Debug)]
struct Store {
    of: Fake,
    start: u32,
    user: String,
}

fn platform() -> Error {
    Error::PlatformFailure("hunter2: no such object".into())
}

impl Fake {
    fn set(&self, change: impl FnOnce(&mut Machine)) {
        change(&mut self.0.lock().unwrap());
    }

    fn secrets(&self, answers_within: Duration) -> Secrets {
        let of = self.clone();
        let open = move || {
            let mut machine = of.0.lock().unwrap();
            if machine.gone {
                return Err(platform());
            }
            machine.opened += 1;
            let store: Arc<keyring_core::CredentialStore> =
                Arc::new(Store { of: of.clone(), start: machine.start, user: String::new() });
            Ok(store)
        };
        Secrets::in_keyring(SharedRedactor::default(), Arc::new(Keyring::new(open, answers_within)))
    }
}

impl Store {
    fn machine(&self) -> Result<MutexGuard<'_, Machine>> {
        let mut machine = self.of.0.lock().unwrap();
        if let Some(hangs) = machine.hangs.take() {
            drop(machine);
            let _ = hangs.recv();
            machine = self.of.0.lock().unwrap();
        }
        match () {
            () if machine.gone || machine.start != self.start => Err(platform()),
            () if machine.locked => Err(Error::NoStorageAccess("locked".into())),
            () => Ok(machine),
        }
    }
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        "fake".into()
    }

    fn id(&self) -> String {
        "fake".into()
    }

    fn build(&self, _: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        Ok(Entry::new_with_credential(Arc::new(Self { of: self.of.clone(), start: self.start, user: user.into() })))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl CredentialApi for Store {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        self.machine()?.kept.insert(self.user.clone(), secret.to_vec());
        Ok(())
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.machine()?.kept.get(&self.user).cloned().ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> Result<()> {
        self.machine()?.kept.remove(&self.user).map(drop).ok_or(Error::NoEntry)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

const PATIENT: Duration = Duration::from_secs(60);

fn name() -> SecretName {
    "main".parse().unwrap()
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

async fn password(secrets: &Secrets) -> std::result::Result<String, ErrorCode> {
    let password = secrets.password(&name()).await;
    password.map(|password| password.expose_secret().to_owned()).map_err(|error| error.code)
}

#[test]
fn the_variable_of_a_secret_is_in_capitals() {
    assert_eq!(variable(&"ventas-2".parse().unwrap()), "TIMBRE_SECRET_VENTAS_2");
}

#[tokio::test]
async fn a_keyring_that_comes_later_is_used_without_a_restart() {
    let fake = Fake::default();
    fake.set(|machine| machine.gone = true);
    let secrets = fake.secrets(PATIENT);
    assert_eq!(secrets.state().await, KeyringState::Missing);
    assert_eq!(password(&secrets).await, Err(ErrorCode::KeyringUnavailable));
    fake.set(|machine| machine.gone = false);
    assert_eq!(secrets.state().await, KeyringState::Works);
    assert_eq!(password(&secrets).await, Err(ErrorCode::SecretMissing));
    secrets.set_password(&name(), secret("hunter2")).await.unwrap();
    assert_eq!(password(&secrets).await, Ok("hunter2".into()));
}

#[tokio::test]
async fn a_keyring_that_was_restarted_is_opened_anew() {
    let fake = Fake::default();
    let secrets = fake.secrets(PATIENT);
    secrets.set_password(&name(), secret("hunter2")).await.unwrap();
    fake.set(|machine| machine.start += 1);
    assert_eq!(password(&secrets).await, Ok("hunter2".into()));
    assert_eq!(password(&secrets).await, Ok("hunter2".into()));
    fake.set(|machine| assert_eq!(machine.opened, 2));
    fake.set(|machine| machine.gone = true);
    assert_eq!(secrets.state().await, KeyringState::Missing);
    fake.set(|machine| (machine.gone, machine.start) = (false, 7));
    assert_eq!(password(&secrets).await, Ok("hunter2".into()));
}

#[tokio::test]
async fn a_locked_keyring_says_so_until_it_is_unlocked() {
    let fake = Fake::default();
    let secrets = fake.secrets(PATIENT);
    secrets.set_password(&name(), secret("hunter2")).await.unwrap();
    fake.set(|machine| machine.locked = true);
    assert_eq!(password(&secrets).await, Err(ErrorCode::KeyringUnavailable));
    assert_eq!(secrets.state().await, KeyringState::Locked);
    fake.set(|machine| machine.locked = false);
    assert_eq!(secrets.state().await, KeyringState::Works);
    assert_eq!(password(&secrets).await, Ok("hunter2".into()));
}

#[tokio::test]
async fn a_silent_keyring_is_given_up_asked_once_and_used_when_it_speaks() {
    let fake = Fake::default();
    let (answers, hangs) = mpsc::channel::<()>();
    fake.set(|machine| {
        machine.kept.insert("main".into(), b"hunter2".to_vec());
        machine.hangs = Some(hangs);
    });
    let secrets = fake.secrets(Duration::from_millis(100));
    assert_eq!(password(&secrets).await, Err(ErrorCode::KeyringUnavailable));
    // The question is still open: it is not asked twice.
    assert_eq!(password(&secrets).await, Err(ErrorCode::KeyringUnavailable));
    drop(answers);
    while password(&secrets).await != Ok("hunter2".into()) {
        tokio::task::yield_now().await;
    }
    secrets.hold_for_session(&name(), secret("newer"));
    assert_eq!(password(&secrets).await, Ok("newer".into()), "what was given last counts");
}

#[tokio::test]
async fn what_is_held_until_the_end_counts_until_a_secret_is_kept_or_forgotten() {
    let fake = Fake::default();
    fake.set(|machine| machine.gone = true);
    let secrets = fake.secrets(PATIENT);
    let shared = secrets.clone();
    secrets.hold_for_session(&name(), secret("held-secret"));
    assert!(shared.holds(&name()));
    assert_eq!(password(&shared).await, Ok("held-secret".into()), "the engine and the windows share it");
    assert_eq!(secrets.redactor.clean("a held-secret b"), "a [secret] b");
    fake.set(|machine| machine.gone = false);
    assert_eq!(password(&secrets).await, Ok("held-secret".into()), "the keyring works and has none");
    fake.set(|machine| assert!(machine.kept.is_empty(), "it is written nowhere"));
    secrets.set_password(&name(), secret("kept-secret")).await.unwrap();
    assert!(!secrets.holds(&name()));
    assert_eq!(password(&secrets).await, Ok("kept-secret".into()));
    secrets.hold_for_session(&name(), secret("held-secret"));
    assert_eq!(password(&secrets).await, Ok("held-secret".into()), "what was given last counts");
    secrets.forget_password(&name()).await.unwrap();
    assert_eq!(password(&secrets).await, Err(ErrorCode::SecretMissing));
    secrets.hold_for_session(&name(), secret("held-secret"));
    secrets.forget_password(&name()).await.unwrap();
    assert_eq!(secrets.forget_password(&name()).await.unwrap_err().code, ErrorCode::SecretMissing);
    assert!(!format!("{secrets:?}").contains("secret\""));
}

#[tokio::test]
async fn a_secret_that_was_given_in_exchange_is_not_lost_with_the_keyring() {
    let fake = Fake::default();
    fake.set(|machine| machine.locked = true);
    let secrets = fake.secrets(PATIENT);
    assert_eq!(secrets.keep(&name(), secret("rotated")).await.unwrap_err().code, ErrorCode::KeyringUnavailable);
    assert_eq!(password(&secrets).await, Ok("rotated".into()));
}

#[tokio::test]
async fn an_error_never_carries_the_keyrings_own_words() {
    let fake = Fake::default();
    fake.set(|machine| machine.gone = true);
    let error = fake.secrets(PATIENT).password(&name()).await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("hunter2") && error.source.is_none());
}

#[test]
fn every_state_is_explained_in_every_language_with_a_way_out() {
    for language in Language::ALL {
        let catalogue = Catalogue::of(language);
        let mut keys: Vec<_> = ["retry", "hold", "variable"].map(|choice| format!("keyring.choice.{choice}")).into();
        for state in KeyringState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            keys.extend(["what", "do"].map(|part| format!("keyring.{}.{part}", state.as_str())));
        }
        for key in keys {
            assert_ne!(catalogue.text(&key), key, "{language:?}");
        }
    }
}
