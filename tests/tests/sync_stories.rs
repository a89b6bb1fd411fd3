//! Contacts between Timbre and a CRM, one by one: who stays although the CRM has them no more, and what becomes of what a
//! person changes here; the real engine, store and connector against the simulated EspoCRM, on one clock.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use timbre_domain::contact::{Contact, PhoneKind};
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordKind};
use timbre_engine::api::event::Event;
use timbre_engine::api::{InteractionRef, OutboxFilter, command};
use timbre_engine::calls::results::SaveInteraction;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::crm::{Access, ApiUser, CrmConfig, CustomField, DEFAULT_API_KEY, Role};
use timbre_tests::story::Story;

async fn office() -> Story {
    office_that(|_| {}).await
}

async fn office_that(differs: impl FnOnce(&mut CrmConfig)) -> Story {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE);
    let mut config = CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
        ..CrmConfig::default()
    };
    differs(&mut config);
    let settings = "[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n";
    Story::prepared_with_crm(config, settings).await
}

/// A pass; a full one looks for what was deleted, too. Afterwards all telephones are here. Gives added, changed, removed
/// and kept.
async fn sync(story: &mut Story, full: bool) -> [u64; 4] {
    let reply = story.execute(command::ContactsSync { connector: None, full }).await.unwrap();
    let reports = reply;
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(report.problem, None);
    if report.details_left > 0 {
        let none_left = |event: &Event| matches!(event, Event::Sync(at) if at.details_left == 0).then_some(());
        story.until("the last telephones", none_left).await;
    }
    [report.added, report.changed, report.removed, report.kept]
}

async fn found(story: &mut Story, text: &str) -> Vec<Contact> {
    story.execute(command::ContactsSearch { text: text.into(), limit: 10 }).await.unwrap()
}

async fn the_one(story: &mut Story, text: &str) -> Contact {
    let mut all = found(story, text).await;
    assert_eq!(all.len(), 1, "{text}: {all:#?}");
    all.remove(0)
}

/// Lets time go on until nothing is on its way.
async fn settled(story: &mut Story) -> Vec<OutboxItem> {
    use OutboxState::{Discarded, Done, Parked, Sending, Waiting};
    for _ in 0..400 {
        let filter =
            OutboxFilter { states: vec![Waiting, Sending, Parked, Done, Discarded], ..OutboxFilter::default() };
        let items = story.execute(command::OutboxList(filter)).await.unwrap();
        if items.iter().all(|item| !matches!(item.state, Waiting | Sending)) {
            return items;
        }
        story.polls(1).await;
    }
    panic!("still on its way");
}

/// The telephones of a record over there: number, kind, whether it is the first, is not to be called, is wrong.
fn telephones(record: &Value) -> BTreeSet<String> {
    let phones = record["phoneNumberData"].as_array().unwrap();
    let flags = |phone: &Value| ["primary", "optOut", "invalid"].map(|flag| phone[flag] == true);
    phones.iter().map(|phone| format!("{} {} {:?}", phone["phoneNumber"], phone["type"], flags(phone))).collect()
}

#[tokio::test]
async fn a_contact_who_is_deleted_over_there_stays_here_where_a_result_was_written_of_them() {
    let mut story = office().await;
    let there = |name: &str, number: &str| json!({"firstName": name, "lastName": "Mora", "phoneNumber": number});
    let rosa = story.crm().create_contact(&there("Rosa", "+50688884787"));
    let luis = story.crm().create_contact(&there("Luis", "+50688883333"));
    let eva = story.crm().create_contact(&there("Eva", "+50688882222"));
    story.start().await;
    sync(&mut story, false).await;
    let here = the_one(&mut story, "Rosa").await.id;
    let edit = InteractionEdit {
        contact: Some(here),
        comment: Some("Quiere más cajas".into()),
        finish: true,
        ..InteractionEdit::default()
    };
    let save = SaveInteraction { which: InteractionRef::New, edit, caller: None };
    story.execute(command::InteractionsSave(save)).await.unwrap();
    settled(&mut story).await;

    story.crm().delete_contact(&rosa);
    story.crm().delete_contact(&luis);
    assert_eq!(sync(&mut story, true).await[2..], [1, 1], "one goes, one stays");
    assert_eq!(found(&mut story, "Luis").await, []);
    assert_eq!(the_one(&mut story, "Rosa").await.id, here);
    let file = story.execute(command::CaseFile { contact: here, before: None, limit: 0 }).await.unwrap();
    assert_eq!(file.entries.len(), 1, "with what was written");
    assert_eq!(sync(&mut story, true).await[2..], [0, 0], "it is not found gone again and again");
    assert_eq!(story.crm().records("Contact")[0]["id"], eva.as_str());
    story.stop().await;
}

