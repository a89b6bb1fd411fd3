use timbre_domain::contact::{Contact, ContactId, ContactPart, ContactPhone, Origin, PhoneKind};
use timbre_domain::crm::{IdPage, Receipt};
use timbre_domain::interaction::{Interaction, InteractionId};
use timbre_domain::name::ConnectorName;
use timbre_domain::number::{Country, PhoneNumber};
use uuid::Uuid;

use super::super::testing::{TestStore, at, store};
use super::*;
use crate::{Gone, InteractionRef, Kept, OutboxFilter, Prepared};

fn crm() -> ConnectorName {
    "crm".parse().unwrap()
}

fn phone(text: &str, source: Option<&str>) -> ContactPhone {
    let number = PhoneNumber::typed(text, Country::CR).unwrap();
    ContactPhone { number, kind: PhoneKind::Mobile, source: source.map(str::to_owned) }
}

fn record(id: &str, name: &str, numbers: &[&str]) -> Contact {
    Contact {
        name: name.into(),
        phones: numbers.iter().map(|text| phone(text, Some("crm"))).collect(),
        origin: Some(Origin { source: "crm".into(), external_id: Some(id.into()) }),
        ..Contact::empty(ContactId(Uuid::now_v7()))
    }
}

fn pulled(contact: Contact, complete: bool) -> Pulled {
    Pulled { contact: Prepared::new(contact), complete }
}

fn cursor(n: u32) -> Cursor {
    Cursor([("n".to_owned(), n.to_string())].into())
}

fn save(store: &TestStore, contacts: Vec<Pulled>, n: u32) -> Taken {
    store.save_page(&crm(), contacts, &cursor(n), true, store.contact_pushes(), at(1)).unwrap().unwrap()
}

fn whole(store: &TestStore, id: &str, name: &str, numbers: &[&str]) -> Taken {
    save(store, vec![pulled(record(id, name, numbers), true)], 1)
}

fn all(store: &TestStore) -> Vec<Contact> {
    store.contacts_view().unwrap().after(None).unwrap()
}

fn numbers(contact: &Contact) -> Vec<&str> {
    contact.phones.iter().map(|phone| phone.number.raw()).collect()
}

fn typed(contact: &mut Contact, name: &str) {
    contact.name = name.into();
    contact.typed.insert(ContactPart::Name);
}

#[test]
fn a_record_is_known_by_its_id_and_what_has_nothing_new_is_not_written() {
    let store = store();
    assert_eq!(whole(&store, "1", "Ana", &["88880001"]), Taken { added: 1, ..Taken::default() });
    assert_eq!(whole(&store, "1", "Ana", &["88880001"]), Taken { unchanged: 1, ..Taken::default() });
    assert_eq!(whole(&store, "1", "Ana R.", &["88880002"]), Taken { changed: 1, ..Taken::default() });
    assert_eq!((all(&store)[0].name.as_str(), numbers(&all(&store)[0])), ("Ana R.", vec!["88880002"]));
    let state = store.sync_state(&crm()).unwrap();
    assert_eq!((state.cursor, state.pages, state.contacts), (Some(cursor(1)), 3, 3));
}

#[test]
fn two_records_of_one_crm_with_one_name_and_number_are_two_contacts() {
    let store = store();
    whole(&store, "1", "Ana", &["88880001"]);
    whole(&store, "2", "Ana", &["88880001"]);
    assert_eq!(all(&store).len(), 2);
}

#[test]
fn a_contact_of_another_program_becomes_known_to_the_crm_and_to_one_record_of_it_only() {
    let store = store();
    let mut ours = record("g1", "Ana", &[]);
    ours.phones = vec![phone("88880001", Some("google"))];
    ours.origin = Some(Origin { source: "google".into(), external_id: Some("g1".into()) });
    store.save_contact(&ours, at(0)).unwrap();
    whole(&store, "1", "Ana", &["88880001", "22220001"]);
    whole(&store, "1", "Ana Rojas", &["88880001", "22220002"]);
    assert_eq!(all(&store).len(), 1);
    let ana = &all(&store)[0];
    assert_eq!(ana.name, "Ana Rojas");
    assert_eq!(numbers(ana), ["88880001", "22220002"], "its numbers of the CRM are replaced");
    assert_eq!(ana.origin, ours.origin);
    whole(&store, "2", "Ana Rojas", &["88880001"]);
    assert_eq!(all(&store).len(), 2, "another record with the same name and number is another contact");
    let (missing, gone) = (store.missing(&crm(), None).unwrap(), store.contact_gone(&crm(), "1", at(2)).unwrap());
    assert_eq!((missing.ids, gone), (vec!["1".to_owned(), "2".to_owned()], Gone::Kept), "google still has it");
}

