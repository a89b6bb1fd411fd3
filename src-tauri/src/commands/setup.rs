//! What the first-run window's page, and the settings page, may ask for: an account and a CRM are tried out before they
//! are kept, and their secrets go into the keyring.

use std::fmt::Display;
use std::str::FromStr;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tauri::Manager;
use tauri_plugin_dialog::DialogExt as _;
use timbre_domain::crm::TestStep;
use timbre_domain::error::ErrorCode;
use timbre_domain::preferences::Preferences;
use timbre_domain::refusal::Refusal;
use timbre_domain::secret::SecretName;
use timbre_domain::status::Hello;
use timbre_domain::texts::Language;
use timbre_engine::CommandError;
use timbre_platform::secrets::{KeyringState, variable};
use timbre_settings::address;
use timbre_settings::edit::{AccountDraft, ConnectorDraft, Edit, IdentityDraft, SettingsFile, SettingsForm};
use timbre_wiring::setup::{
    AccountCheck, CheckFailed, Checking, KnownConnector, KnownVendor, check_account, check_connector, known_connector,
    known_connectors, known_vendors, save,
};

use super::{Answer, Asker};
use crate::desk::{Ask, Desk, EngineState};
use crate::preferences;
use crate::windows::setup;

/// Where a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Keep {
    /// In the system's keyring.
    Keyring,
    /// In memory until Timbre ends.
    Session,
    /// In the administrator's environment variable: nothing is kept by us.
    Environment,
}

/// The keyring, and the way round it for one secret.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Keyring {
    state: KeyringState,
    variable: String,
    variable_set: bool,
}

/// What can be set up.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Offers {
    vendors: Vec<KnownVendor>,
    connectors: Vec<KnownConnector>,
}

/// The page listens.
pub(crate) fn setup_ready(asker: &Asker) -> Answer<Hello> {
    let Asker { desk, .. } = asker;
    Ok(desk.hello())
}

/// What can be set up.
pub(crate) fn setup_offers(asker: &Asker) -> Answer<Offers> {
    let Asker { desk, .. } = asker;
    Ok(Offers { vendors: known_vendors(desk.language()), connectors: known_connectors(desk.language()) })
}

/// From now on Timbre speaks this language.
pub(crate) async fn setup_set_language(asker: &Asker, language: Language) -> Answer<Hello> {
    let Asker { desk, .. } = asker;
    let chosen = Preferences { language: Some(language), ..desk.preferences() };
    if desk.context().is_some() {
        preferences::choose(desk, chosen).await?;
    } else {
        keep_before_the_engine(desk, &chosen)?;
    }
    Ok(desk.hello())
}

/// Signs in with the vendor, once, and asks what there is. Without a password, the one that is kept is used.
pub(crate) async fn setup_check_account(asker: &Asker, draft: AccountDraft, password: String) -> Answer<AccountCheck> {
    let Asker { desk, .. } = asker;
    let file = settings_file(desk)?;
    let was = known_account(&file, &draft.name);
    if password.is_empty() {
        same_address(desk, account_address(&file, &draft.name), draft.text("base_url"))?;
    }
    let _trial = desk.trials().read().await;
    let checking = checking(desk, &file)?;
    check_account(&checking, was.as_deref(), &draft, secret(password)).await.map_err(refused)
}

/// Keeps an account's password, and adds the account to the settings or replaces it.
pub(crate) async fn setup_save_account(asker: &Asker, draft: AccountDraft, password: String, keep: Keep) -> Answer<()> {
    let Asker { desk, .. } = asker;
    let mut file = settings_file(desk)?;
    let was = known_account(&file, &draft.name);
    if password.is_empty() {
        same_address(desk, account_address(&file, &draft.name), draft.text("base_url"))?;
    }
    let language = Edit::Language { language: desk.language() };
    let name = named(desk, &draft.name)?;
    let account = Edit::PutAccount { was, account: draft };
    // The language of the first run is the file's; later ones are the agent's own choice.
    let begins = !file.form().is_ok_and(|form| form.exists);
    let edits = if begins { vec![language, account] } else { vec![account] };
    keep_secret(desk, SecretName::account(&name), password, keep).await?;
    write(desk, &mut file, &edits)?;
    set_up_anew(desk);
    Ok(())
}

/// Looks at the keyring, anew each time.
pub(crate) async fn setup_keyring(asker: &Asker, name: String) -> Answer<Keyring> {
    let Asker { desk, .. } = asker;
    let variable = variable(&named(desk, &name)?);
    let variable_set = std::env::var_os(&variable).is_some_and(|value| !value.is_empty());
    Ok(Keyring { state: desk.secrets().state().await, variable, variable_set })
}

