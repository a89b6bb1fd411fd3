//! A record is refused because its contact is gone in the CRM: it goes at once, without the contact or with it again.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::time::Duration;

use serde_json::{Value, json};
use timbre_domain::contact::ContactId;
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordKind};
use timbre_domain::ports::Clock as _;
use timbre_engine::api::command;
use timbre_engine::api::event::{Event, SyncPhase};
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::crm::{Access, ApiUser, CrmConfig, DEFAULT_API_KEY, Role};
use timbre_tests::agent::{MINUTE, call, contact, one, outbox, records, save};
use timbre_tests::story::Story;

/// Nobody would call it "at once" if it took longer; the outbox looks every five minutes by itself.
const AT_ONCE: Duration = Duration::from_secs(90);

async fn office() -> Story {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE);
    let api_keys = [(DEFAULT_API_KEY.to_owned(), connector)].into();
    Story::prepared_with_crm(CrmConfig { api_keys, ..CrmConfig::default() }, "").await
}

fn ana(story: &Story) -> String {
    story.crm().create_contact(&json!({"firstName": "Ana", "lastName": "Rojas", "phoneNumber": "+50688884787"}))
}

async fn sent(story: &mut Story, kind: RecordKind) {
    story
        .until("the record", |event| match event {
            Event::OutboxSent(sent) => (sent.item.kind == kind).then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn a_call_whose_contact_was_deleted_there_goes_at_once_without_it() {
    let mut story = office().await;
    let there = ana(&story);
    story.start().await;
    story.until("her contact", |event| matches!(event, Event::Sync(sync) if sync.finished).then_some(())).await;
    let key = call(&mut story, "88884787", Some(MINUTE)).await;
    story.crm().delete("Contact", &there);
    let began = story.clock.elapsed();
    save(&mut story, &key, "Compró dos").await;
    sent(&mut story, RecordKind::Call).await;
    let took = story.clock.elapsed() - began;
    assert!(took < AT_ONCE, "{took:?}");
    let call = records(&story, "Call").remove(0);
    assert!(call["description"].as_str().unwrap().starts_with("Compró dos"), "{call:#}");
    assert_ne!(call["parentId"], Value::from(there));
    story.stop().await;
}

/// The change of a contact that the CRM has no more is parked.
async fn parked_change(story: &mut Story) -> (String, ContactId, OutboxItem) {
    let there = ana(story);
    story.start().await;
    // With her telephones: else a question for them would find first that she is gone.
    let all = |event: &Event| match event {
        Event::Sync(at) => (at.phase == SyncPhase::Details && at.details_left == 0).then_some(()),
        _ => None,
    };
    story.until("her telephones", all).await;
    let found = story.execute(command::ContactsSearch { text: "Ana".into(), limit: 1 }).await.unwrap();
    let contacts = found;
    let here = contacts[0].id;
    story.crm().delete("Contact", &there);
    let edit = ContactEdit { name: Some("Ana María Rojas".into()), ..ContactEdit::default() };
    story.execute(command::ContactsEdit { id: here, edit }).await.unwrap();
    story.until("that it is parked", |event| matches!(event, Event::OutboxParked(_)).then_some(())).await;
    let item = outbox(story).await.into_iter().find(|item| item.kind == RecordKind::Contact).unwrap();
    assert_eq!(item.state, OutboxState::Parked);
    (there, here, item)
}

#[tokio::test]
async fn a_change_of_a_contact_that_is_back_goes_at_once() {
    let mut story = office().await;
    let (there, _, _) = parked_change(&mut story).await;
    assert!(story.crm().restore("Contact", &there));
    let began = story.clock.elapsed();
    story.execute(command::ContactsSync { connector: None, full: true }).await.unwrap();
    sent(&mut story, RecordKind::Contact).await;
    let took = story.clock.elapsed() - began;
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(one(&story, "Contact")["firstName"], "Ana");
    assert_eq!(one(&story, "Contact")["lastName"], "María Rojas");
    story.stop().await;
}

#[tokio::test]
async fn what_is_parked_with_a_contact_goes_at_once_when_it_is_merged_into_another() {
    let mut story = office().await;
    let (_, here, _) = parked_change(&mut story).await;
    let other = contact(&mut story, "Ana Rojas", "8888-0000").await;
    sent(&mut story, RecordKind::Contact).await;
    let began = story.clock.elapsed();
    story.execute(command::ContactsMerge { kept: other, others: vec![here] }).await.unwrap();
    sent(&mut story, RecordKind::Contact).await;
    let took = story.clock.elapsed() - began;
    assert!(took < AT_ONCE, "{took:?}");
    let parked = outbox(&mut story).await.into_iter().filter(|item| item.state == OutboxState::Parked).count();
    assert_eq!(parked, 0);
    story.stop().await;
}
