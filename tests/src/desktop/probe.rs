use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{COMES_UP_WITHIN, Guest, Lines, VirtualDesktop};

/// Another program's window, where the agent is typing. It knows what arrived and whether the focus ever left.
#[derive(Debug)]
pub struct TypingProbe {
    lines: Lines,
    text: String,
    focused: bool,
    focus_losses: usize,
    _guest: Guest,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Text(String),
    Focus(bool),
}

impl TypingProbe {
    /// The title of its window.
    pub const TITLE: &str = "Typing probe";

    /// Opens the window and waits until it has the focus.
    ///
    /// # Errors
    /// When it does not come up (Debian: python3-gi, gir1.2-gtk-3.0).
    pub fn open(desktop: &VirtualDesktop) -> io::Result<Self> {
        // The system's Python: another one first in the path would not know GTK.
        let mut command = desktop.command("/usr/bin/python3");
        command.args(["-c", include_str!("probe.py")]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut guest = Guest { child: command.spawn()? };
        let stdout = guest.child().stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let lines = Lines::of(stdout)?;
        let mut probe = Self { lines, text: String::new(), focused: false, focus_losses: 0, _guest: guest };
        probe.wait(COMES_UP_WITHIN, |probe| probe.focused)?;
        desktop.wait_until_active(Self::TITLE, COMES_UP_WITHIN)?;
        Ok(probe)
    }

    /// Waits until so many characters have arrived.
    ///
    /// # Errors
    /// When they don't in time, or the probe ended.
    pub fn wait_for_length(&mut self, length: usize, within: Duration) -> io::Result<()> {
        self.wait(within, |probe| probe.text.chars().count() >= length)
    }

    /// What arrived so far.
    ///
    /// # Errors
    /// When the probe ended.
    pub fn text(&mut self) -> io::Result<&str> {
        self.wait(Duration::ZERO, |_| false).or_else(in_time)?;
        Ok(&self.text)
    }

    /// Waits until the text is this one, and answers what arrived in the end, this one or not.
    ///
    /// # Errors
    /// When the probe ended.
    pub fn settled_text(&mut self, expected: &str, within: Duration) -> io::Result<&str> {
        self.wait(within, |probe| probe.text == expected).or_else(in_time)?;
        Ok(&self.text)
    }

    /// How often the focus left the window since it was opened.
    ///
    /// # Errors
    /// When the probe ended.
    pub fn focus_losses(&mut self) -> io::Result<usize> {
        self.wait(Duration::ZERO, |_| false).or_else(in_time)?;
        Ok(self.focus_losses)
    }

    fn wait(&mut self, within: Duration, fits: impl Fn(&Self) -> bool) -> io::Result<()> {
        let deadline = Instant::now() + within;
        while !fits(self) {
            let line = self.lines.next_within(deadline.saturating_duration_since(Instant::now()))?;
            match serde_json::from_str(&line)? {
                Told::Text(text) => self.text = text,
                Told::Focus(focused) => {
                    self.focus_losses += usize::from(self.focused && !focused);
                    self.focused = focused;
                }
            }
        }
        Ok(())
    }
}

/// Sees every change of the window that has the focus, however short.
#[derive(Debug)]
pub struct FocusWatch {
    lines: Lines,
    last: String,
    changes: usize,
    _guest: Guest,
}

impl FocusWatch {
    /// Watches from now on.
    ///
    /// # Errors
    /// When the X server does not answer.
    pub fn start(desktop: &VirtualDesktop) -> io::Result<Self> {
        let mut watch = desktop.command("xprop");
        watch.args(["-root", "-spy", "_NET_ACTIVE_WINDOW"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut guest = Guest { child: watch.spawn()? };
        let stdout = guest.child().stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let lines = Lines::of(stdout)?;
        let last = lines.next_within(COMES_UP_WITHIN)?;
        Ok(Self { lines, last, changes: 0, _guest: guest })
    }

    /// How often another window became the active one.
    ///
    /// # Errors
    /// When the X server has gone.
    pub fn changes(&mut self) -> io::Result<usize> {
        loop {
            match self.lines.next_within(Duration::ZERO) {
                Ok(line) => {
                    self.changes += usize::from(line != self.last);
                    self.last = line;
                }
                Err(error) => return in_time(error).map(|()| self.changes),
            }
        }
    }
}

fn in_time(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::TimedOut { Ok(()) } else { Err(error) }
}
