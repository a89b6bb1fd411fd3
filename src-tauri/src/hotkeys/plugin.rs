//! The keys as the system gives them: Windows and macOS.

use tauri::AppHandle;
use tauri_plugin_global_shortcut::{GlobalShortcutExt as _, Shortcut, ShortcutEvent, ShortcutState};

use super::Why;

/// The system itself keeps what is taken.
#[derive(Default)]
pub(crate) struct Keys;

impl Keys {
    /// Lets go of all.
    pub(super) fn let_go(&self, app: &AppHandle) {
        if let Err(error) = app.global_shortcut().unregister_all() {
            tracing::warn!(%error, "the keys before are still taken");
        }
    }

    /// Takes one; or says in English why it can't be had.
    pub(super) fn take(
        &self,
        app: &AppHandle,
        shortcut: Shortcut,
        pressed: impl Fn() + Send + Sync + 'static,
    ) -> Result<(), (Why, String)> {
        let heard = move |_: &AppHandle, _: &Shortcut, event: ShortcutEvent| {
            if event.state == ShortcutState::Pressed {
                pressed();
            }
        };
        app.global_shortcut().on_shortcut(shortcut, heard).map_err(|error| (Why::Taken, error.to_string()))
    }
}
