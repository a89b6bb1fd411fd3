//! The main window: today's calls, pending results, outbox, settings. Closed, it holds no memory.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tauri::Manager;
use timbre_domain::call::CallKey;
use timbre_domain::contact::ContactId;

use super::{builder, find, make, places, present};
use crate::desk::Desk;

/// Its label.
pub(crate) const LABEL: &str = "main";

/// A page of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Page {
    #[default]
    Today,
    Pending,
    Outbox,
    Settings,
}

/// Where it is to go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Goal {
    pub(crate) page: Page,
    pub(crate) call: Option<CallKey>,
    pub(crate) contact: Option<ContactId>,
}

impl Goal {
    pub(crate) fn page(page: Page) -> Self {
        Self { page, ..Self::default() }
    }
}

/// Where it is to go once its page listens.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<Option<Goal>>);

impl Waiting {
    pub(crate) fn take(&self) -> Option<Goal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, goal: Goal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(goal);
    }
}

/// Opens it there, or brings it to the front.
pub(crate) fn open(desk: &Desk, goal: Goal) {
    let Some(app) = desk.app() else { return };
    if let Some(window) = find(app, LABEL) {
        desk.emit_to(LABEL, "main-go-to", &goal);
        if let Err(error) = present(&window) {
            tracing::error!(%error, "the main window does not come up");
        }
        return;
    }
    app.state::<Waiting>().set(goal);
    let desk = desk.clone();
    make(
        app,
        |app| builder(app, LABEL, "Timbre").inner_size(1080.0, 720.0).min_inner_size(880.0, 560.0),
        move |window| places::keep(window, &desk).map(drop),
    );
}
