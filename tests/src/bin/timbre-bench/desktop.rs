//! With windows: the vendor's answer → the pop-up on the glass, while somebody types into another program's window. The
//! pop-up is one of an office that has worked for a while: a contact with all that is known of it, three calls before, what
//! was charged, and dispositions to choose from.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;
use timbre_simulator::{RealClock, Simulator, SimulatorConfig};
use timbre_tests::desktop::{App, FocusWatch, Lines, TrayItem, TypingProbe, VirtualDesktop, settings};
use timbre_tests::story::{ENDPOINT, PASSWORD};

use crate::Failure;
use crate::figures::Report;
use crate::headless::{CALLER, Scale, ms_between};
use crate::{resources, yardsticks};

const INTERVAL: Duration = Duration::from_millis(200);
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Calls that are not counted; every window of the pool is shown once.
const WARM_UP: usize = 6;
/// How long a pop-up may take to go after the click on its cross.
const CLOSES_WITHIN: Duration = Duration::from_secs(1);
/// A quick typist's pace, four times over.
const BETWEEN_KEYS: Duration = Duration::from_millis(40);
/// Numbers that call: one is known, the others are strangers.
const CALLERS: [&str; 4] = [CALLER, "2222-3344", CALLER, "anonymous"];
/// How often each of the ways is tried in which a call finds no window waiting.
const COLD: usize = 10;
/// Calls of the known caller that were written down before anything is measured.
const BEFORE: usize = 3;
/// What can come of a call.
const DISPOSITIONS: &str = "\
[[dispositions]]\ncode = \"sale\"\nname = \"Sale\"\nrequires = [\"comment\"]\n\
[[dispositions]]\ncode = \"sale-cash\"\nname = \"Paid in cash\"\nunder = \"sale\"\n\
[[dispositions]]\ncode = \"sale-card\"\nname = \"Paid by card\"\nunder = \"sale\"\n\
[[dispositions]]\ncode = \"question\"\nname = \"Question\"\n\
[[dispositions]]\ncode = \"later\"\nname = \"Call later\"\nfollow_up_after_days = 2\n\
[[contact_fields]]\nname = \"plan\"\n";

const SHOWN: &str = "answer received → pop-up asked for (in the engine)";
const PAINTED: &str = "pop-up asked for → painted (in the app)";
const TOTAL: &str = "answer received → painted (the two above)";
const SECOND: &str = "a second call at once: asked for → painted (made for it)";
const QUIET_OVER: &str = "do not disturb just off: asked for → painted (no window)";
const OUTSIDE: &str = "vendor sent the answer → paint seen outside";
const GLASS: &str = "vendor sent the answer → its band's pixels on the screen";
const EMPTY: &str = "yardstick: empty warm GTK window, show → drawn";
const MESSAGE: &str = "yardstick: xmessage started → its window is there";

#[derive(Deserialize)]
struct Popup {
    event: String,
    #[serde(default)]
    call_key: String,
    #[serde(default)]
    after_answer_ms: f64,
}

#[derive(Default)]
struct Measured {
    shown: Vec<f64>,
    painted: Vec<f64>,
    total: Vec<f64>,
    outside: Vec<f64>,
    glass: Vec<f64>,
    empty: Vec<f64>,
}

/// The vendor, the desktop with the app on it, and who listens.
struct Bench<'a> {
    watch: Lines,
    glass: Lines,
    app: App,
    desktop: &'a VirtualDesktop,
    sim: Simulator,
    scale: Scale,
}

pub(crate) async fn measure(calls: usize) -> Result<Report, Failure> {
    let dir = tempfile::tempdir()?;
    let clock = RealClock::new();
    let scale = Scale::of(&clock);
    let config = SimulatorConfig { reading_interval: INTERVAL, ..SimulatorConfig::default() };
    let sim = Simulator::start(config, Arc::new(clock)).await?;
    // Everything from here on waits for windows, on a thread where that is no harm.
    tokio::task::spawn_blocking(move || measure_on(dir.path(), sim, scale, calls)).await?
}

