//! What the commands about contacts write for people.

use std::io;

use chrono::Local;
use serde_json::json;
use timbre_domain::contact::Contact;
use timbre_domain::interchange::{ChosenBy, ColumnNote, ColumnUse, FileFormat, FileLayout, ProblemKind, Target};
use timbre_engine::api::{ImportRecord, MergeNote, Undone};
use timbre_engine::contacts::import::{ImportReport, RowNote};
use timbre_engine::contacts::lookup::LookedUp;
use timbre_engine::crm::contact_sync::SyncReport;

use crate::print::{Printer, clean, name};

/// Rows with something wrong that fit a screen.
const SHOWN: usize = 20;

pub(crate) fn contact(printer: &Printer, contact: &Contact) -> io::Result<()> {
    printer.reply("contact", &json!({"contact": contact}), || card(printer, contact))
}

pub(crate) fn contacts(printer: &Printer, contacts: &[Contact]) -> io::Result<()> {
    if contacts.is_empty() {
        return printer.line(&printer.text("contacts.none"));
    }
    contacts.iter().try_for_each(|contact| printer.line(&line(printer, contact)))
}

pub(crate) fn imports(printer: &Printer, imports: &[ImportRecord]) -> io::Result<()> {
    imports.iter().try_for_each(|import| printer.line(&earlier(printer, import)))
}

pub(crate) fn synced(printer: &Printer, reports: &[SyncReport]) -> io::Result<()> {
    reports.iter().try_for_each(|report| printer.lines(&synced_lines(printer, report)))
}

/// What a synchronisation brought, a line each.
fn synced_lines(printer: &Printer, report: &SyncReport) -> Vec<String> {
    let count = |key: &str, count: u64| {
        (count > 0).then(|| format!("  {}", printer.fill(key, &[("count", &count.to_string())])))
    };
    let numbers = [report.added, report.changed, report.unchanged, report.removed].map(|number| number.to_string());
    let values = [
        ("connector", report.connector.as_str()),
        ("added", &numbers[0]),
        ("changed", &numbers[1]),
        ("unchanged", &numbers[2]),
        ("removed", &numbers[3]),
    ];
    let mut lines = vec![printer.fill("sync.report", &values)];
    lines.extend(count("sync.report.kept", report.kept));
    lines.extend(count("sync.report.unread", report.unread));
    lines.extend(report.endless_pages.then(|| format!("  {}", printer.text("sync.report.endless_pages"))));
    lines.extend(count("sync.report.details_left", report.details_left));
    if let Some(problem) = &report.problem {
        let (what, words) = (printer.catalogue().crm_what(problem.code), clean(&problem.words));
        lines.push(format!("  {}", printer.fill("sync.report.cut_short", &[("what", &what), ("words", &words)])));
    }
    lines
}

/// One line: id, name, numbers.
fn line(printer: &Printer, contact: &Contact) -> String {
    let numbers: Vec<_> = contact.phones.iter().map(|phone| clean(&phone.number.written(printer.home))).collect();
    let tag = match contact.do_not_call {
        true => format!("  [{}]", printer.text("contact.do_not_call.tag")),
        false => String::new(),
    };
    format!("{}  {}  {}{tag}", contact.id, name(contact), numbers.join(", "))
}

/// All there is, a line each.
fn card(printer: &Printer, contact: &Contact) -> io::Result<()> {
    printer.line(&format!("{}  {}", contact.id, name(contact)))?;
    for phone in &contact.phones {
        let kind = printer.text(&format!("contact.phone.{}", phone.kind.as_str()));
        printer.line(&format!("  {}  {kind}", clean(&phone.number.written(printer.home))))?;
    }
    for email in &contact.emails {
        printer.line(&format!("  {}", clean(email)))?;
    }
    if let Some(owner) = &contact.owner {
        printer.line(&format!("  {}: {}", printer.text("contact.owner"), clean(owner)))?;
    }
    if contact.do_not_call {
        printer.line(&format!("  {}", printer.text("contact.do_not_call")))?;
    }
    for (field, value) in &contact.fields {
        printer.line(&format!("  {}: {}", clean(field), clean(value)))?;
    }
    if let Some(origin) = &contact.origin {
        let id = origin.external_id.as_deref().map(|id| format!(" {}", clean(id))).unwrap_or_default();
        printer.line(&format!("  {} {}{id}", printer.text("contact.from"), clean(&origin.source)))?;
    }
    Ok(())
}

