//! The icon in the tray: the state, and the menu.

pub(crate) mod host;
mod icon;
#[cfg(target_os = "linux")]
mod indicator;
pub(crate) mod menu;

use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
#[cfg(not(target_os = "linux"))]
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager, Wry};
use timbre_domain::history::CallsWanted;
use timbre_domain::preferences::{DoNotDisturb, Preferences};
use timbre_domain::status::{ConnectorReach, Status, TrayStatus};
use timbre_domain::texts::Catalogue;
use timbre_domain::vendor::Capability;
use timbre_engine::api::command;

use self::menu::{Choice, Entry, Facts};
use crate::app_state::{AppState, Ask};
use crate::popup::pool;
use crate::windows::dial::{self, DialWish, WishFrom};
use crate::windows::main::{self, Goal, Page};
use crate::windows::setup;
use crate::{dialling, preferences};

#[cfg(not(target_os = "linux"))]
const ID: &str = "timbre";
/// The last calls looked at for the menu.
const LOOKED_AT: usize = 40;

/// What the icon and the menu show now: neither is made anew for nothing.
#[derive(Default)]
pub(crate) struct Shown(Mutex<(Option<TrayStatus>, Option<Vec<Entry>>, String)>);

/// What the icon says of itself where the pointer rests on it.
struct Tip {
    /// How everything is, as a sentence.
    state: String,
    /// What a click does. Only Linux has room for it.
    #[cfg(target_os = "linux")]
    click: String,
}

/// Puts the icon into the tray.
pub(crate) fn create(app_state: &AppState, app: &AppHandle) -> tauri::Result<()> {
    let of = app_state.clone();
    // The menu of the small window, and of trays other than Linux's.
    app.on_menu_event(move |_, event| {
        if let Some(choice) = Choice::of(event.id().as_ref()) {
            chosen(&of, choice);
        }
    });
    let texts = Catalogue::of(app_state.language());
    let quit = Entry::Do { words: texts.text("tray.quit").to_owned(), choice: Choice::Quit, enabled: true };
    #[cfg(target_os = "linux")]
    indicator::create(app_state, &tip(texts, TrayStatus::Ready, &Status::default(), State::Starting), &[quit])?;
    #[cfg(not(target_os = "linux"))]
    {
        let menu = Menu::new(app)?;
        for item in items(app, &[quit])? {
            menu.append(item.as_ref())?;
        }
        let icon = TrayIconBuilder::with_id(ID).icon(icon::of(TrayStatus::Ready)?).icon_as_template(true);
        icon.tooltip("Timbre").menu(&menu).build(app)?;
    }
    Ok(())
}

/// Shows how everything is now.
pub(crate) async fn show(app_state: &AppState, status: &Status) {
    let Some(app) = app_state.app().cloned() else { return };
    let texts = Catalogue::of(app_state.language());
    let bootstrap = app_state.bootstrap();
    let wanted = CallsWanted { limit: LOOKED_AT, ..CallsWanted::default() };
    let recent = app_state.execute(command::CallRows(wanted)).await.unwrap_or_default();
    let state = match (bootstrap.set_up, bootstrap.trouble.is_some()) {
        (false, _) => State::NotSetUp,
        (true, true) => State::Trouble,
        (true, false) => State::Works,
    };
    let tray_status = if state == State::Trouble { TrayStatus::Unreachable } else { status.tray_status() };
    let set_up = bootstrap.set_up;
    let words = if set_up { words(texts, tray_status, status) } else { texts.text("light.not_set_up").to_owned() };
    let tip = tip(texts, tray_status, status, state);
    let dials = bootstrap.offers.contains(&Capability::Dial);
    let facts = Facts { set_up, dials, words, status: status.clone(), recent, identities: bootstrap.identities };
    let entries = menu::menu(texts, &facts);
    // The toolkit wants it done on its own thread.
    let (of, app_state) = (app.clone(), app_state.clone());
    let shown = app.run_on_main_thread(move || {
        if let Err(error) = paint(&of, &app_state, tray_status, entries, tip) {
            tracing::warn!(%error, "the tray does not show how everything is");
        }
    });
    if let Err(error) = shown {
        tracing::warn!(%error, "the tray does not show how everything is");
    }
}

