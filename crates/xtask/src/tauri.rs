//! Tauri's command-line program: it makes packages and the pictures of icons.
//!
//! npm has it compiled, so nobody waits for it to be built. It is installed into `target/tools` by those who need it and
//! is none of the pages' own dependencies: a lock file made on one system lacks what it brings for the others, and
//! `npm ci` then refuses to install anything.

use std::process::Command;

use crate::process::{Failure, answer, run as run_command};
use crate::workspace::Workspace;

/// Known to work with the `tauri` that Cargo.lock names.
const VERSION: &str = "2.12.5";

/// The program, to be started in the project's folder, where it looks for `src-tauri`.
pub(crate) fn tauri(workspace: &Workspace) -> Result<Command, Failure> {
    let folder = workspace.tools().join("tauri");
    let program = || {
        let mut command = workspace.command("node");
        command.arg(folder.join("node_modules/@tauri-apps/cli/tauri.js"));
        command
    };
    let is_ours = |says: &str| says.trim().ends_with(&format!(" {VERSION}"));
    if !answer(program().arg("--version")).is_some_and(|says| is_ours(&says)) {
        println!("Tauri's program {VERSION} is installed into target/tools, once");
        let mut install = workspace.npm(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"]);
        run_command(install.arg(&folder).arg(format!("@tauri-apps/cli@{VERSION}")))?;
    }
    Ok(program())
}
