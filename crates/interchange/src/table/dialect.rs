//! What separates the values of a table, what stands above it, and whether its first row names the columns.

use std::collections::BTreeSet;

use timbre_domain::interchange::{FileError, ReadOptions};

use super::cell::{looks_like_email, looks_like_phone, tidy};
use super::columns::OWN_FIRST;
use super::names;
use super::rows::open_header;
use super::split::{Record, Splitter, separator_line};
use crate::source::Head;
use crate::trouble::{bad_file, bad_request, of_io};

/// What is tried where nobody says; the more usual ones first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many records tell the delimiter.
const TELLING: usize = 50;
/// How many records tell what a column holds.
const SAMPLE: usize = 200;

/// A title, the date of the list and what else people put above a table are not longer.
const ABOVE_AT_MOST: usize = 10;

/// How a table is written, and its first records.
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    /// Records above the table.
    pub(super) above: usize,
    pub(super) sample: Vec<Vec<String>>,
    pub(super) header: bool,
}

/// Looks at the beginning of a table.
pub(super) fn guess(head: &Head, options: &ReadOptions) -> Result<Dialect, FileError> {
    let delimiter = match options.delimiter {
        Some(said) => said_delimiter(said)?,
        None if is_ours(&head.text) => b',',
        None => separator_line(&head.text).map_or_else(|| most_consistent(head), |(named, _)| named),
    };
    let mut sample = sample(head, delimiter, SAMPLE)?;
    if sample.is_empty() {
        return Err(bad_file(None, "the file is empty"));
    }
    // Who says whether the first row names the columns knows what the first row is.
    let above = if options.header.is_none() { above(&sample) } else { 0 };
    sample.drain(..above);
    let header = options.header.unwrap_or_else(|| names_columns(&sample));
    Ok(Dialect { delimiter, above, sample, header })
}

/// How many records stand above a table: a title and the like, each with far fewer values than the row of known names below.
fn above(sample: &[Vec<String>]) -> usize {
    let values = |row: &[String]| row.iter().map(|cell| tidy(cell)).filter(|cell| !cell.is_empty()).count();
    let names = |row: &[String]| row.iter().filter(|cell| names::is_known(tidy(cell))).count();
    let is_header = |row: &[String]| names(row) >= 2 && names(row) * 2 >= values(row);
    let found = sample.iter().take(ABOVE_AT_MOST + 1).position(|row| is_header(row)).unwrap_or(0);
    let sparse = |row: &Vec<String>| values(row) * 2 <= values(&sample[found]);
    if sample[..found].iter().all(sparse) { found } else { 0 }
}

/// Whether a table begins as those that we write, with quotes or, as earlier versions did, without.
fn is_ours(text: &[u8]) -> bool {
    let bare = text.strip_prefix(b"\"").unwrap_or(text);
    let behind = bare.strip_prefix(OWN_FIRST.as_bytes());
    behind.is_some_and(|behind| behind.strip_prefix(b"\"").unwrap_or(behind).starts_with(b","))
}

