//! What an agent is shown of trouble and of what is still to be done: a CRM that is down, a missed caller who was talked to.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::time::Duration;

use timbre_domain::call::CallKey;
use timbre_domain::contact::{ContactId, PhoneKind};
use timbre_domain::history::{CallRow, CallsWanted};
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::notice::{Notice, NoticeKind};
use timbre_domain::ports::Clock as _;
use timbre_domain::status::{ConnectorReach, Status, TrayStatus};
use timbre_engine::api::event::Event;
use timbre_engine::api::{InteractionRef, command};
use timbre_engine::calls::results::SaveInteraction;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::crm::{CrmConfig, CustomField, Fault};
use timbre_tests::agent::{call, recorded};
use timbre_tests::story::Story;

async fn office() -> Story {
    let config = CrmConfig {
        custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
        ..CrmConfig::default()
    };
    let settings =
        "sync_contacts = false\npush_contacts = false\n[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n";
    let mut story = Story::prepared_with_crm(config, settings).await;
    story.start().await;
    story
}

/// A call that comes and is over, and of which the vendor's record has told.
async fn called(story: &mut Story, number: &str, answered: bool) -> CallKey {
    let key = call(story, number, answered.then_some(Duration::from_secs(8))).await;
    recorded(story, &key).await;
    key
}

async fn status(story: &mut Story) -> Status {
    story.execute(command::StatusShow).await.unwrap()
}

async fn row(story: &mut Story, key: &CallKey) -> CallRow {
    let rows = story.execute(command::CallRows(CallsWanted::default())).await.unwrap();
    rows.into_iter().find(|row| row.call.key == *key).unwrap()
}

fn of_kind(story: &Story, kind: NoticeKind) -> Vec<Notice> {
    story.shell.notices().into_iter().filter(|notice| notice.kind == kind).collect()
}

async fn after(story: &mut Story, wait: Duration) {
    let until = story.clock.elapsed() + wait;
    while story.clock.elapsed() < until {
        story.polls(1).await;
    }
}

async fn person(story: &mut Story, name: &str, numbers: &[&str]) -> ContactId {
    let phones = numbers.iter().map(|number| ((*number).to_owned(), PhoneKind::Mobile)).collect();
    let edit = ContactEdit { name: Some(name.into()), phones: Some(phones), ..ContactEdit::default() };
    let contact = story.execute(command::ContactsAdd(edit)).await.unwrap();
    contact.id
}

#[tokio::test]
async fn a_crm_that_is_down_is_told_once_shown_until_it_is_back_and_told_back() {
    let mut story = office().await;
    story.polls(1).await;
    assert_eq!(status(&mut story).await.connectors[0].reach, ConnectorReach::Answers);
    let key = called(&mut story, "88884787", true).await;
    story.crm().go_down();
    let edit = InteractionEdit { comment: Some("Compró".into()), finish: true, ..InteractionEdit::default() };
    let save = SaveInteraction { which: InteractionRef::Call(key), edit, caller: None };
    story.execute(command::InteractionsSave(save)).await.unwrap();
    story.until("its silence", |event| matches!(event, Event::Connector(_)).then_some(())).await;
    let now = status(&mut story).await;
    assert_eq!((now.connectors[0].reach, now.tray_status()), (ConnectorReach::Failing, TrayStatus::Waiting));
    assert_ne!(now.connectors[0].what, "", "in words");
    assert!(now.connectors[0].until.is_some() && now.connectors[0].waiting == 1, "{now:?}");
    assert_eq!(of_kind(&story, NoticeKind::CrmLost), [], "it may pass");

    after(&mut story, Duration::from_secs(8 * 60)).await;
    let lost = of_kind(&story, NoticeKind::CrmLost);
    assert_eq!(lost.len(), 1, "minutes of it are one notice: {lost:?}");
    assert_eq!(lost[0].account.as_deref(), Some("crm"));
    assert_eq!(of_kind(&story, NoticeKind::CrmBack), []);

    story.crm().come_up();
    after(&mut story, Duration::from_secs(6 * 60)).await;
    assert_eq!(of_kind(&story, NoticeKind::CrmBack).len(), 1);
    assert_eq!(of_kind(&story, NoticeKind::CrmLost).len(), 1);
    let now = status(&mut story).await;
    assert_eq!(
        (now.connectors[0].reach, now.connectors[0].what.as_str(), now.tray_status()),
        (ConnectorReach::Answers, "", TrayStatus::Ready)
    );
    assert_eq!(story.crm().count("Call"), 1);
    story.stop().await;
}

