//! `cargo xtask <command>`: everything a person, or the build server, runs from the project's folder.
//!
//! One file a command: [`demo`], [`mod@test`], [`set_up`], [`mod@bench`], [`torture`], [`soak`], [`fuzz`], [`bindings`], [`icons`], [`bundle`],
//! [`windows`]. Each first brings the machine to where the command needs it, and no further: a headless demo asks for
//! no desktop packages. Nothing here knows Timbre; this crate stays small, so that the first `cargo xtask` on a fresh
//! machine compiles in seconds.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what these commands have to say is read by a person")]

mod bench;
mod bindings;
mod bundle;
mod demo;
mod fuzz;
mod icons;
mod process;
mod set_up;
mod soak;
mod tauri;
mod test;
mod torture;
mod ui;
mod windows;
mod workspace;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "What is run from Timbre's folder.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sets up, builds, and plays a story of calls against the simulated vendors.
    Demo(demo::Options),
    /// Everything that is tested at each change, in order; stops at the first step that fails.
    Test(test::Options),
    /// Brings this machine to where every other command works, and does nothing else.
    SetUp,
    /// Kills the engine again and again while results are saved and sent; nothing may be lost or be there twice.
    Torture(torture::Options),
    /// Runs tests that could fail by chance again and again, without a retry.
    Soak(soak::Options),
    /// Looks for input that makes Timbre panic, hang or eat the memory.
    Fuzz(fuzz::Options),
    /// Builds for release and measures.
    Bench(bench::Options),
    /// Writes the TypeScript declarations in ui/src/bindings from the Rust types.
    Bindings,
    /// Makes the packages that are given out: .deb and .rpm here, .dmg on macOS, installers on Windows.
    Bundle(bundle::Options),
    /// Compiles everything for Windows as far as that goes on Linux: types, not linking.
    CheckWindows,
    /// Links everything for Windows and runs the tests without windows under Wine.
    Windows(windows::trial::Options),
    /// Makes every icon's pictures from the drawings in icons/.
    Icons,
}

fn main() {
    let done = Workspace::find().and_then(|workspace| match Arguments::parse().command {
        Command::Demo(options) => demo::run(&workspace, &options),
        Command::Test(options) => test::run(&workspace, &options),
        Command::SetUp => set_up::run(&workspace, set_up::EVERYTHING),
        Command::Torture(options) => torture::run(&workspace, &options),
        Command::Soak(options) => soak::run(&workspace, &options),
        Command::Fuzz(options) => fuzz::run(&workspace, &options),
        Command::Bench(options) => bench::run(&workspace, &options),
        Command::Bindings => bindings::run(&workspace),
        Command::Bundle(options) => bundle::run(&workspace, &options),
        Command::CheckWindows => windows::check(&workspace),
        Command::Windows(options) => windows::trial::run(&workspace, &options),
        Command::Icons => icons::run(&workspace),
    });
    if let Err(failure) = done {
        eprintln!("\ncargo xtask: {failure}");
        std::process::exit(failure.code());
    }
}
