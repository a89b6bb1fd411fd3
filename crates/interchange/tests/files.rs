//! Files as real programs write them, and broken ones: `tests/files` at the root, each with what a careful person reads.

#![expect(clippy::panic, reason = "a test may stop at the first surprise")]

use std::path::{Path, PathBuf};

use serde::Deserialize;
use timbre_domain::contact::PhoneKind;
use timbre_domain::interchange::{ContactDraft, FileError, FileRow, ProblemKind, ReadOptions};
use timbre_domain::number::{Country, PhoneNumber, ReadNumber};
use timbre_domain::ports::ContactFiles as _;
use timbre_interchange::Files;

#[derive(Debug, PartialEq, Deserialize)]
struct Expected {
    name: String,
    company: String,
    phones: Vec<Phone>,
    emails: Vec<String>,
    external_id: Option<String>,
    owner: Option<String>,
    do_not_call: bool,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Phone {
    written: String,
    kind: PhoneKind,
    e164: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/files")
}

fn read(path: &Path) -> Result<Vec<FileRow>, FileError> {
    let layout = Files.inspect(path, &ReadOptions::default())?;
    let mut reader = Files.read(path, &layout)?;
    let rows: Result<Vec<FileRow>, FileError> = std::iter::from_fn(|| reader.next_row()).collect();
    if rows.as_ref().is_ok_and(|rows| rows.iter().all(|row| row.read.is_ok())) {
        assert_eq!(reader.bytes_read(), layout.bytes, "all of {} is read", path.display());
    }
    rows
}

/// A draft as the domain will take it: cells split, numbers read by the rules of Costa Rica.
fn taken(draft: ContactDraft) -> Expected {
    let split = draft.phones.iter().flat_map(|phone| phone.written.split(" / ").map(|written| (written, phone.kind)));
    let phones = split.map(|(written, kind)| Phone {
        written: written.to_owned(),
        kind,
        e164: match PhoneNumber::read(written, Country::CR) {
            ReadNumber::Number(number) => number.e164().map(str::to_owned),
            ReadNumber::Withheld => None,
        },
    });
    Expected {
        name: draft.name,
        company: draft.company,
        phones: phones.collect(),
        emails: draft.emails,
        external_id: draft.external_id,
        owner: draft.owner,
        do_not_call: draft.do_not_call,
    }
}

fn holds_something(draft: &ContactDraft) -> bool {
    !(draft.name.is_empty() && draft.company.is_empty() && draft.phones.is_empty() && draft.emails.is_empty())
}

#[test]
fn every_file_of_a_real_program_says_what_a_careful_person_reads_in_it() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let expectation = entry.unwrap().path();
        let Some(name) = expectation.to_str().and_then(|path| path.strip_suffix(".expected.json")) else { continue };
        let mut expected: Vec<Expected> = serde_json::from_slice(&std::fs::read(&expectation).unwrap()).unwrap();
        let rows = read(Path::new(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let drafts = rows.into_iter().map(|row| row.read.unwrap_or_else(|problem| panic!("{name}: {problem:?}")));
        let mut got: Vec<Expected> = drafts.filter(holds_something).map(taken).collect();
        for (got, expected) in got.iter_mut().zip(&mut expected) {
            for (got, expected) in got.phones.iter_mut().zip(&mut expected.phones) {
                if expected.e164.is_none() {
                    got.e164 = None;
                }
            }
            if got != expected {
                wrong.push(format!("{name}\n  got      {got:?}\n  expected {expected:?}"));
            }
        }
        if got.len() != expected.len() {
            wrong.push(format!("{name}: {} rows instead of {}", got.len(), expected.len()));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked >= 29, "only {checked} files were there");
}

#[test]
fn every_file_names_its_program() {
    for (name, program) in [
        ("google-contacts.csv", "google"),
        ("google-contacts-old.csv", "google"),
        ("outlook-en.csv", "outlook"),
        ("outlook-es.csv", "outlook"),
        ("outlook-es-translated.csv", "outlook"),
        ("outlook-com.csv", "outlook"),
        ("odoo-en.csv", "odoo"),
        ("odoo-es.csv", "odoo"),
        ("odoo-import-compatible.csv", "odoo"),
        ("hubspot.csv", "hubspot"),
        ("zoho.csv", "zoho"),
        ("excel-es.csv", "csv"),
        ("excel-unicode.txt", "csv"),
        ("plain-no-header.csv", "csv"),
        ("ios.vcf", "vcard"),
        ("3cx.csv", "3cx"),
        ("salesforce.csv", "salesforce"),
        ("pipedrive.csv", "pipedrive"),
        ("suitecrm.csv", "suitecrm"),
        ("bitrix24.csv", "bitrix24"),
        ("kommo.csv", "kommo"),
        ("freepbx.csv", "freepbx"),
        ("vicidial.txt", "vicidial"),
        ("yealink-remote.xml", "yealink"),
        ("yealink-local.xml", "yealink"),
        ("grandstream.xml", "grandstream"),
    ] {
        let layout = Files.inspect(&folder().join(name), &ReadOptions::default()).unwrap();
        assert_eq!(layout.program, program, "{name}");
    }
}

/// The lines of the good rows and of those that are refused, with why.
fn sorted(name: &str) -> (Vec<u64>, Vec<(u64, ProblemKind)>) {
    let rows = read(&folder().join("broken").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let good = rows.iter().filter(|row| row.read.as_ref().is_ok_and(holds_something)).map(|row| row.line);
    let refused = rows.iter().filter_map(|row| Some((row.line, row.read.as_ref().err()?.kind)));
    (good.collect(), refused.collect())
}

#[test]
fn broken_rows_are_refused_and_the_others_read() {
    use ProblemKind::{Columns, CutShort, Encoding, Malformed, TooLong};
    for (name, good, refused) in [
        ("cut-in-quotes.csv", vec![2, 3], vec![(4, CutShort)]),
        ("column-count.csv", vec![2, 4, 5], vec![(3, Columns)]),
        ("bad-utf8-with-bom.csv", vec![2, 5], vec![(3, Encoding), (4, Encoding)]),
        ("empty-row.csv", vec![2, 4, 7], vec![]),
        ("header-twice.csv", vec![2, 3, 5, 6], vec![(4, Malformed)]),
        ("huge-cell.csv", vec![2, 4], vec![(3, TooLong)]),
        ("formula-name.csv", vec![2, 3, 4, 5], vec![]),
        ("not-a-number.csv", vec![2, 3, 4, 5, 6], vec![]),
        ("no-end.vcf", vec![1, 12], vec![(7, Malformed), (18, CutShort)]),
        ("nested-begin.vcf", vec![1, 21], vec![(7, Malformed)]),
        ("bad-quoted-printable.vcf", vec![1, 7, 14], vec![]),
    ] {
        assert_eq!(sorted(name), (good, refused), "{name}");
    }
    let (good, refused) = sorted("nul-bytes.csv");
    assert_eq!(good, [2, 5]);
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
}

/// What was wrong with rows that were taken all the same, by line, with the column.
fn told(name: &str) -> Vec<(u64, ProblemKind, Option<String>)> {
    let rows = read(&folder().join("broken").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let told = rows.into_iter().flat_map(|row| {
        let problems = row.read.map(|draft| draft.problems).unwrap_or_default();
        problems.into_iter().map(move |problem| (row.line, problem.kind, problem.column))
    });
    told.collect()
}

#[test]
fn what_is_taken_with_a_fault_is_told_with_its_place() {
    use ProblemKind::{Columns, Encoding};
    let column = |name: &str| Some(name.to_owned());
    assert_eq!(told("column-count.csv"), [(4, Columns, None)]);
    assert_eq!(
        told("bad-quoted-printable.vcf"),
        [(1, Encoding, column("N")), (1, Encoding, column("FN")), (14, Encoding, column("ORG")),]
    );
    assert_eq!(told("empty-row.csv"), []);
}

#[test]
fn a_problem_names_its_column() {
    let rows = read(&folder().join("broken/bad-utf8-with-bom.csv")).unwrap();
    let columns: Vec<_> = rows.iter().filter_map(|row| row.read.as_ref().err()?.column.clone()).collect();
    assert_eq!(columns, ["Nombre", "Nombre"]);
    let rows = read(&folder().join("broken/nul-bytes.csv")).unwrap();
    assert_eq!(rows[1].read.as_ref().unwrap_err().column.as_deref(), Some("Empresa"));
}

#[test]
fn what_is_no_file_of_contacts_is_refused_as_a_whole() {
    for (name, says) in [
        ("empty.csv", "empty"),
        ("header-only.csv", "no rows"),
        ("photo.csv", "picture"),
        ("workbook.csv", "Excel workbook"),
        ("page.csv", "web page"),
    ] {
        let error = read(&folder().join("broken").join(name)).unwrap_err();
        assert_eq!(error.code.as_str(), "bad_file", "{name}");
        assert!(error.detail.contains(says), "{name}: {}", error.detail);
    }
    for path in [folder(), folder().join("missing.csv")] {
        assert_eq!(read(&path).unwrap_err().code.as_str(), "file_access", "{}", path.display());
    }
}
