//! `cargo xtask bench`: measures a release build, beside the thing it is compared with.

use std::path::PathBuf;

use clap::Args;

use crate::process::{Failure, run as run_command};
use crate::set_up::{self, Need};
use crate::ui;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// Also what needs the real windows: start, memory, event to painted pop-up.
    #[arg(long)]
    desktop: bool,
    /// How many contacts are imported, looked up and searched; 0 leaves this out.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    contacts: u32,
    /// Writes the figures to this file too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    let needs: &[Need] = if options.desktop { &[Need::Node, Need::Shell, Need::TestDesktop] } else { &[] };
    set_up::run(workspace, needs)?;
    if options.desktop || options.contacts > 0 {
        // A system that has not all of them is no reason to measure nothing.
        if let Err(failure) = set_up::run(workspace, &[Need::Yardsticks]) {
            println!("{failure}; going on without what can't be had");
        }
    }

    let mut build = workspace.cargo(["build", "--release", "--locked", "-p", "timbre-cli", "-p", "timbre-tests"]);
    build.args(["--bin", "timbrectl", "--bin", "timbre-bench"]);
    if options.desktop {
        ui::build_if_stale(workspace)?;
        // As `tauri build` compiles what is shipped.
        build.args([
            "-p",
            "timbre",
            "--bin",
            "timbre",
            "--example",
            "empty_view",
            "--features",
            "tauri/custom-protocol",
        ]);
    }
    run_command(&mut build)?;

    let programs = workspace.release_programs();
    let mut bench = workspace.command(programs.join("timbre-bench"));
    bench.env("TIMBRE_BIN_DIR", &programs).arg("--contacts").arg(options.contacts.to_string());
    if options.desktop {
        bench.arg("--desktop");
    }
    if let Some(file) = &options.json {
        // The file is meant from where the person stands; the bench is started from the project's folder.
        let file = std::path::absolute(file)
            .map_err(|error| Failure::advice(format!("{} is no usable path: {error}", file.display())))?;
        bench.arg("--json").arg(file);
    }
    run_command(&mut bench)
}
