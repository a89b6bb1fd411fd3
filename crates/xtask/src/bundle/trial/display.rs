//! A virtual display with a session bus, as little of a desktop as a program can be started on. The tests have a whole one,
//! but this crate knows nothing of ours, or it would not compile in seconds.

use std::fs;
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
        daemon.stderr(Stdio::null());
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
        let class = format!("(\"{class}\" ");
        until(program, "showed no window", || {
            let mut tree = self.inside(Command::new("xwininfo"));
            answer(tree.args(["-root", "-tree"])).is_some_and(|tree| tree.contains(&class))
        })
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

/// Waits until a request to end would be heard: the kernel knows for which signals a program has made provision.
pub(super) fn until_it_listens(program: &mut Child) -> Result<(), Failure> {
    let status = format!("/proc/{}/status", program.id());
    until(program, "made no provision for being asked to end", || {
        fs::read_to_string(&status).is_ok_and(|status| catches_term(&status))
    })
}

fn catches_term(status: &str) -> bool {
    const TERM: u64 = 1 << (15 - 1);
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & TERM != 0)
}

fn until(program: &mut Child, otherwise: &str, is_so: impl Fn() -> bool) -> Result<(), Failure> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Ok(Some(status)) = program.try_wait() {
            return Err(Failure::advice(format!("the installed program ended by itself, with {status}")));
        }
        if is_so() {
            return Ok(());
        }
        look_again_soon();
    }
    Err(Failure::advice(format!("within {} s the installed program {otherwise}", PATIENCE.as_secs())))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_listens_once_the_kernel_says_that_it_catches_the_signal() {
        assert!(catches_term("SigIgn:\t0000000000001000\nSigCgt:\t0000000100004002\n"));
        assert!(!catches_term("SigIgn:\t0000000000004000\nSigCgt:\t0000000100000002\n"));
        assert!(!catches_term(""));
    }
}
