//! What is written is read back; what is cut or is no file at all breaks nothing.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use timbre_domain::contact::{Contact, ContactId, ContactPhone, Origin, PhoneKind};
use timbre_domain::interchange::{
    ContactDraft, ExportShape, FileFormat, FileLayout, FileRow, ProblemKind, ReadOptions,
};
use timbre_domain::number::{Country, PhoneNumber};
use timbre_domain::ports::ContactFiles as _;
use timbre_interchange::Files;
use uuid::Uuid;

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just(",".to_owned()),
        Just(";".to_owned()),
        Just("\n".to_owned()),
        Just("\\".to_owned()),
        Just("=".to_owned()),
        Just("'".to_owned()),
        Just("+".to_owned()),
        Just("@".to_owned()),
        Just("-".to_owned()),
        Just("^".to_owned()),
        Just(":::".to_owned()),
        Just("👩‍💻".to_owned()),
        Just("مرحبا".to_owned()),
        Just("שלום".to_owned()),
        "[A-Za-zñáÉç ]{1,6}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat().trim().to_owned())
}

fn some_text() -> impl Strategy<Value = String> {
    text().prop_filter("something", |text| !text.is_empty())
}

fn phone() -> impl Strategy<Value = ContactPhone> {
    let written =
        prop_oneof!["\\+506 [678][0-9]{3}-[0-9]{4}", "[2-8][0-9]{7}", "[2-9][0-9]{3}", "2222-[0-9]{4} ext\\. [0-9]{2}"];
    (written, prop::sample::select(PhoneKind::ALL.to_vec())).prop_map(|(written, kind)| ContactPhone {
        number: PhoneNumber::typed(&written, Country::CR).unwrap(),
        kind,
        source: None,
    })
}

fn field_name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "note",
        "title",
        "website",
        "address",
        "birthday",
        "department",
        "labels",
        "cedula",
        "Name",
        "Phone 1",
        "Email 1",
        "Owner",
        "Timbre ID",
    ]);
    prop_oneof![known.prop_map(str::to_owned), some_text()]
}

fn contact() -> impl Strategy<Value = Contact> {
    let origin = prop::option::of((some_text(), prop::option::of(some_text())));
    let names = (any::<u128>(), text(), text(), prop::option::of(some_text()), any::<bool>(), origin);
    let lists = (
        prop::collection::vec(phone(), 0..4),
        prop::collection::vec("[a-z]{1,8}@[a-z]{1,8}\\.example", 0..3),
        prop::collection::btree_map(field_name(), some_text(), 0..4),
    );
    (names, lists).prop_map(|((id, name, company, owner, do_not_call, origin), (phones, emails, fields))| Contact {
        name,
        company,
        owner,
        do_not_call,
        phones,
        emails,
        fields,
        origin: origin.map(|(source, external_id)| Origin { source, external_id }),
        ..Contact::empty(ContactId(Uuid::from_u128(id)))
    })
}

fn shape(contacts: &[Contact]) -> ExportShape {
    let fields: BTreeSet<String> = contacts.iter().flat_map(|contact| contact.fields.keys().cloned()).collect();
    ExportShape {
        phones: contacts.iter().map(|contact| contact.phones.len()).max().unwrap_or(0),
        emails: contacts.iter().map(|contact| contact.emails.len()).max().unwrap_or(0),
        fields: fields.into_iter().collect(),
    }
}

fn write(path: &Path, format: FileFormat, contacts: &[Contact]) {
    let mut writer = Files.write(path, format, &shape(contacts)).unwrap();
    for contact in contacts {
        writer.write(contact).unwrap();
    }
    writer.finish().unwrap();
}

fn rows(path: &Path, layout: &FileLayout) -> Vec<FileRow> {
    let mut reader = Files.read(path, layout).unwrap();
    std::iter::from_fn(|| reader.next_row()).map(Result::unwrap).collect()
}

/// What is to be read of a contact: its numbers as keys and kinds.
type Seen = (ContactDraft, Vec<(String, PhoneKind)>);

fn key(written: &str) -> String {
    PhoneNumber::typed(written, Country::CR).unwrap().key()
}

fn seen(mut draft: ContactDraft) -> Seen {
    let phones = std::mem::take(&mut draft.phones).into_iter().map(|phone| (key(&phone.written), phone.kind)).collect();
    (draft, phones)
}

fn expected(contact: &Contact) -> Seen {
    let mut fields: BTreeMap<String, String> = contact.fields.clone();
    if let Some(origin) = &contact.origin {
        fields.insert("timbre-source".into(), origin.source.clone());
        fields.extend(origin.external_id.clone().map(|id| ("timbre-external-id".into(), id)));
    }
    let draft = ContactDraft {
        problems: Vec::new(),
        external_id: Some(contact.id.to_string()),
        name: contact.name.clone(),
        company: contact.company.clone(),
        phones: Vec::new(),
        emails: contact.emails.clone(),
        owner: contact.owner.clone(),
        do_not_call: contact.do_not_call,
        fields,
    };
    (draft, contact.phones.iter().map(|phone| (phone.number.key(), phone.kind)).collect())
}

