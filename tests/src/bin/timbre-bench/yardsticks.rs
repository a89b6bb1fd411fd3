//! What others take for a window on the same desktop.

use std::io;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use timbre_tests::desktop::{Lines, VirtualDesktop};

use crate::Failure;
use crate::headless::ms_between;

/// Longer than any window takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// An empty GTK window that was made beforehand: show → first drawing. The least that any toolkit window costs here.
pub(crate) fn empty_windows(desktop: &VirtualDesktop, n: usize) -> Result<Vec<f64>, Failure> {
    let mut command = desktop.command("/usr/bin/python3");
    command.args(["-c", include_str!("yardstick.py"), &n.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut program = command.spawn()?;
    let stdout = program.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
    let lines = Lines::of(stdout)?;
    let took = (0..n).map(|_| Ok(lines.next_within(PATIENCE)?.parse()?)).collect::<Result<_, Failure>>();
    program.kill()?;
    program.wait()?;
    took
}

/// A line whenever the band of a ringing pop-up comes or goes in the screen's lower right.
pub(crate) fn glass(desktop: &VirtualDesktop) -> io::Result<(Child, Lines)> {
    let mut look = desktop.command("/usr/bin/python3");
    // In the margin left of the band's sign; the colour is popup.css's.
    look.args(["-c", include_str!("glass.py"), "874", "800", "0b5cc4"]);
    let mut look = look.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let stdout = look.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
    Ok((look, Lines::of(stdout)?))
}

/// A line whenever a window comes or goes, as the window manager says; the first at once.
fn window_lists(desktop: &VirtualDesktop) -> io::Result<(Child, Lines)> {
    let mut watch = desktop.command("xprop");
    watch.args(["-root", "-spy", "_NET_CLIENT_LIST"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut watch = watch.spawn()?;
    let stdout = watch.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
    Ok((watch, Lines::of(stdout)?))
}

/// A program started to show a message, as a softphone's "run this when it rings" does: start → its window is listed.
/// It takes the focus.
pub(crate) fn started_programs(desktop: &VirtualDesktop, n: usize) -> Result<Vec<f64>, Failure> {
    let (mut watch, lists) = window_lists(desktop)?;
    let mut before = lists.next_within(PATIENCE)?;
    let mut took = Vec::with_capacity(n);
    for _ in 0..n {
        let started = Instant::now();
        let mut program =
            desktop.command("xmessage").arg("8888 4787").stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let (at, listed) = lists.timed_within(PATIENCE)?;
        if listed.len() > before.len() {
            took.push(ms_between(started, at));
        }
        program.kill()?;
        program.wait()?;
        before = lists.next_within(PATIENCE)?;
    }
    watch.kill()?;
    watch.wait()?;
    Ok(took)
}
