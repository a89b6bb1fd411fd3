//! Real windows: Timbre itself on a desktop of its own, against the real simulator, with another program's window where
//! somebody types. What is on the glass is looked at from outside, as a person would.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use timbre_simulator::{RealClock, RequestKind, Simulator, SimulatorConfig};
use timbre_tests::desktop::{
    App, FocusWatch, Lines, ScreenReader, TypingProbe, VirtualDesktop, Wanted, Window, settings,
};
use timbre_tests::story::{ENDPOINT, PASSWORD};

/// The vendor's rule and ours, made quick.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long anything may take on a machine that is busy compiling.
const SOON: Duration = Duration::from_secs(30);
/// The pop-ups' titles begin so.
const POPUP: &str = "Timbre pop-up";

/// The band's colours, as they stand in popup.css.
const RINGING: &str = "#0b5cc4";
const CONNECTED: &str = "#17723a";
const ENDED: &str = "#555c65";

/// A desktop with the app on it, and the vendor.
///
/// The order is that in which they go: the app must not outlive its display.
struct Office {
    app: App,
    reader: Option<ScreenReader>,
    desktop: VirtualDesktop,
    sim: Simulator,
    _dir: TempDir,
}

impl Office {
    /// Everything is up, and the app has asked the vendor once.
    async fn open() -> Self {
        Self::open_with(|_| Ok(None)).await
    }

    /// The same, with somebody who reads the windows.
    async fn open_with(reader: impl Fn(&mut VirtualDesktop) -> io::Result<Option<ScreenReader>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = SimulatorConfig { reading_interval: INTERVAL, ..SimulatorConfig::default() };
        let sim = Simulator::start(config, Arc::new(RealClock::new())).await.unwrap();
        let mut desktop = VirtualDesktop::start(&dir.path().join("home")).unwrap();
        let reader = reader(&mut desktop).unwrap();
        let settings = settings(&sim.base_url(), ENDPOINT, INTERVAL);
        let app = App::start(&desktop, &dir.path().join("app"), &settings, PASSWORD).unwrap();
        let asked = sim.wait_until(|ledger| ledger.requests_of(RequestKind::Live).any(|ask| ask.answered.is_some()));
        tokio::time::timeout(SOON, asked).await.expect("the app asks the vendor");
        Self { app, reader, desktop, sim, _dir: dir }
    }

    fn popups(&self) -> Vec<Window> {
        self.desktop.windows().unwrap().into_iter().filter(|window| window.title.starts_with(POPUP)).collect()
    }

    /// Waits until the band of a pop-up has this colour on the screen.
    fn wait_for_band(&self, popup: &Window, colour: &str) {
        // In the margin left of the band's sign.
        let (x, y) = (popup.x + 6, popup.y + 28);
        let seen = self.desktop.wait_until(SOON, || self.desktop.colour(x, y).ok().filter(|seen| seen == colour));
        seen.unwrap_or_else(|error| panic!("{error}: the band is {:?}, not {colour}", self.desktop.colour(x, y)));
    }

    fn picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("desktop-tests");
        std::fs::create_dir_all(&folder).unwrap();
        self.desktop.screenshot(&folder.join(format!("{name}.png"))).unwrap();
    }
}

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
async fn a_pop_up_says_that_its_call_was_answered_and_that_it_is_over_and_then_goes() {
    let mut office = Office::open().await;
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    let popup = office.desktop.wait_for_window(POPUP, SOON).unwrap();
    office.wait_for_band(&popup, RINGING);

    assert!(call.answer());
    office.wait_for_band(&popup, CONNECTED);
    office.picture("answered");

    assert!(call.hang_up());
    office.wait_for_band(&popup, ENDED);
    office.picture("over");
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
    let (call, popup) = (0..3)
        .find_map(|_| {
            let call = office.sim.rings("8888-4787", ENDPOINT);
            let popup = popup_of(&call.callid());
            call.hang_up();
            Some((call, popup.ok()?))
        })
        .expect("timbrectl watch tells of the call");
    watch.kill().unwrap();
    watch.wait().unwrap();

    assert_eq!(popup["match"], "one", "{popup}");
    assert_eq!(popup["contacts"][0]["name"], "Ana Fernández", "{popup}");
    office.app.painted(&call.callid(), SOON).unwrap();
    office.picture("a-contact");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_reads_the_pop_up_and_finds_its_buttons_where_they_are() {
    let mut office = Office::open_with(|desktop| desktop.start_screen_reader().map(Some)).await;
    let reader = office.reader.as_mut().unwrap();
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
