//! Taking in rows: known again, tried out, interrupted, by the thousand, and taken back.

use std::collections::VecDeque;

use timbre_domain::contact::{Origin, PhoneKind};
use timbre_domain::error::ErrorCode;
use timbre_domain::number::{Country, PhoneNumber};

use uuid::Uuid;

use super::super::super::testing::{TestStore, at, store};
use super::*;

fn person(n: u32, external_id: Option<&str>) -> Contact {
    let number = PhoneNumber::typed(&format!("8{n:07}"), Country::CR).unwrap();
    Contact {
        name: format!("Persona {n}"),
        phones: vec![ContactPhone { number, kind: PhoneKind::Mobile, source: Some("crm".into()) }],
        emails: vec![format!("p{n}@example.com")],
        origin: Some(Origin { source: "crm".into(), external_id: external_id.map(str::to_owned) }),
        ..Contact::empty(ContactId(Uuid::now_v7()))
    }
}

/// Somebody whose number is no one else's.
fn with_mobile() -> Contact {
    let number = PhoneNumber::typed("8884-8787", Country::CR).unwrap();
    Contact {
        phones: vec![ContactPhone { number, kind: PhoneKind::Mobile, source: Some("crm".into()) }],
        ..person(1, None)
    }
}

fn record() -> ImportRecord {
    ImportRecord::begun("contactos.csv".to_owned(), "crm".to_owned(), at(0))
}

fn rows(contacts: impl IntoIterator<Item = Contact>) -> VecDeque<ImportRow> {
    let row = |(contact, row)| ImportRow { row, contact: Some(Prepared::new(contact)), own_id: false, again: false };
    contacts.into_iter().zip(1..).map(row).collect()
}

fn import(store: &TestStore, contacts: impl IntoIterator<Item = Contact>) -> ImportRecord {
    let (mut record, mut rows) = (record(), rows(contacts));
    while store.import_rows(&mut record, &mut |_| rows.pop_front(), MergeRule::default(), at(1)).unwrap() {}
    record
}

fn counts(record: &ImportRecord) -> (u64, u64, u64) {
    (record.added, record.changed, record.unchanged)
}

#[test]
fn the_same_file_again_changes_nothing_and_a_new_number_updates() {
    let store = store();
    let people = || (0..50).map(|n| person(n, (n % 2 == 0).then(|| n.to_string()).as_deref()));
    assert_eq!(counts(&import(&store, people())), (50, 0, 0));
    assert_eq!(counts(&import(&store, people())), (0, 0, 50));
    let moved = Contact { phones: person(99, None).phones, ..person(4, Some("4")) };
    assert_eq!(counts(&import(&store, [moved])), (0, 1, 0));
    let number = |n: u32| PhoneNumber::typed(&format!("8{n:07}"), Country::CR).unwrap();
    assert_eq!(store.contacts_by_number(&number(99)).unwrap()[0].name, "Persona 4");
    assert_eq!(store.contacts_by_number(&number(4)).unwrap(), [], "a number that is given up leads to nobody");
    assert_eq!(store.count_contacts().unwrap(), 50);
}

#[test]
fn a_row_that_comes_twice_in_one_file_is_one_contact_and_a_trial_says_so_too() {
    let store = store();
    let twice = || [person(1, None), person(2, None), person(1, None)];
    let mut trial = store.trial().unwrap();
    let (mut tried, mut coming) = (record(), rows(twice()));
    let mut merges = Vec::new();
    let (rule, mut next) = (MergeRule::default(), |_: Option<ImportRow>| coming.pop_front());
    while trial.import_rows(&mut tried, &mut next, rule, at(1), &mut |note| merges.push(note)).unwrap() {}
    assert_eq!(counts(&tried), (2, 0, 1));
    assert_eq!(
        merges.iter().map(|note| (note.row, note.same_as_row, note.by)).collect::<Vec<_>>(),
        [(3, Some(1), MergedBy::Number)]
    );
    assert_eq!(store.count_contacts().unwrap(), 0, "a trial keeps nothing");
    assert_eq!(counts(&import(&store, twice())), (2, 0, 1));
}

