//! The vendor misbehaves: calls are seen all the same, none ends because a poll failed, and nothing is swallowed in
//! silence.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "faults/timbrectl.rs"]
mod timbrectl;

use std::time::Duration;

use chrono::TimeDelta;
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::Clock as _;
use timbre_engine::api::event::{Condition, Event, ProviderState};
use timbre_engine::api::{CallFilter, KeptUnread, command};
use timbre_simulator::{Fault, ManualClock, RefusalStyle, RequestKind, SimulatorConfig, WrongPasswordStyle};
use timbre_tests::story::{ENDPOINT, Story};

fn popup(event: &Event) -> Option<()> {
    matches!(event, Event::Popup(_)).then_some(())
}

fn ended(event: &Event) -> Option<()> {
    matches!(event, Event::Ended(_)).then_some(())
}

fn state(event: &Event) -> Option<ProviderState> {
    match event {
        Event::Provider(state) => Some(state.clone()),
        _ => None,
    }
}

async fn kept(story: &mut Story) -> Vec<KeptUnread> {
    story.execute(command::UnreadList { account: None }).await.unwrap()
}

/// Faults of a whole answer, with the code each is told under.
fn failures() -> Vec<(Fault, ErrorCode)> {
    vec![
        (Fault::Http500, ErrorCode::VendorFailed),
        (Fault::Html, ErrorCode::NotAuthorised),
        (Fault::TruncatedJson, ErrorCode::Unreadable),
        (Fault::EmptyBody, ErrorCode::NotAuthorised),
        (Fault::WrongStatus(403), ErrorCode::NotAuthorised),
        (Fault::WrongStatus(503), ErrorCode::VendorFailed),
        (Fault::ErrorObject, ErrorCode::NotAuthorised),
        (Fault::Hang, ErrorCode::TimedOut),
        (Fault::ConnectionReset, ErrorCode::Unreachable),
        (Fault::Huge(64 * 1024 * 1024), ErrorCode::TooLarge),
    ]
}

/// Faults that leave the answer whole.
fn oddities() -> Vec<Fault> {
    vec![
        Fault::Slow(Duration::from_secs(3)),
        Fault::BareArray,
        Fault::Bom,
        Fault::PhpNotice,
        Fault::NumbersForStrings,
        Fault::DuplicateRow,
        Fault::ZeroDates,
        Fault::HostileNames,
    ]
}

