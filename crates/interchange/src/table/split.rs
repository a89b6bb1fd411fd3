//! From bytes to records, as RFC 4180 and the spreadsheets have it, in bounded memory whatever the file holds.
//!
//! The `csv` crate reads the same (a test says so), but closes a quote that the file leaves open, and keeps whatever such
//! a quote swallows: neither can be told or stopped from outside.

use std::io::{self, Read};

use crate::LONGEST_VALUE;

/// A quoted value may run over this many bytes; a quote that swallows more was left open.
const QUOTED_AT_MOST: usize = 1024 * 1024;
/// No table of contacts has more columns.
const COLUMNS_AT_MOST: usize = 16 * 1024;
/// All values of a record together; what is beyond is not kept.
const RECORD_AT_MOST: usize = 4 * 1024 * 1024;

/// Reads records from a stream of UTF-8.
pub(super) struct Splitter<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    delimiter: u8,
    line: u64,
    after_cr: bool,
}

/// One record: its values, without their quotes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// Blank lines before it, since the record before.
    pub(super) blank_before: u64,
    /// The file ends inside it, without a line end.
    pub(super) unended: bool,
    /// A quote was never closed in this column.
    pub(super) open_quote: Option<usize>,
    /// This column's value was too long to be kept.
    pub(super) too_long: Option<usize>,
    /// Something stands between a closing quote and the next delimiter in this column.
    pub(super) behind_quote: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    QuoteSeen,
}

impl<R: Read> Splitter<R> {
    /// A reader of records.
    pub(super) fn new(input: R, delimiter: u8) -> Self {
        Self { input, buffer: vec![0; 64 * 1024], at: 0, filled: 0, delimiter, line: 1, after_cr: false }
    }

    /// What is read from.
    pub(super) fn input(&self) -> &R {
        &self.input
    }

    /// Passes over Excel's first line, `sep=;`, and gives the delimiter it names.
    pub(super) fn skip_separator_line(&mut self) -> io::Result<Option<u8>> {
        while self.filled < 16 && self.fill_more()? {}
        let start = &self.buffer[self.at..self.filled];
        let named = separator_line(start);
        if let Some((_, length)) = named {
            self.at += length;
            self.line += 1;
        }
        Ok(named.map(|(delimiter, _)| delimiter))
    }

    /// The next record; false at the end.
    pub(super) fn next(&mut self, record: &mut Record) -> io::Result<bool> {
        record.clear();
        record.line = self.line;
        let mut state = State::Start;
        let mut field = Field::default();
        loop {
            if self.at == self.filled && !self.refill()? {
                break;
            }
            let chunk = &self.buffer[self.at..self.filled];
            match state {
                State::Start => {
                    let byte = chunk[0];
                    if byte == b'\n' && std::mem::take(&mut self.after_cr) {
                        self.at += 1;
                        continue;
                    }
                    self.after_cr = false;
                    if byte == b'"' {
                        self.at += 1;
                        state = State::Quoted;
                    } else if matches!(byte, b'\n' | b'\r') && record.ends.is_empty() {
                        self.at += 1;
                        self.line += 1;
                        self.after_cr = byte == b'\r';
                        record.line = self.line;
                        record.blank_before += 1;
                    } else {
                        state = State::Plain;
                    }
                }
                State::Plain => {
                    let delimiter = self.delimiter;
                    let end = chunk.iter().position(|byte| *byte == delimiter || matches!(byte, b'\n' | b'\r'));
                    let length = end.unwrap_or(chunk.len());
                    field.push(record, &chunk[..length]);
                    self.at += length;
                    if let Some(end) = end {
                        let byte = chunk[end];
                        self.at += 1;
                        field.close(record);
                        if byte != delimiter {
                            self.line += 1;
                            self.after_cr = byte == b'\r';
                            return Ok(true);
                        }
                        state = State::Start;
                    }
                }
                State::Quoted => {
                    let end = chunk.iter().position(|byte| *byte == b'"');
                    let part = &chunk[..end.unwrap_or(chunk.len())];
                    self.line += part.iter().filter(|byte| **byte == b'\n').count() as u64;
                    field.push(record, part);
                    self.at += part.len();
                    if field.length > QUOTED_AT_MOST {
                        record.open_quote = Some(record.ends.len());
                        return Ok(true);
                    }
                    if end.is_some() {
                        self.at += 1;
                        state = State::QuoteSeen;
                    }
                }
                State::QuoteSeen => {
                    state = if chunk[0] == b'"' {
                        field.push(record, b"\"");
                        self.at += 1;
                        State::Quoted
                    } else {
                        field.behind_quote = Some(record.text.len());
                        State::Plain
                    };
                }
            }
        }
        if state == State::Start && record.ends.is_empty() {
            return Ok(false);
        }
        record.unended = true;
        if state == State::Quoted {
            record.open_quote = Some(record.ends.len());
        }
        field.close(record);
        Ok(true)
    }

