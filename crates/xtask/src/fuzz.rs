//! `cargo xtask fuzz`: libFuzzer looks for input that makes Timbre panic, hang or eat the memory. The targets are those of
//! `tests/fuzz`.
//!
//! The stable compiler does: coverage is counted by LLVM's own pass, and libFuzzer is compiled by its crate. Everything is
//! built into a folder of its own, with assertions and overflow checks, so that nothing else is built anew.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Instant;

use clap::Args;

use crate::process::{Failure, answer, run as run_command};
use crate::set_up;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// How long each target is tried.
    #[arg(long, value_name = "N", default_value_t = 30)]
    minutes: u64,
    /// Only this target (may be given several times).
    #[arg(long, value_name = "TARGET")]
    only: Vec<String>,
    /// How many targets at a time; one for each core when left out.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Keeps what was found worth keeping: the smallest inputs that reach everything that was reached.
    #[arg(long)]
    keep: bool,
}

/// A run that takes longer is a fault, seconds.
const LONGEST_RUN: u32 = 1;
/// A run that takes more memory is a fault, MB.
const MOST_MEMORY: u32 = 256;
/// LLVM's pass, and what libFuzzer wants of it.
const COVERAGE: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    set_up::run(workspace, &[])?;
    let programs = build(workspace)?;
    let listed = answer(workspace.command(&programs.corpus).arg("list"));
    let listed = listed.ok_or_else(|| Failure::advice("the targets could not be listed"))?;
    let all: Vec<&str> = listed.lines().collect();
    if let Some(unknown) = options.only.iter().find(|name| !all.contains(&name.as_str())) {
        return Err(Failure::advice(format!("there is no target `{unknown}`; there are: {}", all.join(", "))));
    }
    let chosen = all.into_iter().filter(|name| options.only.is_empty() || options.only.iter().any(|only| only == name));
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    let start = Instant::now();
    let runs = tried(&programs, chosen.collect(), options.minutes, options.jobs.unwrap_or(cores).max(1))?;
    println!("\n{}", HEADER);
    for run in &runs {
        println!("{}", run.line());
    }
    println!("\ncargo xtask fuzz: {} targets in {:.0} min", runs.len(), start.elapsed().as_secs_f64() / 60.0);
    if options.keep {
        for run in &runs {
            keep(workspace, &programs, run)?;
        }
    }
    let faults: Vec<String> =
        runs.iter().flat_map(|run| run.faults.iter().map(|file| file.display().to_string())).collect();
    if faults.is_empty() && runs.iter().all(Run::is_good) {
        return Ok(());
    }
    Err(Failure::advice(format!(
        "a target stopped or went over a bound; each file holds an input (TIMBRE_FUZZ=TARGET {} FILE plays it again):\n  {}",
        programs.fuzz.display(),
        faults.join("\n  ")
    )))
}

struct Programs {
    fuzz: PathBuf,
    corpus: PathBuf,
    /// Where the runs keep what they find.
    folder: PathBuf,
}

