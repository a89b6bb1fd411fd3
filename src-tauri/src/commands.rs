//! What a window's page may ask for, one line each.

use tauri::{State, WebviewWindow};
use timbre_domain::call::CallKey;
use timbre_domain::texts::Language;

use crate::Desk;
use crate::popup::pool::Event;

/// The pop-up's page listens; answers the language to speak.
#[tauri::command]
pub(crate) fn popup_ready(window: WebviewWindow, desk: State<'_, Desk>) -> Language {
    desk.post_of(&window, Event::Ready);
    desk.language
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

/// The agent is done with the pop-up.
#[tauri::command]
pub(crate) fn popup_close(window: WebviewWindow, desk: State<'_, Desk>, call_key: CallKey) {
    desk.post_of(&window, |slot| Event::Close(slot, call_key));
}
