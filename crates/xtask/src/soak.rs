//! `cargo xtask soak`: what could fail by chance is done again and again; the first failure ends it.

use std::time::Instant;

use clap::Args;

use crate::process::{Failure, answer, run as run_command};
use crate::set_up::{self, Need};
use crate::torture;
use crate::ui;
use crate::workspace::Workspace;

#[derive(Args)]
#[group(required = true, multiple = false, args = ["desktop", "damage"])]
pub(crate) struct Options {
    /// The tests with real windows, each so many times in a row; 20 when left out.
    #[arg(long)]
    desktop: bool,
    /// The database is damaged while results are written: pages so many times, 100 when left out; emptied and cut short a
    /// fifth as often.
    #[arg(long)]
    damage: bool,
    /// How many times each test or damage is repeated.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    times: Option<u16>,
    /// With --damage: the same number plans the same damage again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Every test binary that opens windows has this in its name.
const WITH_WINDOWS: &str = "package(timbre-tests) & binary(/desktop/)";

/// A test, as nextest names it.
#[derive(Debug, PartialEq, Eq)]
struct Test<'a> {
    binary: &'a str,
    name: &'a str,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    if options.damage {
        return torture::play(workspace, &["--damage"], options.times.unwrap_or(100).into(), options.seed);
    }
    with_windows(workspace, options.times.unwrap_or(20))
}

fn with_windows(workspace: &Workspace, times: u16) -> Result<(), Failure> {
    set_up::run(workspace, &[Need::Node, Need::Shell, Need::TestDesktop, Need::Nextest])?;
    ui::build_if_stale(workspace)?;
    // As `cargo xtask test` builds them, so that nothing is compiled twice.
    run_command(&mut workspace.cargo(["build", "--workspace", "--bins", "--tests", "--locked"]))?;

    let mut list = workspace.cargo(["nextest", "list", "--workspace", "--locked", "--message-format", "oneline"]);
    let listed = answer(list.args(["--filterset", WITH_WINDOWS]));
    let listed = listed.ok_or_else(|| Failure::advice("nextest could not list the tests"))?;
    let tests = tests_in(&listed);
    if tests.is_empty() {
        return Err(Failure::advice(format!("there are no tests for {WITH_WINDOWS}")));
    }
    let start = Instant::now();
    let mut table = Vec::new();
    for test in &tests {
        let began = Instant::now();
        let ended = run_command(
            workspace
                .cargo(["nextest", "run", "--workspace", "--locked", "--retries", "0", "--fail-fast"])
                .args(["--failure-output", "immediate", "--status-level", "fail", "--final-status-level", "fail"])
                .args(["--stress-count", &times.to_string()])
                .args(["--filterset", &test.filter()])
                .env("TIMBRE_BIN_DIR", workspace.debug_programs()),
        );
        let seconds = began.elapsed().as_secs_f64();
        table.push(line(test, times, seconds, ended.is_ok()));
        if let Err(failure) = ended {
            println!("\n{}", table.join("\n"));
            return Err(failure);
        }
    }
    println!("\n{}", table.join("\n"));
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    println!(
        "cargo xtask soak: {} tests, each {} times in a row, none failed, in {minutes:.1} min",
        tests.len(),
        times
    );
    Ok(())
}

impl Test<'_> {
    fn filter(&self) -> String {
        format!("binary_id(={}) & test(={})", self.binary, self.name)
    }
}

/// A test a line: its binary, a space, its name.
fn tests_in(listed: &str) -> Vec<Test<'_>> {
    listed.lines().filter_map(|line| line.split_once(' ')).map(|(binary, name)| Test { binary, name }).collect()
}

fn line(test: &Test, times: u16, seconds: f64, passed: bool) -> String {
    let Test { binary, name } = test;
    let each = seconds / f64::from(times);
    if passed {
        format!("{times:>4} × {each:>6.1} s  {binary} {name}")
    } else {
        format!("  FAILED after {seconds:.0} s  {binary} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_test_is_run_by_its_whole_name() {
        let tests =
            tests_in("timbre-tests::desktop two_calls_stack\ntimbre-tests::virtual_desktop tray::it_is_found\n");
        assert_eq!(tests.len(), 2);
        assert_eq!(tests[1].filter(), "binary_id(=timbre-tests::virtual_desktop) & test(=tray::it_is_found)");
    }

    #[test]
    fn the_table_says_how_often_a_test_passed_and_how_long_one_took() {
        let test = Test { binary: "b", name: "n" };
        assert_eq!(line(&test, 20, 50.0, true), "  20 ×    2.5 s  b n");
        assert_eq!(line(&test, 20, 7.2, false), "  FAILED after 7 s  b n");
    }
}
