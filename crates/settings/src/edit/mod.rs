//! Changes of the settings file by windows.
//!
//! The file is the administrator's: comments, order, spelling and whatever a form does not know stay as they are, to the
//! byte. A change is checked by [`Settings::parse`] before anything is written, and refused when the file is not any more
//! what the form showed.

mod draft;
mod file;
mod form;
mod place;
mod toml_places;
mod toml_text;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use timbre_domain::error::ErrorCode;
use timbre_domain::texts::Language;
use timbre_domain::vendor::{VendorDescription, Vendors};
use toml_edit::Value;

pub use draft::{AccountDraft, ConnectorDraft, FieldDraft, IdentityDraft};
use draft::{Draft, Field};
pub use place::Place;
use toml_places::Section;
use toml_text::TomlText;

use crate::fault::ConfigError;
use crate::layer::{Layer, LayerText};
use crate::{Settings, example};

/// A settings file as it was read, to be shown in forms and changed.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    path: PathBuf,
    vendors: Vendors,
    /// Nothing where there is no file.
    read: Option<String>,
}

/// What the forms show. What a form leaves out (an empty text) is what Timbre assumes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SettingsForm {
    /// Which state of the file this is; an edit gives it back.
    pub revision: String,
    /// Whether there is a file.
    pub exists: bool,
    /// The language of texts.
    pub language: Language,
    /// The country of numbers without a country code.
    pub country: String,
    pub agent: String,
    /// What is set of the pop-ups' policy.
    #[cfg_attr(feature = "ts", ts(type = "Record<string, unknown>"))]
    pub popup: BTreeMap<String, serde_json::Value>,
    pub accounts: Vec<AccountDraft>,
    pub identities: Vec<IdentityDraft>,
    pub connectors: Vec<ConnectorDraft>,
}

/// One change. `was` is the name of what is replaced; without it, something is added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Edit {
    /// The language of texts.
    Language {
        language: Language,
    },
    /// The country of numbers without a country code.
    Country {
        /// Two capital letters; empty for what is assumed.
        country: String,
    },
    Agent {
        /// As results carry it; empty for none.
        agent: String,
    },
    /// Keys of the pop-ups' policy; those left out stay as they are.
    Popup {
        /// The keys; `null` for what is assumed.
        #[cfg_attr(feature = "ts", ts(type = "Record<string, unknown>"))]
        values: BTreeMap<String, serde_json::Value>,
    },
    /// Adds or replaces an account. Identities follow a new name.
    PutAccount {
        /// Its name until now.
        was: Option<String>,
        /// What it is to be.
        account: AccountDraft,
    },
    /// Removes an account and its identities.
    RemoveAccount {
        name: String,
    },
    /// Adds or replaces an identity.
    PutIdentity {
        /// Its label until now.
        was: Option<String>,
        /// What it is to be.
        identity: IdentityDraft,
    },
    RemoveIdentity {
        label: String,
    },
    /// Adds or replaces a CRM.
    PutConnector {
        /// Its name until now.
        was: Option<String>,
        /// What it is to be.
        connector: ConnectorDraft,
    },
    RemoveConnector {
        name: String,
    },
}

impl Edit {
    /// Whether a place is one that this change is about: what was typed, and not what stood in the file before.
    #[must_use]
    pub fn is_about(&self, place: &Place) -> bool {
        let entry = |section: &str, name: &str| {
            place.section == section && place.name.as_deref().map(str::trim) == Some(name.trim())
        };
        let top = |field: &str| place.section.is_empty() && place.field.as_deref() == Some(field);
        match self {
            Self::Language { .. } => top("language"),
            Self::Country { .. } => top("country"),
            Self::Agent { .. } => top("agent"),
            Self::Popup { .. } => place.section == "popup",
            Self::PutAccount { account, .. } => entry("accounts", &account.name),
            Self::PutIdentity { identity, .. } => entry("identities", &identity.label),
            Self::PutConnector { connector, .. } => entry("connectors", &connector.name),
            Self::RemoveAccount { .. } | Self::RemoveIdentity { .. } | Self::RemoveConnector { .. } => false,
        }
    }
}

/// A changed file that was found right and is not written yet.
#[derive(Debug, Clone)]
pub struct Edited {
    pub text: String,
    pub settings: Settings,
}

