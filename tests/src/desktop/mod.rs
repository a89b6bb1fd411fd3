//! A desktop of its own for real windows: an X server without a screen, a session bus, a window manager, and a home
//! folder. Nothing of the person's own session is touched, and nothing is left behind.
//!
//! That is all of it at first: no tray, nobody who shows notifications, no Secret Service, no screen reader, and none
//! that the bus would start by itself. [`VirtualDesktop::start_tray`] and its like bring them up where a test wants them.
//!
//! Debian: what `cargo xtask setup` lists for a test desktop.

#![cfg(target_os = "linux")]

mod app;
mod appearance;
mod bus;
mod dunst;
mod hand;
mod lines;
mod markup;
mod notifications;
mod probe;
mod processes;
mod screen_reader;
mod screens;
mod secret_service;
mod tray;
mod tray_menu;
mod windows;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub use self::app::{App, PaintLine, settings};
pub use self::appearance::{Portal, SettingsDaemon};
pub use self::bus::Bus;
pub use self::dunst::Dunst;
pub use self::lines::Lines;
pub use self::notifications::{Closed, Notification, Notifications};
pub use self::probe::{FocusWatch, TypingProbe};
pub use self::screen_reader::{Control, ScreenReader, Wanted};
pub use self::secret_service::{Keyring, SecretService, Stored};
pub use self::tray::{Tray, TrayItem};
pub use self::tray_menu::MenuEntry;
pub use self::windows::Window;

/// How long a part of the desktop may take to come up, on a machine that is busy compiling.
const COMES_UP_WITHIN: Duration = Duration::from_secs(30);

/// How long what was killed may take to be gone.
const GOES_WITHIN: Duration = Duration::from_secs(10);

/// Marks every process that runs inside, however it was started.
const MARK: &str = "TIMBRE_VIRTUAL_DESKTOP";

/// Tells GTK that there is no screen reader.
const DEAF: (&str, &str) = ("NO_AT_BRIDGE", "1");

/// The desktop; it goes with this value, and so does everything that runs inside.
#[derive(Debug)]
pub struct VirtualDesktop {
    env: Vec<(String, String)>,
    home: PathBuf,
    mark: String,
    children: Vec<Child>,
}

/// A program running inside; it ends with this value.
#[derive(Debug)]
pub struct Guest {
    child: Child,
}

