//! How large the person wants text in every program. Web views draw a whole page larger by as much, so that its window
//! must be larger too.

use std::sync::atomic::{AtomicU32, Ordering};

use tauri::{AppHandle, Manager as _};

#[cfg(target_os = "linux")]
use crate::app_state::AppState;
#[cfg(target_os = "linux")]
use crate::popup::pool::Event;
#[cfg(target_os = "linux")]
use crate::windows;

/// In thousandths; text of its usual size is 1000.
pub(crate) struct TextScale(AtomicU32);

impl Default for TextScale {
    fn default() -> Self {
        Self(AtomicU32::new(1000))
    }
}

/// 1.5 for text of one and a half its usual size.
pub(crate) fn of(app: &AppHandle) -> f64 {
    f64::from(app.state::<TextScale>().0.load(Ordering::Relaxed)) / 1000.0
}

/// Takes the size over that text has now, and from then on whenever the person chooses another. On the main thread.
#[cfg(target_os = "linux")]
pub(crate) fn follow(app_state: &AppState, app: &AppHandle) {
    use gtk::prelude::GtkSettingsExt as _;

    let Some(settings) = gtk::Settings::default() else { return };
    app.state::<TextScale>().0.store(thousandths(settings.gtk_xft_dpi()), Ordering::Relaxed);
    let (app_state, app) = (app_state.clone(), app.clone());
    settings.connect_gtk_xft_dpi_notify(move |settings| {
        let now = thousandths(settings.gtk_xft_dpi());
        let before = app.state::<TextScale>().0.swap(now, Ordering::Relaxed);
        if before != now {
            windows::rescaled(&app, f64::from(now) / f64::from(before));
            app_state.post(Event::Rescaled);
        }
    });
}

/// GTK has it in 1024ths of dots per inch, 96 of which are usual, and -1 where nobody says anything: as the web view reads it.
#[cfg(target_os = "linux")]
fn thousandths(dpi: i32) -> u32 {
    let dpi = if dpi > 0 { f64::from(dpi) / 1024.0 } else { 96.0 };
    // What somebody can't have meant leaves windows that can be used.
    (dpi / 96.0 * 1000.0).round().clamp(500.0, 4000.0) as u32
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_text_is_read_from_what_the_desktop_says_of_its_dots() {
        let cases = [
            (98_304, 1000),
            (147_456, 1500),
            (196_608, 2000),
            (245_760, 2500),
            (-1, 1000),
            (0, 1000),
            (i32::MAX, 4000),
        ];
        for (dpi, scale) in cases {
            assert_eq!(thousandths(dpi), scale, "{dpi}");
        }
    }
}
