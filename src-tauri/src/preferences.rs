//! What the agent chooses, carried out: language, keys, start with the session, where pop-ups stand.

use tauri_plugin_autostart::ManagerExt as _;
use timbre_domain::error::ErrorCode;
use timbre_domain::preferences::Preferences;
use timbre_domain::refusal::Refusal;
use timbre_domain::texts::Catalogue;
use timbre_engine::CommandError;
use timbre_engine::api::command;

use crate::app_state::AppState;
use crate::popup::pool::Event;
use crate::{follow, hotkeys};

/// Keeps what the agent chose and acts on it. Keys that can't be had are refused, and the ones before stay.
pub(crate) async fn choose(app_state: &AppState, chosen: Preferences) -> Result<(), Refusal> {
    let before = app_state.preferences();
    if let Some(app) = app_state.app().filter(|_| chosen.hotkeys != before.hotkeys) {
        let not_had = hotkeys::take(app, app_state, &chosen.hotkeys);
        if let Some(refused) = hotkeys::refused(&not_had, &before.hotkeys, &chosen.hotkeys) {
            let refusal = refused.refusal(Catalogue::of(app_state.language()));
            hotkeys::take(app, app_state, &before.hotkeys);
            return Err(refusal);
        }
    }
    if chosen.autostart != before.autostart {
        start_with_session(app_state, chosen.autostart)?;
    }
    app_state.execute(command::PreferencesSet(chosen)).await?;
    apply(app_state);
    app_state.publish_bootstrap();
    follow::refresh(app_state).await;
    Ok(())
}

/// Starts Timbre with the session from now on, or no more.
pub(crate) fn start_with_session(app_state: &AppState, wanted: bool) -> Result<(), Refusal> {
    let Some(app) = app_state.app() else { return Ok(()) };
    let autostart = app.autolaunch();
    // To switch off what is off fails on some systems.
    if autostart.is_enabled().unwrap_or(!wanted) == wanted {
        return Ok(());
    }
    let done = if wanted { autostart.enable() } else { autostart.disable() };
    done.map_err(|error| {
        app_state.refusal(CommandError::new(ErrorCode::SystemRefused, error.to_string()).at("autostart"))
    })
}

/// Acts on what was chosen before, at the start.
pub(crate) fn apply(app_state: &AppState) {
    let silent = app_state.preferences().silent(app_state.clock().now());
    let shows = app_state.bootstrap().popup;
    // Where no pop-up will come, none waits for it.
    let none = silent || !(shows.incoming || shows.outgoing) || !(shows.on_ring || shows.on_answer);
    app_state.post(Event::Spare(if none { 0 } else { crate::popup::SPARE }));
}