impl Guest {
    /// Starts a program that was prepared with [`VirtualDesktop::command`].
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(mut command: Command) -> io::Result<Self> {
        Ok(Self { child: command.spawn()? })
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl VirtualDesktop {
    /// Brings a desktop of 1280 × 800 up, with its home in `dir`. That must not be deep: the paths of sockets below it may
    /// have no more than 107 bytes.
    ///
    /// # Errors
    /// When a program is missing or does not come up.
    pub fn start(dir: &Path) -> io::Result<Self> {
        Self::start_sized(dir, 1280, 800)
    }

    /// Brings a desktop of this size up, with its home in `dir`.
    ///
    /// # Errors
    /// When a program is missing or does not come up.
    pub fn start_sized(dir: &Path, width: u16, height: u16) -> io::Result<Self> {
        Self::start_with_screens(dir, &[(width, height)])
    }

    /// Brings a desktop with several screens up, side by side from the left, the first one the main one; width and
    /// height of each in pixels. Its home is in `dir`.
    ///
    /// # Errors
    /// When a program is missing or does not come up.
    pub fn start_with_screens(dir: &Path, screens: &[(u16, u16)]) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let dir = dir.canonicalize()?;
        let mark = format!("{}:{}", std::process::id(), dir.display());
        let mut env = vec![
            (MARK.to_owned(), mark.clone()),
            ("PATH".to_owned(), std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned())),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("XDG_SESSION_TYPE".to_owned(), "x11".to_owned()),
            // Settings of the toolkit come from nowhere and go nowhere.
            ("GSETTINGS_BACKEND".to_owned(), "memory".to_owned()),
            // Nobody reads the windows, so that programs need not look for who does.
            (DEAF.0.to_owned(), DEAF.1.to_owned()),
        ];
        for (name, below) in [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_STATE_HOME", ".local/state"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            let path = dir.join(below);
            fs::create_dir_all(&path)?;
            env.push((name.to_owned(), path.display().to_string()));
        }
        fs::set_permissions(dir.join("run"), fs::Permissions::from_mode(0o700))?;

        // From here on whatever was started ends with `desktop`, also when the next part fails.
        let mut desktop = Self { env, home: dir, mark, children: Vec::new() };
        desktop.start_display(screens)?;

        let mut bus = desktop.command("dbus-daemon");
        bus.arg("--config-file").arg(bus::configuration(&desktop.home)?);
        bus.args(["--nofork", "--nopidfile", "--print-address=1"]);
        let address = desktop.part(bus)?;
        desktop.env.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), address));

        desktop.silent_part(desktop.command("openbox"))?;
        desktop.wait_until(COMES_UP_WITHIN, || desktop.answer("wmctrl", &["-m"]).ok())?;
        Ok(desktop)
    }

    /// Starts a part of the desktop and waits for the first line it prints.
    fn part(&mut self, mut command: Command) -> io::Result<String> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        self.children.push(child);
        let stdout = self.children.last_mut().and_then(|child| child.stdout.take());
        let stdout = stdout.ok_or_else(|| io::Error::other("no standard output"))?;
        Ok(Lines::of(stdout)?.next_within(COMES_UP_WITHIN)?.trim().to_owned())
    }

    /// Starts a part of the desktop that says nothing worth reading.
    fn silent_part(&mut self, mut command: Command) -> io::Result<()> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        self.children.push(child);
        Ok(())
    }

    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The environment of programs that run inside. Nothing else of the own environment should reach them.
    #[must_use]
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// A program, prepared to run inside.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a program inside.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn spawn<A: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = A>,
    ) -> io::Result<Guest> {
        Ok(Guest { child: self.command(program).args(args).stdin(Stdio::null()).spawn()? })
    }

    /// Runs a program inside to its end, as a second start of Timbre by a link.
    ///
    /// # Errors
    /// When it can't be started, or does not end in time.
    pub fn run<A: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = A>,
        within: Duration,
    ) -> io::Result<Output> {
        let mut command = self.command(program);
        command.args(args);
        processes::run_to_the_end(command, within)
    }

    /// Waits until something brings an answer; asked anew whenever a property of the root window changes, and ten times
    /// a second for what tells nobody.
    ///
    /// # Errors
    /// When no answer comes in time.
    pub fn wait_until<T>(&self, within: Duration, mut asked: impl FnMut() -> Option<T>) -> io::Result<T> {
        let deadline = Instant::now() + within;
        let mut watch = self.command("xprop");
        watch.args(["-root", "-spy"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut watch = Guest { child: watch.spawn()? };
        let stdout = watch.child().stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let changes = Lines::of(stdout)?;
        loop {
            if let Some(answer) = asked() {
                return Ok(answer);
            }
            // xprop does not see what changes between its first look and its watch, hence the shorter patience.
            match changes.next_within(Duration::from_millis(100)) {
                Err(error) if error.kind() != io::ErrorKind::TimedOut => return Err(error),
                _ if Instant::now() >= deadline => return Err(io::ErrorKind::TimedOut.into()),
                _ => {}
            }
        }
    }

    fn answer<A: AsRef<OsStr>>(&self, program: &str, args: &[A]) -> io::Result<String> {
        let output = self.command(program).args(args).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(io::Error::other(format!("{program}: {} {why}", output.status)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for VirtualDesktop {
    fn drop(&mut self) {
        // The last to come goes first: programs, then the window manager, the bus, the X server.
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
        // Whoever was just being started by another is found in the next round. Nobody outlives this but a process that
        // the system can't end, and for that one there is no use in waiting.
        let deadline = Instant::now() + GOES_WITHIN;
        loop {
            let left: Vec<_> = self.inside().iter().map(u32::to_string).collect();
            if left.is_empty() || Instant::now() >= deadline {
                return;
            }
            let _ = Command::new("kill").arg("-KILL").args(left).stderr(Stdio::null()).status();
        }
    }
}
