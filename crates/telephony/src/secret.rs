//! An account's secret: read once, and read again after the vendor refused it.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use serde_json::Value;
use timbre_domain::call::AccountName;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::SecretStore;
use timbre_domain::redact::Redactor;
use timbre_domain::secret::SecretName;

/// What of a text is looked at to be kept, bytes: more than is kept, so that what is taken out of it leaves enough, and not so much
/// that an answer without end takes the memory.
const LOOKED_AT: usize = 16 * 1024;

/// A part of an answer that is kept as it came, without what we sent and all that follows its name.
pub(crate) fn clean_part(text: &str, redactor: &Redactor) -> String {
    redactor.clean_answer(head(text))
}

/// A field of an answer that is kept, without what we sent.
pub(crate) fn clean_field(text: &str, redactor: &Redactor) -> String {
    redactor.clean(head(text))
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(LOOKED_AT)]
}

/// What nobody reads of an answer and is kept all the same, without what we sent: a vendor may echo it.
pub(crate) fn clean_value(value: Value, redactor: &Redactor) -> Value {
    let clean = |text: &str| clean_field(text, redactor);
    match value {
        Value::String(text) => Value::String(clean(&text)),
        Value::Array(values) => values.into_iter().map(|value| clean_value(value, redactor)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (clean(&name), clean_value(value, redactor))).collect()
        }
        other => other,
    }
}

pub(crate) struct AccountSecret {
    name: SecretName,
    store: Arc<dyn SecretStore>,
    read: Mutex<Option<SecretString>>,
    /// It knows every secret that was ever read here.
    redactor: Mutex<Redactor>,
}

impl AccountSecret {
    /// `sent_as` are the names of the parameters or headers in which requests carry the secret.
    pub(crate) fn new(account: &AccountName, sent_as: &[&str], store: Arc<dyn SecretStore>) -> Self {
        let mut redactor = Redactor::default();
        sent_as.iter().for_each(|name| redactor.learn_name(name));
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
