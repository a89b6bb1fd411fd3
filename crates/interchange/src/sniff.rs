//! What a file is, whatever its name ends in.

use timbre_domain::interchange::{FileError, FileFormat};

use crate::trouble::bad_file;

/// Files of other kinds, by how they begin, and what to say of them.
const OTHERS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "this is an Excel workbook: save it as CSV"),
    (b"PK\x05\x06", "this is an archive without files"),
    (b"\xd0\xcf\x11\xe0", "this is an old Excel workbook: save it as CSV"),
    (b"%PDF", "this is a PDF: ask for the list as CSV or vCard"),
    (b"\xff\xd8\xff", "this is a picture"),
    (b"\x89PNG", "this is a picture"),
    (b"GIF8", "this is a picture"),
    (b"\x1f\x8b", "this is compressed: unpack it first"),
    (b"SQLite format 3\0", "this is a database"),
    (b"{\\rtf", "this is a text document: save it as CSV"),
    (b"\x7fELF", "this is a program"),
    (b"!BDN", "this is an Outlook data file: export the contacts as CSV"),
];

/// How texts of other kinds begin.
const PAGES: &[(&str, &str)] = &[
    ("<!doctype", "this is a web page: the export was perhaps not signed in"),
    ("<html", "this is a web page: the export was perhaps not signed in"),
    ("<head", "this is a web page: the export was perhaps not signed in"),
    ("<table", "this is a web page, whatever its name: save it as CSV"),
    ("begin:vcalendar", "this is a calendar"),
    ("[{", "this is JSON: export the contacts as CSV or vCard"),
    ("{\"", "this is JSON: export the contacts as CSV or vCard"),
    ("%!ps", "this is a document for a printer"),
];

/// Refuses a file with nothing in it.
pub(crate) fn refuse_empty(start: &[u8]) -> Result<(), FileError> {
    let text =
        start.strip_prefix(b"\xef\xbb\xbf").or(start.strip_prefix(b"\xff\xfe")).or(start.strip_prefix(b"\xfe\xff"));
    if text.unwrap_or(start).iter().all(u8::is_ascii_whitespace) {
        return Err(bad_file(None, "the file is empty"));
    }
    Ok(())
}

/// Refuses what begins as a file of another kind does.
pub(crate) fn refuse_known_binary(start: &[u8]) -> Result<(), FileError> {
    match OTHERS.iter().find(|(mark, _)| start.starts_with(mark)) {
        Some((_, what)) => Err(bad_file(None, *what)),
        None => Ok(()),
    }
}

/// Refuses what is mostly zero bytes, or has many of the other bytes that no text has. Zeros here and there are a row's
/// problem.
pub(crate) fn refuse_no_text(start: &[u8]) -> Result<(), FileError> {
    let zeros = start.iter().filter(|byte| **byte == 0).count();
    let odd = start.iter().filter(|byte| matches!(byte, 1..=8 | 14..=25 | 28..=31)).count();
    if zeros * 2 > start.len() || odd * 50 > start.len() { Err(bad_file(None, "this is no text")) } else { Ok(()) }
}

/// Refuses web pages and other texts that are no contacts.
pub(crate) fn refuse_pages(head: &[u8]) -> Result<(), FileError> {
    let start = head.trim_ascii_start();
    let start = &start[..start.len().min(64)];
    let begins = |with: &str| start.get(..with.len()).is_some_and(|text| text.eq_ignore_ascii_case(with.as_bytes()));
    match PAGES.iter().find(|(mark, _)| begins(mark)) {
        Some((_, what)) => Err(bad_file(Some("line 1"), *what)),
        None if start.is_empty() => Err(bad_file(None, "the file is empty")),
        None => Ok(()),
    }
}

/// Whether a text is vCard, XML or, for want of any mark of its own, CSV.
pub(crate) fn format(head: &[u8]) -> FileFormat {
    let start = head.trim_ascii_start();
    // Formatted text in a table begins with a tag of one letter; a comment or an element of a phone book does not.
    let opens = |with: &[u8]| start.get(..with.len()).is_some_and(|text| text.eq_ignore_ascii_case(with));
    let element = start
        .strip_prefix(b"<")
        .map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'_').count());
    if opens(b"<?xml") || opens(b"<!--") || element > 4 {
        return FileFormat::Xml;
    }
    let first = head.trim_ascii_start().split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    if is_begin(first) { FileFormat::Vcard } else { FileFormat::Csv }
}

/// Whether a line opens a card.
pub(crate) fn is_begin(line: &[u8]) -> bool {
    marks(line, b"BEGIN")
}

/// Whether a line closes a card.
pub(crate) fn is_end(line: &[u8]) -> bool {
    marks(line, b"END")
}

fn marks(line: &[u8], word: &[u8]) -> bool {
    let mut parts = line.trim_ascii().splitn(2, |byte| *byte == b':');
    let (Some(name), Some(value)) = (parts.next(), parts.next()) else { return false };
    name.trim_ascii().eq_ignore_ascii_case(word) && value.trim_ascii().eq_ignore_ascii_case(b"VCARD")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_named() {
        assert!(
            refuse_known_binary(b"PK\x03\x04\x14\0").unwrap_err().detail.contains("Excel workbook: save it as CSV")
        );
        for start in [b"\xff\xd8\xff\xe0".as_slice(), b"\x89PNG\r\n", b"%PDF-1.7"] {
            assert!(refuse_known_binary(start).is_err());
        }
        assert!(refuse_known_binary(b"Name,Phone\n").is_ok());
        assert!(refuse_pages(b"\n <!DOCTYPE html><html>").is_err());
        assert!(refuse_pages(b"<b>Name</b>,Phone").is_ok());
        assert!(refuse_no_text(&[0, 1, 2, 0, 4, 5]).is_err());
        assert!(refuse_no_text(&[0; 40]).is_err());
        assert!(refuse_no_text(b"Ana,\0\0\0,1").is_ok());
    }

    #[test]
    fn nothing_is_nothing_with_a_mark_too() {
        for start in [b"".as_slice(), b"\r\n \t\n", b"\xef\xbb\xbf\n", b"\xff\xfe"] {
            assert!(refuse_empty(start).is_err(), "{start:?}");
        }
        assert!(refuse_empty(b"\xef\xbb\xbfa").is_ok());
    }

    #[test]
    fn a_card_is_known_by_its_first_line() {
        for head in ["BEGIN:VCARD\r\n", "\r\n\n begin:vcard\nVERSION:2.1", "BEGIN: VCARD \rN:"] {
            assert_eq!(format(head.as_bytes()), FileFormat::Vcard, "{head}");
        }
        assert_eq!(format(b"BEGIN;VCARD\n"), FileFormat::Csv);
        for head in ["<?xml version=\"1.0\"?>", "\n<AddressBook>", "<YealinkIPPhoneDirectory>", "<!-- a --><root>"] {
            assert_eq!(format(head.as_bytes()), FileFormat::Xml, "{head}");
        }
        assert_eq!(format(b"<b>Name</b>,Phone\n"), FileFormat::Csv);
    }
}
