//! `cargo xtask bench`: how long after the vendor's answer the right contact is on the glass, what a million contacts cost,
//! how fast a CRM's contacts come here and how fast results are saved; each figure beside a yardstick that was measured in the
//! same run.

mod commits;
mod contacts;
#[cfg(target_os = "linux")]
mod desktop;
mod figures;
mod headless;
mod memory;
#[cfg(target_os = "linux")]
mod neighbours;
#[cfg(target_os = "linux")]
mod resources;
mod sync;
#[cfg(target_os = "linux")]
mod yardsticks;

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Parser;
use tempfile::TempDir;
use timbre_domain::number::Country;
use timbre_tests::programs::program;

use crate::figures::Report;

/// What went wrong, for a person.
type Failure = Box<dyn Error + Send + Sync>;

/// Where the numbers without a country code are at home.
const HOME: Country = Country::CR;

/// Settings with a vendor that is never asked.
const VENDOR: &str = "language = \"en\"\ncountry = \"CR\"\n[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\n\
                      base_url = \"https://vendor.invalid\"\nusername = \"8373456\"\n";

#[derive(Debug, Parser)]
#[command(name = "timbre-bench")]
struct Options {
    /// Also what needs the real windows. TIMBRE_BIN_DIR says where timbre and timbrectl lie.
    #[arg(long)]
    desktop: bool,
    /// How many calls are measured.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    calls: u16,
    /// How many contacts are imported, looked up and searched; 0 leaves this out.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    contacts: u32,
    /// How many contacts are brought from a CRM whose lists show all, and a twentieth of them from one whose lists leave
    /// telephones out; 0 leaves this out.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    synced: u32,
    /// How many results are saved in a round; 0 leaves this out.
    #[arg(long, value_name = "N", default_value_t = 200)]
    results: u16,
    /// Writes the figures to this file too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measures nothing, but is the yardstick of a sync: sends these requests.
    #[arg(long, value_name = "FILE", hide = true)]
    pull: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    if let Some(file) = options.pull {
        return sync::pull(&file).await;
    }
    let calls = usize::from(options.calls);
    let mut reports = Vec::new();
    said(headless::measure(calls).await?, &mut reports)?;
    if options.desktop {
        said(windows(calls).await?, &mut reports)?;
        said(machine().await?, &mut reports)?;
    }
    if options.contacts > 0 {
        contacts::measure(u64::from(options.contacts), &mut |report| said(report, &mut reports))?;
    }
    if options.results > 0 {
        said(commits::measure(usize::from(options.results))?, &mut reports)?;
    }
    if options.synced > 0 {
        let count = options.synced as usize;
        said(sync::measure(sync::Lists::Whole, count).await?, &mut reports)?;
        said(sync::measure(sync::Lists::Partial, count.div_ceil(20)).await?, &mut reports)?;
    }
    if let Some(file) = options.json {
        fs::write(file, serde_json::to_vec_pretty(&reports)?)?;
    }
    let broken: Vec<&str> = reports.iter().flat_map(Report::broken).collect();
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ").into()) }
}

/// A folder on the disk, gone at the end. It lies beside the programs: the system's folder for what is temporary may lie in
/// memory.
fn scratch() -> io::Result<TempDir> {
    tempfile::tempdir_in(program("timbrectl").parent().unwrap_or(Path::new(".")))
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

#[cfg(target_os = "linux")]
async fn machine() -> Result<Report, Failure> {
    resources::measure().await
}

#[cfg(not(target_os = "linux"))]
async fn machine() -> Result<Report, Failure> {
    windows(0).await
}

#[cfg(not(target_os = "linux"))]
async fn windows(_calls: usize) -> Result<Report, Failure> {
    Err("real windows are measured on Linux only, where a desktop of one's own can be had".into())
}
