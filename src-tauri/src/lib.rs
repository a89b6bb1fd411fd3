//! The desktop: windows around the engine, and nothing else. What the engine is, the program decides that calls
//! [`run`]: Timbre itself, or `examples/popups.rs`, which takes calls from standard input.

mod commands;
pub mod paint_log;
pub mod popup;
mod shell;
pub mod xwayland;

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use tauri::{RunEvent, WebviewWindow};
use timbre_domain::ports::Shell;
use timbre_domain::texts::Language;
use tokio::sync::Notify;

use crate::popup::OnGlass;
use crate::popup::pool::{Event, Slot};

/// What the windows are told.
pub struct Options {
    /// The language they speak.
    pub language: Language,
    /// Told what became of pop-ups.
    pub on_glass: OnGlass,
}

/// Where what happens is put down for the windows; never blocks.
#[derive(Clone)]
pub(crate) struct Desk {
    events: Sender<(Event, Instant)>,
    language: Language,
}

impl Desk {
    pub(crate) fn post(&self, event: Event) {
        // Nobody listens only when the program is about to end.
        let _ = self.events.send((event, Instant::now()));
    }

    /// What a pop-up's page says about its own window.
    pub(crate) fn post_of(&self, window: &WebviewWindow, event: impl FnOnce(Slot) -> Event) {
        if let Some(slot) = popup::slot(window.label()) {
            self.post(event(slot));
        }
    }
}

/// Runs the windows around an engine until the program is told to end; answers the exit code.
///
/// `start` starts the engine and gives back what stops it. Where it fails, the program ends with code 1: windows with
/// no engine behind them would look as if nobody called.
///
/// # Errors
/// When the system gives no windows.
pub fn run<Start, Starting, Stop, E>(options: Options, start: Start) -> tauri::Result<i32>
where
    Start: FnOnce(Arc<dyn Shell>) -> Starting + Send + 'static,
    Starting: Future<Output = Result<Stop, E>> + Send,
    Stop: Future<Output = ()> + Send,
    E: Display + Send,
{
    let (events, received) = channel();
    let desk = Desk { events, language: options.language };
    let stop = Arc::new(Notify::new());

    let app = {
        let (desk, stop) = (desk.clone(), stop.clone());
        tauri::Builder::default()
            .manage(desk.clone())
            .invoke_handler(tauri::generate_handler![
                commands::popup_ready,
                commands::popup_filled,
                commands::popup_painted,
                commands::popup_close,
            ])
            .setup(move |app| {
                popup::create(app.handle())?;
                let windows = app.handle().clone();
                std::thread::Builder::new()
                    .name("popups".to_owned())
                    .spawn(move || popup::run(&windows, &received, &options.on_glass))?;

                let app = app.handle().clone();
                tauri::async_runtime::spawn(async move {
                    let code = match start(Arc::new(desk)).await {
                        Ok(engine) => {
                            tokio::select! { () = stop.notified() => {} () = told_to_end() => {} }
                            engine.await;
                            0
                        }
                        Err(error) => {
                            tracing::error!(%error, "the engine did not start");
                            1
                        }
                    };
                    app.exit(code);
                });
                Ok(())
            })
            .build(tauri::generate_context!())?
    };
    Ok(app.run_return(move |_, event| {
        // Asked to end by the session or the menu, not by ourselves: the engine stops first.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
            stop.notify_one();
        }
    }))
}

/// Resolves when the system asks the program to end.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut term), Ok(mut hup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = hup.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
