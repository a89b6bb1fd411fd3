//! A person has a record tried again: it goes now, and Timbre says what came of it.

use std::time::Duration;

use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{FollowUp, InteractionEdit};
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordKind, RetryHow, RetryOutcome};
use timbre_domain::ports::Clock as _;
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use timbre_simulator::crm::{CrmConfig, CustomField, Fault};
use timbre_tests::agent::{call, one, outbox, retry, save, settled, try_save};
use timbre_tests::story::{PASSWORD, Story};

const FIELDS: &str = "sync_contacts = false\n[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n";

/// A person would not call it "now" if it took longer: the story's clock goes on in the vendor's steps of four seconds.
const NOW: Duration = Duration::from_secs(9);

async fn office() -> Story {
    let fields = [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into();
    let mut story = Story::prepared_with_crm(CrmConfig { custom_fields: fields, ..CrmConfig::default() }, FIELDS).await;
    story.start().await;
    story
}

/// The only record in the outbox.
async fn only(story: &mut Story) -> OutboxItem {
    let mut items = outbox(story).await;
    assert_eq!(items.len(), 1, "{items:#?}");
    items.remove(0)
}

fn requests(story: &Story) -> usize {
    story.crm().with_log(|log| log.requests.len())
}

#[tokio::test]
async fn a_record_goes_at_once_although_the_crm_is_left_alone_for_minutes_yet() {
    let mut story = office().await;
    story.crm().go_down();
    let key = call(&mut story, "anonymous", None).await;
    save(&mut story, &key, "Ahora").await;
    // Pauses grow and are drawn by chance: until there is a long one.
    let mut item = only(&mut story).await;
    for _ in 0..100 {
        if item.next_at - story.clock.now() > chrono::TimeDelta::seconds(30) {
            break;
        }
        story.polls(10).await;
        item = only(&mut story).await;
    }
    let planned = item.next_at - story.clock.now();
    assert!(planned > chrono::TimeDelta::seconds(30), "the story wants a long pause: {planned}");
    // Still down: it is tried all the same, and the person reads when it is tried again.
    let before = story.crm().with_log(|log| log.cut_connections);
    let tried = retry(&mut story, item.id, RetryHow::default()).await;
    assert_eq!(story.crm().with_log(|log| log.cut_connections), before + 1);
    assert_eq!(tried.outcome, RetryOutcome::Waits, "{tried:?}");
    assert_eq!(tried.why.unwrap().code, ErrorCode::Unreachable);
    assert!(tried.until.unwrap() > story.clock.now() && !tried.what.is_empty() && !tried.what_to_do.is_empty());
    story.crm().come_up();
    let asked = story.clock.elapsed();
    let tried = retry(&mut story, item.id, RetryHow::default()).await;
    assert_eq!((tried.outcome, tried.item.state), (RetryOutcome::Sent, OutboxState::Done), "{tried:?}");
    assert!(story.clock.elapsed() - asked < NOW, "{:?}", story.clock.elapsed() - asked);
    one(&story, "Call");
    story.stop().await;
}

#[tokio::test]
async fn a_pause_that_the_crm_asked_for_is_kept_and_told() {
    for lock in [Fault::Locked, Fault::Refuse { status: 429, reason: Some("Slow down".into()) }] {
        let mut story = office().await;
        story.crm().faults().next(lock.clone());
        let key = call(&mut story, "anonymous", None).await;
        save(&mut story, &key, "Espera").await;
        let refused =
            |event: &Event| matches!(event, Event::OutboxWaiting(one) if one.item.problem.is_some()).then_some(());
        story.until("that it is refused", refused).await;
        let item = only(&mut story).await;
        let asked = requests(&story);
        let tried = retry(&mut story, item.id, RetryHow::default()).await;
        assert_eq!(tried.outcome, RetryOutcome::Waits, "{lock:?}: {tried:?}");
        let until = tried.until.unwrap();
        assert!(until > story.clock.now(), "{lock:?}: {until}");
        assert_eq!(requests(&story), asked, "{lock:?}: nothing is asked before");
        settled(&mut story).await;
        assert!(story.clock.now() >= until - chrono::TimeDelta::seconds(1), "{lock:?}");
        one(&story, "Call");
        story.stop().await;
    }
}

#[tokio::test]
async fn what_may_be_there_already_is_not_sent_before_it_may_be_searched_for_and_the_moment_is_told() {
    let mut story = office().await;
    story.crm().faults().on("POST", "Call", 1, Fault::HangAfterStoring);
    let key = call(&mut story, "anonymous", None).await;
    save(&mut story, &key, "Una sola vez").await;
    story.polls(8).await;
    let item = only(&mut story).await;
    assert_eq!(item.state, OutboxState::Sending);
    let tried = retry(&mut story, item.id, RetryHow::default()).await;
    assert_eq!(tried.outcome, RetryOutcome::SearchedLater, "{tried:?}");
    let until = tried.until.unwrap();
    assert!(until > story.clock.now());
    story.until("the record", |event| matches!(event, Event::OutboxSent(_)).then_some(())).await;
    assert!(story.clock.now() >= until);
    one(&story, "Call");
    story.stop().await;
}

#[tokio::test]
async fn a_parked_record_says_whether_it_is_there_now_or_why_it_is_parked_again() {
    let mut story = office().await;
    let no = || Fault::Refuse { status: 400, reason: Some("Field 'name' is required".into()) };
    story.crm().faults().on("POST", "Call", 2, no());
    let key = call(&mut story, "anonymous", None).await;
    save(&mut story, &key, "Otra vez").await;
    let id = settled(&mut story).await[0].id;
    let tried = retry(&mut story, id, RetryHow::default()).await;
    assert_eq!(tried.outcome, RetryOutcome::Parked, "{tried:?}");
    assert_eq!(tried.why.unwrap().words, "Field 'name' is required");
    let tried = retry(&mut story, id, RetryHow::default()).await;
    assert_eq!(tried.outcome, RetryOutcome::Sent, "{tried:?}");
    story.stop().await;
}

#[tokio::test]
async fn a_sign_in_that_failed_is_told_and_nothing_is_asked() {
    let mut story = office().await;
    assert!(story.crm().revoke_key(PASSWORD));
    let key = call(&mut story, "anonymous", None).await;
    save(&mut story, &key, "Espera").await;
    story.polls(2).await;
    let (id, asked) = (only(&mut story).await.id, requests(&story));
    let tried = retry(&mut story, id, RetryHow::default()).await;
    assert_eq!(tried.outcome, RetryOutcome::Stopped, "{tried:?}");
    assert_eq!((tried.why.unwrap().code, requests(&story)), (ErrorCode::SignInFailed, asked));
    story.stop().await;
}

#[tokio::test]
async fn what_is_in_front_of_it_goes_first_and_now_too() {
    let mut story = office().await;
    story.crm().go_down();
    let key = call(&mut story, "22224444", None).await;
    let at = "2026-12-01T15:00:00Z".parse().unwrap();
    let edit = InteractionEdit {
        comment: Some("Pide visita".into()),
        follow_up: Some(Some(FollowUp { at, whom: None, what: "Llamar".into() })),
        ..InteractionEdit::default()
    };
    try_save(&mut story, &key, edit).await.unwrap();
    story.polls(120).await;
    story.crm().come_up();
    let asked = story.clock.elapsed();
    let task = outbox(&mut story).await.into_iter().find(|item| item.kind == RecordKind::FollowUp).unwrap();
    let tried = retry(&mut story, task.id, RetryHow::default()).await;
    assert_eq!(tried.outcome, RetryOutcome::Sent, "{tried:?}");
    assert!(story.clock.elapsed() - asked < NOW);
    let order: Vec<_> = story.crm().with_log(|log| {
        let created = log.requests.iter().filter(|request| request.method == "POST" && request.stored.is_some());
        created.map(|request| request.path.clone()).collect()
    });
    assert_eq!(order, ["Call", "Task"]);
    story.stop().await;
}

#[tokio::test]
async fn a_crm_that_takes_its_time_is_waited_for_ten_seconds_and_no_longer() {
    let mut story = office().await;
    let no = Fault::Refuse { status: 400, reason: Some("Bad".into()) };
    story.crm().faults().on("POST", "Call", 1, no);
    let key = call(&mut story, "anonymous", None).await;
    save(&mut story, &key, "Despacio").await;
    let id = settled(&mut story).await[0].id;
    story.crm().faults().on("POST", "Call", 1, Fault::Slow(Duration::from_secs(15)));
    let asked = story.clock.elapsed();
    let tried = retry(&mut story, id, RetryHow::default()).await;
    assert_eq!(tried.outcome, RetryOutcome::Underway, "{tried:?}");
    assert!(story.clock.elapsed() - asked <= Duration::from_secs(11));
    settled(&mut story).await;
    one(&story, "Call");
    let gone = story.execute(command::OutboxDiscard { id }).await;
    assert!(gone.is_err(), "it is with the CRM: {gone:?}");
    story.stop().await;
}
