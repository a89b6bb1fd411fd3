//! A customer's telephone in the vendor's three parts.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber};
use serde::Serialize;

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
    /// The number in E.164, where the parts are a valid number and all of it. Where the national number is split does
    /// not matter.
    ///
    /// # Errors
    /// Error 5 for a calling code of no country, error 1 for anything that is not a whole number of that country.
    pub(crate) fn e164(&self) -> Result<String, ErrorCode> {
        let calling_code = read_calling_code(&self.country_code).ok_or(ErrorCode::CountryNotFound)?;
        let national = format!("{}{}", self.areacode, self.phonenumber);
        if self.phonenumber.is_empty() || !is_digits(&national) {
            return Err(ErrorCode::InvalidPhoneNumber);
        }
        let e164 = format!("+{calling_code}{national}");
        let read = PhoneNumber::parse(&e164, None).map_err(|_| ErrorCode::InvalidPhoneNumber)?;
        // A trunk prefix is no part of the national number, so the numbers differ where one was sent.
        let whole = read.country_code == calling_code && read.get_national_significant_number() == national;
        if whole && read.is_valid() { Ok(e164) } else { Err(ErrorCode::InvalidPhoneNumber) }
    }
}

fn read_calling_code(text: &str) -> Option<i32> {
    let code = text.parse().ok().filter(|_| is_digits(text) && !text.starts_with('0'))?;
    PHONE_NUMBER_UTIL.get_supported_calling_codes().any(|known| known == code).then_some(code)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