fn build(workspace: &Workspace) -> Result<Programs, Failure> {
    let version = answer(workspace.command("rustc").arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| Failure::advice("rustc does not say for what it compiles"))?;
    let folder = workspace.fuzz();
    let mut build = workspace.cargo(["build", "--locked", "--release", "-p", "timbre-fuzz", "--features", "libfuzzer"]);
    // With a target named, what runs while compiling is left as it is.
    build.args(["--bins", "--target", host]).env("CARGO_TARGET_DIR", &folder).env("RUSTFLAGS", COVERAGE.join(" "));
    for (name, value) in [
        ("OPT_LEVEL", "3"),
        ("LTO", "off"),
        ("STRIP", "none"),
        ("DEBUG", "line-tables-only"),
        ("DEBUG_ASSERTIONS", "true"),
        ("OVERFLOW_CHECKS", "true"),
    ] {
        build.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    run_command(&mut build)?;
    let release = folder.join(host).join("release");
    Ok(Programs { fuzz: release.join("timbre-fuzz"), corpus: release.join("timbre-corpus"), folder })
}

/// What came of a target.
struct Run {
    target: String,
    /// Whether libFuzzer came to its end.
    ended_well: bool,
    inputs: u64,
    slowest_s: u64,
    memory_mb: u64,
    reached: String,
    faults: Vec<PathBuf>,
}

const HEADER: &str = "target            inputs     reached  slowest  memory  faults";

impl Run {
    fn read(target: &str, ended_well: bool, log: &str, faults: Vec<PathBuf>) -> Self {
        let stat = |name: &str| {
            let mut lines = log.lines().filter_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
            lines.next_back().and_then(|value| value.trim_start_matches(':').trim().parse().ok()).unwrap_or_default()
        };
        let reached = log.lines().filter_map(|line| line.split_once(" cov: ")?.1.split(' ').next()).next_back();
        Self {
            target: target.to_owned(),
            ended_well,
            inputs: stat("number_of_executed_units"),
            slowest_s: stat("slowest_unit_time_sec"),
            memory_mb: stat("peak_rss_mb"),
            reached: reached.unwrap_or_default().to_owned(),
            faults,
        }
    }

    /// Whether it came to its end within its bounds. libFuzzer looks at the clock and the memory now and then alone.
    fn is_good(&self) -> bool {
        self.ended_well && self.slowest_s < u64::from(LONGEST_RUN) && self.memory_mb <= u64::from(MOST_MEMORY)
    }

    fn line(&self) -> String {
        let Self { target, inputs, slowest_s, memory_mb, reached, faults, ended_well } = self;
        let faults = if faults.is_empty() && !ended_well { "stopped".to_owned() } else { faults.len().to_string() };
        format!("{target:<15} {inputs:>9} {reached:>11} {slowest_s:>6} s {memory_mb:>4} MB {faults:>7}")
    }
}

/// Tries every target, some at a time.
fn tried(programs: &Programs, targets: Vec<&str>, minutes: u64, jobs: usize) -> Result<Vec<Run>, Failure> {
    let mut waiting: VecDeque<&str> = targets.into();
    let mut going: Vec<(&str, Child)> = Vec::new();
    let mut runs = Vec::new();
    while !waiting.is_empty() || !going.is_empty() {
        while going.len() < jobs
            && let Some(target) = waiting.pop_front()
        {
            println!("{target}: {minutes} min");
            going.push((target, begin(programs, target, minutes)?));
        }
        let (target, mut child) = going.remove(0);
        let ended = child.wait().map_err(|error| Failure::advice(format!("{target}: {error}")))?;
        let log = fs::read(log(programs, target)).unwrap_or_default();
        let run = Run::read(target, ended.success(), &String::from_utf8_lossy(&log), faults(programs, target));
        println!("{}", run.line());
        runs.push(run);
    }
    Ok(runs)
}

fn log(programs: &Programs, target: &str) -> PathBuf {
    programs.folder.join(format!("{target}.log"))
}

fn faults(programs: &Programs, target: &str) -> Vec<PathBuf> {
    let folder = programs.folder.join("faults").join(target);
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn begin(programs: &Programs, target: &str, minutes: u64) -> Result<Child, Failure> {
    let failed = |error: std::io::Error| Failure::advice(format!("{target}: {error}"));
    let (corpus, found) = (programs.folder.join("corpus").join(target), programs.folder.join("faults").join(target));
    let _ = fs::remove_dir_all(&found);
    fs::create_dir_all(&found).map_err(failed)?;
    run_command(std::process::Command::new(&programs.corpus).arg("unpack").arg(target).arg(&corpus))?;
    let log = File::create(log(programs, target)).map_err(failed)?;
    std::process::Command::new(&programs.fuzz)
        .env("TIMBRE_FUZZ", target)
        .arg(corpus)
        .args([
            format!("-max_total_time={}", minutes * 60),
            format!("-timeout={LONGEST_RUN}"),
            format!("-rss_limit_mb={MOST_MEMORY}"),
            format!("-malloc_limit_mb={MOST_MEMORY}"),
            "-max_len=65536".to_owned(),
            "-print_final_stats=1".to_owned(),
            format!("-artifact_prefix={}/", found.display()),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(failed)
}

/// Keeps the smallest inputs that reach all that was reached.
fn keep(workspace: &Workspace, programs: &Programs, run: &Run) -> Result<(), Failure> {
    let merged = programs.folder.join("merged").join(&run.target);
    let _ = fs::remove_dir_all(&merged);
    fs::create_dir_all(&merged).map_err(|error| Failure::advice(error.to_string()))?;
    let found = programs.folder.join("corpus").join(&run.target);
    run_command(
        workspace
            .command(&programs.fuzz)
            .env("TIMBRE_FUZZ", &run.target)
            .args(["-set_cover_merge=1", "-max_len=256"])
            .args([&merged, &found]),
    )?;
    run_command(workspace.command(&programs.corpus).arg("pack").arg(&run.target).arg(&merged))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_says_at_its_end_is_read() {
        let log = "#2\tINITED cov: 210 ft: 211 corp: 1/1b\n#99\tREDUCE cov: 1312 ft: 4000 corp: 3/4b\n\
                   stat::number_of_executed_units: 123456\nstat::slowest_unit_time_sec:    1\nstat::peak_rss_mb:  87\n";
        let run = Run::read("number", true, log, Vec::new());
        assert_eq!(run.line(), "number             123456        1312      1 s   87 MB       0");
        assert!(Run::read("number", false, "", Vec::new()).line().ends_with("stopped"));
    }
}
