//! What a PUT carries, through the file that comes with Timbre.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, json};
use timbre_domain::contact::{Contact, ContactId, ContactPart};
use timbre_domain::crm::{Content, RecordRequest};
use timbre_domain::number::Country;
use timbre_domain::outbox::{RecordKind, RequestId};
use uuid::Uuid;

use super::*;
use crate::connector::{Body, Connector};
use crate::merge::{self, Lists};
use crate::{BUILT_IN, samples, template_vars};

fn espocrm() -> Connector {
    Connector::load(BUILT_IN[0].1, BUILT_IN[0].0).unwrap_or_else(|error| panic!("{error}"))
}

/// The contact as it came here.
fn synced(connector: &Connector, record: &Json, country: Country) -> Contact {
    let vars = samples::settings(&connector.settings, false);
    let remote = read::contact(connector.contact.as_ref().unwrap(), record, &vars).unwrap().unwrap();
    remote.into_contact(&"crm".parse().unwrap(), ContactId(Uuid::nil()), country)
}

fn theirs<'a>(connector: &'a Connector, record: &'a Json, country: Country) -> Theirs<'a> {
    Theirs { shape: connector.contact.as_ref().unwrap(), country, source: "crm", record: Some(record) }
}

/// The body that tells the CRM of a change.
fn put(connector: &Connector, record: &Json, country: Country, contact: Contact) -> Json {
    let mut changed: BTreeSet<ContactPart> = contact.typed.clone();
    changed.insert(ContactPart::Phones);
    let report = ContactReport { contact, changed };
    let theirs = theirs(connector, record, country);
    let lists = Lists { phones: phones(&theirs, &report), emails: merge::emails(&theirs, &report) };
    let order = RecordRequest {
        request_id: RequestId(Uuid::nil()),
        remote_id: Some("1".to_owned()),
        despite_duplicate: false,
        proven: false,
        content: Content::Contact(Box::new(report)),
    };
    let vars = template_vars::vars(&samples::settings(&connector.settings, false), &order, &lists);
    let amend = connector.records[&RecordKind::Contact].amend.as_ref().unwrap();
    let Some(Body::Json(body)) = &amend.body else { panic!("an amend has a body") };
    body.render(&vars).unwrap().unwrap()
}

fn country(text: &str) -> Country {
    text.parse().unwrap()
}

fn entry(number: &str, kind: &str, [primary, opt_out, invalid]: [bool; 3]) -> Json {
    json!({"phoneNumber": number, "type": kind, "primary": primary, "optOut": opt_out, "invalid": invalid})
}

fn record(entries: &[Json]) -> Json {
    json!({"id": "1", "name": "Ana", "phoneNumber": entries.first().map(|one| one["phoneNumber"].clone()),
        "phoneNumberData": entries})
}

/// One telephone as people, imports and older versions left it in a CRM.
fn written() -> impl Strategy<Value = String> {
    let forms = prop::sample::select(vec![
        "(81) 99493-0853",
        "(21) 4799-5635",
        "21 4799 5635",
        "8884-8787",
        "+506 8884-8787",
        "+50688848787",
        "506 8884 8787",
        "00506 2222 3333",
        "+55 11 98765-4321",
        "011 15 2345-6789",
        "044 55 1234 5678",
        "2222-3333 ext. 12",
        "2222/3334",
        "1155",
        "9999-1234",
        "51902871550",
        " 2244-5566 ",
        "anónimo",
        "llamar a la oficina",
    ])
    .prop_map(str::to_owned);
    prop_oneof![3 => forms, 1 => "[+(]?[0-9]{1,4}[) .-]{0,2}[0-9]{2,6}[ .-]?[0-9]{2,5}( ext\\. [0-9]{1,3})?"]
}

fn stored() -> impl Strategy<Value = Vec<Json>> {
    let kind = prop::sample::select(vec!["Mobile", "Office", "Home", "Fax", "Other", "WhatsApp"]);
    prop::collection::vec((written(), kind, any::<[bool; 2]>()), 0..6).prop_map(|entries| {
        let mut seen = BTreeSet::new();
        let entries = entries.into_iter().filter(|(number, ..)| seen.insert(number.clone())).enumerate();
        entries.map(|(at, (number, kind, [out, invalid]))| entry(&number, kind, [at == 0, out, invalid])).collect()
    })
}

