//! `timbrectl calls`: the history, each call with whom it was and what came of it.

use std::collections::HashMap;

use chrono::Local;
use serde::Serialize;
use serde_json::json;
use timbre_domain::call::CallKey;
use timbre_domain::cdr::TimeRange;
use timbre_domain::history::{CallRow, CallsWanted, ResultBrief, is_missed};
use timbre_domain::interaction::InteractionState;
use timbre_engine::api::command::{CallRows, CallsList, CallsSync};
use timbre_engine::api::{CallFilter, CallRecord};
use timbre_platform::secrets::SharedRedactor;

use crate::args::{Args, Calls};
use crate::ask::{once, written};
use crate::exit::Failure;
use crate::print::{Printer, clean, clean_lines, direction, length};
use crate::session::Session;

/// Characters of a comment that fit a line of the list.
const SHOWN: usize = 60;

pub(crate) async fn run(args: &Args, what: &Calls, printer: &Printer, redactor: SharedRedactor) -> Result<(), Failure> {
    written(match what {
        Calls::List { from, to, limit } => {
            let filter = CallFilter { from: *from, to: *to, limit: *limit as usize };
            let mut session = Session::open(args, redactor, false).await?;
            let listed = listed(&mut session, filter).await;
            session.close().await?;
            let calls = listed?;
            let lines = || printer.lines(&calls.iter().map(|call| line(printer, call)).collect::<Vec<_>>());
            printer.reply("calls", &json!({"calls": calls}), lines)
        }
        Calls::Sync { of, from, to } => {
            let range = from.zip(*to).map(|(from, to)| TimeRange { from, to });
            let count = once(args, redactor, CallsSync { account: of.account.clone(), range }).await?;
            printer.synced(count)
        }
    })
}

/// A call as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    record: CallRecord,
    #[serde(flatten)]
    known: Known,
}

/// What is known of a call beside the call itself.
#[derive(Debug, Default, Serialize)]
struct Known {
    /// Its line, as the agent knows it.
    line: String,
    /// The contact's name, or the company where it has none; empty where nobody is settled.
    name: String,
    /// The company, beside a name.
    company: String,
    result: Option<ResultBrief>,
    /// When somebody talked to a missed caller afterwards.
    returned_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl From<CallRow> for Known {
    fn from(row: CallRow) -> Self {
        let CallRow { line, name, company, result, returned_at, .. } = row;
        Self { line, name, company, result, returned_at }
    }
}

async fn listed(session: &mut Session, filter: CallFilter) -> Result<Vec<Listed>, Failure> {
    let wanted = CallsWanted { from: filter.from, to: filter.to, limit: filter.limit, pending: false };
    let records = session.execute(CallsList(filter)).await?;
    let rows = session.execute(CallRows(wanted)).await?;
    // A call may have come in between.
    let mut known: HashMap<CallKey, Known> =
        rows.into_iter().map(|row| (row.call.key.clone(), Known::from(row))).collect();
    let with_known = |record: CallRecord| {
        let known = known.remove(&record.call.key).unwrap_or_default();
        Listed { record, known }
    };
    Ok(records.into_iter().map(with_known).collect())
}

/// When, which way, who, how long, what it cost, what came of it, and the key.
fn line(printer: &Printer, Listed { record, known }: &Listed) -> String {
    let call = &record.call;
    let way = if is_missed(call) { "main.course.missed" } else { direction(call.direction) };
    let mut parts =
        vec![call.detected_at.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string(), printer.text(way)];
    if !known.name.is_empty() {
        let company = if known.company.is_empty() { String::new() } else { format!(" ({})", clean(&known.company)) };
        parts.push(format!("{}{company}", clean(&known.name)));
    }
    parts.push(printer.party(&call.party));
    parts.extend(record.talk_s().map(length));
    parts.extend(record.cost.map(|cost| cost.to_string()));
    parts.extend(known.result.iter().map(|result| result_of(printer, result)));
    parts.push(clean(&call.key.to_string()));
    parts.join("  ")
}

/// The disposition and the beginning of the comment; whether it is a draft.
fn result_of(printer: &Printer, result: &ResultBrief) -> String {
    let levels = result.disposition.iter().map(|level| clean(level)).collect::<Vec<_>>().join(" › ");
    let first = clean_lines(&result.comment).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let comment: String = first.chars().take(SHOWN).collect();
    let comment = if comment.trim().len() < result.comment.trim().len() { format!("{comment}…") } else { comment };
    let is_draft = result.state == InteractionState::Draft || result.change_draft;
    let draft = if is_draft { format!("[{}]", printer.text("interaction.state.draft")) } else { String::new() };
    let parts: Vec<_> = [draft, levels, comment].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { printer.text("main.record.kept") } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use timbre_domain::call::{Call, CallState, Direction, Party};
    use timbre_domain::texts::Language;

    use super::*;

    fn call(answered: bool) -> Listed {
        let at = "2026-11-20T14:00:00Z".parse().unwrap();
        let call = Call {
            key: "acme:main:1".to_owned().try_into().unwrap(),
            endpoint: timbre_domain::endpoint::EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Withheld,
            state: CallState::Ended,
            detected_at: at,
            connected_at: answered.then_some(at),
            ended_at: Some(at + chrono::TimeDelta::seconds(65)),
            dial: None,
            legs: vec!["1".into()],
            transferred: false,
        };
        let record = CallRecord { call, contact: None, duration_s: None, cost: None, end_reason: None };
        Listed { record, known: Known::default() }
    }

    fn result(state: InteractionState) -> ResultBrief {
        ResultBrief {
            id: "01932b5e-0000-7000-8000-000000000001".parse().unwrap(),
            state,
            disposition: vec!["Venta".into(), "De contado".into()],
            comment: "Compró\ndos".into(),
            change_draft: false,
            records: Vec::new(),
            waits: None,
        }
    }

    #[test]
    fn a_call_is_listed_with_its_contact_and_what_came_of_it_in_every_language() {
        for language in Language::ALL {
            let printer = Printer::speaking(language);
            let known = Known {
                name: "Ana\u{1b}[2J".into(),
                company: "Café".into(),
                result: Some(result(InteractionState::Final)),
                ..Known::default()
            };
            let said = line(&printer, &Listed { known, ..call(true) });
            for part in ["Ana\u{fffd}[2J (Café)", "1:05", "Venta › De contado Compró…", "acme:main:1"] {
                assert!(said.contains(part), "{language:?} {part}: {said}");
            }
            let draft = Known { result: Some(result(InteractionState::Draft)), ..Known::default() };
            assert!(line(&printer, &Listed { known: draft, ..call(true) }).contains("] Venta"), "a draft says so");
            let missed = line(&printer, &call(false));
            assert!(missed.contains(&printer.text("main.course.missed")) && !missed.contains("main."), "{missed}");
        }
    }

    #[test]
    fn the_list_in_json_is_the_call_with_name_and_result_beside_it() {
        let known = Known { name: "Ana".into(), result: Some(result(InteractionState::Final)), ..Known::default() };
        let json = serde_json::to_value(Listed { known, ..call(true) }).unwrap();
        assert_eq!((&json["key"], &json["name"]), (&json!("acme:main:1"), &json!("Ana")));
        assert_eq!(json["result"]["disposition"], json!(["Venta", "De contado"]));
    }
}
