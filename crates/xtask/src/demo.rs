//! `cargo xtask demo`: a story of calls, played against the simulated vendors, in windows or without.

use std::process::Command;

use clap::Args;

use crate::process::{Failure, run as run_command};
use crate::set_up::{self, Need};
use crate::ui;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// No windows: what they would show is printed.
    #[arg(long)]
    headless: bool,
    /// The same number plays the same calls again.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Plays the story at the pace it would have in an office.
    #[arg(long)]
    real_time: bool,
    /// The language of the screens.
    #[arg(long, value_parser = ["es", "en", "pt"])]
    language: Option<String>,
    /// Windows in dark colours.
    #[arg(long)]
    dark: bool,
    /// Whose simulator plays: one with live calls, or FormCall, which places calls and lists them.
    #[arg(long, value_parser = ["live", "formcall"])]
    vendor: Option<String>,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    let needs: &[Need] = if options.headless { &[] } else { &[Need::Node, Need::Shell, Need::TestDesktop] };
    set_up::run(workspace, needs)?;
    if !options.headless {
        ui::build_if_stale(workspace)?;
    }
    run_command(&mut build(workspace, options.headless))?;

    let programs = workspace.debug_programs();
    let mut demo = workspace.command(programs.join("timbre-demo"));
    run_command(demo.args(arguments(options)).env("TIMBRE_BIN_DIR", programs))
}

fn build(workspace: &Workspace, headless: bool) -> Command {
    let mut build = workspace.cargo(["build", "--locked", "-p", "timbre-cli", "-p", "timbre-tests"]);
    build.args(["--bin", "timbrectl", "--bin", "timbre-demo"]);
    if !headless {
        build.args(["-p", "timbre", "--bin", "timbre"]);
    }
    build
}

fn arguments(options: &Options) -> Vec<String> {
    let mut arguments = Vec::new();
    if options.headless {
        arguments.push("--headless".to_owned());
    }
    if let Some(seed) = options.seed {
        arguments.extend(["--seed".to_owned(), seed.to_string()]);
    }
    if options.real_time {
        arguments.push("--real-time".to_owned());
    }
    if let Some(language) = &options.language {
        arguments.extend(["--language".to_owned(), language.clone()]);
    }
    if options.dark {
        arguments.push("--dark".to_owned());
    }
    if let Some(vendor) = &options.vendor {
        arguments.extend(["--vendor".to_owned(), vendor.clone()]);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_given_what_the_person_asked_for_and_nothing_else() {
        let nothing =
            Options { headless: false, seed: None, real_time: false, language: None, dark: false, vendor: None };
        assert!(arguments(&nothing).is_empty());

        let all = Options {
            headless: true,
            seed: Some(7),
            real_time: true,
            language: Some("pt".into()),
            dark: true,
            vendor: Some("formcall".into()),
        };
        let wanted = "--headless --seed 7 --real-time --language pt --dark --vendor formcall";
        assert_eq!(arguments(&all).join(" "), wanted);
    }
}
