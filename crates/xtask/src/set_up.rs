//! `cargo xtask set-up`: what a command needs is looked for, and installed where that can be done properly.
//!
//! Debian's packages come from apt, rustup's components from rustup, cargo's tools from crates.io into `target/tools`.
//! Node and Rust themselves are only checked: how they come onto a machine is its owner's choice.

mod packages;
mod tools;
mod versions;

use crate::process::{Failure, answer, run as run_command};
use crate::workspace::Workspace;
use versions::Version;

/// Something a command may need beyond Rust and a C compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Node and npm, for the windows' pages.
    Node,
    /// The libraries that the desktop program is compiled against.
    Shell,
    /// Chromium, which the windows' pages are tested in.
    Browser,
    /// A virtual display and what drives windows on it.
    TestDesktop,
    /// What Timbre is measured beside.
    Yardsticks,
    /// What looks at an installed package as a desktop does.
    PackageTrial,
    /// A compiler that can be given Windows as its target.
    WindowsCheck,
    /// What runs programs for Windows.
    Wine,
    Components,
    Nextest,
    Deny,
}

/// In the order in which it is looked for: what we cannot install comes first, before anything is downloaded. Not
/// [`Need::WindowsCheck`] and [`Need::Wine`]: they are large, Debian alone has the first, and one command wants them.
pub(crate) const EVERYTHING: &[Need] = &[
    Need::Node,
    Need::Shell,
    Need::Browser,
    Need::TestDesktop,
    Need::Yardsticks,
    Need::PackageTrial,
    Need::Components,
    Need::Nextest,
    Need::Deny,
];

const RUSTC: Version = Version(1, 95, 0);
const NODE: Version = Version(20, 19, 0);

pub(crate) fn run(workspace: &Workspace, needs: &[Need]) -> Result<(), Failure> {
    rustc(workspace)?;
    if needs.contains(&Need::Node) {
        node(workspace)?;
    }
    if cfg!(target_os = "linux") {
        let wanted = |need| needs.contains(&need) && !(need == Need::Browser && has_a_browser());
        let groups = packages::GROUPS.iter().filter(|group| wanted(group.need)).collect::<Vec<_>>();
        packages::install(workspace, &groups)?;
    } else if needs.contains(&Need::Shell) {
        println!("{}", advice_for(std::env::consts::OS));
    }
    if needs.contains(&Need::Components) {
        components(workspace)?;
    }
    for (need, tool) in [(Need::Nextest, &tools::NEXTEST), (Need::Deny, &tools::DENY)] {
        if needs.contains(&need) {
            tools::install(workspace, tool)?;
        }
    }
    Ok(())
}

/// Whether a Chromium is here that did not come from Debian's package: Ubuntu has none, and Chrome does as well.
fn has_a_browser() -> bool {
    let usual = ["/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];
    std::env::var_os("TIMBRE_CHROMIUM").is_some() || usual.iter().any(|place| std::path::Path::new(place).exists())
}

fn rustc(workspace: &Workspace) -> Result<(), Failure> {
    let found = answer(workspace.command("rustc").arg("--version")).and_then(|text| Version::within(&text));
    match found {
        Some(version) if version >= RUSTC => {
            println!("rustc {version}");
            Ok(())
        }
        Some(version) => {
            Err(Failure::advice(format!("rustc {version} is too old, Timbre needs {RUSTC}: rustup update")))
        }
        None => Err(Failure::advice("rustc was not found on PATH; install Rust with https://rustup.rs")),
    }
}

fn node(workspace: &Workspace) -> Result<(), Failure> {
    let found = answer(workspace.command("node").arg("--version")).and_then(|text| Version::within(&text));
    let what_to_do = "install Node 22 from https://nodejs.org/en/download (Debian 12's own package is too old), \
                      and see that `node` and `npm` are on PATH";
    match found {
        Some(version) if version >= NODE => {
            if answer(workspace.npm(["--version"]).current_dir(workspace.path("."))).is_none() {
                return Err(Failure::advice(format!("Node is here but npm is not: {what_to_do}")));
            }
            println!("node {version}");
            Ok(())
        }
        Some(version) => Err(Failure::advice(format!("Node {version} is too old, {NODE} is the least: {what_to_do}"))),
        None => Err(Failure::advice(format!("Node was not found: {what_to_do}"))),
    }
}

fn components(workspace: &Workspace) -> Result<(), Failure> {
    let has = |program: &str| answer(&mut workspace.cargo([program, "--version"])).is_some();
    if has("fmt") && has("clippy") {
        println!("rustfmt, clippy");
        return Ok(());
    }
    if answer(workspace.command("rustup").arg("--version")).is_none() {
        return Err(Failure::advice(
            "rustfmt and clippy are needed: install them beside rustc, or use https://rustup.rs",
        ));
    }
    run_command(workspace.command("rustup").args(["component", "add", "rustfmt", "clippy"]))
}

fn advice_for(system: &str) -> String {
    match system {
        "windows" => "Windows: the windows need the WebView2 runtime (part of Windows 11; for Windows 10: \
                      https://developer.microsoft.com/microsoft-edge/webview2), and compiling needs the workload \
                      \"Desktop development with C++\" of the Visual Studio Build Tools \
                      (https://visualstudio.microsoft.com/visual-cpp-build-tools). Nothing was installed; going on."
            .to_owned(),
        "macos" => {
            "macOS: compiling needs Xcode's command line tools (xcode-select --install). Nothing was installed; \
                    going on."
                .to_owned()
        }
        other => format!("{other}: Timbre is made for Windows, macOS and Linux, and was not tried here. Going on."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_we_do_not_install_for_is_told_what_to_install() {
        assert!(advice_for("windows").contains("WebView2"));
        assert!(advice_for("macos").contains("xcode-select --install"));
        assert!(advice_for("freebsd").contains("freebsd"));
    }
}
