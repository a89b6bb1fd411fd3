//! Why a command was refused, in the words that its window shows.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorCode, Said, VendorReason};
use crate::texts::Catalogue;

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Refusal {
    /// The code that the window decides by.
    pub code: ErrorCode,
    /// The part of the command that is wrong, such as `comment` or `charges[0].amount`.
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

    /// The same in the words for a failure of a CRM.
    #[must_use]
    pub fn in_crm_words(self, catalogue: &Catalogue) -> Self {
        Self { what: catalogue.crm_what(self.code), what_to_do: catalogue.crm_what_to_do(self.code), ..self }
    }

    /// The same with what the vendor said, in its own words.
    #[must_use]
    pub fn saying(self, catalogue: &Catalogue, said: Option<&Said>) -> Self {
        Self { what: catalogue.saying(self.what, said), ..self }
    }

    /// The same in the words for the vendor's own reason, where it gave one.
    #[must_use]
    pub fn because(self, catalogue: &Catalogue, reason: Option<&VendorReason>) -> Self {
        let what = catalogue.what_of(self.code, reason);
        Self { what, what_to_do: catalogue.what_to_do_of(self.code, reason), ..self }
    }
}
