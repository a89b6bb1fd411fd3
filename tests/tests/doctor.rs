//! `doctor`: what it finds in a story.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::fs;

use chrono::TimeDelta;
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::Clock as _;
use timbre_engine::api::event::{Condition, Event};
use timbre_engine::api::{ImportRecord, command};
use timbre_engine::contacts::edit::ContactEdit;
use timbre_engine::health::doctor::Value::Number;
use timbre_engine::health::doctor::{Check, DoctorReport, State};
use timbre_simulator::{Fault, RefusalStyle, RequestKind, SimulatorConfig, WrongPasswordStyle};
use timbre_store::{DataFolder, Store};
use timbre_tests::story::{ENDPOINT, PASSWORD, Story};

async fn examined(story: &mut Story) -> DoctorReport {
    story.execute(command::Doctor).await.unwrap()
}

fn in_state(report: &DoctorReport, state: State) -> Vec<&str> {
    report.checks.iter().filter(|check| check.state == state).map(|check| check.finding.as_str()).collect()
}

#[track_caller]
fn found<'a>(report: &'a DoctorReport, finding: &str) -> &'a Check {
    let check = report.checks.iter().find(|check| check.finding == finding);
    check.unwrap_or_else(|| panic!("{finding} was not found: {report:#?}"))
}

fn failing(event: &Event) -> Option<()> {
    matches!(event, Event::Provider(state) if state.state == Condition::Failing).then_some(())
}

async fn ana(story: &mut Story) {
    let phones = vec![("8888-4787".to_owned(), Default::default())];
    let ana = ContactEdit { name: Some("Ana Rojas".into()), phones: Some(phones), ..ContactEdit::default() };
    story.execute(command::ContactsAdd(ana)).await.unwrap();
    // Whoever looks a number up waits for the index.
    story.execute(command::ContactsLookup { number: "88884787".into() }).await.unwrap();
}

#[tokio::test]
async fn when_all_is_well_everything_is_good() {
    let mut story = Story::begin().await;
    story.execute(command::EndpointsSync { account: None }).await.unwrap();
    ana(&mut story).await;
    story.sim.rings("88884787", ENDPOINT);
    story.until("the pop-up", |event| matches!(event, Event::Popup(_)).then_some(())).await;
    let report = examined(&mut story).await;
    assert_eq!(in_state(&report, State::Good).len(), report.checks.len(), "{report:#?}");
    for finding in [
        "database.whole",
        "database.index_in_step",
        "disk.free",
        "disk.writable",
        "account.secret_found",
        "account.reached",
        "account.authorised",
        "account.endpoints_known",
        "throttle.kept",
        "throttle.alone",
        "clock.agrees",
        "clock.zone_fits",
    ] {
        found(&report, finding);
    }
    assert_eq!(found(&report, "database.whole").values["contacts"], 1u32.into());
    assert_eq!(found(&report, "throttle.kept").values["interval_ms"], 4_000u32.into());
    assert!(!story.data_dir().join("timbre.probe").exists());
}