#[tokio::test]
async fn a_failed_answer_is_told_by_its_code_and_ends_no_call_and_repeats_no_pop_up() {
    for (fault, code) in failures() {
        let mut story = Story::begin().await;
        let call = story.sim.rings("88884787", ENDPOINT);
        story.until("the pop-up", popup).await;
        story.sim.faults().on(RequestKind::Live, 2, fault.clone());
        let told = story.until(&format!("{fault:?}"), |e| state(e).filter(|s| s.state == Condition::Failing)).await;
        assert_eq!((told.code, told.retry), (Some(code), Some(code.retry())), "{fault:?}");
        assert!(told.what.as_ref().is_some_and(|what| !what.is_empty()) && told.what_to_do.is_some(), "{fault:?}");
        story.until("it is well again", |e| state(e).filter(|s| s.state == Condition::Ok)).await;
        story.polls(2).await;
        assert_eq!([story.count("popup"), story.count("call.ended")], [1, 0], "{fault:?}");
        call.hang_up();
        story.until("over", ended).await;
        assert_eq!(story.sim.faults().left(), 0, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_could_not_be_read_is_kept_for_diagnosis_and_bounded() {
    for fault in [Fault::Html, Fault::TruncatedJson, Fault::ErrorObject, Fault::Http500] {
        let mut story = Story::begin().await;
        story.sim.rings("88884787", ENDPOINT);
        story.sim.faults().on(RequestKind::Live, 1, fault.clone());
        let told = story.until("it fails", |e| state(e).filter(|s| s.state == Condition::Failing)).await;
        assert_eq!(told.unread, 1, "{fault:?}");
        story.polls(1).await;
        let kept = kept(&mut story).await;
        assert_eq!(kept.len(), 1, "{fault:?}");
        assert!(kept[0].unread.raw.len() <= 5_000, "{fault:?}");
    }
}

#[tokio::test]
async fn a_call_is_seen_through_every_oddity() {
    for fault in oddities() {
        let mut story = Story::begin().await;
        story.polls(1).await;
        story.sim.faults().on(RequestKind::Live, 3, fault.clone());
        let call = story.sim.rings("88884787", ENDPOINT);
        story.until(&format!("the pop-up under {fault:?}"), popup).await;
        story.polls(4).await;
        assert_eq!(
            [story.count("popup"), story.count("call.detected"), story.count("call.ended")],
            [1, 1, 0],
            "{fault:?}"
        );
        call.hang_up();
        story.until("over", ended).await;
    }
}

#[tokio::test]
async fn an_empty_list_in_any_spelling_ends_a_call_after_two_looks() {
    for fault in [Fault::NullList, Fault::EmptyObjectList, Fault::VanishedCall] {
        let mut story = Story::begin().await;
        story.sim.rings("88884787", ENDPOINT);
        story.until("the pop-up", popup).await;
        story.sim.faults().on(RequestKind::Live, 1, fault.clone());
        story.polls(3).await;
        assert_eq!(story.count("call.ended"), 0, "{fault:?}: one miss is a hiccup");
        story.sim.faults().on(RequestKind::Live, 2, fault.clone());
        story.until("over", ended).await;
        story.until("it goes on", |e| matches!(e, Event::Resumed(_)).then_some(())).await;
        assert_eq!([story.count("popup"), story.count("call.detected")], [1, 1], "{fault:?}");
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_counted_told_and_kept_and_ends_nothing() {
    let mut story = Story::begin().await;
    let call = story.sim.rings("88884787", ENDPOINT);
    story.until("the pop-up", popup).await;
    story.sim.faults().on(RequestKind::Live, 3, Fault::MissingCallid);
    let told = story.until("partly read", |e| state(e).filter(|s| s.state == Condition::PartlyRead)).await;
    assert!(told.unread >= 1 && told.what.is_some());
    story.until("whole again", |e| state(e).filter(|s| s.state == Condition::Ok)).await;
    assert_eq!(story.count("call.ended"), 0);
    let kept = kept(&mut story).await;
    assert_eq!(kept[0].unread.place, "cdrs[0].callid");
    call.hang_up();
    story.until("over", ended).await;
}

#[tokio::test]
async fn a_time_that_cannot_be_read_shows_the_call_all_the_same() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    story.sim.faults().on(RequestKind::Live, 1, Fault::BadDate);
    story.sim.rings("88884787", ENDPOINT);
    story.until("the pop-up", popup).await;
    assert!(kept(&mut story).await[0].unread.place.contains("_time"));
}

#[tokio::test]
async fn what_was_mended_is_told() {
    for (fault, word) in [(Fault::Bom, "byte order mark"), (Fault::PhpNotice, "before the JSON")] {
        let mut story = Story::begin().await;
        story.polls(1).await;
        story.sim.faults().on(RequestKind::Live, 1, fault);
        let told = story.until(word, |e| state(e).filter(|s| !s.repairs.is_empty())).await;
        assert!(told.repairs[0].contains(word) && told.state == Condition::Ok, "{told:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_not_authorised_is_told_as_such_whatever_the_vendor_sends() {
    for refusal in [RefusalStyle::EmptyBody, RefusalStyle::Html, RefusalStyle::Http403, RefusalStyle::Status(-1)] {
        let config = SimulatorConfig { authorised: Vec::new(), refusal, ..SimulatorConfig::default() };
        let mut story = Story::with(config, "").await;
        let told = story.until("refused", state).await;
        assert_eq!(told.code, Some(ErrorCode::NotAuthorised));
        assert!(told.what_to_do.unwrap().contains("IP"));
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_vendor_is_not_hammered() {
    for wrong_password in [WrongPasswordStyle::Json, WrongPasswordStyle::Http401] {
        let config = SimulatorConfig { wrong_password, ..SimulatorConfig::default() };
        let mut story = Story::prepared(config, "").await.password(Some("equivocada"));
        story.start().await;
        let told = story.until("refused", state).await;
        assert_eq!(told.code, Some(ErrorCode::NotAuthorised));
        story.polls(8).await;
        let ledger = story.sim.ledger();
        let first = ledger.requests.first().unwrap().arrival.elapsed;
        let last = ledger.requests.last().unwrap().arrival.elapsed;
        assert!(last - first > Duration::from_secs(5 * 30), "{:?}", last - first);
        assert_eq!(story.count("provider.state"), 1, "it is told once");
    }
}

#[tokio::test]
async fn a_missing_password_is_told_and_nothing_is_sent() {
    let mut story = Story::prepared(SimulatorConfig::default(), "").await.password(None);
    story.start().await;
    let told = story.until("no password", state).await;
    assert_eq!(told.code, Some(ErrorCode::SecretMissing));
    assert!(story.sim.ledger().requests.is_empty());
}

#[tokio::test]
async fn a_vendor_that_holds_back_is_asked_less_often_and_it_is_said() {
    let mut story = Story::begin().await;
    story.polls(6).await;
    story.sim.faults().on(RequestKind::Live, 3, Fault::Slow(Duration::from_secs(4)));
    let told = story.until("slowed", |e| state(e).filter(|s| s.slowed)).await;
    assert!(told.interval_ms > 4_000 && told.what.is_some());
    let told = story.until("fast again", |e| state(e).filter(|s| !s.slowed)).await;
    assert_eq!(told.interval_ms, 4_000);
}

#[tokio::test]
async fn a_vendor_that_goes_away_and_comes_back_is_found_again_without_a_restart() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    let port = story.sim.port();
    story.sim.stop().await;
    let told = story.until("it is gone", state).await;
    if told.state == Condition::Ok {
        let told = story.until("it is gone", state).await;
        assert_eq!(told.code, Some(ErrorCode::Unreachable));
    }
    story.replace_vendor(SimulatorConfig { port, ..SimulatorConfig::default() }).await;
    story.until("it is back", |e| state(e).filter(|s| s.state == Condition::Ok)).await;
    story.sim.rings("88884787", ENDPOINT);
    story.until("the pop-up", popup).await;
}

#[tokio::test]
async fn a_wrong_zone_is_noticed_and_one_that_fits_is_proposed() {
    let mut story = Story::with(SimulatorConfig::default(), "time_zone = \"America/Bogota\"\n").await;
    story.polls(1).await;
    story.sim.rings("88884787", ENDPOINT);
    let off = story.until("a word about the zone", |e| state(e).and_then(|s| s.clock_off)).await;
    assert_eq!(off.zone.as_deref(), Some("America/Costa_Rica"));
}

#[tokio::test]
async fn watch_and_doctor_give_one_judgement_of_a_clock_that_is_days_off_and_the_server_speaks_first() {
    let days = TimeDelta::days(3);
    let server_too = SimulatorConfig { clock_ahead: days, ..SimulatorConfig::default() };
    // Costa Rica has the same time all year.
    let later = (ManualClock::default().now() + days - TimeDelta::hours(6)).format("\"%Y-%m-%d %H:%M:%S\"").to_string();
    for (config, fault, ours, finding) in [
        (server_too, None, true, "clock.wrong"),
        (SimulatorConfig::default(), Some(Fault::fields(&[("detect_time", &later)])), false, "clock.times_off"),
    ] {
        let mut story = Story::with(config, "").await;
        if let Some(fault) = fault {
            story.sim.faults().on(RequestKind::Live, usize::MAX, fault);
        }
        story.sim.rings("88884787", ENDPOINT);
        let off = story.until("a word about the clock", |e| state(e).and_then(|s| s.clock_off)).await;
        assert_eq!((off.ours, off.minutes.abs(), off.zone), (ours, 3 * 24 * 60, None));
        let report = story.execute(command::Doctor).await.unwrap();
        let findings: Vec<_> = report.checks.iter().map(|check| check.finding.as_str()).collect();
        assert!(findings.contains(&finding), "{findings:?}");
        assert_eq!(findings.contains(&"clock.agrees"), !ours, "{findings:?}");
    }
}

#[tokio::test]
async fn a_record_that_has_no_duration_yet_is_asked_for_again_until_it_has_one() {
    let early = [
        Fault::fields(&[("duration", "\"0\""), ("end_reason", "\"\"")]),
        Fault::fields(&[("duration", "\"\""), ("connect_time", "\"1970-01-01 00:00:00\""), ("end_reason", "\"\"")]),
        Fault::fields(&[
            ("duration", "0"),
            ("connect_time", "null"),
            ("disconnect_time", "\"\""),
            ("end_reason", "\"OK\""),
        ]),
    ];
    for fault in early {
        let mut story = Story::begin().await;
        let call = story.sim.rings("88884787", ENDPOINT);
        story.until("the pop-up", popup).await;
        call.answer();
        story.until("answered", |event| matches!(event, Event::Connected(_)).then_some(())).await;
        // The catch-up at the start has been answered by then.
        story.polls(8).await;
        story.sim.faults().on(RequestKind::Cdr, 2, fault.clone());
        call.hang_up();
        story.until("over", ended).await;
        story.polls(6).await;
        assert_eq!(story.sim.faults().left(), 1, "{fault:?}: it was looked at");
        let listed = story.execute(command::CallsList(CallFilter::default())).await.unwrap();
        assert!(listed[0].call.connected_at.is_some() && listed[0].talk_s() > Some(0), "{fault:?}: {:?}", listed[0]);
        let recorded = story.until("recorded", |event| match event {
            Event::Recorded(recorded) => Some(recorded.clone()),
            _ => None,
        });
        assert!(recorded.await.duration_s > 20, "{fault:?}");
        assert_eq!(story.sim.faults().left(), 0);
    }
}

#[tokio::test]
async fn a_full_day_of_calls_and_faults_ends_as_the_ledger_says() {
    use timbre_simulator::{DayPlan, WorkingDay};
    let mut story = Story::begin().await;
    let plan = DayPlan { length: Duration::from_secs(3_600), ..DayPlan::default() };
    let handles = WorkingDay::generate(11, &plan).play_on(&story.sim);
    assert!(handles.len() >= 10, "{}", handles.len());
    let mixed = [
        Fault::Http500,
        Fault::TruncatedJson,
        Fault::DuplicateRow,
        Fault::PhpNotice,
        Fault::VanishedCall,
        Fault::EmptyBody,
        Fault::Gzip(true),
        Fault::Gzip(false),
        Fault::RetryAfter(503, 6),
        Fault::Body(r#"{"status":200,"message":"espere"}"#.into()),
        Fault::Body(r#"{"status":404,"message":"No records found","cdrs":[]}"#.into()),
        Fault::Body("[']',".repeat(2_000)),
        Fault::Status(400, "{}".into()),
        Fault::Crowd(5_000),
        Fault::fields(&[("ani", "\"\"")]),
        Fault::fields(&[("ani_user", "false"), ("access_endpoint_id", "\"0\"")]),
        Fault::fields(&[("connect_time", "\"2099-01-01 00:00:00\"")]),
        Fault::twin(&[("dnis", "\"40001000\""), ("dnis_user", "\"\""), ("dst_endpoint_id", "\"0\"")]),
    ];
    let of_records = [
        Fault::fields(&[("duration", "\"0\""), ("end_reason", "\"\"")]),
        Fault::Status(404, r#"{"status":404,"message":"No records found","cdrs":[]}"#.into()),
        Fault::Gzip(true),
        Fault::RetryAfter(429, 5),
    ];
    for n in 0..60u32 {
        let fault = mixed[n as usize % mixed.len()].clone();
        story.sim.faults().on(RequestKind::Live, 1, fault);
        story.sim.faults().on(RequestKind::Cdr, 1, of_records[n as usize % of_records.len()].clone());
        story.polls(15).await;
    }
    story.polls(60).await;
    let shown: std::collections::BTreeSet<String> =
        story.sim.ledger().requests_of(RequestKind::Live).flat_map(|r| r.shown.clone()).collect();
    let mut popped: Vec<String> = story.shell.cards().iter().map(|card| card.call.key.external_id.clone()).collect();
    popped.sort();
    let unique: std::collections::BTreeSet<String> = popped.iter().cloned().collect();
    assert_eq!(popped.len(), unique.len(), "a call popped up twice");
    assert_eq!(unique, shown, "what the vendor showed and what popped up");
    assert!(story.sim.ledger().requests.iter().all(|request| !request.early));
}
