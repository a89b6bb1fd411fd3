//! Calls come in and go out: what is told, what pops up, what is kept.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::time::Duration;

use timbre_domain::attribution::{Side, Sides};
use timbre_domain::call::{CallKey, Direction};
use timbre_domain::contact::PhoneKind;
use timbre_domain::matching::{MatchKind, MatchName};
use timbre_domain::observation::CallObservation;
use timbre_engine::api::event::{Event, PopupEvent};
use timbre_engine::api::{CallFilter, command};
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::{RequestKind, SimulatorConfig};
use timbre_tests::story::{ENDPOINT, Story, key_of, name_of};

fn of_call<'a>(callid: &'a str, name: &'a str) -> impl Fn(&Event) -> Option<()> + 'a {
    move |event| (name_of(event) == name && key_of(event)?.external_id == callid).then_some(())
}

fn popup_of<'a>(callid: &'a str) -> impl Fn(&Event) -> Option<PopupEvent> + 'a {
    move |event| match event {
        Event::Popup(popup) if popup.call_key.external_id == callid => Some((**popup).clone()),
        _ => None,
    }
}

async fn add(story: &mut Story, name: &str, phones: &[&str]) {
    let phones = phones.iter().map(|phone| ((*phone).to_owned(), PhoneKind::Mobile)).collect();
    let contact = ContactEdit { name: Some(name.into()), phones: Some(phones), ..ContactEdit::default() };
    story.execute(command::ContactsAdd(contact)).await.unwrap();
}

fn names(popup: &PopupEvent) -> Vec<&str> {
    popup.contacts.iter().map(|contact| contact.name.as_str()).collect()
}

#[tokio::test]
async fn a_known_contact_rings_is_answered_and_hangs_up_and_it_is_one_call_of_the_history() {
    let mut story = Story::begin().await;
    add(&mut story, "Ana Rojas", &["8888-4787"]).await;
    story.polls(1).await;
    let call = story.sim.rings("88884787", ENDPOINT);
    let popup = story.until("the pop-up", popup_of(&call.callid())).await;
    assert_eq!(names(&popup), ["Ana Rojas"]);
    assert_eq!((popup.matched, popup.kind), (MatchName::One, Some(MatchKind::National)));
    assert_eq!(popup.number_written, "8888 4787");
    call.answer();
    story.until("answered", of_call(&call.callid(), "call.connected")).await;
    story.polls(3).await;
    call.hang_up();
    story.until("over", of_call(&call.callid(), "call.ended")).await;
    story.until("in the record", of_call(&call.callid(), "call.recorded")).await;
    let calls = story.execute(command::CallsList(CallFilter::default())).await.unwrap();
    assert_eq!(calls.len(), 1);
    let truth = story.sim.ledger().call(&call.callid()).unwrap().clone();
    let talked = truth.ended.unwrap().elapsed - truth.answered.unwrap().elapsed;
    assert_eq!(calls[0].duration_s, Some(talked.as_secs()));
    assert_eq!(calls[0].end_reason.as_deref(), Some("OK"));
    assert_eq!(calls[0].contact, Some(popup.contacts[0].id));
    assert_eq!(story.shell.cards().len(), 1);
    story.stop().await;
    assert_eq!([story.count("call.detected"), story.count("popup"), story.count("call.ended")], [1, 1, 1]);
}

#[tokio::test]
async fn a_number_that_three_contacts_share_offers_all_three_once() {
    let mut story = Story::begin().await;
    for name in ["Ana", "Berta", "Carla"] {
        add(&mut story, name, &["2222-3333", "+506 2222 3333"]).await;
    }
    let call = story.sim.rings("+506 2222-3333", ENDPOINT);
    let popup = story.until("the pop-up", popup_of(&call.callid())).await;
    assert_eq!(names(&popup), ["Ana", "Berta", "Carla"]);
    assert_eq!(popup.matched, MatchName::Several);
}