fn said_delimiter(said: char) -> Result<u8, FileError> {
    u8::try_from(said)
        .ok()
        .filter(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\n' | b'\r' | 0))
        .ok_or_else(|| bad_request("a delimiter is a comma, a semicolon, a tab, a bar or another sign of ASCII"))
}

/// The first records, each as texts.
fn sample(head: &Head, delimiter: u8, most: usize) -> Result<Vec<Vec<String>>, FileError> {
    let mut splitter = Splitter::new(head.text.as_slice(), delimiter);
    splitter.skip_separator_line().map_err(|error| of_io(&error))?;
    let mut record = Record::default();
    let mut sample = Vec::new();
    while sample.len() < most && splitter.next(&mut record).map_err(|error| of_io(&error))? {
        let cut_by_us = record.unended && !head.whole;
        let is_first = sample.is_empty();
        if !cut_by_us || is_first {
            sample.push(record.texts());
        }
        if record.open_quote.is_some() {
            if is_first {
                return Err(open_header());
            }
            break;
        }
    }
    Ok(sample)
}

/// The delimiter with which most records have as many values as the first; among equals the one with more columns.
fn most_consistent(head: &Head) -> u8 {
    let score = |delimiter: u8| {
        let mut sample = sample(head, delimiter, TELLING).unwrap_or_default();
        sample.drain(..above(&sample));
        let columns = sample.first().map_or(0, Vec::len);
        let alike = sample.iter().filter(|row| row.len() == columns).count();
        if columns < 2 { (0, 0) } else { (alike * 10 / sample.len(), columns) }
    };
    // `max_by_key` gives the last of equals, and the more usual delimiter is to win.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

/// Whether the first row names the columns: known names, or texts that all differ and look like no value.
fn names_columns(sample: &[Vec<String>]) -> bool {
    let Some(first) = sample.first() else { return false };
    let cells: Vec<&str> = first.iter().map(|cell| tidy(cell)).filter(|cell| !cell.is_empty()).collect();
    let value = |cell: &&str| {
        looks_like_phone(cell) || looks_like_email(cell) || cell.bytes().filter(u8::is_ascii_digit).count() >= 5
    };
    let known = cells.iter().filter(|cell| names::is_known(cell)).count();
    let own = first.first().is_some_and(|cell| tidy(cell) == OWN_FIRST);
    if own || (known > 0 && known * 2 >= cells.len()) {
        return true;
    }
    if cells.iter().any(value) {
        return false;
    }
    let distinct: BTreeSet<&str> = cells.iter().copied().collect();
    if known > 0 {
        return true;
    }
    // Above a column of telephones or addresses a header says something.
    let unnamed = (0..sample.iter().map(Vec::len).max().unwrap_or(0)).any(|column| {
        let cell = |row: &Vec<String>| row.get(column).map(|cell| tidy(cell).to_owned()).unwrap_or_default();
        let below: Vec<String> = sample[1..].iter().map(cell).filter(|cell| !cell.is_empty()).collect();
        let values = below.iter().filter(|cell| value(&cell.as_str())).count();
        cell(first).is_empty() && values > 0 && values * 2 > below.len()
    });
    !cells.is_empty() && !unnamed && distinct.len() == cells.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charset::UTF8;
    use crate::encoding::Chosen;

    fn dialect(text: &str) -> (char, bool, usize) {
        let encoding = Chosen { charset: UTF8, guessed: false };
        let head = Head { text: text.into(), whole: true, encoding, bytes: text.len() as u64 };
        let dialect = guess(&head, &ReadOptions::default()).unwrap();
        (char::from(dialect.delimiter), dialect.header, dialect.sample.len())
    }

    #[test]
    fn the_delimiter_is_the_one_that_splits_every_row_alike() {
        assert_eq!(dialect("Name,Phone\nAna,1\n"), (',', true, 2));
        assert_eq!(dialect("Nombre;Teléfono\n\"Rojas, Ana\";1\nSolano, Bea;2\n").0, ';');
        assert_eq!(dialect("Name\tPhone\nAna, x; y\t1\n").0, '\t');
        assert_eq!(dialect("Name|Phone\nAna|1\n").0, '|');
        assert_eq!(dialect("Name,Note\nAna,\"a;b;c\nd;e;f\"\n"), (',', true, 2));
        assert_eq!(dialect("sep=;\r\nNombre;Teléfono\r\nAna;1\r\n"), (';', true, 2));
        assert_eq!(dialect("Teléfono\n88888888\n"), (',', true, 2));
    }

    #[test]
    fn a_first_row_with_a_number_or_an_address_is_no_header() {
        assert!(!dialect("Ana Rojas,8888-1234\nBea Solís,8888-1235\n").1);
        assert!(!dialect("Ana Rojas,ana@example.com\n").1);
        assert!(!dialect("Ana Rojas,\nBea Solís,8888-1235\nEva Mora,8888-1236\n").1);
        assert!(dialect("Quién,Dónde llamar\nAna Rojas,8888-1234\n").1);
        assert!(dialect("Nombre,,Teléfono\nAna,,8888-1234\n").1);
    }

    #[test]
    fn a_title_and_a_date_above_the_header_are_no_part_of_the_table() {
        let above = |text: &str, header: Option<bool>| {
            let encoding = Chosen { charset: UTF8, guessed: false };
            let head = Head { text: text.into(), whole: true, encoding, bytes: text.len() as u64 };
            let dialect = guess(&head, &ReadOptions { header, ..ReadOptions::default() }).unwrap();
            (dialect.above, char::from(dialect.delimiter), dialect.header)
        };
        let titled = "Lista de clientes\n\nGenerada: 3/11/2026;;\nNombre;Teléfono;Correo\nAna;8888-1234;\n";
        assert_eq!(above(titled, None), (2, ';', true));
        assert_eq!(above("Clientes,,\nNombre,Teléfono,Correo\nAna,8888-1234,\n", None), (1, ',', true));
        assert_eq!(above("Nombre,Teléfono\nNombre,Teléfono\nAna,8888-1234\n", None), (0, ',', true));
        assert_eq!(above("Ana Rojas,8888-1234\nNombre,Teléfono\n", None).0, 0, "a row of values is no title");
        assert_eq!(above("Teléfono\n8888-1234;2222-3333\n", None), (0, ',', true));
        assert_eq!(above("Clientes,,\nNombre,Teléfono,Correo\n", Some(true)).0, 0, "as the person said");
    }

    #[test]
    fn a_letter_separates_nothing() {
        assert_eq!(said_delimiter('x').unwrap_err().code.as_str(), "bad_request");
        assert_eq!(said_delimiter('ñ').unwrap_err().code.as_str(), "bad_request");
        assert_eq!(said_delimiter('~').unwrap(), b'~');
    }
}