/// Tries a CRM out, without writing anything there. Without a key, the one that is kept is used.
pub(crate) async fn setup_check_connector(asker: &Asker, draft: ConnectorDraft, key: String) -> Answer<Vec<TestStep>> {
    let Asker { desk, .. } = asker;
    let file = settings_file(desk)?;
    let was = known_crm(&file, &draft.name);
    if key.is_empty() {
        same_address(desk, crm_address(&file, &draft.name), &draft.base_url)?;
    }
    let _trial = desk.trials().read().await;
    let checking = checking(desk, &file)?;
    check_connector(&checking, was.as_deref(), &draft, secret(key)).await.map_err(refused)
}

/// Keeps a CRM's key, and adds the CRM to the settings or replaces it.
pub(crate) async fn setup_save_connector(asker: &Asker, draft: ConnectorDraft, key: String, keep: Keep) -> Answer<()> {
    let Asker { desk, .. } = asker;
    let mut file = settings_file(desk)?;
    if key.is_empty() {
        same_address(desk, crm_address(&file, &draft.name), &draft.base_url)?;
    }
    let name = named(desk, &draft.name)?;
    let put = Edit::PutConnector { was: known_crm(&file, &draft.name), connector: draft };
    if !key.is_empty() {
        // What the CRM gave in exchange for the key until now would be used instead of the new one.
        forget_secret(desk, SecretName::connector_token(&name)).await;
    }
    keep_secret(desk, SecretName::connector_key(&name), key, keep).await?;
    write(desk, &mut file, &[put])?;
    set_up_anew(desk);
    Ok(())
}

/// What the settings file says, as forms have it.
pub(crate) fn setup_form(asker: &Asker) -> Answer<SettingsForm> {
    let Asker { desk, .. } = asker;
    settings_file(desk)?.form().map_err(|error| refused(CheckFailed::of_edit(desk.language(), &error, &[])))
}

/// Removes an account, its identities and its secret.
pub(crate) async fn setup_remove_account(asker: &Asker, name: String) -> Answer<()> {
    let Asker { desk, .. } = asker;
    change(desk, Edit::RemoveAccount { name: name.clone() })?;
    forget_secret(desk, SecretName::account(&named(desk, &name)?)).await;
    Ok(())
}

/// Removes a CRM and its secrets. What waits for it stays in the outbox.
pub(crate) async fn setup_remove_connector(asker: &Asker, name: String) -> Answer<()> {
    let Asker { desk, .. } = asker;
    change(desk, Edit::RemoveConnector { name: name.clone() })?;
    let name = named(desk, &name)?;
    for secret in [SecretName::connector_key, SecretName::connector_token, SecretName::connector_client] {
        forget_secret(desk, secret(&name)).await;
    }
    Ok(())
}

/// Adds an identity, or replaces the one that was called so.
pub(crate) async fn setup_save_identity(asker: &Asker, was: Option<String>, identity: IdentityDraft) -> Answer<()> {
    let Asker { desk, .. } = asker;
    change(desk, Edit::PutIdentity { was, identity })
}

/// Removes an identity.
pub(crate) async fn setup_remove_identity(asker: &Asker, label: String) -> Answer<()> {
    let Asker { desk, .. } = asker;
    change(desk, Edit::RemoveIdentity { label })
}

/// Lets the agent choose a connector's file.
pub(crate) async fn setup_pick_connector_file(asker: &Asker) -> Answer<Option<KnownConnector>> {
    let Asker { window, desk } = asker;
    let dialog = window.dialog().file().add_filter("TOML", &["toml"]).set_parent(window);
    let (send, chosen) = tokio::sync::oneshot::channel();
    dialog.pick_file(|file| {
        // The window may be gone by the time the agent has chosen.
        let _ = send.send(file);
    });
    let Some(path) = chosen.await.ok().flatten().and_then(|file| file.into_path().ok()) else { return Ok(None) };
    let read = known_connector(&path, desk.language());
    read.map(Some).map_err(|error| desk.refusal(CommandError::new(error.code, error.detail)))
}

/// All is set up: Timbre begins to work, and the main window says where it is to be found.
pub(crate) async fn setup_finish(asker: &Asker, autostart: bool) -> Answer<()> {
    let Asker { desk, .. } = asker;
    let chosen = Preferences { autostart, ..desk.preferences() };
    preferences::start_with_session(desk, autostart)?;
    keep_before_the_engine(desk, &chosen)?;
    desk.ask(Ask::Begin);
    if let Some(window) = desk.app().and_then(|app| app.get_webview_window(setup::LABEL))
        && let Err(error) = window.destroy()
    {
        tracing::error!(%error, "the first-run window does not go");
    }
    Ok(())
}

/// A running Timbre takes over what was changed; one that is being set up begins when that is finished.
fn set_up_anew(desk: &Desk) {
    if !matches!(desk.engine(), EngineState::NotSetUp) {
        desk.ask(Ask::Restart);
    }
}

