//! A customer's telephone in the vendor's three parts.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Serialize;
use timbre_domain::number::{Country, PhoneNumber};

use super::error::ErrorCode;

/// The telephone to call: "phonenumber, areacode y country_code forman el teléfono del cliente" (seed 004).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomerNumber {
    /// The calling code without a plus, such as `56`.
    pub country_code: String,
    /// The first part of the national number, such as `9`; empty in countries without area codes.
    pub areacode: String,
    /// The rest of the national number, such as `56311283`.
    pub phonenumber: String,
}

impl CustomerNumber {
    /// The number in E.164, where the parts are all of it. Where the national number is split does not matter.
    ///
    /// # Errors
    /// Error 5 for a calling code of no country, error 1 for anything that is not a whole number of that country.
    pub(crate) fn e164(&self) -> Result<String, ErrorCode> {
        if !is_calling_code(&self.country_code) {
            return Err(ErrorCode::CountryNotFound);
        }
        let written = format!("+{}{}{}", self.country_code, self.areacode, self.phonenumber);
        if self.phonenumber.is_empty() || !written[1..].bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ErrorCode::InvalidPhoneNumber);
        }
        // A number in an obsolete form has another E.164, so this refuses it too.
        let read = PhoneNumber::typed(&written, Country::CR).map_err(|_| ErrorCode::InvalidPhoneNumber)?;
        if read.e164() == Some(&written) { Ok(written) } else { Err(ErrorCode::InvalidPhoneNumber) }
    }
}

fn is_calling_code(text: &str) -> bool {
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    digits_only && text.parse().is_ok_and(|code: i32| CALLING_CODES.contains(&code))
}

/// The calling codes of all countries that ISO 3166-1 names with two letters.
static CALLING_CODES: LazyLock<BTreeSet<i32>> = LazyLock::new(|| {
    let letters = 'A'..='Z';
    let names = letters.clone().flat_map(|first| letters.clone().map(move |second| format!("{first}{second}")));
    names.filter_map(|name| name.parse::<Country>().ok()).map(Country::calling_code).collect()
});