pub(crate) fn looked_up(printer: &Printer, found: &LookedUp) -> io::Result<()> {
    if found.withheld {
        return printer.line(&printer.text("match.withheld"));
    }
    if let Some(endpoint) = &found.endpoint {
        return printer.line(&format!("{}  {}", clean(endpoint.as_str()), printer.text("match.colleague")));
    }
    if let Some(extension) = &found.extension {
        printer.line(&printer.fill("match.extension", &[("extension", extension)]))?;
    }
    if found.contacts.is_empty() {
        return printer.line(&printer.text("match.unknown"));
    }
    found.contacts.iter().try_for_each(|found| {
        let kind = serde_json::to_value(found.match_kind).unwrap_or_default();
        let kind = printer.text(&format!("match.kind.{}", kind.as_str().unwrap_or_default()));
        printer.line(&format!("{}  ({kind})", line(printer, &found.contact)))
    })
}

pub(crate) fn imported(printer: &Printer, report: &ImportReport) -> io::Result<()> {
    printer.line(&read_as(printer, &report.record.file, &report.layout))?;
    if report.layout.rows_above > 0 {
        printer.line(&printer.fill("import.rows_above", &[("count", &report.layout.rows_above.to_string())]))?;
    }
    let (kept, known): (Vec<_>, Vec<_>) =
        report.layout.columns.iter().partition(|column| column.by == ChosenBy::Nobody);
    for column in known {
        printer.line(&column_use(printer, column))?;
    }
    if !kept.is_empty() {
        let names: Vec<_> = kept.iter().map(|column| clean(&column.name)).collect();
        printer.line(&format!("  {}: {}", printer.text("import.by.nobody"), names.join(", ")))?;
    }
    if report.layout.encoding_guessed {
        printer.line(&printer.fill("import.encoding_guessed", &[("encoding", &report.layout.encoding)]))?;
    }
    for note in &report.column_notes {
        printer.line(&column_note(printer, note))?;
    }
    if let Some(earlier) = report.earlier.as_ref().filter(|_| !report.dry_run) {
        printer.line(&printer.fill("import.earlier", &[("rows", &earlier.rows.to_string())]))?;
    }
    let is_phone = |column: &ColumnUse| matches!(column.target, Target::Phone(_));
    if report.layout.format == FileFormat::Csv && !report.layout.columns.iter().any(is_phone) {
        printer.line(&printer.text("import.no_phone_column"))?;
    }
    let shown = &report.problems[..report.problems.len().min(SHOWN)];
    for note in shown {
        printer.line(&problem(printer, note))?;
    }
    let more = report.problem_counts.values().sum::<u64>().saturating_sub(shown.len() as u64);
    if more > 0 {
        printer.line(&printer.fill("import.more", &[("count", &more.to_string())]))?;
    }
    if report.record.merged > 0 {
        printer.line(&printer.fill("import.merges", &[("count", &report.record.merged.to_string())]))?;
        for note in report.merges.iter().take(SHOWN) {
            printer.line(&merge(printer, note))?;
        }
        let more = report.record.merged.saturating_sub(report.merges.len().min(SHOWN) as u64);
        if more > 0 {
            printer.line(&printer.fill("import.merges.more", &[("count", &more.to_string())]))?;
        }
    }
    if !report.sample.is_empty() {
        printer.line(&printer.fill("import.sample", &[("count", &report.sample.len().to_string())]))?;
    }
    for contact in &report.sample {
        // Their ids are made when they are imported.
        let named = line(printer, contact);
        printer.line(&format!("  {}", named.split_once("  ").map_or(named.as_str(), |(_, rest)| rest)))?;
    }
    if report.dry_run {
        printer.line(&printer.text("import.dry_run"))?;
    }
    printer.line(&counts(printer, "import.done", &report.record))?;
    let changed = report.record.added + report.record.changed > 0;
    if changed && !report.dry_run {
        printer.line(&printer.fill("import.undo", &[("id", &report.record.id.to_string())]))?;
    }
    if report.mapping_saved {
        printer.line(&printer.text("import.mapping_saved"))?;
    }
    Ok(())
}

fn read_as(printer: &Printer, file: &str, layout: &FileLayout) -> String {
    let format = match (layout.format, layout.delimiter) {
        (FileFormat::Vcard, _) => "vCard".to_owned(),
        (FileFormat::Xml, _) => "XML".to_owned(),
        (FileFormat::Csv, Some('\t')) => "CSV (tab)".to_owned(),
        (FileFormat::Csv, Some(delimiter)) => format!("CSV ({delimiter})"),
        (FileFormat::Csv, None) => "CSV".to_owned(),
    };
    let values = [("file", clean(file)), ("format", format), ("encoding", layout.encoding.clone())];
    let mut values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    values.push(("program", &layout.program));
    printer.fill("import.read_as", &values)
}

fn column_use(printer: &Printer, column: &ColumnUse) -> String {
    let by = serde_json::to_value(column.by).unwrap_or_default();
    let by = printer.text(&format!("import.by.{}", by.as_str().unwrap_or_default()));
    format!("  {} → {}  ({by})", clean(&column.name), clean(&column.target.to_string()))
}

