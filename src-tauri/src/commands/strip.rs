//! What the small window's page may ask for.

use tauri::{State, WebviewWindow};
use timbre_domain::status::Hello;

use crate::desk::{Desk, EngineState};
use crate::follow::StatusAndLight;
use crate::tray;
use crate::windows::dial::{self, DialWish};
use crate::windows::main::{self, Goal};
use crate::windows::{page_is_laid_out, setup, strip};

/// The page listens.
#[tauri::command]
pub(crate) fn strip_ready(desk: State<'_, Desk>) -> Hello {
    let status = desk.status();
    let light = status.light();
    desk.emit_to(strip::LABEL, "strip-status", &StatusAndLight { status, light });
    desk.hello()
}

/// Opens the tray's menu at the pointer.
#[tauri::command]
pub(crate) fn strip_menu(window: WebviewWindow) {
    if let Err(error) = tray::pop_up_menu(&window) {
        tracing::error!(%error, "the menu does not open");
    }
}

/// Opens the dial window; before there is an account, what there is to do first.
#[tauri::command]
pub(crate) fn strip_open_dial(desk: State<'_, Desk>) {
    match desk.engine() {
        EngineState::NotSetUp => setup::open(&desk),
        _ => dial::open(&desk, DialWish::bare()),
    }
}

/// Opens the main window.
#[tauri::command]
pub(crate) fn strip_open_main(desk: State<'_, Desk>) {
    match desk.engine() {
        EngineState::NotSetUp => setup::open(&desk),
        _ => main::open(&desk, Goal::default()),
    }
}

/// The page has laid out what it shows first.
#[tauri::command]
pub(crate) fn strip_shown(window: WebviewWindow) {
    page_is_laid_out(&window);
}