const TABLE: &str = "\u{feff}Name,Company,Phone,Note\r\n\
    \"Rojas, Ana\",\"Café \"\"Sol\"\"\",8888-4787,\"one\r\ntwo\"\r\n\
    Íñigo,,+506 2222-3333,\r\n\
    ,Acme,\"2222-4444\",x\r\n";

const CARDS: &str = "BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=8D=\r\n=C3=B1igo\r\nTEL;CELL:1\r\n\
    PHOTO;ENCODING=BASE64:AAAA\r\n BBBB\r\n\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\n  Rojas\r\nEND:VCARD\r\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(contacts in prop::collection::vec(contact(), 1..6)) {
        let folder = tempfile::tempdir().unwrap();
        for (name, format) in [("a.csv", FileFormat::Csv), ("a.vcf", FileFormat::Vcard)] {
            let path = folder.path().join(name);
            write(&path, format, &contacts);
            let layout = Files.inspect(&path, &ReadOptions::default()).unwrap();
            prop_assert_eq!((layout.program.as_str(), layout.format), ("timbre", format));
            let read: Vec<Seen> = rows(&path, &layout).into_iter().map(|row| seen(row.read.unwrap())).collect();
            let wanted: Vec<Seen> = contacts.iter().map(expected).collect();
            prop_assert_eq!(read, wanted, "{}", String::from_utf8(std::fs::read(&path).unwrap()).unwrap());
        }
        prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn any_bytes_are_read_to_an_end(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        text in "(BEGIN:VCARD|END:VCARD|TEL;CELL:|FN;ENCODING=QUOTED-PRINTABLE:|=|\"|,|;|\\r|\\n|\\\\| |[a-zñ0-9:@+]){0,60}",
        front in prop::sample::select(vec!["", "\u{feff}", "BEGIN:VCARD\n", "Name,Phone\n", "sep=;\n", "\"", "a\tb\n"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any");
        for content in [bytes.clone(), [front.as_bytes(), &bytes].concat(), [front, &text].concat().into_bytes()] {
            std::fs::write(&path, &content).unwrap();
            if let Ok(layout) = Files.inspect(&path, &ReadOptions::default()) {
                let mut reader = Files.read(&path, &layout).unwrap();
                let mut count = 0;
                while reader.next_row().is_some() {
                    count += 1;
                    prop_assert!(count <= content.len() + 1);
                }
                prop_assert!(reader.next_row().is_none());
                prop_assert!(reader.bytes_read() <= content.len() as u64);
            }
        }
    }
}

#[test]
fn a_cut_file_gives_the_rows_before_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole");
    for content in [TABLE, CARDS] {
        std::fs::write(&path, content).unwrap();
        let layout = Files.inspect(&path, &ReadOptions::default()).unwrap();
        let whole = rows(&path, &layout);
        assert!(whole.len() >= 2 && whole.iter().all(|row| row.read.is_ok()), "{whole:?}");
        for cut in 0..content.len() {
            std::fs::write(&path, &content.as_bytes()[..cut]).unwrap();
            let read = rows(&path, &layout);
            let sure = read.len().saturating_sub(1);
            assert!(read.len() <= whole.len(), "cut at {cut}");
            assert_eq!(read[..sure], whole[..sure], "cut at {cut}");
            if let Some(Err(problem)) = read.last().map(|row| &row.read) {
                // Half a `BEGIN:VCARD` is text between two cards.
                let told = [ProblemKind::CutShort, ProblemKind::Encoding, ProblemKind::Malformed];
                assert!(told.contains(&problem.kind), "cut at {cut}: {problem:?}");
            }
        }
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    for format in [FileFormat::Csv, FileFormat::Vcard] {
        let path = folder.path().join("contacts");
        std::fs::write(&path, "before").unwrap();
        let mut writer = Files.write(&path, format, &ExportShape::default()).unwrap();
        writer.write(&Contact::empty(ContactId(Uuid::from_u128(1)))).unwrap();
        drop(writer);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}

#[test]
fn a_contact_with_more_than_the_table_has_columns_for_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Files.write(&folder.path().join("a.csv"), FileFormat::Csv, &ExportShape::default()).unwrap();
    let contact = Contact { emails: vec!["ana@example.com".into()], ..Contact::empty(ContactId(Uuid::from_u128(1))) };
    assert_eq!(writer.write(&contact).unwrap_err().code.as_str(), "bad_request");
}

#[test]
fn no_cell_of_an_export_is_a_formula() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let contact = Contact {
        name: "=HYPERLINK(1)".into(),
        company: "@x".into(),
        owner: Some("Ana;=cmd|'/c calc'!A1;".into()),
        ..Contact::empty(ContactId(Uuid::from_u128(1)))
    };
    write(&path, FileFormat::Csv, &[contact]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("\u{feff}\"Timbre ID\",\"Name\",\"Company\","));
    assert!(text.ends_with(",\"'=HYPERLINK(1)\",\"'@x\",\"Ana;'=cmd|'/c calc'!A1;\",\"\",\"\",\"\"\r\n"), "{text}");
    // Wherever a spreadsheet parts the line, no cell begins with a formula.
    for delimiter in [',', ';', '\t', '|'] {
        for cell in text.lines().flat_map(|line| line.split(delimiter)) {
            assert!(!cell.trim_start_matches(['"', ' ']).starts_with(['=', '+', '-', '@']), "{delimiter:?}: {cell}");
        }
    }
}
