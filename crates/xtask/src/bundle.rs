//! `cargo xtask bundle`: the packages that are given out, each with `timbre` and `timbrectl`. What they are made of stands in
//! `src-tauri/tauri.conf.json`, as far as it is the same on every machine.
//!
//! The menu entry is a template of our own (`src-tauri/linux/timbre.desktop`) and names the link schemes itself, although
//! Tauri's deep-link plug-in would add them to a generated one: a generated entry has no Spanish and no Portuguese. The
//! plug-in's list is still what Windows and macOS read.

mod depends;
mod trial;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::process::{Failure, answer, run as run_command};
use crate::set_up::{self, Need};
use crate::tauri::tauri;
use crate::ui;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// Which kinds, of those that this system can make: deb, rpm, appimage; app, dmg; nsis, msi.
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    bundles: Vec<String>,
    /// For another processor of the same system, as rustc names it.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// More settings for Tauri, over those of tauri.conf.json: a file (may be given several times).
    #[arg(long, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Only compiles the programs; a second run then only bundles, and is all that needs to know a signing secret.
    #[arg(long)]
    build_only: bool,
    /// Also installs the .deb on this machine, looks at it, starts it on a virtual display and removes it again.
    #[arg(long = "try")]
    trial: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    let kinds = kinds(&options.bundles, std::env::consts::OS);
    let has_deb = kinds.iter().any(|kind| kind == "deb");
    if options.trial && !(has_deb && cfg!(target_os = "linux") && options.target.is_none()) {
        return Err(Failure::advice("--try is for a .deb of this machine's own kind"));
    }
    if options.trial {
        trial::refuse_to_replace(workspace)?;
    }
    let mut needs = vec![Need::Node, Need::Shell];
    if options.trial {
        needs.extend([Need::TestDesktop, Need::PackageTrial]);
    }
    set_up::run(workspace, &needs)?;

    let start = Instant::now();
    ui::build_if_stale(workspace)?;
    run_command(&mut build(workspace, options))?;
    println!("built in {:.0} s", start.elapsed().as_secs_f64());
    if options.build_only {
        return Ok(());
    }

    let start = Instant::now();
    let programs = workspace.release_programs_for(options.target.as_deref());
    let triple = options.target.clone().map_or_else(|| host(workspace), Ok)?;
    let config = config(workspace, &programs, &triple, has_deb)?;
    let folder = programs.join("bundle");
    // Packages of an earlier version would lie beside the new ones.
    let _ = fs::remove_dir_all(&folder);
    run_command(&mut bundle(workspace, options, &kinds, &config)?)?;
    let made = packages(&folder).map_err(|error| Failure::advice(error.to_string()))?;
    println!("\nbundled in {:.0} s:", start.elapsed().as_secs_f64());
    for (package, bytes) in &made {
        println!("{:6.1} MB  {}", *bytes as f64 / 1e6, package.display());
    }
    if options.trial {
        let deb = made.iter().find(|(package, _)| package.extension().is_some_and(|ending| ending == "deb"));
        let (deb, _) = deb.ok_or_else(|| Failure::advice("no .deb was made"))?;
        trial::run(workspace, deb)?;
    }
    Ok(())
}

/// Not AppImage unless it is asked for: its tool downloads parts of itself while it works.
fn kinds(asked_for: &[String], system: &str) -> Vec<String> {
    if !asked_for.is_empty() {
        return asked_for.to_vec();
    }
    let usual = match system {
        "macos" => ["app", "dmg"],
        "windows" => ["nsis", "msi"],
        _ => ["deb", "rpm"],
    };
    usual.map(str::to_owned).to_vec()
}

/// Both programs in one go, so that what they share is compiled once.
fn build(workspace: &Workspace, options: &Options) -> std::process::Command {
    let mut build = workspace.cargo(["build", "--release", "--locked", "-p", "timbre", "-p", "timbre-cli"]);
    // Tauri's word for "given out": the pages come from inside the program, whatever tauri.conf.json says of a server.
    build.args(["--bin", "timbre", "--bin", "timbrectl", "--features", "tauri/custom-protocol"]);
    if let Some(target) = &options.target {
        build.args(["--target", target]);
    }
    build
}

