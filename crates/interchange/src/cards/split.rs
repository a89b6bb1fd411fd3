//! From lines to cards: lines are unfolded, pictures left out, and what is no whole card is told.

use std::io::{self, Read};

use timbre_domain::interchange::ProblemKind;

use crate::sniff;

/// The longest card with all its pictures, bytes.
const CARD_AT_MOST: usize = 8 * 1024 * 1024;
/// What is left of a card without them.
const KEPT_AT_MOST: usize = 1024 * 1024;
/// Properties of which only programs make anything; they may be large.
const LEFT_OUT: [&str; 4] = ["PHOTO", "LOGO", "SOUND", "KEY"];

/// Cuts a stream into cards.
pub(super) struct Splitter<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    line: u64,
    after_cr: bool,
    text: Vec<u8>,
    /// The line just read is the first of the next card.
    begun: bool,
}

/// One card: its properties, each on one line, without `BEGIN` and `END`.
#[derive(Debug, Default)]
pub(super) struct Card {
    /// The properties as bytes, each ended by a line feed.
    pub(super) properties: Vec<u8>,
    /// The line of its `BEGIN`, from 1.
    pub(super) line: u64,
    /// Why it is no whole card.
    pub(super) fault: Option<(ProblemKind, &'static str)>,
}

/// A card in the making.
#[derive(Default)]
struct Making {
    bytes: usize,
    /// Where the property begins that a further line may belong to.
    property: usize,
    left_out: bool,
    soft_break: bool,
    base64: bool,
    old: bool,
    /// How many cards are open inside this one.
    inside: usize,
}

impl<R: Read> Splitter<R> {
    /// Cuts a stream of bytes.
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; 64 * 1024],
            at: 0,
            filled: 0,
            line: 0,
            after_cr: false,
            text: Vec::new(),
            begun: false,
        }
    }

    /// What is read from.
    pub(super) fn input(&self) -> &R {
        &self.input
    }

    /// The next card; false at the end.
    pub(super) fn next(&mut self, card: &mut Card) -> io::Result<bool> {
        card.properties.clear();
        card.fault = None;
        if !self.find_begin(card)? {
            return Ok(card.fault.is_some());
        }
        if card.fault.is_some() {
            self.begun = true;
            return Ok(true);
        }
        let mut making = Making::default();
        while self.next_line()? {
            making.bytes += self.text.len() + 1;
            if sniff::is_begin(&self.text) {
                if card.properties[making.property..].trim_ascii().eq_ignore_ascii_case(b"AGENT:") {
                    making.inside += 1;
                    card.fault = Some((ProblemKind::Malformed, "a card stands inside this card"));
                    continue;
                }
                self.begun = true;
                let fault = (ProblemKind::Malformed, "the next card begins before this one ends");
                card.fault = card.fault.or(Some(fault));
                return Ok(true);
            }
            if sniff::is_end(&self.text) && making.inside > 0 {
                making.inside -= 1;
            } else if sniff::is_end(&self.text) {
                return Ok(true);
            } else if making.bytes > CARD_AT_MOST || card.properties.len() > KEPT_AT_MOST {
                card.fault =
                    Some((ProblemKind::TooLong, "the card is longer than 8 MiB, or than 1 MiB without its pictures"));
            } else if card.fault.is_none() {
                making.take(&self.text, &mut card.properties);
            }
        }
        card.fault = Some((ProblemKind::CutShort, "the file ends inside this card"));
        Ok(true)
    }

    /// Goes to the next `BEGIN`. Text that stands before it is told as a fault.
    fn find_begin(&mut self, card: &mut Card) -> io::Result<bool> {
        if std::mem::take(&mut self.begun) {
            card.line = self.line;
            return Ok(true);
        }
        while self.next_line()? {
            if sniff::is_begin(&self.text) {
                if card.fault.is_none() {
                    card.line = self.line;
                }
                return Ok(true);
            }
            if card.fault.is_none() && !self.text.trim_ascii().is_empty() {
                card.line = self.line;
                card.fault = Some((ProblemKind::Malformed, "text stands between two cards"));
            }
        }
        Ok(false)
    }

    /// Reads a line, however it ends. What is longer than a card is not kept.
    fn next_line(&mut self) -> io::Result<bool> {
        self.text.clear();
        let mut any = false;
        loop {
            if self.at == self.filled {
                self.at = 0;
                self.filled = match self.input.read(&mut self.buffer) {
                    Ok(count) => count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error),
                };
                if self.filled == 0 {
                    self.line += u64::from(any);
                    return Ok(any);
                }
            }
            if std::mem::take(&mut self.after_cr) && self.buffer[self.at] == b'\n' {
                self.at += 1;
                continue;
            }
            any = true;
            let chunk = &self.buffer[self.at..self.filled];
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &chunk[..end.unwrap_or(chunk.len())];
            if self.text.len() <= CARD_AT_MOST {
                self.text.extend_from_slice(part);
            }
            self.at += part.len();
            if let Some(end) = end {
                self.after_cr = chunk[end] == b'\r';
                self.at += 1;
                self.line += 1;
                return Ok(true);
            }
        }
    }
}

