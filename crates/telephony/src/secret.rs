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
    /// `sent_as` is the name of the parameter or the header in which requests carry the secret.
    pub(crate) fn new(account: &AccountName, sent_as: &str, store: Arc<dyn SecretStore>) -> Self {
        let mut redactor = Redactor::default();
        redactor.learn_name(sent_as);
        Self { name: SecretName::account(account), store, read: Mutex::default(), redactor: Mutex::new(redactor) }
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
