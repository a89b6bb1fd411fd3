//! A virtual display with a session bus, as little of a desktop as a program can be started on. The tests have a whole one,
//! but this crate knows nothing of ours, or it would not compile in seconds.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::process::{Failure, answer};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Both end with this value.
pub(super) struct Display {
    server: Child,
    bus: Child,
    name: String,
    address: String,
}

impl Display {
    pub(super) fn start(command: &impl Fn(&str) -> Command) -> Result<Self, Failure> {
        // It chooses a free number and says which.
        let mut xvfb = command("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]).stderr(Stdio::null());
        let (server, number) = with_first_line(&mut xvfb)?;
        let mut daemon = command("dbus-daemon");
        daemon.args(["--session", "--nofork", "--print-address=1"]).env("DISPLAY", format!(":{number}"));
        match with_first_line(&mut daemon) {
            Ok((bus, address)) => Ok(Self { server, bus, name: format!(":{number}"), address }),
            Err(failure) => {
                stop(server);
                Err(failure)
            }
        }
    }

    pub(super) fn inside(&self, mut command: Command) -> Command {
        command.env("DISPLAY", &self.name).env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command.env_remove("WAYLAND_DISPLAY").env("GDK_BACKEND", "x11").stdin(Stdio::null());
        command
    }

    /// Waits until the program has made a window, shown or not.
    pub(super) fn until_a_window_of(&self, class: &str, program: &mut Child) -> Result<(), Failure> {
        let start = Instant::now();
        let class = format!("(\"{class}\" ");
        while start.elapsed() < PATIENCE {
            if let Ok(Some(status)) = program.try_wait() {
                return Err(Failure::advice(format!("it ended by itself, with {status}")));
            }
            let mut tree = self.inside(Command::new("xwininfo"));
            if answer(tree.args(["-root", "-tree"])).is_some_and(|tree| tree.contains(&class)) {
                return Ok(());
            }
            look_again_soon();
        }
        Err(Failure::advice(format!("it showed no window within {} s", PATIENCE.as_secs())))
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        for child in [&mut self.bus, &mut self.server] {
            // What they started ends when they do.
            let _ = end(child, Duration::from_secs(5));
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Asks it to end; how long that took, and how it ended.
pub(super) fn end(program: &mut Child, within: Duration) -> Result<(Duration, ExitStatus), Failure> {
    let start = Instant::now();
    let _ = Command::new("kill").args(["-TERM", &program.id().to_string()]).status();
    while start.elapsed() < within {
        if let Ok(Some(status)) = program.try_wait() {
            return Ok((start.elapsed(), status));
        }
        look_again_soon();
    }
    Err(Failure::advice(format!("asked to end, it still ran {} s later", within.as_secs())))
}

/// Other programs tell nobody when they have made a window, or ended.
#[expect(clippy::disallowed_methods, reason = "a real program is waited for; there is no other clock")]
fn look_again_soon() {
    std::thread::sleep(BETWEEN_LOOKS);
}

fn stop(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Starts a server that says on its first line where it is to be found.
fn with_first_line(command: &mut Command) -> Result<(Child, String), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |why: String| Failure::advice(format!("{name}: {why}"));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| failed(error.to_string()))?;
    let mut line = String::new();
    let read = child.stdout.take().map(|output| BufReader::new(output).read_line(&mut line));
    match read {
        Some(Ok(length)) if length > 1 => Ok((child, line.trim().to_owned())),
        _ => {
            stop(child);
            Err(failed("it did not start".to_owned()))
        }
    }
}