#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "there the menu tells the program"))]
fn paint(
    app: &AppHandle,
    app_state: &AppState,
    tray_status: TrayStatus,
    entries: Vec<Entry>,
    tip: Tip,
) -> tauri::Result<()> {
    let state = app.state::<Shown>();
    let mut shown = state.0.lock().unwrap_or_else(PoisonError::into_inner);
    #[cfg(target_os = "linux")]
    {
        if shown.0 != Some(tray_status) || shown.2 != tip.state {
            indicator::show(tray_status, &tip)?;
        }
        if shown.1.as_ref() != Some(&entries) {
            indicator::offer(app_state, &entries);
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let Some(tray) = app.tray_by_id(ID) else { return Ok(()) };
        if shown.0 != Some(tray_status) {
            tray.set_icon_with_as_template(Some(icon::of(tray_status)?), true)?;
        }
        if shown.2 != tip.state {
            tray.set_tooltip(Some(&tip.state))?;
        }
        if shown.1.as_ref() != Some(&entries) {
            let menu = Menu::new(app)?;
            for item in items(app, &entries)? {
                menu.append(item.as_ref())?;
            }
            tray.set_menu(Some(menu))?;
        }
    }
    *shown = (Some(tray_status), Some(entries), tip.state);
    Ok(())
}

/// The menu as it is now, at the pointer, for the small window of desktops without a tray.
pub(crate) fn pop_up_menu(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    let app = window.app_handle();
    let entries = app.state::<Shown>().0.lock().unwrap_or_else(PoisonError::into_inner).1.clone().unwrap_or_default();
    let menu = Menu::new(app)?;
    for item in items(app, &entries)? {
        menu.append(item.as_ref())?;
    }
    // What is chosen is heard where the tray's menu is: menus tell everybody.
    window.popup_menu(&menu)
}

fn items(app: &AppHandle, entries: &[Entry]) -> tauri::Result<Vec<Box<dyn IsMenuItem<Wry>>>> {
    entries
        .iter()
        .map(|entry| {
            let item: Box<dyn IsMenuItem<Wry>> = match entry {
                Entry::Words(words) => Box::new(MenuItem::new(app, words, false, None::<&str>)?),
                Entry::Do { words, choice, enabled } => {
                    Box::new(MenuItem::with_id(app, choice.id(), words, *enabled, None::<&str>)?)
                }
                Entry::Tick { words, choice, ticked } => {
                    Box::new(CheckMenuItem::with_id(app, choice.id(), words, true, *ticked, None::<&str>)?)
                }
                Entry::Below { words, entries } => {
                    let below = Submenu::new(app, words, true)?;
                    for item in items(app, entries)? {
                        below.append(item.as_ref())?;
                    }
                    Box::new(below)
                }
                Entry::Line => Box::new(PredefinedMenuItem::separator(app)?),
            };
            Ok(item)
        })
        .collect()
}

/// How far Timbre is with the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    #[cfg(target_os = "linux")]
    Starting,
    NotSetUp,
    Trouble,
    Works,
}

