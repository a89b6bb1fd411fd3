//! The first run.

use super::size::Size;
use super::{builder, find, make, present};
use crate::desk::{Ask, Desk};

/// Its label.
pub(crate) const LABEL: &str = "setup";

pub(crate) const SIZE: Size = Size { usual: (640.0, 560.0), least: (560.0, 480.0) };

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
        |app| builder(app, LABEL, "Timbre"),
        move |window| {
            SIZE.give(window)?;
            window.center()?;
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
