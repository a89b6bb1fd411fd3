//! The real windows, told what to show by lines of JSON on standard input: `{"show": PopupCard}` or
//! `{"changed": Call}`. Ends with its input. For the end-to-end tests, the bench, and work on the looks;
//! `TIMBRE_LANGUAGE` is es, en or pt.

use std::future::Future;
use std::io::BufRead;
use std::sync::Arc;

use serde::Deserialize;
use timbre_domain::call::Call;
use timbre_domain::popup::PopupCard;
use timbre_domain::ports::Shell;
use timbre_domain::texts::Language;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Show(Box<PopupCard>),
    Changed(Box<Call>),
}

fn listen(shell: &dyn Shell) -> Result<(), Box<dyn std::error::Error>> {
    for line in std::io::stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            Told::Show(card) => shell.show_popup(&card),
            Told::Changed(call) => shell.call_changed(&call),
        }
    }
    Ok(())
}

async fn start(shell: Arc<dyn Shell>) -> std::io::Result<impl Future<Output = ()>> {
    std::thread::Builder::new().spawn(move || {
        let listened = listen(shell.as_ref());
        if let Err(error) = &listened {
            tracing::error!(%error, "standard input");
        }
        std::process::exit(i32::from(listened.is_err()));
    })?;
    Ok(async {})
}

fn main() -> tauri::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let options = timbre_desktop::Options {
        language: Language::of_locale(&std::env::var("TIMBRE_LANGUAGE").unwrap_or_default()),
        on_glass: timbre_desktop::paint_log::from_environment(),
    };
    std::process::exit(timbre_desktop::run(options, start)?);
}
