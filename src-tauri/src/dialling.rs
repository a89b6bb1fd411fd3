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
    let copied = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_text());
    ask(app_state, copied.ok(), WishFrom::Clipboard);
}

/// Asks to dial the selected text where the system tells it, else what was copied.
pub(crate) fn dial_selection(app_state: &AppState) {
    aside(app_state, selection);
}

fn selection(app_state: &AppState) {
    #[cfg(target_os = "linux")]
    {
        use arboard::{GetExtLinux as _, LinuxClipboardKind};

        let selected = arboard::Clipboard::new()
            .and_then(|mut clipboard| clipboard.get().clipboard(LinuxClipboardKind::Primary).text());
        if let Some(selected) = selected.ok().filter(|text| looks_like_a_number(text)) {
            return ask(app_state, Some(selected), WishFrom::Selection);
        }
    }
    clipboard(app_state);
}

/// A text that is no number opens the window all the same: it says so, and the agent types.
fn ask(app_state: &AppState, text: Option<String>, from: WishFrom) {
    match text.map(|text| text.trim().to_owned()).filter(|text| looks_like_a_number(text)) {
        Some(number) => dial::open(app_state, DialWish::number(number, from)),
        None => dial::open(app_state, DialWish::bare()),
    }
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
}
