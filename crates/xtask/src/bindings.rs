//! `cargo xtask bindings`: writes what the test of the same name otherwise only compares.

use crate::process::{Failure, run as run_command};
use crate::set_up::{self, Need};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    set_up::run(workspace, &[Need::Nextest])?;
    run_command(workspace.cargo(["nextest", "run", "-p", "timbre", "bindings"]).env("TIMBRE_WRITE_BINDINGS", "1"))
}
