//! What running a program takes: time, and as Linux counts them the most memory it had at once and the processor's time.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::figures::{Report, megabytes};

/// What a part may take of memory, bytes.
pub(crate) const MEMORY: u64 = 200_000_000;

/// How often a process that runs is looked at: the kernel keeps its peak, so only what came after the last look is missed.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What running a program to its end took.
pub(crate) struct Ran {
    pub(crate) seconds: f64,
    /// Of all its threads, seconds: what others do on the machine is not in it.
    pub(crate) processor: Option<f64>,
    pub(crate) peak: Option<u64>,
    pub(crate) output: String,
}

/// Runs a program to its end; its failure is ours. What it writes goes through files in `dir`.
pub(crate) fn run(command: &mut Command, dir: &Path) -> Result<Ran, Failure> {
    let (written, complaints) = (dir.join("stdout"), dir.join("stderr"));
    command.stdout(File::create(&written)?).stderr(File::create(&complaints)?);
    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| not_started(command, &error))?;
    let id = child.id().to_string();
    let (send, ended) = channel();
    thread::spawn(move || send.send((child.wait(), Instant::now())));
    let (mut peak, mut processor) = (None, None);
    let (status, at): (io::Result<ExitStatus>, Instant) = loop {
        peak = peak.max(peak_of(&id));
        processor =
            fs::read_to_string(format!("/proc/{id}/stat")).ok().and_then(|stat| seconds_in(&stat)).or(processor);
        match ended.recv_timeout(LOOK_EVERY) {
            Ok(ended) => break ended,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err("the thread that waited for it is gone".into()),
        }
    };
    let complaints = fs::read_to_string(complaints)?;
    // The shell goes on after some mistakes and only says so.
    if !status?.success() || !complaints.trim().is_empty() {
        return Err(format!("{}: {complaints}", command.get_program().display()).into());
    }
    Ok(Ran { seconds: at.duration_since(started).as_secs_f64(), processor, peak, output: fs::read_to_string(written)? })
}

fn not_started(command: &Command, error: &io::Error) -> String {
    format!(
        "{} could not be started ({error}); --contacts 0 and --synced 0 leave out what needs it",
        command.get_program().display()
    )
}

/// The peak of this process, bytes.
pub(crate) fn peak() -> Option<u64> {
    peak_of("self")
}

/// Begins the peak of this process anew, where the kernel lets us; elsewhere it stays that of the whole life.
pub(crate) fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn peak_of(process: &str) -> Option<u64> {
    peak_in(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

fn peak_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Of user and system, in the hundredths of a second that Linux counts in.
fn seconds_in(stat: &str) -> Option<f64> {
    // The program's name stands in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: Vec<u32> = fields.split(' ').skip(11).take(2).map_while(|ticks| ticks.parse().ok()).collect();
    let [user, system] = ticks[..] else { return None };
    Some(f64::from(user + system) / 100.0)
}

/// States a peak, and that it keeps to its limit.
pub(crate) fn fact(report: &mut Report, what: &str, peak: Option<u64>, limit: Option<u64>) {
    let Some(peak) = peak else { return };
    let value = match limit {
        Some(limit) => format!("{} (at most {})", megabytes(peak), megabytes(limit)),
        None => megabytes(peak),
    };
    report.fact(what, value, limit.is_none_or(|limit| peak <= limit));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_as_the_kernel_writes_it() {
        assert_eq!(peak_in("Name:\tcat\nVmHWM:\t    1024 kB\nVmRSS:\t     512 kB\n"), Some(1_048_576));
        assert_eq!(peak_in("Name:\tcat\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn the_processors_time_is_found_behind_whatever_the_program_is_called() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 1234 66 0 0 20 0 5 0";
        assert_eq!(seconds_in(stat), Some(13.0));
        assert_eq!(seconds_in("42 (a) Z"), None);
    }
}
