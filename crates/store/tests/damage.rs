//! Whatever happens to the database file, what people typed is there again after the next start, each once, and what may
//! have gone to a CRM is searched for before it is created.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use timbre_domain::call::{AccountName, Call, CallKey, CallState, Direction, Party};
use timbre_domain::contact::{Contact, ContactId, ContactPart, ContactPhone, Origin, PhoneKind};
use timbre_domain::crm::Receipt;
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::interaction::{Interaction, InteractionId, InteractionState};
use timbre_domain::name::ConnectorName;
use timbre_domain::number::{Country, PhoneNumber};
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordIntent, RecordKind};
use timbre_domain::tracker::{CallTracker, CallTransition};
use timbre_domain::vendor::VendorId;
use timbre_store::{
    Agent, BackedUp, DataFolder, Generation, InteractionFilter, InteractionRef, Kept, OpenReport, OutboxFilter, Store,
};
use uuid::Uuid;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn crm() -> ConnectorName {
    "crm".parse().unwrap()
}

fn open(dir: &Path, seconds: i64) -> (DataFolder, Store, OpenReport) {
    let folder = DataFolder::hold(dir).unwrap();
    let (store, report) = Store::open(&folder, at(seconds)).unwrap();
    (folder, store, report)
}

fn person(n: u128) -> Contact {
    let number = PhoneNumber::typed(&format!("8{n:07}"), Country::CR).unwrap();
    Contact {
        name: format!("Persona {n}"),
        phones: vec![ContactPhone { number, kind: PhoneKind::Mobile, source: None }],
        typed: [ContactPart::Name, ContactPart::Phones].into(),
        ..Contact::empty(ContactId(Uuid::from_u128(1_000 + n)))
    }
}

fn call(n: u128) -> Call {
    let number = PhoneNumber::typed(&format!("8{n:07}"), Country::CR).unwrap();
    Call {
        key: CallKey {
            vendor: VendorId::known("callmyway"),
            account: "main".parse().unwrap(),
            external_id: n.to_string(),
        },
        endpoint: EndpointNumber::new("8373456").unwrap(),
        direction: Direction::In,
        party: Party::Number { number },
        state: CallState::Ended,
        detected_at: at(0),
        connected_at: Some(at(1)),
        ended_at: Some(at(9)),
        dial: None,
        legs: vec![n.to_string(), format!("{n}-second")],
        transferred: false,
    }
}

/// A working day's piece: a call, its contact, its result with three records on three stages of their way, an agent.
fn work(store: &Store, n: u128) {
    let account: AccountName = "main".parse().unwrap();
    let tracker = CallTracker::new(VendorId::known("callmyway"), account.clone());
    let call = call(n);
    store.save_transitions(&account, &tracker, &[CallTransition::Ended(call.clone())], &[], at(10)).unwrap();
    let contact = person(n);
    store.add_contact(&contact, &[crm()], at(11)).unwrap();
    let (_, items) = store
        .change_interaction(&InteractionRef::Call(call.key.clone()), at(12), |_, _| {
            let id = InteractionId(Uuid::from_u128(2_000 + n));
            let mut interaction = Interaction::begun(id, Some(call.key.clone()), Some(contact.id), at(12));
            interaction.state = InteractionState::Final;
            interaction.comment = format!("Pidió {n} <cajas> = \"sí\"\n\tñandú, 日本");
            let own = interaction.id.to_string();
            let kinds = [
                (RecordKind::Call, call.key.to_string()),
                (RecordKind::Note, own.clone()),
                (RecordKind::FollowUp, own),
            ];
            let wanted = kinds.map(|(kind, subject)| RecordIntent { kind, subject, taken_back: None });
            Ok::<_, ()>(Kept {
                interaction,
                records: vec![(crm(), wanted.to_vec())],
                do_not_call: None,
                new_contact: None,
            })
        })
        .unwrap()
        .unwrap();
    store.outbox_begin(items[0].id, at(13), at(193)).unwrap().unwrap();
    let receipt = Receipt::of(format!("remote-{n}"));
    store.outbox_sent(items[0].id, &receipt, &Default::default(), at(14)).unwrap();
    store.outbox_begin(items[1].id, at(15), at(195)).unwrap().unwrap();
    let endpoints = vec![(account, EndpointNumber::new("8373456").unwrap())];
    store.save_agent(&Agent { name: format!("Agente {n}"), endpoints }).unwrap();
}

