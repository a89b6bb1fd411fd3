//! Leaving while something is typed that can't be kept as it is: the agent is asked, and where nobody can be asked it is put
//! down in a file.

use std::io;
use std::path::{Path, PathBuf};

use chrono::Local;
use tauri::WebviewWindow;
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind};
use timbre_domain::notice::{Notice, NoticeKind};
use timbre_domain::ports::Shell as _;
use timbre_domain::texts::Catalogue;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::app_state::{AppState, Ask};

/// What of a long list fits a question.
const SHOWN: usize = 12;

/// The agent wants to quit: `Quit` where everything is kept or she says so, `End` where the system does not wait for her
/// answer, nothing where she stays.
pub(crate) async fn may_quit(app_state: &AppState, asked: &mut UnboundedReceiver<Ask>) -> Option<Ask> {
    let left = app_state.flush().await;
    if left.is_empty() {
        return Some(Ask::Quit);
    }
    let answer = ask(app_state, None, &left, "leave.quit");
    tokio::pin!(answer);
    loop {
        tokio::select! {
            leaves = &mut answer => return leaves.then_some(Ask::Quit),
            ask = asked.recv() => match ask {
                None | Some(Ask::End) => return Some(Ask::End),
                // She is being asked already. What else was asked is done once she has answered.
                Some(Ask::Quit) => {}
                Some(other) => {
                    app_state.ask(other);
                    return (&mut answer).await.then_some(Ask::Quit);
                }
            },
        }
    }
}

/// Whether a window may close: everything in it is kept, or the agent says so.
pub(crate) async fn may_close(app_state: &AppState, window: &WebviewWindow) -> bool {
    let left = app_state.flush_windows([window.label().to_owned()].into()).await;
    left.is_empty() || ask(app_state, Some(window), &left, "leave.close").await
}

/// Asks whether what is typed may be lost. Whoever closes the question stays.
async fn ask(app_state: &AppState, window: Option<&WebviewWindow>, left: &[String], leave: &str) -> bool {
    let Some(app) = app_state.app() else { return true };
    let texts = Catalogue::of(app_state.language());
    let shown: Vec<_> = left.iter().take(SHOWN).map(|line| format!("· {line}")).collect();
    let mut dialog = app
        .dialog()
        .message(texts.fill("leave.ask", &[("left", &shown.join("\n"))]))
        .title("Timbre")
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom(
            texts.text(leave).to_owned(),
            texts.text("leave.stay").to_owned(),
        ));
    if let Some(window) = window {
        dialog = dialog.parent(window);
    }
    let (answer, answered) = oneshot::channel();
    dialog.show(move |leaves| {
        // Nobody waits any more where the system ended Timbre meanwhile.
        let _ = answer.send(leaves);
    });
    answered.await.unwrap_or(false)
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("not-saved.txt")
}

/// Adds text to the end of a file, whole or not at all.
fn append(place: &Path, text: &str) -> io::Result<()> {
    let before = match std::fs::read_to_string(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        before => before?,
    };
    timbre_files::replace(place, format!("{before}{text}").as_bytes())
}

/// Moves what stands in one file to the end of another; `false` where there is nothing.
fn gather(from: &Path, to: &Path) -> io::Result<bool> {
    match std::fs::read_to_string(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        text => {
            append(to, &text?)?;
            std::fs::remove_file(from).map(|()| true)
        }
    }
}

/// Puts what could not be kept into a file of the data folder, behind what stands there.
pub(crate) fn put_down(app_state: &AppState, left: &[String]) {
    let Some(data_dir) = app_state.data_dir().filter(|_| !left.is_empty()) else { return };
    let at = app_state.clock().now().with_timezone(&Local).format("%Y-%m-%d %H:%M");
    let lines: String = left.iter().map(|line| format!("{at}  {line}\n")).collect();
    match append(&file(data_dir), &lines) {
        Ok(()) => tracing::warn!(count = left.len(), "what could not be saved was put into not-saved.txt"),
        Err(error) => tracing::error!(%error, count = left.len(), "what was typed last is lost"),
    }
}

/// Tells, once, that the last time ended with something that could not be kept, and where it is.
pub(crate) fn tell_of_last_time(app_state: &AppState) {
    let Some(data_dir) = app_state.data_dir() else { return };
    let told = data_dir.join("not-saved.told.txt");
    match gather(&file(data_dir), &told) {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return tracing::error!(%error, "what was put down the last time can't be moved"),
    }
    let texts = Catalogue::of(app_state.language());
    app_state.notify(&Notice {
        id: Uuid::now_v7(),
        at: app_state.clock().now(),
        kind: NoticeKind::Database,
        title: texts.text("notice.not_saved").to_owned(),
        body: texts.fill("notice.not_saved.body", &[("file", &told.display().to_string())]),
        actions: Vec::new(),
        about: "not-saved".to_owned(),
        call: None,
        number: None,
        contact: None,
        account: None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_down_is_gathered_once_behind_what_was_told_before() {
        let dir = tempfile::tempdir().unwrap();
        let told = dir.path().join("told.txt");
        assert!(!gather(&file(dir.path()), &told).unwrap(), "nothing was put down");
        append(&file(dir.path()), "Ana: contacto Rosa\n").unwrap();
        append(&file(dir.path()), "Ana: 31/2 llamar\n").unwrap();
        assert!(gather(&file(dir.path()), &told).unwrap());
        assert!(!gather(&file(dir.path()), &told).unwrap(), "once");
        append(&file(dir.path()), "Luis: 12 ?\n").unwrap();
        assert!(gather(&file(dir.path()), &told).unwrap());
        let text = std::fs::read_to_string(&told).unwrap();
        assert_eq!(text, "Ana: contacto Rosa\nAna: 31/2 llamar\nLuis: 12 ?\n");
    }
}
