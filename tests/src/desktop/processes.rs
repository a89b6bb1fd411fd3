//! What runs inside the desktop, and what it leaves on the disk.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::{Guest, Lines, MARK, VirtualDesktop};

impl VirtualDesktop {
    /// The names of the programs that run inside.
    #[must_use]
    pub fn programs_inside(&self) -> Vec<String> {
        let name = |pid: u32| fs::read_to_string(format!("/proc/{pid}/comm"));
        self.inside().into_iter().filter_map(|pid| Some(name(pid).ok()?.trim().to_owned())).collect()
    }

    /// The memory of the programs inside whose names begin so, bytes; what several share is divided among them (PSS).
    #[must_use]
    pub fn memory_inside(&self, names: &[&str]) -> u64 {
        let kilobytes = |pid: u32| -> Option<u64> {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?.trim().strip_suffix(" kB")?.parse().ok()
        };
        self.inside_named(names).filter_map(kilobytes).sum::<u64>() * 1024
    }

    /// The processor's time that the programs inside whose names begin so have had until now. Threads that have ended are
    /// not in it.
    #[must_use]
    pub fn processor_time_inside(&self, names: &[&str]) -> Duration {
        let threads = |pid: u32| {
            fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten().map(|task| task.path())
        };
        let nanoseconds = |task: PathBuf| -> Option<u64> {
            fs::read_to_string(task.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
        };
        Duration::from_nanos(self.inside_named(names).flat_map(threads).filter_map(nanoseconds).sum())
    }

    fn inside_named(&self, names: &[&str]) -> impl Iterator<Item = u32> {
        self.inside().into_iter().filter(move |pid| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            names.iter().any(|begin| name.starts_with(begin))
        })
    }

    /// The processes that run inside, also those that the bus started or that outlived their parents.
    pub(super) fn inside(&self) -> Vec<u32> {
        let mark = format!("{MARK}={}", self.mark);
        let marked = |process: &PathBuf| {
            fs::read(process.join("environ"))
                .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()))
        };
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
        processes.filter(marked).filter_map(|process| process.file_name()?.to_str()?.parse().ok()).collect()
    }

    /// The files below the home that hold these bytes somewhere: where a secret was left.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn files_with(&self, bytes: &[u8]) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        search(&self.home, bytes, &mut found)?;
        Ok(found)
    }
}

fn search(folder: &Path, wanted: &[u8], found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (entry, path) = entry.map(|entry| (entry.file_type(), entry.path()))?;
        let kind = entry?;
        if kind.is_dir() {
            search(&path, wanted, found)?;
        } else if kind.is_file() {
            // What runs may take its files away meanwhile.
            let bytes = match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                read => read?,
            };
            if bytes.windows(wanted.len().max(1)).any(|window| window == wanted) {
                found.push(path);
            }
        }
    }
    Ok(())
}

/// Runs a program to its end, and ends it where it takes too long.
pub(super) fn run_to_the_end(mut command: Command, within: Duration) -> io::Result<Output> {
    let deadline = Instant::now() + within;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut guest = Guest { child: command.spawn()? };
    let child = guest.child();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let read = |output: Box<dyn Read + Send>| Lines::of(output);
    let stdout = read(Box::new(stdout.ok_or_else(|| io::Error::other("no standard output"))?))?;
    let stderr = read(Box::new(stderr.ok_or_else(|| io::Error::other("no standard error"))?))?;
    let [stdout, stderr] = [stdout, stderr].map(|lines| lines.all(deadline.saturating_duration_since(Instant::now())));
    let (stdout, stderr) = (stdout?.into_bytes(), stderr?.into_bytes());
    Ok(Output { status: guest.child().wait()?, stdout, stderr })
}
