//! Phone books in XML, as desk telephones download and export them: Yealink, Grandstream, and those that took over their shape.
//!
//! Every such file is a list of entries, each with a name and telephones, in elements or in attributes. What an element is
//! called tells what it holds, as the columns of a table do; what nobody knows is kept as a field of its name.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use timbre_domain::contact::PhoneKind;
use timbre_domain::draft::keep;
use timbre_domain::interchange::{
    ContactDraft, ContactReader, DraftPhone, FileError, FileFormat, FileLayout, FileRow, ProblemKind, RowProblem,
    Target,
};

use crate::charset::{Charset, UTF8};
use crate::source::{Head, Source};
use crate::table::names::{self, Meaning, squeezed};
use crate::trouble::{bad_file, of_io, problem};
use crate::{LONGEST_VALUE, kinds};

/// The longest phone book that is read, bytes: telephones take some thousand entries.
const AT_MOST: u64 = 64 * 1024 * 1024;
/// The elements that hold an entry each.
const ENTRIES: [&str; 6] = ["contact", "directoryentry", "unit", "entry", "item", "person"];
/// What says something about the telephone and not about whom it reaches.
const OF_THE_TELEPHONE: &str = "id accountindex account line ring ringtone autodivert divert priority frequent primary \
    defaultphoto selectedphoto photo phototype photodata photourl index isprimary blacklist";

/// What the beginning of a phone book tells.
pub(crate) fn inspect(path: &Path, head: &Head) -> Result<FileLayout, FileError> {
    let charset = head.encoding.charset;
    let book = read(path, charset)?;
    if book.rows.iter().all(|row| row.read.is_err()) {
        return Err(bad_file(
            Some("line 1"),
            "this is XML without an entry of a phone book: export the contacts as CSV or vCard",
        ));
    }
    Ok(FileLayout {
        format: FileFormat::Xml,
        encoding: charset.name().to_owned(),
        encoding_guessed: head.encoding.guessed,
        delimiter: None,
        header: false,
        program: program(&book.root).to_owned(),
        columns: Vec::new(),
        rows_above: 0,
        header_key: None,
        bytes: head.bytes,
    })
}

/// The maker of the telephones whose phone book has this root.
fn program(root: &str) -> &'static str {
    match squeezed(root).as_str() {
        "addressbook" => "grandstream",
        root if root.contains("yealink") => "yealink",
        "rootcontact" | "vpcontact" | "rootgroup" | "ipphonedirectory" | "companyipphonedirectory" => "yealink",
        _ => "xml",
    }
}

/// The entries of a phone book.
pub(crate) struct Entries {
    rows: std::vec::IntoIter<FileRow>,
    bytes: u64,
}

impl Entries {
    /// Reads a phone book.
    pub(crate) fn open(path: &Path, layout: &FileLayout) -> Result<Self, FileError> {
        let book = read(path, Charset::of(&layout.encoding)?)?;
        Ok(Self { rows: book.rows.into_iter(), bytes: book.bytes })
    }
}

impl ContactReader for Entries {
    fn next_row(&mut self) -> Option<Result<FileRow, FileError>> {
        self.rows.next().map(Ok)
    }

    fn bytes_read(&self) -> u64 {
        self.bytes
    }
}

struct Book {
    root: String,
    rows: Vec<FileRow>,
    bytes: u64,
}

fn read(path: &Path, charset: Charset) -> Result<Book, FileError> {
    let mut source = Source::open(path, charset)?;
    let mut bytes = Vec::new();
    (&mut source).take(AT_MOST + 1).read_to_end(&mut bytes).map_err(|error| of_io(&error))?;
    if bytes.len() as u64 > AT_MOST {
        return Err(bad_file(None, "this is longer than 64 MiB, and no phone book of a telephone"));
    }
    let (text, wrong) = match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => crate::charset::mended(error.as_bytes()),
    };
    let mut book = entries(&text);
    if wrong && charset == UTF8 {
        let detail = "some bytes of the file are not of its character set; they are what they are in Windows-1252";
        if let Some(draft) = book.rows.iter_mut().find_map(|row| row.read.as_mut().ok()) {
            draft.problems.push(problem(ProblemKind::Encoding, None, detail));
        }
    }
    Ok(Book { bytes: source.bytes_read(), ..book })
}

