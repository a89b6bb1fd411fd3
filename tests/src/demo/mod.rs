//! The demo: an agent's day, played by the simulated vendor on the real programs, with what came of each call brought to a
//! simulated CRM that is down for a while; told to a person, and compared with what really happened.
//!
//! Headless, `timbrectl watch` is the engine; with windows, `timbre` is, and `timbrectl watch` listens to it. On a person's
//! own display nobody takes their keyboard: six situations are shown, and `timbrectl` writes the results (`acts`). On a
//! virtual one there is a whole desktop, and hands that click and type on it: the day is longer (`day`), begins with the
//! first run, and there is a picture of each situation.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the demo tells a story to whoever runs it")]

mod acts;
mod cast;
mod check;
#[cfg(target_os = "linux")]
mod day;
#[cfg(target_os = "linux")]
mod desk;
#[cfg(target_os = "linux")]
mod first_run;
mod formcall;
#[cfg(not(target_os = "linux"))]
mod no_desktop;
mod office;
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the whole day needs a desktop of its own"))]
mod paper;
mod pictures;
mod stage;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use timbre_domain::texts::Language;

use crate::demo::stage::Stage;
use crate::demo::words::Words;

/// What the person asked for.
#[derive(Debug, clap::Parser)]
#[command(name = "timbre-demo")]
pub struct Options {
    /// No windows: what they would show is printed.
    #[arg(long)]
    pub headless: bool,
    /// The same number plays the same calls again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The vendor's limit of one question every 4 s; without it the vendor's clock is ten times as fast.
    #[arg(long)]
    pub real_time: bool,
    /// The language of the story and the screens: es, en or pt.
    #[arg(long, default_value = "es", value_parser = language)]
    pub language: Language,
    /// Windows in dark colours.
    #[arg(long)]
    pub dark: bool,
    /// Whose simulator plays: the one with live calls, or `formcall`.
    #[arg(long, value_parser = ["live", "formcall"], default_value = "live")]
    pub vendor: String,
    /// Where the programs are.
    #[arg(long, env = "TIMBRE_BIN_DIR", default_value = "target/debug")]
    pub bin_dir: PathBuf,
    #[arg(long, default_value = "target/demo")]
    pub out: PathBuf,
}

impl Options {
    /// Whether the windows need a display of ours. A person's own is theirs: nobody types there but they.
    fn on_virtual_display(&self) -> bool {
        let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        !self.headless && cfg!(target_os = "linux") && !["DISPLAY", "WAYLAND_DISPLAY"].iter().any(set)
    }

    fn reading_interval(&self) -> Duration {
        if self.real_time { Duration::from_secs(4) } else { Duration::from_millis(400) }
    }
}

/// What went wrong before the story could be checked.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Plays the demo. Succeeds when everything agrees with the vendor's ledger.
#[must_use]
pub fn run(options: &Options) -> ExitCode {
    let words = Words::of(options.language);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(play(options, &words)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("{}: {trouble}", words.title("trouble"));
            ExitCode::FAILURE
        }
    }
}

async fn play(options: &Options, words: &Words) -> Result<bool, Trouble> {
    println!("{}", words.opening(options));
    if !options.headless && !options.on_virtual_display() {
        println!("{}", words.onlooker());
    }
    if options.vendor == "formcall" {
        let (findings, pictures) = formcall::play(options, words).await?;
        return Ok(verdict(words, &findings, pictures.taken()));
    }
    let mut stage = Stage::set(options).await?;
    #[cfg(target_os = "linux")]
    let played = if options.on_virtual_display() {
        day::play(&mut stage, options, words).await
    } else {
        acts::play(&mut stage, options, words).await
    };
    #[cfg(not(target_os = "linux"))]
    let played = acts::play(&mut stage, options, words).await;
    let told = match played {
        Ok(told) => told,
        Err(trouble) => {
            stage.dump();
            stage.strike().await?;
            return Err(trouble);
        }
    };
    let history = stage.history().await?;
    let outbox = stage.outbox().await?;
    let ledger = stage.sim.ledger();
    let crm = stage.crm.ledger();
    let pictures = stage.pictures.taken().to_vec();
    stage.strike().await?;
    println!("\n{}", words.title("crm"));
    office::show(&crm);
    let mut findings = check::compare(&told, &history, &ledger, options);
    findings.extend(office::compare(&told, &outbox, &crm));
    Ok(verdict(words, &findings, &pictures))
}

/// Says what agrees with the ledgers and what does not.
fn verdict(words: &Words, findings: &[check::Finding], pictures: &[PathBuf]) -> bool {
    println!("\n{}", words.title("check"));
    for finding in findings {
        println!("  {} {}", if finding.holds { "✔" } else { "✘" }, finding.what);
    }
    for picture in pictures {
        println!("{}", picture.display());
    }
    let all = findings.iter().all(|finding| finding.holds);
    println!("{}", words.title(if all { "good" } else { "bad" }));
    all
}

fn language(text: &str) -> Result<Language, String> {
    match text {
        "es" => Ok(Language::Es),
        "en" => Ok(Language::En),
        "pt" => Ok(Language::Pt),
        _ => Err("es, en or pt".to_owned()),
    }
}
