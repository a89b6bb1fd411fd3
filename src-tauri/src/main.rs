//! Timbre.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use timbre_domain::ports::Shell;
use timbre_engine::config::Settings;
use timbre_wiring::StartError;

/// The desktop companion of an agent's telephone.
#[derive(Debug, Parser)]
#[command(name = "timbre", version)]
struct Args {
    /// The settings file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Starts the engine behind the windows; what it gives back stops it.
async fn start_engine(
    options: timbre_wiring::Options,
    shell: Arc<dyn Shell>,
) -> Result<impl Future<Output = ()>, StartError> {
    let running = timbre_wiring::start(&options, shell).await?;
    Ok(async move {
        if let Err(error) = running.stop().await {
            tracing::warn!(%error, "the engine did not stop cleanly");
        }
    })
}

fn main() -> tauri::Result<()> {
    let args = Args::parse();
    let engine = timbre_wiring::Options {
        config: args.config.or_else(timbre_wiring::folders::config_file),
        data_dir: args.data_dir,
        ..Default::default()
    };
    timbre_wiring::logs::start(engine.redactor.clone(), std::io::stderr());
    if let Err(error) = timbre_desktop::xwayland::prefer() {
        tracing::warn!(%error, "could not choose XWayland: pop-ups may stand elsewhere");
    }
    // What is wrong with the settings, the engine says.
    let settings = engine.config.as_deref().and_then(|file| Settings::load(file).ok());
    let windows = timbre_desktop::Options {
        language: settings.map(|settings| settings.language).unwrap_or_default(),
        on_glass: timbre_desktop::paint_log::from_environment(),
    };
    std::process::exit(timbre_desktop::run(windows, |shell| start_engine(engine, shell))?);
}