#[test]
fn a_record_that_a_person_merged_into_another_adds_and_takes_nothing_away() {
    let store = store();
    whole(&store, "1", "Ana", &["88880001"]);
    whole(&store, "2", "Ana Rojas", &["88880002"]);
    let [one, two] = [0, 1].map(|n| all(&store)[n].id);
    store.merge_contacts(one, &[two], at(2), |_| Vec::new()).unwrap().unwrap();
    whole(&store, "2", "Ana Rojas", &["88880003"]);
    assert_eq!(all(&store)[0].name, "Ana");
    assert_eq!(numbers(&all(&store)[0]), ["88880001", "88880002", "88880003"]);
    assert_eq!(store.contact_gone(&crm(), "1", at(3)).unwrap(), Gone::Kept);
    assert_eq!(all(&store)[0].origin.as_ref().unwrap().external_id.as_deref(), Some("2"), "the other record goes on");
}

#[test]
fn a_list_takes_no_telephone_away_and_has_a_contact_with_news_fetched() {
    let store = store();
    save(&store, vec![pulled(record("1", "Ana", &["88880001"]), false)], 1);
    assert_eq!(store.details_left(&crm()).unwrap(), 1);
    let fetched = vec![pulled(record("1", "Ana", &["88880001", "22220001"]), true)];
    store.save_pulled(&crm(), fetched, true, store.contact_pushes(), at(2)).unwrap().unwrap();
    store.end_pass(&crm(), at(3)).unwrap();
    assert_eq!(store.next_detail(&crm()).unwrap(), None);
    save(&store, vec![pulled(record("1", "Ana R.", &["88880009"]), false)], 2);
    let ana = &all(&store)[0];
    assert_eq!((ana.name.as_str(), numbers(ana)), ("Ana R.", vec!["88880001", "22220001", "88880009"]));
    assert_eq!(store.next_detail(&crm()).unwrap().unwrap().id, "1");
}

#[test]
fn what_a_pass_reads_again_is_fetched_only_where_the_pass_brings_news() {
    let store = store();
    let again = |n| {
        save(&store, vec![pulled(record("1", "Ana", &["88880001"]), false)], n);
        store.end_pass(&crm(), at(3)).unwrap();
        let left = store.details_left(&crm()).unwrap();
        store.detail_done(&crm(), "1").unwrap();
        left
    };
    assert_eq!(again(1), 1, "it is new");
    assert_eq!(again(1), 0, "the pass ended where it began");
    assert_eq!(again(2), 1, "one of its telephones may have changed");
    assert_eq!(store.sync_state(&crm()).unwrap().pages, 0);
}

#[test]
fn a_contact_that_somebody_looks_at_is_fetched_first() {
    let store = store();
    let list = ["1", "2", "3"].map(|id| pulled(record(id, id, &["88880001"]), false));
    save(&store, list.to_vec(), 1);
    let third = all(&store)[2].id;
    assert_eq!(store.hurry_details(third).unwrap(), [crm()]);
    assert_eq!(store.hurry_details(third).unwrap(), [], "it is asked for already");
    assert_eq!(store.next_detail(&crm()).unwrap(), Some(details::Detail { id: "3".into(), urgent: true }));
}

#[test]
fn an_answer_from_before_a_push_is_not_taken_in() {
    let store = store();
    whole(&store, "1", "Ana", &["88880001"]);
    let asked = store.contact_pushes();
    let id = all(&store)[0].id;
    let change = |mut contact: Contact| {
        typed(&mut contact, "Ana Rojas");
        Ok::<_, ()>(contact)
    };
    let changed = store.change_contact(id, at(2), |_| vec![crm()], change).unwrap().unwrap().unwrap();
    let item = &changed.1[0];
    assert_eq!(item.remote_id.as_deref(), Some("1"), "what came from there is amended there");
    store.outbox_begin(item.id, at(2), at(62)).unwrap().unwrap();
    store.outbox_sent(item.id, &Receipt::of("1"), &everything(), at(3)).unwrap();
    assert!(all(&store)[0].typed.is_empty());
    let old = || vec![pulled(record("1", "Ana", &["88880001"]), true)];
    assert_eq!(store.save_page(&crm(), old(), &cursor(9), true, asked, at(4)).unwrap(), None);
    assert_eq!(store.save_pulled(&crm(), old(), true, asked, at(4)).unwrap(), None);
    assert_eq!(all(&store)[0].name, "Ana Rojas");
    assert_eq!(store.sync_state(&crm()).unwrap().cursor, Some(cursor(1)));
}

#[test]
fn a_record_that_comes_before_the_receipt_of_its_push_does_not_stay_a_second_contact() {
    let store = store();
    let mut ours = record("x", "Ana", &[]);
    (ours.origin, ours.phones) = (None, vec![phone("88880001", None)]);
    typed(&mut ours, "Ana");
    let item = store.add_contact(&ours, &[crm()], at(0)).unwrap().remove(0);
    store.outbox_begin(item.id, at(1), at(61)).unwrap().unwrap();
    // The CRM writes names in its own way.
    whole(&store, "7", "ROJAS Ana", &["88880001"]);
    assert_eq!(all(&store).len(), 2);
    store.outbox_sent(item.id, &Receipt::of("7"), &everything(), at(2)).unwrap();
    assert_eq!(all(&store).len(), 1);
    assert_eq!((all(&store)[0].id, all(&store)[0].phones.len()), (ours.id, 1));
    whole(&store, "7", "ROJAS Ana", &["88880002"]);
    assert_eq!(numbers(&all(&store)[0]), ["88880002"]);
}

