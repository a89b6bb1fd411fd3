//! `timbrectl doctor`: a line a check, and below it what to do.

use std::io;

use serde::Serialize;
use timbre_engine::api::command::Doctor;
use timbre_engine::health::doctor::{Check, DoctorReport, State};
use timbre_platform::secrets::SharedRedactor;

use crate::args::Args;
use crate::ask::{once, written};
use crate::exit::Failure;
use crate::print::{Printer, clean};

/// A check failed (`timbrectl --help` lists the exit codes).
const NEEDS_A_PERSON: u8 = 12;

pub(crate) async fn run(args: &Args, printer: &Printer, redactor: SharedRedactor) -> Result<(), Failure> {
    let report = once(args, redactor, Doctor).await?;
    written(print(printer, &report))?;
    match report.count(State::Failed) {
        0 => Ok(()),
        failed => {
            let detail = format!("{failed} of {} checks failed", report.checks.len());
            let (failed, count) = (failed.to_string(), report.checks.len().to_string());
            let values = [("failed", failed.as_str()), ("count", &count)];
            Err(Failure::new(None, detail, NEEDS_A_PERSON).told("cli.doctor", &values))
        }
    }
}

/// A report as one JSON object: with the words that people read, in the language asked for.
#[derive(Serialize)]
struct Worded<'a> {
    reply: &'static str,
    at: chrono::DateTime<chrono::Utc>,
    failed: usize,
    warnings: usize,
    not_checked: usize,
    checks: Vec<WordedCheck<'a>>,
}

#[derive(Serialize)]
struct WordedCheck<'a> {
    #[serde(flatten)]
    check: &'a Check,
    what: String,
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    what_to_do: Option<String>,
}

pub(crate) fn print(printer: &Printer, report: &DoctorReport) -> io::Result<()> {
    if printer.is_json() {
        return printer.json(&worded(printer, report));
    }
    for check in &report.checks {
        let words = check.in_words(printer.catalogue());
        let detail =
            check.detail.as_deref().map(|detail| format!(" ({})", printer.technical(detail))).unwrap_or_default();
        printer.line(&clean(&format!("{} {} · {}{detail}", sign(check.state), words.area, words.what)))?;
        if let Some(what_to_do) = words.what_to_do {
            printer.line(&clean(&format!("    {what_to_do}")))?;
        }
    }
    printer.line(&summary(printer, report))
}

fn worded<'a>(printer: &Printer, report: &'a DoctorReport) -> Worded<'a> {
    let checks = report.checks.iter().map(|check| {
        let words = check.in_words(printer.catalogue());
        WordedCheck { check, what: words.what, what_to_do: words.what_to_do }
    });
    Worded {
        reply: "doctor",
        at: report.at,
        failed: report.count(State::Failed),
        warnings: report.count(State::Warning),
        not_checked: report.count(State::NotChecked),
        checks: checks.collect(),
    }
}

fn summary(printer: &Printer, report: &DoctorReport) -> String {
    let counted = [
        (State::Failed, "doctor.state.failed"),
        (State::Warning, "doctor.state.warning"),
        (State::NotChecked, "doctor.state.not_checked"),
    ];
    let parts: Vec<_> = counted
        .into_iter()
        .map(|(state, key)| (report.count(state), key))
        .filter(|(count, _)| *count > 0)
        .map(|(count, key)| printer.fill(key, &[("count", &count.to_string())]))
        .collect();
    if parts.is_empty() { printer.text("doctor.state.good") } else { parts.join(" · ") }
}

fn sign(state: State) -> char {
    match state {
        State::Good => '✓',
        State::Warning => '!',
        State::Failed => '✗',
        State::NotChecked => '–',
    }
}
