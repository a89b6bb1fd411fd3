//! What the pop-ups do on a real screen.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use timbre_tests::desktop::{FocusWatch, Lines, TypingProbe, Wanted};
use timbre_tests::story::{ENDPOINT, PASSWORD};

use crate::office::{Office, POPUP, SOON, Setting};

/// The bands' colours, as they stand in theme.css.
const RINGING: &str = "#0b5cc4";
const CONNECTED: &str = "#17723a";
const WRAP_UP: &str = "#0d6a72";
const MISSED: &str = "#b3261e";
/// A click that is taken for something else is so now and then, not always.
const CLOSED_AT_ONCE: usize = 24;
/// How long a pop-up of a missed call stays.
const STAYS_AFTER_MISSED: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_call_pops_up_while_somebody_types_elsewhere_and_neither_the_focus_nor_a_letter_is_lost() {
    let mut office = Office::open().await;
    let mut probe = TypingProbe::open(&office.desktop).unwrap();
    let mut focus = FocusWatch::start(&office.desktop).unwrap();
    let active = office.desktop.active_window().unwrap();
    let text = "the quick brown fox jumps over the lazy dog ".repeat(4);

    let Office { app, desktop, sim, .. } = &mut office;
    std::thread::scope(|both| {
        let typing = both.spawn(|| desktop.type_text(&text, Duration::from_millis(30)));
        probe.wait_for_length(8, SOON).unwrap();
        let call = sim.rings("8888-4787", ENDPOINT);
        app.painted(&call.callid(), SOON).unwrap();
        assert!(probe.text().unwrap().len() < text.len(), "it was painted while there was typing");
        typing.join().unwrap().unwrap();
    });

    let popup = office.desktop.wait_for_window(POPUP, SOON).unwrap();
    assert_eq!(popup.pid, office.app.pid());
    office.wait_for_band(&popup, RINGING);
    office.picture("a-call-pops-up");
    assert_eq!(probe.settled_text(&text, SOON).unwrap(), text);
    assert_eq!(probe.focus_losses().unwrap(), 0);
    assert_eq!(focus.changes().unwrap(), 0);
    assert_eq!(office.desktop.active_window().unwrap(), active);
}

