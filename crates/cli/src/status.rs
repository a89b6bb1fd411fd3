//! `timbrectl status`: how everything is, as far as the running Timbre knows without asking anybody.

use std::io;

use timbre_domain::error::ErrorCode;
use timbre_domain::status::{AccountReach, ConnectorReach, ConnectorStatus, Status};
use timbre_engine::api::command;
use timbre_engine::health::database::{Backups, Generation};
use timbre_platform::secrets::SharedRedactor;

use crate::args::Args;
use crate::ask::{once, written};
use crate::exit::Failure;
use crate::print::{Printer, clean, moment};

pub(crate) async fn run(args: &Args, printer: &Printer, redactor: SharedRedactor) -> Result<(), Failure> {
    let status = in_words(printer, once(args, redactor, command::StatusShow).await?);
    written(printer.reply("status", &status, || print(printer, &status)))
}

/// With the texts in the reader's language: the engine that answers may speak another.
pub(crate) fn in_words(printer: &Printer, status: Status) -> Status {
    let texts = printer.catalogue();
    let connectors = status.connectors.into_iter().map(|connector| connector.in_words(texts)).collect();
    Status { connectors, ..status }
}

pub(crate) async fn back_up(args: &Args, printer: &Printer, redactor: SharedRedactor) -> Result<(), Failure> {
    let backups = once(args, redactor, command::BackUp).await?;
    written(printer.reply("backups", &backups, || self::backups(printer, &backups)))
}

pub(crate) fn print(printer: &Printer, status: &Status) -> io::Result<()> {
    for call in &status.calls {
        let number =
            if call.number_written.is_empty() { printer.text("match.withheld") } else { clean(&call.number_written) };
        printer.line(&format!("{number}  {}", printer.text(state(call.state))))?;
    }
    for account in &status.accounts {
        let how = match account.reach {
            AccountReach::NotAskedYet => printer.text("status.account.not_asked"),
            AccountReach::Answers => printer.text("status.account.answers"),
            AccountReach::Failing => match account.code {
                Some(code) => format!("{} {}", printer.catalogue().what(code), printer.catalogue().what_to_do(code)),
                None => printer.text("status.account.failing"),
            },
        };
        printer.line(&format!("{}: {how}", account.account))?;
    }
    for connector in &status.connectors {
        printer.line(&line(printer, connector))?;
        for kind in &connector.held {
            let kind = crate::outbox::kind(printer, *kind);
            let held = printer.fill("connector.kind.held", &[("kind", &kind)]);
            printer.line(&format!("{}: {held}", connector.connector))?;
        }
    }
    if status.database.damaged {
        let (what, code) = (printer.catalogue(), ErrorCode::StoreDamaged);
        printer.line(&format!("{} {}", what.what(code), what.what_to_do(code)))?;
    }
    if status.database.repaired {
        printer.line(&printer.text("store.repaired"))?;
    }
    if let Some(code) = status.database.backup_failed {
        let (failed, texts) = (printer.text("store.backup_failed"), printer.catalogue());
        printer.line(&format!("{failed} {} {}", texts.what(code), texts.what_to_do(code)))?;
    }
    for failed in &status.components {
        let key = if failed.runs { "component.runs" } else { "component.failed" };
        printer.line(&printer.fill(key, &[("component", &printer.catalogue().component(&failed.component))]))?;
    }
    if status.pending > 0 {
        printer.line(&printer.fill("status.pending", &[("count", &status.pending.to_string())]))?;
    }
    match status.do_not_disturb.map(|wish| wish.until) {
        Some(Some(until)) => printer.line(&printer.fill("status.quiet.until", &[("until", &moment(until))])),
        Some(None) => printer.line(&printer.text("status.quiet")),
        None => Ok(()),
    }
}

fn backups(printer: &Printer, backups: &Backups) -> io::Result<()> {
    printer.line(&printer.text(if backups.made { "backup.made" } else { "backup.unchanged" }))?;
    for file in &backups.kept {
        printer.line(&printer.fill("backup.kept", &[("file", file)]))?;
    }
    for backup in &backups.backups {
        let name = match backup.generation {
            Generation::Hour => "backup.hour",
            Generation::Day => "backup.day",
            Generation::Week => "backup.week",
        };
        printer.line(&format!("{}  {}", moment(backup.made_at), printer.text(name)))?;
    }
    Ok(())
}

fn line(printer: &Printer, connector: &ConnectorStatus) -> String {
    let how = match (connector.reach, connector.until) {
        (ConnectorReach::Stopped, _) => printer.text("connector.state.stopped"),
        (_, Some(until)) => printer.fill("connector.state.waits", &[("until", &moment(until))]),
        (_, None) => printer.text("connector.state.ready"),
    };
    let (waiting, parked) = (connector.waiting.to_string(), connector.parked.to_string());
    let counts = printer.fill("status.connector.counts", &[("waiting", &waiting), ("parked", &parked)]);
    format!("{}: {how} {counts}", connector.connector)
}

fn state(state: timbre_domain::call::CallState) -> &'static str {
    use timbre_domain::call::CallState;

    match state {
        CallState::Ringing => "state.ringing",
        CallState::Connected => "state.connected",
        CallState::Ended => "state.ended",
    }
}
