//! Cargo's tools, at versions that are known to work together.

use std::fs;

use super::versions::Version;
use crate::process::{Failure, answer, run};
use crate::workspace::Workspace;

pub(super) struct Tool {
    /// As cargo calls it: `cargo <subcommand>`.
    subcommand: &'static str,
    package: &'static str,
    version: Version,
    /// What leaves out of its build what we do not use.
    flags: &'static [&'static str],
}

pub(super) const NEXTEST: Tool = Tool {
    subcommand: "nextest",
    package: "cargo-nextest",
    version: Version(0, 9, 143),
    // Without the part that updates itself over the network.
    flags: &["--no-default-features", "--features", "default-no-update"],
};

pub(super) const DENY: Tool =
    Tool { subcommand: "deny", package: "cargo-deny", version: Version(0, 20, 2), flags: &[] };

/// Uses the tool that is there, unless it is older than ours; else compiles ours into `target/tools`.
pub(super) fn install(workspace: &Workspace, tool: &Tool) -> Result<(), Failure> {
    let package = tool.package;
    let found = answer(&mut workspace.cargo([tool.subcommand, "--version"])).and_then(|text| Version::within(&text));
    match found {
        Some(version) if version >= tool.version => {
            println!("{package} {version}");
            return Ok(());
        }
        Some(version) => println!("{package} {version} is here, but {} is needed", tool.version),
        None => {}
    }
    println!("{package} {} is compiled into target/tools; this takes a minute or two, once", tool.version);
    let tools = workspace.tools();
    // Of its own, so that an interrupted build goes on where it was, and ours is not mixed with it.
    let build = tools.join("build");
    let exactly = format!("{package}@{}", tool.version);
    let mut install = workspace.cargo(["install", "--locked", "--debug"]);
    install.arg(exactly).args(tool.flags);
    run(install.arg("--root").arg(&tools).arg("--target-dir").arg(&build))?;
    // A gigabyte that nobody needs again. If it cannot be removed, it is only in the way.
    let _ = fs::remove_dir_all(&build);
    Ok(())
}
