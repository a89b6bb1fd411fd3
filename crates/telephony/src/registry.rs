//! The vendors, one line each: what settings, forms and the engine know of a vendor they know through this list.

use std::sync::Arc;

use timbre_domain::call::AccountName;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::number::Country;
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::session::Session;
use timbre_domain::vendor::{AccountValues, VendorDescription, VendorId, Vendors};
use url::Url;

use crate::throttle::Throttles;

/// A telephony vendor: it describes itself and opens sessions.
pub trait Vendor: Sync {
    /// What it says of itself.
    fn description(&self) -> &'static VendorDescription;

    /// Opens an account's session. Nothing is sent to the vendor yet.
    ///
    /// # Errors
    /// [`BadConfig`](timbre_domain::error::ErrorCode::BadConfig) when the values can't be used together.
    fn open(&self, account: Opening<'_>) -> Result<Session, PortError>;
}

/// The account to be opened, and what its adapter works with.
pub struct Opening<'a> {
    /// The account's name: its secret is kept under it.
    pub account: AccountName,
    /// What the vendor's form asks for, checked.
    pub values: &'a AccountValues,
    /// The country of numbers without a country code.
    pub country: Country,
    /// Where the secret is.
    pub secrets: Arc<dyn SecretStore>,
    /// The limits in use.
    pub throttles: &'a Throttles,
    /// The clock that time-outs and limits go by.
    pub clock: Arc<dyn Clock>,
}

impl Opening<'_> {
    pub(crate) fn base_url(&self) -> Result<Url, PortError> {
        let base_url = self.values.address("base_url").cloned();
        base_url.ok_or_else(|| PortError::new(ErrorCode::BadConfig, "there is no base_url"))
    }
}

/// All vendors, in the order in which people are offered them.
static VENDORS: &[&dyn Vendor] = &[&crate::callmyway::CallMyWay, &crate::formcall::FormCall];

/// The descriptions of all vendors, in the same order.
static DESCRIPTIONS: &[&VendorDescription] = &[&crate::callmyway::DESCRIPTION, &crate::formcall::DESCRIPTION];

/// The descriptions of all vendors, in the order in which people are offered them.
#[must_use]
pub fn descriptions() -> Vendors {
    DESCRIPTIONS
}

/// The vendor with this id.
#[must_use]
pub fn vendor(id: &VendorId) -> Option<&'static dyn Vendor> {
    VENDORS.iter().copied().find(|vendor| vendor.description().id == *id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use timbre_domain::texts::{Catalogue, Language};
    use timbre_domain::vendor::FieldKind;

    use super::*;

    #[test]
    fn every_vendor_has_an_id_of_its_own_one_secret_and_fields_with_names_of_their_own() {
        assert_eq!(VENDORS.len(), DESCRIPTIONS.len());
        let mut ids = BTreeSet::new();
        for (vendor, listed) in VENDORS.iter().zip(DESCRIPTIONS) {
            let description = vendor.description();
            assert_eq!(description.id, listed.id, "both lists have the same order");
            assert!(description.id.as_str().parse::<VendorId>().is_ok(), "{:?}", description.id);
            assert!(ids.insert(description.id.as_str()), "two vendors are named {}", description.id);
            let secrets = description.fields.iter().filter(|field| field.kind == FieldKind::Secret).count();
            assert_eq!(secrets, 1, "{}", description.id);
            let names: BTreeSet<_> = description.fields.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), description.fields.len(), "{}", description.id);
        }
    }

    #[test]
    fn every_field_and_every_word_of_a_choice_has_a_text_in_every_language() {
        for description in DESCRIPTIONS {
            for field in description.fields {
                let words: &[&str] = match field.kind {
                    FieldKind::Choice { options } => options,
                    _ => &[],
                };
                let parts = ["label"].into_iter().chain(words.iter().copied());
                for part in parts {
                    for language in Language::ALL {
                        let told = Catalogue::of(language).of_vendor(description.id.as_str(), field.name, part);
                        assert!(told.is_some(), "{language:?}: {} {} {part}", description.id, field.name);
                    }
                }
            }
        }
    }
}