/// An element that is open: its name, the kind of telephone that its attributes name, the text in it so far.
struct Open {
    name: String,
    kind: Option<PhoneKind>,
    text: String,
}

fn entries(text: &str) -> Book {
    let mut reader = Reader::from_str(text);
    let mut book = Book { root: String::new(), rows: Vec::new(), bytes: 0 };
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    let mut open: Vec<Open> = Vec::new();
    let mut entry: Option<Entry> = None;
    loop {
        let line = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        let fault = match reader.read_event() {
            Ok(Event::Start(element)) => {
                begin(&element, line, &mut open, &mut entry, &mut book);
                None
            }
            Ok(Event::Empty(element)) => {
                begin(&element, line, &mut open, &mut entry, &mut book);
                end(&mut open, &mut entry, &mut groups, &mut book);
                None
            }
            Ok(Event::End(_)) => {
                end(&mut open, &mut entry, &mut groups, &mut book);
                None
            }
            Ok(Event::Text(text)) => {
                push(&mut open, &text.xml10_content());
                None
            }
            Ok(Event::CData(text)) => {
                push(&mut open, &text.xml10_content());
                None
            }
            Ok(Event::GeneralRef(reference)) => {
                let predefined = match &*reference.xml10_content() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                match predefined {
                    Some(c) => push(&mut open, c.encode_utf8(&mut [0; 4])),
                    None => push(&mut open, &format!("&{};", reference.xml10_content())),
                }
                None
            }
            Ok(Event::Eof) if open.is_empty() => break,
            Ok(Event::Eof) => Some((ProblemKind::CutShort, "the file ends inside the phone book")),
            Ok(_) => None,
            Err(quick_xml::Error::Syntax(_)) => Some((ProblemKind::CutShort, "the file ends inside an element")),
            Err(_) => Some((ProblemKind::Malformed, "the rest is no XML")),
        };
        if let Some((kind, detail)) = fault {
            // What stands behind it can't be told from what is in it.
            let row = book.rows.len() as u64 + 1;
            let line = entry.as_ref().map_or(line, |entry| entry.line);
            book.rows.push(FileRow { row, line, read: Err(problem(kind, None, detail)) });
            break;
        }
    }
    book
}

/// Counts lines up to a place that only moves forward.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which what begins at this place stands, blanks before it left out.
    fn at(&mut self, place: usize) -> u64 {
        let bytes = self.text.as_bytes();
        let to = place.min(bytes.len());
        self.line += bytes[self.at.min(to)..to].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = to;
        let blank = bytes[to..].iter().take_while(|byte| byte.is_ascii_whitespace());
        self.line + blank.filter(|byte| **byte == b'\n').count() as u64
    }
}

fn push(open: &mut [Open], text: &str) {
    if let Some(open) = open.last_mut()
        && open.text.len() < LONGEST_VALUE
    {
        open.text.push_str(text);
    }
}

fn begin(element: &BytesStart<'_>, line: u64, open: &mut Vec<Open>, entry: &mut Option<Entry>, book: &mut Book) {
    let name = element.local_name().as_ref().to_owned();
    if book.root.is_empty() {
        book.root.clone_from(&name);
    }
    let attributes: Vec<(String, String)> = element
        .attributes()
        .flatten()
        .map(|attribute| {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or_else(|_| attribute.value.clone());
            (attribute.key.local_name().as_ref().to_owned(), value.into_owned())
        })
        .collect();
    // What a telephone is for stands in an attribute of it: `<Phone type="Work">`, `<Telephone label="Mobile Number">`.
    let labels = ["type", "label"];
    let kind = attributes.iter().filter(|(name, _)| labels.contains(&squeezed(name).as_str()));
    let kind = kind.filter_map(|(_, value)| kinds::labelled(value)).next();
    let is_entry = entry.is_none() && !open.is_empty() && ENTRIES.contains(&squeezed(&name).as_str());
    if is_entry {
        *entry = Some(Entry { line, ..Entry::default() });
    }
    if let Some(entry) = entry {
        let labels = if is_entry { [].as_slice() } else { labels.as_slice() };
        for (name, value) in attributes.iter().filter(|(name, _)| !labels.contains(&squeezed(name).as_str())) {
            entry.take(name, value, None);
        }
    }
    open.push(Open { name, kind, text: String::new() });
}