#[tokio::test]
async fn a_stranger_and_a_withheld_caller_are_told_apart() {
    let mut story = Story::begin().await;
    add(&mut story, "Ana", &["8888-4787"]).await;
    let stranger = story.sim.rings("87654321", ENDPOINT);
    assert_eq!(story.until("the stranger", popup_of(&stranger.callid())).await.matched, MatchName::Unknown);
    for spelling in ["anonymous", "", "Restricted", "0000000"] {
        let hidden = story.sim.rings(spelling, ENDPOINT);
        let popup = story.until("the withheld caller", popup_of(&hidden.callid())).await;
        assert_eq!((popup.matched, popup.contacts.len()), (MatchName::Withheld, 0), "{spelling:?}");
    }
}

#[tokio::test]
async fn two_calls_at_once_are_two_pop_ups() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    let first = story.sim.rings("88884787", ENDPOINT);
    let second = story.sim.rings("22223333", ENDPOINT);
    for call in [&first, &second] {
        if !story.told.iter().any(|event| popup_of(&call.callid())(event).is_some()) {
            story.until("its pop-up", popup_of(&call.callid())).await;
        }
    }
    first.hang_up();
    story.until("the first is over", of_call(&first.callid(), "call.ended")).await;
    assert_eq!([story.count("popup"), story.count("call.ended")], [2, 1]);
}

#[tokio::test]
async fn a_call_dialled_on_the_handset_shows_the_contact_used_last_and_never_a_chooser() {
    let mut story = Story::begin().await;
    add(&mut story, "Ana", &["2222-3333", "8888-0001"]).await;
    add(&mut story, "Berta", &["2222-3333", "8888-0002"]).await;
    let used = story.sim.rings("88880002", ENDPOINT);
    story.until("Berta calls", popup_of(&used.callid())).await;
    used.hang_up();
    story.until("that is over", of_call(&used.callid(), "call.ended")).await;
    let call = story.sim.calls_out(ENDPOINT, "22223333");
    let popup = story.until("the pop-up", popup_of(&call.callid())).await;
    assert_eq!(popup.call.direction, Direction::Out);
    assert_eq!(names(&popup), ["Berta"]);
    assert_eq!((popup.matched, popup.others), (MatchName::Maybe, 1));
}

#[tokio::test]
async fn a_ring_group_is_one_call_and_one_pop_up() {
    let endpoints = format!("endpoints = [\"{ENDPOINT}\", \"8615601\"]\nfull_account = true\n");
    let mut story = Story::with(SimulatorConfig::default(), &endpoints).await;
    let group = story.sim.rings_group("88884787", &[ENDPOINT, "8615601"]);
    story.until("a pop-up", |event| matches!(event, Event::Popup(_)).then_some(())).await;
    story.polls(2).await;
    group.answer("8615601");
    story.until("answered", |event| matches!(event, Event::Connected(_)).then_some(())).await;
    group.hang_up();
    story.until("over", |event| matches!(event, Event::Ended(_)).then_some(())).await;
    story.until("in the record", |event| matches!(event, Event::Recorded(_)).then_some(())).await;
    assert_eq!([story.count("popup"), story.count("call.detected"), story.count("call.ended")], [1, 1, 1]);
    let calls = story.execute(command::CallsList(CallFilter::default())).await.unwrap();
    assert_eq!(calls.len(), 1);
}

#[tokio::test]
async fn calls_of_colleagues_on_the_same_account_never_pop_up() {
    let mut story = Story::with(SimulatorConfig::default(), "full_account = true\n").await;
    story.sim.rings("88884787", "8615601");
    story.sim.calls_out("8615601", "22223333");
    story.polls(4).await;
    assert_eq!([story.count("popup"), story.count("call.detected")], [0, 0]);
    let colleague = story.sim.internal("8615601", ENDPOINT);
    let popup = story.until("a colleague calls us", popup_of(&colleague.callid())).await;
    assert_eq!(popup.matched, MatchName::Colleague);
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_call_repeats_nothing_and_misses_nothing() {
    let mut story = Story::begin().await;
    let call = story.sim.rings("88884787", ENDPOINT);
    story.until("the pop-up", popup_of(&call.callid())).await;
    story.stop().await;
    call.answer();
    story.start().await;
    story.until("answered", of_call(&call.callid(), "call.connected")).await;
    story.stop().await;
    call.hang_up();
    let missed = story.sim.rings("22223333", ENDPOINT);
    story.start().await;
    story.until("the new call", popup_of(&missed.callid())).await;
    story.until("the old one is over", of_call(&call.callid(), "call.ended")).await;
    assert_eq!([story.count("popup"), story.count("call.detected")], [2, 2]);
    assert_eq!(story.shell.cards().len(), 2);
}

#[tokio::test]
async fn what_happened_while_timbre_was_off_is_in_the_history_afterwards() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    story.execute(command::CallsSync { account: None, range: None }).await.unwrap();
    story.stop().await;
    let call =
        story.sim.rings("88884787", ENDPOINT).answers_after(Duration::from_secs(5)).lasts(Duration::from_secs(95));
    story.clock.advance(Duration::from_secs(3 * 24 * 3_600));
    story.start().await;
    for _ in 0..20 {
        story.polls(1).await;
        let calls = story.execute(command::CallsList(CallFilter::default())).await.unwrap();
        if let [record] = calls.as_slice() {
            assert_eq!((record.call.key.external_id.as_str(), record.duration_s), (call.callid().as_str(), Some(95)));
            assert_eq!(story.count("popup"), 0, "an old call is history, no pop-up");
            return;
        }
    }
    panic!("the history was not caught up");
}

