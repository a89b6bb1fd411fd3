//! Starts the engine, stops it, starts it anew when the settings changed or when it could not start the first time.

use std::sync::Arc;
use std::time::Duration;

use timbre_domain::error::{ErrorCode, Retry};
use timbre_domain::notice::{Notice, NoticeKind};
use timbre_domain::ports::Shell as _;
use timbre_domain::texts::Catalogue;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use crate::app_state::{AppState, Ask, EngineState};
use crate::opening::Opening;
use crate::windows::dial::{self, DialWish, WishFrom};
use crate::windows::main::{self, Goal, Home, Page};
use crate::windows::{setup, strip};
use crate::{NotStarted, Start, Started, dialling, follow, hotkeys, leaving, preferences, restart, tray};

/// An engine that could not start for a reason that may pass is tried again after so long.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

/// An engine whose database is damaged is started again at most so often.
const HEALED_AGAIN_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long a trial of an account is waited for when the engine stops.
const TRIALS_END_WITHIN: Duration = Duration::from_secs(20);

/// Keeps an engine behind the windows until it is asked to end.
pub(crate) async fn run(
    app_state: AppState,
    start: Start,
    mut asked: UnboundedReceiver<Ask>,
    opening: Opening,
    desktop_integration: bool,
) {
    // Also while the engine starts.
    let of = app_state.clone();
    tauri::async_runtime::spawn(async move {
        told_to_end().await;
        of.ask(Ask::End);
    });
    let mut opening = Some(opening);
    let mut looked_for_tray = !desktop_integration;
    let mut healed: Option<Duration> = None;
    loop {
        let mut again = None;
        let mut running = None;
        match start(Arc::new(app_state.clone())).await {
            Ok(Started { context, events, stop }) => {
                app_state.engine_is(EngineState::Running(context));
                let following = events.map(|events| {
                    let app_state = app_state.clone();
                    tauri::async_runtime::spawn(async move {
                        let mut events = events;
                        let work = || {
                            let after_a_failure = events.resubscribe();
                            follow::run(app_state.clone(), std::mem::replace(&mut events, after_a_failure))
                        };
                        restart::as_task(&app_state, "window news", work).await;
                    })
                });
                running = Some((stop, following));
                if desktop_integration {
                    preferences::apply(&app_state);
                    if let Some(app) = app_state.app() {
                        hotkeys::take(app, &app_state, &app_state.preferences().hotkeys);
                    }
                }
                // Closed half-way it waits in the dark, and there is an account now.
                setup::give_up(&app_state);
                if let Some(opening) = opening.take() {
                    open(&app_state, opening);
                }
                leaving::tell_of_last_time(&app_state);
            }
            Err(NotStarted::NotSetUp) => {
                app_state.engine_is(EngineState::NotSetUp);
                // An agent who closed it asks for it again from the tray.
                if opening.take().is_some() {
                    setup::open(&app_state);
                }
            }
            Err(NotStarted::Failed(code, detail)) => {
                tracing::error!(code = code.as_str(), detail, "the engine did not start");
                app_state.engine_is(EngineState::Broken(code, detail));
                // Windows with no engine behind them would look as if nobody called: it is said at once.
                if opening.take().is_some() {
                    main::open(&app_state, Goal::page(Page::Settings));
                }
                if code == ErrorCode::AlreadyRunning || code.retry() == Retry::Later {
                    again = Some(AGAIN_AFTER);
                }
            }
        }
        app_state.publish_bootstrap();
        follow::refresh(&app_state).await;
        if !std::mem::replace(&mut looked_for_tray, true) {
            make_up_for_no_tray(&app_state);
        }

        let ask = loop {
            let ask = tokio::select! {
                ask = asked.recv() => ask.unwrap_or(Ask::End),
                () = after(&app_state, again) => Ask::StartAgain,
            };
            let ask = if ask == Ask::Quit { leaving::may_quit(&app_state, &mut asked).await } else { Some(ask) };
            let Some(ask) = ask else { continue };
            // What a start could not heal is not healed by one after the other.
            let now = app_state.clock().elapsed();
            if ask != Ask::Heal || healed.is_none_or(|at| now.saturating_sub(at) >= HEALED_AGAIN_AFTER) {
                break ask;
            }
        };
        match ask {
            Ask::Restart => opening = Some(Opening::Nothing),
            Ask::Begin => opening = Some(Opening::Welcome),
            Ask::Heal => healed = Some(app_state.clock().elapsed()),
            Ask::StartAgain | Ask::Quit | Ask::End => {}
        }
        // What is being written is kept while there is still somebody to keep it.
        let left = app_state.flush().await;
        if ask == Ask::End {
            leaving::put_down(&app_state, &left);
        }
        // A trial that keeps a vendor's limits is not cut off; one that hangs is not waited for.
        let trials = app_state.trials().write();
        tokio::select! {
            _ = trials => {}
            () = app_state.clock().sleep(TRIALS_END_WITHIN) => tracing::warn!("the engine stops although something is tried out"),
        }
        // Nobody holds the engine while it stops.
        app_state.engine_is(EngineState::Starting);
        if let Some((stop, following)) = running {
            if let Some(following) = following {
                following.abort();
            }
            stop.await;
        }
        if matches!(ask, Ask::Quit | Ask::End) {
            if let Some(app) = app_state.app() {
                app.exit(0);
            }
            return;
        }
    }
}

async fn after(app_state: &AppState, pause: Option<Duration>) {
    match pause {
        Some(pause) => app_state.clock().sleep(pause).await,
        None => std::future::pending().await,
    }
}

/// Opens what a start asked for.
pub(crate) fn open(app_state: &AppState, opening: Opening) {
    if matches!(app_state.engine(), EngineState::NotSetUp) {
        return setup::open(app_state);
    }
    match opening {
        Opening::Nothing => {}
        Opening::Main => main::open(app_state, Goal::default()),
        Opening::Welcome => {
            let app_state = app_state.clone();
            tauri::async_runtime::spawn(async move {
                let home = if shows_a_tray().await { Home::Tray } else { Home::Strip };
                main::open(&app_state, Goal { welcome: Some(home), ..Goal::default() });
            });
        }
        Opening::Link(link) => dialling::open_link(app_state, &link),
        Opening::Dial(number) => dial::open(app_state, DialWish::number(number, WishFrom::Command)),
    }
}

async fn shows_a_tray() -> bool {
    tokio::task::spawn_blocking(tray::host::is_there).await.unwrap_or(true)
}

/// Where the desktop shows no tray, a small window stands in for it, and it is said once.
fn make_up_for_no_tray(app_state: &AppState) {
    let app_state = app_state.clone();
    tauri::async_runtime::spawn(async move {
        if shows_a_tray().await {
            return;
        }
        strip::open(&app_state);
        let mut chosen = app_state.preferences();
        if !chosen.told_no_tray {
            let texts = Catalogue::of(app_state.language());
            app_state.notify(&Notice {
                id: Uuid::now_v7(),
                at: app_state.clock().now(),
                kind: NoticeKind::TrayMissing,
                title: texts.text("tray.missing").to_owned(),
                body: texts.text("tray.missing.body").to_owned(),
                actions: Vec::new(),
                about: "tray".to_owned(),
                call: None,
                number: None,
                contact: None,
                account: None,
            });
            chosen.told_no_tray = true;
            if let Err(refusal) = preferences::choose(&app_state, chosen).await {
                tracing::warn!(code = refusal.code.as_str(), "that the tray is missing will be told again");
            }
        }
    });
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