/// Why the settings were not changed. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file as it is, or as it would become, is wrong.
    #[error("{}", .0.error)]
    Invalid(Box<Wrong>),
    /// The file is not any more what was read: somebody else changed it.
    #[error("the settings file was changed by somebody else meanwhile")]
    Changed,
    /// What was to be replaced or removed is not there.
    #[error("there is no {0} of this name in the settings file")]
    NotThere(&'static str),
    /// The file may be read and not written.
    #[error("{}: the settings file can't be written: it is read-only", .0.display())]
    ReadOnly(PathBuf),
    /// The file can't be read or written.
    #[error("{}: {what}", path.display())]
    File { path: PathBuf, what: &'static str, source: io::Error },
}

/// What is wrong with the text of a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field, where it can be told.
    pub place: Option<Place>,
    /// What is wrong, in English, with its line.
    pub error: ConfigError,
}

impl EditError {
    /// The code for windows and scripts.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::BadConfig,
            Self::Changed => ErrorCode::SettingsChanged,
            Self::NotThere(_) => ErrorCode::NotFound,
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => ErrorCode::DiskFull,
            Self::ReadOnly(_) | Self::File { .. } => ErrorCode::FileAccess,
        }
    }

    /// The field that is wrong, where it can be told.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Invalid(wrong) => wrong.place.as_ref(),
            _ => None,
        }
    }

    fn invalid(text: &str, error: ConfigError) -> Self {
        Self::Invalid(Box::new(Wrong { place: Place::of(text, &error), error }))
    }
}