impl Making {
    /// Takes a line: a property, or more of the one before.
    fn take(&mut self, line: &[u8], properties: &mut Vec<u8>) {
        if std::mem::take(&mut self.soft_break) {
            // What quoted-printable breaks goes on at once; blanks at its beginning are its own.
            unended(properties);
            self.go_on(line, properties);
            return;
        }
        if let Some(rest) = line.strip_prefix(b" ").or_else(|| line.strip_prefix(b"\t"))
            && !properties.is_empty() | self.left_out
        {
            if !self.left_out {
                unended(properties);
                // In 2.1 the blank was there before the line was folded.
                let folded = if self.old { line } else { rest };
                self.go_on(folded, properties);
            }
            return;
        }
        if line.trim_ascii().is_empty() {
            self.base64 = false;
            return;
        }
        if self.base64 && !line.contains(&b':') {
            return;
        }
        let head = &line[..line.iter().position(|byte| *byte == b':').unwrap_or(line.len())];
        let name = name_of(head);
        self.left_out = LEFT_OUT.iter().any(|left_out| name.eq_ignore_ascii_case(left_out.as_bytes()));
        self.base64 = self.left_out && says(head, &["BASE64", "B"]);
        if self.left_out {
            return;
        }
        if name.eq_ignore_ascii_case(b"VERSION") {
            self.old = line.ends_with(b":2.1");
        }
        self.property = properties.len();
        self.go_on(line, properties);
    }

    fn go_on(&mut self, text: &[u8], properties: &mut Vec<u8>) {
        properties.extend_from_slice(text);
        let property = &properties[self.property..];
        if property.last() == Some(&b'=') {
            let head = &property[..property.iter().position(|byte| *byte == b':').unwrap_or(0)];
            if says(head, &["QUOTED-PRINTABLE"]) {
                self.soft_break = true;
                properties.pop();
            }
        }
        properties.push(b'\n');
    }
}

fn unended(properties: &mut Vec<u8>) {
    if properties.last() == Some(&b'\n') {
        properties.pop();
    }
}

/// The name in `item1.TEL;TYPE=cell`.
fn name_of(head: &[u8]) -> &[u8] {
    let name = head.split(|byte| *byte == b';').next().unwrap_or_default();
    name.rsplit(|byte| *byte == b'.').next().unwrap_or_default()
}

