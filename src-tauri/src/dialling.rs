//! Ways to the dial window: links, the clipboard, the selected text, the command line.

use timbre_domain::dial_link::DialLink;
use timbre_domain::texts::Catalogue;

use crate::app_state::AppState;
use crate::windows::dial::{self, DialWish, WishFrom};

/// More than any number has.
const AT_MOST: usize = 64;

/// A link was opened: it always asks.
pub(crate) fn open_link(app_state: &AppState, link: &str) {
    let wish = match DialLink::parse(link) {
        Ok(DialLink { number, extension, context, .. }) => {
            DialWish { extension, context, ..DialWish::number(number, WishFrom::Link) }
        }
        Err(error) => {
            // The link itself may be somebody's number: it is not logged.
            tracing::info!(%error, "a link can't be dialled");
            let texts = Catalogue::of(app_state.language());
            let refusal = Some(texts.text(error.text_key()).to_owned());
            DialWish { refusal, ..DialWish::number(String::new(), WishFrom::Link) }
        }
    };
    dial::open(app_state, wish);
}

/// Asks to dial what was copied.
pub(crate) fn dial_clipboard(app_state: &AppState) {
    aside(app_state, clipboard);
}

/// Whoever has the clipboard may be slow, or be ourselves: the windows do not wait for it.
fn aside(app_state: &AppState, work: fn(&AppState)) {
    let app_state = app_state.clone();
    if let Err(error) = std::thread::Builder::new().name("clipboard".to_owned()).spawn(move || work(&app_state)) {
        tracing::error!(%error, "there is no thread for the clipboard");
    }
}

fn clipboard(app_state: &AppState) {
    ask(app_state, number_in(copied()).map(|number| (number, WishFrom::Clipboard)));
}

/// Asks to dial the selected text or what was copied, whichever came last and looks like a number.
pub(crate) fn dial_selection(app_state: &AppState) {
    aside(app_state, selection);
}

#[cfg(target_os = "linux")]
fn selection(app_state: &AppState) {
    use tauri::Manager as _;

    let copied_last = app_state.app().is_some_and(|app| app.state::<crate::hotkeys::Keys>().copied_last());
    ask(app_state, newest(copied_last, selected, copied));
}

/// Other systems do not tell what is selected.
#[cfg(not(target_os = "linux"))]
fn selection(app_state: &AppState) {
    clipboard(app_state);
}

/// The number to ask about: of what came last, else of what came before it. The other is not even read where it is not needed.
#[cfg(any(target_os = "linux", test))]
fn newest(
    copied_last: bool,
    selected: impl FnOnce() -> Option<String>,
    copied: impl FnOnce() -> Option<String>,
) -> Option<(String, WishFrom)> {
    let selected = || Some((number_in(selected())?, WishFrom::Selection));
    let copied = || Some((number_in(copied())?, WishFrom::Clipboard));
    if copied_last { copied().or_else(selected) } else { selected().or_else(copied) }
}

fn copied() -> Option<String> {
    arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_text()).ok()
}

#[cfg(target_os = "linux")]
fn selected() -> Option<String> {
    use arboard::{GetExtLinux as _, LinuxClipboardKind};

    arboard::Clipboard::new()
        .and_then(|mut clipboard| clipboard.get().clipboard(LinuxClipboardKind::Primary).text())
        .ok()
}

/// Where there is no number the window opens all the same, and the agent types.
fn ask(app_state: &AppState, number: Option<(String, WishFrom)>) {
    match number {
        Some((number, from)) => dial::open(app_state, DialWish::number(number, from)),
        None => dial::open(app_state, DialWish::bare()),
    }
}

fn number_in(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| looks_like_a_number(text))
}

/// Whether a text may be a telephone number: short, on one line, and mostly digits. Whether it can be dialled is for the
/// engine to say.
fn looks_like_a_number(text: &str) -> bool {
    let text = text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    text.len() <= AT_MOST && !text.contains(['\n', '\r']) && digits >= 3 && digits > letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_text_is_offered_when_it_may_be_a_number() {
        for text in ["8888-4787", " +506 8888 4787 ", "(506) 2222.3344", "tel 2222 3344"] {
            assert!(looks_like_a_number(text), "{text}");
        }
        for text in ["", "hola", "8888\n4787", "room 12", &"1".repeat(65)] {
            assert!(!looks_like_a_number(text), "{text:?}");
        }
    }

    #[test]
    fn what_was_copied_or_selected_last_is_offered_and_the_other_where_that_is_no_number() {
        let text = |text: &str| Some(text.to_owned());
        let offered = |copied_last, selected: &str, copied: &str| {
            let (selected, copied) = (text(selected), text(copied));
            newest(copied_last, || selected, || copied).map(|(number, from)| (number, from == WishFrom::Clipboard))
        };
        assert_eq!(offered(false, "8888-4787", "2222-3333"), Some(("8888-4787".to_owned(), false)));
        assert_eq!(offered(true, "8888-4787", "2222-3333"), Some(("2222-3333".to_owned(), true)));
        assert_eq!(offered(true, "8888-4787", "hola"), Some(("8888-4787".to_owned(), false)));
        assert_eq!(offered(false, "hola", " 2222-3333 "), Some(("2222-3333".to_owned(), true)));
        assert_eq!(offered(true, "hola", ""), None);
        let unread = || -> Option<String> { panic!("it is not needed") };
        assert!(newest(false, || text("8888-4787"), unread).is_some());
    }
}
