//! Follows what the engine tells, and tells windows and tray of it.

use std::time::Duration;

use timbre_domain::error::ErrorCode;
use timbre_domain::status::{Status, TrayStatus};
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::app_state::{AppState, Ask};
use crate::commands::events;
use crate::popup::pool;
use crate::windows::{dial, main, strip};
use crate::{preferences, tray};

/// Several things that happen at once are told once.
const GATHERED: Duration = Duration::from_millis(80);

/// How everything is, with the one thing to show where there is room for one.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct StripStatus {
    pub(crate) status: Status,
    pub(crate) tray_status: TrayStatus,
}

/// What the main window shows and asks for again when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Changed {
    Calls,
    Contacts,
    Outbox,
    Results,
}

/// Follows an engine until it is gone.
pub(crate) async fn run(app_state: AppState, mut events: Receiver<Event>) {
    refresh(&app_state).await;
    loop {
        let told = tokio::select! {
            told = events.recv() => told,
            () = quiet_ends(&app_state) => {
                preferences::apply(&app_state);
                refresh(&app_state).await;
                continue;
            }
        };
        let mut changed = Vec::new();
        match told {
            Ok(event) => hear(&app_state, &event, &mut changed).await,
            Err(RecvError::Lagged(_)) => {
                changed.extend([Changed::Calls, Changed::Results, Changed::Outbox, Changed::Contacts])
            }
            Err(RecvError::Closed) => return,
        }
        app_state.clock().sleep(GATHERED).await;
        while let Ok(event) = events.try_recv() {
            hear(&app_state, &event, &mut changed).await;
        }
        changed.sort_unstable();
        changed.dedup();
        for what in changed {
            app_state.tell(main::LABEL, events::main_changed(&what));
        }
        refresh(&app_state).await;
    }
}

/// When "do not disturb" comes to its end.
async fn quiet_ends(app_state: &AppState) {
    match app_state.status().do_not_disturb.and_then(|wish| wish.until) {
        Some(until) => {
            let left = (until - app_state.clock().now()).to_std().unwrap_or_default();
            app_state.clock().sleep(left + GATHERED).await;
        }
        None => std::future::pending().await,
    }
}

async fn hear(app_state: &AppState, event: &Event, changed: &mut Vec<Changed>) {
    match event {
        Event::Detected(_) | Event::Connected(_) | Event::Ended(_) | Event::Resumed(_) | Event::Recorded(_) => {
            changed.push(Changed::Calls);
        }
        Event::Popup(popup) if popup.completed => changed.push(Changed::Calls),
        Event::OutboxSent(item) | Event::OutboxWaiting(item) | Event::OutboxParked(item) => {
            changed.extend([Changed::Outbox, Changed::Results]);
            if let Some(call) = item.call_key.clone()
                && let Ok(records) = app_state.execute(command::CallRecords { call: call.clone() }).await
            {
                app_state.post(pool::Event::Records(call, records));
            }
        }
        Event::Store(state) if !state.ok && !state.backup && state.code == Some(ErrorCode::StoreDamaged) => {
            app_state.ask(Ask::Heal);
        }
        Event::Import(progress) if progress.finished => changed.push(Changed::Contacts),
        Event::Sync(progress) if progress.finished => changed.push(Changed::Contacts),
        Event::Dial(dial) => {
            app_state.tell(dial::LABEL, events::dial_progress(&dial.progress));
            app_state.tell(main::LABEL, events::dial_progress(&dial.progress));
        }
        _ => {}
    }
}

/// Tells windows and tray how everything is now.
pub(crate) async fn refresh(app_state: &AppState) {
    let status = app_state.execute(command::StatusShow).await.unwrap_or_default();
    let before = app_state.status();
    app_state.remember_status(status.clone());
    if before != status {
        app_state.tell(main::LABEL, events::status_changed(&status));
        app_state.tell(dial::LABEL, events::status_changed(&status));
        let tray_status = status.tray_status();
        app_state.tell(strip::LABEL, events::strip_status(&StripStatus { status: status.clone(), tray_status }));
    }
    tray::show(app_state, &status).await;
}
