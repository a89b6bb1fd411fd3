//! `timbrectl watch`: say how everything is, then follow what happens until somebody says stop.

use timbre_domain::ports::Clock as _;
use timbre_engine::api::command::StatusShow;
use timbre_engine::api::event::{Event, StatusEvent};
use timbre_platform::clock::SystemClock;
use timbre_platform::secrets::SharedRedactor;

use crate::args::Args;
use crate::exit::Failure;
use crate::print::Printer;
use crate::session::Session;
use crate::status;

pub(crate) async fn run(args: &Args, printer: &Printer, redactor: SharedRedactor) -> Result<(), Failure> {
    let mut session = Session::open(args, redactor, true).await?;
    session.watch().await?;
    // What changes meanwhile is told after it: nothing falls between.
    let present = status::in_words(printer, session.execute(StatusShow).await?);
    let present = Event::Status(Box::new(StatusEvent { at: SystemClock::new().now(), status: present }));
    if printer.event(&present).is_err() {
        return session.close().await;
    }
    let mut stop = std::pin::pin!(stop_signal());
    let watched = loop {
        tokio::select! {
            () = &mut stop => break Ok(()),
            event = session.next_event() => match event {
                // Whoever read us has gone: that is an end, not a failure.
                Ok(event) => if printer.event(&event).is_err() { break Ok(()) },
                Err(failure) => break Err(failure),
            },
        }
    };
    session.close().await?;
    watched
}

/// Ctrl-C, or the system's polite way to end a process.
pub(crate) async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
