//! What a start of Timbre is to open: the first one does it itself, a later one has the first do it.

use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// The desktop companion of an agent's telephone.
#[derive(Debug, Default, Parser)]
#[command(name = "timbre", version)]
pub struct Args {
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Open no window: be ready in the tray.
    #[arg(long)]
    pub background: bool,
    /// What to do in the Timbre that runs, or in this one.
    #[command(subcommand)]
    pub what: Option<What>,
    /// A tel:, callto: or sip: link to ask about.
    #[arg(value_name = "LINK")]
    pub link: Option<String>,
}

/// What can be done from a command line.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Place a call; its progress is shown.
    Dial {
        /// The number, as people write it.
        #[arg(allow_hyphen_values = true)]
        number: String,
    },
}

/// What is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    Nothing,
    Main,
    /// The main window after the first run, which says where Timbre is to be found.
    Welcome,
    /// A link, which asks.
    Link(String),
    /// A number that a person asked to be dialled.
    Dial(String),
}

impl Args {
    /// What they ask to be opened.
    #[must_use]
    pub fn opening(&self) -> Opening {
        match (&self.what, &self.link) {
            (Some(What::Dial { number }), _) => Opening::Dial(number.clone()),
            (None, Some(link)) => Opening::Link(link.clone()),
            (None, None) if self.background => Opening::Nothing,
            (None, None) => Opening::Main,
        }
    }
}

/// The link among a start's arguments. Whoever opens a link may hand on more than the link, such as what a quotation mark
/// in it split off: then nothing else of it counts, no command and no other settings.
#[must_use]
pub fn link_in(args: &[String]) -> Option<String> {
    let is_link = |arg: &&String| {
        let scheme = arg.split(':').next().unwrap_or_default().to_ascii_lowercase();
        arg.contains(':') && ["tel", "callto", "sip", "sips"].contains(&scheme.as_str())
    };
    args.iter().skip(1).find(is_link).cloned()
}

/// What a start with these arguments, the program's name first, asks to be opened.
///
/// # Errors
/// When they are not understood; the message names no argument's value, which may be somebody's number.
pub fn opening_of(args: &[String]) -> Result<Opening, String> {
    if let Some(link) = link_in(args) {
        return Ok(Opening::Link(link));
    }
    let command = Args::command().try_get_matches_from(args);
    let args =
        command.and_then(|matches| Args::from_arg_matches(&matches)).map_err(|error| error.kind().to_string())?;
    Ok(args.opening())
}

/// Whether a second start names settings or a data folder that are not those of the Timbre that runs: it can't be meant for
/// that one. `cwd` is where it was started.
#[must_use]
pub fn names_others(args: &[String], cwd: &Path, config: Option<&Path>, data_dir: Option<&Path>) -> bool {
    if link_in(args).is_some() {
        return false;
    }
    let command = Args::command().try_get_matches_from(args);
    let Ok(args) = command.and_then(|matches| Args::from_arg_matches(&matches)) else { return false };
    let resolved = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let differs = |named: Option<PathBuf>, used: Option<&Path>| {
        named.is_some_and(|named| used.map(resolved) != Some(resolved(&cwd.join(named))))
    };
    differs(args.config, config) || differs(args.data_dir, data_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(args: &[&str]) -> Result<Opening, String> {
        let args: Vec<_> = ["timbre"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
        opening_of(&args)
    }

    #[test]
    fn a_start_says_what_is_to_be_opened() {
        assert_eq!(opening(&[]), Ok(Opening::Main));
        assert_eq!(opening(&["--background"]), Ok(Opening::Nothing));
        assert_eq!(opening(&["tel:+50688884787"]), Ok(Opening::Link("tel:+50688884787".into())));
        assert_eq!(opening(&["dial", "8888-4787"]), Ok(Opening::Dial("8888-4787".into())));
        assert_eq!(opening(&["--data-dir", "/x", "dial", "+506 8888"]), Ok(Opening::Dial("+506 8888".into())));
    }

    #[test]
    fn nothing_beside_a_link_counts() {
        for args in
            [&["tel:1", "dial", "8"][..], &["tel:1", "--config", "x"], &["--config", "x", "TEL:1"], &["tel:1\" dial 8"]]
        {
            let found = opening(args).unwrap();
            assert!(
                matches!(&found, Opening::Link(link) if link.to_ascii_lowercase().starts_with("tel:1")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_told_without_what_was_said() {
        let error = opening(&["dial", "8888-4787", "9"]).unwrap_err();
        assert!(!error.contains("8888"), "{error}");
    }

    #[test]
    fn a_second_start_with_other_settings_or_another_data_folder_is_not_meant_for_the_one_that_runs() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("timbre.toml");
        std::fs::write(&file, "").unwrap();
        let (used, data) = (Some(file.as_path()), Some(dir.path()));
        let others = |args: &[&str]| {
            let args: Vec<_> = ["timbre"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
            names_others(&args, dir.path(), used, data)
        };
        let (file, folder) = (file.to_str().unwrap(), dir.path().to_str().unwrap());
        for same in
            [&[][..], &["--background"], &["--config", file], &["--config", "timbre.toml"], &["--data-dir", folder]]
        {
            assert!(!others(same), "{same:?}");
        }
        for other in
            [&["--config", "other.toml"][..], &["--data-dir", "/elsewhere"], &["--config", "other.toml", "dial", "1"]]
        {
            assert!(others(other), "{other:?}");
        }
        assert!(!others(&["tel:88884787", "--config", "other.toml"]), "a link brings no settings along");
    }
}
