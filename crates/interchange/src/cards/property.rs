//! One property of a card: `item1.TEL;TYPE=cell;PREF=1:+506 8884-8787`.

use crate::charset::{Charset, LATIN, UTF8, mended};

/// A property, its value decoded to text, backslashes still in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Property {
    /// `item1` in `item1.TEL`, in capitals; empty without one.
    pub(super) group: String,
    /// The name in capitals.
    pub(super) name: String,
    /// Names in capitals and values, a pair for each value; bare ones of 2.1 are types.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) value: String,
    /// Some bytes of it are not of its character set: they are what they are in Windows-1252.
    pub(super) mended: bool,
}

impl Property {
    /// Reads a whole, unfolded line; nothing without a colon. `fallback` is what bytes are taken for that are neither UTF-8
    /// nor in the property's own character set.
    pub(super) fn read(line: &[u8], fallback: Charset) -> Option<Self> {
        let colon = outside_quotes(line, b':').next()?;
        let (head, value) = (&line[..colon], &line[colon + 1..]);
        let head = text(head, fallback).unwrap_or_else(|| mended(head).0);
        let mut parts = split_outside_quotes(&head, ';');
        let name = parts.next().unwrap_or_default().trim().to_uppercase();
        let (group, name) = name.rsplit_once('.').map_or(("", name.as_str()), |(group, name)| (group, name));
        let mut parameters = Vec::new();
        let (mut charset, mut quoted_printable, mut base64) = (None, false, false);
        for parameter in parts {
            let (key, said) = match parameter.split_once('=') {
                Some((key, said)) if !key.contains('(') => (key.trim().to_uppercase(), said),
                _ => ("TYPE".to_owned(), parameter),
            };
            for said in split_outside_quotes(said, ',') {
                let said = said.trim().trim_matches('"');
                let is = |word: &str| said.eq_ignore_ascii_case(word);
                match key.as_str() {
                    "CHARSET" => charset = Charset::of(said).ok(),
                    "ENCODING" | "TYPE" if is("QUOTED-PRINTABLE") => quoted_printable = true,
                    "ENCODING" | "TYPE" if is("BASE64") || is("B") => base64 = true,
                    "ENCODING" => {}
                    _ => parameters.push((key.clone(), uncaret(said))),
                }
            }
        }
        let bytes = if quoted_printable { unquote_printable(value) } else { value.to_vec() };
        let decoded = match charset {
            Some(charset) if charset == UTF8 && quoted_printable => text(&bytes, UTF8),
            Some(charset) if charset != UTF8 => charset.decode(&bytes).or_else(|| text(&bytes, fallback)),
            // Old telephones and Outlook leave the character set out, and mean that of their country.
            None if quoted_printable => text(&bytes, LATIN),
            _ => text(&bytes, fallback),
        };
        let (value, mended) = decoded.map_or_else(|| mended(&bytes), |value| (value, false));
        let value = if base64 { String::new() } else { value };
        Some(Self { group: group.to_owned(), name: name.to_owned(), parameters, value, mended })
    }

    /// The value with its backslashes taken off.
    pub(super) fn text(&self) -> String {
        unescape(self.value.trim())
    }

    /// The parts between semicolons, each with its backslashes taken off.
    pub(super) fn parts(&self) -> Vec<String> {
        split_escaped(&self.value, ';').map(|part| unescape(part.trim())).collect()
    }

    /// The items between commas.
    pub(super) fn items(&self) -> Vec<String> {
        split_escaped(&self.value, ',').map(|item| unescape(item.trim())).filter(|item| !item.is_empty()).collect()
    }

    /// The types it says, whatever their capitals.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> + Clone {
        self.parameter("TYPE").flat_map(|said| said.split(',')).map(str::trim)
    }

    /// The values of a parameter.
    pub(super) fn parameter<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + Clone {
        self.parameters.iter().filter(move |(key, _)| key == name).map(|(_, said)| said.as_str())
    }

    /// How preferred it is: 1 most, 100 least, 101 where nobody says.
    pub(super) fn preference(&self) -> u32 {
        if self.types().any(|said| said.eq_ignore_ascii_case("pref")) {
            return 1;
        }
        self.parameter("PREF").next().map_or(101, |said| said.parse().unwrap_or(1))
    }
}

fn text(bytes: &[u8], fallback: Charset) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(_) if fallback == UTF8 => None,
        Err(_) => fallback.decode(bytes),
    }
}

/// Where a sign stands outside quotes. A quote that is never closed quotes nothing.
fn outside_quotes(line: &[u8], sign: u8) -> impl Iterator<Item = usize> {
    let first = line.iter().position(|byte| *byte == sign);
    let quotes = first.map_or(0, |first| line[..first].iter().filter(|byte| **byte == b'"').count());
    let closed = quotes % 2 == 0 || line[first.unwrap_or(0)..].contains(&b'"');
    let mut quoted = false;
    line.iter().enumerate().filter_map(move |(at, byte)| {
        quoted ^= closed && *byte == b'"';
        (*byte == sign && !quoted).then_some(at)
    })
}

