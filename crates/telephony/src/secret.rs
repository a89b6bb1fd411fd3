//! An account's secret: read once, and read again after the vendor refused it.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use timbre_domain::call::AccountName;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::SecretStore;
use timbre_domain::redact::Redactor;
use timbre_domain::secret::SecretName;

pub(crate) struct AccountSecret {
    name: SecretName,
    store: Arc<dyn SecretStore>,
    read: Mutex<Option<SecretString>>,
    /// It knows every secret that was ever read here.
    redactor: Mutex<Redactor>,
}

impl AccountSecret {
    pub(crate) fn new(account: &AccountName, store: Arc<dyn SecretStore>) -> Self {
        Self { name: SecretName::account(account), store, read: Mutex::default(), redactor: Mutex::default() }
    }

    pub(crate) async fn get(&self) -> Result<SecretString, PortError> {
        if let Some(secret) = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(secret);
        }
        let secret = self.store.password(&self.name).await?;
        self.redactor.lock().unwrap_or_else(PoisonError::into_inner).learn(&secret);
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret.clone());
        Ok(secret)
    }

    /// A secret that was refused is read again for the next request: the administrator may have replaced it.
    pub(crate) fn notice(&self, error: &PortError) {
        if matches!(error.code, ErrorCode::NotAuthorised | ErrorCode::SecretMissing) {
            *self.read.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    pub(crate) fn redactor(&self) -> Redactor {
        self.redactor.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
