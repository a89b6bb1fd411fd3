//! Telephone numbers, and links that dial.

use timbre_domain::dial_link::DialLink;
use timbre_domain::number::{Country, PhoneNumber, ReadNumber};

use super::{bytes, project};

const COUNTRIES: [&str; 8] = ["CR", "CL", "UY", "BR", "AR", "MX", "US", "ES"];

/// The first byte chooses the country.
pub(super) fn number(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else { return };
    let (Ok(country), Ok(text)) = (COUNTRIES[usize::from(*first) % COUNTRIES.len()].parse(), std::str::from_utf8(rest))
    else {
        return;
    };
    if let Ok(typed) = PhoneNumber::typed(text, country) {
        means_something(&typed, country);
    }
    if let ReadNumber::Number(read) = PhoneNumber::read(text, country) {
        means_something(&read, country);
    }
}

fn means_something(number: &PhoneNumber, country: Country) {
    if let Some(e164) = number.e164() {
        let digits = e164.strip_prefix('+').unwrap_or_default();
        assert!(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()), "{e164} is no E.164");
    }
    if let Some(valid) = number.valid_e164() {
        // It means the same everywhere.
        let again = PhoneNumber::read(valid, country);
        assert!(
            matches!(&again, ReadNumber::Number(again) if again.e164() == Some(valid)),
            "{valid} is read as something else"
        );
    }
    let dialled = number.dialable(country);
    let is_dialled = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
    assert!(dialled.chars().all(is_dialled), "{dialled:?} can't be dialled");
    let _ = (number.key(), number.written(country), number.split(), number.extension(), number.national_digits());
}

pub(super) fn written() -> Vec<Vec<u8>> {
    let table = std::fs::read_to_string(project("tests/corpus/numbers.tsv")).unwrap_or_default();
    let rows = table.lines().skip(1).step_by(37);
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        let home = cells.next()?;
        let country = COUNTRIES.iter().position(|country| *country == home)?;
        let mut seed = vec![u8::try_from(country).ok()?];
        seed.extend_from_slice(cells.next_back()?.as_bytes());
        Some(seed)
    })
    .collect()
}

pub(super) fn dial_link(input: &[u8]) {
    let Ok(link) = std::str::from_utf8(input) else { return };
    let _ = DialLink::parse(link);
}

pub(super) fn links() -> Vec<Vec<u8>> {
    bytes(&[
        "tel:+506-8888-4787",
        "tel:8888-4787;phone-context=+506",
        "tel:863-1234;phone-context=example.com;ext=12",
        "callto:88884787?call",
        "sip:+50688884787@example.com;user=phone",
        "sips:ana;ext=3@10.0.0.1:5061?subject=a",
        "tel:%2B506%208888%2D4787",
    ])
}