/// All that people typed and where the outbox stands.
#[derive(Debug, PartialEq)]
struct Typed {
    results: BTreeMap<InteractionId, Interaction>,
    contacts: Vec<Contact>,
    /// Whether the CRM has it, and as what.
    records: BTreeMap<String, (RecordKind, String, Option<String>, bool)>,
    agents: Vec<Agent>,
    calls: Vec<CallKey>,
}

fn typed(store: &Store) -> Typed {
    let results = store.interactions(&InteractionFilter { limit: 10_000, ..Default::default() }).unwrap();
    let records = all_records(store)
        .into_iter()
        .map(|item| (item.id.to_string(), (item.kind, item.subject, item.remote_id, item.state == OutboxState::Done)));
    let calls = results.iter().map(|one| store.call(one.call.as_ref().unwrap()).unwrap().unwrap());
    let calls = calls.inspect(|call| assert_eq!(call.call.legs.len(), 2, "{call:?}"));
    let mut calls: Vec<_> = calls.map(|call| call.call.key).collect();
    calls.sort();
    let contacts = store.contacts_view().unwrap().after(None).unwrap();
    for contact in &contacts {
        let found = store.contacts_by_number(&contact.phones[0].number).unwrap();
        assert_eq!(found.iter().map(|found| found.id).collect::<Vec<_>>(), [contact.id], "found by its number");
        assert_eq!(store.search_contacts(&contact.name, Country::CR, 9).unwrap()[0].id, contact.id);
    }
    let records = records.collect();
    Typed {
        results: results.into_iter().map(|one| (one.id, one)).collect(),
        contacts,
        records,
        agents: store.agents().unwrap(),
        calls,
    }
}

fn all_records(store: &Store) -> Vec<OutboxItem> {
    use OutboxState::{Discarded, Done, Parked, Sending, Waiting};
    let states = vec![Waiting, Sending, Parked, Done, Discarded];
    store.outbox(&OutboxFilter { states, limit: 10_000, ..Default::default() }).unwrap()
}

/// A name, and what is done to the file.
type Way = (&'static str, fn(&Path));

/// Ways in which the file can be something else than what was left.
fn ways() -> Vec<Way> {
    fn cut(path: &Path, to: impl FnOnce(u64) -> u64) {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(to(file.metadata().unwrap().len())).unwrap();
    }
    fn overwrite(path: &Path, pages: impl Fn(usize) -> bool) {
        let mut bytes = fs::read(path).unwrap();
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        for (number, page) in bytes.chunks_mut(4096).enumerate().filter(|(number, _)| pages(*number)) {
            random ^= number as u64 + 1;
            for byte in page {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (random >> 33) as u8;
            }
        }
        fs::write(path, bytes).unwrap();
    }
    fn foreign(path: &Path, sql: &str) {
        fs::remove_file(path).unwrap();
        Connection::open(path).unwrap().execute_batch(sql).unwrap();
    }
    vec![
        ("zero bytes", |path| fs::write(path, b"").unwrap()),
        ("gone", |path| fs::remove_file(path).unwrap()),
        ("a text", |path| fs::write(path, "lista de compras: pan, leche").unwrap()),
        ("one byte", |path| cut(path, |_| 1)),
        ("a hundred bytes", |path| cut(path, |_| 100)),
        ("one page", |path| cut(path, |_| 4096)),
        ("cut to half", |path| cut(path, |len| len / 2)),
        ("cut by a page", |path| cut(path, |len| len - 4096)),
        ("cut by a byte", |path| cut(path, |len| len - 1)),
        ("half a page of a result's words", |path| {
            let mut bytes = fs::read(path).unwrap();
            let words = "<cajas>".as_bytes();
            let places: Vec<_> = (0..bytes.len() - words.len()).filter(|n| bytes[*n..].starts_with(words)).collect();
            assert!(!places.is_empty());
            places.iter().for_each(|place| bytes[*place..*place + words.len()].copy_from_slice(b"<CAJAS>"));
            fs::write(path, bytes).unwrap();
        }),
        ("random pages, all", |path| overwrite(path, |_| true)),
        ("random pages, the first", |path| overwrite(path, |number| number == 0)),
        ("random pages, every third", |path| overwrite(path, |number| number % 3 == 1)),
        ("another program's database", |path| foreign(path, "CREATE TABLE bookmarks (url); PRAGMA user_version = 67;")),
        ("another program's database without a version", |path| foreign(path, "CREATE TABLE bookmarks (url);")),
        ("another program's database with a schema's number of ours", |path| {
            foreign(path, "CREATE TABLE bookmarks (url); PRAGMA user_version = 3;")
        }),
        ("a database without tables", |path| foreign(path, "PRAGMA user_version = 0; VACUUM;")),
        ("a new database of Timbre", |path| {
            let other = tempfile::tempdir().unwrap();
            let (_held, store, _) = open(other.path(), 0);
            store.close().unwrap();
            fs::copy(other.path().join("timbre.db"), path).unwrap();
        }),
    ]
}

/// What was done before the file was hurt.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Backups {
    None,
    /// One, and work after it.
    One,
    /// The newest is damaged, too.
    NewestDamaged,
}

