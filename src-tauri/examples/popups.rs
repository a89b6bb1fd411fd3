//! The real pop-up windows, told what to show by lines of JSON on standard input: `{"show": PopupCard}` or
//! `{"changed": Call}`. Ends with its input. For the end-to-end tests, the bench, and work on the looks; the session's
//! locale says the language.

use std::io::BufRead;
use std::sync::Arc;

use serde::Deserialize;
use timbre_desktop::opening::Opening;
use timbre_desktop::{NotStarted, Start, Started, paint_log};
use timbre_domain::call::Call;
use timbre_domain::error::ErrorCode;
use timbre_domain::popup::PopupCard;
use timbre_domain::ports::Shell;

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

fn start(shell: Arc<dyn Shell>) -> Result<Started, NotStarted> {
    let listening = std::thread::Builder::new().spawn(move || {
        let listened = listen(shell.as_ref());
        if let Err(error) = &listened {
            tracing::error!(%error, "standard input");
        }
        std::process::exit(i32::from(listened.is_err()));
    });
    match listening {
        Ok(_) => Ok(Started { context: None, events: None, stop: Box::pin(async {}) }),
        Err(error) => Err(NotStarted::Failed(ErrorCode::SystemRefused, error.to_string())),
    }
}

fn main() -> tauri::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let options = timbre_desktop::Options {
        config: None,
        data_dir: None,
        secrets: Arc::default(),
        on_paint: paint_log::from_environment(),
        opening: Opening::Nothing,
        desktop_integration: false,
    };
    let start: Start = Box::new(|shell| Box::pin(std::future::ready(start(shell))));
    std::process::exit(timbre_desktop::run(options, start)?);
}
