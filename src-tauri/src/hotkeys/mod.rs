//! Keys that work in every program.

use std::collections::BTreeSet;

#[cfg(not(target_os = "linux"))]
mod plugin;
#[cfg(target_os = "linux")]
mod x11;

use tauri::{AppHandle, Manager as _};
use tauri_plugin_global_shortcut::Shortcut;
use timbre_domain::error::ErrorCode;
use timbre_domain::preferences::Hotkeys;
use timbre_domain::refusal::Refusal;
use timbre_domain::texts::Catalogue;

use crate::app_state::AppState;
use crate::dialling;
use crate::popup::pool::Event;
use crate::windows::dial::{self, DialWish};

#[cfg(not(target_os = "linux"))]
pub(crate) use plugin::Keys;
#[cfg(target_os = "linux")]
pub(crate) use x11::Keys;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Dial,
    Popup,
    DialSelection,
}

/// Why a key can't be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Another program has it.
    Taken,
    /// Another of these keys is the same.
    Twice,
    /// The text names no key, or none of this keyboard.
    NoKey,
    /// The system gives programs no keys.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "X11 alone tells it apart"))]
    System,
}

/// A key that can't be had, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct NotHad {
    /// Which of the preferences, such as `hotkeys.dial`.
    pub(crate) place: &'static str,
    why: Why,
    detail: String,
}

impl NotHad {
    /// In the words that the page with the keys shows.
    pub(crate) fn refusal(&self, texts: &Catalogue) -> Refusal {
        let of = |code| Refusal::new(texts, code, Some(self.place.to_owned()), self.detail.clone());
        let because = |key: &str| Refusal { what: texts.text(key).to_owned(), ..of(ErrorCode::KeyTaken) };
        match self.why {
            Why::Taken => of(ErrorCode::KeyTaken),
            Why::Twice => because("settings.keys.twice"),
            Why::NoKey => because("settings.keys.no_key"),
            Why::System => of(ErrorCode::SystemRefused),
        }
    }
}

/// The keys of the preferences, each with its place.
fn places(hotkeys: &Hotkeys) -> [(&'static str, &str, Does); 3] {
    [
        ("hotkeys.dial", &hotkeys.dial, Does::Dial),
        ("hotkeys.popup", &hotkeys.popup, Does::Popup),
        ("hotkeys.dial_selection", &hotkeys.dial_selection, Does::DialSelection),
    ]
}

/// The first key that can't be had among those that are other ones than before: what was not to be had before is no reason
/// to refuse another.
pub(crate) fn refused<'a>(not_had: &'a [NotHad], before: &Hotkeys, chosen: &Hotkeys) -> Option<&'a NotHad> {
    let (before, chosen) = (places(before), places(chosen));
    let changed = |place| before.iter().zip(&chosen).any(|(one, other)| one.0 == place && one.1 != other.1);
    not_had.iter().find(|not_had| changed(not_had.place))
}

/// Takes these keys, and lets go of the ones before. Gives the ones that could not be had, and remembers them for the page
/// with the keys.
pub(crate) fn take(app: &AppHandle, app_state: &AppState, hotkeys: &Hotkeys) -> Vec<NotHad> {
    let keys = app.state::<Keys>();
    keys.let_go(app);
    let wanted = places(hotkeys);
    let mut taken = BTreeSet::new();
    let mut not_had = Vec::new();
    for (place, written, does) in wanted.into_iter().filter(|(_, written, _)| !written.trim().is_empty()) {
        let had = written.parse::<Shortcut>().map_err(|error| (Why::NoKey, error.to_string())).and_then(|shortcut| {
            if !taken.insert(shortcut.id()) {
                return Err((Why::Twice, "another of these keys is the same".to_owned()));
            }
            let app_state = app_state.clone();
            keys.take(app, shortcut, move || run(&app_state, does))
        });
        if let Err((why, detail)) = had {
            tracing::warn!(place, detail, "a key can't be had");
            not_had.push(NotHad { place, why, detail });
        }
    }
    app_state.keys_not_had(not_had.clone());
    not_had
}

fn run(app_state: &AppState, does: Does) {
    match does {
        Does::Dial => dial::open(app_state, DialWish::bare()),
        Does::Popup => app_state.post(Event::FocusNewest),
        Does::DialSelection => dialling::dial_selection(app_state),
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::texts::Language;

    use super::*;

    fn not_had(place: &'static str, why: Why) -> NotHad {
        NotHad { place, why, detail: "x".to_owned() }
    }

    #[test]
    fn a_key_that_could_not_be_had_before_is_no_reason_to_refuse_another() {
        let before = Hotkeys { dial: "Ctrl+1".into(), popup: "Ctrl+2".into(), dial_selection: "Ctrl+3".into() };
        let chosen = Hotkeys { popup: "Ctrl+4".into(), ..before.clone() };
        let gone = [not_had("hotkeys.dial", Why::Taken)];
        assert!(refused(&gone, &before, &chosen).is_none(), "the dial key stays as it was");
        let both = [not_had("hotkeys.dial", Why::Taken), not_had("hotkeys.popup", Why::Twice)];
        assert_eq!(refused(&both, &before, &chosen).map(|one| one.place), Some("hotkeys.popup"));
    }

    #[test]
    fn every_reason_has_its_own_words_and_what_to_do() {
        for language in Language::ALL {
            let texts = Catalogue::of(language);
            let whys = [Why::Taken, Why::Twice, Why::NoKey, Why::System];
            let mut words: Vec<_> = whys.map(|why| not_had("hotkeys.dial", why).refusal(texts)).into();
            assert!(words.iter().all(|one| !one.what_to_do.is_empty() && !one.what.contains("settings.")), "{words:?}");
            words.dedup_by_key(|one| one.what.clone());
            assert_eq!(words.len(), whys.len(), "{words:?}");
        }
    }
}
