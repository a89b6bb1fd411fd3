//! `cargo xtask test`: everything that is tested at each change. The README and `.ci/run` both call this.

use std::fs;
use std::path::Path;
use std::time::Instant;

use clap::Args;

use crate::process::{Failure, run as run_command};
use crate::set_up::{self, Need};
use crate::ui;
use crate::workspace::{Workspace, on_a_build_server};

#[derive(Args)]
pub(crate) struct Options {
    /// Only this step (may be given several times), with the set-up it needs.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Lists the steps and runs none.
    #[arg(long)]
    list: bool,
}

struct Step {
    name: &'static str,
    about: &'static str,
    needs: &'static [Need],
    run: fn(&Workspace) -> Result<(), Failure>,
}

/// The step before all others; which needs it looks after follows from those that were chosen.
const SET_UP: &str = "set-up";

/// In the order in which they run: what is quick to fail comes first, and `ui` before whatever compiles the windows.
const STEPS: [Step; 6] = [
    Step { name: "fmt", about: "the Rust code is formatted", needs: &[Need::Components], run: fmt },
    Step {
        name: "deny",
        about: "dependencies: licences, bans, sources (not advisories: that needs a database from outside)",
        needs: &[Need::Deny],
        run: deny,
    },
    Step {
        name: "ui",
        about: "the windows' pages: types, tests, build, every page in a browser",
        needs: &[Need::Node, Need::Browser],
        run: ui::check_and_build,
    },
    Step { name: "lint", about: "clippy, no warnings", needs: &[Need::Components, Need::Node, Need::Shell], run: lint },
    Step {
        name: "test",
        about: "every test, with real windows on a virtual display",
        needs: &[Need::Node, Need::Shell, Need::TestDesktop, Need::Nextest],
        run: test,
    },
    Step { name: "doc", about: "the documentation builds without warnings", needs: &[], run: doc },
];

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    if options.list {
        println!("{SET_UP:<7} what the chosen steps need, and no more; alone: what any of them needs");
        for step in &STEPS {
            println!("{:<7} {}", step.name, step.about);
        }
        return Ok(());
    }
    let steps = chosen(&options.only)?;
    let start = Instant::now();
    let needs = if steps.is_empty() { set_up::EVERYTHING.to_vec() } else { needs_of(&steps) };
    let mut times = vec![timed(SET_UP, "what the steps need", || set_up::run(workspace, &needs))?];
    for step in &steps {
        times.push(timed(step.name, step.about, || (step.run)(workspace))?);
    }
    println!("\n{}", times.join(" · "));
    println!("cargo xtask test: all {} steps passed in {:.1} min", times.len(), start.elapsed().as_secs_f64() / 60.0);
    Ok(())
}

fn timed(name: &'static str, about: &str, work: impl FnOnce() -> Result<(), Failure>) -> Result<String, Failure> {
    println!("\n=== {name}: {about}");
    let start = Instant::now();
    let done = work();
    let seconds = start.elapsed().as_secs_f64();
    match done {
        Ok(()) => {
            println!("=== {name}: passed in {seconds:.1} s");
            Ok(format!("{name} {seconds:.0} s"))
        }
        Err(cause) => Err(Failure::Step { name, seconds, cause: Box::new(cause) }),
    }
}

/// The steps asked for, in the order of the table; all of them when none was named. Set-up comes before any choice, so
/// it may be named and adds nothing.
fn chosen(only: &[String]) -> Result<Vec<&'static Step>, Failure> {
    let is_known = |name: &str| name == SET_UP || STEPS.iter().any(|step| step.name == name);
    if let Some(unknown) = only.iter().find(|name| !is_known(name)) {
        let names = STEPS.map(|step| step.name).join(", ");
        return Err(Failure::advice(format!("there is no step `{unknown}`; the steps are {SET_UP}, {names}")));
    }
    Ok(STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect())
}

fn needs_of(steps: &[&Step]) -> Vec<Need> {
    set_up::EVERYTHING.iter().copied().filter(|need| steps.iter().any(|step| step.needs.contains(need))).collect()
}

fn fmt(workspace: &Workspace) -> Result<(), Failure> {
    run_command(&mut workspace.cargo(["fmt", "--all", "--check"]))
}