#[test]
fn rows_of_one_name_and_number_cost_no_more_the_more_there_are() {
    let took = |count: u32, contact: fn(u32) -> Contact| {
        let store = store();
        let begun = std::time::Instant::now();
        import(&store, (0..count).map(contact));
        (begun.elapsed(), store.count_contacts().unwrap())
    };
    // An address of its own in each row, all of one person; an id of its own in each, all namesakes; a switchboard.
    let one: fn(u32) -> Contact = |n| Contact { emails: vec![format!("p{n}@example.com")], ..with_mobile() };
    let namesakes: fn(u32) -> Contact = |n| person(1, Some(&n.to_string()));
    let switchboard: fn(u32) -> Contact =
        |n| Contact { name: format!("Persona {n}"), emails: Vec::new(), ..person(1, None) };
    for (contact, contacts) in [(one, 1), (namesakes, 1_200), (switchboard, 1_200)] {
        let (few, _) = took(300, contact);
        let (many, there) = took(1_200, contact);
        assert_eq!(there, contacts);
        // What a contact has grows with the rows that are about it; all else does not.
        assert!(many < few * 14 + std::time::Duration::from_secs(1), "{few:?} for 300, {many:?} for 1,200");
    }
}

#[test]
fn an_import_is_taken_back_and_what_was_done_since_is_kept_and_told() {
    let store = store();
    let number = |text: &str| PhoneNumber::typed(text, Country::CR).unwrap();
    let known = Contact { name: "Persona 7".into(), ..with_mobile() };
    import(&store, [known.clone()]);
    let before = store.contact(known.id).unwrap().unwrap();
    let emails = vec!["more@example.com".into()];
    let more = Contact { name: "Persona 7".into(), emails, company: "Valle".into(), ..with_mobile() };
    let people: Vec<Contact> = (2..7).map(|n| person(n, None)).chain([more]).collect();
    let ids: Vec<ContactId> = people.iter().map(|contact| contact.id).collect();
    let mut record = ImportRecord::begun("segunda.csv".to_owned(), "crm".to_owned(), at(5));
    let mut coming = rows(people);
    while store.import_rows(&mut record, &mut |_| coming.pop_front(), MergeRule::default(), at(6)).unwrap() {}
    assert_eq!(counts(&record), (5, 1, 0));
    store
        .change_contact(
            ids[1],
            at(8),
            |_| Vec::new(),
            |contact| Ok::<_, ()>(Contact { name: "Otra".into(), ..contact }),
        )
        .unwrap();
    store.contact_used(ids[2], at(9)).unwrap();
    store.remove_contact(ids[3]).unwrap();
    let undone = store.undo_import(record.id, at(10)).unwrap().unwrap();
    assert_eq!((undone.removed, undone.restored, undone.kept), (2, 1, 3));
    let kept: Vec<_> = undone.kept_contacts.iter().map(|kept| (kept.id, kept.why)).collect();
    assert_eq!(kept, [(ids[1], WhyKept::ChangedSince), (ids[2], WhyKept::UsedSince), (ids[3], WhyKept::GoneSince)]);
    assert_eq!(store.contact(known.id).unwrap().unwrap(), before);
    assert_eq!(store.contacts_by_number(&number("80000002")).unwrap(), [], "nobody is found who was taken back");
    assert_eq!(store.search_contacts("valle", Country::CR, 9).unwrap(), []);
    assert_eq!(store.undo_import(record.id, at(11)).unwrap(), Err(CannotUndo::Already));
    assert_eq!(store.undo_import(Uuid::nil(), at(11)).unwrap(), Err(CannotUndo::Unknown));
}

#[test]
fn a_contact_that_was_changed_since_loses_what_the_import_brought_and_keeps_what_a_person_did() {
    let store = store();
    import(&store, [person(7, None)]);
    let mut more = person(7, None);
    more.phones.push(ContactPhone {
        number: PhoneNumber::typed("22223333", Country::CR).unwrap(),
        kind: PhoneKind::Work,
        source: Some("crm".into()),
    });
    more.company = "Valle".into();
    more.fields.insert("cedula".into(), "1".into());
    let record = import(&store, [more]);
    let id = store.contacts_view().unwrap().after(None).unwrap()[0].id;
    store
        .change_contact(
            id,
            at(8),
            |_| Vec::new(),
            |contact| Ok::<_, ()>(Contact { company: "Otra".into(), owner: Some("Eva".into()), ..contact }),
        )
        .unwrap();
    let undone = store.undo_import(record.id, at(10)).unwrap().unwrap();
    assert_eq!((undone.removed, undone.restored, undone.kept), (0, 0, 1));
    let now = store.contact(id).unwrap().unwrap();
    assert_eq!((now.company.as_str(), now.owner.as_deref()), ("Otra", Some("Eva")));
    assert_eq!((now.phones.len(), now.fields.len()), (1, 0), "{now:?}");
}

