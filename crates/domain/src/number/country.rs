//! The country whose rules read numbers without a country code.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use serde::{Deserialize, Serialize};

/// The country whose rules read a number without a country code: ISO 3166-1 alpha-2, such as `CR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(pub(super) Region);

impl Country {
    /// Costa Rica, the default: it is where the first vendor works.
    pub const CR: Self = Self(Region::CR);

    /// Whether numbers are dialled with a 0 in front at home, as in Uruguay or Brazil.
    #[must_use]
    pub fn dials_zero_first(self) -> bool {
        let Ok(example) = PHONE_NUMBER_UTIL.get_example_number(self.0) else { return false };
        let with_zero = format!("0{}", example.get_national_significant_number());
        rlibphonenumber::PhoneNumber::parse(with_zero, Some(self.0)).is_ok_and(|number| number.is_valid())
    }

    /// Its calling code, such as 506.
    #[must_use]
    pub fn calling_code(self) -> i32 {
        // Checked when the country was made.
        PHONE_NUMBER_UTIL.get_country_code_for_region(self.0).unwrap_or_default()
    }
}

/// Why a text is no country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a country is two capital letters (ISO 3166-1), such as CR, CL, UY, BR, AR, MX, US or ES")]
pub struct BadCountry;

impl FromStr for Country {
    type Err = BadCountry;

    fn from_str(text: &str) -> Result<Self, BadCountry> {
        if text.len() != 2 || !text.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(BadCountry);
        }
        let region: Region = text.parse().map_err(|_| BadCountry)?;
        // The library also knows made-up regions ("001" for the world) that have no rules for national numbers.
        PHONE_NUMBER_UTIL
            .get_country_code_for_region(region)
            .filter(|code| *code > 0)
            .map(|_| Self(region))
            .ok_or(BadCountry)
    }
}

crate::as_text::as_text!(Country, BadCountry);

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.as_region_str())
    }
}