#[tokio::test(flavor = "multi_thread")]
async fn pop_ups_closed_by_their_crosses_the_moment_they_come_take_no_letter_and_no_focus_from_whoever_types() {
    let mut office = Office::open().await;
    office.knows("Ana Fernández", "8888-4787");
    let mut probe = TypingProbe::open(&office.desktop).unwrap();
    let mut focus = FocusWatch::start(&office.desktop).unwrap();
    let text = "the quick brown fox jumps over the lazy dog ".repeat(20);

    let Office { app, desktop, sim, .. } = &mut office;
    std::thread::scope(|both| {
        let typing = both.spawn(|| desktop.type_text(&text, Duration::from_millis(20)));
        probe.wait_for_length(8, SOON).unwrap();
        // Of different heights, so that each stands elsewhere than the one before.
        for caller in ["8888-4787", "2222-3344", "8888-4787", "anonymous"].repeat(CLOSED_AT_ONCE / 4) {
            let call = sim.rings(caller, ENDPOINT);
            app.painted(&call.callid(), SOON).unwrap();
            let popup = desktop.wait_for_window(POPUP, SOON).unwrap();
            desktop.click(popup.x + popup.width - 28, popup.y + 28).unwrap();
            app.hidden(&call.callid(), SOON).expect("the first click counts");
            assert!(call.hang_up());
        }
        typing.join().unwrap().unwrap();
    });
    assert_eq!(probe.settled_text(&text, SOON).unwrap(), text);
    assert_eq!(probe.focus_losses().unwrap() + focus.changes().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pop_up_of_an_answered_call_stays_for_the_result_when_the_call_is_over() {
    let mut office = Office::open().await;
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    let popup = office.desktop.wait_for_window(POPUP, SOON).unwrap();
    office.wait_for_band(&popup, RINGING);

    assert!(call.answer());
    office.wait_for_band(&popup, CONNECTED);
    office.picture("answered");

    assert!(call.hang_up());
    office.wait_for_band(&popup, WRAP_UP);
    office.picture("wrap-up");
    let gone = office.app.hidden(&call.callid(), STAYS_AFTER_MISSED + Duration::from_secs(2));
    assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::TimedOut, "the agent is not done with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pop_up_of_a_missed_call_says_so_and_goes_by_itself() {
    let mut office = Office::open().await;
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    let popup = office.desktop.wait_for_window(POPUP, SOON).unwrap();
    assert!(call.hang_up());
    office.wait_for_band(&popup, MISSED);
    office.picture("missed");
    office.app.hidden(&call.callid(), SOON).unwrap();
    office.desktop.wait_until_gone(POPUP, SOON).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_at_once_stand_side_by_side_and_whole_on_the_screen() {
    let mut office = Office::open().await;
    let calls = [office.sim.rings("8888-4787", ENDPOINT), office.sim.rings("2222-3344", ENDPOINT)];
    for call in &calls {
        office.app.painted(&call.callid(), SOON).unwrap();
    }
    let both = office.desktop.wait_until(SOON, || Some(office.popups()).filter(|popups| popups.len() == 2));
    office.picture("two-calls");
    let popups = both.unwrap_or_else(|error| panic!("{error}: {:?}", office.popups()));
    for popup in &popups {
        assert!(popup.x >= 0 && popup.y >= 0 && popup.width >= 300 && popup.height >= 100, "{popup:?}");
        assert!(popup.x + popup.width <= 1280 && popup.y + popup.height <= 800, "{popup:?}");
        office.wait_for_band(popup, RINGING);
    }
    let (a, b) = (&popups[0], &popups[1]);
    let apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
    assert!(apart, "{popups:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_the_app_stops_within_five_seconds_and_leaves_nothing_behind() {
    let mut office = Office::open().await;
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    let Office { app, desktop, sim, .. } = office;
    let in_use = app.data_dir().join("timbre.db.in-use");
    assert!(in_use.is_file(), "the mark stands while it runs");

    let ended = app.stop(Duration::from_secs(5)).unwrap();

    assert!(ended.success(), "{ended}");
    assert!(!in_use.exists());
    let ours = || {
        let of_ours = |name: &String| ["timbre", "WebKit"].iter().any(|begin| name.starts_with(begin));
        desktop.programs_inside().into_iter().filter(of_ours).collect::<Vec<_>>()
    };
    let left = desktop.wait_until(SOON, || ours().is_empty().then_some(()));
    left.unwrap_or_else(|error| panic!("{error}: still there: {:?}", ours()));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_added_by_timbrectl_to_the_running_app_is_shown_when_it_calls() {
    let mut office = Office::open().await;
    let added = office
        .app
        .timbrectl(&office.desktop)
        .args(["contacts", "add", "--name", "Ana Fernández", "--phone", "mobile=8888-4787"])
        .output()
        .unwrap();
    assert!(added.status.success(), "{added:?}");
    assert!(office.app.data_dir().join("timbre.db.in-use").is_file(), "the app still has the database");

    let mut watch = office.app.timbrectl(&office.desktop).arg("watch").stdout(Stdio::piped()).spawn().unwrap();
    let told = Lines::of(watch.stdout.take().unwrap()).unwrap();
    let popup_of = |callid: &str| -> io::Result<Value> {
        told.until(Duration::from_secs(8), |line| {
            let event: Value = serde_json::from_str(line).ok()?;
            let of_call = event["call_key"].as_str().is_some_and(|key| key.ends_with(callid));
            (event["event"] == "popup" && of_call).then_some(event)
        })
    };
    // A watch that came too late for one call is there for the next.
    let (_, popup) = (0..3)
        .find_map(|_| {
            let call = office.sim.rings("8888-4787", ENDPOINT);
            let popup = popup_of(&call.callid());
            let painted = office.app.painted(&call.callid(), SOON);
            call.hang_up();
            Some((painted.ok()?, popup.ok()?))
        })
        .expect("timbrectl watch tells of the call");
    watch.kill().unwrap();
    watch.wait().unwrap();

    assert_eq!(popup["match"], "one", "{popup}");
    assert_eq!(popup["contacts"][0]["name"], "Ana Fernández", "{popup}");
    office.picture("a-contact");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_reads_the_pop_up_and_finds_its_buttons_where_they_are() {
    let mut office = Office::open_as(Setting { reader: true, ..Setting::default() }).await;
    let mut reader = office.reader.take().unwrap();
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    let popup = office.desktop.wait_for_window(POPUP, SOON).unwrap();

    let number = reader.find(&Wanted::named("heading", "8888 4787").within(POPUP), SOON).unwrap();
    assert_eq!(number.pid, office.app.pid());
    reader.find(&Wanted::saying("Incoming call").within(POPUP), SOON).unwrap();
    let text = reader.text_of(POPUP, SOON).unwrap();
    assert!(text.lines().any(|line| line == "Nobody with this number"), "{text}");
    assert!(call.answer());
    reader.find(&Wanted::saying("in conversation").within(POPUP), SOON).unwrap();

    let close = reader.find(&Wanted::named("push button", "Close").within(POPUP), SOON).unwrap();
    let (x, y) = close.centre();
    assert!(
        (popup.x..popup.x + popup.width).contains(&x) && (popup.y..popup.y + popup.height).contains(&y),
        "{close:?}"
    );
    office.desktop.click(x, y).unwrap();
    office.app.hidden(&call.callid(), SOON).unwrap();
    reader.wait_until_gone(&Wanted::named("heading", "8888 4787"), SOON).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pop_ups_stand_in_the_chosen_corner_of_the_chosen_screen() {
    let chosen = r#"{ "place": { "corner": "top-left", "screen": { "kind": "pointer" } } }"#;
    let mut office =
        Office::open_as(Setting { two_screens: true, preferences: Some(chosen), ..Setting::default() }).await;
    office.desktop.move_pointer(1700, 300).unwrap();
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    let popup = office.desktop.wait_for_window(POPUP, SOON).unwrap();
    assert!((1280..1300).contains(&popup.x) && (0..20).contains(&popup.y), "on the second screen: {popup:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_no_name_and_no_number() {
    let mut office = Office::open_as(Setting { log: true, ..Setting::default() }).await;
    office.knows("Ana Fernández", "8888-4787");
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    assert!(call.hang_up());
    let missed = office.sim.rings("2222-3344", ENDPOINT);
    office.app.painted(&missed.callid(), SOON).unwrap();
    assert!(missed.hang_up());
    let rights = std::fs::metadata(office.app.data_dir()).unwrap().permissions().mode();
    assert_eq!(
        rights & 0o077,
        0,
        "the log is made first, and with it the folder that is the person's alone: {rights:o}"
    );
    let folder = office.app.data_dir().join("logs");
    office.app.stop(SOON).unwrap();
    let logs: String = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap()).into_owned())
        .collect();
    assert!(logs.contains("starts") && logs.lines().count() > 3, "something is logged:\n{logs}");
    for secret in ["Fernández", "Fern", "88884787", "8888-4787", "8888 4787", "22223344", "2222-3344", PASSWORD] {
        assert!(!logs.contains(secret), "{secret} stands in the log:\n{logs}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_showed_much_is_as_small_as_its_next_call_needs() {
    let mut office = Office::open_as(Setting { reader: true, crm: true, log: true, ..Setting::default() }).await;
    let mut heights = Vec::new();
    for number in ["8888-4787", "2222-3344", "2222-5566"] {
        let call = office.sim.rings(number, ENDPOINT);
        office.app.painted(&call.callid(), SOON).unwrap();
        let popup = office.desktop.wait_for_window(POPUP, SOON).unwrap();
        office
            .desktop
            .wait_until(SOON, || office.popups().first().map(|one| one.height).filter(|height| *height < 420))
            .unwrap();
        heights.push(office.popups()[0].height);
        if heights.len() == 1 {
            office.click_on(&Wanted::named("push button", "Follow-up").within(POPUP));
            office.click_on(&Wanted::named("push button", "Charge").within(POPUP));
            let grown = office.desktop.wait_until(SOON, || {
                office.popups().first().map(|one| one.height).filter(|height| *height > popup.height + 60)
            });
            heights.push(grown.unwrap());
        }
        office.click_on(&Wanted::named("push button", "Close").within(POPUP));
        let left = office.app.hidden(&call.callid(), Duration::from_secs(2));
        if left.is_err() {
            office.picture("asks-before-it-closes");
            office.click_on(
                &Wanted { role: Some("push button"), text: Some("Close anyway"), ..Wanted::default() }.within(POPUP),
            );
            office.app.hidden(&call.callid(), SOON).unwrap();
        }
        call.hang_up();
    }
    assert!(heights[2] <= heights[0] && heights[3] <= heights[0], "{heights:?}");
}
