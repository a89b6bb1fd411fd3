//! Timbre for Windows, made on Linux: `cargo xtask check-windows` has the compiler read the whole workspace, tests included, and
//! finds what was written for Unix alone before the build server does; `cargo xtask windows --try` ([`trial`]) links it and runs
//! the tests under Wine.
//!
//! Debian's Rust is used for it, beside the person's own: its sources of the standard library are a package, and so
//! nothing has to come from anywhere else. It is a release of its own, so it builds into a folder of its own. C libraries
//! (SQLite, the cryptography) are compiled by their build scripts with the cross compiler.

pub(crate) mod trial;

use std::process::Command;

use crate::process::{Failure, run as run_command};
use crate::set_up::{self, Need};
use crate::ui;
use crate::workspace::Workspace;

const TARGET: &str = "x86_64-pc-windows-gnu";

pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    set_up(workspace, &[Need::Node, Need::WindowsCheck])?;
    let mut check = cargo(workspace);
    check.args(["check", "--workspace", "--all-targets", "--locked", "--target", TARGET, STANDARD_LIBRARY]);
    // What only Unix uses is dead code there, and has to say so: warnings count.
    check.env("CARGO_BUILD_WARNINGS", "deny").arg("-Zwarnings");
    run_command(&mut check)?;
    println!(
        "The whole workspace, tests included, compiles for Windows ({TARGET}) as far as can be told without linking."
    );
    Ok(())
}

fn set_up(workspace: &Workspace, needs: &[Need]) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::advice("this is made from Debian's packages; on Windows itself: cargo test --workspace"));
    }
    set_up::run(workspace, needs)?;
    // The desktop program takes the pages in when it is compiled.
    ui::build_if_stale(workspace)
}

/// No standard library for Windows is packaged, so it is compiled too.
const STANDARD_LIBRARY: &str = "-Zbuild-std=std,panic_abort";

/// By their paths: `cargo` and `rustc` on PATH are the person's own.
fn cargo(workspace: &Workspace) -> Command {
    let mut cargo = workspace.command("/usr/bin/cargo");
    // Compiling the standard library is reserved for nightly compilers unless one says that one knows.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", "/usr/bin/rustc").env("CARGO_TARGET_DIR", workspace.windows_check());
    // `cargo run`, by which we were started, put the libraries of another release there.
    cargo.env_remove("LD_LIBRARY_PATH");
    cargo
}