    fn refill(&mut self) -> io::Result<bool> {
        self.at = 0;
        self.filled = 0;
        self.fill_more()
    }

    fn fill_more(&mut self) -> io::Result<bool> {
        loop {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(count) => {
                    self.filled += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The delimiter that a first line `sep=;` names, and how long the line is.
pub(super) fn separator_line(start: &[u8]) -> Option<(u8, usize)> {
    let quoted = usize::from(start.first() == Some(&b'"'));
    let rest = start.get(quoted..)?;
    if !rest.get(..4)?.eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    let delimiter = *rest.get(4).filter(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric())?;
    let length = quoted * 2 + 5;
    if quoted == 1 && start.get(6) != Some(&b'"') {
        return None;
    }
    match (start.get(length), start.get(length + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some((delimiter, length + 2)),
        (Some(b'\r' | b'\n'), _) => Some((delimiter, length + 1)),
        _ => None,
    }
}

/// The value that is being read.
#[derive(Default)]
struct Field {
    length: usize,
    behind_quote: Option<usize>,
}

impl Field {
    fn push(&mut self, record: &mut Record, bytes: &[u8]) {
        self.length += bytes.len();
        if self.length > LONGEST_VALUE || record.text.len() + bytes.len() > RECORD_AT_MOST {
            record.too_long = record.too_long.or(Some(record.ends.len()));
        } else if record.ends.len() < COLUMNS_AT_MOST {
            record.text.extend_from_slice(bytes);
        }
    }

    fn close(&mut self, record: &mut Record) {
        if let Some(from) = self.behind_quote.take()
            && record.text.get(from..).is_some_and(|text| !text.trim_ascii().is_empty())
        {
            record.behind_quote = record.behind_quote.or(Some(record.ends.len()));
        }
        self.length = 0;
        if record.ends.len() < COLUMNS_AT_MOST {
            record.ends.push(record.text.len());
        }
    }
}

impl Record {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.blank_before = 0;
        self.unended = false;
        self.open_quote = None;
        self.too_long = None;
        self.behind_quote = None;
    }

    /// How many values it has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All values, one behind the other.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// The bytes of a value; none where it has no such column.
    pub(super) fn value(&self, column: usize) -> &[u8] {
        let Some(end) = self.ends.get(column) else { return b"" };
        let start = column.checked_sub(1).and_then(|before| self.ends.get(before)).unwrap_or(&0);
        &self.text[*start..*end]
    }

    /// A value within the record's whole text, once that is known to be UTF-8.
    pub(super) fn text_of<'a>(&self, whole: &'a str, column: usize) -> &'a str {
        let Some(end) = self.ends.get(column) else { return "" };
        let start = column.checked_sub(1).and_then(|before| self.ends.get(before)).unwrap_or(&0);
        whole.get(*start..*end).unwrap_or_default()
    }

    /// Whether every value begins and ends between characters of the whole text.
    pub(super) fn splits(&self, whole: &str) -> bool {
        whole.is_ascii() || self.ends.iter().all(|end| whole.is_char_boundary(*end))
    }

    /// The values as texts, for a look at the file; what is no UTF-8 is replaced.
    pub(super) fn texts(&self) -> Vec<String> {
        (0..self.len()).map(|column| String::from_utf8_lossy(self.value(column)).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], delimiter: u8) -> Vec<Record> {
        let mut splitter = Splitter::new(text, delimiter);
        let mut all = Vec::new();
        let mut record = Record::default();
        while splitter.next(&mut record).unwrap() {
            all.push(record.clone());
            if record.open_quote.is_some() {
                break;
            }
        }
        all
    }

    fn values(text: &str) -> Vec<Vec<String>> {
        read(text.as_bytes(), b',').iter().map(Record::texts).collect()
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_quotes() {
        assert_eq!(values("a,\"b,\r\n\"\"c\"\"\",\r\nd,,e"), vec![vec!["a", "b,\r\n\"c\"", ""], vec!["d", "", "e"]]);
        assert_eq!(values("a \"b\" c,d\n"), vec![vec!["a \"b\" c", "d"]]);
    }

    #[test]
    fn lines_are_counted_whatever_ends_them_and_blank_ones_are_no_records() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "c,d", "e,f", ""].join(end);
            let lines: Vec<_> = read(text.as_bytes(), b',').iter().map(|r| (r.line, r.blank_before, r.len())).collect();
            assert_eq!(lines, [(1, 0, 2), (3, 1, 2), (4, 0, 2)], "{end:?}");
        }
        let lines: Vec<_> = read(b"a\n\"b\nc\"\nd\n", b',').iter().map(|record| record.line).collect();
        assert_eq!(lines, [1, 2, 4]);
    }