#[tokio::test]
async fn nothing_of_a_contact_a_call_or_a_sign_in_is_in_the_report() {
    for password in [PASSWORD, "equivocada"] {
        let mut story = Story::prepared(SimulatorConfig::default(), "").await.password(Some(password));
        story.start().await;
        ana(&mut story).await;
        story.sim.rings("88884787", ENDPOINT);
        story.polls(2).await;
        let report = serde_json::to_string(&examined(&mut story).await).unwrap();
        for word in ["Ana", "Rojas", "8888", "4787", ENDPOINT, password, "http://", "?"] {
            assert!(!report.contains(word), "{word}: {report}");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_code_and_leaves_the_clock_unchecked() {
    let wrong = |wrong_password| SimulatorConfig { wrong_password, ..SimulatorConfig::default() };
    let refused = |refusal| SimulatorConfig { authorised: Vec::new(), refusal, ..SimulatorConfig::default() };
    for (config, password) in [
        (wrong(WrongPasswordStyle::Json), "equivocada"),
        (wrong(WrongPasswordStyle::Http401), "equivocada"),
        (refused(RefusalStyle::EmptyBody), PASSWORD),
        (refused(RefusalStyle::Html), PASSWORD),
        (refused(RefusalStyle::Http403), PASSWORD),
    ] {
        let mut story = Story::prepared(config, "").await.password(Some(password));
        story.start().await;
        story.until("refused", failing).await;
        let report = examined(&mut story).await;
        assert_eq!(in_state(&report, State::Failed), ["account.not_authorised"]);
        assert_eq!(found(&report, "account.not_authorised").code, Some(ErrorCode::NotAuthorised));
        found(&report, "account.secret_found");
        found(&report, "clock.not_told");
        found(&report, "throttle.unknown");
    }
}

#[tokio::test]
async fn a_missing_password_is_told_and_nothing_is_asked() {
    let mut story = Story::prepared(SimulatorConfig::default(), "").await.password(None);
    story.start().await;
    story.until("no password", failing).await;
    let report = examined(&mut story).await;
    assert_eq!(in_state(&report, State::Failed), ["account.secret_missing"]);
    found(&report, "account.not_asked");
    assert!(story.sim.ledger().requests.is_empty());
}

#[tokio::test]
async fn a_vendor_that_is_down_is_told_and_once_it_is_back_so_is_that_it_was_down() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    story.sim.faults().on(RequestKind::Live, usize::MAX, Fault::ConnectionReset);
    story.until("it fails", failing).await;
    let report = examined(&mut story).await;
    assert_eq!(in_state(&report, State::Failed), ["account.failing"]);
    assert_eq!(found(&report, "account.failing").code, Some(ErrorCode::Unreachable));
    found(&report, "account.authorised_unknown");
    story.sim.faults().clear();
    story.polls(2).await;
    let report = examined(&mut story).await;
    assert_eq!(in_state(&report, State::Failed), [""; 0]);
    assert_eq!(found(&report, "account.failed_before").code, Some(ErrorCode::Unreachable));
}

#[tokio::test]
async fn parts_that_could_not_be_read_are_a_warning() {
    let mut story = Story::begin().await;
    story.sim.rings("88884787", ENDPOINT);
    story.sim.faults().on(RequestKind::Live, usize::MAX, Fault::MissingCallid);
    story
        .until("partly read", |event| {
            matches!(event, Event::Provider(state) if state.state == Condition::PartlyRead).then_some(())
        })
        .await;
    assert_eq!(in_state(&examined(&mut story).await, State::Warning), ["account.partly_read"]);
}

#[tokio::test]
async fn a_clock_is_compared_with_the_vendors_and_a_wrong_one_is_not_taken_for_the_zone() {
    for (minutes, state, finding) in [
        (1, State::Good, "clock.agrees"),
        (2, State::Warning, "clock.off"),
        (-4, State::Warning, "clock.off"),
        (6, State::Failed, "clock.wrong"),
        (-60, State::Failed, "clock.wrong"),
    ] {
        let config = SimulatorConfig { clock_ahead: TimeDelta::minutes(minutes), ..SimulatorConfig::default() };
        let mut story = Story::with(config, "").await;
        story.polls(1).await;
        story.sim.rings("88884787", ENDPOINT);
        story.polls(2).await;
        let report = examined(&mut story).await;
        let check = found(&report, finding);
        let Number(off) = check.values["off_s"] else { panic!("{check:?}") };
        // The vendor says whole seconds.
        assert!(check.state == state && (off + minutes * 60).abs() <= 1, "{check:?}");
        found(&report, "clock.zone_fits");
    }
}

#[tokio::test]
async fn a_wrong_zone_is_told_with_one_that_fits() {
    let mut story = Story::with(SimulatorConfig::default(), "time_zone = \"America/Bogota\"\n").await;
    story.polls(1).await;
    found(&examined(&mut story).await, "clock.no_call_seen");
    story.sim.rings("88884787", ENDPOINT);
    story.polls(2).await;
    let report = examined(&mut story).await;
    assert_eq!(in_state(&report, State::Warning), ["clock.zone_wrong"]);
    assert_eq!(found(&report, "clock.zone_wrong").values["proposed"], "America/Costa_Rica".into());
}

#[tokio::test]
async fn endpoints_are_compared_with_the_vendors_list_once_it_was_read() {
    let mut story = Story::with(SimulatorConfig::default(), "endpoints = [\"8373456\", \"8373457\"]\n").await;
    story.polls(1).await;
    assert_eq!(found(&examined(&mut story).await, "account.endpoints_never_read").state, State::NotChecked);
    story.execute(command::EndpointsSync { account: None }).await.unwrap();
    let report = examined(&mut story).await;
    let strange = found(&report, "account.endpoints_strange");
    assert_eq!((strange.state, &strange.values["places"]), (State::Warning, &"2".into()));
}

#[tokio::test]
async fn a_disk_that_fills_up_is_a_warning_and_then_a_failure() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    story.disk.leave(400 * 1024 * 1024);
    assert_eq!(in_state(&examined(&mut story).await, State::Warning), ["disk.low"]);
    story.disk.leave(40 * 1024 * 1024);
    assert_eq!(in_state(&examined(&mut story).await, State::Failed), ["disk.full"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_data_folder_that_others_can_open_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut story = Story::begin().await;
    story.polls(1).await;
    fs::set_permissions(story.data_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(in_state(&examined(&mut story).await, State::Warning), ["disk.others_can_read"]);
}

#[tokio::test]
async fn an_import_that_was_cut_short_is_told_with_file_and_row() {
    let mut story = Story::prepared(SimulatorConfig::default(), "").await;
    {
        let folder = DataFolder::hold(&story.data_dir()).unwrap();
        let (store, _) = Store::open(&folder, story.clock.now()).unwrap();
        let record = ImportRecord {
            id: uuid::Uuid::now_v7(),
            file: "clientes.csv".into(),
            source: "csv".into(),
            started_at: "2026-03-01T14:00:00Z".parse().unwrap(),
            finished_at: None,
            rows: 4_711,
            added: 4_711,
            changed: 0,
            unchanged: 0,
            refused: 0,
            merged: 0,
            undone_at: None,
        };
        store.save_import(&record).unwrap();
        store.close().unwrap();
    }
    story.start().await;
    story.polls(1).await;
    let report = examined(&mut story).await;
    assert_eq!(in_state(&report, State::Warning), ["import.cut_short"]);
    let values = &found(&report, "import.cut_short").values;
    assert_eq!((&values["file"], &values["rows"]), (&"clientes.csv".into(), &4_711u32.into()));
}

#[tokio::test]
async fn a_backup_that_is_old_and_files_set_aside_are_told() {
    let mut story = Story::begin().await;
    let backup = story.data_dir().join("timbre.db.backup");
    // The first one is made a minute after the start, the next a day later.
    while !backup.exists() {
        story.polls(5).await;
    }
    found(&examined(&mut story).await, "database.backed_up");
    let made = story.clock.now() - TimeDelta::days(3);
    fs::OpenOptions::new().write(true).open(backup).unwrap().set_modified(made.into()).unwrap();
    fs::write(story.data_dir().join("timbre.db.damaged-20260301T140000"), b"").unwrap();
    let report = examined(&mut story).await;
    assert_eq!(in_state(&report, State::Warning), ["database.backup_old", "database.set_aside"]);
    assert_eq!(found(&report, "database.backup_old").values["made_at"], made.into());
}
