//! What windows, tray and notifications are told: notices, status, preferences, cards, through the real engine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::time::Duration;

use timbre_domain::call::CallKey;
use timbre_domain::contact::{ContactId, PhoneKind};
use timbre_domain::history::{CallRow, CallsWanted};
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::matching::{Match, MatchKind};
use timbre_domain::notice::{Notice, NoticeAction, NoticeKind};
use timbre_domain::popup::PopupPolicy;
use timbre_domain::ports::Clock as _;
use timbre_domain::preferences::{DoNotDisturb, Preferences};
use timbre_domain::status::{AccountReach, Status, TrayStatus};
use timbre_engine::api::{InteractionRef, command};
use timbre_engine::calls::results::SaveInteraction;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::{Fault, RequestKind, SimulatorConfig};
use timbre_tests::agent::{call, recorded};
use timbre_tests::story::Story;

const NUMBER: &str = "88884787";

async fn ended(story: &mut Story, number: &str, answered: bool) -> CallKey {
    let key = call(story, number, answered.then_some(Duration::from_secs(8))).await;
    recorded(story, &key).await;
    story.polls(1).await;
    key
}

async fn person(story: &mut Story, name: &str) -> ContactId {
    let phones = vec![(NUMBER.to_owned(), PhoneKind::Mobile)];
    let edit = ContactEdit { name: Some(name.into()), phones: Some(phones), ..ContactEdit::default() };
    let contact = story.execute(command::ContactsAdd(edit)).await.unwrap();
    contact.id
}

async fn status(story: &mut Story) -> Status {
    story.execute(command::StatusShow).await.unwrap()
}

async fn choose(story: &mut Story, preferences: Preferences) {
    story.execute(command::PreferencesSet(preferences)).await.unwrap();
}

async fn rows(story: &mut Story, wanted: CallsWanted) -> Vec<CallRow> {
    story.execute(command::CallRows(wanted)).await.unwrap()
}

fn of_kind(story: &Story, kind: NoticeKind) -> Vec<Notice> {
    story.shell.notices().into_iter().filter(|notice| notice.kind == kind).collect()
}

/// Lets time go on by as many polls as it takes.
async fn after(story: &mut Story, wait: Duration) {
    let until = story.clock.elapsed() + wait;
    while story.clock.elapsed() < until {
        story.polls(1).await;
    }
}

#[tokio::test]
async fn a_missed_call_is_told_once_with_its_name_and_again_when_it_was_put_off() {
    let mut story = Story::begin().await;
    let ana = person(&mut story, "Ana").await;
    let key = ended(&mut story, NUMBER, false).await;
    let missed = of_kind(&story, NoticeKind::Missed);
    assert_eq!(missed.len(), 1, "{missed:?}");
    assert_eq!((missed[0].contact, missed[0].call.as_ref()), (Some(ana), Some(&key)));
    assert!(missed[0].body.starts_with("Ana\n"), "{missed:?}");
    assert_eq!(missed[0].number.as_deref(), Some("+50688884787"));
    assert_eq!(missed[0].actions, [NoticeAction::Open, NoticeAction::CallBack, NoticeAction::Snooze]);

    story.execute(command::NoticeSnooze { notice: missed[0].id }).await.unwrap();
    after(&mut story, Duration::from_secs(590)).await;
    assert_eq!(of_kind(&story, NoticeKind::Missed).len(), 1, "not yet");
    after(&mut story, Duration::from_secs(20)).await;
    assert_eq!(of_kind(&story, NoticeKind::Missed).len(), 2);

    story.execute(command::NoticeSnooze { notice: missed[0].id }).await.unwrap();
    ended(&mut story, NUMBER, true).await;
    after(&mut story, Duration::from_secs(620)).await;
    assert_eq!(of_kind(&story, NoticeKind::Missed).len(), 2, "whoever was talked to since is not brought up again");
    story.stop().await;
}

#[tokio::test]
async fn an_answered_call_is_not_told_and_neither_is_a_missed_one_while_the_agent_wants_to_be_left_alone() {
    let mut story = Story::begin().await;
    ended(&mut story, NUMBER, true).await;
    let quiet = Preferences { do_not_disturb: Some(DoNotDisturb { until: None }), ..Preferences::default() };
    choose(&mut story, quiet).await;
    let shown = story.shell.cards().len();
    let key = ended(&mut story, "22223344", false).await;
    assert_eq!(of_kind(&story, NoticeKind::Missed), []);
    assert_eq!(story.shell.cards().len(), shown, "and no pop-up came");
    let all = rows(&mut story, CallsWanted::default()).await;
    assert!(all.iter().any(|row| row.call.key == key), "it is in the history all the same");
    story.stop().await;
}