#[test]
fn what_the_crm_has_as_well_when_it_comes_is_amended_there_and_not_made_twice() {
    let store = store();
    let mut ours = record("x", "Ana", &[]);
    (ours.origin, ours.phones) = (None, vec![phone("88880001", None)]);
    store.add_contact(&ours, &[crm()], at(0)).unwrap();
    whole(&store, "7", "Ana", &["88880001"]);
    assert_eq!(store.outbox(&OutboxFilter::default()).unwrap()[0].remote_id.as_deref(), Some("7"));
}

#[test]
fn what_the_crm_did_not_show_is_missing_and_what_came_meanwhile_is_not() {
    let store = store();
    for n in 1..=3 {
        whole(&store, &n.to_string(), "Ana", &["88880001"]);
    }
    store.begin_reconciliation(&crm()).unwrap();
    whole(&store, "4", "Eva", &["88880004"]);
    let page = IdPage { ids: vec!["1".into(), "9".into()], cursor: cursor(5), more: false, counted: None };
    store.saw_ids(&crm(), &page).unwrap();
    let state = store.sync_state(&crm()).unwrap();
    assert_eq!(state.reconciliation, Some(Reconciliation::Confirming(None)));
    let missing = store.missing(&crm(), None).unwrap();
    assert_eq!(missing, deletions::Missing { ids: vec!["2".into(), "3".into()], up_to: Some("4".into()) });
    assert_eq!(store.missing(&crm(), Some("4")).unwrap().up_to, None);
    assert_eq!(store.next_detail(&crm()).unwrap().unwrap().id, "9", "what is not known here is asked for");
    store.end_reconciliation(&crm(), at(5)).unwrap();
    let state = store.sync_state(&crm()).unwrap();
    assert_eq!((state.reconciliation, state.reconciled_at), (None, Some(at(5))));
}

#[test]
fn a_contact_that_is_gone_there_goes_here_unless_an_agent_wrote_something() {
    let store = store();
    for n in 1..=5 {
        whole(&store, &n.to_string(), &format!("Ana {n}"), &[&format!("8888000{n}")]);
    }
    let ids: Vec<_> = all(&store).iter().map(|contact| contact.id).collect();
    let edit = |id, tell: Vec<ConnectorName>, change: fn(&mut Contact)| {
        let change = |mut contact: Contact| {
            change(&mut contact);
            Ok::<_, ()>(contact)
        };
        store.change_contact(id, at(2), |_| tell, change).unwrap().unwrap().unwrap()
    };
    edit(ids[1], vec![], |contact| typed(contact, "Anita"));
    edit(ids[2], vec![], |contact| contact.phones.push(phone("22220003", None)));
    edit(ids[3], vec![crm()], |contact| contact.company = "Valle".into());
    let about = |_: Option<Interaction>, _| {
        let interaction = Interaction::begun(InteractionId(Uuid::now_v7()), None, Some(ids[4]), at(2));
        Ok::<_, ()>(Kept { interaction, records: vec![], do_not_call: None, new_contact: None })
    };
    store.change_interaction(&InteractionRef::New, at(2), about).unwrap().unwrap();
    let became = |id: &str| store.contact_gone(&crm(), id, at(3)).unwrap();
    assert_eq!(
        ["1", "2", "3", "4", "5", "6"].map(became),
        [Gone::Removed, Gone::Kept, Gone::Kept, Gone::Kept, Gone::Kept, Gone::NotHere]
    );
    let left = all(&store);
    assert_eq!(left.iter().map(|contact| contact.id).collect::<Vec<_>>(), ids[1..]);
    assert!(left.iter().all(|contact| contact.origin.is_none() && contact.phones.iter().all(|p| p.source.is_none())));
    assert_eq!(store.missing(&crm(), None).unwrap().ids, Vec::<String>::new());
}

#[test]
fn a_page_makes_way_for_a_call_and_its_cursor_comes_with_its_end() {
    let store = store();
    let list = ["1", "2", "3"].map(|id| pulled(record(id, id, &["88880001"]), true));
    let (connector, asked) = (crm(), store.contact_pushes());
    let mut page = Page {
        connector: &connector,
        contacts: list.to_vec().into(),
        fetches: true,
        asked,
        now: at(1),
        urgent: false,
        taken: Taken::default(),
    };
    let stretch = store.write(|tx| store.take_in(tx, &|| true, &mut page)).unwrap();
    assert_eq!((stretch, page.taken.added, page.contacts.len()), (Stretch::MakesWay, 1, 2));
    assert_eq!((all(&store).len(), store.sync_state(&crm()).unwrap()), (1, SyncState::default()));
    // Killed here, the page comes again.
    let taken = save(&store, list.to_vec(), 1);
    assert_eq!((taken, store.sync_state(&crm()).unwrap().pages), (Taken { added: 2, changed: 0, unchanged: 1 }, 1));
}

/// The parts of a contact that these tests' CRM is told of.
fn everything() -> std::collections::BTreeSet<ContactPart> {
    ContactPart::OF_RECORDS.into()
}