#[tokio::test]
async fn the_vendors_limit_is_kept_through_syncs_and_restarts_and_live_calls_go_first() {
    let mut story = Story::begin().await;
    story.polls(5).await;
    story.execute(command::EndpointsSync { account: None }).await.unwrap();
    story.execute(command::CallsSync { account: None, range: None }).await.unwrap();
    for _ in 0..3 {
        story.stop().await;
        story.start().await;
        story.polls(2).await;
    }
    let ledger = story.sim.ledger();
    let closest = ledger.closest_reading().unwrap();
    assert!(closest >= Duration::from_secs(4), "{closest:?}");
    assert!(ledger.requests.iter().all(|request| !request.early));
    let live = ledger.requests_of(RequestKind::Live).count();
    let others = ledger.requests.len() - live;
    assert!(others >= 2 && live >= 3 * others, "{live} live, {others} others");
}

#[tokio::test]
async fn the_next_slot_is_used_without_drift() {
    let mut story = Story::begin().await;
    story.polls(200).await;
    let ledger = story.sim.ledger();
    let arrivals: Vec<_> = ledger.requests.iter().map(|request| request.arrival.elapsed).collect();
    let mean = (*arrivals.last().unwrap() - arrivals[0]) / u32::try_from(arrivals.len() - 1).unwrap();
    assert!(mean >= Duration::from_secs(4) && mean <= Duration::from_millis(4_025), "{mean:?}");
}

#[tokio::test]
async fn a_clock_that_is_set_back_an_hour_stops_nothing() {
    let mut story = Story::begin().await;
    story.polls(2).await;
    let now = timbre_domain::ports::Clock::now(&story.clock);
    story.clock.set_wall(now - chrono::TimeDelta::hours(1));
    let call = story.sim.rings("88884787", ENDPOINT);
    story.until("the pop-up", popup_of(&call.callid())).await;
    call.hang_up();
    story.until("over", of_call(&call.callid(), "call.ended")).await;
    story.stop().await;
    story.start().await;
    story.polls(2).await;
    assert!(story.sim.ledger().requests.iter().all(|request| !request.early));
}

#[tokio::test]
async fn a_long_record_is_read_page_by_page_and_reading_it_again_doubles_nothing() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    let start = timbre_domain::ports::Clock::elapsed(&story.clock);
    for n in 0..2_100u32 {
        let at = start + Duration::from_secs(60) * n;
        let _planned = story
            .sim
            .rings_at(at, "88884787", ENDPOINT)
            .answers_after(Duration::from_secs(2))
            .lasts(Duration::from_secs(20));
    }
    story.stop().await;
    let from = timbre_domain::ports::Clock::now(&story.clock) - chrono::TimeDelta::hours(1);
    story.clock.advance(Duration::from_secs(60) * 2_200);
    let to = timbre_domain::ports::Clock::now(&story.clock);
    story.start().await;
    for _ in 0..2 {
        let range = Some(timbre_domain::cdr::TimeRange { from, to });
        let reply = story.execute(command::CallsSync { account: None, range }).await.unwrap();
        assert_eq!(reply, 2_100);
    }
    let filter = CallFilter { limit: 5_000, ..CallFilter::default() };
    let calls = story.execute(command::CallsList(filter)).await.unwrap();
    assert_eq!(calls.len(), 2_100);
    assert!(calls.iter().all(|record| record.duration_s == Some(20) && record.cost.is_some()));
    assert!(story.sim.ledger().requests.iter().all(|request| !request.early));
}

