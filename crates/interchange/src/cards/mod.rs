//! vCard 2.1, 3.0 and 4.0, as telephones, address books and web mail write it.
//!
//! A file is cut into cards here, and a card into properties, because what old telephones write has to be mended before a
//! reader of RFC 6350 could understand it: character sets and quoted-printable per property, soft line breaks, pictures
//! without a fold. What is left after that is to take off names, parameters and backslashes.

mod property;
mod read;
mod split;
mod writer;

use timbre_domain::identity::OURSELVES;
use timbre_domain::interchange::{FileError, FileFormat, FileLayout};

use crate::sniff;
use crate::source::Head;
use crate::trouble::bad_file;

pub(crate) use self::read::Cards;
pub(crate) use self::writer::CardWriter;

/// What our own cards say wrote them.
const PRODUCT: &str = "-//Timbre//Contacts//EN";

/// What the beginning of a file of cards tells.
pub(crate) fn inspect(head: &Head) -> Result<FileLayout, FileError> {
    let mut lines = head.text.split(|byte| matches!(byte, b'\n' | b'\r'));
    if !lines.clone().any(sniff::is_begin) {
        return Err(bad_file(Some("line 1"), "no card begins here: vCard begins with BEGIN:VCARD"));
    }
    let own = lines.any(|line| line.strip_prefix(b"PRODID:").is_some_and(|product| product == PRODUCT.as_bytes()));
    Ok(FileLayout {
        format: FileFormat::Vcard,
        encoding: head.encoding.charset.name().to_owned(),
        encoding_guessed: head.encoding.guessed,
        delimiter: None,
        header: false,
        program: if own { OURSELVES } else { "vcard" }.to_owned(),
        columns: Vec::new(),
        rows_above: 0,
        header_key: None,
        bytes: head.bytes,
    })
}
