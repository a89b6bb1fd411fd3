//! What the agent chooses, carried out: language, keys, start with the session, where pop-ups stand.

use tauri_plugin_autostart::ManagerExt as _;
use timbre_domain::error::ErrorCode;
use timbre_domain::preferences::Preferences;
use timbre_domain::refusal::Refusal;
use timbre_engine::CommandError;
use timbre_engine::api::command;

use crate::desk::Desk;
use crate::popup::pool::Event;
use crate::{follow, hotkeys};

/// Keeps what the agent chose and acts on it. Keys that can't be had are refused, and the ones before stay.
pub(crate) async fn choose(desk: &Desk, chosen: Preferences) -> Result<(), Refusal> {
    let before = desk.preferences();
    if let Some(app) = desk.app().filter(|_| chosen.hotkeys != before.hotkeys)
        && let Some(not_had) = hotkeys::take(app, desk, &chosen.hotkeys).into_iter().next()
    {
        hotkeys::take(app, desk, &before.hotkeys);
        return Err(desk.refusal(CommandError::new(ErrorCode::KeyTaken, not_had.detail).at(not_had.place)));
    }
    if chosen.autostart != before.autostart {
        start_with_session(desk, chosen.autostart)?;
    }
    desk.execute(command::PreferencesSet(chosen)).await?;
    apply(desk);
    desk.say_hello();
    follow::refresh(desk).await;
    Ok(())
}

/// Starts Timbre with the session from now on, or no more.
pub(crate) fn start_with_session(desk: &Desk, wanted: bool) -> Result<(), Refusal> {
    let Some(app) = desk.app() else { return Ok(()) };
    let autostart = app.autolaunch();
    // To switch off what is off fails on some systems.
    if autostart.is_enabled().unwrap_or(!wanted) == wanted {
        return Ok(());
    }
    let done = if wanted { autostart.enable() } else { autostart.disable() };
    done.map_err(|error| desk.refusal(CommandError::new(ErrorCode::SystemRefused, error.to_string()).at("autostart")))
}

/// Acts on what was chosen before, at the start.
pub(crate) fn apply(desk: &Desk) {
    let silent = desk.preferences().silent(desk.clock().now());
    let shows = desk.hello().popup;
    // Where no pop-up will come, none waits for it.
    let none = silent || !(shows.incoming || shows.outgoing) || !(shows.on_ring || shows.on_answer);
    desk.post(Event::Spare(if none { 0 } else { crate::popup::SPARE }));
}
