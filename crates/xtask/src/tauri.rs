//! Tauri's command-line program: it makes packages and the pictures of icons. npm has it compiled, at the version that
//! ui/package-lock.json names, so nobody waits for it to be built.

use std::process::Command;

use crate::process::Failure;
use crate::ui;
use crate::workspace::Workspace;

/// The program, to be started in the project's folder, where it looks for `src-tauri`.
pub(crate) fn tauri(workspace: &Workspace) -> Result<Command, Failure> {
    let script = workspace.path("ui/node_modules/@tauri-apps/cli/tauri.js");
    if !script.exists() {
        ui::install(workspace)?;
    }
    let mut command = workspace.command("node");
    command.arg(script);
    Ok(command)
}
