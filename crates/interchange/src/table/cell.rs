//! What stands in a cell: our protection against formulas, several values in one, and what a text looks like.

use std::borrow::Cow;

use timbre_domain::number::{is_chat_link, plain_text};

/// What makes a spreadsheet take a text for a formula, at its beginning.
const STARTS_A_FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What a spreadsheet may take for the end of a cell, whatever separates the values of the file that it reads. A comma is
/// ours, and within quotes it ends nothing.
const ENDS_A_CELL: [char; 5] = [';', '\t', '|', '\n', '\r'];

/// A text as it may be shown to a spreadsheet: with `'` before what would be run as a formula, at the beginning of the text or
/// of what would be a cell where another sign separates the values. Telephone numbers stand as they are.
pub(super) fn protected(text: &str) -> Cow<'_, str> {
    if is_number(text) {
        return Cow::Borrowed(text);
    }
    let begins = |at: usize| begins_a_cell(text, at) && runs(&text[at..]);
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).filter(|at| begins(*at)).collect();
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + places.len());
    let mut from = 0;
    for at in places {
        safe.push_str(&text[from..at]);
        safe.push('\'');
        from = at;
    }
    safe.push_str(&text[from..]);
    Cow::Owned(safe)
}

/// A text of ours without what [`protected`] put into it.
pub(super) fn unprotected(text: &str) -> Cow<'_, str> {
    if !text.contains('\'') {
        return Cow::Borrowed(text);
    }
    let put = |at: usize| begins_a_cell(text, at) && runs(&text[at + 1..]);
    Cow::Owned(text.char_indices().filter(|(at, c)| !(*c == '\'' && put(*at))).map(|(_, c)| c).collect())
}

fn begins_a_cell(text: &str, at: usize) -> bool {
    at == 0 || text[..at].ends_with(ENDS_A_CELL)
}

/// Whether a cell that begins so would be run, or was protected from it.
fn runs(cell: &str) -> bool {
    cell.trim_start_matches(['\'', '"', ' ']).starts_with(STARTS_A_FORMULA)
}

/// A text without blanks around it and without the `'` that protects it from being run as a formula.
pub(super) fn tidy(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix('\'') {
        Some(bare) if needs_protection(bare) => bare,
        _ => text,
    }
}

/// Whether it begins as a formula does, or as a protected one.
fn needs_protection(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(STARTS_A_FORMULA)
}

fn is_number(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    rest.bytes().all(|byte| byte.is_ascii_digit() || b" ()-.".contains(&byte))
        && rest.bytes().filter(u8::is_ascii_digit).count() >= 3
}

/// The values in a cell: Google writes ` ::: ` between them, people press Alt+Enter.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    divided(text, b"\n\r")
}

/// The addresses in a cell: nothing that separates can be within one.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = &str> {
    divided(text, b"\n\r,;")
}

fn divided<'a>(text: &'a str, signs: &'static [u8]) -> impl Iterator<Item = &'a str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let bytes = text.as_bytes();
        let found = bytes.iter().enumerate().find_map(|(at, byte)| match byte {
            b':' if bytes[at..].starts_with(b":::") => Some((at, 3)),
            byte if signs.contains(byte) => Some((at, 1)),
            _ => None,
        });
        let (part, behind) = found.map_or((text, None), |(at, length)| (&text[..at], Some(&text[at + length..])));
        rest = behind;
        Some(tidy(part))
    })
    .filter(|part| !part.is_empty())
}

/// Whether somebody said yes; nothing where it is neither yes nor no.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    const YES: &[&str] = &["yes", "y", "true", "t", "1", "x", "si", "s", "sim", "verdadero", "verdadeiro", "on", "ok"];
    const NO: &[&str] = &["no", "n", "false", "f", "0", "nao", "falso", "off", "-"];
    if text.len() > 16 {
        return None;
    }
    let text = timbre_domain::normalize::fold(text);
    let is_in = |list: &[&str]| list.contains(&text.as_str());
    if is_in(YES) {
        Some(true)
    } else if text.is_empty() || is_in(NO) {
        Some(false)
    } else {
        None
    }
}

/// Whether a text looks like one or several telephones: digits and what people put between them, but no date.
pub(super) fn looks_like_phone(text: &str) -> bool {
    let text = tidy(text);
    if is_chat_link(text) {
        return true;
    }
    let text = &*if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(plain_text(text)) };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let of_phone = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-().[]/;,:#*".contains(c) || c == '\u{a0}';
    let bare = text.to_ascii_lowercase();
    let bare = ["ext", "anexo", "ramal", "int"].iter().fold(bare, |text, word| text.replace(word, ""));
    (7..=40).contains(&digits) && bare.chars().all(of_phone) && !looks_like_date(text)
}