#[tokio::test]
async fn a_contact_who_is_changed_here_gets_there_once_with_all_telephones_of_both_and_comes_back_unchanged() {
    let mut story = office().await;
    let phone = |number: &str, kind: &str| json!({"phoneNumber": number, "type": kind});
    let mut phones = vec![
        json!({"phoneNumber": "+50688884787", "type": "Mobile", "primary": true}),
        json!({"phoneNumber": "+50622224444", "type": "Office", "optOut": true}),
        json!({"phoneNumber": "+50622225555", "type": "Fax", "invalid": true}),
    ];
    let rosa = json!({"firstName": "Rosa", "lastName": "Mora", "phoneNumberData": phones});
    let rosa = story.crm().create_contact(&rosa);
    story.start().await;
    sync(&mut story, false).await;
    let here = the_one(&mut story, "Rosa").await;
    assert_eq!(here.phones.len(), 3);

    // Somebody over there adds a telephone, and nobody here has heard of it yet.
    phones.push(phone("+50622226666", "Home"));
    story.crm().edit_contact(&rosa, &json!({"phoneNumberData": phones}));
    let edit = ContactEdit {
        name: Some("Rosa Mora Ulate".into()),
        add_phones: vec![("8777-1234".into(), PhoneKind::Mobile)],
        ..ContactEdit::default()
    };
    story.execute(command::ContactsEdit { id: here.id, edit }).await.unwrap();
    let items = settled(&mut story).await;
    let [item] = items.as_slice() else { panic!("{items:#?}") };
    assert_eq!((item.kind, item.state), (RecordKind::Contact, OutboxState::Done));
    let record = story.crm().record("Contact", &rosa).unwrap();
    phones.push(phone("+50687771234", "Mobile"));
    assert_eq!(telephones(&record), telephones(&json!({"phoneNumberData": phones})));
    assert_eq!(record["name"], "Rosa Mora Ulate");

    sync(&mut story, false).await;
    let back = the_one(&mut story, "Rosa").await;
    assert_eq!((back.id, back.name.as_str(), back.phones.len()), (here.id, "Rosa Mora Ulate", 5));
    for full in [true, false] {
        sync(&mut story, full).await;
        story.polls(100).await;
    }
    assert_eq!(the_one(&mut story, "Rosa").await, back, "it comes back as it is");
    assert_eq!(story.crm().record("Contact", &rosa), Some(record), "and does not go there again");
    let changes = story.crm().with_log(|log| log.of("PUT", "Contact").count() + log.of("POST", "Contact").count());
    assert_eq!(changes, 1, "once");
    story.stop().await;
}

/// Telephones as they stand in a CRM, the first one first.
fn stored(phones: &[(&str, &str)]) -> Value {
    let phones = phones.iter().enumerate().map(|(at, (number, kind))| {
        json!({"phoneNumber": number, "type": kind, "primary": at == 0, "optOut": at == 1, "invalid": at == 2})
    });
    json!({"firstName": "Rosa", "lastName": "Mora", "phoneNumberData": phones.collect::<Vec<_>>()})
}

async fn edited(story: &mut Story, edit: ContactEdit) -> OutboxItem {
    let here = the_one(story, "Rosa").await;
    story.execute(command::ContactsEdit { id: here.id, edit }).await.unwrap();
    settled(story).await.remove(0)
}

fn adds(number: &str) -> ContactEdit {
    ContactEdit { add_phones: vec![(number.into(), PhoneKind::Mobile)], ..ContactEdit::default() }
}

#[tokio::test]
async fn telephones_that_nobody_touched_stand_in_the_crm_as_they_stood() {
    let mut story = office_that(|config| config.international_numbers_only = false).await;
    let before = stored(&[
        ("+55 11 98765-4321", "Office"),
        ("(81) 99493-0853", "Mobile"),
        ("(21) 4799-5635", "Fax"),
        ("8884-8787", "Home"),
        ("2222-3333 ext. 12", "Other"),
    ]);
    let rosa = story.crm().create_contact(&before);
    story.start().await;
    sync(&mut story, false).await;
    for (caller, reads) in [("5581994930853", true), ("552147995635", true), ("81994930853", false)] {
        let reply = story.execute(command::ContactsLookup { number: format!("+{caller}") }).await.unwrap();
        let found = reply;
        assert_eq!(found.contacts.len(), usize::from(reads), "{caller}");
    }

    assert_eq!(edited(&mut story, adds("4000-1000")).await.state, OutboxState::Done);
    let mut expected = before["phoneNumberData"].as_array().unwrap().clone();
    expected.push(json!({"phoneNumber": "+50640001000", "type": "Mobile"}));
    let there = |story: &Story| telephones(&story.crm().record("Contact", &rosa).unwrap());
    assert_eq!(there(&story), telephones(&json!({"phoneNumberData": expected})));

    // The whole list as a form sends it, with one gone, one of another kind, and another one first.
    let here = the_one(&mut story, "Rosa").await;
    let mut list: Vec<(String, PhoneKind)> =
        here.phones.iter().map(|phone| (phone.number.raw().to_owned(), phone.kind)).collect();
    let gone = list.iter().position(|(number, _)| number == "(21) 4799-5635").unwrap();
    list.remove(gone);
    let home = list.iter_mut().find(|(number, _)| number == "8884-8787").unwrap();
    home.1 = PhoneKind::Work;
    list.swap(0, 1);
    let edit = ContactEdit { phones: Some(list), ..ContactEdit::default() };
    assert_eq!(edited(&mut story, edit).await.state, OutboxState::Done);
    expected.retain(|phone| phone["phoneNumber"] != "(21) 4799-5635");
    (expected[0]["primary"], expected[1]["primary"]) = (json!(false), json!(true));
    expected.iter_mut().find(|phone| phone["phoneNumber"] == "8884-8787").unwrap()["type"] = json!("Office");
    assert_eq!(there(&story), telephones(&json!({"phoneNumberData": expected})));
    sync(&mut story, false).await;
    assert_eq!(the_one(&mut story, "Rosa").await.phones[0].number.raw(), "(81) 99493-0853");
    story.stop().await;
}

