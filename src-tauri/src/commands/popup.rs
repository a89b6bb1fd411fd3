//! What a pop-up's page may ask for.

use tauri::{State, WebviewWindow};
use timbre_domain::call::CallKey;
use timbre_domain::caller::TypedCaller;
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::popup::PopupCard;
use timbre_domain::status::Hello;
use timbre_engine::api::commands::{Command, ContactEdit, Reply};

use super::{Answer, Saved};
use crate::desk::Desk;
use crate::popup::pool::Event;
use crate::windows::main::{self, Goal};

/// The pop-up's page listens; answers what it must know.
#[tauri::command]
pub(crate) fn popup_ready(window: WebviewWindow, desk: State<'_, Desk>) -> Hello {
    desk.post_of(&window, Event::Ready);
    desk.hello()
}

/// The page laid the call out and needs this height, in CSS pixels.
#[tauri::command]
pub(crate) fn popup_filled(window: WebviewWindow, desk: State<'_, Desk>, call_key: CallKey, height: u32) {
    desk.post_of(&window, |slot| Event::Filled(slot, call_key, height));
}

/// The call is on the glass.
#[tauri::command]
pub(crate) fn popup_painted(window: WebviewWindow, desk: State<'_, Desk>, call_key: CallKey) {
    desk.post_of(&window, |slot| Event::Painted(slot, call_key));
}

/// The agent clicked where the keyboard is needed.
#[tauri::command]
pub(crate) fn popup_focus(window: WebviewWindow, desk: State<'_, Desk>) {
    desk.post_of(&window, Event::Focus);
}

/// The agent has begun to act on the call.
#[tauri::command]
pub(crate) fn popup_begun(window: WebviewWindow, desk: State<'_, Desk>, call_key: CallKey) {
    desk.post_of(&window, |slot| Event::Begun(slot, call_key));
}

/// The agent is done with the pop-up.
#[tauri::command]
pub(crate) fn popup_close(window: WebviewWindow, desk: State<'_, Desk>, call_key: CallKey) {
    desk.post_of(&window, |slot| Event::Close(slot, call_key));
}

/// Keeps what the agent wrote.
#[tauri::command]
pub(crate) async fn popup_save(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    call_key: CallKey,
    edit: InteractionEdit,
    caller: Option<TypedCaller>,
) -> Answer<Saved> {
    let finishes = edit.finish;
    let saved = super::save(&desk, call_key.clone(), edit, caller).await;
    // What is refused for what it says is the agent's to mend, or to leave; anything else may pass, and is tried again.
    let kept = saved.as_ref().map_or_else(|refusal| refusal.place.is_some(), |_| true);
    desk.post_of(&window, |slot| Event::Kept(slot, kept));
    if let Ok(saved) = &saved {
        if let Some(card) = &saved.card {
            desk.post_of(&window, |slot| Event::Chosen(slot, Box::new(card.clone())));
        }
        desk.post_of(&window, |slot| Event::Wrote(slot, Box::new(saved.interaction.clone())));
        desk.post(Event::Records(call_key.clone(), saved.records.clone()));
        if finishes {
            desk.post_of(&window, |slot| Event::Saved(slot, call_key));
        }
    }
    saved
}

/// The agent said who it is.
#[tauri::command]
pub(crate) async fn popup_choose(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    call_key: CallKey,
    contact: ContactId,
) -> Answer<PopupCard> {
    let card = super::choose(&desk, call_key, contact).await?;
    desk.post_of(&window, |slot| Event::Chosen(slot, Box::new(card.clone())));
    Ok(card)
}

/// Contacts as the agent types.
#[tauri::command]
pub(crate) async fn popup_search(desk: State<'_, Desk>, text: String) -> Answer<Vec<Contact>> {
    super::search(&desk, text).await
}

/// A new contact with this call's number.
#[tauri::command]
pub(crate) async fn popup_add_contact(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    call_key: CallKey,
    name: String,
    company: String,
) -> Answer<PopupCard> {
    let card = super::add_contact(&desk, call_key, name, company).await?;
    desk.post_of(&window, |slot| Event::Chosen(slot, Box::new(card.clone())));
    Ok(card)
}

/// Another name, company, telephones or addresses of the contact shown; answers the call's card with it.
#[tauri::command]
pub(crate) async fn popup_edit_contact(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    call_key: CallKey,
    contact: ContactId,
    edit: ContactEdit,
) -> Answer<PopupCard> {
    super::edit_contact(&desk, contact, edit).await?;
    let card = super::ask!(desk, Command::Card { call: call_key }, Reply::Card(card) => *card)?;
    desk.post_of(&window, |slot| Event::Chosen(slot, Box::new(card.clone())));
    Ok(card)
}

/// Dials a number shown in the pop-up.
#[tauri::command]
pub(crate) async fn popup_dial(
    desk: State<'_, Desk>,
    number: String,
    contact: Option<ContactId>,
    despite_do_not_call: bool,
) -> Answer<()> {
    super::place_call(&desk, number, None, contact, despite_do_not_call).await.map(drop)
}

/// Opens the contact's case file in the main window.
#[tauri::command]
pub(crate) fn popup_open_contact(desk: State<'_, Desk>, contact: ContactId) {
    main::open(&desk, Goal { contact: Some(contact), ..Goal::default() });
}
