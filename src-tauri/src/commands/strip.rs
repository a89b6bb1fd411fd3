//! What the small window's page may ask for.

use timbre_domain::status::WindowBootstrap;

use super::{Answer, Asker, events};
use crate::app_state::EngineState;
use crate::follow::StripStatus;
use crate::tray;
use crate::windows::dial::{self, DialWish};
use crate::windows::main::{self, Goal};
use crate::windows::{setup, strip};

pub(crate) fn strip_ready(asker: &Asker) -> Answer<WindowBootstrap> {
    let Asker { app_state, .. } = asker;
    let status = app_state.status();
    let tray_status = status.tray_status();
    app_state.tell(strip::LABEL, events::strip_status(&StripStatus { status, tray_status }));
    Ok(app_state.bootstrap())
}

/// Opens the tray's menu at the pointer.
pub(crate) fn strip_menu(asker: &Asker) -> Answer<()> {
    let Asker { window, .. } = asker;
    if let Err(error) = tray::pop_up_menu(window) {
        tracing::error!(%error, "the menu does not open");
    }
    Ok(())
}

/// Opens the dial window; before there is an account, what there is to do first.
pub(crate) fn strip_open_dial(asker: &Asker) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    match app_state.engine() {
        EngineState::NotSetUp => setup::open(app_state),
        _ => dial::open(app_state, DialWish::bare()),
    }
    Ok(())
}

/// Opens the main window.
pub(crate) fn strip_open_main(asker: &Asker) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    match app_state.engine() {
        EngineState::NotSetUp => setup::open(app_state),
        _ => main::open(app_state, Goal::default()),
    }
    Ok(())
}