fn problem(printer: &Printer, note: &RowNote) -> String {
    let (row, line) = (note.row.to_string(), note.line.to_string());
    let place = match &note.problem.column {
        Some(column) => {
            printer.fill("import.place.column", &[("row", &row), ("line", &line), ("column", &clean(column))])
        }
        None => printer.fill("import.place", &[("row", &row), ("line", &line)]),
    };
    let taken = if note.refused || always_taken(note.problem.kind) { "" } else { ".taken" };
    let what = printer.text(&format!("import.problem.{}{taken}", note.problem.kind.as_str()));
    match note.problem.kind {
        ProblemKind::Columns | ProblemKind::Malformed => format!("  {place}: {what} ({})", note.problem.detail),
        _ => format!("  {place}: {what}"),
    }
}

/// Problems of values that never refuse a row have one text.
fn always_taken(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::NotANumber | ProblemKind::NotAnAddress | ProblemKind::NotYesOrNo)
}

fn column_note(printer: &Printer, note: &ColumnNote) -> String {
    let values = [("column", clean(&note.column)), ("count", note.values.to_string())];
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    printer.fill(&format!("import.column.{}", note.kind.as_str()), &values)
}

fn merge(printer: &Printer, note: &MergeNote) -> String {
    let by = printer.text(&format!("import.merge.by.{}", note.by.as_str()));
    let (row, name) = (note.row.to_string(), clean(&note.name));
    let other = note.same_as_row.map(|row| row.to_string());
    let values = [("row", row.as_str()), ("name", &name), ("by", &by), ("other", other.as_deref().unwrap_or_default())];
    let text = if other.is_some() { "import.merge.row" } else { "import.merge.contact" };
    format!("  {}", printer.fill(text, &values))
}

pub(crate) fn undone(printer: &Printer, undone: &Undone) -> io::Result<()> {
    let counts = [undone.removed, undone.restored, undone.kept].map(|count| count.to_string());
    let values = [("removed", counts[0].as_str()), ("restored", &counts[1]), ("kept", &counts[2])];
    printer.line(&printer.fill("import.undone", &values))?;
    for kept in &undone.kept_contacts {
        let why = printer.text(&format!("import.undone.{}", kept.why.as_str()));
        printer.line(&format!("  {}  {}: {why}", kept.id, clean(&kept.name)))?;
    }
    let more = undone.kept.saturating_sub(undone.kept_contacts.len() as u64);
    if more > 0 {
        printer.line(&printer.fill("import.undone.more", &[("count", &more.to_string())]))?;
    }
    Ok(())
}

fn earlier(printer: &Printer, import: &ImportRecord) -> String {
    let state = match (import.undone_at, import.finished_at) {
        (Some(_), _) => printer.text("import.taken_back"),
        (None, Some(_)) => counts(printer, "import.done", import),
        (None, None) => counts(printer, "import.cut_short", import),
    };
    let when = import.started_at.with_timezone(&Local).format("%Y-%m-%d %H:%M");
    format!("{}  {when}  {}  {}  {state}", import.id, clean(&import.file), clean(&import.source))
}

fn counts(printer: &Printer, text: &str, record: &ImportRecord) -> String {
    let ImportRecord { rows, added, changed, unchanged, refused, .. } = record;
    let values =
        [("rows", rows), ("added", added), ("changed", changed), ("unchanged", unchanged), ("refused", refused)];
    let values: Vec<_> = values.iter().map(|(name, count)| (*name, count.to_string())).collect();
    let values: Vec<(&str, &str)> = values.iter().map(|(name, count)| (*name, count.as_str())).collect();
    printer.fill(text, &values)
}

#[cfg(test)]
mod tests {
    use timbre_domain::interchange::ColumnNoteKind;
    use timbre_domain::texts::{Catalogue, Language};
    use timbre_engine::api::{MergedBy, WhyKept};

    use super::*;

    #[test]
    fn whatever_an_import_tells_has_words_in_every_language() {
        let taken =
            |kind: &ProblemKind| !always_taken(*kind) && *kind != ProblemKind::Empty && *kind != ProblemKind::CutShort;
        let problems = ProblemKind::ALL.iter().map(|kind| format!("import.problem.{}", kind.as_str()));
        let taken = ProblemKind::ALL.iter().filter(|kind| taken(kind));
        let keys = problems
            .chain(taken.map(|kind| format!("import.problem.{}.taken", kind.as_str())))
            .chain(ColumnNoteKind::ALL.iter().map(|kind| format!("import.column.{}", kind.as_str())))
            .chain(MergedBy::ALL.iter().map(|by| format!("import.merge.by.{}", by.as_str())))
            .chain(WhyKept::ALL.iter().map(|why| format!("import.undone.{}", why.as_str())));
        for key in keys {
            for language in Language::ALL {
                assert_ne!(Catalogue::of(language).text(&key), key, "{language:?}");
            }
        }
    }
}
