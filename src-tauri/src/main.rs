//! The program with the windows: it reads its arguments and starts the desktop.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod log_file;

use std::io::Write as _;
use std::sync::Arc;

use clap::Parser;
use timbre_desktop::opening::{Args, Opening, link_in};
use timbre_desktop::{NotStarted, Start, Started, environment, paint_log};
use timbre_domain::ports::Shell;
use timbre_platform::secrets::{Secrets, SharedRedactor};
use timbre_platform::{dumps, folders};
use timbre_wiring::{Options, StartError};

/// Starts the engine behind the windows.
async fn start(options: Options, secrets: Arc<Secrets>, shell: Arc<dyn Shell>) -> Result<Started, NotStarted> {
    // Where there is no settings file, nobody has set Timbre up yet.
    if options.config.as_deref().is_some_and(|file| !file.exists()) {
        return Err(NotStarted::NotSetUp);
    }
    let mut running = timbre_wiring::start_using(&options, secrets, shell)
        .await
        .map_err(|error: StartError| NotStarted::Failed(error.code(), error.to_string()))?;
    let (context, limits, events) = (running.context(), running.limits(), running.take_first_events());
    let stop = async move {
        if let Err(error) = running.stop().await {
            tracing::warn!(%error, "the engine did not stop cleanly");
        }
    };
    Ok(Started { context: Some((context, limits)), events: Some(events), stop: Box::pin(stop) })
}

fn main() -> tauri::Result<()> {
    dumps::switch_off();
    // A link may come with what it should not bring along: it is looked for before anything is taken for an option.
    let given: Vec<String> = std::env::args().collect();
    let (args, opening) = match link_in(&given) {
        Some(link) => (Args::default(), Opening::Link(link)),
        None => {
            let args = Args::parse();
            let opening = args.opening();
            (args, opening)
        }
    };
    let redactor = SharedRedactor::default();
    let secrets = Arc::new(Secrets::new(redactor.clone()));
    let engine = Options {
        config: args.config.or_else(folders::config_file),
        data_dir: args.data_dir.or_else(folders::data_dir),
        redactor,
        ..Default::default()
    };
    log_file::start(engine.redactor.clone(), engine.data_dir.as_deref());
    if let Err(error) = environment::settle() {
        tracing::warn!(%error, "could not choose the windows' environment: pop-ups may stand elsewhere");
    }
    if !environment::has_display() {
        // Where even that can't be said, the code says it.
        let _ = writeln!(std::io::stderr(), "{}", environment::NO_DISPLAY);
        std::process::exit(1);
    }
    let windows = timbre_desktop::Options {
        config: engine.config.clone(),
        data_dir: engine.data_dir.clone(),
        secrets: secrets.clone(),
        on_paint: paint_log::from_environment(),
        opening,
        desktop_integration: true,
    };
    let start: Start = Box::new(move |shell| {
        // Secrets that are held in memory outlive a start.
        Box::pin(start(engine.clone(), secrets.clone(), shell))
    });
    std::process::exit(timbre_desktop::run(windows, start)?);
}
