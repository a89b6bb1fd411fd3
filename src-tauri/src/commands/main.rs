//! What the main window's page may ask for.

use std::path::PathBuf;

use tauri::{Manager, State, WebviewWindow};
use tauri_plugin_opener::OpenerExt as _;
use timbre_domain::call::{AccountName, CallKey};
use timbre_domain::caller::TypedCaller;
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::error::ErrorCode;
use timbre_domain::history::{CallRow, CallsWanted, OutboxRow};
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::outbox::{OutboxState, RequestId, Retried, RetryHow};
use timbre_domain::popup::PopupCard;
use timbre_domain::preferences::Preferences;
use timbre_domain::status::{Hello, Status};
use timbre_engine::api::commands::{Command, CommandError, ContactEdit, KnownContact, OutboxFilter, Reply};

use super::{Answer, Saved, ask};
use crate::desk::Desk;
use crate::windows::dial::{self, DialWish, WishFrom};
use crate::windows::main as window_of;
use crate::windows::page_is_laid_out;
use crate::{follow, popup, preferences};

/// More than any list shows.
const ALL: usize = 5_000;

/// The page listens; answers what it must know, and is told where to go.
#[tauri::command]
pub(crate) fn main_ready(window: WebviewWindow, desk: State<'_, Desk>) -> Hello {
    desk.emit_to(window_of::LABEL, "main-status", &desk.status());
    if let Some(goal) = window.state::<window_of::Waiting>().page_listens() {
        desk.emit_to(window_of::LABEL, "main-go-to", &goal);
    }
    desk.hello()
}

/// How everything is.
#[tauri::command]
pub(crate) async fn main_status(desk: State<'_, Desk>) -> Answer<Status> {
    ask!(desk, Command::Status, Reply::Status(status) => *status)
}

/// Calls for a list.
#[tauri::command]
pub(crate) async fn main_calls(desk: State<'_, Desk>, query: CallsWanted) -> Answer<Vec<CallRow>> {
    let query = CallsWanted { limit: query.limit.min(ALL), ..query };
    ask!(desk, Command::CallRows(query), Reply::CallRows { rows } => rows)
}

/// The card of a call of the history.
#[tauri::command]
pub(crate) async fn main_card(desk: State<'_, Desk>, call_key: CallKey) -> Answer<PopupCard> {
    ask!(desk, Command::Card { call: call_key }, Reply::Card(card) => *card)
}

/// A contact and what is known of it.
#[tauri::command]
pub(crate) async fn main_contact_summary(
    desk: State<'_, Desk>,
    contact: ContactId,
    entries: usize,
) -> Answer<KnownContact> {
    ask!(desk, Command::KnownContact { contact, entries }, Reply::KnownContact(known) => *known)
}

/// Keeps what the agent wrote.
#[tauri::command]
pub(crate) async fn main_save(
    desk: State<'_, Desk>,
    call_key: CallKey,
    edit: InteractionEdit,
    caller: Option<TypedCaller>,
) -> Answer<Saved> {
    super::save(&desk, call_key, edit, caller).await
}

/// The agent said who it was.
#[tauri::command]
pub(crate) async fn main_choose(desk: State<'_, Desk>, call_key: CallKey, contact: ContactId) -> Answer<PopupCard> {
    super::choose(&desk, call_key, contact).await
}

/// A new contact with this call's number.
#[tauri::command]
pub(crate) async fn main_add_contact(
    desk: State<'_, Desk>,
    call_key: CallKey,
    name: String,
    company: String,
) -> Answer<PopupCard> {
    super::add_contact(&desk, call_key, name, company).await
}

/// Another name, company, telephones or addresses of a contact.
#[tauri::command]
pub(crate) async fn main_edit_contact(desk: State<'_, Desk>, contact: ContactId, edit: ContactEdit) -> Answer<Contact> {
    super::edit_contact(&desk, contact, edit).await
}

/// Contacts as the agent types.
#[tauri::command]
pub(crate) async fn main_search(desk: State<'_, Desk>, text: String) -> Answer<Vec<Contact>> {
    super::search(&desk, text).await
}

/// What is on its way to the CRMs; with what is there already and what was discarded, where `all` is wanted.
#[tauri::command]
pub(crate) async fn main_outbox(desk: State<'_, Desk>, all: bool) -> Answer<Vec<OutboxRow>> {
    use OutboxState::{Discarded, Done, Parked, Sending, Waiting};

    let states = if all { vec![Waiting, Sending, Parked, Done, Discarded] } else { Vec::new() };
    let filter = OutboxFilter { states, limit: ALL, ..OutboxFilter::default() };
    ask!(desk, Command::OutboxRows(filter), Reply::OutboxRows { rows } => rows)
}

