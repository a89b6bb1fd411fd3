//! What the first-run window's page, and the settings page, may ask for.

use tauri::State;
use timbre_domain::status::Hello;

use crate::desk::Desk;

/// The page listens.
#[tauri::command]
pub(crate) fn setup_ready(desk: State<'_, Desk>) -> Hello {
    desk.hello()
}