fn split_outside_quotes(text: &str, sign: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == sign && !quoted
    })
}

/// The parts between a sign that no backslash stands before.
fn split_escaped(text: &str, sign: char) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    text.split(move |c: char| {
        let splits = c == sign && !escaped;
        escaped = c == '\\' && !escaped;
        splits
    })
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(c) => plain.push(c),
                None => plain.push('\\'),
            },
            c => plain.push(c),
        }
    }
    plain.trim().to_owned()
}

/// What RFC 6868 writes for what a parameter can't hold.
fn uncaret(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let stands_for = match (c, rest.peek()) {
            ('^', Some('n')) => '\n',
            ('^', Some('\'')) => '"',
            ('^', Some('^')) => '^',
            _ => {
                plain.push(c);
                continue;
            }
        };
        plain.push(stands_for);
        rest.next();
    }
    plain
}

/// Undoes quoted-printable. What is no such code stands as it is: some programs write `=` for itself.
fn unquote_printable(bytes: &[u8]) -> Vec<u8> {
    let digit =
        |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'=', Some(high), Some(low)) => {
                plain.push(high << 4 | low);
                at += 3;
            }
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use calcard::vcard::{VCardParameterValue, VCardValue};
    use calcard::{Entry, Parser};
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Property {
        Property::read(line.as_bytes(), UTF8).unwrap()
    }

    #[test]
    fn groups_parameters_and_bare_types_are_read() {
        let tel = read("item1.tel;type=\"cell,voice\";PREF=2;VALUE=uri:tel:+506;ext=1");
        assert_eq!((tel.group.as_str(), tel.name.as_str(), tel.value.as_str()), ("ITEM1", "TEL", "tel:+506;ext=1"));
        assert_eq!(tel.types().collect::<Vec<_>>(), ["cell", "voice"]);
        assert_eq!(tel.preference(), 2);
        let old = read("TEL;CELL;PREF:1");
        assert_eq!((old.types().collect::<Vec<_>>(), old.preference()), (vec!["CELL", "PREF"], 1));
        assert_eq!(read("TEL;X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,=42):1=3").value, "1=3");
        assert_eq!(read("X;NAME=\"a;b:c^'d\":e").parameter("NAME").next(), Some("a;b:c\"d"));
    }

    #[test]
    fn backslashes_keep_what_separates() {
        assert_eq!(read("ORG:a\\;b\\, c;d").parts(), ["a;b, c", "d"]);
        assert_eq!(read("N:Rojas,Mora;Ana\\\\;;").parts(), ["Rojas,Mora", "Ana\\", "", ""]);
        assert_eq!(read("NOTE:a\\nb\\Nc\\:d").text(), "a\nb\nc:d");
    }

    #[test]
    fn each_property_has_its_own_character_set() {
        assert_eq!(read("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=61r=C3=ADa").text(), "María");
        assert_eq!(read("FN;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:Mar=EDa").text(), "María");
        assert_eq!(read("NOTE;ENCODING=QUOTED-PRINTABLE:a=ZZ=2").text(), "a=ZZ=2");
        let latin = Property::read(b"FN;CHARSET=ISO-8859-1:Mar\xeda", UTF8).unwrap();
        assert_eq!(latin.value, "María");
        assert_eq!(Property::read(b"FN:Mar\xeda", LATIN).unwrap().value, "María");
        assert_eq!(Property::read(b"FN;CHARSET=CP850:Mar\xa1a", UTF8).unwrap().value, "María");
    }

    #[test]
    fn a_wrong_byte_is_what_it_is_in_windows_1252_and_all_others_stay_what_they_are() {
        for (line, value) in [
            (b"FN:Jos\xc3\xa9 Mar\xeda".as_slice(), "José María"),
            (b"ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=28Taller", "Ã(Taller"),
        ] {
            let read = Property::read(line, UTF8).unwrap();
            assert_eq!((read.value.as_str(), read.mended), (value, true));
        }
        assert!(!Property::read("FN:José".as_bytes(), UTF8).unwrap().mended);
        assert_eq!(Property::read(b"no colon", UTF8), None);
    }

    proptest! {
        #[test]
        fn it_reads_as_calcard_does(value in "x([a-zñ]|y z|\\\\n|\\\\,|\\\\;|\\\\\\\\){0,30}x", kind in "cell|work|home|fax") {
            let line = format!("X-NOTE;TYPE={kind};X-NAME=\"a;b\":{value}");
            let ours = read(&line);
            let Entry::VCard(theirs) = Parser::new(&format!("BEGIN:VCARD\r\n{line}\r\nEND:VCARD\r\n")).entry() else {
                panic!("a card")
            };
            let entry = &theirs.entries[0];
            prop_assert_eq!(entry.values.first(), Some(&VCardValue::Text(ours.text())));
            let named = entry.params.iter().find_map(|parameter| match &parameter.value {
                VCardParameterValue::Text(text) => Some(text.as_str()),
                _ => None,
            });
            prop_assert_eq!(named, ours.parameter("X-NAME").next());
        }
    }
}
