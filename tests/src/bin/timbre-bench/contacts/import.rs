//! The import: `timbrectl contacts import` in a process of its own, beside the `sqlite3` shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use timbre_store::ImportRecord;
use timbre_tests::programs::program;

use super::file;
use super::shell::{Counts, Shell};
use crate::figures::{At, Report, Unit, grouped, megabytes};
use crate::memory::{self, MEMORY, Ran};
use crate::{Failure, VENDOR};

/// Times each way is measured, in turn.
const ROUNDS: usize = 3;

const OURS: &str = "timbrectl contacts import, start to end";
const ATTACHED: &str = "yardstick: sqlite3, INSERT … SELECT from a database";
const CSV: &str = "yardstick: sqlite3, .import of CSVs, then INSERT … SELECT";

#[derive(Deserialize)]
struct Imported {
    record: ImportRecord,
}

/// Measures it in this folder; gives the data folder that the last import left.
pub(super) fn measure(dir: &Path, count: u64) -> Result<(Report, PathBuf), Failure> {
    let (contacts, data) = (dir.join("contactos.csv"), dir.join("data"));
    let bytes = file::write(&contacts, count)?;
    let database = data.join("timbre.db");
    fs::write(dir.join("timbre.toml"), VENDOR)?;

    let (mut ours, mut attached, mut csv) = (Vec::new(), Vec::new(), Vec::new());
    let mut shell = None;
    for _ in 0..ROUNDS {
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        ours.push(import(dir, &contacts, &data)?);
        let shell = match &shell {
            Some(shell) => shell,
            None => shell.insert(Shell::prepare(&database, dir)?),
        };
        attached.push(shell.attached()?);
        csv.push(shell.parsed()?);
    }

    let mut report = Report::new(format!("Import of {} contacts from a CSV of {}", grouped(count), megabytes(bytes)));
    let mut figure = |name: &str, runs: &[Ran]| {
        report.figure_in(Unit::S, name, runs.iter().map(|ran| ran.seconds * 1e3).collect(), None);
    };
    figure(OURS, &ours);
    figure(ATTACHED, &attached);
    figure(CSV, &csv);
    report.compare_at(At::P50, OURS, ATTACHED, Some(2.0));
    report.compare_at(At::P50, OURS, CSV, Some(2.0));
    report.fact(
        "what the yardsticks do",
        "the same rows, already normalised, into the same tables and indexes with the same settings, in one \
         transaction; they read no names or numbers, know no duplicates, and note no progress",
        true,
    );
    for ran in &ours {
        let record = serde_json::from_str::<Imported>(&ran.output)?.record;
        let ImportRecord { rows, added, changed, unchanged, refused, .. } = record;
        let seconds = ran.seconds;
        report.fact(
            "an import of ours",
            format!(
                "{} rows, {} a second: {} added, {changed} changed, {unchanged} unchanged, {refused} refused",
                grouped(rows),
                grouped((rows as f64 / seconds) as u64),
                grouped(added)
            ),
            rows == count && added + changed + unchanged == count && refused == 0,
        );
    }
    let ways = [(OURS, &ours), (ATTACHED, &attached), (CSV, &csv)];
    for (name, runs) in ways {
        let least = runs.iter().filter_map(|ran| ran.processor).min_by(f64::total_cmp);
        if let Some(least) = least {
            report.fact("processor's time", format!("{least:.2} s: {name}"), true);
        }
    }
    let counts = Counts::of(&database)?.to_string();
    report.fact("tables of ours", format!("{counts}, {}", megabytes(database.metadata()?.len())), true);
    if let Some(shell) = &shell {
        let theirs = attached.iter().chain(&csv).map(|ran| ran.output.trim());
        let other = theirs.into_iter().find(|theirs| *theirs != counts);
        let size = megabytes(shell.database().metadata()?.len());
        report.fact("tables of the yardsticks", format!("{}, {size}", other.unwrap_or("the same")), other.is_none());
    }
    for (name, runs) in ways {
        let limit = (name == OURS).then_some(MEMORY);
        let peak = runs.iter().filter_map(|ran| ran.peak).max();
        memory::fact(&mut report, &format!("peak memory, {name}"), peak, limit);
    }
    Ok((report, data))
}

fn import(dir: &Path, contacts: &Path, data: &Path) -> Result<Ran, Failure> {
    let mut command = Command::new(program("timbrectl"));
    command.arg("--config").arg(dir.join("timbre.toml")).arg("--data-dir").arg(data);
    command.args(["--json", "contacts", "import"]).arg(contacts);
    command.env_remove("TIMBRE_LOG").stdin(Stdio::null());
    memory::run(&mut command, dir)
}
