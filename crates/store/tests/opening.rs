//! Opening the database: first time, old schemas, damage, locks, backups.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use timbre_domain::contact::{Contact, ContactId, ContactPhone, PhoneKind};
use timbre_domain::error::ErrorCode;
use timbre_domain::number::{Country, PhoneNumber};
use timbre_store::{CallFilter, DataFolder, IndexState, Store, StoreError};
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    "2026-11-20T17:31:00Z".parse().unwrap()
}

fn ana() -> Contact {
    let number = PhoneNumber::typed("88848787", Country::CR).unwrap();
    Contact {
        name: "Ana".into(),
        phones: vec![ContactPhone { number, kind: PhoneKind::Mobile, source: None }],
        ..Contact::empty(ContactId(Uuid::from_u128(1)))
    }
}

fn open(dir: &Path) -> (DataFolder, Store) {
    let folder = DataFolder::hold(dir).unwrap();
    let (store, report) = Store::open(&folder, now()).unwrap();
    assert_eq!(report.set_aside, None);
    (folder, store)
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_database_of_the_first_schema_opens_with_everything_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = Connection::open(dir.path().join("timbre.db")).unwrap();
    first.execute_batch(include_str!("schema-1.sql")).unwrap();
    drop(first);
    let (_folder, store) = open(dir.path());
    let contacts = store.contacts_by_number(&PhoneNumber::typed("+50688848787", Country::CR).unwrap()).unwrap();
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0].name, "Ana Rojas");
    assert_eq!(contacts[0].phones.len(), 2);
    // What contacts are found by is made anew after the update, and then they are found as they are today.
    assert_eq!(store.index_state(Country::CR).unwrap(), IndexState::Behind);
    while store.bring_index_in_step(Country::CR).unwrap() == IndexState::Behind {}
    assert_eq!(store.search_contacts("ferre", Country::CR, 9).unwrap(), contacts);
    let calls = store.calls(&CallFilter::default()).unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].call.legs, ["6495722720473790385"]);
    assert_eq!(calls[0].cost, Some("25.605".parse().unwrap()));
}

#[test]
fn a_database_of_the_second_schema_opens_with_everything_in_it_and_takes_results() {
    let dir = tempfile::tempdir().unwrap();
    let second = Connection::open(dir.path().join("timbre.db")).unwrap();
    second.execute_batch(include_str!("schema-2.sql")).unwrap();
    drop(second);
    let (_folder, store) = open(dir.path());
    let contacts = store.contacts_by_number(&PhoneNumber::typed("+50688848787", Country::CR).unwrap()).unwrap();
    assert_eq!(contacts[0].name, "Ana Rojas");
    assert_eq!(store.interactions(&timbre_store::InteractionFilter::default()).unwrap(), []);
    assert_eq!(store.outbox(&timbre_store::OutboxFilter::default()).unwrap(), []);
    assert!(dir.path().join("timbre.db.backup").exists(), "as it was before the update");
}

#[test]
fn a_database_of_a_newer_timbre_is_refused_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("timbre.db");
    let newer = Connection::open(&path).unwrap();
    newer
        .execute_batch(
            "CREATE TABLE from_the_future (x); PRAGMA user_version = 900;
             PRAGMA application_id = 1416195426;",
        )
        .unwrap();
    drop(newer);
    let before = fs::read(&path).unwrap();
    let folder = DataFolder::hold(dir.path()).unwrap();
    let error = Store::open(&folder, now()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreTooNew, "{error}");
    let mut after = fs::read(&path).unwrap();
    // SQLite notes in bytes 18 to 19 of the header that the write-ahead log is in use, and counts the change.
    for n in (18..20).chain(24..28).chain(92..100) {
        after[n] = before[n];
    }
    assert_eq!(before, after);
}

#[test]
fn a_file_that_is_no_database_is_set_aside_and_a_new_one_begun() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("timbre.db"),
        "this is no database, and it is longer than a header of a hundred bytes, which SQLite looks at first",
    )
    .unwrap();
    let folder = DataFolder::hold(dir.path()).unwrap();
    let (store, report) = Store::open(&folder, now()).unwrap();
    let aside = report.set_aside.unwrap();
    assert_eq!(aside.restored_from, None);
    assert_eq!(aside.file.file_name().unwrap(), "timbre.db.damaged-20261120T173100");
    assert!(fs::read_to_string(&aside.file).unwrap().starts_with("this is no database"), "kept to the letter");
    assert_eq!(store.count_contacts().unwrap(), 0);
}

