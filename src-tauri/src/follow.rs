//! Follows what the engine tells, and tells windows and tray of it.

use std::time::Duration;

use timbre_domain::error::ErrorCode;
use timbre_domain::status::{Light, Status};
use timbre_engine::api::commands::{Command, Reply};
use timbre_engine::api::event::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::desk::{Ask, Desk};
use crate::popup::pool;
use crate::windows::{dial, main, strip};
use crate::{preferences, tray};

/// Several things that happen at once are told once.
const GATHERED: Duration = Duration::from_millis(80);

/// How everything is, with the one thing to show where there is room for one.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct StatusAndLight {
    pub(crate) status: Status,
    pub(crate) light: Light,
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
            Err(RecvError::Lagged(_)) => changed.extend(["calls", "results", "outbox", "contacts"]),
            Err(RecvError::Closed) => return,
        }
        desk.clock().sleep(GATHERED).await;
        while let Ok(event) = events.try_recv() {
            hear(&desk, &event, &mut changed).await;
        }
        changed.sort_unstable();
        changed.dedup();
        for what in changed {
            desk.emit_to(main::LABEL, "main-changed", &what);
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

async fn hear(desk: &Desk, event: &Event, changed: &mut Vec<&'static str>) {
    match event {
        Event::Detected(_) | Event::Connected(_) | Event::Ended(_) | Event::Resumed(_) | Event::Recorded(_) => {
            changed.push("calls");
        }
        Event::Popup(popup) if popup.completed => changed.push("calls"),
        Event::OutboxSent(item) | Event::OutboxWaiting(item) | Event::OutboxParked(item) => {
            changed.extend(["outbox", "results"]);
            if let Some(call) = item.call_key.clone()
                && let Ok(Reply::Records { records }) = desk.execute(Command::Records { call: call.clone() }).await
            {
                desk.post(pool::Event::Records(call, records));
            }
        }
        Event::Store(state) if !state.ok && !state.backup && state.code == Some(ErrorCode::StoreDamaged) => {
            desk.ask(Ask::Heal);
        }
        Event::Import(progress) if progress.finished => changed.push("contacts"),
        Event::Sync(progress) if progress.finished => changed.push("contacts"),
        Event::Dial(dial) => {
            desk.emit_to(dial::LABEL, "dial-progress", &dial.progress);
            desk.emit_to(main::LABEL, "main-progress", &dial.progress);
        }
        _ => {}
    }
}

/// Tells windows and tray how everything is now.
pub(crate) async fn refresh(desk: &Desk) {
    let status = match desk.execute(Command::Status).await {
        Ok(Reply::Status(status)) => *status,
        _ => Status::default(),
    };
    let before = desk.status();
    desk.remember_status(status.clone());
    if before != status {
        desk.emit_to(main::LABEL, "main-status", &status);
        desk.emit_to(dial::LABEL, "dial-status", &status);
        let light = status.light();
        desk.emit_to(strip::LABEL, "strip-status", &StatusAndLight { status: status.clone(), light });
    }
    tray::show(desk, &status).await;
}