fn end(open: &mut Vec<Open>, entry: &mut Option<Entry>, groups: &mut BTreeMap<String, String>, book: &mut Book) {
    let Some(closed) = open.pop() else { return };
    let text = closed.text.trim();
    if entry.is_none() {
        // `<pbgroup><id>1</id><name>Clientes</name></pbgroup>`: entries say which group by its number.
        let of_group = open.last().is_some_and(|parent| squeezed(&parent.name).ends_with("group"));
        match squeezed(&closed.name).as_str() {
            "id" if of_group => {
                groups.insert(String::new(), text.to_owned());
            }
            "name" if of_group => {
                let id = groups.remove("").unwrap_or_default();
                groups.insert(id, text.to_owned());
            }
            _ => {}
        }
        return;
    }
    let Some(of) = entry else { return };
    let ends_entry = ENTRIES.contains(&squeezed(&closed.name).as_str())
        && !open.iter().skip(1).any(|parent| ENTRIES.contains(&squeezed(&parent.name).as_str()));
    if !text.is_empty() && !ends_entry {
        let kind = closed.kind.or_else(|| open.last().and_then(|parent| parent.kind));
        match squeezed(&closed.name).as_str() {
            "group" | "groupid" => keep(&mut of.draft.fields, "labels", groups.get(text).map_or(text, String::as_str)),
            _ => of.take(&closed.name, text, kind),
        }
    }
    if ends_entry {
        let row = book.rows.len() as u64 + 1;
        book.rows.extend(entry.take().map(|entry| entry.into_row(row)));
    }
}

/// An entry in the making.
#[derive(Default)]
struct Entry {
    line: u64,
    parts: [String; 3],
    draft: ContactDraft,
}

impl Entry {
    fn take(&mut self, name: &str, value: &str, kind: Option<PhoneKind>) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let key = squeezed(name);
        let plain = key.trim_end_matches(|c: char| c.is_ascii_digit());
        if OF_THE_TELEPHONE.split(' ').any(|known| known == plain) {
            return;
        }
        let draft = &mut self.draft;
        let by_name = match plain {
            "groupidname" | "group" | "groupname" => Some(Target::Field("labels".to_owned())),
            "number" | "telephone" | "phone" => Some(Target::Phone(PhoneKind::Other)),
            _ => names::meaning(name).and_then(|meaning| match meaning {
                Meaning::Is(target) => Some(target),
                Meaning::SomeName | Meaning::DisplayName => Some(Target::Name),
                Meaning::SomePhone => Some(Target::Phone(PhoneKind::Other)),
                Meaning::KindAlone(kind) => Some(Target::Phone(kind)),
                Meaning::Title => Some(Target::Field("title".to_owned())),
                _ => None,
            }),
        };
        match by_name {
            Some(Target::Name) if draft.name.is_empty() => value.clone_into(&mut draft.name),
            Some(Target::GivenName) => append(&mut self.parts[0], value),
            Some(Target::MiddleName) => append(&mut self.parts[1], value),
            Some(Target::FamilyName) => append(&mut self.parts[2], value),
            Some(Target::Company) if draft.company.is_empty() => value.clone_into(&mut draft.company),
            Some(Target::Phone(of_name)) => {
                let kind = kind.unwrap_or(of_name);
                draft.phones.push(DraftPhone { written: value.to_owned(), kind, column: name.to_owned() });
            }
            Some(Target::Email) => draft.emails.push(value.to_owned()),
            Some(Target::Field(field)) => keep(&mut draft.fields, &field, value),
            _ => keep(&mut draft.fields, name, value),
        }
    }

    fn into_row(mut self, row: u64) -> FileRow {
        let whole = self.parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ");
        if self.draft.name.is_empty() {
            self.draft.name = whole;
        }
        FileRow { row, line: self.line, read: Ok::<_, RowProblem>(self.draft) }
    }
}

