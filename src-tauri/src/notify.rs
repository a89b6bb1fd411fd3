//! The system's notifications, with what can be done about them.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use notify_rust::{Hint, Notification, Timeout, Urgency};
use timbre_domain::notice::{Notice, NoticeAction, NoticeKind};
use timbre_domain::texts::Catalogue;
use timbre_engine::commands::Command;
use uuid::Uuid;

use crate::desk::Desk;
use crate::windows::dial::{self, DialWish, WishFrom};
use crate::windows::main::{self, Goal, Page};

/// The notification that stands for something, by what it is about: the next one takes its place.
static STANDING: LazyLock<Mutex<HashMap<String, (u32, Uuid)>>> = LazyLock::new(Mutex::default);

/// Tells a notice. It returns at once: a notification server that hangs keeps no call from being shown.
pub(crate) fn tell(desk: &Desk, notice: &Notice) {
    let (desk, notice) = (desk.clone(), notice.clone());
    let told = std::thread::Builder::new().name("notice".to_owned()).spawn(move || {
        if let Err(error) = show(&desk, &notice) {
            // Not every desktop has notifications; what happened stands in the main window all the same.
            tracing::warn!(%error, "a notification could not be shown");
        }
    });
    if let Err(error) = told {
        tracing::error!(%error, "there is no thread for a notification");
    }
}

fn notification(desk: &Desk, notice: &Notice) -> Notification {
    let texts = Catalogue::of(desk.language());
    let mut notification = Notification::new();
    notification.appname("Timbre").summary(&plain(&notice.title)).body(&body(&notice.body)).icon("timbre");
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        notification
            .hint(Hint::DesktopEntry("timbre".to_owned()))
            .hint(Hint::Category(category(notice.kind).to_owned()));
        notification.urgency(match notice.kind {
            NoticeKind::ProviderBack => Urgency::Low,
            NoticeKind::ProviderLost => Urgency::Critical,
            NoticeKind::Missed | NoticeKind::DialFailed | NoticeKind::Parked => Urgency::Normal,
        });
        if notice.kind == NoticeKind::ProviderLost {
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
    }
    notification
}

#[cfg(all(unix, not(target_os = "macos")))]
fn show(desk: &Desk, notice: &Notice) -> Result<(), notify_rust::error::Error> {
    let handle = notification(desk, notice).show()?;
    let id = handle.id();
    STANDING.lock().unwrap_or_else(PoisonError::into_inner).insert(notice.about.clone(), (id, notice.id));
    // It ends when the notification is acted on, or goes.
    handle.wait_for_action(|chosen| {
        // A notice that took this one's place has its number: what is done about it is the other's business.
        let mut standing = STANDING.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.get(&notice.about) == Some(&(id, notice.id)) {
            standing.remove(&notice.about);
            drop(standing);
            act(desk, notice, chosen);
        }
    });
    Ok(())
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn show(desk: &Desk, notice: &Notice) -> Result<(), notify_rust::error::Error> {
    notification(desk, notice).show().map(drop)
}

fn act(desk: &Desk, notice: &Notice, chosen: &str) {
    match chosen {
        "call_back" => {
            if let Some(number) = notice.number.clone() {
                let contact = notice.contact;
                dial::open(desk, DialWish { contact, ..DialWish::number(number, WishFrom::CallBack) });
            }
        }
        "snooze" => {
            let (desk, notice) = (desk.clone(), notice.id);
            tauri::async_runtime::spawn(async move {
                if let Err(refusal) = desk.execute(Command::NoticeSnooze { notice }).await {
                    tracing::warn!(code = refusal.code.as_str(), "a notice could not be put off");
                }
            });
        }
        "open" | "default" => {
            let page = match notice.kind {
                NoticeKind::Parked => Page::Outbox,
                _ => Page::Today,
            };
            main::open(desk, Goal { page, call: notice.call.clone(), contact: notice.contact });
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
        NoticeKind::ProviderLost => "network.disconnected",
        NoticeKind::ProviderBack => "network.connected",
    }
}

/// A stranger's text on one line, without what has no look of its own.
fn plain(text: &str) -> String {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().filter(|c| !unseen(*c)).take(200).collect()
}

/// The body is markup where the server knows it (Desktop Notifications Specification, "Markup"): a caller's name is text.
fn body(text: &str) -> String {
    let escaped = |line: &str| {
        let line = plain(line);
        if cfg!(all(unix, not(target_os = "macos"))) {
            line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        } else {
            line
        }
    };
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_is_text_in_a_notification() {
        assert_eq!(plain("a\u{202e}b\nc\u{7}"), "abc");
        #[cfg(target_os = "linux")]
        assert_eq!(body("<b>Juan</b> & Co\n8888 4787"), "&lt;b&gt;Juan&lt;/b&gt; &amp; Co\n8888 4787");
    }
}
