//! What the main window's page may ask for.

use std::path::PathBuf;

use tauri::Manager;
use tauri_plugin_opener::OpenerExt as _;
use timbre_domain::call::CallKey;
use timbre_domain::caller::TypedCaller;
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::error::ErrorCode;
use timbre_domain::history::OutboxRow;
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::outbox::{OutboxState, RequestId};
use timbre_domain::popup::PopupCard;
use timbre_domain::preferences::Preferences;
use timbre_domain::status::WindowBootstrap;
use timbre_engine::CommandError;
use timbre_engine::api::{OutboxFilter, command};
use timbre_engine::contacts::edit::ContactEdit;

use super::{Answer, Asker, Saved, events};
use crate::follow::Changed;
use crate::windows::dial::{self, DialWish, WishFrom};
use crate::windows::main as window_of;
use crate::{follow, popup, preferences};

/// More than any list shows.
const ALL: usize = 5_000;

/// The page listens; answers what it must know, and is told where to go.
pub(crate) fn main_ready(asker: &Asker) -> Answer<WindowBootstrap> {
    let Asker { window, app_state } = asker;
    app_state.tell(window_of::LABEL, events::status_changed(&app_state.status()));
    if let Some(goal) = window.state::<window_of::Waiting>().page_listens() {
        app_state.tell(window_of::LABEL, events::main_go_to(&goal));
    }
    Ok(app_state.bootstrap())
}

/// Keeps what the agent wrote.
pub(crate) async fn main_save(
    asker: &Asker,
    call_key: CallKey,
    edit: InteractionEdit,
    caller: Option<TypedCaller>,
) -> Answer<Saved> {
    let Asker { app_state, .. } = asker;
    super::save(app_state, call_key, edit, caller).await
}

/// A new contact with this call's number.
pub(crate) async fn main_add_contact(
    asker: &Asker,
    call_key: CallKey,
    name: String,
    company: String,
) -> Answer<PopupCard> {
    let Asker { app_state, .. } = asker;
    super::add_contact(app_state, call_key, name, company).await
}

/// Another name, company, telephones or addresses of a contact.
pub(crate) async fn main_edit_contact(asker: &Asker, contact: ContactId, edit: ContactEdit) -> Answer<Contact> {
    let Asker { app_state, .. } = asker;
    super::edit_contact(app_state, contact, edit).await
}

/// What is on its way to the CRMs; with what is there already and what was discarded, where `all` is wanted.
pub(crate) async fn main_outbox(asker: &Asker, all: bool) -> Answer<Vec<OutboxRow>> {
    let Asker { app_state, .. } = asker;
    use OutboxState::{Discarded, Done, Parked, Sending, Waiting};

    let states = if all { vec![Waiting, Sending, Parked, Done, Discarded] } else { Vec::new() };
    let filter = OutboxFilter { states, limit: ALL, ..OutboxFilter::default() };
    app_state.execute(command::OutboxRows(filter)).await
}

/// Never sends a record.
pub(crate) async fn main_discard(asker: &Asker, id: RequestId) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    let discarded = app_state.execute(command::OutboxDiscard { id }).await.map(drop);
    app_state.tell(window_of::LABEL, events::main_changed(&Changed::Outbox));
    follow::refresh(app_state).await;
    discarded
}

/// Opens a record of the CRM in the browser. The address comes from the connector, never from the page.
pub(crate) async fn main_open_record(asker: &Asker, id: RequestId) -> Answer<()> {
    let Asker { window, app_state } = asker;
    use OutboxState::{Done, Parked, Sending, Waiting};

    let states = vec![Waiting, Sending, Parked, Done];
    let filter = OutboxFilter { id: Some(id), states, ..OutboxFilter::default() };
    let rows = app_state.execute(command::OutboxRows(filter)).await?;
    let url = rows.into_iter().next().and_then(|row| row.url);
    let none = || CommandError::new(ErrorCode::NotFound, "the record is not in the CRM, or opens nowhere").at("id");
    let url = url.ok_or_else(|| app_state.refusal(none()))?;
    let opened = window.opener().open_url(url, None::<&str>);
    opened.map_err(|error| app_state.refusal(CommandError::new(ErrorCode::SystemRefused, error.to_string())))
}

/// Opens the dial window, with a number to ask about.
pub(crate) fn main_open_dial(asker: &Asker, number: String, contact: Option<ContactId>) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    let from = if number.is_empty() { WishFrom::Hotkey } else { WishFrom::CallBack };
    dial::open(app_state, DialWish { contact, ..DialWish::number(number, from) });
    Ok(())
}

pub(crate) async fn main_set_preferences(asker: &Asker, preferences: Preferences) -> Answer<WindowBootstrap> {
    let Asker { app_state, .. } = asker;
    preferences::choose(app_state, preferences).await?;
    Ok(app_state.bootstrap())
}

/// The screens there are, as the system names them.
pub(crate) fn main_screens(asker: &Asker) -> Answer<Vec<String>> {
    let Asker { window, .. } = asker;
    let monitors = window.available_monitors().unwrap_or_default();
    Ok(monitors.iter().filter_map(|monitor| monitor.name().cloned()).collect())
}

/// Shows a pop-up with somebody made up, to see where it stands.
pub(crate) fn main_try_popup(asker: &Asker) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    popup::sample::show(app_state);
    Ok(())
}

/// Where Timbre's things are on this computer.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Places {
    settings: String,
    data: String,
    logs: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Settings,
    Data,
    Logs,
}

/// Where settings, data and logs are.
pub(crate) fn main_places(asker: &Asker) -> Answer<Places> {
    let Asker { app_state, .. } = asker;
    let words = |path: Option<PathBuf>| path.map(|path| path.display().to_string()).unwrap_or_default();
    Ok(Places {
        settings: words(app_state.config().cloned()),
        data: words(app_state.data_dir().cloned()),
        logs: words(app_state.data_dir().map(|dir| dir.join("logs"))),
    })
}

/// Opens one of these folders in the system's file manager.
pub(crate) fn main_open_place(asker: &Asker, which: Place) -> Answer<()> {
    let Asker { window, app_state } = asker;
    let folder = match which {
        Place::Settings => app_state.config().and_then(|file| file.parent()).map(PathBuf::from),
        Place::Data => app_state.data_dir().cloned(),
        Place::Logs => app_state.data_dir().map(|dir| dir.join("logs")),
    };
    let none = || app_state.refusal(CommandError::new(ErrorCode::NotFound, "there is no such folder"));
    let folder = folder.ok_or_else(none)?;
    let opened = window.opener().open_path(folder.display().to_string(), None::<&str>);
    opened.map_err(|error| app_state.refusal(CommandError::new(ErrorCode::SystemRefused, error.to_string())))
}

/// The page has kept what it could; what is typed and could not be kept, as it was typed.
pub(crate) fn main_left(asker: &Asker, left: Vec<String>) -> Answer<()> {
    asker.app_state.page_left(asker.window.label(), left);
    Ok(())
}
