//! The forms in which one and the same number is written, country by country.
//!
//! A number is read to its current E.164 form; obsolete forms of Brazil, Chile and Mexico are brought up to date on
//! the way ([`current`]). Where a country has two forms that are both valid today, [`key`] names the subscriber that
//! both reach. The pitfalls are those of PROVIDERS.md, "Telephone numbers"; what is deliberately not taken for the same
//! number stands there and in `tests/corpus/not-matched.tsv`.

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber as Parsed, PhoneNumberFormat, PhoneNumberType, Region,
};

/// What a text was read as, and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) e164: String,
    pub(super) by: Evidence,
}

/// How certain a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The text names its country, by a plus or an exit code.
    Named,
    /// It is a valid number of the country whose rules read it.
    AtHome,
    /// Leading digits were taken for a country's code, or the range is one that the rules do not know. Good enough to find
    /// a caller by, never to be written anywhere in place of what stands there.
    Guess,
}

/// E.164 of a text, read by the country's rules where it carries no country code.
///
/// A reading that is valid today comes first: at home, then as if the country code stood in front without the `+`. A
/// number of a range that the rules do not know yet is taken when its length fits.
pub(super) fn read(text: &str, digits: &str, country: Region) -> Option<Reading> {
    // E.164 allows 15; carrier codes, "00" and "011" stand before them.
    if digits.len() > 22 {
        return None;
    }
    let plus = text.starts_with(['+', '＋']);
    let exit = digits.strip_prefix("00");
    let abroad = || -> Option<Reading> {
        let e164 = parse(&format!("+{}", exit.unwrap_or(digits)), None).as_ref().and_then(current)?;
        Some(Reading { e164, by: if plus || exit.is_some() { Evidence::Named } else { Evidence::Guess } })
    };
    if !plus && is_rather_abroad(digits, country) {
        return abroad();
    }
    let home = parse(text, Some(country));
    // Letters that mean nothing, as in `(0xx11)`, can make the text unreadable and its digits not.
    let bare = if plus { None } else { parse(digits, Some(country)) };
    let valid = |parsed: &Parsed| {
        // Read by the rules of one country, a number of another can only be one behind an exit code.
        let named = plus || Some(parsed.country_code) != PHONE_NUMBER_UTIL.get_country_code_for_region(country);
        let by = if named { Evidence::Named } else { Evidence::AtHome };
        current(parsed).map(|e164| Reading { e164, by })
    };
    if let Some(valid) = [&home, &bare].into_iter().flatten().find_map(valid) {
        return Some(valid);
    }
    let by = if plus { Evidence::Named } else { Evidence::Guess };
    let whole = [&home, &bare].into_iter().flatten().find(|parsed| is_whole(parsed));
    let whole = whole.filter(|parsed| plus || could_be_new(parsed)).map(|parsed| Reading { e164: e164(parsed), by });
    if digits.len() <= LONGEST_WITHOUT_CODE && whole.is_some() {
        return whole;
    }
    // An area code in parentheses is no country's: `(81) 99493-0853` is no number of Japan. A country's own code in
    // parentheses is one at home, where it was read by then.
    let local = !plus && exit.is_none() && text.trim_start_matches(['0', ' ']).starts_with(['(', '[']);
    if local { whole } else { abroad().or(whole) }
}

/// Whether a number that no rule knows could be one of a range that was opened since: long enough not to be a local part or
/// an endpoint's, and as long as fixed lines or mobiles are there.
fn could_be_new(parsed: &Parsed) -> bool {
    let as_long_as = |kind| PHONE_NUMBER_UTIL.is_possible_number_for_type(parsed, kind);
    national(parsed).len() >= SHORTEST_UNKNOWN
        && (as_long_as(PhoneNumberType::FixedLine) || as_long_as(PhoneNumberType::Mobile))
}

/// A number of a range that the rules do not know has at least so many national digits: shorter ones are local or an
/// endpoint's.
const SHORTEST_UNKNOWN: usize = 8;
/// Up to so many digits are rather a new number at home than one abroad without its plus: with their country codes, only
/// those of a few islands are as short.
const LONGEST_WITHOUT_CODE: usize = 9;

