//! Telephone numbers as people, exchanges and vendors write them.

mod country;
mod forms;
mod together;
mod withheld;

use rlibphonenumber::PhoneNumberFormat;
use serde::{Deserialize, Serialize};

pub use country::{BadCountry, Country};
pub use together::{Fellows, certain, has_extension, read_together};

/// A telephone number: as it came, and as E.164 where it could be understood.
///
/// Two numbers are equal when their E.164 forms are, or, where neither has one, when their digits are. Whether they
/// reach the same subscriber is told by [`PhoneNumber::key`].
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhoneNumber {
    raw: String,
    e164: Option<String>,
}

/// A number in parts, digits only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitNumber {
    /// The country's calling code, such as `56`.
    pub country_code: String,
    /// The area code or the prefix of a mobile network, such as Chile's `9`; empty where the country has none.
    pub area_code: String,
    /// The digits after the area code.
    pub subscriber: String,
}

/// What a vendor's or a person's text turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadNumber {
    /// A number; perhaps one we can't place in any country.
    Number(PhoneNumber),
    /// The caller hides the number, or there is none.
    Withheld,
}

/// Why a text can't be dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// There is nothing to dial in it.
    #[error("there are no digits in it")]
    NoDigits,
    /// It holds something no telephone number has.
    #[error("{0:?} at position {1} has no place in a telephone number")]
    Character(char, usize),
    /// More digits than E.164 allows.
    #[error("it has {0} digits; a telephone number has at most 15")]
    TooLong(usize),
}

/// How a number was written, beside what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// With its country code, and nothing in it that is obsolete.
    International,
    /// Without a country code, or with a prefix that leads out of the country or was given up since.
    Otherwise,
}

impl PhoneNumber {
    /// Reads what a vendor, an exchange or a file wrote. Nothing is refused: what is no number of any country keeps its
    /// digits.
    #[must_use]
    pub fn read(text: &str, country: Country) -> ReadNumber {
        let raw = bare(text);
        let number = without_extension(&raw);
        let digits = digits_of(number);
        if digits.is_empty() || Self::is_withheld(&raw) {
            return ReadNumber::Withheld;
        }
        let e164 = forms::read(number, &digits, country.0).map(|reading| reading.e164);
        ReadNumber::Number(Self { e164, raw })
    }

    /// Whether this is one of the ways to write that the caller hides the number.
    #[must_use]
    pub fn is_withheld(text: &str) -> bool {
        withheld::is_withheld(text)
    }

    /// Reads what a person typed to be dialled or kept.
    ///
    /// # Errors
    /// What is wrong and where, when the text is no telephone number.
    pub fn typed(text: &str, country: Country) -> Result<Self, BadNumber> {
        let raw = bare(text);
        let number = without_extension(&raw);
        for (place, c) in number.chars().enumerate() {
            let fits = c.is_ascii_digit() || is_punctuation(c) || (c == '+' && place == 0);
            if !fits {
                return Err(BadNumber::Character(c, place + 1));
            }
        }
        let digits = digits_of(number);
        if digits.is_empty() {
            return Err(BadNumber::NoDigits);
        }
        let e164 = forms::read(number, &digits, country.0).map(|reading| reading.e164);
        // With carrier codes and prefixes, what is dialled may be longer than the number it reaches.
        if e164.is_none() && digits.len() > 15 {
            return Err(BadNumber::TooLong(digits.len()));
        }
        Ok(Self { e164, raw })
    }

    /// A number as it was stored.
    #[must_use]
    pub fn stored(raw: String, e164: Option<String>) -> Self {
        Self { raw, e164 }
    }

    /// The number as it came.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// `+` and up to 15 digits, where the number could be placed in a country.
    #[must_use]
    pub fn e164(&self) -> Option<&str> {
        self.e164.as_deref()
    }

    /// What to dial to reach the number again: E.164 where it could be placed in a country, else as it was written.
    #[must_use]
    pub fn dials(&self) -> &str {
        self.e164().unwrap_or(&self.raw)
    }