fn measure_on(dir: &Path, sim: Simulator, scale: Scale, calls: usize) -> Result<Report, Failure> {
    let mut desktop = VirtualDesktop::start(&dir.join("home"))?;
    let tray = desktop.start_tray()?;
    let first = sim.rings(CALLER, ENDPOINT);
    let text = format!("{}{DISPOSITIONS}", settings(&sim.base_url(), ENDPOINT, INTERVAL));
    let started = Instant::now();
    let mut app = App::start(&desktop, &dir.join("app"), &text, PASSWORD)?;
    let painted = app.painted(&first.callid(), PATIENCE)?;
    let first_ms = ms_between(started, painted.at);
    // The app is up; before, timbrectl would have been an engine of its own.
    first.hang_up();
    let add = ["contacts", "add", "--name", "Ana Fernández", "--company", "Cafetalera del Valle"];
    let known =
        ["--phone", CALLER, "--phone", "work=2222-1111", "--email", "ana@cafetalera.example", "--field", "plan=Gold"];
    said(app.timbrectl(&desktop).args(add).args(known))?;
    let mut watch = app.timbrectl(&desktop).arg("watch").stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let told = Lines::of(watch.stdout.take().ok_or("no standard output")?)?;
    app.hidden(&first.callid(), PATIENCE)?;
    let (mut looker, glass) = yardsticks::glass(&desktop)?;
    let mut bench = Bench { watch: told, glass, app, desktop: &desktop, sim, scale };
    bench.past()?;
    for nth in 0..WARM_UP {
        bench.call(nth, None)?;
    }
    let early = resources::looks(&desktop, resources::OURS);

    let mut probe = TypingProbe::open(&desktop)?;
    let mut focus = FocusWatch::start(&desktop)?;
    let stop = AtomicBool::new(false);
    let (measured, typed) = std::thread::scope(|both| {
        let typing = both.spawn(|| type_until(&stop, &desktop));
        let measured = bench.calls(calls);
        stop.store(true, Ordering::Relaxed);
        (measured, typing.join())
    });
    let typed = typed.map_err(|_| "the typing thread ended early")??;
    let measured = measured?;
    let arrived = probe.settled_text(&typed, PATIENCE)?.to_owned();
    let focus_changes = focus.changes()? + probe.focus_losses()?;
    drop(probe);
    let item = tray.item_of(bench.app.pid(), PATIENCE)?;
    let late = resources::looks(&desktop, resources::OURS);
    let second = (0..COLD).map(|_| bench.second()).collect::<Result<_, _>>();
    let second = second.map_err(|error| format!("two calls at once: {error}"))?;
    let quiet_over = (0..COLD).map(|_| bench.quiet_over(&item)).collect::<Result<_, _>>();
    let quiet_over = quiet_over.map_err(|error| format!("do not disturb switched off: {error}"))?;
    let messages = yardsticks::started_programs(&desktop, calls.min(20))?;
    watch.kill()?;
    looker.kill()?;
    looker.wait()?;
    watch.wait()?;
    let ended = bench.app.stop(PATIENCE)?;

    let mut report = Report::new(format!("Windows: {calls} calls, one after the other, while somebody types"));
    report.figure(SHOWN, measured.shown, Some(20.0));
    report.figure(PAINTED, measured.painted, None);
    report.figure(TOTAL, measured.total, Some(50.0));
    report.figure(SECOND, second, None);
    report.figure(QUIET_OVER, quiet_over, None);
    report.figure(OUTSIDE, measured.outside, None);
    report.figure(GLASS, measured.glass, Some(50.0));
    report.figure(EMPTY, measured.empty, None);
    report.figure(MESSAGE, messages, None);
    report.figure("the app started → the call that was ringing is painted", vec![first_ms], None);
    report.compare(GLASS, EMPTY);
    report.compare(GLASS, MESSAGE);
    let letters = format!("{} sent, {} arrived", typed.chars().count(), arrived.chars().count());
    report.fact("letters typed meanwhile", letters, arrived == typed);
    report.fact("focus changes", focus_changes.to_string(), focus_changes == 0);
    report.amount("memory after the first ten calls", "MB", early, None);
    report.amount(&format!("memory after {calls} more"), "MB", late, None);
    report.fact("the app ended well", ended.to_string(), ended.success());
    Ok(report)
}

