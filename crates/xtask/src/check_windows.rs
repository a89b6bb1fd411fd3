//! `cargo xtask check-windows`: the compiler reads the whole workspace, tests included, as it would for Windows. Nothing is
//! linked and nothing runs; it finds what was written for Unix alone before the build server does.
//!
//! Debian's Rust is used for it, beside the person's own: its sources of the standard library are a package, and so
//! nothing has to come from anywhere else. It is a release of its own, so it builds into a folder of its own. C libraries
//! (SQLite, the cryptography) are compiled by their build scripts with the cross compiler.

use crate::process::{Failure, run as run_command};
use crate::set_up::{self, Need};
use crate::ui;
use crate::workspace::Workspace;

const TARGET: &str = "x86_64-pc-windows-gnu";

pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::advice("this is made from Debian's packages; on Windows itself: cargo check --workspace"));
    }
    set_up::run(workspace, &[Need::Node, Need::WindowsCheck])?;
    // The desktop program takes the pages in when it is compiled.
    ui::build_if_stale(workspace)?;
    // By their paths: `cargo` and `rustc` on PATH are the person's own.
    let mut check = workspace.command("/usr/bin/cargo");
    check.args(["check", "--workspace", "--all-targets", "--locked", "--target", TARGET]);
    // No standard library for Windows is packaged, so it is compiled too; that is reserved for nightly compilers unless
    // one says that one knows.
    check.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1").env("RUSTC", "/usr/bin/rustc");
    check.env("CARGO_TARGET_DIR", workspace.windows_check());
    // `cargo run`, by which we were started, put the libraries of another release there.
    check.env_remove("LD_LIBRARY_PATH");
    // What only Unix uses is dead code there, and has to say so: warnings count.
    check.env("CARGO_BUILD_WARNINGS", "deny").arg("-Zwarnings");
    run_command(&mut check)?;
    println!(
        "The whole workspace, tests included, compiles for Windows ({TARGET}) as far as can be told without linking."
    );
    Ok(())
}
