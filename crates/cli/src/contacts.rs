//! `timbrectl contacts`: who they are, files in and out.

mod case_file;
pub(crate) mod print;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use timbre_domain::error::ErrorCode;
use timbre_domain::interchange::ReadOptions;
use timbre_engine::api::command::{
    CaseFile, ContactsAdd, ContactsEdit, ContactsExport, ContactsImport, ContactsImports, ContactsLookup,
    ContactsMerge, ContactsRemove, ContactsSearch, ContactsShow, ContactsSync, ContactsUndoImport,
};
use timbre_engine::api::event::Event;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_engine::contacts::import::{ImportReport, ImportRequest};
use timbre_platform::secrets::SharedRedactor;

use crate::args::{self, Args, Contacts};
use crate::ask::{once, written};
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
    match what {
        Contacts::Add(details) => {
            let added = once(args, redactor, ContactsAdd(edited(details))).await?;
            written(print::contact(printer, &added))
        }
        Contacts::Edit { id, details, add_phones, remove_phones } => {
            let (add_phones, remove_phones) = (add_phones.clone(), remove_phones.clone());
            let edit = ContactEdit { add_phones, remove_phones, ..edited(details) };
            if edit == ContactEdit::default() {
                let detail = "nothing to change was named; see `timbrectl contacts edit --help`";
                return Err(Failure::of(ErrorCode::BadRequest, detail).told("cli.nothing_named", &[]));
            }
            let changed = once(args, redactor, ContactsEdit { id: *id, edit }).await?;
            written(print::contact(printer, &changed))
        }
        Contacts::Show { id } => {
            let contact = once(args, redactor, ContactsShow { id: *id }).await?;
            written(print::contact(printer, &contact))
        }
        Contacts::CaseFile { id, before, limit } => {
            let command = CaseFile { contact: *id, before: *before, limit: *limit as usize };
            let file = once(args, redactor, command).await?;
            written(printer.reply("case_file", &file, || printer.lines(&case_file::lines(printer, &file))))
        }
        Contacts::Remove { id } => {
            once(args, redactor, ContactsRemove { id: *id }).await?;
            written(printer.changed())
        }
        Contacts::Merge { kept, others } => {
            let merged = once(args, redactor, ContactsMerge { kept: *kept, others: others.clone() }).await?;
            written(print::contact(printer, &merged))
        }
        Contacts::Lookup { number } => {
            let found = once(args, redactor, ContactsLookup { number: number.clone() }).await?;
            written(printer.reply("found", &found, || print::looked_up(printer, &found)))
        }
        Contacts::Search { text, limit } => {
            let search = ContactsSearch { text: text.join(" "), limit: usize::from(*limit) };
            let contacts = once(args, redactor, search).await?;
            written(printer.reply("contacts", &json!({"contacts": contacts}), || print::contacts(printer, &contacts)))
        }
        Contacts::Import(import) => {
            let mut session = Session::open(args, redactor, false).await?;
            let imported = self::import(&mut session, request(import)?, args.json).await;
            session.close().await?;
            let report = imported?;
            written(printer.reply("imported", &report, || print::imported(printer, &report)))?;
            if report.record.finished_at.is_some() {
                return Ok(());
            }
            let detail = format!("{}, row {}: the file was cut short there", report.record.file, report.record.rows);
            let row = report.record.rows.to_string();
            let values = [("file", report.record.file.as_str()), ("row", &row)];
            Err(Failure::of(ErrorCode::BadFile, detail).told("cli.cut_short", &values))
        }
        Contacts::Sync { connector, full } => {
            let sync = ContactsSync { connector: connector.clone(), full: *full };
            let reports = once(args, redactor, sync).await?;
            let value = json!({"reports": reports});
            written(printer.reply("contacts_synced", &value, || print::synced(printer, &reports)))?;
            match reports.iter().find_map(|report| report.problem.as_ref()) {
                Some(problem) => Err(Failure::of(problem.code, problem.words.clone()).at_the_crm()),
                None => Ok(()),
            }
        }
        Contacts::UndoImport { id } => {
            let undone = once(args, redactor, ContactsUndoImport { import: *id }).await?;
            written(printer.reply("import_undone", &undone, || print::undone(printer, &undone)))
        }
        Contacts::Imports => {
            let imports = once(args, redactor, ContactsImports).await?;
            written(printer.reply("imports", &json!({"imports": imports}), || print::imports(printer, &imports)))
        }
        Contacts::Export { file, format } => {
            let export = ContactsExport { path: absolute(file)?, format: *format };
            let count = once(args, redactor, export).await?;
            let words = printer.fill("contacts.exported", &[("count", &count.to_string())]);
            written(printer.reply("exported", &json!({"count": count}), || printer.line(&words)))
        }
    }
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
async fn import(session: &mut Session, request: ImportRequest, json: bool) -> Result<ImportReport, Failure> {
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
        done = session.execute_telling(ContactsImport(request), &mut tell) => Some(done),
        () = stop_signal() => None,
    };
    bar.finish_and_clear();
    match done {
        Some(done) => done,
        None => {
            let detail =
                "interrupted; `timbrectl contacts imports` says up to which row, the same import brings the rest";
            Err(Failure::interrupted(detail).told("cli.interrupted.import", &[]))
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}  {elapsed}/{duration}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}
