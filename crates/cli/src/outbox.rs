//! `timbrectl outbox`: what is on its way to the CRMs, why it waits, and what a person does about it.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::json;
use timbre_domain::error::ErrorCode;
use timbre_domain::history::OutboxRow;
use timbre_domain::outbox::{
    OutboxItem, OutboxState, Problem, RecordKind, RecordWait, RequestId, Retried, RetryHow, RetryOutcome, waits_for,
};
use timbre_engine::api::OutboxFilter;
use timbre_engine::api::command::{OutboxDiscard, OutboxList, OutboxRetry, OutboxRows};
use timbre_engine::api::event::OutboxEvent;
use timbre_platform::secrets::SharedRedactor;

use crate::args::{Args, Outbox};
use crate::ask::written;
use crate::exit::Failure;
use crate::print::{Printer, clean, moment};
use crate::session::Session;

/// A record of a list: with whom it is about and what it waits for, where the engine told that.
#[derive(Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    item: OutboxItem,
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<RecordWait>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl From<OutboxItem> for Listed {
    fn from(item: OutboxItem) -> Self {
        Self { item, about: String::new(), waits: None, url: None }
    }
}

impl From<OutboxRow> for Listed {
    fn from(row: OutboxRow) -> Self {
        Self { item: row.item, about: row.about, waits: row.waits, url: row.url }
    }
}

/// More than ever stand in an outbox.
const ALL: usize = 1_000_000;

pub(crate) async fn run(
    args: &Args,
    what: &Outbox,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    let mut session = Session::open(args, redactor, false).await?;
    let own = session.is_own();
    let tried = match what {
        Outbox::Retry { ids, despite_duplicate, unsearched, parked: false, .. } => {
            let how = RetryHow { despite_duplicate: *despite_duplicate, unsearched: *unsearched, wait: !own };
            tried(&mut session, ids, how, printer).await
        }
        _ => done(&mut session, what).await,
    };
    let (items, failed) = match tried {
        Ok(done) => done,
        Err(failure) => {
            session.close().await?;
            return Err(failure);
        }
    };
    session.close().await?;
    match what {
        Outbox::Retry { parked: true, .. } if items.is_empty() && failed.is_none() && !printer.is_json() => {
            written(printer.line(&printer.text("outbox.none_parked")))?;
        }
        // What came of each is told already.
        Outbox::Retry { parked: false, .. } => {}
        // The failure speaks for itself.
        _ if items.is_empty() && failed.is_some() => {}
        _ => written(printer.reply("outbox", &json!({"items": items}), || printer.lines(&list(printer, &items))))?,
    }
    let sends = matches!(what, Outbox::Retry { .. }) && items.iter().any(|one| is_on_its_way(&one.item));
    if own && sends && !printer.is_json() {
        written(printer.line(&printer.text("outbox.not_open")))?;
    }
    failed.map_or(Ok(()), Err)
}