#[derive(Debug, Clone)]
enum Change {
    Nothing,
    Add(String, PhoneKind),
    Remove(usize),
    Kind(usize, PhoneKind),
    First(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let kind = || prop::sample::select(PhoneKind::ALL.to_vec());
    prop_oneof![
        Just(Change::Nothing),
        (prop::sample::select(vec!["4000-1000", "+34 637 187 759", "+506 7000 0001"]), kind())
            .prop_map(|(text, kind)| Change::Add(text.to_owned(), kind)),
        (0..6usize).prop_map(Change::Remove),
        (0..6usize, kind()).prop_map(|(at, kind)| Change::Kind(at, kind)),
        (0..6usize).prop_map(Change::First),
    ]
}

fn without(one: &Json, key: &str) -> Map<String, Json> {
    let mut map = one.as_object().unwrap().clone();
    map.remove(key);
    map
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_nobody_touched_goes_out_to_the_letter(
        stored in stored(),
        change in change(),
        home in prop::sample::select(vec!["CR", "BR", "AR", "MX", "CL", "UY", "US", "ES"]),
    ) {
        let (connector, country) = (espocrm(), country(home));
        let record = record(&stored);
        let before = synced(&connector, &record, country);
        let mut contact = before.clone();
        let (mut touched, mut added) = (Vec::new(), None);
        match &change {
            Change::Nothing => {}
            Change::Add(text, kind) => {
                let number = PhoneNumber::typed(text, country).unwrap();
                prop_assume!(before.phones.iter().all(|phone| phone.number.key() != number.key()));
                contact.phones.push(ContactPhone { number, kind: *kind, source: None });
                added = Some(text);
            }
            Change::Remove(at) => {
                prop_assume!(*at < before.phones.len());
                let gone = contact.phones.remove(*at);
                contact.phones.retain(|phone| phone.number.key() != gone.number.key());
                contact.typed.insert(ContactPart::removed_phone(&gone.number));
                touched.push(gone.number.key());
            }
            Change::Kind(at, kind) => {
                prop_assume!(*at < before.phones.len());
                contact.phones[*at].kind = *kind;
                contact.phones[*at].source = None;
                touched.push(contact.phones[*at].number.key());
            }
            Change::First(at) => {
                prop_assume!(*at < before.phones.len());
                contact.phones[..=*at].rotate_right(1);
                contact.typed.insert(ContactPart::FirstPhone);
            }
        }
        let body = put(&connector, &record, country, contact.clone());
        let list = body["phoneNumberData"].as_array().unwrap();

        // Whose key was touched may differ in what was changed; all others are there to the letter, and once.
        let shape = connector.contact.as_ref().unwrap();
        for (one, raw) in stored.iter().zip(there(&theirs(&connector, &record, country))) {
            prop_assert_eq!(&one["phoneNumber"], &raw.raw.written);
            let is_touched = raw.keys.iter().any(|key| touched.contains(key));
            let mut there = list.iter().filter(|sent| sent["phoneNumber"] == one["phoneNumber"]);
            let sent = there.next();
            prop_assert!(there.next().is_none());
            match (&change, is_touched) {
                (Change::Remove(_), true) => prop_assert!(sent.is_none(), "{} stays", one),
                (Change::Kind(..), true) => {
                    let sent = sent.unwrap();
                    let but_kind = |one: &Json| { let mut map = without(one, "type"); map.remove("primary"); map };
                    prop_assert_eq!(but_kind(sent), but_kind(one));
                }
                _ => prop_assert_eq!(sent.map(|sent| without(sent, "primary")), Some(without(one, "primary"))),
            }
        }
        if let Some(text) = added {
            let new = list.last().unwrap();
            let e164 = PhoneNumber::typed(text, country).unwrap();
            let expected = certain(text, country).unwrap_or_else(|| e164.raw().to_owned());
            prop_assert_eq!(new["phoneNumber"].as_str(), Some(expected.as_str()));
        }
        let gone = stored.len() + usize::from(added.is_some()) - list.len();
        prop_assert!(gone == 0 || matches!(change, Change::Remove(_)), "{} are missing", gone);

        // One comes first, and is told beside the list: theirs, unless it went or a person chose another.
        prop_assert_eq!(list.iter().filter(|one| one["primary"] == true).count(), usize::from(!list.is_empty()));
        let first = list.first().map_or_else(|| json!(""), |first| first["phoneNumber"].clone());
        prop_assert_eq!(&body["phoneNumber"], &first);
        if !matches!(change, Change::Remove(_) | Change::First(_)) && !stored.is_empty() {
            prop_assert_eq!(first, stored[0]["phoneNumber"].clone());
        }
        if let Change::First(_) = change {
            let wanted = contact.phones[0].number.key();
            let raw = read::phones(shape, &json!({"id": "1", "phoneNumberData": [list[0].clone()]}));
            let chosen = there(&theirs(&connector, &record, country));
            let chosen = chosen.iter().find(|one| one.raw.written == raw[0].written).unwrap();
            prop_assert!(chosen.keys.contains(&wanted));
        }
    }
}

#[test]
fn telephones_beside_a_brazilian_one_are_neither_japanese_nor_costa_rican() {
    let connector = espocrm();
    let stored = [
        entry("+5511987654321", "Mobile", [true, false, false]),
        entry("(81) 99493-0853", "Office", [false, true, false]),
        entry("(21) 4799-5635", "Home", [false, false, true]),
    ];
    let record = record(&stored);
    let mut contact = synced(&connector, &record, Country::CR);
    let keys: Vec<String> = contact.phones.iter().map(|phone| phone.number.key()).collect();
    assert_eq!(keys, ["+5511987654321", "+5581994930853", "+552147995635"], "they are found by what they are");
    let number = PhoneNumber::typed("+5511912345678", Country::CR).unwrap();
    contact.phones.push(ContactPhone { number, kind: PhoneKind::Mobile, source: None });
    let body = put(&connector, &record, Country::CR, contact);
    assert_eq!(body["phoneNumberData"].as_array().unwrap()[..3], stored);
}

#[test]
fn what_the_crm_took_away_since_stays_away() {
    let connector = espocrm();
    let before = record(&[
        entry("+50688848787", "Mobile", [true, false, false]),
        entry("2222-3333", "Office", [false, false, false]),
    ]);
    let mut contact = synced(&connector, &before, Country::CR);
    let number = PhoneNumber::typed("4000-1000", Country::CR).unwrap();
    contact.phones.push(ContactPhone { number, kind: PhoneKind::Work, source: None });
    let since = record(&[entry("+50688848787", "Mobile", [true, false, false])]);
    let body = put(&connector, &since, Country::CR, contact);
    let numbers: Vec<_> = body["phoneNumberData"].as_array().unwrap().iter().map(|one| &one["phoneNumber"]).collect();
    assert_eq!(numbers, ["+50688848787", "+50640001000"]);
}

#[test]
fn whoever_writes_out_what_was_a_guess_corrects_it_and_its_flags_stay() {
    let connector = espocrm();
    let stored = [
        entry("+5511987654321", "Mobile", [true, false, false]),
        entry("(81) 99493-0853", "WhatsApp", [false, true, false]),
    ];
    let record = record(&stored);
    let mut contact = synced(&connector, &record, Country::CR);
    contact.phones[1].number = PhoneNumber::typed("+55 81 99493-0853", Country::CR).unwrap();
    contact.phones[1].source = None;
    let body = put(&connector, &record, Country::CR, contact);
    assert_eq!(body["phoneNumberData"][1], entry("+5581994930853", "WhatsApp", [false, true, false]));
}

#[test]
fn only_what_leaves_no_doubt_is_written_in_e164_for_a_crm_that_takes_nothing_else() {
    let connector = espocrm();
    let with = |numbers: &[&str], added: Option<&str>| {
        let entries: Vec<Json> = numbers.iter().map(|number| entry(number, "Mobile", [false; 3])).collect();
        let record = record(&entries);
        let theirs = theirs(&connector, &record, Country::CR);
        let mut contact = synced(&connector, &record, Country::CR);
        contact.phones.extend(added.map(|added| ContactPhone {
            number: PhoneNumber::typed(added, Country::CR).unwrap(),
            kind: PhoneKind::Mobile,
            source: None,
        }));
        let list = phones(&theirs, &ContactReport { contact, changed: BTreeSet::new() });
        let numbers = |list: Vec<Phone>| list.iter().map(|phone| phone.number.as_str().unwrap().to_owned()).collect();
        in_e164(&list, &theirs).map(numbers) as Option<Vec<String>>
    };
    let of = |numbers: &[&str]| with(numbers, None);
    let some = |numbers: &[&str]| Some(numbers.iter().map(|number| (*number).to_owned()).collect::<Vec<_>>());
    assert_eq!(of(&["8884-8787", "+50622223333"]), some(&["+50688848787", "+50622223333"]));
    assert_eq!(of(&["+506 8884-8787", "00 34 637 187 759"]), some(&["+50688848787", "+34637187759"]));
    assert_eq!(of(&["8884-8787", "+50688848787"]), some(&["+50688848787"]), "the same twice");
    for nothing in [
        &["+50688848787"][..],
        &["+5511987654321", "(81) 99493-0853"],
        &["+5511987654321", "2479-5635"],
        &["51902871550"],
        &["9999-1234"],
        &["1155"],
        &["88 u 99"],
        &["2222-4001 ext. 12"],
    ] {
        assert_eq!(of(nothing), None, "{nothing:?}");
    }
    let added = Some("+506 8888-4002");
    assert_eq!(with(&["+5581994931002", "4799-5642"], added), None, "what a person adds names no country of theirs");
    assert_eq!(with(&["2222-4001 ext. 12"], added), None, "an extension is not dropped");
    assert_eq!(with(&["2222-4001"], added), some(&["+50622224001", "+50688884002"]));
}

fn addresses(body: &Json) -> Vec<String> {
    let list = body["emailAddressData"].as_array().unwrap().iter();
    list.map(|one| format!("{} {} {}", one["emailAddress"].as_str().unwrap(), one["primary"], one["optOut"])).collect()
}

#[test]
fn addresses_are_brought_together_as_telephones_are() {
    let connector = espocrm();
    let address = |address: &str, primary: bool, out: bool| json!({"emailAddress": address, "lower": address.to_lowercase(), "primary": primary, "optOut": out, "invalid": false});
    let record = |list: &[Json]| json!({"id": "1", "name": "Ana", "emailAddress": list.first().map(|one| one["emailAddress"].clone()), "emailAddressData": list});
    let there = record(&[address("A@x.example", true, false), address("b@x.example", false, true)]);
    let contact = synced(&connector, &there, Country::CR);
    assert_eq!(contact.emails, ["A@x.example", "b@x.example"]);
    let changed = |emails: &[&str], marks: &[ContactPart]| {
        let mut contact = contact.clone();
        contact.emails = emails.iter().map(|email| (*email).to_owned()).collect();
        contact.typed.extend(marks.iter().cloned().chain([ContactPart::Emails]));
        contact
    };
    // Added, and what was changed over there since stays as it is there.
    let since = record(&[address("A@x.example", true, false), address("d@x.example", false, true)]);
    let added = changed(&["A@x.example", "b@x.example", "c@x.example"], &[ContactPart::added_email("c@x.example")]);
    let body = put(&connector, &since, Country::CR, added);
    assert_eq!(addresses(&body), ["A@x.example true false", "d@x.example false true", "c@x.example false null"]);
    assert_eq!(body["emailAddress"], "A@x.example");
    // All taken away, whatever their capitals.
    let none = changed(&[], &[ContactPart::removed_email("a@x.example"), ContactPart::removed_email("b@x.example")]);
    let body = put(&connector, &there, Country::CR, none);
    assert_eq!((&body["emailAddressData"], &body["emailAddress"]), (&json!([]), &json!("")));
    // The first one taken away: the next is first.
    let one = changed(&["b@x.example"], &[ContactPart::removed_email("A@x.example")]);
    assert_eq!(addresses(&put(&connector, &there, Country::CR, one)), ["b@x.example true true"]);
    // Another one preferred.
    let other = changed(&["b@x.example", "A@x.example"], &[ContactPart::FirstEmail]);
    let body = put(&connector, &there, Country::CR, other);
    assert_eq!(addresses(&body), ["b@x.example true true", "A@x.example false false"]);
}
