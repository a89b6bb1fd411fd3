//! What the app takes of the machine: until it is there, and while nothing happens.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use timbre_simulator::{RealClock, Simulator, SimulatorConfig};
use timbre_tests::desktop::{App, Tray, TrayItem, VirtualDesktop, settings};
use timbre_tests::story::{ENDPOINT, PASSWORD};

use crate::Failure;
use crate::figures::Report;
use crate::headless::ms_between;
use crate::neighbours::{self, Neighbour, Seen};

/// The pace at which an office asks its vendor.
const INTERVAL: Duration = Duration::from_secs(4);
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long each program is left alone after its last change, before it is looked at.
const SETTLES_IN: Duration = Duration::from_secs(10);
/// How long the processor's time is counted.
const IDLE: Duration = Duration::from_secs(60);
/// How often memory is looked at.
const LOOKS: usize = 5;
/// How often each program is started.
const STARTS: usize = 5;

/// How the names of our processes begin.
pub(crate) const OURS: &[&str] = &["timbre", "WebKit"];

const TRAY: &str = "started → its icon is in the tray";
const WARM: &str = "started → a window waits for a call";
const AFTER_START: &str = "memory, one window waiting";
const WITH_MAIN: &str = "memory, main window open";
const MAIN_CLOSED: &str = "memory, main window closed again";
const GIVEN_BACK: &str = "memory, pool given back (do not disturb)";
const TAKEN_AGAIN: &str = "memory, a window waiting again";
const LEAN_VIEW: &str = "an empty web view, told what Timbre's are";
const CLOSED_VIEW: &str = "the same, closed";
const IDLE_CPU: &str = "processor, idle for 60 s";
const IDLE_CPU_BACK: &str = "processor, idle for 60 s, pool given back";

/// A program that nobody uses.
pub(crate) struct Idle {
    /// PSS of all its processes, megabytes, each look.
    pub(crate) memory: Vec<f64>,
    /// Per cent of one processor.
    pub(crate) processor: f64,
}

/// Lets it settle and looks at it for a minute.
pub(crate) fn idle(desktop: &VirtualDesktop, names: &[&str]) -> Result<Idle, Failure> {
    pause(SETTLES_IN);
    let memory = looks(desktop, names);
    let (from, before) = (Instant::now(), desktop.processor_time_inside(names));
    pause(IDLE);
    let busy = desktop.processor_time_inside(names).saturating_sub(before);
    Ok(Idle { memory, processor: busy.as_secs_f64() / from.elapsed().as_secs_f64() * 100.0 })
}

/// Lets real time pass.
#[expect(clippy::disallowed_methods, reason = "what a program takes while nothing happens is only seen by waiting")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// The memory of these processes, megabytes, a few times.
pub(crate) fn looks(desktop: &VirtualDesktop, names: &[&str]) -> Vec<f64> {
    (0..LOOKS)
        .map(|nth| {
            if nth > 0 {
                pause(Duration::from_millis(200));
            }
            desktop.memory_inside(names) as f64 / 1e6
        })
        .collect()
}

/// Waits until no such process is left.
pub(crate) fn gone(desktop: &VirtualDesktop, names: &[&str], within: Duration) -> Result<(), Failure> {
    let left = || desktop.programs_inside().into_iter().any(|name| names.iter().any(|begin| name.starts_with(begin)));
    Ok(desktop.wait_until(within, || (!left()).then_some(()))?)
}

pub(crate) async fn measure() -> Result<Report, Failure> {
    let dir = tempfile::tempdir()?;
    let config = SimulatorConfig { reading_interval: INTERVAL, ..SimulatorConfig::default() };
    let sim = Simulator::start(config, Arc::new(RealClock::new())).await?;
    tokio::task::spawn_blocking(move || measure_on(dir.path(), &sim)).await?
}

fn measure_on(dir: &Path, sim: &Simulator) -> Result<Report, Failure> {
    let mut desktop = VirtualDesktop::start(&dir.join("home"))?;
    let tray = desktop.start_tray()?;
    let mut report = Report::new(format!(
        "The machine: {STARTS} starts of each program; memory is PSS of all its processes; the vendor is asked every 4 s"
    ));
    let others = sharing();
    timbre(dir, sim, &desktop, &tray, &mut report)?;

    let bare = neighbours::empty_view("an empty web view", &[]);
    let lean = neighbours::empty_view(LEAN_VIEW, &["lean"]);
    let closed = neighbours::empty_view(CLOSED_VIEW, &["lean", "closed"]);
    for neighbour in [bare, lean, closed].into_iter().chain(neighbours::telephones()) {
        // One that does not come up here is no reason to say nothing of the others.
        match neighbour.look(&desktop, STARTS) {
            Ok(seen) => beside(&neighbour, seen, &mut report),
            Err(error) => report.fact(&format!("yardstick: {}", neighbour.name), format!("not seen: {error}"), true),
        }
    }
    for (ours, theirs) in [
        (AFTER_START, LEAN_VIEW),
        (AFTER_START, "linphone-desktop"),
        (AFTER_START, "gnome-calls"),
        (GIVEN_BACK, CLOSED_VIEW),
    ] {
        report.compare(ours, &memory_of(theirs));
    }
    for telephone in ["linphone-desktop", "gnome-calls"] {
        report.compare(TRAY, &start_of(telephone));
        report.compare(IDLE_CPU, &processor_of(telephone));
    }
    let value = if others == 0 { "nobody".to_owned() } else { format!("{others} processes: PSS is lower for them") };
    report.fact("who else on this machine has WebKit's pages", value, true);
    Ok(report)
}