#[test]
fn whatever_becomes_of_the_file_everything_typed_is_there_again_and_it_is_told() {
    for (way, hurt) in ways() {
        for backups in [Backups::None, Backups::One, Backups::NewestDamaged] {
            for clean_end in [true, false] {
                if backups == Backups::NewestDamaged && !clean_end {
                    continue;
                }
                let case = format!("{way}, {backups:?}, clean end: {clean_end}");
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("timbre.db");
                let (folder, store, _) = open(dir.path(), 0);
                work(&store, 1);
                if backups != Backups::None {
                    store.back_up(at(100)).unwrap();
                    work(&store, 2);
                }
                if backups == Backups::NewestDamaged {
                    // The first one is the day's now.
                    store.back_up(at(90_000)).unwrap();
                    work(&store, 3);
                    fs::write(dir.path().join(Generation::Hour.file_name()), [0x5a; 9000]).unwrap();
                }
                let before = typed(&store);
                store.close().unwrap();
                drop(folder);
                if !clean_end {
                    fs::write(dir.path().join("timbre.db.in-use"), b"").unwrap();
                }
                hurt(&path);
                let (_folder, store, report) = open(dir.path(), 100_000);
                let aside = report.set_aside.as_ref().unwrap_or_else(|| panic!("{case}: not noticed"));
                assert_eq!(aside.restored_from.is_some(), backups != Backups::None, "{case}");
                assert!(aside.file.exists(), "{case}: nothing is deleted");
                assert_eq!(report.journal.lost, 0, "{case}");
                assert_eq!(typed(&store), before, "{case}");
                for item in all_records(&store).iter().filter(|item| item.remote_id.is_none()) {
                    assert_eq!(item.state, OutboxState::Sending, "{case}: {item:?}");
                    assert!(item.begun_at.is_some(), "{case}: searched for first: {item:?}");
                }
                assert_eq!(store.health().unwrap().damage, None, "{case}");
                // What is whole is left alone, and what is written goes on from there.
                work(&store, 9);
                let before = typed(&store);
                store.close().unwrap();
                drop(_folder);
                let (_folder, store, report) = open(dir.path(), 100_001);
                assert_eq!(report, OpenReport::default(), "{case}");
                assert_eq!(typed(&store), before, "{case}");
            }
        }
    }
}

#[test]
fn a_write_ahead_log_that_lost_its_end_is_made_good_from_the_journal() {
    for keep in [0.0, 0.3, 0.7] {
        let dir = tempfile::tempdir().unwrap();
        let (_folder, store, _) = open(dir.path(), 0);
        work(&store, 1);
        work(&store, 2);
        let before = typed(&store);
        // What a power cut leaves, looked at while the database is in use.
        let after = tempfile::tempdir().unwrap();
        copy_folder(dir.path(), after.path());
        let log = fs::OpenOptions::new().write(true).open(after.path().join("timbre.db-wal")).unwrap();
        let len = log.metadata().unwrap().len();
        log.set_len((len as f64 * keep) as u64).unwrap();
        let _ = fs::remove_file(after.path().join("timbre.db-shm"));
        let (_folder, store, report) = open(after.path(), 50);
        assert!(report.journal.entries > 0, "{keep}");
        assert_eq!(report.journal.lost, 0);
        assert_eq!(typed(&store), before, "{keep}");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let into = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &into);
        } else {
            fs::copy(entry.path(), into).unwrap();
        }
    }
}

