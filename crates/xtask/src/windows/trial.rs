//! `cargo xtask windows --try`: the programs and the tests without windows are linked for Windows and run under Wine, stories,
//! named pipe, Credential Manager and all; the desktop program is linked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::{STANDARD_LIBRARY, TARGET, cargo, set_up};
use crate::process::{Failure, run as run_command};
use crate::set_up::Need;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// Links everything for Windows and runs the tests under Wine.
    #[arg(long = "try", required = true)]
    try_out: bool,
    /// Only tests that this filterset of nextest chooses.
    #[arg(long, value_name = "FILTERSET", default_value = "all()")]
    only: String,
}

/// What Wine 8 lacks and Rust's standard library wants: random bytes, from where Wine has them. For trials alone.
const RANDOM: &str = "#include <windows.h>\n\
     BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);\n\
     __declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) {\n\
     \x20   return SystemFunction036(bytes, (ULONG)count);\n\
     }\n";
const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// The packages whose tests run; the desktop program's and this one's want a desktop, or Linux.
const NOT_TRIED: [&str; 2] = ["timbre", "xtask"];

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    set_up(workspace, &[Need::Node, Need::WindowsCheck, Need::Wine, Need::Nextest])?;
    let wine = Wine::prepared(workspace)?;
    let mut programs = cargo(workspace);
    programs.args(["build", "--locked", "--target", TARGET, STANDARD_LIBRARY]);
    run_command(programs.args(["-p", "timbre-cli", "-p", "timbre-simulator", "-p", "timbre", "--bins"]))?;
    println!("The desktop program is linked; there is no web view here to show it in.");

    let mut tests = wine.command(workspace.command("cargo-nextest"));
    tests.args(["nextest", "run", "--locked", "--workspace", "--target", TARGET, STANDARD_LIBRARY]);
    for package in NOT_TRIED {
        tests.args(["--exclude", package]);
    }
    tests.args(["--profile", "wine", "--filterset", &options.only]);
    let from = cargo(workspace);
    tests.env("CARGO", from.get_program());
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => tests.env(name, value),
            None => tests.env_remove(name),
        };
    }
    run_command(tests.env("TIMBRE_BIN_DIR", workspace.windows_check().join(TARGET).join("debug")))
}

/// A Windows of our own, in `target/wine`.
struct Wine {
    prefix: PathBuf,
}

impl Wine {
    fn prepared(workspace: &Workspace) -> Result<Self, Failure> {
        let wine = Self { prefix: workspace.wine() };
        let system = wine.prefix.join("drive_c/windows/system32");
        if !system.exists() {
            run_command(wine.command(Command::new("wineboot")).arg("--init"))?;
        }
        give_random_bytes(&system)?;
        Ok(wine)
    }

    /// The same command in this Windows.
    fn command(&self, mut command: Command) -> Command {
        command.env("WINEPREFIX", &self.prefix).env("WINEARCH", "win64").env("WINEDEBUG", "-all");
        // Neither a browser nor .NET is needed, and nobody is there to be asked whether they are to be installed.
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=").env_remove("DISPLAY");
        command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine");
        command
    }
}

fn give_random_bytes(system: &Path) -> Result<(), Failure> {
    let (library, source) = (system.join("bcryptprimitives.dll"), system.join("bcryptprimitives.c"));
    if library.exists() {
        return Ok(());
    }
    fs::write(&source, RANDOM).map_err(|error| Failure::advice(format!("{}: {error}", source.display())))?;
    run_command(Command::new(COMPILER).args(["-shared", "-o"]).args([&library, &source]).arg("-ladvapi32"))
}