/// Timbre: started a few times, then looked at in each of its states.
fn timbre(
    dir: &Path,
    sim: &Simulator,
    desktop: &VirtualDesktop,
    tray: &Tray,
    report: &mut Report,
) -> Result<(), Failure> {
    let text = settings(&sim.base_url(), ENDPOINT, INTERVAL);
    let (mut in_tray, mut warm) = (Vec::new(), Vec::new());
    let mut last: Option<(App, TrayItem)> = None;
    for nth in 0..STARTS {
        if let Some((app, _)) = last.take() {
            app.stop(PATIENCE)?;
            gone(desktop, OURS, PATIENCE)?;
        }
        let started = Instant::now();
        let mut app = App::start(desktop, &dir.join(format!("app-{nth}")), &text, PASSWORD)?;
        let item = tray.item_of(app.pid(), PATIENCE)?;
        in_tray.push(ms_between(started, Instant::now()));
        warm.push(ms_between(started, app.warm(PATIENCE)?.at));
        last = Some((app, item));
    }
    let (mut app, item) = last.ok_or("it was never started")?;
    let after_start = idle(desktop, OURS)?;

    let settled = |names| {
        pause(SETTLES_IN);
        looks(desktop, names)
    };
    item.click(&["History"], PATIENCE)?;
    let main = desktop.wait_for_window("Timbre", PATIENCE)?;
    let with_main = settled(OURS);
    desktop.close(&main)?;
    desktop.wait_until_gone("Timbre", PATIENCE)?;
    let main_closed = settled(OURS);

    item.click(&["Do not disturb", "Until I switch it off"], PATIENCE)?;
    let given_back = idle(desktop, OURS)?;
    let left = desktop.programs_inside().iter().filter(|name| name.starts_with("WebKitWeb")).count();
    item.click(&["Do not disturb", "Switch off"], PATIENCE)?;
    app.warm(PATIENCE)?;
    let taken_again = settled(OURS);
    let ended = app.stop(PATIENCE)?;
    gone(desktop, OURS, PATIENCE)?;

    report.figure(TRAY, in_tray, None);
    report.figure(WARM, warm, None);
    report.amount(AFTER_START, "MB", after_start.memory, Some(150.0));
    report.amount(WITH_MAIN, "MB", with_main, None);
    report.amount(MAIN_CLOSED, "MB", main_closed, Some(150.0));
    report.amount(GIVEN_BACK, "MB", given_back.memory, Some(80.0));
    report.amount(TAKEN_AGAIN, "MB", taken_again, None);
    report.amount(IDLE_CPU, "%", vec![after_start.processor], Some(0.1));
    report.amount(IDLE_CPU_BACK, "%", vec![given_back.processor], Some(0.1));
    report.fact("web processes left when the pool was given back", left.to_string(), left == 0);
    report.fact("the app ended well", ended.to_string(), ended.success());
    Ok(())
}

fn start_of(name: &str) -> String {
    format!("yardstick: {name} started → its window is there")
}

fn memory_of(name: &str) -> String {
    format!("yardstick: memory, {name}")
}

fn processor_of(name: &str) -> String {
    format!("yardstick: processor, {name} idle for 60 s")
}

fn beside(neighbour: &Neighbour, seen: Option<Seen>, report: &mut Report) {
    let Some(seen) = seen else {
        return report.fact(&format!("yardstick: {}", neighbour.name), "is not installed here", true);
    };
    report.figure(&start_of(neighbour.name), seen.starts, None);
    report.amount(&memory_of(neighbour.name), "MB", seen.idle.memory, None);
    report.amount(&processor_of(neighbour.name), "%", vec![seen.idle.processor], None);
}

/// How many processes of others have WebKit's library mapped: what they share with ours counts less here.
fn sharing() -> usize {
    let maps = |process: PathBuf| std::fs::read_to_string(process.join("maps")).unwrap_or_default();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    processes.filter(|process| maps(process.clone()).contains("libwebkit2gtk")).count()
}
