//! Files of contacts.

use std::io::Write as _;

use timbre_domain::interchange::{FileFormat, ReadOptions};
use timbre_domain::ports::ContactFiles as _;
use timbre_interchange::Files;

use super::files_of;

pub(super) fn csv(input: &[u8]) {
    read(input, FileFormat::Csv);
}

pub(super) fn vcard(input: &[u8]) {
    read(input, FileFormat::Vcard);
}

pub(super) fn phone_book(input: &[u8]) {
    read(input, FileFormat::Xml);
}

fn read(input: &[u8], format: FileFormat) {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(input).is_err() {
        return;
    }
    // Once as what it is taken for, and once as what it is said to be.
    for format in [None, Some(format)] {
        let options = ReadOptions { format, ..ReadOptions::default() };
        let Ok(layout) = Files.inspect(file.path(), &options) else { continue };
        let Ok(mut reader) = Files.read(file.path(), &layout) else { continue };
        let mut rows = 0;
        while let Some(row) = reader.next_row() {
            rows += 1;
            assert!(rows <= input.len() + 1, "more rows than there are bytes");
            if row.is_err() {
                break;
            }
        }
        let _ = reader.column_notes();
    }
}

pub(super) fn tables() -> Vec<Vec<u8>> {
    let mut seeds = files_of("tests/files", "csv");
    seeds.extend(files_of("tests/files", "txt"));
    seeds.extend(files_of("tests/files/broken", "csv"));
    seeds
}

pub(super) fn cards() -> Vec<Vec<u8>> {
    let mut seeds = files_of("tests/files", "vcf");
    seeds.extend(files_of("tests/files/broken", "vcf"));
    seeds
}

pub(super) fn phone_books() -> Vec<Vec<u8>> {
    files_of("tests/files", "xml")
}
