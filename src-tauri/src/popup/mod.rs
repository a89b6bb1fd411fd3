//! The pop-up windows: warm and hidden, filled and shown when a call is there, never given the focus unless the agent
//! asks for it.

#[cfg(target_os = "linux")]
pub(crate) mod gtk;
pub mod place;
pub mod pool;
pub(crate) mod sample;
mod screen;

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tauri::{AppHandle, Manager, PhysicalPosition, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use timbre_domain::call::CallKey;
use timbre_domain::history::RecordState;
use timbre_domain::preferences::Corner;

use self::place::{Rect, place};
use self::pool::{Event, MOST, Order, Pool, Slot};
use crate::desk::Desk;

/// How many windows wait warm for the next call.
pub const SPARE: usize = 1;

/// In logical pixels.
const WIDTH: u32 = 400;
/// In logical pixels; what does not fit scrolls inside.
const MAX_HEIGHT: u32 = 640;
/// Between pop-ups, and between them and the edge; in logical pixels.
const GAP: u32 = 12;

/// What became of a call's pop-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glass {
    /// A window waits for a call.
    Warm,
    /// It was on the glass this long after it was asked for.
    Painted(Duration),
    /// It was taken away.
    Hidden,
}

/// Told what became of pop-ups; of no call for a window that waits.
pub type OnGlass = Box<dyn Fn(Option<&CallKey>, Glass) + Send>;

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

/// Makes a window, hidden. It loads its page at once and stays warm. On the main thread.
fn open(app: &AppHandle, slot: Slot) -> tauri::Result<()> {
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
        .minimizable(false);
    // Else a few pixels along the edges would be taken for handles; see [`gtk::frameless`].
    #[cfg(not(target_os = "linux"))]
    let builder = builder.resizable(false);
    #[cfg(target_os = "linux")]
    let builder = gtk::beside(builder, app);
    let window = builder.build()?;
    #[cfg(target_os = "linux")]
    {
        gtk::frameless(&window)?;
        gtk::paint_plainly(&window)?;
        gtk::outlive_the_web_process(&window)?;
    }
    let asked = window.clone();
    window.on_window_event(move |event| {
        if let tauri::WindowEvent::CloseRequested { api, .. } = event {
            // The window is warm: it is put away, not given up.
            api.prevent_close();
            asked.state::<Desk>().post(Event::CloseWindow(slot));
        }
    });
    Ok(())
}

