//! A desktop of its own for real windows: an X server without a screen, a session bus, a window manager, and a home
//! folder. Nothing of the person's own session is touched, and nothing is left behind.
//!
//! Debian: `xvfb dbus openbox xdotool wmctrl x11-utils imagemagick python3-gi gir1.2-gtk-3.0`.

#![cfg(target_os = "linux")]

mod app;
mod lines;
mod probe;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use self::app::{App, Glass, settings};
pub use self::lines::Lines;
pub use self::probe::{FocusWatch, TypingProbe};

/// How long a part of the desktop may take to come up, on a machine that is busy compiling.
const COMES_UP_WITHIN: Duration = Duration::from_secs(30);

/// Marks every process that runs inside, however it was started.
const MARK: &str = "TIMBRE_VIRTUAL_DESKTOP";

/// The desktop; it goes with this value, and so does everything that runs inside.
#[derive(Debug)]
pub struct VirtualDesktop {
    env: Vec<(String, String)>,
    mark: String,
    children: Vec<Child>,
}

/// A window people can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its X id.
    pub id: u64,
    /// The program it belongs to.
    pub pid: u32,
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// Its title.
    pub title: String,
}

/// A program running inside; it ends with this value.
#[derive(Debug)]
pub struct Guest {
    child: Child,
}

impl Guest {
    /// The process.
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
    /// Brings a desktop of 1280 × 800 up, with its home in `dir`.
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
    pub fn start_sized(dir: &Path, width: u32, height: u32) -> io::Result<Self> {
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
        let mut desktop = Self { env, mark, children: Vec::new() };
        let screen = format!("{width}x{height}x24");
        let mut server = desktop.command("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"]);
        let display = desktop.part(server)?;
        desktop.env.push(("DISPLAY".to_owned(), format!(":{display}")));

