//! Telephone numbers as people, exchanges and vendors write them.

mod country;
mod digits;
mod forms;
mod together;
mod withheld;
mod wrapping;
mod written;

use rlibphonenumber::{PhoneNumberFormat, PhoneNumberType, Region};
use serde::{Deserialize, Serialize};

pub use country::{BadCountry, Country};
pub(crate) use digits::digits_of;
pub use digits::{ascii_digit, plain_text};
pub use together::{Fellows, certain, has_extension, read_together};

use self::forms::{Evidence, Reading};
use self::wrapping::bare;
pub use self::wrapping::is_chat_link;
pub(crate) use self::wrapping::is_invisible;
use self::written::Parts;
use crate::contact::PhoneKind;

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
    /// Stars and hashes that set up a service, such as `*21*…#`, and reach no subscriber.
    #[error("it is a service code and no telephone number")]
    ServiceCode,
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
        let parts = Parts::of(&raw);
        if digits_of(&raw).is_empty() || Self::is_withheld(&raw) {
            return ReadNumber::Withheld;
        }
        let e164 = reading(&parts, country.0).map(|reading| reading.e164);
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
        let parts = Parts::of(&raw);
        if parts.is_service_code {
            return Err(BadNumber::ServiceCode);
        }
        let reading = reading(&parts, country.0);
        // Letters that stand for digits are right where a number comes of them.
        let is_keyed = || parts.keyed().is_some() && reading.as_ref().is_some_and(|r| r.by != Evidence::Guess);
        // A plus begins the number, or follows the digits that hide the caller.
        let before_plus = digits_of(parts.number.split('+').next().unwrap_or_default());
        let plus = |place: usize| place == 0 || written::caller_id_digits(country.0).contains(&before_plus.as_str());
        let odd = parts.number.chars().enumerate().find(|(place, c)| {
            let fits = c.is_ascii_digit() || is_punctuation(*c) || (*c == '+' && plus(*place));
            !fits
        });
        if let Some((_, c)) = odd
            && !is_keyed()
        {
            // Where it stands in what was typed, whatever was taken off before it.
            let place = raw.chars().skip(parts.begins).position(|typed| digits::plain(typed) == c).unwrap_or_default();
            let written = raw.chars().nth(parts.begins + place).unwrap_or(c);
            return Err(BadNumber::Character(written, parts.begins + place + 1));
        }
        let digits = parts.digits();
        if digits.is_empty() {
            return Err(BadNumber::NoDigits);
        }
        // With carrier codes and prefixes, what is dialled may be longer than the number it reaches.
        if reading.is_none() && digits.len() > 15 {
            return Err(BadNumber::TooLong(digits.len()));
        }
        Ok(Self { e164: reading.map(|reading| reading.e164), raw })
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

    /// `+` and up to 15 digits, where the number could be placed in a country: by its rules, or by its length alone where its
    /// range may have been opened since. It finds contacts; what leaves Timbre is [`Self::valid_e164`].
    #[must_use]
    pub fn e164(&self) -> Option<&str> {
        self.e164.as_deref()
    }

    /// `+` and up to 15 digits of a number that is valid by its country's rules: only such a one may be written elsewhere in
    /// place of what stands there.
    #[must_use]
    pub fn valid_e164(&self) -> Option<&str> {
        self.valid().and(self.e164())
    }

    fn valid(&self) -> Option<rlibphonenumber::PhoneNumber> {
        self.parsed().filter(rlibphonenumber::PhoneNumber::is_valid)
    }

    /// The digits of the extension that was written behind the number.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        Parts::of(&self.raw).extension
    }

    /// The code of stars and hashes before the number that hides or shows the caller, such as `#31#`. It is no part of the
    /// number.
    #[must_use]
    pub fn caller_id_code(&self) -> Option<String> {
        Parts::of(&self.raw).caller_id_code
    }

    /// What a word beside the number says that it is for, as in `Cel. 8884-8787`.
    #[must_use]
    pub fn labelled_kind(&self) -> Option<PhoneKind> {
        Parts::of(&self.raw).kind
    }

    /// Whether it is a code of stars and hashes that reaches no subscriber.
    #[must_use]
    pub fn is_service_code(&self) -> bool {
        self.e164.is_none() && Parts::of(&self.raw).is_service_code
    }

    /// Whether only a mobile network gives such numbers: one of a landline is often shared, and where a country's plan does
    /// not tell the two apart nobody knows.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.valid().is_some_and(|number| number.get_type() == PhoneNumberType::Mobile)
    }

    /// Whether it is not told from its digits if it is a mobile: in North America, and in Argentina, where a mobile is dialled
    /// at home like a landline.
    #[must_use]
    pub fn may_be_mobile(&self) -> bool {
        self.valid().is_some_and(|number| match number.get_type() {
            PhoneNumberType::FixedLineOrMobile => true,
            kind => kind == PhoneNumberType::FixedLine && number.country_code == 54,
        })
    }

    /// What to dial to reach the number again: E.164 where it could be placed in a country, else as it was written.
    #[must_use]
    pub fn dials(&self) -> &str {
        self.valid_e164().unwrap_or(&self.raw)
    }

    /// The one text that decides whether two numbers reach the same subscriber, and what an index holds: E.164 with
    /// the other forms of the same number brought together, else the bare digits. Never a part of a number.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.e164 {
            Some(e164) => forms::key(e164),
            None => self.bare_digits(),
        }
    }

    /// The digits of the number as it was written.
    fn bare_digits(&self) -> String {
        let digits = Parts::of(&self.raw).digits();
        if digits.is_empty() { digits_of(&self.raw) } else { digits }
    }

    /// How it was written.
    #[must_use]
    pub fn written_as(&self) -> Written {
        let Some(e164) = &self.e164 else { return Written::Otherwise };
        // A number without its country code is shorter than E.164; one with an obsolete prefix ends otherwise.
        if self.bare_digits().ends_with(&e164[1..]) { Written::International } else { Written::Otherwise }
    }

    /// The digits after the country code, or all of them where there is none.
    #[must_use]
    pub fn national_digits(&self) -> String {
        match self.parsed() {
            Some(number) => number.get_national_significant_number(),
            None => self.bare_digits(),
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

    /// The number as people of its country write it: national at home, international elsewhere, with the extension behind it.
    /// One that is not valid stands as it was written.
    #[must_use]
    pub fn written(&self, home: Country) -> String {
        let Some(number) = self.valid() else { return self.raw.clone() };
        let format = if number.get_region_code() == Some(home.0) {
            PhoneNumberFormat::National
        } else {
            PhoneNumberFormat::International
        };
        let written = number.format_as(format).into_owned();
        match self.extension() {
            Some(extension) => format!("{written} ext. {extension}"),
            None => written,
        }
    }

    /// What to send to a vendor that takes digits alone, without a `+`: the national digits at home, else country code
    /// and number. A vendor's own examples are `88848787` and `51902871550` (seed 000; PROVIDERS.md, "Numbers carry
    /// no +").
    #[must_use]
    pub fn dialable(&self, home: Country) -> String {
        let Some(number) = self.valid() else { return self.bare_digits() };
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

/// The number in a text, its digits in ASCII, without what stands around it.
pub(crate) fn number_alone(text: &str) -> String {
    Parts::of(&bare(text)).number
}

pub(crate) use written::joins;

/// The number with the digits that a keypad has for its letters; nothing where it has no word of them.
pub(crate) fn keyed(text: &str) -> Option<String> {
    Parts::of(&bare(text)).keyed()
}

/// Whether a word says what the number beside it is: `Cel`, `casa`, `Fax`.
pub(crate) fn is_label(word: &str) -> bool {
    written::label(word).is_some()
}

/// What people put between digits.
pub(crate) fn is_punctuation(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')' | '[' | ']' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{b7}')
        || c.is_whitespace()
}

/// What a text is read as by the rules of a country: at home, behind digits that hide the caller there, by the letters on
/// a keypad, or as a guess.
fn reading(parts: &Parts, region: Region) -> Option<Reading> {
    if parts.is_service_code {
        return None;
    }
    let digits = parts.digits();
    let sure = |reading: &Reading| reading.by != Evidence::Guess;
    let as_written = forms::read(&parts.number, &digits, region);
    if as_written.as_ref().is_some_and(sure) {
        return as_written;
    }
    // `+44 (0)20 …`: what is dialled at home alone stands in parentheses, also where the country has no such digit.
    if let Some((code, rest)) = parts.number.split_once("(0)")
        && parts.number.starts_with('+')
    {
        let without = format!("{code}{rest}");
        let read = forms::read(&without, &digits_of(&without), region);
        if read.as_ref().is_some_and(sure) {
            return read;
        }
    }
    let codes = written::caller_id_digits(region).iter();
    let behind_code = codes.filter_map(|code| digits.strip_prefix(code)).find_map(|rest| {
        // An international number stands behind it with its plus, or with an exit code.
        let plus = if parts.number.chars().skip(1).any(|c| c == '+') { "+" } else { "" };
        forms::read(&format!("{plus}{rest}"), rest, region).filter(sure)
    });
    let keyed = || {
        let keyed = parts.keyed()?;
        forms::read(&keyed, &digits_of(&keyed), region).filter(sure)
    };
    behind_code.or_else(keyed).or(as_written)
}

#[cfg(test)]
mod tests;