/// The items as they are now. Where one of several can't be changed, the others are all the same: the first failure is
/// told beside them.
async fn done(session: &mut Session, what: &Outbox) -> Result<(Vec<Listed>, Option<Failure>), Failure> {
    let (ids, discard) = match what {
        Outbox::List { connector, states, all, limit } => {
            use OutboxState::{Discarded, Done, Parked, Sending, Waiting};
            let states = if *all { vec![Waiting, Sending, Parked, Done, Discarded] } else { states.clone() };
            let (connector, limit) = (connector.clone(), *limit as usize);
            let filter = OutboxFilter { id: None, connector, states, limit };
            let rows = session.execute(OutboxRows(filter)).await?;
            return Ok((rows.into_iter().map(Listed::from).collect(), None));
        }
        Outbox::Retry { parked: true, connector, .. } => {
            let (connector, states) = (connector.clone(), vec![OutboxState::Parked]);
            let filter = OutboxFilter { id: None, connector, states, limit: ALL };
            let parked = session.execute(OutboxList(filter)).await?;
            (parked.iter().map(|item| item.id).collect(), false)
        }
        Outbox::Retry { ids, .. } => (ids.clone(), false),
        Outbox::Discard { ids } => (ids.clone(), true),
    };
    let (mut items, mut failed, mut told) = (Vec::new(), None, HashSet::new());
    for id in ids {
        let changed = match discard {
            true => session.execute(OutboxDiscard { id }).await,
            false => {
                let retried = session.execute(OutboxRetry { id, how: RetryHow::default() }).await;
                retried.map(|retried| retried.item)
            }
        };
        match changed {
            Ok(item) if told.insert(item.id) => items.push(item.into()),
            Ok(_) => {}
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    Ok((items, failed))
}

/// Tries these, one after the other, and says of each what came of it.
async fn tried(
    session: &mut Session,
    ids: &[RequestId],
    how: RetryHow,
    printer: &Printer,
) -> Result<(Vec<Listed>, Option<Failure>), Failure> {
    let (mut items, mut failed) = (Vec::new(), None);
    for id in ids {
        match session.execute(OutboxRetry { id: *id, how }).await {
            Ok(outcome) => {
                let outcome = outcome.in_words(printer.catalogue());
                written(printer.reply("retried", &outcome, || printer.lines(&retried(printer, &outcome))))?;
                let retried = outcome;
                if retried.outcome == RetryOutcome::Unsearchable {
                    let asks = printer.text("outbox.unsearchable.how");
                    failed = failed.or(Some(Failure::of(ErrorCode::Unsearchable, asks)));
                }
                items.push(retried.item.into());
            }
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    Ok((items, failed))
}

/// Whether it goes to the CRM by itself.
pub(crate) fn is_on_its_way(item: &OutboxItem) -> bool {
    matches!(item.state, OutboxState::Waiting | OutboxState::Sending)
}

pub(crate) fn list(printer: &Printer, records: &[Listed]) -> Vec<String> {
    if records.is_empty() {
        return vec![printer.text("outbox.none")];
    }
    let about = |one: &Listed| if one.about.is_empty() { clean(&one.item.subject) } else { clean(&one.about) };
    records.iter().flat_map(|one| record(printer, &one.item, &about(one), one.waits)).collect()
}

/// What came of a try: the record, the outcome, and below it why it was not sent.
pub(crate) fn retried(printer: &Printer, retried: &Retried) -> Vec<String> {
    let item = &retried.item;
    let at = retried.until.map(moment).unwrap_or_default();
    // Without a time it goes as soon as it can.
    let key = match (retried.outcome, retried.until) {
        (RetryOutcome::Waits | RetryOutcome::SearchedLater, None) => RetryOutcome::Underway.as_str(),
        (outcome, _) => outcome.as_str(),
    };
    let outcome = printer.fill(&format!("outbox.retried.{key}"), &[("at", &at)]);
    let mut lines = vec![format!("{}  {} · {} · {outcome}", item.id, what(printer, item), clean(&item.subject))];
    lines.extend(retried.why.iter().map(|why| format!("    {}", problem(printer, why))));
    lines
}

/// With its id, what it is about, and below it why it was not sent. `goes_on` says whether its call does.
pub(crate) fn item(printer: &Printer, item: &OutboxItem, goes_on: bool) -> Vec<String> {
    record(printer, item, &clean(&item.subject), waits_for(item, goes_on, true))
}

fn record(printer: &Printer, item: &OutboxItem, about: &str, waits: Option<RecordWait>) -> Vec<String> {
    let mut parts = vec![what(printer, item), about.to_owned(), state(printer, item, waits)];
    if is_on_its_way(item) {
        parts.push(printer.fill("outbox.since", &[("at", &moment(item.created_at))]));
        // Until its call is over it is not tried.
        if waits != Some(RecordWait::CallEnds) {
            parts.push(printer.fill("outbox.next", &[("at", &moment(item.next_at))]));
        }
    }
    if item.attempts > 0 {
        parts.push(printer.fill("outbox.tries", &[("count", &item.attempts.to_string())]));
    }
    let mut lines = vec![format!("{}  {}", item.id, parts.join(" · "))];
    lines.extend(trouble(printer, item, waits));
    lines
}

/// Where it stands, without ids. `goes_on` says whether its call does.
pub(crate) fn stand(printer: &Printer, item: &OutboxItem, goes_on: bool) -> Vec<String> {
    let waits = waits_for(item, goes_on, true);
    let mut lines = vec![format!("{} · {}", what(printer, item), state(printer, item, waits))];
    lines.extend(trouble(printer, item, waits));
    lines
}

fn what(printer: &Printer, item: &OutboxItem) -> String {
    format!("{}: {}", item.connector, kind(printer, item.kind))
}

pub(crate) fn kind(printer: &Printer, kind: RecordKind) -> String {
    printer.text(&format!("outbox.kind.{}", kind.as_str()))
}

fn state(printer: &Printer, item: &OutboxItem, waits: Option<RecordWait>) -> String {
    match item.state {
        _ if waits == Some(RecordWait::CallEnds) => printer.text("main.record.waiting.call_ends"),
        OutboxState::Waiting => printer.text("outbox.state.waiting"),
        OutboxState::Sending => printer.text("outbox.state.sending"),
        OutboxState::Parked => printer.text("outbox.state.parked"),
        OutboxState::Done => match &item.remote_id {
            Some(id) => format!("{} ({})", printer.text("outbox.state.done"), clean(id)),
            None => printer.text("outbox.state.done"),
        },
        OutboxState::Discarded => printer.text("outbox.state.discarded"),
    }
}

fn trouble(printer: &Printer, item: &OutboxItem, waits: Option<RecordWait>) -> Option<String> {
    if waits == Some(RecordWait::CallEnds) {
        return None;
    }
    // Since a person retried it, what was said before is past. What is held was never tried.
    let held = item.problem.as_ref().is_some_and(|why| why.code == ErrorCode::Unsearchable);
    let current = item.state == OutboxState::Parked || (is_on_its_way(item) && (item.attempts > 0 || held));
    let why = item.problem.as_ref().filter(|_| current)?;
    Some(format!("    {}", problem(printer, why)))
}

/// What happened, the CRM's own words, and what to do.
pub(crate) fn problem(printer: &Printer, why: &Problem) -> String {
    let catalogue = printer.catalogue();
    let said = clean(why.words.trim());
    // Of a file or a setting of ours these are no words of the CRM's.
    let ours = matches!(why.code, ErrorCode::BadConnector | ErrorCode::BadConfig | ErrorCode::NotAble);
    let said = match (said.is_empty(), ours) {
        (true, _) => String::new(),
        (false, true) => format!(" ({})", printer.technical(&said)),
        (false, false) => format!(" {}", printer.fill("outbox.words", &[("words", &said)])),
    };
    format!("{}{said} {}", catalogue.crm_what(why.code), catalogue.crm_what_to_do(why.code))
}

pub(crate) fn sent(printer: &Printer, event: &OutboxEvent) -> String {
    let url = event.url.as_deref().map(|url| format!(" · {}", clean(url))).unwrap_or_default();
    format!("{} · {}{url}", what(printer, &event.item), state(printer, &event.item, None))
}

/// `outbox.waiting` in words; nothing where it is about to be sent as every record is.
pub(crate) fn put_off(printer: &Printer, event: &OutboxEvent) -> Option<String> {
    let why = event.item.problem.as_ref();
    let why = why.filter(|why| event.item.attempts > 0 || why.code == ErrorCode::Unsearchable)?;
    let next = printer.fill("outbox.next", &[("at", &moment(event.item.next_at))]);
    Some(format!(
        "{} · {} · {next}: {}",
        what(printer, &event.item),
        state(printer, &event.item, None),
        problem(printer, why)
    ))
}

pub(crate) fn parked(printer: &Printer, event: &OutboxEvent) -> String {
    let why = event.item.problem.as_ref().map(|why| format!(": {}", problem(printer, why))).unwrap_or_default();
    format!("{} · {} · {}{why}", what(printer, &event.item), state(printer, &event.item, None), event.item.id)
}

#[cfg(test)]
pub(crate) mod tests {
    use timbre_domain::texts::Language;

    use super::*;

    fn made(kind: RecordKind, state: OutboxState, problem: Option<Problem>) -> OutboxItem {
        let at = "2026-11-20T14:00:00Z".parse().unwrap();
        OutboxItem {
            id: "01932b5e-0000-7000-8000-000000000009".parse().unwrap(),
            connector: "crm".parse().unwrap(),
            kind,
            subject: "acme:main:1".into(),
            order_key: "x".into(),
            state,
            wanted: 1,
            sent: u32::from(state == OutboxState::Done),
            attempted: 1,
            remote_id: (state == OutboxState::Done).then(|| "c9".into()),
            attempts: u32::from(problem.is_some()),
            unsure: 0,
            despite_duplicate: false,
            created_at: at,
            next_at: at,
            begun_at: None,
            problem,
        }
    }

    fn why(code: ErrorCode) -> Option<Problem> {
        let at = "2026-11-20T14:00:00Z".parse().unwrap();
        Some(Problem { code, words: "field “name”\u{1b}[2J is required".into(), at, last_try: false })
    }

    pub(crate) fn sent() -> OutboxItem {
        made(RecordKind::Call, OutboxState::Done, None)
    }

    pub(crate) fn parked() -> OutboxItem {
        made(RecordKind::Charge, OutboxState::Parked, why(ErrorCode::Refused))
    }

    fn told(item: OutboxItem) -> OutboxEvent {
        OutboxEvent { at: item.created_at, call_key: None, item, url: None }
    }

    #[test]
    fn an_item_says_what_happened_in_the_crms_own_words_and_what_to_do() {
        for language in Language::ALL {
            let printer = Printer::speaking(language);
            for state in [
                OutboxState::Waiting,
                OutboxState::Sending,
                OutboxState::Parked,
                OutboxState::Done,
                OutboxState::Discarded,
            ] {
                for kind in RecordKind::ALL {
                    let lines = item(&printer, &made(kind, state, why(ErrorCode::Refused)), false).join("\n");
                    let shown = !matches!(state, OutboxState::Done | OutboxState::Discarded);
                    assert_eq!(lines.contains("is required"), shown, "{language:?} {lines}");
                    assert_eq!(lines.contains(&printer.catalogue().what_to_do(ErrorCode::Refused)), shown, "{lines}");
                    assert!(!lines.contains('\u{1b}') && !lines.contains("outbox.") && !lines.contains('{'), "{lines}");
                }
            }
        }
    }

    #[test]
    fn words_of_our_own_are_not_told_as_the_crms() {
        for language in Language::ALL {
            let printer = Printer::speaking(language);
            for code in ErrorCode::ALL {
                let text = problem(&printer, &why(*code).unwrap());
                let ours = matches!(code, ErrorCode::BadConnector | ErrorCode::BadConfig | ErrorCode::NotAble);
                assert!(text.contains("is required"), "{language:?} {text}");
                let says = printer.text("outbox.words");
                let says = says.split(':').next().unwrap_or_default();
                assert_eq!(text.contains(says), !ours, "{code:?} {text}");
            }
        }
    }

    #[test]
    fn a_record_whose_call_goes_on_says_so_with_its_time_and_no_time_of_a_next_try() {
        for language in Language::ALL {
            let printer = Printer::speaking(language);
            let waits = made(RecordKind::Call, OutboxState::Waiting, why(ErrorCode::Unreachable));
            let lines = item(&printer, &waits, true);
            let since = printer.fill("outbox.since", &[("at", &moment(waits.created_at))]);
            let ends = printer.text("main.record.waiting.call_ends");
            assert_eq!(lines.len(), 1, "nothing is wrong with it yet: {lines:?}");
            assert!(lines[0].contains(&since) && lines[0].contains(&ends), "{lines:?}");
            let next = printer.fill("outbox.next", &[("at", "")]);
            assert!(!lines[0].contains(next.trim()), "{lines:?}");
            assert!(stand(&printer, &waits, true)[0].ends_with(&ends));
            assert!(item(&printer, &waits, false)[0].contains(next.trim()), "once it is over, its time is told");
        }
    }

    #[test]
    fn a_record_that_a_person_retried_no_longer_says_why_it_was_parked() {
        let retried = OutboxItem { state: OutboxState::Waiting, attempts: 0, ..parked() };
        assert_eq!(item(&Printer::speaking(Language::En), &retried, false).len(), 1);
    }

    #[test]
    fn every_outcome_of_a_try_is_told_in_every_language_with_its_time_and_its_reason() {
        let until = "2026-11-20T14:05:00Z".parse().ok();
        for language in Language::ALL {
            let printer = Printer::speaking(language);
            let mut told = HashSet::new();
            for outcome in RetryOutcome::ALL {
                let item = made(RecordKind::Call, OutboxState::Waiting, None);
                let why = why(ErrorCode::Busy);
                let lines = super::retried(
                    &printer,
                    &Retried { item, outcome, until, why, what: String::new(), what_to_do: String::new() },
                );
                let text = lines.join("\n");
                assert!(!text.contains("outbox.") && !text.contains('{'), "{language:?} {text}");
                assert!(text.contains(&printer.catalogue().crm_what(ErrorCode::Busy)), "{text}");
                let timed = matches!(outcome, RetryOutcome::Waits | RetryOutcome::SearchedLater);
                assert_eq!(lines[0].contains(":05"), timed, "{text}");
                assert!(told.insert(lines[0].clone()), "{outcome:?} reads as another: {text}");
            }
        }
    }

    #[test]
    fn a_list_of_nothing_says_so() {
        assert_eq!(list(&Printer::speaking(Language::En), &[]), ["Nothing is on its way to the CRMs"]);
    }

    #[test]
    fn a_record_that_is_about_to_be_sent_is_no_news_and_one_that_was_put_off_is() {
        let printer = Printer::speaking(Language::En);
        assert_eq!(put_off(&printer, &told(made(RecordKind::Call, OutboxState::Waiting, None))), None);
        let waits = made(RecordKind::Call, OutboxState::Waiting, why(ErrorCode::Busy));
        let words = put_off(&printer, &told(waits)).unwrap();
        assert!(words.starts_with("crm: call · waiting · next try: 2026-11-"), "{words}");
        assert!(super::parked(&printer, &told(parked())).contains("-000000000009: The CRM does not take"));
        let there = OutboxEvent { url: Some("https://crm.example/#Call/c9".into()), ..told(sent()) };
        assert_eq!(super::sent(&printer, &there), "crm: call · in the CRM (c9) · https://crm.example/#Call/c9");
    }
}