        let mut bus = desktop.command("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let address = desktop.part(bus)?;
        desktop.env.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), address));

        let manager =
            desktop.command("openbox").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        desktop.children.push(manager);
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

    /// A picture of everything on the screen, as PNG.
    ///
    /// # Errors
    /// When it could not be taken or written.
    pub fn screenshot(&self, path: &Path) -> io::Result<()> {
        self.answer("import", &[OsStr::new("-window"), OsStr::new("root"), path.as_os_str()]).map(drop)
    }

    /// The windows people can see, from the lowest to the topmost one known to the window manager.
    ///
    /// # Errors
    /// When the window manager does not answer.
    pub fn windows(&self) -> io::Result<Vec<Window>> {
        let listed = self.answer("wmctrl", &["-l", "-G", "-p"])?;
        Ok(listed.lines().filter_map(Window::read).collect())
    }

    /// The X id of the window that has the focus, as the window manager says; none where nothing has it.
    ///
    /// # Errors
    /// When the X server does not answer.
    pub fn active_window(&self) -> io::Result<Option<u64>> {
        let line = self.answer("xprop", &["-root", "_NET_ACTIVE_WINDOW"])?;
        Ok(line.rsplit('#').next().and_then(hexadecimal).filter(|id| *id != 0))
    }

    /// Waits until a window whose title begins so is to be seen; with several, the lowest.
    ///
    /// # Errors
    /// When it does not come in time.
    pub fn wait_for_window(&self, title: &str, within: Duration) -> io::Result<Window> {
        self.wait_until(within, || self.window(title))
    }

    /// Waits until a window whose title begins so has the focus.
    ///
    /// # Errors
    /// When it does not get it in time.
    pub fn wait_until_active(&self, title: &str, within: Duration) -> io::Result<Window> {
        self.wait_until(within, || {
            let active = self.active_window().ok().flatten()?;
            self.window(title).filter(|window| window.id == active)
        })
    }

    /// Waits until no window whose title begins so is to be seen.
    ///
    /// # Errors
    /// When it does not go in time.
    pub fn wait_until_gone(&self, title: &str, within: Duration) -> io::Result<()> {
        self.wait_until(within, || {
            self.windows().ok()?.iter().all(|window| !window.title.starts_with(title)).then_some(())
        })
    }

    fn window(&self, title: &str) -> Option<Window> {
        self.windows().ok()?.into_iter().find(|window| window.title.starts_with(title))
    }

    /// Presses and lets go of the keys for this text, one after the other, in whatever has the focus.
    ///
    /// # Errors
    /// When xdotool fails.
    pub fn type_text(&self, text: &str, between_keys: Duration) -> io::Result<()> {
        let delay = between_keys.as_millis().to_string();
        self.answer("xdotool", &["type", "--delay", &delay, "--", text]).map(drop)
    }

    /// Clicks a point of the screen, holding the button as long as a hand does.
    ///
    /// # Errors
    /// When xdotool fails.
    pub fn click(&self, x: i32, y: i32) -> io::Result<()> {
        let (x, y) = (x.to_string(), y.to_string());
        self.answer(
            "xdotool",
            &["mousemove", &x, &y, "sleep", "0.05", "mousedown", "1", "sleep", "0.05", "mouseup", "1"],
        )
        .map(drop)
    }

    /// The colour of a point of the screen, as `#rrggbb`.
    ///
    /// # Errors
    /// When no picture could be taken.
    pub fn colour(&self, x: i32, y: i32) -> io::Result<String> {
        let spot = format!("1x1+{x}+{y}");
        let pixel = self.answer("import", &["-window", "root", "-crop", &spot, "-depth", "8", "txt:-"])?;
        let colour = pixel.split_whitespace().find(|word| word.len() == 7 && word.starts_with('#'));
        colour.map(str::to_ascii_lowercase).ok_or_else(|| io::Error::other(format!("no colour in {pixel}")))
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

    /// The names of the programs that run inside.
    #[must_use]
    pub fn programs_inside(&self) -> Vec<String> {
        let name = |pid: u32| fs::read_to_string(format!("/proc/{pid}/comm"));
        self.inside().into_iter().filter_map(|pid| Some(name(pid).ok()?.trim().to_owned())).collect()
    }

    /// The memory of the programs inside whose names begin so, bytes; what several share is divided among them (PSS).
    #[must_use]
    pub fn memory_inside(&self, names: &[&str]) -> u64 {
        let counts = |pid: &u32| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            names.iter().any(|begin| name.starts_with(begin))
        };
        let kilobytes = |pid: u32| -> Option<u64> {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?.trim().strip_suffix(" kB")?.parse().ok()
        };
        self.inside().into_iter().filter(counts).filter_map(kilobytes).sum::<u64>() * 1024
    }

    /// The processes that run inside, also those that the bus started or that outlived their parents.
    fn inside(&self) -> Vec<u32> {
        let mark = format!("{MARK}={}", self.mark);
        let marked = |process: &PathBuf| {
            fs::read(process.join("environ"))
                .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()))
        };
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
        processes.filter(marked).filter_map(|process| process.file_name()?.to_str()?.parse().ok()).collect()
    }
}

impl Drop for VirtualDesktop {
    fn drop(&mut self) {
        // The last to come goes first: programs, then the window manager, the bus, the X server.
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
        for process in self.inside() {
            let _ = Command::new("kill").args(["-KILL", &process.to_string()]).stderr(Stdio::null()).status();
        }
    }
}

impl Window {
    /// A line of `wmctrl -l -G -p`: id, desktop, pid, x, y, width, height, machine, title.
    fn read(line: &str) -> Option<Self> {
        let mut rest = line;
        let mut word = || {
            let (word, tail) = rest.trim_start().split_once(' ')?;
            rest = tail;
            Some(word)
        };
        let id = hexadecimal(word()?)?;
        let _desktop = word()?;
        let pid = word()?.parse().ok()?;
        let mut number = || word()?.parse().ok();
        let (x, y, width, height) = (number()?, number()?, number()?, number()?);
        let _machine = word()?;
        Some(Self { id, pid, x, y, width, height, title: rest.trim().to_owned() })
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_window_list_is_read() {
        let line = "0x00e00003  0 4711   864  544  400  200  box Timbre pop-up 1";
        let window = Window {
            id: 0x00e0_0003,
            pid: 4711,
            x: 864,
            y: 544,
            width: 400,
            height: 200,
            title: "Timbre pop-up 1".to_owned(),
        };
        assert_eq!(Window::read(line), Some(window));
        assert_eq!(Window::read("0x1 0"), None);
    }
}
