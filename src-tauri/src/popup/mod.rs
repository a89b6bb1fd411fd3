//! The pop-up windows: warm and hidden, filled and shown when a call is there, never given the focus unless the agent
//! asks for it.

#[cfg(target_os = "linux")]
pub(crate) mod gtk;
mod keyboard;
pub mod place;
pub mod pool;
pub(crate) mod sample;
mod screen;

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tauri::{AppHandle, Manager, PhysicalPosition, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use timbre_domain::call::CallKey;
use timbre_domain::history::{CallsWanted, RecordState};
use timbre_domain::preferences::Corner;
use timbre_engine::api::command;

use self::keyboard::Keyboard;
use self::place::{Rect, place};
use self::pool::{Event, MOST, Pool, Slot, WindowCommand};
use crate::app_state::AppState;
use crate::commands::{CallRecords, PageEvent, events};
use crate::text_scale;

/// How many windows wait warm for the next call.
pub const SPARE: usize = 1;

/// In logical pixels, for text of its usual size.
const WIDTH: u32 = 400;
/// In logical pixels, for text of its usual size; what does not fit scrolls inside.
const MAX_HEIGHT: u32 = 640;
/// Between pop-ups, and between them and the edge; in logical pixels.
const GAP: u32 = 12;

/// What became of a call's pop-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaintEvent {
    /// A window waits for a call.
    Warm,
    /// It was painted this long after it was asked for.
    Painted(Duration),
    /// It was taken away.
    Hidden,
}

/// Told what became of pop-ups; of no call for a window that waits.
pub type OnPaint = Box<dyn Fn(Option<&CallKey>, PaintEvent) + Send>;

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
            asked.state::<AppState>().post(Event::CloseWindow(slot));
        }
    });
    Ok(())
}

/// Gives every window back: after a failure nobody knows what they show, and the pool makes them anew.
pub(crate) fn give_up_all(app: &AppHandle) {
    let of = app.clone();
    let given_up = app.run_on_main_thread(move || {
        for window in of.webview_windows().into_values().filter(|window| slot(window.label()).is_some()) {
            if let Err(error) = window.destroy() {
                tracing::error!(%error, "a pop-up window could not be given back");
            }
        }
    });
    if let Err(error) = given_up {
        tracing::error!(%error, "the pop-up windows could not be given back");
    }
}