/// Whether a property's parameters say one of these, bare or after `ENCODING=`.
fn says(head: &[u8], values: &[&str]) -> bool {
    head.split(|byte| *byte == b';').skip(1).any(|parameter| {
        let value = parameter.splitn(2, |byte| *byte == b'=').last().unwrap_or_default();
        values.iter().any(|wanted| value.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = (u64, String, Option<ProblemKind>);

    fn cards(text: &str) -> Vec<Found> {
        let mut splitter = Splitter::new(text.as_bytes());
        let mut card = Card::default();
        let mut all = Vec::new();
        while splitter.next(&mut card).unwrap() {
            let text = String::from_utf8_lossy(&card.properties).into_owned();
            all.push((card.line, text, card.fault.map(|(kind, _)| kind)));
        }
        all
    }

    fn card(inside: &str) -> String {
        let mut found = cards(&format!("BEGIN:VCARD\n{inside}\nEND:VCARD\n"));
        assert_eq!(found.len(), 1);
        found.remove(0).1
    }

    #[test]
    fn lines_are_unfolded_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["begin:vcard", "VERSION:3.0", "NOTE:one", "  two", "\tthree", "end:vcard", ""].join(end);
            assert_eq!(cards(&text), [(1, "VERSION:3.0\nNOTE:one twothree\n".into(), None)], "{end:?}");
        }
        assert_eq!(card("VERSION:2.1\nNOTE:one\n two"), "VERSION:2.1\nNOTE:one two\n");
    }

    #[test]
    fn soft_breaks_of_quoted_printable_are_joined_and_only_there() {
        assert_eq!(
            card("FN;ENCODING=QUOTED-PRINTABLE:=41=\n=42=\n\nTITLE;QUOTED-PRINTABLE:a=\nb\nURL:x=\nNOTE:c"),
            "FN;ENCODING=QUOTED-PRINTABLE:=41=42\nTITLE;QUOTED-PRINTABLE:ab\nURL:x=\nNOTE:c\n"
        );
    }

    #[test]
    fn pictures_are_left_out_folded_or_not() {
        let picture = "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\n";
        for more in [" SkZJ\n RgAB\n\n", "SkZJ\nRgAB\n\n", "\n", " SkZJ\n", "SkZJ==\n"] {
            assert_eq!(card(&format!("FN:Ana\n{picture}{more}TEL:1")), "FN:Ana\nTEL:1\n", "{more:?}");
        }
        assert_eq!(card("item1.photo;VALUE=uri:http://x\n y\nTEL:1"), "TEL:1\n");
    }

    #[test]
    fn what_is_no_whole_card_is_told_and_the_next_is_read() {
        let kinds = |text: &str| cards(text).into_iter().map(|(line, _, fault)| (line, fault)).collect::<Vec<_>>();
        let (malformed, cut) = (Some(ProblemKind::Malformed), Some(ProblemKind::CutShort));
        assert_eq!(kinds("BEGIN:VCARD\nFN:a\nBEGIN:VCARD\nFN:b\nEND:VCARD\n"), [(1, malformed), (3, None)]);
        assert_eq!(kinds("BEGIN:VCARD\nFN:a\nEND:VCARD\nBEGIN:VCARD\nFN:b\n"), [(1, None), (4, cut)]);
        assert_eq!(
            kinds("BEGIN:VCARD\nEND:VCARD\nx\ny\n\nBEGIN:VCARD\nEND:VCARD"),
            [(1, None), (3, malformed), (6, None)]
        );
        let agent = "BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nFN:b\nEND:VCARD\nTEL:1\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\n";
        assert_eq!(kinds(agent), [(1, malformed), (8, None)]);
    }

    /// Gives a byte at a time.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn where_the_input_is_divided_makes_no_difference() {
        let text =
            "BEGIN:VCARD\r\nFN;QUOTED-PRINTABLE:=41=\r\n=42\r\nNOTE:a\r\n b\r\nEND:VCARD\r\n\r\nBEGIN:VCARD\rEND:VCARD";
        let mut splitter = Splitter::new(Dripping(text.as_bytes()));
        let mut card = Card::default();
        let mut found = Vec::new();
        while splitter.next(&mut card).unwrap() {
            found.push((
                card.line,
                String::from_utf8(card.properties.clone()).unwrap(),
                card.fault.map(|(kind, _)| kind),
            ));
        }
        assert_eq!(found, cards(text));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_card_of_nine_mebibytes_is_too_long_and_one_of_seven_is_not() {
        let with = |mebibytes: usize| {
            let picture = " ".to_owned() + &"A".repeat(1023) + "\n";
            format!("BEGIN:VCARD\nPHOTO;ENCODING=b:A\n{}FN:Ana\nEND:VCARD\n", picture.repeat(1024 * mebibytes))
        };
        assert_eq!(cards(&with(7)), [(1, "FN:Ana\n".into(), None)]);
        assert_eq!(cards(&with(9))[0].2, Some(ProblemKind::TooLong));
    }
}
