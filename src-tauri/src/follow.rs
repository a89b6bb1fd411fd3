//! Follows what the engine tells, and tells windows and tray of it.

use std::time::Duration;

use timbre_domain::error::ErrorCode;
use timbre_domain::status::{Light, Status};
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::commands::events;
use crate::desk::{Ask, Desk};
use crate::popup::pool;
use crate::windows::{dial, main, strip};
use crate::{preferences, tray};

/// Several things that happen at once are told once.
const GATHERED: Duration = Duration::from_millis(80);

/// How everything is, with the one thing to show where there is room for one.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct StatusAndLight {
    pub(crate) status: Status,
    pub(crate) light: Light,
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
pub(crate) async fn run(desk: Desk, mut events: Receiver<Event>) {
    refresh(&desk).await;
    loop {
        let told = tokio::select! {
            told = events.recv() => told,
            () = quiet_ends(&desk) => {
                preferences::apply(&desk);
                refresh(&desk).await;
                continue;
            }
        };
        let mut changed = Vec::new();
        match told {
            Ok(event) => hear(&desk, &event, &mut changed).await,
            Err(RecvError::Lagged(_)) => {
                changed.extend([Changed::Calls, Changed::Results, Changed::Outbox, Changed::Contacts])
            }
            Err(RecvError::Closed) => return,
        }
        desk.clock().sleep(GATHERED).await;
        while let Ok(event) = events.try_recv() {
            hear(&desk, &event, &mut changed).await;
        }
        changed.sort_unstable();
        changed.dedup();
        for what in changed {
            desk.tell(main::LABEL, events::main_changed(&what));
        }
        refresh(&desk).await;
    }
}

/// When "do not disturb" comes to its end.
async fn quiet_ends(desk: &Desk) {
    match desk.status().do_not_disturb.and_then(|wish| wish.until) {
        Some(until) => {
            let left = (until - desk.clock().now()).to_std().unwrap_or_default();
            desk.clock().sleep(left + GATHERED).await;
        }
        None => std::future::pending().await,
    }
}

async fn hear(desk: &Desk, event: &Event, changed: &mut Vec<Changed>) {
    match event {
        Event::Detected(_) | Event::Connected(_) | Event::Ended(_) | Event::Resumed(_) | Event::Recorded(_) => {
            changed.push(Changed::Calls);
        }
        Event::Popup(popup) if popup.completed => changed.push(Changed::Calls),
        Event::OutboxSent(item) | Event::OutboxWaiting(item) | Event::OutboxParked(item) => {
            changed.extend([Changed::Outbox, Changed::Results]);
            if let Some(call) = item.call_key.clone()
                && let Ok(records) = desk.execute(command::CallRecords { call: call.clone() }).await
            {
                desk.post(pool::Event::Records(call, records));
            }
        }
        Event::Store(state) if !state.ok && !state.backup && state.code == Some(ErrorCode::StoreDamaged) => {
            desk.ask(Ask::Heal);
        }
        Event::Import(progress) if progress.finished => changed.push(Changed::Contacts),
        Event::Sync(progress) if progress.finished => changed.push(Changed::Contacts),
        Event::Dial(dial) => {
            desk.tell(dial::LABEL, events::dial_progress(&dial.progress));
            desk.tell(main::LABEL, events::dial_progress(&dial.progress));
        }
        _ => {}
    }
}

/// Tells windows and tray how everything is now.
pub(crate) async fn refresh(desk: &Desk) {
    let status = desk.execute(command::StatusShow).await.unwrap_or_default();
    let before = desk.status();
    desk.remember_status(status.clone());
    if before != status {
        desk.tell(main::LABEL, events::status_changed(&status));
        desk.tell(dial::LABEL, events::status_changed(&status));
        let light = status.light();
        desk.tell(strip::LABEL, events::strip_status(&StatusAndLight { status: status.clone(), light }));
    }
    tray::show(desk, &status).await;
}
