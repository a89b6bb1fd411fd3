//! Timbre.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use timbre_domain::ports::Shell;
use timbre_domain::texts::Language;

/// The desktop companion of an agent's telephone.
#[derive(Debug, Parser)]
#[command(name = "timbre", version)]
struct Args {
    /// The settings.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where the database is kept.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Starts the engine behind the windows; what it gives back stops it.
async fn start_engine(args: Args, shell: Arc<dyn Shell>) -> Result<impl Future<Output = ()>, std::io::Error> {
    // The lead fills this in:
    //   let options = timbre_wiring::Options { config: args.config, data_dir: args.data_dir, .. };
    //   let running = timbre_wiring::start(options, shell).await?;
    //   Ok(async move { running.stop().await })
    drop((args, shell));
    Err::<std::future::Ready<()>, _>(std::io::Error::other("there is no engine yet"))
}

fn main() -> tauri::Result<()> {
    let args = Args::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    if let Err(error) = timbre_desktop::xwayland::prefer() {
        tracing::warn!(%error, "could not choose XWayland: pop-ups may stand elsewhere");
    }
    let options = timbre_desktop::Options {
        language: Language::of_locale(&sys_locale::get_locale().unwrap_or_default()),
        on_painted: timbre_desktop::paint_log::from_environment(),
    };
    std::process::exit(timbre_desktop::run(options, |shell| start_engine(args, shell))?);
}
