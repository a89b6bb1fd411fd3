//! Where things are, and commands that start there.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::Failure;

/// The project's folder and the folder that cargo builds into.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    search_path: OsString,
    /// Variables that `cargo run` set to describe *this* crate.
    ours: Vec<OsString>,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self, Failure> {
        let here = env::var_os("CARGO_MANIFEST_DIR").map_or(PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = here.ancestors().nth(2).map(Path::to_path_buf);
        // This program lies in <target>/debug, however the target folder was chosen: CARGO_TARGET_DIR, a setting in
        // somebody's ~/.cargo/config.toml, or neither.
        let target = env::current_exe().ok().and_then(|exe| exe.ancestors().nth(2).map(Path::to_path_buf));
        let (Some(root), Some(target)) = (root, target) else {
            return Err(Failure::advice("start it as `cargo xtask`, from the project's folder"));
        };
        let search_path = with_folder_first(target.join("tools/bin"), env::var_os("PATH").unwrap_or_default())?;
        let ours = env::vars_os().map(|(name, _)| name).filter(describes_a_crate).collect();
        Ok(Self { root, target, search_path, ours })
    }

    /// A path inside the project.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// Where `cargo build` puts programs.
    pub(crate) fn debug_programs(&self) -> PathBuf {
        self.target.join("debug")
    }

    /// Where `cargo build --release` puts programs.
    pub(crate) fn release_programs(&self) -> PathBuf {
        self.target.join("release")
    }

    /// The same, for a named target.
    pub(crate) fn release_programs_for(&self, target: Option<&str>) -> PathBuf {
        target.map_or_else(|| self.release_programs(), |target| self.target.join(target).join("release"))
    }

    /// Where tools are installed that the machine does not have: `target/tools`.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Where the workspace is compiled for Windows: `target/windows-check`.
    pub(crate) fn windows_check(&self) -> PathBuf {
        self.target.join("windows-check")
    }

    /// The Windows that Wine plays: `target/wine`.
    pub(crate) fn wine(&self) -> PathBuf {
        self.target.join("wine")
    }

    /// Where everything is built to be fuzzed, and what that finds: `target/fuzz`.
    pub(crate) fn fuzz(&self) -> PathBuf {
        self.target.join("fuzz")
    }

    /// The home folder in which an installed package is tried: `target/package-trial`.
    pub(crate) fn package_trial(&self) -> PathBuf {
        self.target.join("package-trial")
    }

    /// A program, to be started in the project's folder. It finds our tools before others of the same name.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", &self.search_path);
        // Some build scripts (ring's, for one) ask to be run again when such a variable changes: a build started from
        // here would then compile again what a plain `cargo build` had just compiled, and the other way about.
        for name in &self.ours {
            command.env_remove(name);
        }
        // A relative folder was meant from where the person stands; cargo is started from the project's folder.
        if let (Some(folder), Ok(standing)) = (env::var_os("CARGO_TARGET_DIR"), env::current_dir()) {
            command.env("CARGO_TARGET_DIR", standing.join(folder));
        }
        command
    }

    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = self.command("cargo");
        command.args(arguments);
        command
    }

    pub(crate) fn npm<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = self.command(if cfg!(windows) { "npm.cmd" } else { "npm" });
        command.current_dir(self.path("ui")).args(arguments);
        command
    }
}

fn with_folder_first(folder: PathBuf, path: OsString) -> Result<OsString, Failure> {
    env::join_paths(std::iter::once(folder).chain(env::split_paths(&path)))
        .map_err(|error| Failure::advice(format!("the target folder cannot be put on PATH: {error}")))
}

fn describes_a_crate(variable: &OsString) -> bool {
    let name = variable.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// Whether this is a build server: nobody is there to answer a question.
pub(crate) fn on_a_build_server() -> bool {
    env::var("CI").is_ok_and(|value| says_yes(&value))
}

fn says_yes(value: &str) -> bool {
    !matches!(value, "" | "0" | "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_counts_when_it_is_set_to_anything_but_no() {
        assert!(says_yes("true") && says_yes("1"));
        assert!(!says_yes("") && !says_yes("false") && !says_yes("0"));
    }

    #[test]
    fn variables_that_describe_xtask_itself_are_not_passed_on() {
        assert!(describes_a_crate(&"CARGO_PKG_VERSION".into()));
        assert!(describes_a_crate(&"CARGO_MANIFEST_DIR".into()));
        assert!(!describes_a_crate(&"CARGO_TARGET_DIR".into()));
        assert!(!describes_a_crate(&"CARGO_HOME".into()));
    }

    #[test]
    fn our_tools_are_found_before_others_of_the_same_name() {
        let path = with_folder_first("tools".into(), env::join_paths(["a", "b"]).unwrap()).unwrap();
        assert_eq!(env::split_paths(&path).collect::<Vec<_>>(), ["tools", "a", "b"].map(PathBuf::from));
    }
}
