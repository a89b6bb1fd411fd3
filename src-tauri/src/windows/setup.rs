//! The first run.

use super::{builder, find, make, present};
use crate::desk::{Ask, Desk};

/// Its label.
pub(crate) const LABEL: &str = "setup";

/// Opens it, or brings it to the front.
pub(crate) fn open(desk: &Desk) {
    let Some(app) = desk.app() else { return };
    if let Some(window) = find(app, LABEL) {
        if let Err(error) = present(&window) {
            tracing::error!(%error, "the first-run window does not come up");
        }
        return;
    }
    let desk = desk.clone();
    make(
        app,
        |app| builder(app, LABEL, "Timbre").inner_size(640.0, 560.0).min_inner_size(560.0, 480.0).center(),
        move |window| {
            window.on_window_event(move |event| {
                // Whoever closes it half-way may have set up an account already.
                if matches!(event, tauri::WindowEvent::CloseRequested { .. }) {
                    desk.ask(Ask::StartAgain);
                }
            });
            Ok(())
        },
    );
}