#[tokio::test]
async fn a_crm_that_stumbles_for_a_moment_is_no_news() {
    let mut story = office().await;
    let key = called(&mut story, "88884787", true).await;
    // One request is cut, and no more: how long an outage lasts must not hang on how fast the machine is.
    story.crm().faults().next(Fault::CutBeforeStoring);
    let edit = InteractionEdit { comment: Some("Compró".into()), finish: true, ..InteractionEdit::default() };
    let save = SaveInteraction { which: InteractionRef::Call(key), edit, caller: None };
    story.execute(command::InteractionsSave(save)).await.unwrap();
    story
        .until("trouble", |event| {
            matches!(event, Event::OutboxWaiting(one) if one.item.problem.is_some()).then_some(())
        })
        .await;
    after(&mut story, Duration::from_secs(120)).await;
    assert_eq!(story.crm().count("Call"), 1);
    assert_eq!((of_kind(&story, NoticeKind::CrmLost), of_kind(&story, NoticeKind::CrmBack)), (vec![], vec![]));
    story.stop().await;
}

#[tokio::test]
async fn a_missed_caller_who_is_talked_to_afterwards_is_returned_and_not_brought_up_again() {
    let mut story = Story::begin().await;
    let missed = called(&mut story, "88884787", false).await;
    assert_eq!(row(&mut story, &missed).await.returned_at, None);
    let notice = of_kind(&story, NoticeKind::Missed).remove(0);
    story.execute(command::NoticeSnooze { notice: notice.id }).await.unwrap();

    // Calling back in vain returns nothing: the reminder comes all the same.
    let again = called(&mut story, "88884787", false).await;
    assert_eq!(row(&mut story, &missed).await.returned_at, None, "missed twice");
    after(&mut story, Duration::from_secs(620)).await;
    assert_eq!(of_kind(&story, NoticeKind::Missed).len(), 3);

    let notice = of_kind(&story, NoticeKind::Missed).pop().unwrap();
    story.execute(command::NoticeSnooze { notice: notice.id }).await.unwrap();
    let answered = called(&mut story, "+506 8888 4787", true).await;
    let talked = row(&mut story, &answered).await.call.connected_at;
    assert!(talked.is_some());
    for key in [&missed, &again] {
        assert_eq!(row(&mut story, key).await.returned_at, talked);
        let card = story.execute(command::CallCard { call: key.clone() }).await.unwrap();
        assert_eq!(card.returned_at, talked, "the card says the same as the list");
    }
    assert_eq!(row(&mut story, &answered).await.returned_at, None);
    after(&mut story, Duration::from_secs(700)).await;
    assert_eq!(of_kind(&story, NoticeKind::Missed).len(), 3, "nobody needs to be reminded any more");
    // Whoever rings and is missed after that is missed.
    let later = called(&mut story, "88884787", false).await;
    assert_eq!(row(&mut story, &later).await.returned_at, None);
    story.stop().await;
}

#[tokio::test]
async fn a_missed_caller_is_returned_by_a_call_with_the_same_contact_on_another_number() {
    let mut story = Story::begin().await;
    let ana = person(&mut story, "Ana", &["8888-4787", "2222-3333"]).await;
    let missed = called(&mut story, "88884787", false).await;
    let stranger = called(&mut story, "70001122", true).await;
    assert_eq!(row(&mut story, &missed).await.returned_at, None, "another person");
    let other = called(&mut story, "22223333", true).await;
    assert_eq!(row(&mut story, &missed).await.returned_at, row(&mut story, &other).await.call.connected_at);
    let known = command::ContactsKnown { contact: ana, entries: 0 };
    let known = story.execute(known).await.unwrap();
    let of = |key: &CallKey| {
        known.contact_summary.recent.iter().find(|one| one.call.as_ref().is_some_and(|call| call.key == *key)).unwrap()
    };
    assert!(of(&missed).returned_at.is_some(), "and the case file says so");
    assert_eq!(of(&other).returned_at, None);
    let _ = stranger;
    story.stop().await;
}
