//! `timbrectl contacts`: who they are, files in and out.

mod case_file;
pub(crate) mod print;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use timbre_domain::error::ErrorCode;
use timbre_domain::interchange::ReadOptions;
use timbre_engine::api::commands::{Command, ContactEdit, Reply};
use timbre_engine::api::event::Event;
use timbre_engine::contacts::import::ImportRequest;
use timbre_platform::secrets::SharedRedactor;

use crate::args::{self, Args, Contacts};
use crate::ask::written;
use crate::exit::Failure;
use crate::print::Printer;
use crate::session::Session;
use crate::watch::stop_signal;

pub(crate) async fn run(
    args: &Args,
    what: &Contacts,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    let command = command(what)?;
    let mut session = Session::open(args, redactor, false).await?;
    let answered = match command {
        Command::ContactsImport(_) => import(&mut session, command, args.json).await,
        other => session.execute(other).await,
    };
    session.close().await?;
    let answered = answered?;
    written(print::reply(printer, &answered))?;
    match &answered {
        Reply::ContactsSynced { reports } => match reports.iter().find_map(|report| report.problem.as_ref()) {
            Some(problem) => Err(Failure {
                of_crm: true,
                reason: None,
                code: Some(problem.code),
                detail: problem.words.clone(),
                exit: crate::exit::exit_code(problem.code),
                typed: None,
            }),
            None => Ok(()),
        },
        Reply::Imported(report) if !report.dry_run && report.record.finished_at.is_none() => {
            let detail = format!("{}, row {}: the file was cut short there", report.record.file, report.record.rows);
            Err(Failure::of(ErrorCode::BadFile, detail))
        }
        _ => Ok(()),
    }
}

fn command(what: &Contacts) -> Result<Command, Failure> {
    Ok(match what {
        Contacts::Add(details) => Command::ContactsAdd(edited(details)),
        Contacts::Edit { id, details, add_phones, remove_phones } => {
            let (add_phones, remove_phones) = (add_phones.clone(), remove_phones.clone());
            let edit = ContactEdit { add_phones, remove_phones, ..edited(details) };
            if edit == ContactEdit::default() {
                let detail = "nothing to change was named; see `timbrectl contacts edit --help`";
                return Err(Failure::of(ErrorCode::BadRequest, detail));
            }
            Command::ContactsEdit { id: *id, edit }
        }
        Contacts::Show { id } => Command::ContactsShow { id: *id },
        Contacts::CaseFile { id, before, limit } => {
            Command::CaseFile { contact: *id, before: *before, limit: *limit as usize }
        }
        Contacts::Remove { id } => Command::ContactsRemove { id: *id },
        Contacts::Merge { kept, others } => Command::ContactsMerge { kept: *kept, others: others.clone() },
        Contacts::Lookup { number } => Command::ContactsLookup { number: number.clone() },
        Contacts::Search { text, limit } => {
            Command::ContactsSearch { text: text.join(" "), limit: usize::from(*limit) }
        }
        Contacts::Import(import) => Command::ContactsImport(request(import)?),
        Contacts::Sync { connector, full } => Command::ContactsSync { connector: connector.clone(), full: *full },
        Contacts::Imports => Command::ContactsImports,
        Contacts::Export { file, format } => Command::ContactsExport { path: absolute(file)?, format: *format },
    })
}

fn edited(details: &args::Details) -> ContactEdit {
    ContactEdit {
        name: details.name.clone(),
        company: details.company.clone(),
        phones: (!details.phones.is_empty()).then(|| details.phones.clone()),
        emails: (!details.emails.is_empty()).then(|| details.emails.clone()),
        owner: details.owner.clone(),
        do_not_call: details.do_not_call,
        fields: details.fields.clone(),
        ..ContactEdit::default()
    }
}

fn request(import: &args::Import) -> Result<ImportRequest, Failure> {
    Ok(ImportRequest {
        path: absolute(&import.file)?,
        options: ReadOptions {
            format: import.format,
            encoding: import.encoding.clone(),
            delimiter: import.delimiter,
            header: import.no_header.then_some(false),
            mapping: import.mapping.iter().cloned().collect(),
            ..ReadOptions::default()
        },
        source: import.source.clone(),
        rule: import.duplicates,
        dry_run: import.dry_run,
        report: import.report.as_deref().map(absolute).transpose()?,
    })
}

/// The engine may run in another folder.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::of(ErrorCode::FileAccess, format!("{}: {error}", path.display())))
}

/// With a bar on a terminal. Interrupted, it says how far it came.
async fn import(session: &mut Session, command: Command, json: bool) -> Result<Reply, Failure> {
    let bar = if json || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { bar() };
    let mut rows = 0;
    let mut tell = |event: Event| {
        if let Event::Import(progress) = event {
            bar.set_length(progress.total_bytes);
            bar.set_position(progress.bytes);
            bar.set_message(progress.rows.to_string());
            rows = progress.rows;
        }
    };
    let done = tokio::select! {
        done = session.execute_telling(command, &mut tell) => Some(done),
        () = stop_signal() => None,
    };
    bar.finish_and_clear();
    match done {
        Some(done) => done,
        None => {
            let detail =
                "interrupted; `timbrectl contacts imports` says up to which row, the same import brings the rest";
            Err(Failure::interrupted(detail))
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}  {elapsed}/{duration}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}