fn deny(workspace: &Workspace) -> Result<(), Failure> {
    let mut deny = workspace.cargo(["deny", "--locked", "--config", ".deny.toml", "check", "--hide-inclusion-graph"]);
    run_command(deny.args(["bans", "licenses", "sources"]))
}

fn lint(workspace: &Workspace) -> Result<(), Failure> {
    ui::build_if_stale(workspace)?;
    run_command(&mut workspace.cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn test(workspace: &Workspace) -> Result<(), Failure> {
    ui::build_if_stale(workspace)?;
    // The stories start our programs, which nextest alone would not build. Together with the tests' own targets, so
    // that dependencies are compiled with one set of features, and once.
    run_command(&mut workspace.cargo(["build", "--workspace", "--bins", "--tests", "--locked"]))?;
    let mut tests = workspace.cargo(["nextest", "run", "--workspace", "--locked"]);
    if on_a_build_server() {
        tests.args(["--profile", "ci"]);
    }
    run_command(tests.env("TIMBRE_BIN_DIR", workspace.debug_programs()))
}

fn doc(workspace: &Workspace) -> Result<(), Failure> {
    if has_examples(&workspace.path("crates")) {
        run_command(&mut workspace.cargo(["test", "--doc", "--workspace", "--exclude", "timbre", "--locked"]))?;
    } else {
        println!("(no examples in the documentation, so none are run)");
    }
    let mut doc = workspace.cargo(["doc", "--no-deps", "--workspace", "--exclude", "timbre", "--locked"]);
    run_command(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Whether any Rust file below has an example in its documentation. What cannot be read has none.
fn has_examples(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            has_examples(&path)
        } else {
            path.extension().is_some_and(|ending| ending == "rs")
                && fs::read_to_string(&path).is_ok_and(|text| holds_an_example(&text))
        }
    })
}

/// Whether a documentation comment opens a code block that rustdoc would compile.
fn holds_an_example(text: &str) -> bool {
    let mut inside = false;
    for line in text.lines().map(str::trim_start) {
        let Some(comment) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            inside = false;
            continue;
        };
        let Some(kind) = comment.trim().strip_prefix("```") else { continue };
        if !inside && matches!(kind, "" | "rust" | "no_run" | "should_panic" | "compile_fail") {
            return true;
        }
        inside = !inside;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str]) -> Vec<&'static str> {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        chosen(&only).unwrap().into_iter().map(|step| step.name).collect()
    }

    #[test]
    fn without_a_choice_every_step_runs_in_the_order_of_the_table() {
        assert_eq!(names(&[]), ["fmt", "deny", "ui", "lint", "test", "doc"]);
    }

    #[test]
    fn chosen_steps_run_in_the_order_of_the_table_however_they_were_named() {
        assert_eq!(names(&["lint"]), ["lint"]);
        assert_eq!(names(&["set-up"]), [""; 0]);
        assert_eq!(names(&["doc", "fmt", "doc"]), ["fmt", "doc"]);
    }

    #[test]
    fn an_unknown_step_is_refused_with_the_names_of_those_there_are() {
        let failure = chosen(&["tests".to_owned()]).err().unwrap();
        assert_eq!(
            failure.to_string(),
            "there is no step `tests`; the steps are set-up, fmt, deny, ui, lint, test, doc"
        );
    }

    #[test]
    fn a_step_alone_sets_up_only_what_it_needs() {
        assert_eq!(needs_of(&chosen(&["fmt".to_owned()]).unwrap()), [Need::Components]);
        // What is measured or given out is no step of the tests.
        let others = [Need::Yardsticks, Need::PackageTrial];
        let all_but_those = set_up::EVERYTHING.iter().copied().filter(|need| !others.contains(need));
        assert_eq!(needs_of(&chosen(&[]).unwrap()), all_but_those.collect::<Vec<_>>());
    }

    #[test]
    fn only_blocks_that_rustdoc_compiles_count_as_examples() {
        assert!(holds_an_example("/// ```\n/// assert!(true);\n/// ```\nfn f() {}"));
        assert!(holds_an_example("//! ```text\n//! a\n//! ```\n//! ```no_run\n//! ```"));
        assert!(!holds_an_example("//! ```text\n//! a drawing\n//! ```\n"));
        assert!(!holds_an_example("let markdown = \"```\";"));
    }
}
