//! The desktop: windows around the engine, and nothing else. What the engine is, the program decides that calls
//! [`run`]: Timbre itself, or `examples/popups.rs`, which takes calls from standard input.

mod app_state;
mod commands;
mod dialling;
pub mod environment;
mod follow;
mod hotkeys;
mod leaving;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod network_process;
mod notify;
pub mod opening;
pub mod paint_log;
pub mod popup;
mod preferences;
mod restart;
mod shell;
mod supervisor;
mod text_scale;
mod tray;
mod windows;
#[cfg(target_os = "linux")]
mod xwayland;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::channel;

use tauri::{AppHandle, RunEvent};
use tauri_plugin_autostart::MacosLauncher;
use tauri_plugin_deep_link::DeepLinkExt as _;
use timbre_domain::error::ErrorCode;
use timbre_domain::notice::{Notice, NoticeKind};
use timbre_domain::ports::Shell;
use timbre_domain::texts::Catalogue;
use timbre_engine::Context;
use timbre_engine::api::event::Event;
use timbre_platform::clock::SystemClock;
use timbre_platform::secrets::Secrets;
use timbre_wiring::setup::Limits;
use tokio::sync::broadcast::Receiver;
use tokio::sync::mpsc::unbounded_channel;
use uuid::Uuid;

use crate::app_state::AppState;
use crate::opening::{Opening, names_others, opening_of};
use crate::popup::OnPaint;
use crate::windows::{dial, main};

/// Something that goes on in the background.
pub type Going<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub struct Started {
    /// What windows and commands work with, and the vendors' limits; nothing for an engine that only shows pop-ups.
    pub context: Option<(Arc<Context>, Limits)>,
    /// Every event since its start.
    pub events: Option<Receiver<Event>>,
    pub stop: Going<()>,
}

/// Why there is no engine.
#[derive(Debug)]
pub enum NotStarted {
    /// There is no account yet.
    NotSetUp,
    /// It can't start as things are; with one line in English.
    Failed(ErrorCode, String),
}

/// Starts an engine, each time anew with the settings as they are then.
pub type Start = Box<dyn Fn(Arc<dyn Shell>) -> Going<Result<Started, NotStarted>> + Send + Sync>;

/// What the windows are told.
pub struct Options {
    pub config: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
    /// The secrets, as the engine has them.
    pub secrets: Arc<Secrets>,
    /// Told what became of pop-ups.
    pub on_paint: OnPaint,
    /// What to open once everything is there.
    pub opening: Opening,
    /// Whether tray, hotkeys and links are this program's, and a second start reaches it instead: off where the windows alone
    /// are tried out.
    pub desktop_integration: bool,
}

/// Runs the windows around an engine until the program is told to end; answers the exit code.
///
/// # Errors
/// When the system gives no windows.
pub fn run(options: Options, start: Start) -> tauri::Result<i32> {
    let Options { config, data_dir, secrets, on_paint, opening, desktop_integration } = options;
    let (events, received) = channel();
    let (asks, asked) = unbounded_channel();
    let app_state = AppState::new(events, asks, data_dir, config, secrets, Arc::new(SystemClock::new()));
    let mut builder = tauri::Builder::default();
    if desktop_integration {
        // The first of all plug-ins: a second start ends before it does anything.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, args, cwd| reached(app, &args, &cwd)));
        builder = builder.plugin(tauri_plugin_deep_link::init());
    }
    // On Linux keys are asked for another way.
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_global_shortcut::Builder::new().build());
    let app = {
        let app_state = app_state.clone();
        builder
            .plugin(tauri_plugin_autostart::init(MacosLauncher::LaunchAgent, Some(vec!["--background"])))
            .plugin(tauri_plugin_opener::init())
            .plugin(tauri_plugin_dialog::init())
            .manage(app_state.clone())
            .manage(main::Waiting::default())
            .manage(dial::Waiting::default())
            .manage(tray::Shown::default())
            .manage(text_scale::TextScale::default())
            .manage(hotkeys::Keys::default())
            .invoke_handler(commands::handler())
            .setup(move |app| {
                app_state.opens(app.handle().clone());
                #[cfg(target_os = "linux")]
                text_scale::follow(&app_state, app.handle());
                if desktop_integration {
                    if let Err(error) = tray::create(&app_state, app.handle()) {
                        tracing::error!(%error, "there is no icon in the tray");
                    }
                    listen_to_links(&app_state, app.handle());
                }
                let windows = app.handle().clone();
                let of_popups = app_state.clone();
                std::thread::Builder::new().name("popups".to_owned()).spawn(move || {
                    let failed = || {
                        of_popups.component_failed("pop-ups");
                        tauri::async_runtime::block_on(of_popups.clock().sleep(restart::PAUSE));
                        popup::give_up_all(&windows);
                        of_popups.component_runs("pop-ups");
                    };
                    restart::on_thread(failed, || popup::run(&windows, &received, &on_paint));
                })?;
                tauri::async_runtime::spawn(supervisor::run(app_state, start, asked, opening, desktop_integration));
                Ok(())
            })
            .build(tauri::generate_context!())?
    };
    Ok(app.run_return(|_app, event| match event {
        // The last window was closed: Timbre stays in the tray. It ends when it is asked to.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        #[cfg(target_os = "linux")]
        RunEvent::WindowEvent { event: tauri::WindowEvent::Destroyed, .. } => network_process::window_gone(_app),
        _ => {}
    }))
}

/// A second start, with its arguments: it has ended, and what it wanted is done here.
fn reached(app: &AppHandle, args: &[String], cwd: &str) {
    use tauri::Manager;

    let app_state = app.state::<AppState>().inner().clone();
    let (config, data_dir) = (app_state.config().map(PathBuf::as_path), app_state.data_dir().map(PathBuf::as_path));
    if names_others(args, Path::new(cwd), config, data_dir) {
        return refuse_others(&app_state);
    }
    match opening_of(args) {
        Ok(opening) => supervisor::open(&app_state, opening),
        Err(error) => tracing::warn!(error, "a second start said something that is not understood"),
    }
}

/// A second start was meant for a Timbre with other settings or another data folder: it is told why it comes to nothing.
fn refuse_others(app_state: &AppState) {
    let texts = Catalogue::of(app_state.language());
    let code = ErrorCode::OtherSettings;
    let file = app_state.config().map(|file| format!("\n{}", file.display())).unwrap_or_default();
    app_state.notify(&Notice {
        id: Uuid::now_v7(),
        at: app_state.clock().now(),
        kind: NoticeKind::Database,
        title: texts.what(code),
        body: format!("{}{file}", texts.what_to_do(code)),
        actions: Vec::new(),
        about: "other-settings".to_owned(),
        call: None,
        number: None,
        contact: None,
        account: None,
    });
}

/// Links that the system hands to the running program without a second start (macOS).
fn listen_to_links(app_state: &AppState, app: &AppHandle) {
    let app_state = app_state.clone();
    app.deep_link().on_open_url(move |event| {
        for link in event.urls() {
            dialling::open_link(&app_state, link.as_str());
        }
    });
}