fn looks_like_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split([' ', 'T']).next().unwrap_or_default().split(['-', '/', '.']).collect();
    let number = |part: &str| part.parse::<u32>().ok().filter(|_| !part.starts_with('+'));
    match parts.as_slice() {
        [a, b, c] => match (a.len(), b.len(), c.len()) {
            (4, 1..=2, 1..=2) => number(b).is_some_and(|b| b <= 31) && number(c).is_some_and(|c| c <= 31),
            (1..=2, 1..=2, 4) => number(a).is_some_and(|a| a <= 31) && number(b).is_some_and(|b| b <= 31),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a text looks like one or several e-mail addresses.
pub(super) fn looks_like_email(text: &str) -> bool {
    let one = |text: &str| {
        text.split_once('@').is_some_and(|(who, host)| {
            !who.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(char::is_whitespace)
        })
    };
    let mut all = addresses(text).peekable();
    all.peek().is_some() && all.all(one)
}

/// Whether a text is mostly letters, as a name is.
pub(super) fn looks_like_words(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters * 2 > text.chars().count() && !looks_like_email(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_protected_and_numbers_are_not() {
        for text in ["=1+1", "+SUM(A1)", "-2+3", "@x", "'=a", "\t=1"] {
            assert!(protected(text).starts_with('\''), "{text}");
        }
        for text in ["+506 8884-8787", "+1 (305) 555-0142", "Ana", "'t Hooft", "8884-8787", "", "Ana; Bea", "a-b"] {
            assert_eq!(protected(text), text);
        }
        // Where another sign separates the values, a cell begins behind it, whatever quotes stand around ours.
        for (text, safe) in [
            ("Ana;=cmd|'/c calc'!A1;", "Ana;'=cmd|'/c calc'!A1;"),
            ("Ana|@x", "Ana|'@x"),
            ("Ana\t+1", "Ana\t'+1"),
            ("Ana\n-2+3", "Ana\n'-2+3"),
            ("Ana; \"=x\"", "Ana;' \"=x\""),
            ("Ana;'=x", "Ana;''=x"),
        ] {
            assert_eq!(protected(text), safe);
            assert_eq!(unprotected(safe), text);
        }
        assert_eq!(tidy(" '+506 8884 "), "+506 8884");
        assert_eq!(tidy("'t Hooft"), "'t Hooft");
    }

    #[test]
    fn telephones_addresses_and_dates_are_told_apart() {
        for text in [
            "８８８８１２３４",
            "٨٨٨٨١٢٣٤",
            "#31#612345678",
            "8888-1234",
            "+506 8888 1234",
            "(506) 2222-3333 / 2222-3334",
            "2222-3333 ext. 12",
            "'+50688881234",
            "https://wa.me/50688881234",
        ] {
            assert!(looks_like_phone(text), "{text}");
        }
        for text in ["2024-01-15", "15/01/2024", "2026-02-17 08:41:05", "Ana", "1155", "12", "a@b.cr", "De la 200 m"] {
            assert!(!looks_like_phone(text), "{text}");
        }
        assert!(looks_like_email("ana@example.com; bea@example.com"));
        assert!(!looks_like_email("@ana"));
    }

    #[test]
    fn several_values_in_a_cell_are_told_apart() {
        assert_eq!(parts("a ::: b\nc::d\r\n :::").collect::<Vec<_>>(), ["a", "b", "c::d"]);
        assert_eq!(addresses("a@x, ñ@y;b@z").collect::<Vec<_>>(), ["a@x", "ñ@y", "b@z"]);
    }

    #[test]
    fn yes_and_no_are_known_in_three_languages() {
        for text in ["yes", "Sí", "SIM", "true", "1", "x", "Verdadero", "VERDADEIRO"] {
            assert_eq!(yes_or_no(text), Some(true), "{text}");
        }
        for text in ["", "no", "Não", "false", "0", "FALSO"] {
            assert_eq!(yes_or_no(text), Some(false), "{text}");
        }
        assert_eq!(yes_or_no("only in the morning"), None);
    }

    proptest! {
        #[test]
        fn what_is_protected_begins_no_cell_with_a_formula_and_is_read_back(text in "[a=+@'\" ;|\t\n-]{0,12}") {
            let safe = protected(&text);
            prop_assert_eq!(unprotected(&safe), text.as_str());
            for cell in safe.split([';', '\t', '|', '\n', '\r']).filter(|_| !is_number(&text)) {
                prop_assert!(!cell.trim_start_matches(['"', ' ']).starts_with(['=', '+', '-', '@']), "{:?}", cell);
            }
        }

        #[test]
        fn what_is_protected_reads_as_it_was(text in "['=+@a-]{0,6}[a-z0-9 ]{0,6}") {
            let text = text.trim();
            let written = protected(text);
            prop_assert_eq!(tidy(&written), text);
        }
    }
}