/// Digits that the country's rules would take for a number of its own, and that nobody there writes so. No Argentine
/// mobile is dialled as 9 and its area without 54, while 92 and 93 begin numbers of Pakistan and Afghanistan; and a 1
/// before ten digits is North America's in Mexico, where it was a prefix only behind +52.
fn is_rather_abroad(digits: &str, country: Region) -> bool {
    digits.len() == 11
        && match country {
            Region::AR => digits.starts_with('9') && !digits.starts_with("911"),
            Region::MX => digits.starts_with('1'),
            _ => false,
        }
}

fn parse(text: &str, region: Option<Region>) -> Option<Parsed> {
    let mut parsed = Parsed::parse(text, region).ok()?;
    // An extension is not part of the number that is matched.
    parsed.extension = None;
    Some(parsed)
}

fn e164(parsed: &Parsed) -> String {
    parsed.format_as(PhoneNumberFormat::E164).into_owned()
}

fn national(parsed: &Parsed) -> String {
    parsed.get_national_significant_number()
}

/// Whether its length is that of a whole number: a local part without its area is none.
fn is_whole(parsed: &Parsed) -> bool {
    matches!(parsed.is_possible_with_reason(), Ok(NumberLengthType::IsPossible))
}

/// The form that is valid today, of a number that is or once was.
fn current(parsed: &Parsed) -> Option<String> {
    // Mexico's old forms come first: its rules still take some of them, digits and all, for numbers of their own.
    if parsed.country_code != 52 && parsed.is_valid() {
        return Some(e164(parsed));
    }
    let digits = national(parsed);
    let mended = match parsed.country_code {
        // Mobile numbers had eight digits until the ninth was put in front, 2012 to 2016; those that begin with 7 are
        // valid without it (trunked radio) and may be somebody else's with it.
        55 => with_ninth_digit(&digits)?,
        // `09` before a mobile number, until 2018: the 9 became part of it, the 0 went.
        56 => digits.strip_prefix('0').filter(|rest| rest.len() == 9)?.to_owned(),
        // Calls to mobiles: `044` and `045` at home, `1` from abroad; long distance `01`. All gone since August 2019.
        52 => without_mexican_prefix(&digits).to_owned(),
        _ => return None,
    };
    let mended = parse(&format!("+{}{mended}", parsed.country_code), None)?;
    mended.is_valid().then(|| e164(&mended))
}

fn with_ninth_digit(digits: &str) -> Option<String> {
    let (area, local) = digits.split_at_checked(2)?;
    (local.len() == 8 && local.starts_with(['6', '8', '9'])).then(|| format!("{area}9{local}"))
}

fn without_mexican_prefix(digits: &str) -> &str {
    ["044", "045", "01", "1"]
        .iter()
        .find_map(|prefix| digits.strip_prefix(prefix).filter(|rest| rest.len() == 10))
        .unwrap_or(digits)
}