fn append(part: &mut String, value: &str) {
    if !part.is_empty() {
        part.push(' ');
    }
    part.push_str(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drafts(text: &str) -> Vec<ContactDraft> {
        entries(text).rows.into_iter().map(|row| row.read.unwrap()).collect()
    }

    fn numbers(draft: &ContactDraft) -> Vec<(&str, PhoneKind)> {
        draft.phones.iter().map(|phone| (phone.written.as_str(), phone.kind)).collect()
    }

    #[test]
    fn entries_in_elements_and_entries_in_attributes_are_read_alike() {
        let wanted = [("2222-3333", PhoneKind::Work), ("8884-8787", PhoneKind::Mobile)];
        for text in [
            "<AddressBook><Contact><FirstName>Ana</FirstName><LastName>Ñu &amp; Co</LastName><Phone type=\"Work\">\
             <phonenumber>2222-3333</phonenumber><accountindex>1</accountindex></Phone><Phone type=\"Cell\">\
             <phonenumber>8884-8787</phonenumber></Phone></Contact></AddressBook>",
            "<YealinkIPPhoneDirectory><DirectoryEntry><Name>Ana Ñu &#38; Co</Name><Telephone label=\"Office Number\">2222-3333\
             </Telephone><Telephone label=\"Mobile Number\">8884-8787</Telephone></DirectoryEntry></YealinkIPPhoneDirectory>",
            "<root_contact><contact display_name=\"Ana Ñu &amp; Co\" office_number=\"2222-3333\" mobile_number=\"8884-8787\" \
             line=\"-1\" ring=\"Auto\"/></root_contact>",
            "<vp_contact><root_group/><root_contact><contact display_name='Ana Ñu &amp; Co' office_number='2222-3333' \
             mobile_number='8884-8787'></contact></root_contact></vp_contact>",
        ] {
            let drafts = drafts(text);
            assert_eq!((drafts.len(), drafts[0].name.as_str()), (1, "Ana Ñu & Co"), "{text}");
            assert_eq!(numbers(&drafts[0]), wanted, "{text}");
            assert!(drafts[0].fields.is_empty(), "{:?}", drafts[0].fields);
        }
    }

    #[test]
    fn a_group_is_a_label_by_its_name_and_what_nobody_knows_is_kept() {
        let text = "<AddressBook><pbgroup><id>2</id><name>Clientes</name></pbgroup><Contact><FirstName>Ana</FirstName>\
                    <Group>2</Group><Color>rojo</Color></Contact></AddressBook>";
        let fields = drafts(text).remove(0).fields;
        assert_eq!((fields["labels"].as_str(), fields["Color"].as_str()), ("Clientes", "rojo"));
    }

    #[test]
    fn a_book_that_is_cut_short_gives_its_whole_entries_and_says_where_it_ends() {
        let text =
            "<root_contact>\n<contact display_name=\"Ana\" office_number=\"1155\"/>\n\n<contact display_name=\"Be";
        let rows = entries(text).rows;
        let read: Vec<_> =
            rows.iter().map(|row| (row.row, row.line, row.read.as_ref().err().map(|told| told.kind))).collect();
        assert_eq!(read, [(1, 2, None), (2, 4, Some(ProblemKind::CutShort))]);
        let open = entries("<AddressBook>\n<Contact>\n<FirstName>Ana</FirstName>\n").rows;
        assert_eq!((open[0].line, open[0].read.as_ref().unwrap_err().kind), (2, ProblemKind::CutShort));
    }
}
