//! The window of the first run, before there is an account.

use super::size::Size;
use super::{builder, find, make, present};
use crate::app_state::{AppState, Ask};

pub(crate) const LABEL: &str = "setup";

pub(crate) const SIZE: Size = Size { usual: (640.0, 560.0), least: (560.0, 480.0) };

/// Opens it, or brings it to the front.
pub(crate) fn open(app_state: &AppState) {
    let Some(app) = app_state.app() else { return };
    if let Some(window) = find(app, LABEL) {
        if let Err(error) = present(&window) {
            tracing::error!(%error, "the first-run window does not come up");
        }
        return;
    }
    let app_state = app_state.clone();
    make(
        app,
        |app| builder(app, LABEL, "Timbre"),
        move |window| {
            SIZE.give(window)?;
            window.center()?;
            let of = window.clone();
            window.on_window_event(move |event| {
                if let tauri::WindowEvent::CloseRequested { api, .. } = event {
                    // What is typed stays: whoever opens it again from the tray goes on where they were.
                    api.prevent_close();
                    if let Err(error) = of.hide() {
                        tracing::error!(%error, "the first-run window does not close");
                    }
                    // Whoever closes it half-way may have set up an account already.
                    app_state.ask(Ask::StartAgain);
                }
            });
            Ok(())
        },
    );
}

/// The window that was closed half-way is not needed any more: Timbre works.
pub(crate) fn give_up(app_state: &AppState) {
    let Some(window) = app_state.app().and_then(|app| find(app, LABEL)) else { return };
    if matches!(window.is_visible(), Ok(false))
        && let Err(error) = window.destroy()
    {
        tracing::error!(%error, "the first-run window does not go");
    }
}
