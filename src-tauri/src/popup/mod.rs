//! The pop-up windows: created hidden at the start, filled and shown when a call is there, never given the focus.

#[cfg(target_os = "linux")]
mod gtk;
pub mod place;
pub mod pool;

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tauri::{AppHandle, Emitter, Manager, Monitor, PhysicalPosition, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use timbre_domain::call::CallKey;

use self::place::{Rect, place};
use self::pool::{Event, Order, Pool, Slot};

/// How many calls can be on the glass at once; the next wait. Each window costs a web process.
pub const WINDOWS: usize = 3;

/// In logical pixels.
const WIDTH: u32 = 400;
/// In logical pixels; what does not fit scrolls inside.
const MAX_HEIGHT: u32 = 560;
/// Between pop-ups, and between them and the edge; in logical pixels.
const GAP: u32 = 12;

/// What became of a call's pop-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glass {
    /// It was on the glass this long after it was asked for.
    Painted(Duration),
    /// It was taken away.
    Hidden,
}

/// Told what became of pop-ups.
pub type OnGlass = Box<dyn Fn(&CallKey, Glass) + Send>;

/// The window of a place in the pool, as the capability file and the tests name it.
#[must_use]
pub fn label(slot: Slot) -> String {
    format!("popup-{}", slot + 1)
}

/// The place in the pool of a window.
#[must_use]
pub fn slot(label: &str) -> Option<Slot> {
    label.strip_prefix("popup-")?.parse::<Slot>().ok()?.checked_sub(1)
}

/// Creates the windows, hidden. They load their page at once and stay warm.
///
/// # Errors
/// When the system gives no window.
pub fn create(app: &AppHandle) -> tauri::Result<()> {
    let mut first: Option<WebviewWindow> = None;
    for slot in 0..WINDOWS {
        let builder = WebviewWindowBuilder::new(app, label(slot), WebviewUrl::App("popup.html".into()))
            .title(format!("Timbre pop-up {}", slot + 1))
            .inner_size(f64::from(WIDTH), 240.0)
            .visible(false)
            // What is typed elsewhere goes on arriving there.
            .focused(false)
            .focusable(false)
            .always_on_top(true)
            .visible_on_all_workspaces(true)
            .skip_taskbar(true)
            .decorations(false)
            .maximizable(false)
            .minimizable(false)
            // Else a few pixels along the edges would be taken for handles; on X11 now and then the whole window, since
            // the toolkit learns late where it stands.
            .resizable(false);
        #[cfg(target_os = "linux")]
        let builder = gtk::beside(builder, first.as_ref())?;
        let window = builder.build()?;
        #[cfg(target_os = "linux")]
        {
            gtk::paint_plainly(&window)?;
            gtk::outlive_the_web_process(&window)?;
        }

        let asked = window.clone();
        window.on_window_event(move |event| {
            if let tauri::WindowEvent::CloseRequested { api, .. } = event {
                // The window is warm: it is put away, not given up.
                api.prevent_close();
                asked.state::<crate::Desk>().post(Event::CloseWindow(slot));
            }
        });
        first.get_or_insert(window);
    }
    Ok(())
}

/// Keeps the windows until everybody who could post an event is gone.
pub fn run(app: &AppHandle, events: &Receiver<(Event, Instant)>, on_glass: &OnGlass) {
    let mut windows = Windows { app, on_glass, standing: [None; WINDOWS], shows: Default::default() };
    let mut pool = Pool::new(WINDOWS);
    loop {
        let next = match pool.wakes_at() {
            Some(at) => events.recv_timeout(at.saturating_duration_since(Instant::now())),
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let (event, at) = match next {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => (Event::Tick, Instant::now()),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        for order in pool.apply(event, at) {
            if let Err(error) = windows.obey(order) {
                tracing::error!(%error, "a pop-up window did not obey");
            }
        }
    }
}

struct Windows<'a> {
    app: &'a AppHandle,
    on_glass: &'a OnGlass,
    /// Where the visible windows stand.
    standing: [Option<Rect>; WINDOWS],
    /// The calls in them.
    shows: [Option<CallKey>; WINDOWS],
}

impl Windows<'_> {
    fn obey(&mut self, order: Order) -> tauri::Result<()> {
        match order {
            Order::Fill(slot, card) => {
                self.shows[slot] = Some(card.call.key.clone());
                self.app.emit_to(label(slot), "popup-show", card)
            }
            Order::Change(slot, call) => self.app.emit_to(label(slot), "popup-changed", call),
            Order::Reveal(slot, height) => self.reveal(slot, height),
            Order::Hide(slot) => {
                self.standing[slot] = None;
                self.window(slot)?.hide()?;
                if let Some(key) = self.shows[slot].take() {
                    (self.on_glass)(&key, Glass::Hidden);
                }
                self.app.emit_to(label(slot), "popup-clear", ())
            }
            Order::Reload(slot) => {
                tracing::warn!(window = %label(slot), "the page of a pop-up does not answer; it is loaded anew");
                self.window(slot)?.reload()
            }
            Order::Painted(key, took) => {
                (self.on_glass)(&key, Glass::Painted(took));
                Ok(())
            }
        }
    }

    fn reveal(&mut self, slot: Slot, height: u32) -> tauri::Result<()> {
        let window = self.window(slot)?;
        if let Some(monitor) = monitor(&window)? {
            let area = monitor.work_area();
            let area = Rect {
                x: area.position.x,
                y: area.position.y,
                width: signed(area.size.width),
                height: signed(area.size.height),
            };
            let physical = |logical: u32| (f64::from(logical) * monitor.scale_factor()).round() as i32;
            let (width, height) = (physical(WIDTH), physical(height.min(MAX_HEIGHT)));
            self.standing[slot] = None;
            let taken: Vec<Rect> = self.standing.iter().flatten().copied().collect();
            let spot = place(area, &taken, width, height, physical(GAP));
            #[cfg(target_os = "linux")]
            gtk::resize(&window, spot, monitor.scale_factor())?;
            #[cfg(not(target_os = "linux"))]
            window.set_size(tauri::PhysicalSize::new(spot.width, spot.height))?;
            window.set_position(PhysicalPosition::new(spot.x, spot.y))?;
            self.standing[slot] = Some(spot);
        }
        window.show()
    }

    fn window(&self, slot: Slot) -> tauri::Result<WebviewWindow> {
        self.app.get_webview_window(&label(slot)).ok_or(tauri::Error::WindowNotFound)
    }
}

/// The primary monitor; where the system names none, any.
fn monitor(window: &WebviewWindow) -> tauri::Result<Option<Monitor>> {
    Ok(match window.primary_monitor()? {
        Some(monitor) => Some(monitor),
        None => window.available_monitors()?.into_iter().next(),
    })
}

fn signed(size: u32) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}
