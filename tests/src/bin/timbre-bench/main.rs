//! `cargo xtask bench`: how long after the vendor's answer the right contact is on the glass, and what a million contacts
//! cost; each figure beside a yardstick that was measured in the same run.

mod contacts;
#[cfg(target_os = "linux")]
mod desktop;
mod figures;
mod headless;
#[cfg(target_os = "linux")]
mod yardsticks;

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Parser;

use crate::figures::Report;

/// What went wrong, for a person.
type Failure = Box<dyn Error + Send + Sync>;

/// Measures Timbre.
#[derive(Debug, Parser)]
#[command(name = "timbre-bench")]
struct Options {
    /// Also what needs the real windows. TIMBRE_BIN_DIR says where timbre and timbrectl lie.
    #[arg(long)]
    desktop: bool,
    /// How many calls are measured.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    calls: u16,
    /// How many contacts are imported, looked up and searched; 0 leaves this out.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    contacts: u32,
    /// Writes the figures to this file too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let calls = usize::from(options.calls);
    let mut reports = Vec::new();
    said(headless::measure(calls).await?, &mut reports)?;
    if options.desktop {
        said(windows(calls).await?, &mut reports)?;
    }
    if options.contacts > 0 {
        contacts::measure(u64::from(options.contacts), &mut |report| said(report, &mut reports))?;
    }
    if let Some(file) = options.json {
        fs::write(file, serde_json::to_vec_pretty(&reports)?)?;
    }
    let broken: Vec<&str> = reports.iter().flat_map(Report::broken).collect();
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ").into()) }
}

fn said(report: Report, reports: &mut Vec<Report>) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{report}")?;
    reports.push(report);
    Ok(())
}

#[cfg(target_os = "linux")]
async fn windows(calls: usize) -> Result<Report, Failure> {
    desktop::measure(calls).await
}

#[cfg(not(target_os = "linux"))]
async fn windows(_calls: usize) -> Result<Report, Failure> {
    Err("real windows are measured on Linux only, where a desktop of one's own can be had".into())
}
