//! A call that is answered and over between two polls was never seen connected: the vendor's record says what it was, and
//! everything that took it for missed follows.

use std::time::Duration;

use timbre_domain::call::{CallKey, CallState};
use timbre_domain::history::CallsWanted;
use timbre_domain::notice::{Notice, NoticeKind};
use timbre_domain::ports::Clock as _;
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use timbre_simulator::crm::{CrmConfig, CustomField};
use timbre_simulator::{Fault, RequestKind, SimulatorConfig};
use timbre_tests::agent::{call, recorded, ringing};
use timbre_tests::story::{ENDPOINT, Story};

const NUMBER: &str = "88884787";

async fn office(more: &str) -> Story {
    let config = CrmConfig {
        custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
        ..CrmConfig::default()
    };
    let settings = format!(
        "{more}sync_contacts = false\npush_contacts = false\nwrap_up_s = 60\n[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n"
    );
    let mut story = Story::prepared_with_crm(config, &settings).await;
    story.start().await;
    story
}

/// A call that rings when it is polled, and is answered and over before the next poll.
async fn short_call(story: &mut Story, number: &str) -> CallKey {
    let (key, call) = ringing(story, number).await;
    call.answer();
    story.clock.advance(Duration::from_secs(2));
    call.hang_up();
    let over = |event: &Event| match event {
        Event::Ended(ended) if ended.call_key == key => Some(ended.connected_at),
        _ => None,
    };
    assert_eq!(story.until("its end", over).await, None, "no poll saw it connected");
    key
}

fn missed(story: &Story) -> Vec<Notice> {
    story.shell.notices().into_iter().filter(|notice| notice.kind == NoticeKind::Missed).collect()
}

async fn after(story: &mut Story, wait: Duration) {
    let until = story.clock.elapsed() + wait;
    while story.clock.elapsed() < until {
        story.polls(1).await;
    }
}

#[tokio::test]
async fn a_call_answered_and_over_between_two_polls_is_never_told_as_missed_and_asks_for_its_result() {
    let mut story = office("").await;
    let key = short_call(&mut story, NUMBER).await;
    let told = recorded(&mut story, &key).await;
    assert!(told.connected_at.is_some(), "the record's word goes out: {told:?}");
    after(&mut story, Duration::from_secs(60)).await;
    assert_eq!(missed(&story), []);

    let rows = story.execute(command::CallRows(CallsWanted { pending: true, ..CallsWanted::default() })).await.unwrap();
    let row = rows.iter().find(|row| row.call.key == key).unwrap();
    assert!(row.call.connected_at.is_some() && row.returned_at.is_none(), "the history has it answered: {row:?}");
    assert_eq!(story.execute(command::StatusShow).await.unwrap().pending, 1, "its result is pending");
    let last = story.shell.changes().into_iter().rfind(|call| call.key == key).unwrap();
    assert!(last.connected_at.is_some() && last.state == CallState::Ended, "its pop-up follows: {last:?}");
    story.stop().await;
}

#[tokio::test]
async fn a_missed_call_is_told_once_its_record_says_so_too() {
    let mut story = Story::begin().await;
    let key = call(&mut story, NUMBER, None).await;
    assert_eq!(missed(&story), [], "the record may still say that it was answered");
    recorded(&mut story, &key).await;
    story.polls(1).await;
    assert_eq!(missed(&story).len(), 1);
    after(&mut story, Duration::from_secs(60)).await;
    assert_eq!(missed(&story).len(), 1, "and it is told once");
    story.stop().await;
}

#[tokio::test]
async fn a_missed_call_is_told_all_the_same_while_the_record_can_not_be_read_and_withdrawn_when_it_knows_better() {
    let mut story = Story::with(SimulatorConfig::default(), "").await;
    // The history is caught up; then two questions for the record fail, and the next is five minutes later.
    after(&mut story, Duration::from_secs(30)).await;
    story.sim.faults().on(RequestKind::Cdr, 2, Fault::Http500);
    let key = short_call(&mut story, NUMBER).await;
    after(&mut story, Duration::from_secs(60)).await;
    let told = missed(&story);
    assert_eq!(told.len(), 1, "an agent is not kept waiting for a vendor in trouble");
    story.execute(command::NoticeSnooze { notice: told[0].id }).await.unwrap();
    recorded(&mut story, &key).await;
    story.polls(1).await;
    assert_eq!(story.shell.withdrawn(), told);
    after(&mut story, Duration::from_secs(700)).await;
    assert_eq!(missed(&story).len(), 1, "it is not brought up again either");
    story.stop().await;
}

#[tokio::test]
async fn a_crm_that_records_answered_calls_alone_gets_the_one_between_two_polls_too() {
    let mut story = office("record_calls = \"answered\"\n").await;
    let key = short_call(&mut story, NUMBER).await;
    recorded(&mut story, &key).await;
    after(&mut story, Duration::from_secs(120)).await;
    assert_eq!(story.crm().count("Call"), 1);
    call(&mut story, "22223344", None).await;
    after(&mut story, Duration::from_secs(120)).await;
    assert_eq!(story.crm().count("Call"), 1, "a missed one is not recorded");
    story.stop().await;
}

#[tokio::test]
async fn an_outgoing_call_answered_and_over_between_two_polls_is_answered_in_the_history_and_its_pop_up() {
    let mut story = Story::begin().await;
    let call = story.sim.calls_out(ENDPOINT, NUMBER);
    let key = story
        .until("the call", |event| match event {
            Event::Detected(call) => Some(call.call_key.clone()),
            _ => None,
        })
        .await;
    call.answer();
    story.clock.advance(Duration::from_secs(2));
    call.hang_up();
    assert!(recorded(&mut story, &key).await.connected_at.is_some());
    let last = story.shell.changes().into_iter().rfind(|call| call.key == key).unwrap();
    assert!(last.connected_at.is_some(), "{last:?}");
    story.stop().await;
}
