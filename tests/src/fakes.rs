//! What stands in for the machine in stories: a keyring with one secret, a shell that remembers, a disk that fills up.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use secrecy::SecretString;
use timbre_domain::call::Call;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::notice::Notice;
use timbre_domain::popup::PopupCard;
use timbre_domain::ports::{Disk, SecretStore, Shell};
use timbre_domain::secret::SecretName;

/// A keyring that gives this secret whatever is asked for, or has none.
pub struct FixedPassword(pub Option<String>);

#[async_trait]
impl SecretStore for FixedPassword {
    async fn password(&self, _name: &SecretName) -> Result<SecretString, PortError> {
        let missing = || PortError::new(ErrorCode::SecretMissing, "the story has none");
        self.0.clone().map(SecretString::from).ok_or_else(missing)
    }

    async fn keep(&self, _name: &SecretName, _secret: SecretString) -> Result<(), PortError> {
        Ok(())
    }
}

/// A shell that remembers what it was asked to show.
#[derive(Debug, Default)]
pub struct RememberingShell {
    cards: Mutex<Vec<PopupCard>>,
    completed: Mutex<Vec<PopupCard>>,
    changes: Mutex<Vec<Call>>,
    notices: Mutex<Vec<Notice>>,
    withdrawn: Mutex<Vec<Notice>>,
}

impl RememberingShell {
    /// The pop-ups shown so far.
    pub fn cards(&self) -> Vec<PopupCard> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What pop-ups were completed with so far.
    pub fn completed(&self) -> Vec<PopupCard> {
        self.completed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The changes told so far.
    pub fn changes(&self) -> Vec<Call> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The notices told so far.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The notices withdrawn so far.
    pub fn withdrawn(&self) -> Vec<Notice> {
        self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shell for RememberingShell {
    fn show_popup(&self, card: &PopupCard) {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner).push(card.clone());
    }

    fn complete_popup(&self, card: &PopupCard) {
        self.completed.lock().unwrap_or_else(PoisonError::into_inner).push(card.clone());
    }

    fn call_changed(&self, call: &Call) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
    }

    fn notify(&self, notice: &Notice) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice.clone());
    }

    fn withdraw(&self, notice: &Notice) {
        self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).push(notice.clone());
    }
}

/// A disk with as much room as a story says, bytes.
#[derive(Debug)]
pub struct StoryDisk(AtomicU64);

impl StoryDisk {
    /// So much is free from now on, bytes.
    pub fn leave(&self, free: u64) {
        self.0.store(free, Ordering::Relaxed);
    }
}

impl Default for StoryDisk {
    /// With room for everything.
    fn default() -> Self {
        Self(AtomicU64::new(1 << 40))
    }
}

impl Disk for StoryDisk {
    fn free(&self, _folder: &Path) -> std::io::Result<u64> {
        Ok(self.0.load(Ordering::Relaxed))
    }
}