/// What is true of Timbre now, as a sentence.
fn tip(texts: &Catalogue, tray_status: TrayStatus, status: &Status, state: State) -> Tip {
    let say = |key: &str| texts.text(key).to_owned();
    let parked: u64 = status.connectors.iter().map(|crm| crm.parked).sum();
    let failing = status.connectors.iter().any(|crm| crm.reach == ConnectorReach::Failing);
    let state = match (state, tray_status) {
        #[cfg(target_os = "linux")]
        (State::Starting, _) => say("tray.tip.starting"),
        (State::NotSetUp, _) => say("tray.tip.not_set_up"),
        (State::Trouble, _) => say("tray.tip.trouble"),
        (State::Works, TrayStatus::Ready) => say("tray.tip.ready"),
        (State::Works, TrayStatus::Ringing) => say("tray.tip.ringing"),
        (State::Works, TrayStatus::InCall) => say("tray.tip.in_call"),
        (State::Works, TrayStatus::Unreachable) => say("tray.tip.unreachable"),
        (State::Works, TrayStatus::DoNotDisturb) => say("tray.tip.do_not_disturb"),
        (State::Works, TrayStatus::Waiting) if parked == 0 && failing => say("tray.tip.crm_failing"),
        (State::Works, TrayStatus::Waiting) if parked == 0 => say("tray.tip.crm_stopped"),
        (State::Works, TrayStatus::Waiting) => texts.fill("tray.tip.waiting", &[("count", &parked.to_string())]),
    };
    Tip {
        state,
        #[cfg(target_os = "linux")]
        click: say("tray.tip.click"),
    }
}

/// How everything is, in a few words.
pub(crate) fn words(texts: &Catalogue, tray_status: TrayStatus, status: &Status) -> String {
    match tray_status {
        TrayStatus::Ready => texts.text("light.ready").to_owned(),
        TrayStatus::Ringing => texts.text("light.ringing").to_owned(),
        TrayStatus::InCall => texts.text("light.in_call").to_owned(),
        TrayStatus::Unreachable => texts.text("light.unreachable").to_owned(),
        TrayStatus::DoNotDisturb => texts.text("light.do_not_disturb").to_owned(),
        TrayStatus::Waiting => {
            let parked: u64 = status.connectors.iter().map(|crm| crm.parked).sum();
            let failing = status.connectors.iter().any(|crm| crm.reach == ConnectorReach::Failing);
            match parked {
                0 if failing => {
                    let waiting: u64 = status.connectors.iter().map(|crm| crm.waiting).sum();
                    texts.fill("light.crm_failing", &[("count", &waiting.to_string())])
                }
                0 => texts.text("light.crm_stopped").to_owned(),
                parked => texts.fill("light.waiting", &[("count", &parked.to_string())]),
            }
        }
    }
}

fn chosen(app_state: &AppState, choice: Choice) {
    match choice {
        Choice::Open => main::open(app_state, Goal::default()),
        Choice::Popup => app_state.post(pool::Event::FocusNewest),
        Choice::Dial => dial::open(app_state, DialWish::bare()),
        Choice::DialClipboard => dialling::dial_clipboard(app_state),
        Choice::Redial(number) | Choice::Recent(number) => {
            dial::open(app_state, DialWish::number(number, WishFrom::Command));
        }
        Choice::Identity(label) => change(app_state, move |chosen| chosen.identity = Some(label)),
        Choice::Quiet(minutes) => {
            let until = Some(app_state.clock().now() + TimeDelta::minutes(i64::from(minutes)));
            change(app_state, move |chosen| chosen.do_not_disturb = Some(DoNotDisturb { until }));
        }
        Choice::QuietUntilOff => change(app_state, |chosen| chosen.do_not_disturb = Some(DoNotDisturb { until: None })),
        Choice::QuietOff => change(app_state, |chosen| chosen.do_not_disturb = None),
        Choice::Pending => main::open(app_state, Goal::page(Page::Pending)),
        Choice::Outbox => main::open(app_state, Goal::page(Page::Outbox)),
        Choice::History => main::open(app_state, Goal::page(Page::Today)),
        Choice::Settings => main::open(app_state, Goal::page(Page::Settings)),
        Choice::SetUp => setup::open(app_state),
        Choice::Quit => app_state.ask(Ask::Quit),
    }
}

fn change(app_state: &AppState, what: impl FnOnce(&mut Preferences) + Send + 'static) {
    let app_state = app_state.clone();
    tauri::async_runtime::spawn(async move {
        let mut chosen = app_state.preferences();
        what(&mut chosen);
        if let Err(refusal) = preferences::choose(&app_state, chosen).await {
            tracing::warn!(code = refusal.code.as_str(), "what was chosen in the tray's menu could not be kept");
        }
    });
}
