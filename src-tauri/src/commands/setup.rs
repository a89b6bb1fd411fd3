//! What the first-run window's page, and the settings page, may ask for: an account and a CRM are tried out before they
//! are kept, and their secrets go into the keyring.

mod kept_secret;

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
use timbre_domain::status::WindowBootstrap;
use timbre_domain::texts::Language;
use timbre_engine::CommandError;
use timbre_platform::secrets::{KeyringState, variable};
use timbre_settings::edit::{AccountDraft, ConnectorDraft, Edit, IdentityDraft, SettingsFile, SettingsForm};
use timbre_wiring::setup::{
    AccountCheck, CheckFailed, Checking, KnownConnector, KnownVendor, check_account, check_connector, known_connector,
    known_connectors, known_vendors, save,
};

use self::kept_secret::{account_addresses, all_known};
use super::{Answer, Asker};
use crate::app_state::{AppState, Ask, EngineState};
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

pub(crate) fn setup_ready(asker: &Asker) -> Answer<WindowBootstrap> {
    let Asker { app_state, .. } = asker;
    Ok(app_state.bootstrap())
}

/// What can be set up.
pub(crate) fn setup_offers(asker: &Asker) -> Answer<Offers> {
    let Asker { app_state, .. } = asker;
    Ok(Offers { vendors: known_vendors(app_state.language()), connectors: known_connectors(app_state.language()) })
}

/// From now on Timbre speaks this language.
pub(crate) async fn setup_set_language(asker: &Asker, language: Language) -> Answer<WindowBootstrap> {
    let Asker { app_state, .. } = asker;
    let chosen = Preferences { language: Some(language), ..app_state.preferences() };
    if app_state.context().is_some() {
        preferences::choose(app_state, chosen).await?;
    } else {
        keep_before_the_engine(app_state, &chosen)?;
    }
    Ok(app_state.bootstrap())
}

/// Signs in with the vendor, once, and asks what there is. Without a password, the one that is kept is used.
pub(crate) async fn setup_check_account(asker: &Asker, draft: AccountDraft, password: String) -> Answer<AccountCheck> {
    let Asker { app_state, .. } = asker;
    let file = settings_file(app_state)?;
    let was = known_account(&file, &draft.name);
    if password.is_empty() {
        account_goes_where_it_did(app_state, &file, &draft)?;
    }
    let _trial = app_state.trials().read().await;
    let checking = checking(app_state, &file)?;
    check_account(&checking, was.as_deref(), &draft, secret(password)).await.map_err(refused)
}

/// Keeps an account's password, and adds the account to the settings or replaces it.
pub(crate) async fn setup_save_account(asker: &Asker, draft: AccountDraft, password: String, keep: Keep) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    let mut file = settings_file(app_state)?;
    let was = known_account(&file, &draft.name);
    if password.is_empty() {
        account_goes_where_it_did(app_state, &file, &draft)?;
    }
    let language = Edit::Language { language: app_state.language() };
    let name = named(app_state, &draft.name)?;
    let account = Edit::PutAccount { was, account: draft };
    // The language of the first run is the file's; later ones are the agent's own choice.
    let begins = !file.form().is_ok_and(|form| form.exists);
    let edits = if begins { vec![language, account] } else { vec![account] };
    can_be_written(&file, &edits, app_state.language())?;
    keep_secret(app_state, SecretName::account(&name), password, keep).await?;
    write(app_state, &mut file, &edits)?;
    set_up_anew(app_state);
    Ok(())
}

/// Looks at the keyring, anew each time.
pub(crate) async fn setup_keyring(asker: &Asker, name: String) -> Answer<Keyring> {
    let Asker { app_state, .. } = asker;
    let variable = variable(&named(app_state, &name)?);
    let variable_set = timbre_platform::secrets::environment::is_set(&variable);
    Ok(Keyring { state: app_state.secrets().state().await, variable, variable_set })
}

/// Tries a CRM out, without writing anything there. Without a key, the one that is kept is used.
pub(crate) async fn setup_check_connector(asker: &Asker, draft: ConnectorDraft, key: String) -> Answer<Vec<TestStep>> {
    let Asker { app_state, .. } = asker;
    let file = settings_file(app_state)?;
    let was = known_crm(&file, &draft.name);
    if key.is_empty() {
        crm_goes_where_it_did(app_state, &file, &draft)?;
    }
    let _trial = app_state.trials().read().await;
    let checking = checking(app_state, &file)?;
    check_connector(&checking, was.as_deref(), &draft, secret(key)).await.map_err(refused)
}