#[test]
fn imports_are_taken_back_one_after_the_other_from_the_last_one() {
    let store = store();
    let first = import(&store, [person(7, None)]);
    let second = import(&store, [Contact { company: "Valle".into(), ..person(7, None) }]);
    let undo = |record: &ImportRecord| store.undo_import(record.id, at(10)).unwrap().unwrap();
    assert_eq!(undo(&second).restored, 1);
    assert_eq!(undo(&first).removed, 1);
    assert_eq!(store.count_contacts().unwrap(), 0);
}

#[test]
fn contacts_that_a_person_merged_stay_one_when_their_records_come_again() {
    let store = store();
    let people = || [person(1, Some("1")), person(2, Some("2")), person(3, Some("3"))];
    import(&store, people());
    let ids: Vec<ContactId> =
        store.contacts_view().unwrap().after(None).unwrap().iter().map(|contact| contact.id).collect();
    store.merge_contacts(ids[1], &[ids[2]], at(2), |_| Vec::new()).unwrap().unwrap();
    store.merge_contacts(ids[0], &[ids[1]], at(2), |_| Vec::new()).unwrap().unwrap();
    assert_eq!(counts(&import(&store, people())), (0, 0, 3));
    assert_eq!(counts(&import(&store, people())), (0, 0, 3));
    assert_eq!(store.count_contacts().unwrap(), 1);
    let one = store.contact(ids[0]).unwrap().unwrap();
    assert_eq!((one.phones.len(), one.emails.len()), (3, 3), "{one:?}");
}

#[test]
fn the_record_says_how_far_it_came_and_is_found_again() {
    let store = store();
    let mut done = import(&store, (0..3).map(|n| person(n, None)));
    assert_eq!((done.rows, done.finished_at), (3, None));
    assert_eq!(store.imports(9).unwrap(), std::slice::from_ref(&done));
    done.finished_at = Some(at(2));
    store.save_import(&done).unwrap();
    assert_eq!(store.imports(9).unwrap(), [done]);
}

#[test]
fn a_full_disk_loses_no_stretch_that_was_told_and_keeps_none_that_was_not() {
    let store = store();
    let limit = |pages: i64| -> i64 {
        store.writer().query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).unwrap()
    };
    let used: i64 = store.writer().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    limit(used + 60);
    let (mut record, mut rows) = (record(), rows((0..5_000).map(|n| person(n, None))));
    let mut left = 100;
    let failed = loop {
        // Stretches of a hundred rows.
        let mut next = |_| (left > 0).then(|| rows.pop_front()).flatten().inspect(|_| left -= 1);
        match store.import_rows(&mut record, &mut next, MergeRule::default(), at(1)) {
            Ok(true) => left = 100,
            Ok(false) => panic!("the disk was not full"),
            Err(error) => break error,
        }
    };
    assert_eq!(failed.code(), ErrorCode::DiskFull, "{failed}");
    assert!(record.rows > 0 && record.rows % 100 == 0, "{record:?}");
    assert_eq!(store.count_contacts().unwrap(), record.rows);
    assert_eq!(store.imports(1).unwrap(), std::slice::from_ref(&record));
    limit(i64::from(u32::MAX) - 1);
    let all = import(&store, (0..5_000).map(|n| person(n, None)));
    assert_eq!(counts(&all), (5_000 - record.rows, 0, record.rows), "the second run brings the rest");
}

#[test]
fn another_writer_does_not_wait_for_the_end_of_an_import() {
    let store = store();
    let (mut record, mut rows) = (record(), rows((0..2_000).map(|n| person(n, None))));
    let mut stretches = 0;
    std::thread::scope(|scope| {
        let mut writer = None;
        let mut next = |_| {
            // In the middle of a stretch, with the lock held, somebody else wants to write.
            if writer.is_none() && rows.len() == 1_500 {
                writer = Some(scope.spawn(|| store.set_setting("call", &true).unwrap()));
                while !store.turns.others_wait() {
                    std::thread::yield_now();
                }
            }
            rows.pop_front()
        };
        while store.import_rows(&mut record, &mut next, MergeRule::default(), at(1)).unwrap() {
            stretches += 1;
            if stretches == 1 {
                assert!(record.rows < 600, "the stretch went on to row {} while a writer waited", record.rows);
            }
        }
    });
    assert_eq!((record.rows, store.setting("call").unwrap()), (2_000, Some(true)));
}
