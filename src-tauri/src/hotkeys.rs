//! Keys that work in every program.

use std::collections::BTreeSet;

use tauri::AppHandle;
use tauri_plugin_global_shortcut::{GlobalShortcutExt as _, Shortcut, ShortcutState};
use timbre_domain::preferences::Hotkeys;

use crate::desk::Desk;
use crate::dialling;
use crate::popup::pool::Event;
use crate::windows::dial::{self, DialWish};

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
    /// Why, in English.
    pub(crate) detail: String,
}

/// Takes these keys, and lets go of the ones before. Gives the ones that could not be had: another program has them, or
/// the text names no key.
pub(crate) fn take(app: &AppHandle, desk: &Desk, hotkeys: &Hotkeys) -> Vec<NotHad> {
    let shortcuts = app.global_shortcut();
    if let Err(error) = shortcuts.unregister_all() {
        tracing::warn!(%error, "the keys before are still taken");
    }
    let wanted = [
        ("hotkeys.dial", &hotkeys.dial, Does::Dial),
        ("hotkeys.popup", &hotkeys.popup, Does::Popup),
        ("hotkeys.dial_selection", &hotkeys.dial_selection, Does::DialSelection),
    ];
    let mut taken = BTreeSet::new();
    let mut not_had = Vec::new();
    for (place, keys, does) in wanted.into_iter().filter(|(_, keys, _)| !keys.trim().is_empty()) {
        let had = keys.parse::<Shortcut>().map_err(|error| error.to_string()).and_then(|shortcut| {
            if !taken.insert(shortcut.id()) {
                return Err("another of these keys is the same".to_owned());
            }
            let desk = desk.clone();
            let pressed = move |_: &AppHandle, _: &Shortcut, event: tauri_plugin_global_shortcut::ShortcutEvent| {
                if event.state == ShortcutState::Pressed {
                    run(&desk, does);
                }
            };
            shortcuts.on_shortcut(shortcut, pressed).map_err(|error| error.to_string())
        });
        if let Err(detail) = had {
            tracing::warn!(place, detail, "a key can't be had");
            not_had.push(NotHad { place, detail });
        }
    }
    not_had
}

fn run(desk: &Desk, does: Does) {
    match does {
        Does::Dial => dial::open(desk, DialWish::bare()),
        Does::Popup => desk.post(Event::FocusNewest),
        Does::DialSelection => dialling::dial_selection(desk),
    }
}
