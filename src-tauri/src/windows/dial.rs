//! The dial window: in front, with the keyboard, wherever the agent is; warm for a while after it was used.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tauri::{LogicalSize, Manager, Monitor, PhysicalPosition, WebviewWindow};
use timbre_domain::contact::ContactId;

use super::size::screen;
use super::{builder, find, make, present};
use crate::app_state::AppState;
use crate::commands::events;
use crate::text_scale;

pub(crate) const LABEL: &str = "dial";

/// How long it stays warm after it was used.
const WARM_FOR: Duration = Duration::from_secs(10 * 60);
/// In logical pixels, for text of its usual size.
const WIDTH: f64 = 560.0;
/// In logical pixels, for text of its usual size; what does not fit scrolls inside.
const MAX_HEIGHT: f64 = 520.0;

/// Where a wish comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(crate) enum WishFrom {
    Hotkey,
    Clipboard,
    Selection,
    Link,
    CallBack,
    Command,
}

/// What the window comes up for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct DialWish {
    /// What to dial, as a person writes it; empty for a bare window.
    pub(crate) number: String,
    pub(crate) from: WishFrom,
    /// The contact to call back.
    pub(crate) contact: Option<ContactId>,
    /// Why a link can't be dialled.
    pub(crate) refusal: Option<String>,
    /// The extension a link asks for, which a person must ask for or key in.
    pub(crate) extension: Option<String>,
    /// Where a link's number is valid, where it may mean another telephone here.
    pub(crate) context: Option<String>,
}

impl DialWish {
    pub(crate) fn bare() -> Self {
        Self::number(String::new(), WishFrom::Hotkey)
    }

    pub(crate) fn number(number: String, from: WishFrom) -> Self {
        Self { number, from, contact: None, refusal: None, extension: None, context: None }
    }
}

/// What it comes up for once its page listens.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<Waits>);

#[derive(Default)]
struct Waits {
    listens: bool,
    wanted: Option<DialWish>,
    /// The height that its page needs, CSS pixels.
    height: u32,
}

impl Waiting {
    /// The page listens: what it came up for.
    pub(crate) fn page_listens(&self) -> Option<DialWish> {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.listens = true;
        waits.wanted.take()
    }

    /// The window is made: its page does not listen yet.
    fn begins(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).listens = false;
    }

    fn needs(&self, height: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).height = height;
    }

    fn height(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).height
    }

    /// Gives back what a page that listens is told now; for another it is queued until the page listens.
    fn tell(&self, wanted: DialWish) -> Option<DialWish> {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waits.listens {
            return Some(wanted);
        }
        waits.wanted = Some(wanted);
        None
    }
}

/// Brings it up for a wish.
pub(crate) fn open(app_state: &AppState, wish: DialWish) {
    let Some(app) = app_state.app() else { return };
    let waiting = app.state::<Waiting>();
    if let Some(window) = find(app, LABEL) {
        // A page that does not listen yet comes up by itself.
        if let Some(wish) = waiting.tell(wish) {
            app_state.tell(LABEL, events::dial_wish(&wish));
            if let Err(error) = center(&window).and_then(|()| present(&window)) {
                tracing::error!(%error, "the dial window does not come up");
            }
        }
        return;
    }
    waiting.begins();
    waiting.tell(wish);
    let app_state = app_state.clone();
    make(
        app,
        |app| {
            builder(app, LABEL, "Timbre · dial")
                .inner_size(WIDTH, 120.0)
                .decorations(false)
                .always_on_top(true)
                .skip_taskbar(true)
                .maximizable(false)
                .minimizable(false)
        },
        move |window| {
            let of = window.clone();
            window.on_window_event(move |event| {
                if let tauri::WindowEvent::CloseRequested { api, .. } = event {
                    api.prevent_close();
                    put_away(&app_state, &of);
                }
            });
            center(window)
        },
    );
}

/// Hides it; it comes back at once while it is warm, and gives its memory back when nobody wanted it for a while.
pub(crate) fn put_away(app_state: &AppState, window: &WebviewWindow) {
    if let Err(error) = window.hide() {
        tracing::error!(%error, "the dial window does not go");
    }
    let (clock, window) = (app_state.clock().clone(), window.clone());
    tauri::async_runtime::spawn(async move {
        clock.sleep(WARM_FOR).await;
        if window.is_visible().is_ok_and(|visible| !visible)
            && let Err(error) = window.destroy()
        {
            tracing::debug!(%error, "the dial window had gone already");
        }
    });
}

/// Gives it the height its content needs, in CSS pixels.
pub(crate) fn fit(window: &WebviewWindow, height: u32) -> tauri::Result<()> {
    window.state::<Waiting>().needs(height);
    fit_again(window)
}

/// The same, with the text as it is now.
pub(crate) fn fit_again(window: &WebviewWindow) -> tauri::Result<()> {
    let Some(monitor) = screen(window)? else { return Ok(()) };
    put(window, &monitor)
}

/// In the upper third of the screen that the pointer is on.
fn center(window: &WebviewWindow) -> tauri::Result<()> {
    let at = window.cursor_position()?;
    match window.monitor_from_point(at.x, at.y)?.or(screen(window)?) {
        Some(monitor) => put(window, &monitor),
        None => Ok(()),
    }
}

/// As large as its content with the text as it is; what is too large for the screen is cut to it, and scrolls inside.
fn put(window: &WebviewWindow, monitor: &Monitor) -> tauri::Result<()> {
    let (area, scale) = (monitor.work_area(), monitor.scale_factor());
    let room = area.size.to_logical::<f64>(scale);
    let text = text_scale::of(window.app_handle());
    let needed = f64::from(window.state::<Waiting>().height()).clamp(56.0, MAX_HEIGHT);
    let size = LogicalSize::new((WIDTH * text).min(room.width), (needed * text).min(room.height));
    window.set_size(size)?;
    let x = (room.width - size.width) / 2.0;
    let y = (room.height / 5.0).min(room.height - size.height);
    let physical = |logical: f64| (logical * scale).round() as i32;
    window.set_position(PhysicalPosition::new(area.position.x + physical(x), area.position.y + physical(y)))
}
