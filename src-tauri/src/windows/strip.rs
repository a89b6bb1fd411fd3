//! The small window of desktops that show no tray: the state, and the same menu.

use tauri::{LogicalSize, Manager as _, PhysicalPosition, WebviewWindow};

use super::size::screen;
use super::{builder, find, make, places};
use crate::app_state::AppState;
use crate::text_scale;

pub(crate) const LABEL: &str = "strip";

/// In logical pixels, for text of its usual size.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 44.0;
/// From the corner where it stands first, in physical pixels.
const GAP: i32 = 12;

/// Shows it, without taking the focus.
pub(crate) fn open(app_state: &AppState) {
    let Some(app) = app_state.app() else { return };
    if find(app, LABEL).is_some() {
        return;
    }
    let app_state = app_state.clone();
    make(
        app,
        |app| builder(app, LABEL, "Timbre").decorations(false).always_on_top(true).maximizable(false).focused(false),
        move |window| {
            fit(window)?;
            if !places::keep(window, &app_state)? {
                put_into_the_corner(window)?;
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

/// Gives it its size, with the text as it is.
pub(crate) fn fit(window: &WebviewWindow) -> tauri::Result<()> {
    let text = text_scale::of(window.app_handle());
    let room = screen(window)?.map(|one| one.work_area().size.to_logical::<f64>(one.scale_factor()).width);
    let size = LogicalSize::new((WIDTH * text).min(room.unwrap_or(f64::MAX)), HEIGHT * text);
    // GTK gives a window that can't be resized a size of its own; one that can keeps within its bounds.
    window.set_min_size(Some(size))?;
    window.set_max_size(Some(size))?;
    window.set_size(size)?;
    if window.is_visible()? { keep_on_the_screen(window, size) } else { Ok(()) }
}

/// Out of the way of pop-ups, which come at the right.
fn put_into_the_corner(window: &WebviewWindow) -> tauri::Result<()> {
    let Some(monitor) = screen(window)? else { return Ok(()) };
    let area = monitor.work_area();
    let bottom = area.position.y + area.size.height.cast_signed();
    let height = (HEIGHT * text_scale::of(window.app_handle()) * monitor.scale_factor()).round() as i32;
    window.set_position(PhysicalPosition::new(area.position.x + GAP, bottom - GAP - height))
}

/// One that has grown at the edge of the screen moves away from it.
fn keep_on_the_screen(window: &WebviewWindow, size: LogicalSize<f64>) -> tauri::Result<()> {
    let Some(monitor) = screen(window)? else { return Ok(()) };
    let (area, at) = (monitor.work_area(), window.outer_position()?);
    let size = size.to_physical::<i32>(monitor.scale_factor());
    let x = at.x.min(area.position.x + area.size.width.cast_signed() - size.width).max(area.position.x);
    let y = at.y.min(area.position.y + area.size.height.cast_signed() - size.height).max(area.position.y);
    if (x, y) == (at.x, at.y) { Ok(()) } else { window.set_position(PhysicalPosition::new(x, y)) }
}
