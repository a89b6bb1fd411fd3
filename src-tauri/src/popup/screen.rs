//! On which screen pop-ups stand.

use tauri::{Monitor, WebviewWindow};
use timbre_domain::preferences::ScreenChoice;

/// The chosen screen; the first one where that is not there, and any where the system calls none the first.
pub(super) fn of(window: &WebviewWindow, choice: &ScreenChoice) -> tauri::Result<Option<Monitor>> {
    let chosen = match choice {
        ScreenChoice::Primary => None,
        ScreenChoice::Pointer => {
            let at = window.cursor_position()?;
            window.monitor_from_point(at.x, at.y)?
        }
        ScreenChoice::Named { name } => {
            window.available_monitors()?.into_iter().find(|monitor| monitor.name() == Some(name))
        }
    };
    if chosen.is_some() {
        return Ok(chosen);
    }
    Ok(match window.primary_monitor()? {
        Some(monitor) => Some(monitor),
        None => window.available_monitors()?.into_iter().next(),
    })
}
