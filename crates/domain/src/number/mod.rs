//! Telephone numbers as people, exchanges and vendors write them.

mod country;
mod digits;
mod forms;
mod together;
mod withheld;
mod written;

use rlibphonenumber::{PhoneNumberFormat, PhoneNumberType, Region};
use serde::{Deserialize, Serialize};

pub use country::{BadCountry, Country};
pub(crate) use digits::digits_of;
pub use digits::{ascii_digit, plain_text};
pub use together::{Fellows, certain, has_extension, read_together};

use self::forms::{Evidence, Reading};
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

    /// The number as people of its country write it: national at home, international elsewhere. One that is not valid stands
    /// as it was written.
    #[must_use]
    pub fn written(&self, home: Country) -> String {
        let Some(number) = self.valid() else { return self.raw.clone() };
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
    let extended = extension_parameter(rest).map(|digits| format!("{text} ext. {digits}"));
    let text = extended.as_deref().unwrap_or(text);
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

/// The extension in `;ext=105` (RFC 3966, section 5.3), or behind a pause as telephones write it: `2222-3333;105`.
fn extension_parameter(text: &str) -> Option<String> {
    let parameters = text.split('@').next().unwrap_or_default().split(';').skip(1);
    parameters.map(str::trim).find_map(|parameter| {
        let value = match parameter.split_once('=') {
            Some((name, value)) => name.trim().eq_ignore_ascii_case("ext").then_some(value)?,
            None => parameter,
        };
        let digits = digits_of(value);
        let fits =
            (1..=6).contains(&digits.len()) && value.chars().all(|c| ascii_digit(c).is_some() || is_punctuation(c));
        fits.then_some(digits)
    })
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

    fn read_in(country: &str, text: &str) -> Option<String> {
        match PhoneNumber::read(text, country.parse().unwrap()) {
            ReadNumber::Number(number) => number.valid_e164().map(str::to_owned),
            ReadNumber::Withheld => None,
        }
    }

    #[test]
    fn what_hides_or_shows_the_caller_is_no_part_of_the_number_in_any_country() {
        // 3GPP TS 22.030; the numbering plans named at `written::caller_id_digits`. The numbers are ones for fiction where
        // the plan has such.
        for (country, text, e164) in [
            ("ES", "#31#612345678", "+34612345678"),
            ("ES", "*31#612345678", "+34612345678"),
            ("ES", "067 612 34 56 78", "+34612345678"),
            ("ES", "067912345678", "+34912345678"),
            ("ES", "068 0034 612345678", "+34612345678"),
            ("ES", "#31#+44 20 7946 0958", "+442079460958"),
            ("ES", "067 +44 20 7946 0958", "+442079460958"),
            ("US", "*67 305-555-0123", "+13055550123"),
            ("US", "*823055550123", "+13055550123"),
            ("US", "1167 305 555 0123", "+13055550123"),
            ("US", "*67 1 305 555 0123", "+13055550123"),
            ("GB", "141 020 7946 0958", "+442079460958"),
            ("GB", "1470 020 7946 0958", "+442079460958"),
            ("GB", "14102079460958", "+442079460958"),
            ("IE", "141 01 677 1234", "+35316771234"),
            ("AU", "1831 02 9374 4000", "+61293744000"),
            ("NZ", "0197 09 379 5000", "+6493795000"),
            ("JP", "184 03-3211-1111", "+81332111111"),
            ("NL", "*31*0612345678", "+31612345678"),
            ("AR", "*31# 11 2345-6789", "+541123456789"),
            ("BR", "#31#11987654321", "+5511987654321"),
            ("CR", "#31#88848787", "+50688848787"),
        ] {
            assert_eq!(read_in(country, text).as_deref(), Some(e164), "{country} {text}");
            let typed =
                PhoneNumber::typed(text, country.parse().unwrap()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((typed.e164(), typed.raw()), (Some(e164), text), "{country} {text}");
        }
        for text in ["*21*88848787#", "*#06#", "#31#", "*100#", "**61*88848787#"] {
            assert_eq!(PhoneNumber::typed(text, Country::CR), Err(BadNumber::ServiceCode), "{text}");
            assert_eq!(read_in("CR", text), None, "{text}");
        }
        // The digits are a number of the plan themselves: 01470 is the Isle of Skye.
        assert_eq!(read_in("GB", "01470 521234").as_deref(), Some("+441470521234"));
    }

    #[test]
    fn digits_of_any_script_are_read_by_every_way_in() {
        for text in
            ["８８８４８７８７", "٨٨٨٤٨٧٨٧", "۸۸۸۴۸۷۸۷", "८८८४८७८७", "＋５０６ ８８８４－８７８７", "+٥٠٦ ٨٨٨٤ ٨٧٨٧"]
        {
            assert_eq!(e164(text).as_deref(), Some("+50688848787"), "{text}");
            let typed = PhoneNumber::typed(text, Country::CR).unwrap();
            assert_eq!(
                (typed.key().as_str(), typed.dialable(Country::CR).as_str()),
                ("+50688848787", "88848787"),
                "{text}"
            );
        }
        assert_eq!(PhoneNumber::typed("١١٥٥", Country::CR).unwrap().dialable(Country::CR), "1155");
    }

    #[test]
    fn an_extension_is_told_and_not_dialled() {
        for text in ["2222-3333 ext. 105", "2222-3333x105", "tel:2222-3333;ext=105", "2222-3333;105", "2222-3333,,105"]
        {
            let number = PhoneNumber::typed(text, Country::CR).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(number.e164(), Some("+50622223333"), "{text}");
            assert_eq!(
                (number.extension().as_deref(), number.dialable(Country::CR).as_str()),
                (Some("105"), "22223333"),
                "{text}"
            );
        }
        assert_eq!(PhoneNumber::typed("2222-3333", Country::CR).unwrap().extension(), None);
    }

    #[test]
    fn letters_stand_for_the_digits_of_their_keys_where_a_number_comes_of_them() {
        for (country, text, e164) in [
            ("CR", "800-FLORES1", Some("+5068003567371")),
            ("US", "1-800-FLOWERS", Some("+18003569377")),
            ("US", "1 (800) go-fedex", Some("+18004633339")),
            ("CR", "8884-8787 Ana", Some("+50688848787")),
            ("CR", "FLORES1", None),
        ] {
            assert_eq!(read_in(country, text).as_deref(), e164, "{text}");
        }
        let flores = PhoneNumber::typed("800-FLORES1", Country::CR).unwrap();
        assert_eq!((flores.raw(), flores.dialable(Country::CR).as_str()), ("800-FLORES1", "8003567371"));
        assert_eq!(PhoneNumber::typed("8884-8787 Ana", Country::CR), Err(BadNumber::Character('A', 11)));
        assert_eq!(
            PhoneNumber::typed("800-FLORES", Country::CR),
            Err(BadNumber::Character('F', 5)),
            "a digit is missing"
        );
    }

    #[test]
    fn what_was_accepted_by_its_length_alone_keeps_its_text() {
        for text in ["305-555-0123", "9999-1234", "+506 9999 1234", "305 555 0123"] {
            let number = PhoneNumber::typed(text, Country::CR).unwrap();
            assert_eq!((number.valid_e164(), number.dials(), number.written(Country::CR).as_str()), (None, text, text));
            assert_eq!(number.dialable(Country::CR), digits_of(text), "{text}");
        }
    }

    #[test]
    fn an_area_in_parentheses_is_no_other_countrys_code() {
        for (country, text) in [
            ("CR", "(81) 99493-0853"),
            ("CR", "(51) 902 871 550"),
            ("CR", "(598) 98 344 484"),
            ("CR", "(52) 55 1234 5678"),
            ("CR", "(1) 305 555 0142"),
            ("US", "(503) 2222-3333"),
            ("MX", "(34) 612 345 678"),
            ("ES", "(506) 8884-8787"),
            ("UY", "[54] 11 2345-6789"),
        ] {
            assert_eq!(read_in(country, text), None, "{country} {text}");
            assert!(read_in(country, &format!("+{}", digits_of(text))).is_some(), "{text} is one with a plus");
        }
        assert_eq!(read_in("CR", "(506) 8884-8787").as_deref(), Some("+50688848787"), "the country's own code");
        assert_eq!(read_in("ES", "(+506) 8884-8787").as_deref(), Some("+50688848787"));
        assert_eq!(read_in("ES", "(00506) 8884-8787").as_deref(), Some("+50688848787"));
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