impl Bench<'_> {
    fn calls(&mut self, n: usize) -> Result<Measured, Failure> {
        let mut measured = Measured::default();
        for nth in 0..n {
            self.call(nth, Some(&mut measured))?;
        }
        measured.empty = yardsticks::empty_windows(self.desktop, n)?;
        Ok(measured)
    }

    /// One call from the first ring until its window is free again.
    fn call(&mut self, nth: usize, measured: Option<&mut Measured>) -> Result<(), Failure> {
        // What is left of the call before.
        while self.glass.next_within(Duration::ZERO).is_ok() {}
        let call = self.sim.rings(CALLERS[nth % CALLERS.len()], ENDPOINT);
        let callid = call.callid();
        let painted = self.app.painted(&callid, PATIENCE)?;
        let (seen, _) = self.glass.timed_within(PATIENCE)?;
        let after_answer = self.watch.until(PATIENCE, |line| {
            let popup: Popup = serde_json::from_str(line).ok()?;
            (popup.event == "popup" && popup.call_key.ends_with(&callid)).then_some(popup.after_answer_ms)
        })?;
        if let Some(measured) = measured {
            measured.shown.push(after_answer);
            measured.painted.push(painted.ms);
            measured.total.push(after_answer + painted.ms);
            let sent = self.scale.shown(&self.sim.ledger(), &callid);
            measured.outside.extend(sent.map(|sent| ms_between(sent, painted.at)));
            measured.glass.extend(sent.map(|sent| ms_between(sent, seen)));
        }
        call.hang_up();
        self.close(&[&callid])
    }

    /// Closes the pop-ups of these calls by their crosses.
    fn close(&mut self, callids: &[&str]) -> Result<(), Failure> {
        for _ in callids {
            let popup = self.desktop.wait_for_window("Timbre pop-up", PATIENCE)?;
            // The hand may be quicker than the window was with its first click.
            for _ in 0..5 {
                self.desktop.click(popup.x + popup.width - 28, popup.y + 28)?;
                let hidden = callids.iter().any(|callid| self.app.hidden(callid, CLOSES_WITHIN).is_ok());
                if hidden {
                    break;
                }
            }
        }
        Ok(self.desktop.wait_until_gone("Timbre pop-up", PATIENCE)?)
    }

    /// The known caller has called before, and what came of it was written down.
    fn past(&mut self) -> Result<(), Failure> {
        for nth in 0..BEFORE {
            let call = self.sim.rings(CALLER, ENDPOINT);
            self.app.painted(&call.callid(), PATIENCE)?;
            call.answer();
            let key = format!("callmyway:main:{}", call.callid());
            let comment = format!("Asked for the price list, the {nth}. time; wants it by e-mail.");
            let add = ["interactions", "add", "--call", &key, "--disposition", "question", "--comment", &comment];
            said(self.app.timbrectl(self.desktop).args(add).args(["--charge", "2500.50 CRC Price list"]))?;
            call.hang_up();
            self.close(&[&call.callid()])?;
        }
        Ok(())
    }

    /// Two calls at once, of which one finds the window that waited; how long the other took, milliseconds.
    fn second(&mut self) -> Result<f64, Failure> {
        let calls = [CALLER, "2222-3344"].map(|caller| self.sim.rings(caller, ENDPOINT));
        let callids = calls.each_ref().map(timbre_simulator::CallHandle::callid);
        let mut slowest: f64 = 0.0;
        for callid in &callids {
            slowest = slowest.max(self.app.painted(callid, PATIENCE)?.ms);
        }
        for call in &calls {
            call.hang_up();
        }
        self.close(&callids.each_ref().map(String::as_str))?;
        Ok(slowest)
    }

    /// A call that comes when do not disturb was just switched off: no window waits, and the web process has gone.
    fn quiet_over(&mut self, item: &TrayItem) -> Result<f64, Failure> {
        item.click(&["Do not disturb", "Until I switch it off"], PATIENCE)?;
        resources::gone(self.desktop, &["WebKitWeb"], PATIENCE).map_err(|error| format!("the web process: {error}"))?;
        item.click(&["Do not disturb", "Switch off"], PATIENCE)?;
        let call = self.sim.rings(CALLER, ENDPOINT);
        let callid = call.callid();
        let painted = self.app.painted(&callid, PATIENCE)?.ms;
        call.hang_up();
        self.close(&[&callid])?;
        Ok(painted)
    }
}

/// Runs a command that is to succeed.
fn said(command: &mut std::process::Command) -> Result<(), Failure> {
    let output = command.output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}

/// Types words into whatever has the focus; answers what was typed.
fn type_until(stop: &AtomicBool, desktop: &VirtualDesktop) -> Result<String, Failure> {
    let mut typed = String::new();
    while !stop.load(Ordering::Relaxed) {
        let words = "the quick brown fox ";
        desktop.type_text(words, BETWEEN_KEYS)?;
        typed.push_str(words);
    }
    Ok(typed)
}
