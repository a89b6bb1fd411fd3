//! A screen reader: it reads the windows' pages as somebody who can't see them would, and finds the place of what is to
//! be clicked.

use std::io::{self, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{COMES_UP_WITHIN, DEAF, Guest, Lines, VirtualDesktop};

/// Debian's and Fedora's, and Arch's place for it.
const LAUNCHERS: [&str; 2] = ["/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi-bus-launcher"];

/// How long windows may come and go before they can be read.
const READS_WITHIN: Duration = Duration::from_secs(10);

/// The reader; it ends with this value.
#[derive(Debug)]
pub struct ScreenReader {
    lines: Lines,
    guest: Guest,
}

/// What to look for; everything that is given must fit. Windows and parts of them that are hidden are not found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Wanted<'a> {
    /// How the title of its window begins.
    pub window: Option<&'a str>,
    /// The process of its window.
    pub pid: Option<u32>,
    /// Its role, by AT-SPI's name for it: `push button`, `entry`, `check box`, `heading`.
    pub role: Option<&'a str>,
    /// Its name, or all of its text.
    pub name: Option<&'a str>,
    /// A part of its text or of its name.
    pub text: Option<&'a str>,
    /// A state that it is in: `focused`, `checked`, `enabled`, `expanded`, `selected`, `pressed`, `editable`.
    pub state: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// Something by its role and its name.
    #[must_use]
    pub fn named(role: &'a str, name: &'a str) -> Self {
        Self { role: Some(role), name: Some(name), ..Self::default() }
    }

    /// Something that says this, whatever it is.
    #[must_use]
    pub fn saying(text: &'a str) -> Self {
        Self { text: Some(text), ..Self::default() }
    }

    /// What has the focus; not what stands around it.
    #[must_use]
    pub fn focused() -> Self {
        Self { state: Some("focused"), ..Self::default() }
    }

    /// The same, in a window whose title begins so.
    #[must_use]
    pub fn within(self, window: &'a str) -> Self {
        Self { window: Some(window), ..self }
    }
}

/// A part of a window.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Control {
    /// The title of its window.
    pub window: String,
    /// The process of its window.
    pub pid: u32,
    /// What it is, by AT-SPI's name for it.
    pub role: String,
    /// What it is called.
    pub name: String,
    /// What is said about it besides.
    pub description: String,
    /// The text in it; of a field, what was typed.
    pub text: String,
    /// The number it stands for, where it stands for one.
    pub value: Option<f64>,
    /// How many things it can do; a button can do one.
    pub actions: u32,
    /// Its states, as in [`Wanted::state`].
    pub states: Vec<String>,
    /// Left edge on the screen.
    pub x: i32,
    /// Top edge on the screen.
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Control {
    /// Where to click it.
    #[must_use]
    pub fn centre(&self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }

    /// Whether it is in a state, as in [`Wanted::state`].
    #[must_use]
    pub fn is(&self, state: &str) -> bool {
        self.states.iter().any(|its| its == state)
    }
}

#[derive(Serialize)]
struct Order<'a> {
    #[serde(rename = "do")]
    do_: &'static str,
    #[serde(flatten)]
    wanted: &'a Wanted<'a>,
    within: f64,
}

#[derive(Deserialize)]
struct Answer<T> {
    answer: Option<T>,
}

