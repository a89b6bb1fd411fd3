//! Notifications by the desktop's own specification (freedesktop.org, "Desktop Notifications Specification"), with actions.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use notify_rust::{Hint, Notification, Timeout, Urgency};
use timbre_domain::notice::{Notice, NoticeAction, NoticeKind};
use timbre_domain::texts::Catalogue;
use timbre_engine::api::command;
use uuid::Uuid;

use crate::app_state::AppState;
use crate::windows::dial::{self, DialWish, WishFrom};
use crate::windows::main::{self, Goal, Page};

/// The notification that stands for something, by what it is about: the next one takes its place.
static STANDING: LazyLock<Mutex<HashMap<String, (u32, Uuid)>>> = LazyLock::new(Mutex::default);

/// Shows it, and stays until it is acted on, or goes.
pub(super) fn show(app_state: &AppState, notice: &Notice) -> Result<(), notify_rust::error::Error> {
    let handle = notification(app_state, notice).show()?;
    let id = handle.id();
    STANDING.lock().unwrap_or_else(PoisonError::into_inner).insert(notice.about.clone(), (id, notice.id));
    handle.wait_for_action(|chosen| {
        // A notice that took this one's place has its number: what is done about it is the other's business.
        let mut standing = STANDING.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.get(&notice.about) == Some(&(id, notice.id)) {
            standing.remove(&notice.about);
            drop(standing);
            act(app_state, notice, chosen);
        }
    });
    Ok(())
}

/// Closes what stands for a notice, unless another notice took its place.
#[cfg(target_os = "linux")]
pub(super) fn close(notice: &Notice) -> zbus::Result<()> {
    let mut standing = STANDING.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((id, _)) = standing.get(&notice.about).copied().filter(|(_, of)| *of == notice.id) else {
        return Ok(());
    };
    standing.remove(&notice.about);
    drop(standing);
    let bus = zbus::blocking::Connection::session()?;
    let server = zbus::blocking::Proxy::new(
        &bus,
        "org.freedesktop.Notifications",
        "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications",
    )?;
    server.call_method("CloseNotification", &(id,)).map(drop)
}

fn notification(app_state: &AppState, notice: &Notice) -> Notification {
    let texts = Catalogue::of(app_state.language());
    let mut notification = super::notification(notice);
    notification.hint(Hint::DesktopEntry("timbre".to_owned())).hint(Hint::Category(category(notice.kind).to_owned()));
    notification.urgency(match notice.kind {
        NoticeKind::ProviderBack | NoticeKind::CrmBack | NoticeKind::TrayMissing => Urgency::Low,
        NoticeKind::ProviderLost | NoticeKind::CrmLost => Urgency::Critical,
        NoticeKind::Missed | NoticeKind::DialFailed | NoticeKind::Parked | NoticeKind::Database => Urgency::Normal,
    });
    if matches!(notice.kind, NoticeKind::ProviderLost | NoticeKind::CrmLost) {
        notification.timeout(Timeout::Never);
    }
    // A click on the notification itself.
    notification.action("default", texts.text("notice.action.open"));
    for action in &notice.actions {
        notification.action(name(*action), texts.text(&format!("notice.action.{}", name(*action))));
    }
    let standing = STANDING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((id, _)) = standing.get(&notice.about) {
        notification.id(*id);
    }
    notification
}

fn act(app_state: &AppState, notice: &Notice, chosen: &str) {
    match chosen {
        "call_back" => {
            if let Some(number) = notice.number.clone() {
                let contact = notice.contact;
                dial::open(app_state, DialWish { contact, ..DialWish::number(number, WishFrom::CallBack) });
            }
        }
        "snooze" => {
            let (app_state, notice) = (app_state.clone(), notice.id);
            tauri::async_runtime::spawn(async move {
                if let Err(refusal) = app_state.execute(command::NoticeSnooze { notice }).await {
                    tracing::warn!(code = refusal.code.as_str(), "a notice could not be put off");
                }
            });
        }
        "open" | "default" => {
            let page = match notice.kind {
                NoticeKind::Parked | NoticeKind::CrmLost | NoticeKind::CrmBack => Page::Outbox,
                _ => Page::Today,
            };
            main::open(app_state, Goal { page, call: notice.call.clone(), contact: notice.contact, ..Goal::default() });
        }
        // It was closed, or timed out.
        _ => {}
    }
}

fn name(action: NoticeAction) -> &'static str {
    match action {
        NoticeAction::Open => "open",
        NoticeAction::CallBack => "call_back",
        NoticeAction::Snooze => "snooze",
    }
}

/// As the notification specification names them.
fn category(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Missed => "call.unanswered",
        NoticeKind::DialFailed => "call.ended",
        NoticeKind::Parked => "transfer.error",
        NoticeKind::ProviderLost | NoticeKind::CrmLost => "network.disconnected",
        NoticeKind::ProviderBack | NoticeKind::CrmBack => "network.connected",
        NoticeKind::Database | NoticeKind::TrayMissing => "device",
    }
}