    /// The one text that decides whether two numbers reach the same subscriber, and what an index holds: E.164 with
    /// the other forms of the same number brought together, else the bare digits. Never a part of a number.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.e164 {
            Some(e164) => forms::key(e164),
            None => digits_of(without_extension(&self.raw)),
        }
    }

    /// How it was written.
    #[must_use]
    pub fn written_as(&self) -> Written {
        let Some(e164) = &self.e164 else { return Written::Otherwise };
        // A number without its country code is shorter than E.164; one with an obsolete prefix ends otherwise.
        if digits_of(without_extension(&self.raw)).ends_with(&e164[1..]) {
            Written::International
        } else {
            Written::Otherwise
        }
    }

    /// The digits after the country code, or all of them where there is none.
    #[must_use]
    pub fn national_digits(&self) -> String {
        match self.parsed() {
            Some(number) => number.get_national_significant_number(),
            None => digits_of(without_extension(&self.raw)),
        }
    }

    /// The number in the parts in which its country dials it; nothing where it could not be placed in a country.
    #[must_use]
    pub fn split(&self) -> Option<SplitNumber> {
        let number = self.parsed()?;
        let national = number.get_national_significant_number();
        // Where a number is only written in two halves, as in Costa Rica, the first one is no area code.
        let area = match number.get_length_of_geographical_area_code() {
            0 => Some(number.get_length_of_national_destination_code()).filter(|length| *length <= 3).unwrap_or(0),
            length => length,
        };
        let (area_code, subscriber) = national.split_at_checked(area)?;
        Some(SplitNumber {
            country_code: number.country_code.to_string(),
            area_code: area_code.to_owned(),
            subscriber: subscriber.to_owned(),
        })
    }

    fn parsed(&self) -> Option<rlibphonenumber::PhoneNumber> {
        self.e164.as_deref()?.parse().ok()
    }

    /// The number as people of its country write it: national at home, international elsewhere.
    #[must_use]
    pub fn written(&self, home: Country) -> String {
        let Some(number) = self.parsed() else { return self.raw.clone() };
        let format = if number.get_region_code() == Some(home.0) {
            PhoneNumberFormat::National
        } else {
            PhoneNumberFormat::International
        };
        number.format_as(format).into_owned()
    }

    /// What to send to a vendor that takes digits alone, without a `+`: the national digits at home, else country code
    /// and number. A vendor's own examples are `88848787` and `51902871550` (seed 000; PROVIDERS.md, "Numbers carry
    /// no +").
    #[must_use]
    pub fn dialable(&self, home: Country) -> String {
        let Some(number) = self.parsed() else { return digits_of(without_extension(&self.raw)) };
        if number.get_region_code() == Some(home.0) {
            number.get_national_significant_number()
        } else {
            digits_of(self.e164.as_deref().unwrap_or_default())
        }
    }
}

