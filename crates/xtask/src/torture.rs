//! `cargo xtask torture`: the engine is killed while results are saved and sent; nothing may be lost, nothing be there
//! twice.

use clap::Args;

use crate::process::{Failure, run as run_command};
use crate::set_up;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// How often the engine is killed.
    #[arg(long, value_name = "N", default_value_t = 200)]
    runs: u32,
    /// The same number plans the same calls, kills and faults again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    play(workspace, &[], options.runs, options.seed)
}

/// Builds what is tortured and tortures it.
pub(crate) fn play(workspace: &Workspace, how: &[&str], runs: u32, seed: u64) -> Result<(), Failure> {
    set_up::run(workspace, &[])?;
    let mut build = workspace.cargo(["build", "--locked", "-p", "timbre-cli", "-p", "timbre-tests"]);
    run_command(build.args(["--bin", "timbrectl", "--bin", "timbre-torture"]))?;
    let programs = workspace.debug_programs();
    let mut torture = workspace.command(programs.join("timbre-torture"));
    torture.env("TIMBRE_BIN_DIR", programs).args(how);
    run_command(torture.args(["--runs", &runs.to_string(), "--seed", &seed.to_string()]))
}