/// Keeps a CRM's key, and adds the CRM to the settings or replaces it.
pub(crate) async fn setup_save_connector(asker: &Asker, draft: ConnectorDraft, key: String, keep: Keep) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    let mut file = settings_file(app_state)?;
    if key.is_empty() {
        crm_goes_where_it_did(app_state, &file, &draft)?;
    }
    let name = named(app_state, &draft.name)?;
    let put = Edit::PutConnector { was: known_crm(&file, &draft.name), connector: draft };
    can_be_written(&file, std::slice::from_ref(&put), app_state.language())?;
    if !key.is_empty() {
        // What the CRM gave in exchange for the key until now would be used instead of the new one.
        forget_secret(app_state, SecretName::connector_token(&name)).await;
    }
    keep_secret(app_state, SecretName::connector_key(&name), key, keep).await?;
    write(app_state, &mut file, &[put])?;
    set_up_anew(app_state);
    Ok(())
}

/// What the settings file says, as forms have it.
pub(crate) fn setup_form(asker: &Asker) -> Answer<SettingsForm> {
    let Asker { app_state, .. } = asker;
    settings_file(app_state)?.form().map_err(|error| refused(CheckFailed::of_edit(app_state.language(), &error, &[])))
}

/// Removes an account, its identities and its secret.
pub(crate) async fn setup_remove_account(asker: &Asker, name: String) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    change(app_state, Edit::RemoveAccount { name: name.clone() })?;
    forget_secret(app_state, SecretName::account(&named(app_state, &name)?)).await;
    Ok(())
}

/// Removes a CRM and its secrets. What waits for it stays in the outbox.
pub(crate) async fn setup_remove_connector(asker: &Asker, name: String) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    change(app_state, Edit::RemoveConnector { name: name.clone() })?;
    let name = named(app_state, &name)?;
    for secret in [SecretName::connector_key, SecretName::connector_token, SecretName::connector_client] {
        forget_secret(app_state, secret(&name)).await;
    }
    Ok(())
}

/// Adds an identity, or replaces the one that was called so.
pub(crate) async fn setup_save_identity(asker: &Asker, was: Option<String>, identity: IdentityDraft) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    change(app_state, Edit::PutIdentity { was, identity })
}

pub(crate) async fn setup_remove_identity(asker: &Asker, label: String) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    change(app_state, Edit::RemoveIdentity { label })
}

/// Lets the agent choose a connector's file.
pub(crate) async fn setup_pick_connector_file(asker: &Asker) -> Answer<Option<KnownConnector>> {
    let Asker { window, app_state } = asker;
    let dialog = window.dialog().file().add_filter("TOML", &["toml"]).set_parent(window);
    let (send, chosen) = tokio::sync::oneshot::channel();
    dialog.pick_file(|file| {
        // The window may be gone by the time the agent has chosen.
        let _ = send.send(file);
    });
    let Some(path) = chosen.await.ok().flatten().and_then(|file| file.into_path().ok()) else { return Ok(None) };
    let read = known_connector(&path, app_state.language());
    read.map(Some).map_err(|error| app_state.refusal(CommandError::new(error.code, error.detail)))
}

/// All is set up: Timbre begins to work, and the main window says where it is to be found.
pub(crate) async fn setup_finish(asker: &Asker, autostart: bool) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    let chosen = Preferences { autostart, ..app_state.preferences() };
    preferences::start_with_session(app_state, autostart)?;
    keep_before_the_engine(app_state, &chosen)?;
    app_state.ask(Ask::Begin);
    if let Some(window) = app_state.app().and_then(|app| app.get_webview_window(setup::LABEL))
        && let Err(error) = window.destroy()
    {
        tracing::error!(%error, "the first-run window does not go");
    }
    Ok(())
}

/// A running Timbre takes over what was changed; one that is being set up begins when that is finished.
fn set_up_anew(app_state: &AppState) {
    if !matches!(app_state.engine(), EngineState::NotSetUp) {
        app_state.ask(Ask::Restart);
    }
}

fn settings_file(app_state: &AppState) -> Answer<SettingsFile> {
    let none = || CommandError::new(ErrorCode::BadConfig, "the system names no folder for settings");
    let path = app_state.config().ok_or_else(|| app_state.refusal(none()))?;
    SettingsFile::read(path, timbre_wiring::vendors())
        .map_err(|error| refused(CheckFailed::of_edit(app_state.language(), &error, &[])))
}

fn change(app_state: &AppState, edit: Edit) -> Answer<()> {
    write(app_state, &mut settings_file(app_state)?, &[edit])?;
    set_up_anew(app_state);
    Ok(())
}

