//! Where the system keeps settings and data.

use std::path::PathBuf;

/// `~/.config/timbre/timbre.toml` and its like on other systems.
#[must_use]
pub fn config_file() -> Option<PathBuf> {
    dirs::config_dir().map(|folder| folder.join("timbre").join("timbre.toml"))
}

/// `~/.local/share/timbre` and its like on other systems.
#[must_use]
pub fn data_dir() -> Option<PathBuf> {
    dirs::data_local_dir().map(|folder| folder.join("timbre"))
}