#[test]
fn a_damaged_database_is_set_aside_and_the_backup_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, store) = open(dir.path());
    for n in 0..2_000u128 {
        store.save_contact(&Contact { id: ContactId(Uuid::from_u128(n)), ..ana() }, now()).unwrap();
    }
    store.back_up(now()).unwrap();
    store.close().unwrap();
    drop(folder);
    let path = dir.path().join("timbre.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 16 * 1024].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    // The run that damaged it did not end cleanly.
    fs::write(dir.path().join("timbre.db.in-use"), "").unwrap();
    let folder = DataFolder::hold(dir.path()).unwrap();
    let (store, report) = Store::open(&folder, now()).unwrap();
    let aside = report.set_aside.expect("the damage was seen");
    assert!(aside.restored_from.is_some());
    assert!(aside.file.exists());
    assert_eq!(store.count_contacts().unwrap(), 2_000);
}

#[test]
fn damage_after_damage_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        for ending in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(dir.path().join(format!("timbre.db{ending}")));
        }
        fs::write(dir.path().join("timbre.db"), [0x5a; 4096]).unwrap();
        let folder = DataFolder::hold(dir.path()).unwrap();
        Store::open(&folder, now()).unwrap();
    }
    let aside: Vec<_> = files(dir.path())
        .into_iter()
        .filter(|n| n.contains("damaged") && !n.ends_with("wal") && !n.ends_with("shm"))
        .collect();
    assert_eq!(aside.len(), 3, "{aside:?}");
}

#[test]
fn one_engine_a_data_folder() {
    let dir = tempfile::tempdir().unwrap();
    let held = DataFolder::hold(dir.path()).unwrap();
    assert!(matches!(DataFolder::hold(dir.path()), Err(StoreError::AlreadyRunning)));
    drop(held);
    DataFolder::hold(dir.path()).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_or_written_is_an_error_that_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = DataFolder::hold(&path).unwrap_err();
        assert_eq!(error.code(), ErrorCode::DataFolder, "{error}");
    }
}

#[test]
fn a_backup_is_whole_and_replaces_the_old_one_while_the_database_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let (_folder, store) = open(dir.path());
    store.back_up(now()).unwrap();
    store.save_contact(&ana(), now()).unwrap();
    store.back_up(now()).unwrap();
    let backup = Connection::open(dir.path().join("timbre.db.backup")).unwrap();
    let count: i64 = backup.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
    assert!(!files(dir.path()).iter().any(|name| name.ends_with(".part")));
}

#[test]
fn a_clean_end_leaves_no_mark_and_a_kill_does() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, store) = open(dir.path());
    assert!(files(dir.path()).contains(&"timbre.db.in-use".to_owned()));
    store.close().unwrap();
    drop(folder);
    assert!(!files(dir.path()).contains(&"timbre.db.in-use".to_owned()));
}

#[test]
fn a_database_that_is_gone_while_its_backup_is_there_is_restored_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, store) = open(dir.path());
    store.save_contact(&ana(), now()).unwrap();
    store.back_up(now()).unwrap();
    store.close().unwrap();
    drop(folder);
    fs::remove_file(dir.path().join("timbre.db")).unwrap();
    let folder = DataFolder::hold(dir.path()).unwrap();
    let (store, report) = Store::open(&folder, now()).unwrap();
    assert!(report.set_aside.unwrap().restored_from.is_some());
    assert_eq!(store.count_contacts().unwrap(), 1);
}

#[test]
fn a_damaged_backup_is_set_aside_too_and_a_damaged_database_never_becomes_a_backup() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("timbre.db"), [0x5a; 4096]).unwrap();
    fs::write(dir.path().join("timbre.db.backup"), [0x5a; 4096]).unwrap();
    let folder = DataFolder::hold(dir.path()).unwrap();
    let (store, report) = Store::open(&folder, now()).unwrap();
    assert_eq!(report.set_aside.unwrap().restored_from, None);
    assert!(files(dir.path()).contains(&"timbre.db.backup.damaged-0".to_owned()));
    for n in 0..2_000u128 {
        store.save_contact(&Contact { id: ContactId(Uuid::from_u128(n)), ..ana() }, now()).unwrap();
    }
    store.back_up(now()).unwrap();
    let good = fs::read(dir.path().join("timbre.db.backup")).unwrap();
    // All of it is in the file, and not in the log beside it.
    store.close().unwrap();
    let (store, _) = Store::open(&folder, now()).unwrap();
    store.save_contact(&ana(), now()).unwrap();
    let path = dir.path().join("timbre.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 16 * 1024].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    assert!(store.back_up(now()).is_err(), "damage is not copied over a good backup");
    assert_eq!(fs::read(dir.path().join("timbre.db.backup")).unwrap(), good);
    assert!(!files(dir.path()).iter().any(|name| name.ends_with(".part")));
}