    #[test]
    fn a_quote_left_open_is_told_at_the_end_of_the_file_and_after_a_mebibyte() {
        let record = read(b"a,b\nc,\"d\ne,f\n", b',').pop().unwrap();
        assert_eq!((record.line, record.open_quote), (2, Some(1)));
        let endless = [b"a,\"".to_vec(), b"b,c\n".repeat(1_000_000)].concat();
        let records = read(&endless, b',');
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].open_quote, Some(1));
        assert!(records[0].bytes().len() <= LONGEST_VALUE + 1);
    }

    #[test]
    fn a_value_too_long_to_be_kept_does_not_hide_the_next_record() {
        let long = format!("a,{}\nb,c\n", "x".repeat(300_000));
        let records = read(long.as_bytes(), b',');
        assert_eq!((records.len(), records[0].too_long), (2, Some(1)));
        assert_eq!(records[1].texts(), ["b", "c"]);
    }

    #[test]
    fn what_stands_behind_a_closing_quote_is_told() {
        let records = read(b"\"a\" ,b\n\"a\" x,b\n", b',');
        assert_eq!((records[0].behind_quote, records[1].behind_quote), (None, Some(0)));
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
    fn the_line_that_names_the_delimiter_is_known() {
        assert_eq!(separator_line(b"sep=;\r\nA;B"), Some((b';', 7)));
        assert_eq!(separator_line(b"SEP=\t\nA"), Some((b'\t', 6)));
        assert_eq!(separator_line(b"\"sep=|\"\r\nA"), Some((b'|', 9)));
        assert_eq!(separator_line(b"sep=x\n"), None);
        assert_eq!(separator_line(b"separate,b\n"), None);
    }

    proptest! {
        #[test]
        fn it_reads_as_the_csv_crate_does(text in "([a-c\"\\r\\n,; ]|\"\"){0,60}") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> =
                reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(values(&text), theirs);
        }

        #[test]
        fn where_the_input_is_divided_makes_no_difference(text in "([a-c\"\\r\\n,; ]|\"\"){0,60}") {
            let mut whole = Splitter::new(text.as_bytes(), b',');
            let mut dripping = Splitter::new(Dripping(text.as_bytes()), b',');
            let (mut a, mut b) = (Record::default(), Record::default());
            while whole.next(&mut a).unwrap() {
                prop_assert!(dripping.next(&mut b).unwrap());
                prop_assert_eq!(&a, &b);
            }
            prop_assert!(!dripping.next(&mut b).unwrap());
        }
    }
}
