//! The vendors, one line each: what settings, forms and the engine know of a vendor they know through this list.

use std::sync::{Arc, LazyLock};

use timbre_domain::call::AccountName;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::number::Country;
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::proxy::Proxy;
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
    /// The way to the vendor's servers.
    pub proxy: &'a Proxy,
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

static DESCRIPTIONS: LazyLock<Vec<&VendorDescription>> =
    LazyLock::new(|| VENDORS.iter().map(|vendor| vendor.description()).collect());

/// The descriptions of all vendors, in the order in which people are offered them.
#[must_use]
pub fn descriptions() -> Vendors {
    &DESCRIPTIONS
}

/// The vendor with this id.
#[must_use]
pub fn vendor(id: &VendorId) -> Option<&'static dyn Vendor> {
    VENDORS.iter().copied().find(|vendor| vendor.description().id == *id)
}

#[cfg(test)]
mod tests;
