//! What the small window's page may ask for.

use timbre_domain::status::Hello;

use super::{Answer, Asker, events};
use crate::desk::EngineState;
use crate::follow::StatusAndLight;
use crate::tray;
use crate::windows::dial::{self, DialWish};
use crate::windows::main::{self, Goal};
use crate::windows::{setup, strip};

/// The page listens.
pub(crate) fn strip_ready(asker: &Asker) -> Answer<Hello> {
    let Asker { desk, .. } = asker;
    let status = desk.status();
    let light = status.light();
    desk.tell(strip::LABEL, events::strip_status(&StatusAndLight { status, light }));
    Ok(desk.hello())
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
    let Asker { desk, .. } = asker;
    match desk.engine() {
        EngineState::NotSetUp => setup::open(desk),
        _ => dial::open(desk, DialWish::bare()),
    }
    Ok(())
}

/// Opens the main window.
pub(crate) fn strip_open_main(asker: &Asker) -> Answer<()> {
    let Asker { desk, .. } = asker;
    match desk.engine() {
        EngineState::NotSetUp => setup::open(desk),
        _ => main::open(desk, Goal::default()),
    }
    Ok(())
}
