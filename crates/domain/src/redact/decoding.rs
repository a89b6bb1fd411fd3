//! A text as it reads once what encodes its characters is taken off: percent-encoding, HTML's entities, the escapes of JSON and
//! of programs, layer by layer, each character with its place in the text.

use std::ops::Range;

/// A character, and where what it was read from stands in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) c: char,
    pub(super) place: Range<usize>,
}

/// What encodes characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// `%C3%B1`, and `+` for a blank.
    Percent,
    /// `&ntilde;`, `&#241;`.
    Html,
    /// `\u00f1`, `\"`.
    Backslash,
}

/// A text is decoded so many times: an answer may hold a request that was encoded twice, in a page, in JSON.
const LAYERS: usize = 4;
/// The longest name of an entity in HTML, with its marks.
const LONGEST_ENTITY: usize = 33;

/// The text as it stands.
fn plain(text: &str) -> Vec<Unit> {
    text.char_indices().map(|(at, c)| Unit { c, place: at..at + c.len_utf8() }).collect()
}

/// The ways to read a text: as it stands, with layers of all encodings taken off together, and with one or two of a single one,
/// for what looks like another encoding may be part of what was encoded.
pub(super) fn readings(text: &str) -> Vec<Vec<Unit>> {
    const ALL: [Encoding; 3] = [Encoding::Percent, Encoding::Html, Encoding::Backslash];
    let whole = plain(text);
    let together = std::iter::successors(decoded(&whole, &ALL), |units| decoded(units, &ALL)).take(LAYERS);
    let once: Vec<Vec<Unit>> = ALL.iter().filter_map(|one| decoded(&whole, &[*one])).collect();
    let twice = once.iter().flat_map(|units| ALL.iter().filter_map(|one| decoded(units, &[*one])));
    let mut all: Vec<Vec<Unit>> = together.chain(twice).collect();
    all.extend(once);
    all.push(whole);
    all
}

/// The same with one layer of these encodings taken off; nothing where there is none.
fn decoded(units: &[Unit], encodings: &[Encoding]) -> Option<Vec<Unit>> {
    let mut out = Vec::with_capacity(units.len());
    let mut at = 0;
    let mut any = false;
    while at < units.len() {
        let rest = &units[at..];
        let encoding = match rest[0].c {
            '%' | '+' => Some(Encoding::Percent),
            '&' => Some(Encoding::Html),
            '\\' => Some(Encoding::Backslash),
            _ => None,
        };
        let taken = match encoding.filter(|encoding| encodings.contains(encoding)) {
            Some(Encoding::Percent) => percent(rest, &mut out),
            Some(Encoding::Html) => entity(rest, &mut out),
            Some(Encoding::Backslash) => escape(rest, &mut out),
            None => 0,
        };
        any |= taken > 0;
        if taken == 0 {
            out.push(rest[0].clone());
        }
        at += taken.max(1);
    }
    any.then_some(out)
}

/// `%C3%B1`: bytes of UTF-8, else of Latin-1.
fn percent(units: &[Unit], out: &mut Vec<Unit>) -> usize {
    if units[0].c == '+' {
        out.push(Unit { c: ' ', place: units[0].place.clone() });
        return 1;
    }
    let byte = |triple: &[Unit]| match triple {
        [mark, high, low] if mark.c == '%' => {
            let value = high.c.to_digit(16)? * 16 + low.c.to_digit(16)?;
            u8::try_from(value).ok()
        }
        _ => None,
    };
    let bytes: Vec<u8> = units.chunks(3).map_while(byte).collect();
    let mut at = 0;
    let mut push = |c: char, length: usize| {
        let place = units[3 * at].place.start..units[3 * (at + length) - 1].place.end;
        out.push(Unit { c, place });
        at += length;
    };
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(c, c.len_utf8()));
        chunk.invalid().iter().for_each(|byte| push(char::from(*byte), 1));
    }
    3 * bytes.len()
}

