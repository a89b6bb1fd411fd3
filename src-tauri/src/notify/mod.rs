//! The system's notifications, with what can be done about them where the system has buttons for it.

#[cfg(all(unix, not(target_os = "macos")))]
mod xdg;

use notify_rust::Notification;
use timbre_domain::notice::Notice;

#[cfg(all(unix, not(target_os = "macos")))]
use self::xdg::show;
use crate::app_state::AppState;

/// Tells a notice. It returns at once: a notification server that hangs keeps no call from being shown.
pub(crate) fn tell(app_state: &AppState, notice: &Notice) {
    let (app_state, notice) = (app_state.clone(), notice.clone());
    let told = std::thread::Builder::new().name("notice".to_owned()).spawn(move || {
        if let Err(error) = show(&app_state, &notice) {
            // Not every desktop has notifications; what happened stands in the main window all the same.
            tracing::warn!(%error, "a notification could not be shown");
        }
    });
    if let Err(error) = told {
        tracing::error!(%error, "there is no thread for a notification");
    }
}

/// Takes a notice away where it still stands. It returns at once, too.
pub(crate) fn withdraw(notice: &Notice) {
    #[cfg(target_os = "linux")]
    {
        let notice = notice.clone();
        let closed = std::thread::Builder::new().name("notice".to_owned()).spawn(move || {
            if let Err(error) = xdg::close(&notice) {
                tracing::warn!(%error, "a notification could not be taken away");
            }
        });
        if let Err(error) = closed {
            tracing::error!(%error, "there is no thread for a notification");
        }
    }
    // Elsewhere the system's library knows no way to take one away; the history is right.
    #[cfg(not(target_os = "linux"))]
    let _ = notice;
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn show(_: &AppState, notice: &Notice) -> Result<(), notify_rust::error::Error> {
    notification(notice).show().map(drop)
}

fn notification(notice: &Notice) -> Notification {
    let mut notification = Notification::new();
    notification.appname("Timbre").summary(&plain(&notice.title)).body(&body(&notice.body)).icon("timbre");
    notification
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
