//! The agent's preferences: a small file in the data folder, beside the database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use timbre_domain::popup::PopupPolicy;
use timbre_domain::preferences::Preferences;
use timbre_domain::texts::Language;

use timbre_domain::error::ErrorCode;

use crate::Context;
use crate::error::CommandError;
use timbre_settings::Settings;

/// The file with the preferences of whoever uses a data folder.
#[must_use]
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("preferences.json")
}

/// What the agent chose. Where the file is not there yet, or can't be read, everything is as Timbre comes: preferences
/// must never keep calls from being shown. A file that can't be read is kept beside the new one.
#[must_use]
pub fn load(data_dir: &Path) -> Preferences {
    let file = file(data_dir);
    let read = match fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Preferences::default(),
        Err(error) => Err(error),
    };
    read.unwrap_or_else(|error| {
        tracing::error!(%error, "the preferences can't be read; they are kept as preferences.unreadable.json");
        if let Err(error) = fs::rename(&file, file.with_extension("unreadable.json")) {
            tracing::error!(%error, "the unreadable preferences could not be set aside");
        }
        Preferences::default()
    })
}

/// Keeps them, whole or not at all.
///
/// # Errors
/// When the file can't be written; then the old one is still there.
pub fn save(data_dir: &Path, preferences: &Preferences) -> io::Result<()> {
    timbre_files::replace(&file(data_dir), &serde_json::to_vec_pretty(preferences)?)
}

/// The language to speak: the agent's, else the settings file's.
#[must_use]
pub fn language(preferences: &Preferences, settings: &Settings) -> Language {
    preferences.language.unwrap_or(settings.language)
}

impl Context {
    /// What the agent chose.
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        self.preferences.borrow().clone()
    }

    /// Which calls pop up: as the agent chose, else as the settings file says.
    #[must_use]
    pub fn popup_policy(&self) -> PopupPolicy {
        self.preferences.borrow().popup.unwrap_or(self.core.settings.popup)
    }

    /// The language to speak.
    #[must_use]
    pub fn language(&self) -> Language {
        language(&self.preferences.borrow(), &self.core.settings)
    }

    /// Whether the agent wants to be left alone now.
    pub(crate) fn silent(&self) -> bool {
        self.preferences.borrow().silent(self.core.clock.now())
    }

    /// Takes over what the agent chose, once it is kept.
    pub(crate) async fn choose_preferences(&self, preferences: Preferences) -> io::Result<()> {
        if let Some(folder) = self.core.store.path().parent().map(Path::to_owned) {
            let kept = preferences.clone();
            tokio::task::spawn_blocking(move || save(&folder, &kept)).await.map_err(io::Error::other)??;
        }
        self.preferences.send_replace(preferences);
        Ok(())
    }

    pub(crate) async fn take_preferences(&self, preferences: Preferences) -> Result<Preferences, CommandError> {
        let mut preferences = preferences;
        let known = |label: &String| self.core.settings.identities.iter().any(|identity| identity.label == *label);
        if preferences.identity.as_ref().is_some_and(|label| !known(label)) {
            // One that was chosen before and is gone from the settings must not keep anything else from being chosen.
            if preferences.identity != self.preferences().identity {
                return Err(CommandError::new(ErrorCode::NotFound, "there is no such identity").at("identity"));
            }
            preferences.identity = None;
        }
        self.choose_preferences(preferences)
            .await
            .map_err(|error| CommandError::new(ErrorCode::StoreFailed, error.to_string()).at("preferences"))?;
        Ok(self.preferences())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_kept_and_a_file_that_can_t_be_read_is_set_aside_and_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(load(dir.path()), Preferences::default());
        let chosen = Preferences { language: Some(Language::Pt), autostart: true, ..Preferences::default() };
        save(dir.path(), &chosen).unwrap();
        assert_eq!(load(dir.path()), chosen);

        fs::write(file(dir.path()), "{ \"language\": 7").unwrap();
        assert_eq!(load(dir.path()), Preferences::default());
        assert!(dir.path().join("preferences.unreadable.json").is_file());
        save(dir.path(), &chosen).unwrap();
        assert_eq!(load(dir.path()), chosen);
    }
}