impl SettingsFile {
    /// Reads the file; none is read as one that is still to be made.
    ///
    /// # Errors
    /// When it can't be read, or is no UTF-8 text.
    pub fn read(path: &Path, vendors: Vendors) -> Result<Self, EditError> {
        Ok(Self { path: path.to_owned(), vendors, read: file::read(path)? })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which state of the file this is; only good for comparing within one run of the program.
    #[must_use]
    pub fn revision(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.read.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// What it says, checked.
    ///
    /// # Errors
    /// [`EditError::Invalid`] with the place, also where there is no file.
    pub fn settings(&self) -> Result<Settings, EditError> {
        let text = self.read.as_deref().unwrap_or_default();
        self.checked(text)
    }

    fn checked(&self, text: &str) -> Result<Settings, EditError> {
        let layer = LayerText { layer: Layer::User, file: Some(self.path.clone()), text: text.to_owned() };
        Settings::of_layers(&[layer], self.vendors)
            .map_err(|error| EditError::invalid(text, ConfigError { file: None, ..error }))
    }

    /// What the forms show.
    ///
    /// # Errors
    /// [`EditError::Invalid`] for a file that is no TOML, or holds something else where a form expects a text.
    pub fn form(&self) -> Result<SettingsForm, EditError> {
        let text = self.read.as_deref().unwrap_or_default();
        let form = form::read(text, self.vendors).map_err(|error| EditError::invalid(text, error))?;
        Ok(SettingsForm { revision: self.revision(), exists: self.read.is_some(), ..form })
    }

    /// Makes changes and checks the outcome; nothing is written.
    ///
    /// # Errors
    /// [`EditError::Changed`] when `revision` is of another state of the file; [`EditError::Invalid`] with the field.
    pub fn edited(&self, revision: &str, edits: &[Edit]) -> Result<Edited, EditError> {
        if revision != self.revision() {
            return Err(EditError::Changed);
        }
        let mut text = TomlText::new(self.read.clone().unwrap_or_else(|| self.example_for(edits)));
        // The example's account shows how one looks; it is nobody's.
        let mut made_up = self.read.is_none();
        for edit in edits {
            if let (true, Edit::PutAccount { account, .. }) = (made_up, edit) {
                made_up = false;
                text.put("accounts", 0, &account.fields(self.vendors))?;
            } else {
                change(&mut text, edit, self.vendors)?;
            }
        }
        if made_up {
            return Err(EditError::invalid("", ConfigError::of_file("there is no account yet")));
        }
        let text = text.into_string();
        let settings = self.checked(&text)?;
        Ok(Edited { text, settings })
    }

    /// The example with the section of the vendor whose account is put first.
    fn example_for(&self, edits: &[Edit]) -> String {
        let put = edits.iter().find_map(|edit| match edit {
            Edit::PutAccount { account, .. } => Some(account.provider.trim()),
            _ => None,
        });
        let is_it = |vendor: &&&VendorDescription| put == Some(vendor.id.as_str());
        let vendor = self.vendors.iter().find(is_it).or(self.vendors.first());
        example(vendor.map_or("", |vendor| vendor.example))
    }

    /// Writes a changed file in one step.
    ///
    /// # Errors
    /// [`EditError::Changed`] when the file on the disk is not what was read; [`EditError::ReadOnly`] and
    /// [`EditError::File`].
    pub fn write(&mut self, edited: &Edited) -> Result<(), EditError> {
        if self.read.as_ref() != Some(&edited.text) {
            file::write(&self.path, self.read.as_deref(), &edited.text)?;
        }
        self.read = Some(edited.text.clone());
        Ok(())
    }

    /// Makes changes, checks the outcome and writes it.
    ///
    /// # Errors
    /// As [`Self::edited`] and [`Self::write`].
    pub fn edit(&mut self, revision: &str, edits: &[Edit]) -> Result<Settings, EditError> {
        let edited = self.edited(revision, edits)?;
        self.write(&edited)?;
        Ok(edited.settings)
    }
}

fn change(text: &mut TomlText, edit: &Edit, vendors: Vendors) -> Result<(), EditError> {
    match edit {
        Edit::Language { language } => {
            let language = serde_json::to_value(language).ok().and_then(|name| name.as_str().map(Value::from));
            text.set(&Section::Root, "language", language)
        }
        Edit::Country { country } => text.set(&Section::Root, "country", draft::text(country)),
        Edit::Agent { agent } => text.set(&Section::Root, "agent", draft::text(agent)),
        Edit::Popup { values } => {
            let popup = Section::Table("popup");
            values.iter().try_for_each(|(key, value)| text.set(&popup, key, draft::of_json(value)))
        }
        Edit::PutAccount { was, account } => {
            if let Some(was) = was {
                drop_other_vendors_keys(text, was, account.provider.trim(), vendors)?;
            }
            put(text, was.as_deref(), account, vendors)?;
            match was.as_deref().filter(|was| *was != account.name.trim()) {
                Some(was) => follow(text, was, account.name.trim()),
                None => Ok(()),
            }
        }
        Edit::RemoveAccount { name } => {
            while let Some(identity) = text.find("identities", "account", name)? {
                text.remove("identities", identity)?;
            }
            remove::<AccountDraft>(text, name)
        }
        Edit::PutIdentity { was, identity } => put(text, was.as_deref(), identity, vendors),
        Edit::RemoveIdentity { label } => remove::<IdentityDraft>(text, label),
        Edit::PutConnector { was, connector } => put(text, was.as_deref(), connector, vendors),
        Edit::RemoveConnector { name } => remove::<ConnectorDraft>(text, name),
    }
}

fn put<D: Draft>(text: &mut TomlText, was: Option<&str>, draft: &D, vendors: Vendors) -> Result<(), EditError> {
    let fields: Vec<Field> = draft.fields(vendors);
    match was {
        None => text.add(D::SECTION, &fields),
        Some(was) => match text.find(D::SECTION, D::KEY, was)? {
            Some(at) => text.put(D::SECTION, at, &fields),
            None => Err(EditError::NotThere(D::SECTION)),
        },
    }
}

/// An account that gets another vendor keeps no key that the new one does not have.
fn drop_other_vendors_keys(text: &mut TomlText, was: &str, vendor: &str, vendors: Vendors) -> Result<(), EditError> {
    let Some(entry) = text.find(AccountDraft::SECTION, AccountDraft::KEY, was)? else { return Ok(()) };
    let Some(new) = vendors.iter().find(|known| known.id.as_str() == vendor) else { return Ok(()) };
    let others = vendors.iter().flat_map(|known| known.fields).filter(|field| new.field(field.name).is_none());
    for field in others {
        text.drop_key(AccountDraft::SECTION, entry, field.name)?;
    }
    Ok(())
}

fn remove<D: Draft>(text: &mut TomlText, name: &str) -> Result<(), EditError> {
    match text.find(D::SECTION, D::KEY, name)? {
        Some(at) => text.remove(D::SECTION, at),
        None => Err(EditError::NotThere(D::SECTION)),
    }
}

/// An account has a new name: its identities say so.
fn follow(text: &mut TomlText, was: &str, name: &str) -> Result<(), EditError> {
    while let Some(identity) = text.find("identities", "account", was)? {
        text.set(&Section::Entry("identities", identity), "account", Some(name.into()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
