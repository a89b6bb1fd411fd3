//! Ways to the dial window: links, the clipboard, the selected text, the command line.

use timbre_domain::dial_link::DialLink;
use timbre_domain::texts::Catalogue;

use crate::desk::Desk;
use crate::windows::dial::{self, DialWish, WishFrom};

/// More than any number has.
const AT_MOST: usize = 64;

/// A link was opened: it always asks.
pub(crate) fn open_link(desk: &Desk, link: &str) {
    let wish = match DialLink::parse(link) {
        Ok(DialLink { number, extension, context, .. }) => {
            DialWish { extension, context, ..DialWish::number(number, WishFrom::Link) }
        }
        Err(error) => {
            // The link itself may be somebody's number: it is not logged.
            tracing::info!(%error, "a link can't be dialled");
            let texts = Catalogue::of(desk.language());
            let refusal = Some(texts.text(error.text_key()).to_owned());
            DialWish { refusal, ..DialWish::number(String::new(), WishFrom::Link) }
        }
    };
    dial::open(desk, wish);
}

/// Asks to dial what was copied.
pub(crate) fn dial_clipboard(desk: &Desk) {
    aside(desk, clipboard);
}

/// Whoever has the clipboard may be slow, or be ourselves: the windows do not wait for it.
fn aside(desk: &Desk, work: fn(&Desk)) {
    let desk = desk.clone();
    if let Err(error) = std::thread::Builder::new().name("clipboard".to_owned()).spawn(move || work(&desk)) {
        tracing::error!(%error, "there is no thread for the clipboard");
    }
}

fn clipboard(desk: &Desk) {
    let copied = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_text());
    ask(desk, copied.ok(), WishFrom::Clipboard);
}

/// Asks to dial the selected text where the system tells it, else what was copied.
pub(crate) fn dial_selection(desk: &Desk) {
    aside(desk, selection);
}

fn selection(desk: &Desk) {
    #[cfg(target_os = "linux")]
    {
        use arboard::{GetExtLinux as _, LinuxClipboardKind};

        let selected = arboard::Clipboard::new()
            .and_then(|mut clipboard| clipboard.get().clipboard(LinuxClipboardKind::Primary).text());
        if let Some(selected) = selected.ok().filter(|text| looks_like_a_number(text)) {
            return ask(desk, Some(selected), WishFrom::Selection);
        }
    }
    clipboard(desk);
}

/// A text that is no number opens the window all the same: it says so, and the agent types.
fn ask(desk: &Desk, text: Option<String>, from: WishFrom) {
    match text.map(|text| text.trim().to_owned()).filter(|text| looks_like_a_number(text)) {
        Some(number) => dial::open(desk, DialWish::number(number, from)),
        None => dial::open(desk, DialWish::bare()),
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
