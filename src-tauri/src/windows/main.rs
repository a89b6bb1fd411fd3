//! The main window: today's calls, pending results, outbox, settings. Closed, it holds no memory.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tauri::Manager;
use timbre_domain::call::CallKey;
use timbre_domain::contact::ContactId;

use super::size::Size;
use super::{builder, find, make, places, present};
use crate::app_state::AppState;
use crate::commands::events;
use crate::leaving;

pub(crate) const LABEL: &str = "main";

pub(crate) const SIZE: Size = Size { usual: (1080.0, 720.0), least: (880.0, 560.0) };

/// A page of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Goal {
    pub(crate) page: Page,
    pub(crate) call: Option<CallKey>,
    pub(crate) contact: Option<ContactId>,
    /// It opens after the first run: where Timbre is to be found from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional = nullable))]
    pub(crate) welcome: Option<Home>,
}

/// Where Timbre is to be found while none of its windows is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Home {
    /// Its icon in the tray.
    Tray,
    /// The small window of desktops that show no tray.
    Strip,
}

impl Goal {
    pub(crate) fn page(page: Page) -> Self {
        Self { page, ..Self::default() }
    }
}

/// Where it is to go once its page listens.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<Waits>);

#[derive(Default)]
struct Waits {
    listens: bool,
    wanted: Option<Goal>,
}

impl Waiting {
    /// The page listens: what it came up for.
    pub(crate) fn page_listens(&self) -> Option<Goal> {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.listens = true;
        waits.wanted.take()
    }

    /// The window is made: its page does not listen yet.
    fn begins(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).listens = false;
    }

    /// Gives back what a page that listens is told now; for another it is queued until the page listens.
    fn tell(&self, wanted: Goal) -> Option<Goal> {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waits.listens {
            return Some(wanted);
        }
        waits.wanted = Some(wanted);
        None
    }
}

/// Opens it there, or brings it to the front.
pub(crate) fn open(app_state: &AppState, goal: Goal) {
    let Some(app) = app_state.app() else { return };
    let waiting = app.state::<Waiting>();
    if let Some(window) = find(app, LABEL) {
        // A page that does not listen yet comes up by itself.
        if let Some(goal) = waiting.tell(goal) {
            app_state.tell(LABEL, events::main_go_to(&goal));
            if let Err(error) = present(&window) {
                tracing::error!(%error, "the main window does not come up");
            }
        }
        return;
    }
    waiting.begins();
    waiting.tell(goal);
    let app_state = app_state.clone();
    make(
        app,
        |app| builder(app, LABEL, "Timbre"),
        move |window| {
            let of = window.clone();
            let keeper = app_state.clone();
            window.on_window_event(move |event| {
                if let tauri::WindowEvent::CloseRequested { api, .. } = event {
                    // What is being written is kept first.
                    api.prevent_close();
                    let (of, keeper) = (of.clone(), keeper.clone());
                    tauri::async_runtime::spawn(async move {
                        if !leaving::may_close(&keeper, &of).await {
                            return;
                        }
                        if let Err(error) = of.destroy() {
                            tracing::error!(%error, "the main window does not close");
                        }
                    });
                }
            });
            SIZE.give(window)?;
            places::keep(window, &app_state).map(drop)
        },
    );
}
