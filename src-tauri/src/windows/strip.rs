//! The small window of desktops that show no tray: the state, and the same menu.

use tauri::PhysicalPosition;

use super::{builder, find, make, places};
use crate::desk::Desk;

/// Its label.
pub(crate) const LABEL: &str = "strip";

/// In logical pixels.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 44.0;
/// From the corner where it stands first, in physical pixels.
const GAP: i32 = 12;

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
                .inner_size(WIDTH, HEIGHT)
                // GTK gives a window that can't be resized a size of its own; one that can keeps within its bounds.
                .min_inner_size(WIDTH, HEIGHT)
                .max_inner_size(WIDTH, HEIGHT)
                .decorations(false)
                .always_on_top(true)
                .maximizable(false)
                .focused(false)
        },
        move |window| {
            if !places::keep(window, &desk)? {
                // Out of the way of pop-ups, which come at the right.
                if let Some(monitor) = window.primary_monitor()? {
                    let area = monitor.work_area();
                    let bottom = area.position.y + area.size.height.cast_signed();
                    let height = (HEIGHT * monitor.scale_factor()).round() as i32;
                    window.set_position(PhysicalPosition::new(area.position.x + GAP, bottom - GAP - height))?;
                }
            }
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
            Ok(())
        },
    );
}
