use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::processes::run_to_the_end;
use super::{Guest, Lines, VirtualDesktop};
use crate::programs::program;

/// Settings for one account against a stand-in at `base_url`, with the password that [`App::start`] gives.
#[must_use]
pub fn settings(base_url: &str, username: &str, reading_interval: Duration) -> String {
    format!(
        "language = \"en\"\n[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{base_url}\"\n\
         username = \"{username}\"\nreading_interval_ms = {}\n",
        reading_interval.as_millis()
    )
}

/// Timbre itself, running inside a desktop; it ends with this value.
#[derive(Debug)]
pub struct App {
    guest: Guest,
    lines: Lines,
    /// Told and not asked for yet.
    told: Vec<PaintLine>,
    config: PathBuf,
    data_dir: PathBuf,
}

/// What the app said about a pop-up.
#[derive(Debug, Clone)]
pub struct PaintLine {
    /// When it said so.
    pub at: Instant,
    /// `popup.warm`, `popup.painted` or `popup.hidden`.
    pub event: String,
    /// The call; empty for a window that waits.
    pub call_key: String,
    /// From the wish to the paint, milliseconds; 0 for other events.
    pub ms: f64,
}

#[derive(Deserialize)]
struct Line {
    event: String,
    /// None for a window that waits.
    #[serde(default)]
    call_key: String,
    #[serde(default)]
    ms: f64,
}

impl App {
    /// Starts it with these settings and the password in its environment. Its files are below `dir`; what it logs is in
    /// `timbre.log` there.
    ///
    /// # Errors
    /// When it can't be started.
    ///
    /// # Panics
    /// When it was not built; the message says how to.
    pub fn start(desktop: &VirtualDesktop, dir: &Path, settings: &str, password: &str) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("timbre.toml"), settings)?;
        Self::start_again(desktop, dir, &[("TIMBRE_SECRET_MAIN", password)], &["--background"])
    }

    /// Starts it on the files that lie below `dir`, or on none for a first run, with these variables and arguments besides.
    ///
    /// # Errors
    /// When it can't be started.
    ///
    /// # Panics
    /// When it was not built; the message says how to.
    pub fn start_again(
        desktop: &VirtualDesktop,
        dir: &Path,
        env: &[(&str, &str)],
        arguments: &[&str],
    ) -> io::Result<Self> {
        let (config, data_dir) = (dir.join("timbre.toml"), dir.join("data"));
        fs::create_dir_all(dir)?;
        let mut command = desktop.command(program("timbre"));
        command.arg("--config").arg(&config).arg("--data-dir").arg(&data_dir).args(arguments);
        command.env("TIMBRE_PAINT_LOG", "1").envs(env.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(dir.join("timbre.log"))?);
        let mut guest = Guest { child: command.spawn()? };
        let stdout = guest.child().stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        Ok(Self { guest, lines: Lines::of(stdout)?, told: Vec::new(), config, data_dir })
    }

    pub fn pid(&mut self) -> u32 {
        self.guest.child().id()
    }

    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// `timbrectl` on the same files, prepared to run inside the desktop. It has no password.
    #[must_use]
    pub fn timbrectl(&self, desktop: &VirtualDesktop) -> Command {
        let mut command = desktop.command(program("timbrectl"));
        command.arg("--config").arg(&self.config).arg("--data-dir").arg(&self.data_dir).arg("--json");
        command.stdin(Stdio::null());
        command
    }

    /// Runs a second process of it to its end, on the same files: what the desktop does with a link, `tel:+50688884787`.
    ///
    /// # Errors
    /// When it can't be started or does not end in time, as one that has become an app of its own would not.
    pub fn call_on(&self, desktop: &VirtualDesktop, arguments: &[&str], within: Duration) -> io::Result<Output> {
        let mut command = desktop.command(program("timbre"));
        command.arg("--config").arg(&self.config).arg("--data-dir").arg(&self.data_dir).args(arguments);
        run_to_the_end(command, within)
    }

    /// Waits until the pop-up of the call with this id was painted, however early that was.
    ///
    /// # Errors
    /// When it is not in time, or the app ended.
    pub fn painted(&mut self, callid: &str, within: Duration) -> io::Result<PaintLine> {
        self.wait_for("popup.painted", callid, within)
    }

    /// Waits until a window waits warm for the next call.
    ///
    /// # Errors
    /// When none does in time, or the app ended.
    pub fn warm(&mut self, within: Duration) -> io::Result<PaintLine> {
        self.wait_for("popup.warm", "", within)
    }

    /// Waits until the pop-up of the call with this id was taken away.
    ///
    /// # Errors
    /// When it is not in time, or the app ended.
    pub fn hidden(&mut self, callid: &str, within: Duration) -> io::Result<PaintLine> {
        self.wait_for("popup.hidden", callid, within)
    }

    fn wait_for(&mut self, event: &str, callid: &str, within: Duration) -> io::Result<PaintLine> {
        let deadline = Instant::now() + within;
        let fits = |told: &PaintLine| told.event == event && told.call_key.rsplit(':').next() == Some(callid);
        loop {
            if let Some(place) = self.told.iter().position(fits) {
                return Ok(self.told.remove(place));
            }
            let (at, line) = self.lines.timed_within(deadline.saturating_duration_since(Instant::now()))?;
            let Line { event, call_key, ms } = serde_json::from_str(&line)?;
            self.told.push(PaintLine { at, event, call_key, ms });
        }
    }

    /// Ends it as a power cut would: without a word.
    ///
    /// # Errors
    /// When it had ended already.
    pub fn kill(mut self) -> io::Result<()> {
        self.guest.child().kill()?;
        self.guest.child().wait().map(drop)
    }

    /// Asks it to end, as the system does, and waits until it and all it started have let go of its output.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn stop(mut self, within: Duration) -> io::Result<ExitStatus> {
        let pid = self.pid().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status()?;
        if !asked.success() {
            return Err(io::Error::other("it had ended already"));
        }
        self.lines.end(within)?;
        self.guest.child().wait()
    }
}
