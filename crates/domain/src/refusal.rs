//! Why something was not done, as the window that asked tells it.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorCode, VendorReason};
use crate::texts::Catalogue;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Refusal {
    /// For the window's own decisions.
    pub code: ErrorCode,
    /// Which part of what was asked is wrong, such as `comment` or `charges[0].amount`.
    pub place: Option<String>,
    /// What happened, in the agent's language.
    pub what: String,
    /// What to do about it.
    pub what_to_do: String,
    /// One technical line in English, for whoever is asked to help.
    pub detail: String,
}

impl Refusal {
    /// A refusal in the words of a catalogue.
    #[must_use]
    pub fn new(catalogue: &Catalogue, code: ErrorCode, place: Option<String>, detail: String) -> Self {
        let (what, what_to_do) = (catalogue.what(code), catalogue.what_to_do(code));
        Self { code, place, what, what_to_do, detail }
    }

    /// The same in the words for the vendor's own reason, where it gave one.
    #[must_use]
    pub fn because(self, catalogue: &Catalogue, reason: Option<&VendorReason>) -> Self {
        let what = catalogue.what_of(self.code, reason);
        Self { what, what_to_do: catalogue.what_to_do_of(self.code, reason), ..self }
    }
}
