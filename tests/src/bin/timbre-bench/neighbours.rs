//! Other programs on the same desktop, started in the same run: two telephones from the distribution, and what an empty
//! web view takes. What is not installed here is said and passed over.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use timbre_tests::desktop::{Guest, Lines, VirtualDesktop};
use timbre_tests::programs::program;

use crate::Failure;
use crate::headless::ms_between;
use crate::resources::{self, Idle};

/// Longer than any of them takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Neighbour {
    /// As the table calls it.
    pub(crate) name: &'static str,
    program: PathBuf,
    /// How its processes' names begin.
    processes: &'static [&'static str],
    args: &'static [&'static str],
}

/// What was seen of it.
pub(crate) struct Seen {
    /// Started → its window is there, milliseconds, each time.
    pub(crate) starts: Vec<f64>,
    pub(crate) idle: Idle,
}

pub(crate) fn telephones() -> Vec<Neighbour> {
    vec![
        Neighbour {
            name: "linphone-desktop",
            program: PathBuf::from("/usr/bin/linphone"),
            processes: &["linphone"],
            args: &[],
        },
        Neighbour {
            name: "gnome-calls",
            program: PathBuf::from("/usr/bin/gnome-calls"),
            processes: &["gnome-calls"],
            args: &[],
        },
    ]
}

/// The least that a window with a web view takes; it is shown, so that it is drawn.
pub(crate) fn empty_view(name: &'static str, args: &'static [&'static str]) -> Neighbour {
    let program = program("timbre").with_file_name("examples").join("empty_view");
    Neighbour { name, program, processes: &["empty_view", "WebKit"], args }
}

impl Neighbour {
    /// Starts it a few times, and leaves it alone the last time; nothing where it is not installed.
    pub(crate) fn look(&self, desktop: &VirtualDesktop, times: usize) -> Result<Option<Seen>, Failure> {
        if !self.program.exists() {
            return Ok(None);
        }
        let mut starts = Vec::new();
        let mut last = None;
        for _ in 0..times {
            drop(last.take());
            resources::gone(desktop, self.processes, PATIENCE)?;
            let (took, guest) = self.start(desktop)?;
            starts.push(took);
            last = Some(guest);
        }
        let idle = resources::idle(desktop, self.processes)?;
        drop(last);
        resources::gone(desktop, self.processes, PATIENCE)?;
        Ok(Some(Seen { starts, idle }))
    }

    fn start(&self, desktop: &VirtualDesktop) -> Result<(f64, Guest), Failure> {
        let mut watch = desktop.command("xprop");
        watch.args(["-root", "-spy", "_NET_CLIENT_LIST"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut watch = Guest::start(watch)?;
        let stdout = watch.child().stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let lists = Lines::of(stdout)?;
        let before = lists.next_within(PATIENCE)?;
        let mut command = desktop.command(&self.program);
        command.args(self.args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let guest = Guest::start(command)?;
        loop {
            let (at, listed) = lists.timed_within(PATIENCE)?;
            if listed.len() > before.len() {
                return Ok((ms_between(started, at), guest));
            }
        }
    }
}
