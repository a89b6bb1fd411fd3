//! The corpus of numbers as people and exchanges write them (tests/corpus), through the look-up that the pop-up uses.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::path::Path;

use timbre_domain::call::{Direction, Party};
use timbre_domain::contact::{Contact, ContactId, ContactPhone, PhoneKind};
use timbre_domain::identity::MergeRule;
use timbre_domain::matching::{self, Found, Match, MatchKind};
use timbre_domain::number::{Country, PhoneNumber, ReadNumber};
use timbre_store::{DataFolder, ImportRecord, ImportRow, Prepared, Store};
use uuid::Uuid;

/// The rows of a table of the corpus, without its header.
fn table<const N: usize>(name: &str) -> Vec<[String; N]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let row = |line: &str| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("{name}: {cells:?}"))
    };
    text.lines().skip(1).map(row).collect()
}

fn country(text: &str) -> Country {
    text.parse().unwrap()
}

fn read(text: &str, home: &str) -> Option<PhoneNumber> {
    match PhoneNumber::read(text, country(home)) {
        ReadNumber::Number(number) => Some(number),
        ReadNumber::Withheld => None,
    }
}

/// No more than fits a screen.
#[track_caller]
fn nothing_wrong(wrong: &[String], of: usize) {
    assert!(wrong.is_empty(), "{} of {of}:\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}

#[test]
fn every_way_to_write_a_number_leads_to_its_subscriber_and_to_nobody_else() {
    let rows = table::<6>("numbers.tsv");
    assert!(rows.len() >= 4_000, "the corpus has shrunk to {}", rows.len());
    // One key for all ways to write one subscriber, none shared: that is every pair of the corpus, both ways.
    let mut keys: BTreeMap<(&str, String), &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for [home, subscriber, e164, _, form, written] in &rows {
        let key = read(written, home).map(|number| number.key());
        let wanted = read(e164, home).unwrap().key();
        if key.as_ref() != Some(&wanted) {
            wrong.push(format!("{home} {e164} not found: {form}: {written:?} → {key:?}"));
        } else if let Some(other) = keys.insert((home, wanted), subscriber)
            && other != subscriber
        {
            wrong.push(format!("{home} {written:?} leads to {subscriber} and to {other}"));
        }
    }
    nothing_wrong(&wrong, rows.len());
}

#[test]
fn the_look_up_finds_every_subscriber_of_the_corpus_and_nobody_else() {
    let rows = table::<6>("numbers.tsv");
    let mut homes: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for [home, subscriber, _, _, _, written] in &rows {
        homes.entry(home).or_default().entry(subscriber).or_default().push(written);
    }
    for (home, subscribers) in homes {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::hold(dir.path()).unwrap();
        let (store, _) = Store::open(&folder, chrono::DateTime::UNIX_EPOCH).unwrap();
        // Each address book has another of the ways to write it.
        let mut nth = 0;
        let contacts: Vec<Contact> = subscribers
            .iter()
            .map(|(subscriber, ways)| {
                nth += 7;
                let number = read(ways[nth % ways.len()], home).unwrap();
                Contact {
                    name: (*subscriber).to_owned(),
                    phones: vec![ContactPhone { number, kind: PhoneKind::Other, source: None }],
                    ..Contact::empty(ContactId(Uuid::now_v7()))
                }
            })
            .collect();
        fill(&store, contacts);
        for (subscriber, ways) in &subscribers {
            for way in ways {
                let number = read(way, home).unwrap();
                let contacts = store.contacts_by_number(&number).unwrap();
                let found = Found { contacts, dialled: None };
                let matched = matching::decide(Direction::In, &Party::Number { number }, found);
                let Match::One { kind, contact } = matched else { panic!("{home} {way:?}: {matched:?}") };
                assert_eq!(contact.name, *subscriber, "{home} {way:?}");
                assert_ne!(kind, MatchKind::Digits, "{home} {way:?}");
            }
        }
    }
}

fn fill(store: &Store, contacts: Vec<Contact>) {
    let mut record = ImportRecord::begun("corpus".to_owned(), "corpus".to_owned(), chrono::DateTime::UNIX_EPOCH);
    let total = contacts.len() as u64;
    let mut rows = contacts.into_iter().zip(1..).map(|(contact, row)| ImportRow {
        row,
        contact: Some(Prepared::new(contact)),
        own_id: false,
        again: false,
    });
    let now = chrono::DateTime::UNIX_EPOCH;
    while store.import_rows(&mut record, &mut |_| rows.next(), MergeRule::Never, now).unwrap() {}
    assert_eq!(record.added, total);
}

#[test]
fn numbers_that_differ_never_match() {
    let rows = table::<4>("never.tsv");
    assert!(rows.len() >= 2_000, "the corpus has shrunk to {}", rows.len());
    let same = |[home, stored, caller, _]: &&[String; 4]| {
        read(stored, home).unwrap().key() == read(caller, home).unwrap().key()
    };
    let wrong: Vec<_> = rows.iter().filter(same).map(|row| row.join("  ")).collect();
    nothing_wrong(&wrong, rows.len());
}

#[test]
fn what_is_deliberately_not_matched_is_not() {
    let rows = table::<4>("not-matched.tsv");
    let same = |[home, e164, written, _]: &&[String; 4]| {
        read(written, home).is_some_and(|number| number.key() == read(e164, home).unwrap().key())
    };
    let wrong: Vec<_> = rows.iter().filter(same).map(|row| row.join("  ")).collect();
    nothing_wrong(&wrong, rows.len());
}

#[test]
fn a_withheld_caller_is_recognised_in_every_spelling() {
    let rows = table::<1>("withheld.tsv");
    let withheld = |text: &str| PhoneNumber::read(text, Country::CR) == ReadNumber::Withheld;
    let text = |cell: &str| if cell == "\"\"" { String::new() } else { cell.to_owned() };
    let wrong: Vec<_> = rows.iter().map(|[cell]| text(cell)).filter(|text| !withheld(text)).collect();
    nothing_wrong(&wrong, rows.len());
}