/// What is used no more is kept no more; a secret that was never there is no trouble.
async fn forget_secret(app_state: &AppState, name: SecretName) {
    if let Err(error) = app_state.secrets().forget_password(&name).await {
        tracing::debug!(code = error.code.as_str(), "there was no secret to forget");
    }
}

fn write(app_state: &AppState, file: &mut SettingsFile, edits: &[Edit]) -> Answer<()> {
    let revision = file.revision();
    save(file, &revision, edits, app_state.language()).map(drop).map_err(refused)
}

/// Refuses a change that would be refused, before a secret is touched for it: it might be another's.
fn can_be_written(file: &SettingsFile, edits: &[Edit], language: Language) -> Answer<()> {
    let edited = file.edited(&file.revision(), edits).map(drop);
    edited.map_err(|error| refused(CheckFailed::of_edit(language, &error, edits)))
}

fn checking<'a>(app_state: &AppState, file: &'a SettingsFile) -> Answer<Checking<'a>> {
    let none = || CommandError::new(ErrorCode::DataFolder, "the system names no folder for data");
    Ok(Checking {
        file,
        secrets: app_state.secrets().clone(),
        limits: app_state.limits().ok_or_else(|| app_state.refusal(none()))?,
        clock: app_state.clock().clone(),
        language: app_state.language(),
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

fn account_goes_where_it_did(app_state: &AppState, file: &SettingsFile, draft: &AccountDraft) -> Answer<()> {
    let accounts = file.form().map(|form| form.accounts).unwrap_or_default();
    let addresses = |account: &AccountDraft| account_addresses(timbre_wiring::vendors(), account);
    let known = accounts.iter().find(|one| one.name == draft.name.trim()).map(addresses);
    secret_goes_where_it_did(app_state, known, &addresses(draft))
}

fn crm_goes_where_it_did(app_state: &AppState, file: &SettingsFile, draft: &ConnectorDraft) -> Answer<()> {
    let connectors = file.form().map(|form| form.connectors).unwrap_or_default();
    let known = connectors.into_iter().find(|one| one.name == draft.name.trim());
    // Another file may sign in elsewhere.
    let known = known.map(|one| if one.file == draft.file { vec![one.base_url] } else { Vec::new() });
    secret_goes_where_it_did(app_state, known, std::slice::from_ref(&draft.base_url))
}

/// Refuses where the settings know the account or CRM, and its secret would go to an address that they do not know.
fn secret_goes_where_it_did(app_state: &AppState, known: Option<Vec<String>>, wanted: &[String]) -> Answer<()> {
    if known.is_none_or(|known| all_known(&known, wanted)) {
        return Ok(());
    }
    let detail = "the address is another one: the password must be typed again";
    Err(app_state.refusal(CommandError::new(ErrorCode::SecretMissing, detail).at("password")))
}

async fn keep_secret(app_state: &AppState, name: SecretName, given: String, keep: Keep) -> Answer<()> {
    let Some(given) = secret(given) else { return Ok(()) };
    match keep {
        Keep::Keyring => {
            let kept = app_state.secrets().set_password(&name, given).await;
            kept.map_err(|error| app_state.refusal(CommandError::new(error.code, error.detail).at("password")))
        }
        Keep::Session => {
            app_state.secrets().hold_for_session(&name, given);
            Ok(())
        }
        Keep::Environment => Ok(()),
    }
}

fn keep_before_the_engine(app_state: &AppState, chosen: &Preferences) -> Answer<()> {
    let Some(dir) = app_state.data_dir() else { return Ok(()) };
    let kept = std::fs::create_dir_all(dir).and_then(|()| timbre_engine::runtime::preferences::save(dir, chosen));
    kept.map_err(|error| app_state.refusal(CommandError::new(ErrorCode::DataFolder, error.to_string())))
}

fn named<T: FromStr<Err: Display>>(app_state: &AppState, name: &str) -> Answer<T> {
    name.trim().parse().map_err(|error: T::Err| {
        app_state.refusal(CommandError::new(ErrorCode::BadRequest, error.to_string()).at("name"))
    })
}

fn secret(text: String) -> Option<SecretString> {
    Some(text).filter(|text| !text.is_empty()).map(SecretString::from)
}

fn refused(failed: CheckFailed) -> Refusal {
    let CheckFailed { code, what, what_to_do, detail, place } = failed;
    let place = place.and_then(|place| place.field.or(place.name));
    Refusal { code, place, what, what_to_do, detail }
}

/// The page has kept what it could; what is typed and could not be kept, as it was typed.
pub(crate) fn setup_left(asker: &Asker, left: Vec<String>) -> Answer<()> {
    asker.app_state.page_left(asker.window.label(), left);
    Ok(())
}
