//! Where windows stand: remembered by set-up of the screens, and never off them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tauri::{Manager as _, Monitor, PhysicalPosition, PhysicalSize, WebviewWindow, WindowEvent};

use crate::app_state::AppState;
use crate::popup::place::Rect;
use crate::text_scale;

/// How much of a window must be on a screen for it to be found and moved, physical pixels.
const GRIP: i32 = 48;

/// Where a window stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    rect: Rect,
    maximized: bool,
}

/// By set-up of the screens, then by window.
type Places = BTreeMap<String, BTreeMap<String, Place>>;

/// Puts a window where it stood with these screens, and remembers where it stands when it goes. Whether it has a place.
pub(crate) fn keep(window: &WebviewWindow, app_state: &AppState) -> tauri::Result<bool> {
    let Some(file) = app_state.data_dir().map(|dir| dir.join("windows.json")) else { return Ok(false) };
    let monitors = window.available_monitors()?;
    let mut placed = false;
    if let Some(place) =
        load(&file).get(&set_up(&monitors, text_scale::of(window.app_handle()))).and_then(|of| of.get(window.label()))
        && is_reachable(place.rect, &monitors)
    {
        window.set_size(PhysicalSize::new(place.rect.width, place.rect.height))?;
        window.set_position(PhysicalPosition::new(place.rect.x, place.rect.y))?;
        if place.maximized {
            window.maximize()?;
        }
        placed = true;
    }
    let of = window.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::CloseRequested { .. } | WindowEvent::Focused(false))
            && let Err(error) = remember(&of, &file)
        {
            tracing::warn!(%error, "where a window stands could not be remembered");
        }
    });
    Ok(placed)
}

fn remember(window: &WebviewWindow, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    if window.is_minimized()? || !window.is_visible()? {
        return Ok(());
    }
    let set_up = set_up(&window.available_monitors()?, text_scale::of(window.app_handle()));
    let mut places = load(file);
    let of = places.entry(set_up).or_default();
    let (position, size, maximized) = (window.outer_position()?, window.inner_size()?, window.is_maximized()?);
    let rect =
        Rect { x: position.x, y: position.y, width: size.width.cast_signed(), height: size.height.cast_signed() };
    // A maximized window comes back to the size it had before.
    let rect = of.get(window.label()).filter(|_| maximized).map_or(rect, |before| before.rect);
    if of.insert(window.label().to_owned(), Place { rect, maximized }) == Some(Place { rect, maximized }) {
        return Ok(());
    }
    Ok(timbre_files::replace(file, &serde_json::to_vec_pretty(&places)?)?)
}

/// A file that is not there, or can't be read, remembers nothing.
fn load(file: &Path) -> Places {
    fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// The screens, as one word: their places, sizes and scales; and how large text is, where it is not of its usual size: what
/// is large enough for one is not for another.
fn set_up(monitors: &[Monitor], text: f64) -> String {
    let mut screens: Vec<_> = monitors
        .iter()
        .map(|one| {
            let (at, size) = (one.position(), one.size());
            format!("{}x{}+{}+{}@{}", size.width, size.height, at.x, at.y, one.scale_factor())
        })
        .collect();
    screens.sort();
    if text != 1.0 {
        screens.push(format!("text {text}"));
    }
    screens.join(" ")
}

fn is_reachable(window: Rect, monitors: &[Monitor]) -> bool {
    monitors.iter().any(|monitor| {
        let (at, size) = (monitor.position(), monitor.size());
        let screen = Rect { x: at.x, y: at.y, width: size.width.cast_signed(), height: size.height.cast_signed() };
        shows_a_grip(window, screen)
    })
}

/// Whether enough of the window's top edge is on the screen.
fn shows_a_grip(window: Rect, screen: Rect) -> bool {
    let wide = (window.x + window.width).min(screen.x + screen.width) - window.x.max(screen.x);
    wide >= GRIP && window.y >= screen.y && window.y <= screen.y + screen.height - GRIP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_whose_top_edge_can_t_be_reached_is_not_put_back_there() {
        let screen = Rect { x: 0, y: 0, width: 1280, height: 800 };
        let at = |x, y| Rect { x, y, width: 400, height: 300 };
        assert!(shows_a_grip(at(100, 100), screen));
        assert!(shows_a_grip(at(-300, 0), screen));
        assert!(!shows_a_grip(at(-380, 0), screen), "all but a sliver is off to the left");
        assert!(!shows_a_grip(at(100, -20), screen), "its title is above the screen");
        assert!(!shows_a_grip(at(100, 790), screen));
        assert!(!shows_a_grip(at(1300, 100), screen), "that screen is not there any more");
    }
}