#[tokio::test]
async fn endpoints_are_read_by_hand_and_name_whose_call_it_is() {
    let mut story = Story::begin().await;
    let count = story.execute(command::EndpointsSync { account: None }).await.unwrap();
    assert_eq!(count, 2);
    let endpoints = story.execute(command::EndpointsList { account: None }).await.unwrap();
    let own: Vec<_> = endpoints.iter().filter(|e| e.own).map(|e| e.endpoint.number.as_str()).collect();
    assert_eq!(own, [ENDPOINT]);
}

#[tokio::test]
async fn hostile_names_and_numbers_are_kept_as_they_are_and_break_nothing() {
    let mut story = Story::begin().await;
    let name = "Robert'); DROP TABLE contacts;--<script>alert(1)</script>\u{202e}";
    add(&mut story, name, &["8888-4787"]).await;
    let call = story.sim.rings("88884787", ENDPOINT);
    let popup = story.until("the pop-up", popup_of(&call.callid())).await;
    assert_eq!(names(&popup), [name]);
    let odd = story.sim.rings("<script>88\u{0}", ENDPOINT);
    story.until("an odd number", popup_of(&odd.callid())).await;
    let key = CallKey::try_from(format!("callmyway:main:{}", odd.callid())).unwrap();
    let calls = story.execute(command::CallsList(CallFilter::default())).await.unwrap();
    assert!(calls.iter().any(|record| record.call.key == key));
}

#[tokio::test]
async fn a_pushed_call_pops_up_before_anybody_is_asked_fills_in_its_number_and_the_poll_repeats_nothing() {
    let mut story = Story::begin().await;
    add(&mut story, "Ana Rojas", &["8888-4787"]).await;
    story.polls(1).await;
    let call = story.sim.rings("88884787", ENDPOINT);
    let (asked, now) = (story.count("call.detected"), timbre_domain::ports::Clock::now(&story.clock));
    let seen = |number: Option<&str>| CallObservation {
        external_id: call.callid(),
        group: None,
        sides: Sides {
            calling: Side { number: number.map(str::to_owned), ..Side::default() },
            called: Side { number: Some(ENDPOINT.into()), user: ENDPOINT.into(), ..Side::default() },
        },
        detected_at: now,
        connected_at: None,
        ended_at: None,
    };
    let (context, questions) = (story.context(), story.sim.ledger().requests.len());
    let session = context.sessions()[0].clone();
    context.push(&session, vec![seen(None)]).await;
    let popup = story.until("the pop-up", popup_of(&call.callid())).await;
    assert_eq!((popup.matched, popup.contacts.len()), (MatchName::NotKnownYet, 0));
    assert_eq!(story.sim.ledger().requests.len(), questions, "nobody was asked");

    context.push(&session, vec![seen(Some("88884787"))]).await;
    let filled = story.until("its number", popup_of(&call.callid())).await;
    assert_eq!((filled.completed, names(&filled)), (true, vec!["Ana Rojas"]));
    story.polls(3).await;
    assert_eq!(story.count("call.detected"), asked + 1, "the poll sees the same call");
    assert_eq!(story.shell.cards().len(), 1, "one pop-up, completed");

    // Whoever pushes may be gone before it is taken in, as a web hook whose sender hangs up: it is taken in all the same.
    let late = CallObservation { external_id: "pushed-and-gone".into(), ..seen(Some("22223333")) };
    let mut pushing = Box::pin(context.push(&session, vec![late]));
    assert!(still_waits(&mut pushing), "it waits for the database");
    drop(pushing);
    story.until("the other call", of_call("pushed-and-gone", "call.detected")).await;
    story.stop().await;
}

/// Polls once; whether it is still going on.
fn still_waits(future: &mut std::pin::Pin<Box<impl Future<Output = ()>>>) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    future.as_mut().poll(&mut context).is_pending()
}
