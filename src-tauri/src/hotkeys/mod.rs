//! Keys that work in every program.

use std::collections::BTreeSet;

#[cfg(not(target_os = "linux"))]
mod plugin;
#[cfg(target_os = "linux")]
mod x11;

use tauri::{AppHandle, Manager as _};
use tauri_plugin_global_shortcut::Shortcut;
use timbre_domain::preferences::Hotkeys;

use crate::app_state::AppState;
use crate::dialling;
use crate::popup::pool::Event;
use crate::windows::dial::{self, DialWish};

#[cfg(not(target_os = "linux"))]
pub(crate) use plugin::Keys;
#[cfg(target_os = "linux")]
pub(crate) use x11::Keys;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Dial,
    Popup,
    DialSelection,
}

/// A key that can't be had, and why.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct NotHad {
    /// Which of the preferences, such as `hotkeys.dial`.
    pub(crate) place: &'static str,
    pub(crate) detail: String,
}

/// Takes these keys, and lets go of the ones before. Gives the ones that could not be had: another program has them, or
/// the text names no key.
pub(crate) fn take(app: &AppHandle, app_state: &AppState, hotkeys: &Hotkeys) -> Vec<NotHad> {
    let keys = app.state::<Keys>();
    keys.let_go(app);
    let wanted = [
        ("hotkeys.dial", &hotkeys.dial, Does::Dial),
        ("hotkeys.popup", &hotkeys.popup, Does::Popup),
        ("hotkeys.dial_selection", &hotkeys.dial_selection, Does::DialSelection),
    ];
    let mut taken = BTreeSet::new();
    let mut not_had = Vec::new();
    for (place, written, does) in wanted.into_iter().filter(|(_, written, _)| !written.trim().is_empty()) {
        let had = written.parse::<Shortcut>().map_err(|error| error.to_string()).and_then(|shortcut| {
            if !taken.insert(shortcut.id()) {
                return Err("another of these keys is the same".to_owned());
            }
            let app_state = app_state.clone();
            keys.take(app, shortcut, move || run(&app_state, does))
        });
        if let Err(detail) = had {
            tracing::warn!(place, detail, "a key can't be had");
            not_had.push(NotHad { place, detail });
        }
    }
    not_had
}

fn run(app_state: &AppState, does: Does) {
    match does {
        Does::Dial => dial::open(app_state, DialWish::bare()),
        Does::Popup => app_state.post(Event::FocusNewest),
        Does::DialSelection => dialling::dial_selection(app_state),
    }
}