impl PartialEq for PhoneNumber {
    fn eq(&self, other: &Self) -> bool {
        match (&self.e164, &other.e164) {
            (Some(a), Some(b)) => a == b,
            (None, None) => self.key() == other.key(),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// Takes off what is wrapped around a number: `"Ana" <sip:…>`, `sip:`, `tel:`, `@host`, URI parameters, and the
/// invisible marks that come along when a number is copied from a chat or a web page.
fn bare(text: &str) -> String {
    let text = match (text.find('<'), text.rfind('>')) {
        (Some(open), Some(close)) if open < close => &text[open + 1..close],
        _ => text,
    };
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let text = visible.trim();
    let scheme = ["sips:", "sip:", "tel:", "callto:"]
        .iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let rest = scheme.map_or(text, |scheme| &text[scheme.len()..]);
    if scheme.is_some_and(|scheme| scheme.starts_with("sip")) && !rest.contains('@') && rest.contains('.') {
        // The address of a machine, with nobody named at it.
        return String::new();
    }
    let text = rest.split(['@', ';']).next().unwrap_or_default().trim();
    // RFC 3261, section 19.1.1: a plus may be escaped in a URI.
    if let Some(digits) = text.strip_prefix("%2B").or_else(|| text.strip_prefix("%2b")) {
        return format!("+{digits}");
    }
    // RFC 3966, section 5.1.5: a number without its country code, and the country beside it.
    let context = rest.split(';').find_map(|parameter| parameter.trim().strip_prefix("phone-context=+"));
    match context {
        Some(code) if !text.starts_with('+') && code.bytes().all(|b| b.is_ascii_digit()) => format!("+{code} {text}"),
        _ => text.to_owned(),
    }
}

/// Direction marks, zero-width characters and the byte order mark.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
        || c.is_control()
}

/// What people put between digits.
pub(crate) fn is_punctuation(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')' | '[' | ']' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{b7}')
        || c.is_whitespace()
}

/// The number before `ext. 12`, `x12`, `anexo 12`, `ramal 12`, `#12`, `,12`: the first letter (or dialling pause) after
/// enough digits for a number, with nothing but a short extension behind it.
fn without_extension(text: &str) -> &str {
    let mut digits = 0;
    for (at, c) in text.char_indices() {
        digits += usize::from(c.is_ascii_digit());
        if digits >= 7 && (c.is_alphabetic() || matches!(c, '#' | ',')) {
            let behind = digits_of(&text[at..]).len();
            return if (1..=6).contains(&behind) { text[..at].trim_end() } else { text };
        }
    }
    text
}

pub(crate) fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn e164(text: &str) -> Option<String> {
        match PhoneNumber::read(text, Country::CR) {
            ReadNumber::Number(number) => number.e164().map(str::to_owned),
            ReadNumber::Withheld => panic!("{text} is no withheld number"),
        }
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in [
            "88848787",
            "8884-8787",
            "8884 8787",
            "+506 8884-8787",
            "506 8884 8787",
            "50688848787",
            "0050688848787",
            "(506) 8884-8787",
            "8884/8787",
            "8884.8787",
            " 88848787 ",
            "sip:88848787@pbx.example",
            "tel:+506-8884-8787",
            "<sip:+50688848787@10.0.0.1;user=phone>",
        ] {
            assert_eq!(e164(text).as_deref(), Some("+50688848787"), "{text}");
        }
    }

    #[test]
    fn a_foreign_number_without_a_plus_is_placed_in_its_country() {
        assert_eq!(e164("51902871550").as_deref(), Some("+51902871550"), "the example in PROVIDERS.md");
    }

    #[test]
    fn an_endpoint_number_is_no_telephone_number_of_costa_rica() {
        assert_eq!(e164("8373456"), None);
    }

    #[test]
    fn what_cannot_be_dialled_is_refused_with_the_place() {
        assert_eq!(PhoneNumber::typed("", Country::CR), Err(BadNumber::NoDigits));
        assert_eq!(PhoneNumber::typed("()-", Country::CR), Err(BadNumber::NoDigits));
        assert_eq!(PhoneNumber::typed("8884-87x7", Country::CR), Err(BadNumber::Character('x', 8)));
        assert_eq!(PhoneNumber::typed("88&first_num=1", Country::CR), Err(BadNumber::Character('&', 3)));
        assert_eq!(PhoneNumber::typed("1234567890123456", Country::CR), Err(BadNumber::TooLong(16)));
    }

    #[test]
    fn numbers_are_written_as_their_country_writes_them_and_dialled_as_the_vendor_takes_them() {
        let home = PhoneNumber::typed("+50688848787", Country::CR).unwrap();
        assert_eq!(home.written(Country::CR), "8884 8787");
        assert_eq!(home.dialable(Country::CR), "88848787");
        let abroad = PhoneNumber::typed("+51 902 871 550", Country::CR).unwrap();
        assert_eq!(abroad.written(Country::CR), "+51 902 871 550");
        assert_eq!(abroad.dialable(Country::CR), "51902871550");
        let short = PhoneNumber::typed("1155", Country::CR).unwrap();
        assert_eq!(short.dialable(Country::CR), "1155");
    }

    #[test]
    fn what_is_no_country_is_refused() {
        for text in ["", "cr", "XX", "CRI", "001", "World"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_a_key_holds_only_a_plus_and_digits(text in "\\PC{0,40}") {
            if let ReadNumber::Number(number) = PhoneNumber::read(&text, Country::CR) {
                let key = number.key();
                prop_assert!(!key.is_empty());
                prop_assert!(key.strip_prefix('+').unwrap_or(&key).bytes().all(|b| b.is_ascii_digit()));
            }
        }

        #[test]
        fn numbers_that_differ_in_a_digit_are_never_the_same(n in 60_000_000u32..89_999_999, place in 0u32..8, by in 1u32..10) {
            let digit = n / 10u32.pow(place) % 10;
            let other = n - digit * 10u32.pow(place) + (digit + by) % 10 * 10u32.pow(place);
            prop_assume!(other != n);
            let (a, b) = (PhoneNumber::read(&n.to_string(), Country::CR), PhoneNumber::read(&other.to_string(), Country::CR));
            prop_assert_ne!(a, b);
        }
    }

    #[test]
    fn a_number_is_split_the_way_its_country_dials_it() {
        let split = |text: &str| {
            let split = PhoneNumber::typed(text, Country::CR).unwrap().split();
            split.map(|split| [split.country_code, split.area_code, split.subscriber])
        };
        for (number, parts) in [
            // Byte for byte the vendor's own example of a Chilean mobile (seed 004).
            ("+56 9 5631 1283", ["56", "9", "56311283"]),
            ("+56 2 2345 6789", ["56", "2", "23456789"]),
            ("+506 8884 8787", ["506", "", "88848787"]),
            ("+55 11 96123-4567", ["55", "11", "961234567"]),
            ("+1 415 555 2671", ["1", "415", "5552671"]),
        ] {
            assert_eq!(split(number), Some(parts.map(str::to_owned)), "{number}");
        }
        assert_eq!(split("1234"), None, "a number of no country");
    }
}