fn settings_file(desk: &Desk) -> Answer<SettingsFile> {
    let none = || CommandError::new(ErrorCode::BadConfig, "the system names no folder for settings");
    let path = desk.config().ok_or_else(|| desk.refusal(none()))?;
    SettingsFile::read(path, timbre_wiring::vendors())
        .map_err(|error| refused(CheckFailed::of_edit(desk.language(), &error, &[])))
}

fn change(desk: &Desk, edit: Edit) -> Answer<()> {
    write(desk, &mut settings_file(desk)?, &[edit])?;
    set_up_anew(desk);
    Ok(())
}

/// What is used no more is kept no more; a secret that was never there is no trouble.
async fn forget_secret(desk: &Desk, name: SecretName) {
    if let Err(error) = desk.secrets().forget_password(&name).await {
        tracing::debug!(code = error.code.as_str(), "there was no secret to forget");
    }
}

fn write(desk: &Desk, file: &mut SettingsFile, edits: &[Edit]) -> Answer<()> {
    let revision = file.revision();
    save(file, &revision, edits, desk.language()).map(drop).map_err(refused)
}

fn checking<'a>(desk: &Desk, file: &'a SettingsFile) -> Answer<Checking<'a>> {
    let none = || CommandError::new(ErrorCode::DataFolder, "the system names no folder for data");
    Ok(Checking {
        file,
        secrets: desk.secrets().clone(),
        limits: desk.limits().ok_or_else(|| desk.refusal(none()))?,
        clock: desk.clock().clone(),
        language: desk.language(),
    })
}

/// The account of this name that the settings have already.
fn known_account(file: &SettingsFile, name: &str) -> Option<String> {
    let form = file.form().ok()?;
    form.accounts.into_iter().map(|one| one.name).find(|known| known == name.trim())
}

fn known_crm(file: &SettingsFile, name: &str) -> Option<String> {
    let form = file.form().ok()?;
    form.connectors.into_iter().map(|one| one.name).find(|known| known == name.trim())
}

fn account_address(file: &SettingsFile, name: &str) -> Option<String> {
    let form = file.form().ok()?;
    form.accounts.into_iter().find(|one| one.name == name.trim()).map(|one| one.text("base_url").to_owned())
}

fn crm_address(file: &SettingsFile, name: &str) -> Option<String> {
    let form = file.form().ok()?;
    form.connectors.into_iter().find(|one| one.name == name.trim()).map(|one| one.base_url)
}

/// A secret that is kept goes to the place it was given for and to no other: for another one a person types it again.
fn same_address(desk: &Desk, known: Option<String>, wanted: &str) -> Answer<()> {
    let origin = |text: &str| tauri::Url::parse(&address(text)).ok().map(|url| url.origin());
    match known.map(|known| (origin(&known), origin(wanted))) {
        Some((known, wanted)) if known != wanted => {
            let detail = "the address is another one: the password must be typed again";
            Err(desk.refusal(CommandError::new(ErrorCode::SecretMissing, detail).at("password")))
        }
        _ => Ok(()),
    }
}

async fn keep_secret(desk: &Desk, name: SecretName, given: String, keep: Keep) -> Answer<()> {
    let Some(given) = secret(given) else { return Ok(()) };
    match keep {
        Keep::Keyring => {
            let kept = desk.secrets().set_password(&name, given).await;
            kept.map_err(|error| desk.refusal(CommandError::new(error.code, error.detail).at("password")))
        }
        Keep::Session => {
            desk.secrets().hold_for_session(&name, given);
            Ok(())
        }
        Keep::Environment => Ok(()),
    }
}

fn keep_before_the_engine(desk: &Desk, chosen: &Preferences) -> Answer<()> {
    let Some(dir) = desk.data_dir() else { return Ok(()) };
    let kept = std::fs::create_dir_all(dir).and_then(|()| timbre_engine::runtime::preferences::save(dir, chosen));
    kept.map_err(|error| desk.refusal(CommandError::new(ErrorCode::DataFolder, error.to_string())))
}

fn named<T: FromStr<Err: Display>>(desk: &Desk, name: &str) -> Answer<T> {
    name.trim()
        .parse()
        .map_err(|error: T::Err| desk.refusal(CommandError::new(ErrorCode::BadRequest, error.to_string()).at("name")))
}

fn secret(text: String) -> Option<SecretString> {
    Some(text).filter(|text| !text.is_empty()).map(SecretString::from)
}

fn refused(failed: CheckFailed) -> Refusal {
    let CheckFailed { code, what, what_to_do, detail, place } = failed;
    let place = place.and_then(|place| place.field.or(place.name));
    Refusal { code, place, what, what_to_do, detail }
}