#[test]
fn a_journal_with_damaged_lines_gives_all_the_others_and_says_how_many_it_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, store, _) = open(dir.path(), 0);
    for n in 1..=5 {
        work(&store, n);
    }
    let before = typed(&store);
    store.close().unwrap();
    drop(folder);
    let segment = fs::read_dir(dir.path().join("journal")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&segment).unwrap();
    // The agent of the second piece of work is written by one entry alone.
    let torn = text.replacen("Agente 2", "Agente ?", 1);
    assert_ne!(torn, text);
    fs::write(&segment, torn).unwrap();
    fs::remove_file(dir.path().join("timbre.db")).unwrap();
    let (_folder, store, report) = open(dir.path(), 50);
    assert_eq!(report.journal.lost, 1);
    let after = typed(&store);
    assert_eq!((after.results, after.contacts, after.records), (before.results, before.contacts, before.records));
    assert_eq!(after.agents.len(), before.agents.len() - 1);
}

#[test]
fn a_journal_that_is_gone_or_damaged_beside_a_whole_database_changes_nothing() {
    for hurt in [
        |path: &Path| fs::remove_dir_all(path).unwrap(),
        |path: &Path| {
            for entry in fs::read_dir(path).unwrap() {
                fs::write(entry.unwrap().path(), [0x5a; 3000]).unwrap();
            }
        },
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (folder, store, _) = open(dir.path(), 0);
        work(&store, 1);
        let before = typed(&store);
        store.close().unwrap();
        drop(folder);
        hurt(&dir.path().join("journal"));
        let (folder, store, report) = open(dir.path(), 50);
        assert_eq!(report, OpenReport::default());
        assert_eq!(typed(&store), before);
        // What is typed from now on is in a journal again.
        work(&store, 2);
        let before = typed(&store);
        store.back_up(at(60)).unwrap();
        work(&store, 3);
        let after_backup = typed(&store);
        store.close().unwrap();
        drop(folder);
        fs::write(dir.path().join("timbre.db"), b"").unwrap();
        let (_folder, store, _) = open(dir.path(), 70);
        assert_ne!(before, after_backup);
        assert_eq!(typed(&store), after_backup);
    }
}

#[test]
fn the_database_of_another_folder_is_opened_and_neither_backups_nor_journal_of_the_old_one_are_lost() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (dir, n) in [(old.path(), 1), (new.path(), 2)] {
        let (_folder, store, _) = open(dir, 0);
        work(&store, n);
        store.back_up(at(5)).unwrap();
        store.close().unwrap();
    }
    fs::copy(new.path().join("timbre.db"), old.path().join("timbre.db")).unwrap();
    let (_folder, store, report) = open(old.path(), 50);
    assert_eq!(report.set_aside, None);
    assert_eq!(store.agents().unwrap()[0].name, "Agente 2");
    let BackedUp::Made { kept } = store.back_up(at(60)).unwrap() else { panic!("nothing was backed up") };
    assert_eq!(kept.len(), 1, "the backup that holds somebody else's work is kept");
    let backup = Connection::open(old.path().join(&kept[0])).unwrap();
    let agent: String = backup.query_row("SELECT name FROM agents", [], |row| row.get(0)).unwrap();
    assert_eq!(agent, "Agente 1");
    let names: Vec<_> = fs::read_dir(old.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().any(|name| name.to_string_lossy().starts_with("journal.other-")), "{names:?}");
}

#[test]
fn backups_of_three_generations_are_kept_for_weeks_on_end() {
    let dir = tempfile::tempdir().unwrap();
    let (_folder, store, _) = open(dir.path(), 0);
    let mut ages = Vec::new();
    for hour in (0..24 * 20).step_by(4) {
        let now = at(hour * 3_600);
        store.save_contact(&person(u128::try_from(hour).unwrap()), now).unwrap();
        store.back_up(now).unwrap();
        let made = store.health().unwrap().backups;
        ages = made.iter().map(|(generation, made)| (*generation, now - *made)).collect();
        let within = |generation: Generation, least: TimeDelta, most: TimeDelta| {
            let age = ages.iter().find(|(one, _)| *one == generation).map(|(_, age)| *age);
            assert!(age.is_some_and(|age| age >= least && age <= most), "hour {hour}: {ages:?}");
        };
        within(Generation::Hour, TimeDelta::zero(), TimeDelta::zero());
        if hour > 24 {
            within(Generation::Day, TimeDelta::hours(4), TimeDelta::hours(28));
        }
        if hour > 24 * 9 {
            within(Generation::Week, TimeDelta::days(1), TimeDelta::days(9));
        }
    }
    assert_eq!(ages.len(), 3);
    // The journal reaches back to the oldest of them, and no further.
    let segments = fs::read_dir(dir.path().join("journal")).unwrap().count();
    assert!((6..6 * 10).contains(&segments), "{segments}");
    assert_eq!(store.back_up(at(24 * 21 * 3_600)).unwrap(), BackedUp::Unchanged);
}