/// Keeps the windows until everybody who could post an event is gone.
pub fn run(app: &AppHandle, events: &Receiver<(Event, Instant)>, on_glass: &OnGlass) {
    let mut windows = Windows { app, on_glass, standing: [None; MOST], shows: Default::default() };
    let mut pool = Pool::new(SPARE);
    let mut next = (Event::Tick, Instant::now());
    loop {
        let (event, at) = next;
        if matches!(event, Event::Ready(_)) {
            on_glass(None, Glass::Warm);
        }
        for order in pool.apply(event, at) {
            if let Err(error) = windows.obey(order) {
                tracing::error!(%error, "a pop-up window did not obey");
            }
        }
        let received = match pool.wakes_at() {
            Some(at) => events.recv_timeout(at.saturating_duration_since(Instant::now())),
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        next = match received {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => (Event::Tick, Instant::now()),
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

struct Windows<'a> {
    app: &'a AppHandle,
    on_glass: &'a OnGlass,
    /// Where the visible windows stand.
    standing: [Option<Standing>; MOST],
    /// The calls in them.
    shows: [Option<CallKey>; MOST],
}

/// A window that is seen: where, and by what it was placed. The pointer may be on another screen by now.
#[derive(Debug, Clone, Copy)]
struct Standing {
    spot: Rect,
    area: Rect,
    scale: f64,
    corner: Corner,
}

impl Windows<'_> {
    fn obey(&mut self, order: Order) -> tauri::Result<()> {
        match order {
            Order::Open(slot) => {
                let app = self.app.clone();
                self.app.run_on_main_thread(move || {
                    if let Err(error) = open(&app, slot) {
                        tracing::error!(%error, "a pop-up window could not be made");
                        app.state::<Desk>().post(Event::Failed(slot));
                    }
                })
            }
            Order::Discard(slot) => {
                // Behind the making of it, which may still be to come.
                let app = self.app.clone();
                self.app.run_on_main_thread(move || {
                    let made = app.get_webview_window(&label(slot));
                    if let Err(error) = made.map_or(Ok(()), |window| window.destroy()) {
                        tracing::error!(%error, "a pop-up window could not be given back");
                    }
                })
            }
            Order::AskToClose(slot) => self.tell(slot, "popup-close-asked", ()),
            Order::Fill(slot, card) => {
                let key = card.call.key.clone();
                let records = card.records.clone();
                self.shows[slot] = Some(key.clone());
                self.tell(slot, "popup-show", card)?;
                if records.is_empty() { Ok(()) } else { self.tell_records(slot, &key, &records) }
            }
            Order::Change(slot, call) => self.tell(slot, "popup-changed", call),
            Order::Records(slot, call_key, records) => self.tell_records(slot, &call_key, &records),
            Order::Reveal(slot, height) => self.reveal(slot, height),
            Order::Focus(slot) => self.focus(slot),
            Order::Hide(slot) => {
                self.standing[slot] = None;
                let window = self.window(slot)?;
                window.hide()?;
                // The next call comes without the keyboard again.
                window.set_focusable(false)?;
                if let Some(key) = self.shows[slot].take() {
                    (self.on_glass)(Some(&key), Glass::Hidden);
                }
                self.tell(slot, "popup-clear", ())
            }
            Order::Reload(slot) => {
                tracing::warn!(window = %label(slot), "the page of a pop-up does not answer; it is loaded anew");
                self.window(slot)?.reload()
            }
            Order::Painted(key, took) => {
                (self.on_glass)(Some(&key), Glass::Painted(took));
                Ok(())
            }
        }
    }

    fn tell(&self, slot: Slot, event: &str, payload: impl serde::Serialize + Clone) -> tauri::Result<()> {
        use tauri::Emitter;
        self.app.emit_to(label(slot), event, payload)
    }

    fn tell_records(&self, slot: Slot, call_key: &CallKey, records: &[RecordState]) -> tauri::Result<()> {
        self.tell(slot, "popup-records", serde_json::json!({ "callKey": call_key, "records": records }))
    }

    /// The one way a pop-up gets the keyboard: the agent clicked into it, or pressed the hotkey.
    fn focus(&self, slot: Slot) -> tauri::Result<()> {
        let window = self.window(slot)?;
        window.set_focusable(true)?;
        #[cfg(target_os = "linux")]
        gtk::present(&window)?;
        #[cfg(not(target_os = "linux"))]
        window.set_focus()?;
        self.tell(slot, "popup-focused", ())
    }

    fn reveal(&mut self, slot: Slot, height: u32) -> tauri::Result<()> {
        let window = self.window(slot)?;
        let stands = self.standing[slot];
        // A call in the wrong place is better than none.
        if let Err(error) = self.put_in_place(&window, slot, height) {
            tracing::error!(%error, "a pop-up could not be put in its place");
        }
        // Some systems give a window the keyboard when it is shown once more.
        if stands.is_none() { window.show() } else { Ok(()) }
    }

    fn put_in_place(&mut self, window: &WebviewWindow, slot: Slot, height: u32) -> tauri::Result<()> {
        tracing::debug!(window = %label(slot), height, "a pop-up needs this height");
        let physical = |logical: u32, scale: f64| (f64::from(logical) * scale).round() as i32;
        let placed = match self.standing[slot] {
            // It grows where it stands.
            Some(standing) => {
                let height = physical(height.min(MAX_HEIGHT), standing.scale);
                Standing { spot: place::grown(standing.area, standing.spot, height, standing.corner), ..standing }
            }
            None => {
                let wish = self.app.state::<Desk>().preferences().place;
                let Some(monitor) = screen::of(window, &wish.screen)? else { return Ok(()) };
                let (area, scale, corner) = (monitor.work_area(), monitor.scale_factor(), wish.corner);
                let area = Rect {
                    x: area.position.x,
                    y: area.position.y,
                    width: signed(area.size.width),
                    height: signed(area.size.height),
                };
                let taken: Vec<Rect> = self.standing.iter().flatten().map(|other| other.spot).collect();
                let (width, height) = (physical(WIDTH, scale), physical(height.min(MAX_HEIGHT), scale));
                let spot = place(area, &taken, width, height, physical(GAP, scale), corner);
                Standing { spot, area, scale, corner }
            }
        };
        self.standing[slot] = Some(placed);
        let spot = placed.spot;
        #[cfg(target_os = "linux")]
        gtk::resize(window, spot, placed.scale)?;
        #[cfg(not(target_os = "linux"))]
        {
            // On its screen first: moved to one of another scale, it would be scaled once more.
            window.set_position(PhysicalPosition::new(spot.x, spot.y))?;
            window.set_size(tauri::PhysicalSize::new(spot.width, spot.height))?;
        }
        window.set_position(PhysicalPosition::new(spot.x, spot.y))
    }

    fn window(&self, slot: Slot) -> tauri::Result<WebviewWindow> {
        self.app.get_webview_window(&label(slot)).ok_or(tauri::Error::WindowNotFound)
    }
}

fn signed(size: u32) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}
