//! Why a command was not carried out.

use serde::{Deserialize, Serialize};
use timbre_domain::error::{ErrorCode, PortError, Said, VendorReason};
use timbre_domain::interaction::BadInteraction;
use timbre_store::StoreError;

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}{}: {detail}", code.as_str(), place.as_deref().map(|place| format!(" ({place})")).unwrap_or_default())]
pub struct CommandError {
    /// Windows and scripts decide by this code; people read the catalogue's words for it.
    pub code: ErrorCode,
    /// One line in English, for the log and for scripts.
    pub detail: String,
    /// The part of the request that is wrong, such as `number` or `phone 2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The vendor's own reason, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<VendorReason>,
    /// What the vendor said, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

impl CommandError {
    /// An error that concerns no particular part of the request.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), place: None, reason: None, said: None }
    }

    /// Whether it was a CRM that failed, and not a telephony vendor: people are told in the words for CRMs. That there is no
    /// such connector is no failure of a CRM's.
    #[must_use]
    pub fn is_of_crm(&self) -> bool {
        self.place.as_deref() == Some("connector") && self.code != ErrorCode::NotFound
    }

    /// The same, naming the part of the request that is wrong.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<PortError> for CommandError {
    fn from(error: PortError) -> Self {
        Self { reason: error.reason, said: error.said, ..Self::new(error.code, error.detail) }
    }
}

impl From<BadInteraction> for CommandError {
    fn from(bad: BadInteraction) -> Self {
        match &bad {
            BadInteraction::Wrong { place, .. } => Self::new(ErrorCode::BadRequest, bad.to_string()).at(place.clone()),
            BadInteraction::Incomplete(lacks) => {
                let place = lacks.first().map(ToString::to_string).unwrap_or_default();
                Self::new(ErrorCode::Incomplete, bad.to_string()).at(place)
            }
        }
    }
}