impl VirtualDesktop {
    /// Lets somebody in who reads the windows. To be started before the programs that are to be read; once for a desktop.
    ///
    /// # Errors
    /// When it does not come up (Debian: at-spi2-core, gir1.2-atspi-2.0, python3-gi).
    pub fn start_screen_reader(&mut self) -> io::Result<ScreenReader> {
        let launcher = LAUNCHERS.into_iter().find(|path| std::path::Path::new(path).exists());
        let launcher =
            launcher.ok_or_else(|| io::Error::other("at-spi-bus-launcher is missing (Debian: at-spi2-core)"))?;
        let bus = self.bus()?;
        self.env.retain(|(name, _)| name != DEAF.0);
        let mut command = self.command(launcher);
        // Programs describe their windows only where somebody is known to read them.
        command.args(["--launch-immediately", "--a11y=1"]);
        self.silent_part(command)?;
        bus.wait_for("org.a11y.Bus")?;
        // The system's Python: another one first in the path would not know AT-SPI.
        let mut command = self.command("/usr/bin/python3");
        command.args(["-c", include_str!("screen_reader.py")]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut guest = Guest { child: command.spawn()? };
        let stdout = guest.child().stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let lines = Lines::of(stdout)?;
        lines.next_within(COMES_UP_WITHIN)?;
        Ok(ScreenReader { lines, guest })
    }
}

impl ScreenReader {
    fn order<T: DeserializeOwned>(
        &mut self,
        do_: &'static str,
        wanted: &Wanted<'_>,
        within: Duration,
    ) -> io::Result<Option<T>> {
        let order = serde_json::to_string(&Order { do_, wanted, within: within.as_secs_f64() })?;
        let stdin = self.guest.child().stdin.as_mut().ok_or_else(|| io::Error::other("no standard input"))?;
        writeln!(stdin, "{order}")?;
        // It keeps the time itself; this is for one that hangs.
        let line = self.lines.next_within(within + COMES_UP_WITHIN)?;
        Ok(serde_json::from_str::<Answer<T>>(&line)?.answer)
    }

    /// What to say where something was not found.
    fn missing(&mut self, wanted: &Wanted<'_>) -> io::Error {
        let tree = self.tree().unwrap_or_else(|error| error.to_string());
        io::Error::new(io::ErrorKind::TimedOut, format!("nothing like {wanted:?} in\n{tree}"))
    }

    /// Waits until there is such a thing; with several, the first that is read.
    ///
    /// # Errors
    /// When it does not come in time; the error says what there is instead.
    pub fn find(&mut self, wanted: &Wanted<'_>, within: Duration) -> io::Result<Control> {
        self.order("find", wanted, within)?.ok_or_else(|| self.missing(wanted))
    }

    /// All such things there are now.
    ///
    /// # Errors
    /// When a window can't be read, or the reader has ended.
    pub fn find_all(&mut self, wanted: &Wanted<'_>) -> io::Result<Vec<Control>> {
        // A window that goes while it is read is no answer yet.
        let found = self.order("find_all", wanted, READS_WITHIN)?;
        found.ok_or_else(|| io::Error::other("a window does not let itself be read"))
    }

    /// Waits until there is no such thing.
    ///
    /// # Errors
    /// When it does not go in time.
    pub fn wait_until_gone(&mut self, wanted: &Wanted<'_>, within: Duration) -> io::Result<()> {
        let deadline = Instant::now() + within;
        // Each answer takes a few milliseconds of the reader's, so this does not spin.
        while !self.find_all(wanted)?.is_empty() {
            if Instant::now() >= deadline {
                let tree = self.tree()?;
                return Err(io::Error::new(io::ErrorKind::TimedOut, format!("{wanted:?} is still in\n{tree}")));
            }
        }
        Ok(())
    }

    /// Waits until there is such a thing, and does with it what a click does, without the pointer.
    ///
    /// # Errors
    /// When it does not come in time, or can't be clicked.
    pub fn click(&mut self, wanted: &Wanted<'_>, within: Duration) -> io::Result<()> {
        self.order::<bool>("click", wanted, within)?.map(drop).ok_or_else(|| self.missing(wanted))
    }

    /// Waits until a window whose title begins so has text, and reads all of it, a line for each part.
    ///
    /// # Errors
    /// When there is no such window in time.
    pub fn text_of(&mut self, window: &str, within: Duration) -> io::Result<String> {
        let wanted = Wanted { window: Some(window), ..Wanted::default() };
        self.order("read", &wanted, within)?.ok_or_else(|| self.missing(&wanted))
    }

    /// Everything in all windows, a line for each part, to be read by people.
    ///
    /// # Errors
    /// When the reader has ended.
    pub fn tree(&mut self) -> io::Result<String> {
        Ok(self.order("tree", &Wanted::default(), READS_WITHIN)?.unwrap_or_default())
    }
}