#[tokio::test]
async fn a_vendor_that_is_gone_for_a_moment_is_nobodys_news_and_one_that_stays_away_is_told_once_and_told_back() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    story.sim.faults().on(RequestKind::Live, 1, Fault::Http500);
    story.polls(4).await;
    assert_eq!(story.shell.notices(), []);

    story.sim.faults().on(RequestKind::Live, 8, Fault::Http500);
    let failing = status_until(&mut story, |status| status.accounts[0].reach == AccountReach::Failing).await;
    assert_eq!(failing.tray_status(), TrayStatus::Unreachable);
    story.polls(8).await;
    assert_eq!(of_kind(&story, NoticeKind::ProviderLost).len(), 1);
    story.polls(4).await;
    assert_eq!(of_kind(&story, NoticeKind::ProviderBack).len(), 1);
    assert_eq!(status(&mut story).await.tray_status(), TrayStatus::Ready);
    story.stop().await;
}

async fn status_until(story: &mut Story, fits: impl Fn(&Status) -> bool) -> Status {
    for _ in 0..50 {
        let now = status(story).await;
        if fits(&now) {
            return now;
        }
        story.polls(1).await;
    }
    panic!("never so: {:?}", status(story).await);
}

#[tokio::test]
async fn pop_ups_on_answer_alone_come_when_a_call_is_answered_and_only_then() {
    let mut story = Story::begin().await;
    let policy = PopupPolicy { on_ring: false, ..PopupPolicy::default() };
    choose(&mut story, Preferences { popup: Some(policy), ..Preferences::default() }).await;
    ended(&mut story, "22223344", false).await;
    assert_eq!(story.shell.cards().len(), 0);
    ended(&mut story, NUMBER, true).await;
    assert_eq!(story.shell.cards().len(), 1);
    story.stop().await;
}

#[tokio::test]
async fn a_card_tells_what_was_before_and_a_choice_is_remembered() {
    let mut story = Story::prepared(SimulatorConfig::default(), "").await;
    story.add_setting("[popup]\nfields = [\"email\"]\n");
    story.start().await;
    let ana = person(&mut story, "Ana").await;
    let eva = person(&mut story, "Eva").await;
    let first = ended(&mut story, NUMBER, true).await;
    let several = story.shell.cards().pop().unwrap();
    assert!(matches!(several.matched, Match::Several { .. }) && several.contact_summary.is_none(), "{several:?}");
    let edit = InteractionEdit { comment: Some("quiere dos".into()), finish: true, ..InteractionEdit::default() };
    let save = SaveInteraction { which: InteractionRef::Call(first.clone()), edit, caller: None };
    story.execute(command::InteractionsSave(save)).await.unwrap();

    let card = story.execute(command::CallAttach { call: first.clone(), contact: eva }).await.unwrap();
    assert!(matches!(&card.matched, Match::One { kind: MatchKind::Chosen, contact } if contact.id == eva), "{card:?}");
    assert_eq!(card.interaction.as_ref().unwrap().comment, "quiere dos");

    let again = ended(&mut story, NUMBER, false).await;
    let shown = story.shell.cards().pop().unwrap();
    let Match::Several { contacts, .. } = &shown.matched else { panic!("{shown:?}") };
    assert_eq!(contacts.iter().map(|one| one.id).collect::<Vec<_>>(), [eva, ana], "the one chosen last comes first");
    let card = story.execute(command::CallAttach { call: again, contact: eva }).await.unwrap();
    let contact_summary = card.contact_summary.unwrap();
    assert_eq!(contact_summary.recent.len(), 1, "this call itself is not what was before: {contact_summary:?}");
    assert_eq!(contact_summary.recent[0].interaction.as_ref().unwrap().comment, "quiere dos");
    assert_eq!(contact_summary.phones[0].dial, "+50688884787");

    let listed = rows(&mut story, CallsWanted::default()).await;
    assert!(listed.iter().all(|row| row.name == "Eva"), "{listed:?}");
    let pending = rows(&mut story, CallsWanted { pending: true, ..CallsWanted::default() }).await;
    assert_eq!(pending.len(), 0, "answered and finished, or missed");
    story.stop().await;
}

#[tokio::test]
async fn preferences_outlive_a_restart() {
    let mut story = Story::begin().await;
    let chosen = Preferences { autostart: true, told_no_tray: true, ..Preferences::default() };
    choose(&mut story, chosen.clone()).await;
    story.stop().await;
    story.start().await;
    let kept = story.execute(command::PreferencesShow).await.unwrap();
    assert_eq!(kept, chosen);
    story.stop().await;
}
