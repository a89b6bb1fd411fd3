//! Starts the engine, stops it, starts it anew when the settings changed or when it could not start the first time.

use std::sync::Arc;
use std::time::Duration;

use timbre_domain::error::{ErrorCode, Retry};
use timbre_domain::notice::{Notice, NoticeKind};
use timbre_domain::ports::Shell as _;
use timbre_domain::texts::Catalogue;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use crate::desk::{Ask, Desk, EngineState};
use crate::opening::Opening;
use crate::windows::dial::{self, DialWish, WishFrom};
use crate::windows::main::{self, Goal, Home, Page};
use crate::windows::{setup, strip};
use crate::{NotStarted, Start, Started, dialling, follow, hotkeys, preferences, tray};

/// An engine that could not start for a reason that may pass is tried again after so long.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

/// An engine whose database is damaged is started again at most so often.
const HEALED_AGAIN_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long a trial of an account is waited for when the engine stops.
const TRIALS_END_WITHIN: Duration = Duration::from_secs(20);

/// Keeps an engine behind the windows until it is asked to end.
pub(crate) async fn run(desk: Desk, start: Start, mut asked: UnboundedReceiver<Ask>, opening: Opening, whole: bool) {
    // Also while the engine starts.
    let of = desk.clone();
    tauri::async_runtime::spawn(async move {
        told_to_end().await;
        of.ask(Ask::Quit);
    });
    let mut opening = Some(opening);
    let mut looked_for_tray = !whole;
    let mut healed: Option<Duration> = None;
    loop {
        let mut again = None;
        let mut running = None;
        match start(Arc::new(desk.clone())).await {
            Ok(Started { context, events, stop }) => {
                desk.engine_is(EngineState::Running(context));
                let following = events.map(|events| tauri::async_runtime::spawn(follow::run(desk.clone(), events)));
                running = Some((stop, following));
                if whole {
                    preferences::apply(&desk);
                    if let Some(app) = desk.app() {
                        hotkeys::take(app, &desk, &desk.preferences().hotkeys);
                    }
                }
                if let Some(opening) = opening.take() {
                    open(&desk, opening);
                }
            }
            Err(NotStarted::NotSetUp) => {
                desk.engine_is(EngineState::NotSetUp);
                // An agent who closed it asks for it again from the tray.
                if opening.take().is_some() {
                    setup::open(&desk);
                }
            }
            Err(NotStarted::Failed(code, detail)) => {
                tracing::error!(code = code.as_str(), detail, "the engine did not start");
                desk.engine_is(EngineState::Broken(code, detail));
                // Windows with no engine behind them would look as if nobody called: it is said at once.
                if opening.take().is_some() {
                    main::open(&desk, Goal::page(Page::Settings));
                }
                if code == ErrorCode::AlreadyRunning || code.retry() == Retry::Later {
                    again = Some(AGAIN_AFTER);
                }
            }
        }
        desk.say_hello();
        follow::refresh(&desk).await;
        if !std::mem::replace(&mut looked_for_tray, true) {
            make_up_for_no_tray(&desk);
        }

        let ask = loop {
            let ask = tokio::select! {
                ask = asked.recv() => ask.unwrap_or(Ask::Quit),
                () = after(&desk, again) => Ask::StartAgain,
            };
            // What a start could not heal is not healed by one after the other.
            let now = desk.clock().elapsed();
            if ask != Ask::Heal || healed.is_none_or(|at| now.saturating_sub(at) >= HEALED_AGAIN_AFTER) {
                break ask;
            }
        };
        match ask {
            Ask::Restart => opening = Some(Opening::Nothing),
            Ask::Begin => opening = Some(Opening::Welcome),
            Ask::Heal => healed = Some(desk.clock().elapsed()),
            Ask::StartAgain | Ask::Quit => {}
        }
        // What is being written is kept while there is still somebody to keep it.
        desk.flush().await;
        // A trial that keeps a vendor's limits is not cut off; one that hangs is not waited for.
        let trials = desk.trials().write();
        tokio::select! {
            _ = trials => {}
            () = desk.clock().sleep(TRIALS_END_WITHIN) => tracing::warn!("the engine stops although something is tried out"),
        }
        // Nobody holds the engine while it stops.
        desk.engine_is(EngineState::Starting);
        if let Some((stop, following)) = running {
            if let Some(following) = following {
                following.abort();
            }
            stop.await;
        }
        if ask == Ask::Quit {
            if let Some(app) = desk.app() {
                app.exit(0);
            }
            return;
        }
    }
}

async fn after(desk: &Desk, pause: Option<Duration>) {
    match pause {
        Some(pause) => desk.clock().sleep(pause).await,
        None => std::future::pending().await,
    }
}

/// Opens what a start asked for.
pub(crate) fn open(desk: &Desk, opening: Opening) {
    if matches!(desk.engine(), EngineState::NotSetUp) {
        return setup::open(desk);
    }
    match opening {
        Opening::Nothing => {}
        Opening::Main => main::open(desk, Goal::default()),
        Opening::Welcome => {
            let desk = desk.clone();
            tauri::async_runtime::spawn(async move {
                let home = if shows_a_tray().await { Home::Tray } else { Home::Strip };
                main::open(&desk, Goal { welcome: Some(home), ..Goal::default() });
            });
        }
        Opening::Link(link) => dialling::open_link(desk, &link),
        Opening::Dial(number) => dial::open(desk, DialWish::number(number, WishFrom::Command)),
    }
}

async fn shows_a_tray() -> bool {
    tokio::task::spawn_blocking(tray::host::is_there).await.unwrap_or(true)
}

/// Where the desktop shows no tray, a small window stands in for it, and it is said once.
fn make_up_for_no_tray(desk: &Desk) {
    let desk = desk.clone();
    tauri::async_runtime::spawn(async move {
        if shows_a_tray().await {
            return;
        }
        strip::open(&desk);
        let mut chosen = desk.preferences();
        if !chosen.told_no_tray {
            let texts = Catalogue::of(desk.language());
            desk.notify(&Notice {
                id: Uuid::now_v7(),
                at: desk.clock().now(),
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
            if let Err(refusal) = preferences::choose(&desk, chosen).await {
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
