//! Contacts between Timbre and a CRM, one by one: who stays although the CRM has them no more, and what becomes of what a
//! person changes here; the real engine, store and connector against the simulated EspoCRM, on one clock.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use timbre_domain::contact::{Contact, PhoneKind};
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordKind};
use timbre_engine::commands::{Command, ContactEdit, OutboxFilter, Reply, SaveInteraction, Which};
use timbre_engine::event::Event;
use timbre_simulator::crm::{Access, ApiUser, CrmConfig, CustomField, DEFAULT_API_KEY, Role};
use timbre_tests::story::Story;

async fn office() -> Story {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE);
    let config = CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
        ..CrmConfig::default()
    };
    let settings = "[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n";
    Story::prepared_with_crm(config, settings).await
}

/// A pass; a full one looks for what was deleted, too. Afterwards all telephones are here. Gives added, changed, removed
/// and kept.
async fn sync(story: &mut Story, full: bool) -> [u64; 4] {
    let reply = story.execute(Command::ContactsSync { connector: None, full }).await.unwrap();
    let Reply::ContactsSynced { reports } = reply else { panic!("{reply:?}") };
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(report.problem, None);
    if report.details_left > 0 {
        let none_left = |event: &Event| matches!(event, Event::Sync(at) if at.details_left == 0).then_some(());
        story.until("the last telephones", none_left).await;
    }
    [report.added, report.changed, report.removed, report.kept]
}

async fn found(story: &mut Story, text: &str) -> Vec<Contact> {
    match story.execute(Command::ContactsSearch { text: text.into(), limit: 10 }).await.unwrap() {
        Reply::Contacts { contacts } => contacts,
        other => panic!("{other:?}"),
    }
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
        let Reply::Outbox { items } = story.execute(Command::OutboxList(filter)).await.unwrap() else { panic!() };
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
    let save = SaveInteraction { which: Which::New, edit, caller: None };
    story.execute(Command::InteractionsSave(Box::new(save))).await.unwrap();
    settled(&mut story).await;

    story.crm().delete_contact(&rosa);
    story.crm().delete_contact(&luis);
    assert_eq!(sync(&mut story, true).await[2..], [1, 1], "one goes, one stays");
    assert_eq!(found(&mut story, "Luis").await, []);
    assert_eq!(the_one(&mut story, "Rosa").await.id, here);
    let file = story.execute(Command::CaseFile { contact: here, before: None, limit: 0 }).await.unwrap();
    let Reply::CaseFile(file) = file else { panic!() };
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
    story.execute(Command::ContactsEdit { id: here.id, edit }).await.unwrap();
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