/// What two forms of one subscriber have in common, from an E.164 form: the form itself nearly everywhere.
///
/// Argentina dials its mobiles with a 9 after the country code from abroad, and without it (with `15` instead) at home;
/// networks show either. Area code and number are the same and belong to one subscriber, so the 9 does not count.
pub(super) fn key(e164: &str) -> String {
    match e164.strip_prefix("+549") {
        Some(rest) if rest.len() == 10 => format!("+54{rest}"),
        _ => e164.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str, country: Region) -> Option<Reading> {
        super::read(text, &crate::number::digits_of(text), country)
    }

    fn read(text: &str, country: Region) -> Option<String> {
        reading(text, country).map(|reading| reading.e164)
    }

    #[track_caller]
    fn all_read(country: Region, e164: &str, texts: &[&str]) {
        for text in texts {
            assert_eq!(read(text, country).as_deref(), Some(e164), "{text}");
        }
    }

    #[test]
    fn brazil_carrier_codes_and_the_ninth_digit_make_no_difference() {
        all_read(
            Region::BR,
            "+5511987654321",
            &[
                "11987654321",
                "(11) 98765-4321",
                "011 98765-4321",
                "0 15 11 98765-4321",
                "0xx11 98765-4321",
                "(0xx11) 8765-4321",
                "(11) 8765-4321",
                "0 21 11 8765 4321",
                "+55 11 8765-4321",
                "551187654321",
                "+55 (0)11 98765-4321",
            ],
        );
        assert_eq!(read("(11) 2345-6789", Region::BR).as_deref(), Some("+551123456789"), "a landline gets no digit");
        assert_eq!(read("(11) 7765-4321", Region::BR).as_deref(), Some("+551177654321"), "trunked radio stays");
    }

    #[test]
    fn mexico_obsolete_prefixes_are_left_out() {
        all_read(
            Region::MX,
            "+525512345678",
            &[
                "5512345678",
                "55 1234 5678",
                "044 55 1234 5678",
                "045 55 1234 5678",
                "01 55 1234 5678",
                "+52 1 55 1234 5678",
                "5215512345678",
                "0052 1 55 1234 5678",
                "525512345678",
            ],
        );
        assert_eq!(read("12125557890", Region::MX).as_deref(), Some("+12125557890"), "a caller from the north");
    }

    #[test]
    fn chile_and_uruguay_lose_the_zero_in_front() {
        all_read(
            Region::CL,
            "+56987654321",
            &["987654321", "9 8765 4321", "09 8765 4321", "+56 09 8765 4321", "56987654321"],
        );
        all_read(
            Region::UY,
            "+59898344484",
            &["098344484", "098 344 484", "98344484", "+598 098 344 484", "59898344484"],
        );
    }

    #[test]
    fn argentina_both_valid_forms_are_one_subscriber() {
        let keys = [
            "011 15 2345-6789",
            "+54 9 11 2345-6789",
            "+54 11 2345-6789",
            "1123456789",
            "91123456789",
            "5491123456789",
        ]
        .map(|text| key(&read(text, Region::AR).unwrap()));
        assert!(keys.iter().all(|key| key == "+541123456789"), "{keys:?}");
        assert_eq!(key("+5491123456"), "+5491123456", "too short to be a mobile with its 9");
    }

    #[test]
    fn a_range_that_the_rules_do_not_know_is_still_one_number_however_it_is_written() {
        // The second would be valid in the Solomon Islands, were 677 its country code.
        for (e164, texts) in [
            ("+50699991234", ["+506 9999 1234", "99991234", "9999-1234"]),
            ("+50667739916", ["+506 6773-9916", "67739916", "50667739916"]),
        ] {
            all_read(Region::CR, e164, &texts);
        }
    }

    #[test]
    fn only_what_is_named_or_valid_at_home_is_more_than_a_guess() {
        use Evidence::{AtHome, Guess, Named};
        let (cr, br, us) = (Region::CR, Region::BR, Region::US);
        for (text, country, by) in [
            ("+81 99493-0853", cr, Some(Named)),
            ("0081994930853", cr, Some(Named)),
            ("011 81 99 493 0853", us, Some(Named)),
            ("0015 81 99 493 0853", br, Some(Named)),
            ("+506 9999 1234", cr, Some(Named)),
            ("8884-8787", cr, Some(AtHome)),
            ("506 8884 8787", cr, Some(AtHome)),
            ("(81) 99493-0853", br, Some(AtHome)),
            ("(21) 4799-5635", br, Some(AtHome)),
            ("9999-1234", cr, Some(Guess)),
            ("81994930853", cr, Some(Guess)),
            ("51902871550", cr, Some(Guess)),
            ("(81) 99493-0853", cr, None),
            ("(021) 4799-5635", cr, None),
            ("(21) 4799-5635", cr, None),
            ("2147995635", cr, None),
        ] {
            assert_eq!(reading(text, country).map(|reading| reading.by), by, "{text} {country:?}");
        }
    }

    #[test]
    fn a_part_of_a_number_is_never_made_whole() {
        for text in ["8373456", "1155", "2345-6789 0", "123456789012345678"] {
            assert_eq!(read(text, Region::CR), None, "{text}");
        }
        assert_eq!(read("234 5678", Region::US), None, "a local number without its area");
        assert_eq!(read("8373456", Region::UY), None, "as short as a toll-free number, but none");
    }
}