/// `&amp;`, `&#039;`, `&#x27;`, `&eacute;`.
fn entity(units: &[Unit], out: &mut Vec<Unit>) -> usize {
    let Some(length) = units.iter().take(LONGEST_ENTITY).position(|unit| unit.c == ';').map(|end| end + 1) else {
        return 0;
    };
    let written: String = units[..length].iter().map(|unit| unit.c).collect();
    let meant = html_escape::decode_html_entities(&written);
    if meant == written {
        return 0;
    }
    let place = units[0].place.start..units[length - 1].place.end;
    out.extend(meant.chars().map(|c| Unit { c, place: place.clone() }));
    length
}

/// `\u00f1`, `\u{f1}`, `\xf1`, `\"`, `\/`.
fn escape(units: &[Unit], out: &mut Vec<Unit>) -> usize {
    let hex = |from: usize, length: usize| {
        let mut digits = units.get(from..from + length)?.iter().map(|unit| unit.c.to_digit(16));
        digits.try_fold(0, |value, digit| Some(value * 16 + digit?))
    };
    let unicode = |from: usize| match (units.get(from)?.c, units.get(from + 1)?.c) {
        ('\\', 'u' | 'U') => hex(from + 2, 4),
        _ => None,
    };
    let Some(marked) = units.get(1) else { return 0 };
    let braced = || {
        let end = units.iter().take(12).position(|unit| unit.c == '}')?;
        (units.get(2)?.c == '{').then(|| hex(3, end.checked_sub(3)?)).flatten().map(|value| (value, end + 1))
    };
    let (value, length) = match marked.c {
        'u' | 'U' => match (unicode(0), unicode(6)) {
            (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
                (0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12)
            }
            (Some(value), _) => (value, 6),
            (None, _) => braced().unwrap_or((u32::from('u'), 2)),
        },
        'x' | 'X' => hex(2, 2).map_or((u32::from('x'), 2), |value| (value, 4)),
        'n' => (u32::from('\n'), 2),
        'r' => (u32::from('\r'), 2),
        't' => (u32::from('\t'), 2),
        other => (u32::from(other), 2),
    };
    let Some(c) = char::from_u32(value) else { return 0 };
    out.push(Unit { c, place: units[0].place.start..units[length - 1].place.end });
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Encoding; 3] = [Encoding::Percent, Encoding::Html, Encoding::Backslash];

    fn read(text: &str) -> Vec<String> {
        readings(text).iter().map(|units| units.iter().map(|unit| unit.c).collect()).collect()
    }

    #[test]
    fn each_layer_is_taken_off_and_every_character_knows_its_place() {
        for (text, meant) in [
            ("p%C3%B1+x", "pñ x"),
            ("p%f1", "pñ"),
            ("p%25C3%25B1", "pñ"),
            ("&lt;a&#039;&#x26;b&eacute;&gt;", "<a'&bé>"),
            (r"p\u00f1\/\ud83d\ude00", "pñ/😀"),
            (r#"\"\u{f1}\xf1"#, "\"ññ"),
            ("50 % & more; \\", "50 % & more; \\"),
            ("&lt;a%41b", "<a%41b"),
            (r#"&quot;\\u00f1%41&quot;"#, "\"\\u00f1%41\""),
        ] {
            assert!(read(text).iter().any(|read| read == meant), "{text}: {:?}", read(text));
        }
        let units = decoded(&plain("a%C3%B1b"), &ALL).unwrap();
        assert_eq!(units[1], Unit { c: 'ñ', place: 1..7 });
        assert_eq!(units[2].place, 7..8);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_places_are_of_the_text(text in "[a%&;\\\\ux{}0-9#+ñ]{0,30}") {
            for unit in readings(&text).iter().flatten() {
                prop_assert!(text.get(unit.place.clone()).is_some());
            }
        }
    }
}
