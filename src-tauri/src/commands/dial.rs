//! What the dial window's page may ask for.

use tauri::{Manager, State, WebviewWindow};
use timbre_domain::contact::ContactId;
use timbre_domain::history::{CallRow, CallsWanted, FoundContact, NumberRead};
use timbre_domain::preferences::Preferences;
use timbre_domain::status::Hello;
use timbre_engine::api::commands::{Command, Reply};

use super::{Answer, ask};
use crate::desk::Desk;
use crate::preferences;
use crate::windows::dial;
use crate::windows::page_is_laid_out;

/// The page listens; answers what it must know, and is told what it came up for.
#[tauri::command]
pub(crate) fn dial_ready(window: WebviewWindow, desk: State<'_, Desk>) -> Hello {
    desk.emit_to(dial::LABEL, "dial-status", &desk.status());
    if let Some(wish) = window.state::<dial::Waiting>().page_listens() {
        desk.emit_to(dial::LABEL, "dial-wish", &wish);
    }
    desk.hello()
}

/// Contacts as the agent types.
#[tauri::command]
pub(crate) async fn dial_search(desk: State<'_, Desk>, text: String) -> Answer<Vec<FoundContact>> {
    let find = Command::ContactsFind { text, limit: super::FOUND };
    ask!(desk, find, Reply::FoundContacts { contacts } => contacts)
}

/// The last calls.
#[tauri::command]
pub(crate) async fn dial_recent(desk: State<'_, Desk>, limit: usize) -> Answer<Vec<CallRow>> {
    let wanted = CallsWanted { limit: limit.min(100), ..CallsWanted::default() };
    ask!(desk, Command::CallRows(wanted), Reply::CallRows { rows } => rows)
}

/// A number as it would be dialled.
#[tauri::command]
pub(crate) async fn dial_read_number(desk: State<'_, Desk>, text: String) -> Answer<NumberRead> {
    ask!(desk, Command::NumberRead { text }, Reply::Number(read) => read)
}

/// From now on calls are made as this identity.
#[tauri::command]
pub(crate) async fn dial_choose_identity(desk: State<'_, Desk>, label: String) -> Answer<()> {
    let chosen = Preferences { identity: Some(label), ..desk.preferences() };
    preferences::choose(&desk, chosen).await
}

/// Dials.
#[tauri::command]
pub(crate) async fn dial_dial(
    desk: State<'_, Desk>,
    number: String,
    from: Option<String>,
    contact: Option<ContactId>,
    despite_do_not_call: bool,
) -> Answer<String> {
    super::place_call(&desk, number, from, contact, despite_do_not_call).await
}

/// The window's content is this high.
#[tauri::command]
pub(crate) fn dial_height(window: WebviewWindow, height: u32) {
    if let Err(error) = dial::fit(&window, height) {
        tracing::warn!(%error, "the dial window keeps its height");
    }
}

/// The agent is done.
#[tauri::command]
pub(crate) fn dial_close(window: WebviewWindow, desk: State<'_, Desk>) {
    dial::put_away(&desk, &window);
}

/// The page has laid out what it shows first.
#[tauri::command]
pub(crate) fn dial_shown(window: WebviewWindow) {
    page_is_laid_out(&window);
}