/// Tries a record again, now, and says what came of it. Where `wait` is not set, what comes of it is told later, by events.
#[tauri::command]
pub(crate) async fn main_retry(
    desk: State<'_, Desk>,
    id: RequestId,
    despite_duplicate: bool,
    unsearched: Option<bool>,
    wait: Option<bool>,
) -> Answer<Retried> {
    let how = RetryHow { despite_duplicate, unsearched: unsearched.unwrap_or(false), wait: wait.unwrap_or(false) };
    ask!(desk, Command::OutboxRetry { id, how }, Reply::Retried(retried) => *retried)
}

/// Never sends a record.
#[tauri::command]
pub(crate) async fn main_discard(desk: State<'_, Desk>, id: RequestId) -> Answer<()> {
    let discarded = ask!(desk, Command::OutboxDiscard { id }, Reply::Outbox { .. } => ());
    desk.emit_to(window_of::LABEL, "main-changed", &"outbox");
    follow::refresh(&desk).await;
    discarded
}

/// The sign-in with a stopped CRM is right now: go on.
#[tauri::command]
pub(crate) async fn main_resume(desk: State<'_, Desk>, connector: AccountName) -> Answer<()> {
    ask!(desk, Command::ConnectorResume { name: connector }, Reply::SignedIn { .. } => ())
}

/// Opens a record of the CRM in the browser. The address comes from the connector, never from the page.
#[tauri::command]
pub(crate) async fn main_open_record(window: WebviewWindow, desk: State<'_, Desk>, id: RequestId) -> Answer<()> {
    use OutboxState::{Done, Parked, Sending, Waiting};

    let states = vec![Waiting, Sending, Parked, Done];
    let filter = OutboxFilter { id: Some(id), states, ..OutboxFilter::default() };
    let rows = ask!(desk, Command::OutboxRows(filter), Reply::OutboxRows { rows } => rows)?;
    let url = rows.into_iter().next().and_then(|row| row.url);
    let none = || CommandError::new(ErrorCode::NotFound, "the record is not in the CRM, or opens nowhere").at("id");
    let url = url.ok_or_else(|| desk.refusal(none()))?;
    let opened = window.opener().open_url(url, None::<&str>);
    opened.map_err(|error| desk.refusal(CommandError::new(ErrorCode::SystemRefused, error.to_string())))
}

/// Opens the dial window, with a number to ask about.
#[tauri::command]
pub(crate) fn main_open_dial(desk: State<'_, Desk>, number: String, contact: Option<ContactId>) {
    let from = if number.is_empty() { WishFrom::Hotkey } else { WishFrom::CallBack };
    dial::open(&desk, DialWish { contact, ..DialWish::number(number, from) });
}

/// The agent chooses.
#[tauri::command]
pub(crate) async fn main_set_preferences(desk: State<'_, Desk>, preferences: Preferences) -> Answer<Hello> {
    preferences::choose(&desk, preferences).await?;
    Ok(desk.hello())
}

/// The screens there are, as the system names them.
#[tauri::command]
pub(crate) fn main_screens(window: WebviewWindow) -> Vec<String> {
    let monitors = window.available_monitors().unwrap_or_default();
    monitors.iter().filter_map(|monitor| monitor.name().cloned()).collect()
}

/// Shows a pop-up with somebody made up, to see where it stands.
#[tauri::command]
pub(crate) fn main_try_popup(desk: State<'_, Desk>) {
    popup::sample::show(&desk);
}

/// Where Timbre's things are on this computer.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Places {
    settings: String,
    data: String,
    logs: String,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Settings,
    Data,
    Logs,
}

/// Where settings, data and logs are.
#[tauri::command]
pub(crate) fn main_places(desk: State<'_, Desk>) -> Places {
    let words = |path: Option<PathBuf>| path.map(|path| path.display().to_string()).unwrap_or_default();
    Places {
        settings: words(desk.config().cloned()),
        data: words(desk.data_dir().cloned()),
        logs: words(desk.data_dir().map(|dir| dir.join("logs"))),
    }
}

/// Opens one of these folders in the system's file manager.
#[tauri::command]
pub(crate) fn main_open_place(window: WebviewWindow, desk: State<'_, Desk>, which: Place) -> Answer<()> {
    let folder = match which {
        Place::Settings => desk.config().and_then(|file| file.parent()).map(PathBuf::from),
        Place::Data => desk.data_dir().cloned(),
        Place::Logs => desk.data_dir().map(|dir| dir.join("logs")),
    };
    let none = || desk.refusal(CommandError::new(ErrorCode::NotFound, "there is no such folder"));
    let folder = folder.ok_or_else(none)?;
    let opened = window.opener().open_path(folder.display().to_string(), None::<&str>);
    opened.map_err(|error| desk.refusal(CommandError::new(ErrorCode::SystemRefused, error.to_string())))
}

/// The page has laid out what it shows first.
#[tauri::command]
pub(crate) fn main_shown(window: WebviewWindow) {
    page_is_laid_out(&window);
}