fn host(workspace: &Workspace) -> Result<String, Failure> {
    answer(workspace.command("rustc").args(["--print", "host-tuple"]))
        .map(|triple| triple.trim().to_owned())
        .ok_or_else(|| Failure::advice("rustc does not say for which system it compiles"))
}

/// What only this machine knows: where timbrectl lies, and which libraries both programs were linked with.
fn config(workspace: &Workspace, programs: &Path, triple: &str, has_deb: bool) -> Result<String, Failure> {
    // Tauri wants a further program under its name with the triple, and puts it beside the main one without. Named in
    // tauri.conf.json, it would have to be there whenever the main program is compiled.
    let suffix = std::env::consts::EXE_SUFFIX;
    let parts = programs.join("bundle-parts");
    let built = programs.join(format!("timbrectl{suffix}"));
    fs::create_dir_all(&parts)
        .and_then(|()| fs::copy(&built, parts.join(format!("timbrectl-{triple}{suffix}"))))
        .map_err(|error| Failure::advice(format!("{}: {error}", built.display())))?;
    let mut config = format!(r#"{{"bundle":{{"externalBin":[{}]"#, quoted(&parts.join("timbrectl").to_string_lossy()));
    if has_deb {
        let depends = depends::of(workspace, &parts, &["timbre", "timbrectl"].map(|name| programs.join(name)))?;
        let depends = depends.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",");
        config.push_str(&format!(r#","linux":{{"deb":{{"depends":[{depends}]}}}}"#));
    }
    config.push_str("}}");
    Ok(config)
}

/// As a JSON string. Of what must be escaped there, paths and names of packages can have these.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn bundle(
    workspace: &Workspace,
    options: &Options,
    kinds: &[String],
    config: &str,
) -> Result<std::process::Command, Failure> {
    let mut bundle = tauri(workspace)?;
    bundle.args(["bundle", "--ci", "--features", "tauri/custom-protocol", "--bundles", &kinds.join(",")]);
    bundle.args(["--config", config]);
    for file in &options.config {
        // Tauri is started in the project's folder, wherever the person stands.
        let file = std::path::absolute(file).map_err(|error| Failure::advice(error.to_string()))?;
        bundle.arg("--config").arg(file);
    }
    if let Some(target) = &options.target {
        bundle.args(["--target", target]);
    }
    Ok(bundle)
}

/// The packages, with their size in bytes. Beside them lies what they were made from.
fn packages(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for kind in fs::read_dir(folder)? {
        let kind = kind?.path();
        if !kind.is_dir() {
            continue;
        }
        for package in fs::read_dir(kind)? {
            let package = package?;
            let about = package.metadata()?;
            let endings = ["deb", "rpm", "AppImage", "dmg", "exe", "msi"];
            let is_one = package.path().extension().is_some_and(|found| endings.iter().any(|ending| found == *ending));
            if is_one && about.is_file() {
                found.push((package.path(), about.len()));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_makes_its_own_kinds_unless_others_are_asked_for() {
        assert_eq!(kinds(&[], "linux"), ["deb", "rpm"]);
        assert_eq!(kinds(&[], "macos"), ["app", "dmg"]);
        assert_eq!(kinds(&[], "windows"), ["nsis", "msi"]);
        assert_eq!(kinds(&["appimage".to_owned()], "linux"), ["appimage"]);
    }

    #[test]
    fn a_path_of_windows_can_stand_in_json() {
        assert_eq!(quoted(r#"C:\a "b"\c"#), r#""C:\\a \"b\"\\c""#);
    }

    #[test]
    fn every_size_of_the_icon_is_in_the_packages() {
        let config = include_str!("../../../src-tauri/tauri.conf.json");
        for size in crate::icons::APP_SIZES {
            assert!(
                config.contains(&format!("\"../icons/{size}x{size}.png\"")),
                "{size} is missing in tauri.conf.json"
            );
        }
    }
}