#[tokio::test]
async fn a_crm_that_takes_e164_alone_gets_what_leaves_no_doubt_and_never_a_guess() {
    let mut story = office().await;
    let rosa = story.crm().create_contact(&stored(&[("8884-8787", "Mobile"), ("+50622223333", "Office")]));
    story.start().await;
    sync(&mut story, false).await;
    assert_eq!(edited(&mut story, adds("4000-1000")).await.state, OutboxState::Done);
    let record = story.crm().record("Contact", &rosa).unwrap();
    assert_eq!(record["phoneNumber"], "+50688848787", "the one that was stored is checked too");
    assert_eq!(record["phoneNumberData"].as_array().unwrap().len(), 3);
    story.stop().await;

    let mut story = office().await;
    let before = stored(&[("+5511987654321", "Mobile"), ("(81) 99493-0853", "Office")]);
    let rosa = story.crm().create_contact(&before);
    story.start().await;
    sync(&mut story, false).await;
    let item = edited(&mut story, adds("+5511912345678")).await;
    assert_eq!(item.state, OutboxState::Parked);
    let problem = item.problem.unwrap();
    assert!(problem.words.contains("(81) 99493-0853"), "{problem:?}");
    let record = story.crm().record("Contact", &rosa).unwrap();
    assert_eq!(telephones(&record), telephones(&before), "nothing was lost");
    story.stop().await;
}

fn addresses(record: &Value) -> Vec<String> {
    let list = record["emailAddressData"].as_array().unwrap().iter();
    list.map(|one| format!("{} {} {}", one["emailAddress"].as_str().unwrap(), one["primary"], one["optOut"])).collect()
}

#[tokio::test]
async fn addresses_of_both_stay_and_those_that_are_taken_away_here_go_there_too() {
    let mut story = office().await;
    let address =
        |address: &str, primary: bool| json!({"emailAddress": address, "primary": primary, "optOut": !primary});
    let mut there = vec![address("A@mora.example", true), address("b@mora.example", false)];
    let rosa = story.crm().create_contact(&json!({"firstName": "Rosa", "lastName": "Mora", "emailAddressData": there}));
    story.start().await;
    sync(&mut story, false).await;
    assert_eq!(the_one(&mut story, "Rosa").await.emails, ["A@mora.example", "b@mora.example"]);
    let emails = |emails: &[&str]| ContactEdit {
        emails: Some(emails.iter().map(|email| (*email).to_owned()).collect()),
        ..ContactEdit::default()
    };
    let now = |story: &Story| addresses(&story.crm().record("Contact", &rosa).unwrap());

    // Meanwhile somebody over there adds one that nobody here has heard of.
    there.push(address("d@mora.example", false));
    story.crm().edit_contact(&rosa, &json!({"emailAddressData": there}));
    edited(&mut story, emails(&["A@mora.example", "b@mora.example", "c@mora.example"])).await;
    let all = ["A@mora.example true false", "b@mora.example false true", "d@mora.example false true"];
    assert_eq!(now(&story), [&all[..], &["c@mora.example false false"]].concat());

    // One alone, as a form with one line sends it.
    sync(&mut story, false).await;
    edited(&mut story, emails(&["c@mora.example"])).await;
    assert_eq!(now(&story), ["c@mora.example true false"]);
    sync(&mut story, false).await;
    assert_eq!(the_one(&mut story, "Rosa").await.emails, ["c@mora.example"]);

    edited(&mut story, emails(&[])).await;
    assert_eq!(now(&story), [""; 0]);
    sync(&mut story, true).await;
    let here = the_one(&mut story, "Rosa").await;
    assert!(here.emails.is_empty() && here.typed.is_empty(), "{here:?}");
    story.stop().await;
}