#[test]
fn a_contact_that_came_from_a_file_is_not_in_the_journal_until_somebody_writes_about_it() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, store, _) = open(dir.path(), 0);
    let origin = Origin { source: "lista".into(), external_id: Some("7".into()) };
    let mut imported = Contact { typed: Default::default(), origin: Some(origin), ..person(7) };
    imported.phones[0].source = Some("lista".into());
    store.save_contact(&imported, at(1)).unwrap();
    assert!(!dir.path().join("journal").exists());
    store
        .change_interaction(&InteractionRef::New, at(2), |_, _| {
            let interaction = Interaction::begun(InteractionId(Uuid::from_u128(9)), None, Some(imported.id), at(2));
            Ok::<_, ()>(Kept { interaction, records: Vec::new(), do_not_call: None, new_contact: None })
        })
        .unwrap()
        .unwrap();
    store.close().unwrap();
    drop(folder);
    fs::remove_file(dir.path().join("timbre.db")).unwrap();
    let (_folder, store, _) = open(dir.path(), 3);
    assert_eq!(store.contact(imported.id).unwrap(), Some(imported.clone()));
    assert_eq!(store.contacts_by_number(&imported.phones[0].number).unwrap(), [imported]);
}

#[test]
fn what_a_person_deleted_does_not_come_back_with_a_restore() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, store, _) = open(dir.path(), 0);
    work(&store, 1);
    store.back_up(at(5)).unwrap();
    assert!(store.remove_contact(person(1).id).unwrap());
    store.close().unwrap();
    drop(folder);
    fs::write(dir.path().join("timbre.db"), b"").unwrap();
    let (_folder, store, _) = open(dir.path(), 9);
    assert_eq!(store.contact(person(1).id).unwrap(), None);
    assert_eq!(store.search_contacts("Persona", Country::CR, 9).unwrap(), []);
}

/// Takes the last lines off the journal, as if the process had died before it wrote them.
fn forget_lines(dir: &Path, count: usize) {
    let mut files: Vec<_> = fs::read_dir(dir.join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let last = files.pop().unwrap();
    let text = fs::read_to_string(&last).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let kept = lines.len().saturating_sub(count).max(1);
    fs::write(&last, lines[..kept].concat()).unwrap();
}

#[test]
fn a_process_that_dies_between_a_commit_and_its_line_in_the_journal_leaves_a_healthy_database_that_is_taken_for_one() {
    for missing in 0..6 {
        for rounds in 1..4 {
            let dir = tempfile::tempdir().unwrap();
            let mut n = 0;
            for _ in 0..rounds {
                let (folder, store, report) = open(dir.path(), 100);
                assert_eq!(report.set_aside, None, "{missing} lines, {rounds} rounds");
                n += 1;
                work(&store, n);
                // It dies: nothing is closed.
                drop((store, folder));
                forget_lines(dir.path(), missing);
            }
            let (folder, store, report) = open(dir.path(), 200);
            assert_eq!((report.set_aside, report.journal.lost), (None, 0), "{missing} lines, {rounds} rounds");
            let before = typed(&store);
            assert_eq!(before.results.len(), usize::try_from(n).unwrap());
            store.close().unwrap();
            drop(folder);
            if missing > 1 {
                continue;
            }
            // The one line that can be missing is there again: without any backup the journal has everything.
            fs::write(dir.path().join("timbre.db"), b"").unwrap();
            let (_folder, store, report) = open(dir.path(), 300);
            assert!(report.set_aside.is_some());
            assert_eq!(report.journal.lost, 0);
            assert_eq!(typed(&store), before);
        }
    }
}