/// Keeps the windows until everybody who could post an event is gone.
pub fn run(app: &AppHandle, events: &Receiver<(Event, Instant)>, on_paint: &OnPaint) {
    let mut windows =
        Windows { app, on_paint, standing: [None; MOST], shows: Default::default(), keyboard: Keyboard::default() };
    let mut pool = Pool::new(SPARE);
    let mut next = (Event::Tick, Instant::now());
    loop {
        let (event, at) = next;
        if matches!(event, Event::Ready(_)) {
            on_paint(None, PaintEvent::Warm);
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
    on_paint: &'a OnPaint,
    /// Where the visible windows stand.
    standing: [Option<Standing>; MOST],
    /// The calls in them.
    shows: [Option<CallKey>; MOST],
    keyboard: Keyboard,
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
    fn obey(&mut self, order: WindowCommand) -> tauri::Result<()> {
        match order {
            WindowCommand::Open(slot) => {
                let app = self.app.clone();
                self.app.run_on_main_thread(move || {
                    if let Err(error) = open(&app, slot) {
                        tracing::error!(%error, "a pop-up window could not be made");
                        app.state::<AppState>().post(Event::Failed(slot));
                    }
                })
            }
            WindowCommand::Discard(slot) => {
                // Behind the making of it, which may still be to come.
                let app = self.app.clone();
                self.app.run_on_main_thread(move || {
                    let made = app.get_webview_window(&label(slot));
                    if let Err(error) = made.map_or(Ok(()), |window| window.destroy()) {
                        tracing::error!(%error, "a pop-up window could not be given back");
                    }
                })
            }
            WindowCommand::AskToClose(slot) => self.tell(slot, events::popup_close_asked(&())),
            WindowCommand::Fill(slot, card) => {
                let key = card.call.key.clone();
                let records = card.records.clone();
                self.shows[slot] = Some(key.clone());
                self.tell(slot, events::popup_show(&card))?;
                if records.is_empty() { Ok(()) } else { self.tell_records(slot, key, records) }
            }
            WindowCommand::Change(slot, call) => self.tell(slot, events::popup_changed(&call)),
            WindowCommand::Records(slot, call_key, records) => self.tell_records(slot, call_key, records),
            WindowCommand::Reveal(slot, height) => self.reveal(slot, height),
            WindowCommand::Focus(slot) => self.focus(slot),
            WindowCommand::GiveBack(slot) => self.keyboard.give_back(&self.window(slot)?),
            WindowCommand::AskWhetherUsed(slot, key) => self.ask_whether_used(slot, key),
            WindowCommand::Fetch(call) => {
                let app_state = self.app.state::<AppState>().inner().clone();
                tauri::async_runtime::spawn(fetch(app_state, call));
                Ok(())
            }
            WindowCommand::Hide(slot) => {
                self.standing[slot] = None;
                let window = self.window(slot)?;
                if let Err(error) = self.keyboard.give_back(&window) {
                    tracing::warn!(%error, "the keyboard goes where the system sends it");
                }
                window.hide()?;
                // The next call comes without the keyboard again.
                window.set_focusable(false)?;
                if let Some(key) = self.shows[slot].take() {
                    (self.on_paint)(Some(&key), PaintEvent::Hidden);
                }
                self.tell(slot, events::popup_clear(&()))
            }
            WindowCommand::Reload(slot) => {
                tracing::warn!(window = %label(slot), "the page of a pop-up does not answer; it is loaded anew");
                self.window(slot)?.reload()
            }
            WindowCommand::Painted(key, took) => {
                (self.on_paint)(Some(&key), PaintEvent::Painted(took));
                Ok(())
            }
        }
    }

    fn tell<T: serde::Serialize + Clone>(&self, slot: Slot, event: PageEvent<'_, T>) -> tauri::Result<()> {
        event.emit(self.app, &label(slot))
    }

    fn tell_records(&self, slot: Slot, call_key: CallKey, records: Vec<RecordState>) -> tauri::Result<()> {
        self.tell(slot, events::popup_records(&CallRecords { call_key, records }))
    }

    /// The one way a pop-up gets the keyboard: the agent clicked into it, or pressed the hotkey.
    fn focus(&mut self, slot: Slot) -> tauri::Result<()> {
        let window = self.window(slot)?;
        if !self.a_popup_has_the_keyboard() {
            self.keyboard.remember();
        }
        window.set_focusable(true)?;
        #[cfg(target_os = "linux")]
        gtk::present(&window)?;
        #[cfg(not(target_os = "linux"))]
        window.set_focus()?;
        self.tell(slot, events::popup_focused(&()))
    }

    fn a_popup_has_the_keyboard(&self) -> bool {
        let seen = (0..MOST).filter(|slot| self.standing[*slot].is_some());
        seen.filter_map(|slot| self.window(slot).ok()).any(|window| window.is_focused().unwrap_or_default())
    }

    fn ask_whether_used(&self, slot: Slot, key: CallKey) -> tauri::Result<()> {
        let window = self.window(slot)?;
        let app_state = self.app.state::<AppState>().inner().clone();
        #[cfg(target_os = "linux")]
        return gtk::is_used(&window, move |used| app_state.post(Event::Used(slot, key, used)));
        #[cfg(not(target_os = "linux"))]
        {
            let at = window.cursor_position()?;
            let inside = self.standing[slot].is_some_and(|standing| {
                let spot = standing.spot;
                let within = |at: f64, from: i32, size: i32| (f64::from(from)..f64::from(from + size)).contains(&at);
                within(at.x, spot.x, spot.width) && within(at.y, spot.y, spot.height)
            });
            let used = inside || window.is_focused()?;
            app_state.post(Event::Used(slot, key, used));
            Ok(())
        }
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
        // The page is drawn larger with the text of every program, and its window must be.
        let text = text_scale::of(self.app);
        let physical = |logical: u32, scale: f64| (f64::from(logical) * scale).round() as i32;
        let needed = |scale: f64| (physical(WIDTH, scale * text), physical(height.min(MAX_HEIGHT), scale * text));
        let placed = match self.standing[slot] {
            // It grows where it stands.
            Some(standing) => {
                let (width, height) = needed(standing.scale);
                let spot = place::grown(standing.area, standing.spot, width, height, standing.corner);
                Standing { spot, ..standing }
            }
            None => {
                let wish = self.app.state::<AppState>().preferences().place;
                let Some(monitor) = screen::of(window, &wish.screen)? else { return Ok(()) };
                let (area, scale, corner) = (monitor.work_area(), monitor.scale_factor(), wish.corner);
                let area = Rect {
                    x: area.position.x,
                    y: area.position.y,
                    width: signed(area.size.width),
                    height: signed(area.size.height),
                };
                let taken: Vec<Rect> = self.standing.iter().flatten().map(|other| other.spot).collect();
                let (width, height) = needed(scale);
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

/// Brings what is known of a call, or of the newest, for its pop-up to be shown again.
async fn fetch(app_state: AppState, call: Option<CallKey>) {
    let newest = command::CallRows(CallsWanted { limit: 1, ..CallsWanted::default() });
    let call = match call {
        Some(call) => Some(call),
        None => match app_state.execute(newest).await {
            Ok(rows) => rows.into_iter().next().map(|row| row.call.key),
            _ => None,
        },
    };
    let Some(call) = call else { return };
    match app_state.execute(command::CallCard { call }).await {
        Ok(card) => app_state.post(Event::Reopen(Box::new(card))),
        Err(refusal) => tracing::warn!(code = refusal.code.as_str(), "the newest call's pop-up does not come back"),
    }
}

fn signed(size: u32) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}
