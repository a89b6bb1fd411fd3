//! The small window of desktops that show no tray: the state, and the same menu.

use super::{builder, find, make, places};
use crate::desk::Desk;

/// Its label.
pub(crate) const LABEL: &str = "strip";

/// Shows it, without taking the focus.
pub(crate) fn open(desk: &Desk) {
    let Some(app) = desk.app() else { return };
    if find(app, LABEL).is_some() {
        return;
    }
    let desk = desk.clone();
    make(
        app,
        |app| {
            builder(app, LABEL, "Timbre")
                .inner_size(320.0, 44.0)
                .decorations(false)
                .always_on_top(true)
                .resizable(false)
                .maximizable(false)
                .focused(false)
        },
        move |window| {
            places::keep(window, &desk)?;
            let of = window.clone();
            window.on_window_event(move |event| {
                if let tauri::WindowEvent::CloseRequested { api, .. } = event {
                    // It is all there is of Timbre on this desktop: it stays, out of the way.
                    api.prevent_close();
                    if let Err(error) = of.minimize() {
                        tracing::error!(%error, "the small window does not go");
                    }
                }
            });
            window.show()
        },
    );
}
