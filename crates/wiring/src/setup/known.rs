//! The connectors that come with Timbre and what each asks for, so that a form can be made of it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use timbre_crm::{BUILT_IN, Connector};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::texts::{Catalogue, Language};

/// A connector that comes with Timbre.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct KnownConnector {
    /// What stands under `file` in the settings.
    pub file: String,
    /// What people call the CRM.
    pub title: String,
    /// What its file asks for.
    pub settings: Vec<KnownSetting>,
}

/// Something a connector's file asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct KnownSetting {
    /// Its name in the settings.
    pub name: String,
    /// What a form calls it.
    pub label: String,
    /// What it is for.
    pub about: String,
    /// What is assumed where it is not set.
    pub default: Option<String>,
    /// Whether it must be set.
    pub required: bool,
    /// What may be set.
    pub kind: SettingKind,
}

/// What a setting may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    Text,
    Number,
    Truth,
}

/// The connectors that come with Timbre.
#[must_use]
pub fn known_connectors(language: Language) -> Vec<KnownConnector> {
    let known = BUILT_IN.iter().filter_map(|(file, text)| {
        // They are read by tests; one that can't be read would not come with Timbre.
        let connector = Connector::load(text, file).ok()?;
        Some(known(connector, file.trim_end_matches(".toml").to_owned(), language))
    });
    known.collect()
}

/// A connector that somebody made, by the path of its file.
///
/// # Errors
/// When the file can't be read, or is wrong; the message names the line.
pub fn known_connector(path: &Path, language: Language) -> Result<KnownConnector, PortError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| PortError::new(ErrorCode::FileAccess, format!("the file can't be read: {error}")))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let connector =
        Connector::load(&text, &name).map_err(|error| PortError::new(ErrorCode::BadConnector, error.to_string()))?;
    Ok(known(connector, path.display().to_string(), language))
}

fn known(connector: Connector, file: String, language: Language) -> KnownConnector {
    let catalogue = Catalogue::of(language);
    let settings = connector.settings.into_iter().map(|(name, setting)| {
        // The files speak English to those who write them.
        let told = |part: &str, otherwise: &str| {
            let key = format!("connector.{file}.{name}.{part}");
            let text = catalogue.text(&key);
            if text == key { otherwise.to_owned() } else { text.to_owned() }
        };
        KnownSetting {
            label: told("label", &name),
            about: told("about", &setting.about),
            kind: match &setting.default {
                Some(Json::Bool(_)) => SettingKind::Truth,
                Some(Json::Number(_)) => SettingKind::Number,
                _ => SettingKind::Text,
            },
            default: setting.default.map(|default| match default {
                Json::String(text) => text,
                other => other.to_string(),
            }),
            required: setting.required,
            name,
        }
    });
    KnownConnector { settings: settings.collect(), title: connector.title, file }
}
