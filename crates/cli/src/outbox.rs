//! `timbrectl outbox`: what is on its way to the CRMs, why it waits, and what a person does about it.

use std::collections::HashSet;

use timbre_domain::outbox::{OutboxItem, OutboxState, Problem, RecordKind};
use timbre_engine::commands::{Command, OutboxFilter, Reply};
use timbre_engine::event::OutboxEvent;
use timbre_wiring::secrets::SharedRedactor;

use crate::args::{Args, Outbox};
use crate::ask::written;
use crate::exit::Failure;
use crate::print::{Printer, clean, moment};
use crate::session::Session;

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
    let (items, failed) = match done(&mut session, what).await {
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
        // The failure speaks for itself.
        _ if items.is_empty() && failed.is_some() => {}
        _ => written(printer.reply(&Reply::Outbox { items: items.clone() }))?,
    }
    let sends = matches!(what, Outbox::Retry { .. }) && items.iter().any(is_on_its_way);
    if own && sends && !printer.is_json() {
        written(printer.line(&printer.text("outbox.not_open")))?;
    }
    failed.map_or(Ok(()), Err)
}

/// The items as they are now. Where one of several can't be changed, the others are all the same: the first failure is
/// told beside them.
async fn done(session: &mut Session, what: &Outbox) -> Result<(Vec<OutboxItem>, Option<Failure>), Failure> {
    let commands: Vec<_> = match what {
        Outbox::List { connector, states, all, limit } => {
            use OutboxState::{Discarded, Done, Parked, Sending, Waiting};
            let states = if *all { vec![Waiting, Sending, Parked, Done, Discarded] } else { states.clone() };
            let (connector, limit) = (connector.clone(), *limit as usize);
            let filter = OutboxFilter { connector, states, limit };
            return Ok((asked(session, Command::OutboxList(filter)).await?, None));
        }
        Outbox::Retry { parked: true, connector, .. } => {
            let (connector, states) = (connector.clone(), vec![OutboxState::Parked]);
            let filter = OutboxFilter { connector, states, limit: ALL };
            let parked = asked(session, Command::OutboxList(filter)).await?;
            parked.iter().map(|item| Command::OutboxRetry { id: item.id, despite_duplicate: false }).collect()
        }
        Outbox::Retry { ids, despite_duplicate, .. } => {
            let retry = |id: &_| Command::OutboxRetry { id: *id, despite_duplicate: *despite_duplicate };
            ids.iter().map(retry).collect()
        }
        Outbox::Discard { ids } => ids.iter().map(|id| Command::OutboxDiscard { id: *id }).collect(),
    };
    let (mut items, mut failed, mut told) = (Vec::new(), None, HashSet::new());
    for command in commands {
        match asked(session, command).await {
            Ok(changed) => items.extend(changed.into_iter().filter(|item| told.insert(item.id))),
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    Ok((items, failed))
}

async fn asked(session: &mut Session, command: Command) -> Result<Vec<OutboxItem>, Failure> {
    match session.execute(command).await? {
        Reply::Outbox { items } => Ok(items),
        other => Err(Failure::internal(format!("an answer to another question: {other:?}"))),
    }
}

/// Whether it goes to the CRM by itself.
pub(crate) fn is_on_its_way(item: &OutboxItem) -> bool {
    matches!(item.state, OutboxState::Waiting | OutboxState::Sending)
}

pub(crate) fn list(printer: &Printer, items: &[OutboxItem]) -> Vec<String> {
    if items.is_empty() {
        return vec![printer.text("outbox.none")];
    }
    items.iter().flat_map(|one| item(printer, one)).collect()
}

/// With its id, what it is about, and below it why it was not sent.
pub(crate) fn item(printer: &Printer, item: &OutboxItem) -> Vec<String> {
    let mut parts = vec![what(printer, item), clean(&item.subject), state(printer, item)];
    if is_on_its_way(item) {
        parts.push(printer.fill("outbox.next", &[("at", &moment(item.next_at))]));
    }
    if item.attempts > 0 {
        parts.push(printer.fill("outbox.tries", &[("count", &item.attempts.to_string())]));
    }
    let mut lines = vec![format!("{}  {}", item.id, parts.join(" · "))];
    lines.extend(trouble(printer, item));
    lines
}

/// Where it stands, without ids.
pub(crate) fn stand(printer: &Printer, item: &OutboxItem) -> Vec<String> {
    let mut lines = vec![format!("{} · {}", what(printer, item), state(printer, item))];
    lines.extend(trouble(printer, item));
    lines
}

fn what(printer: &Printer, item: &OutboxItem) -> String {
    format!("{}: {}", item.connector, kind(printer, item.kind))
}

pub(crate) fn kind(printer: &Printer, kind: RecordKind) -> String {
    printer.text(&format!("outbox.kind.{}", kind.as_str()))
}

fn state(printer: &Printer, item: &OutboxItem) -> String {
    match item.state {
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

fn trouble(printer: &Printer, item: &OutboxItem) -> Option<String> {
    // Since a person retried it, what was said before is past.
    let current = item.state == OutboxState::Parked || (is_on_its_way(item) && item.attempts > 0);
    let why = item.problem.as_ref().filter(|_| current)?;
    Some(format!("    {}", problem(printer, why)))
}

/// What happened, the CRM's own words, and what to do.
pub(crate) fn problem(printer: &Printer, why: &Problem) -> String {
    let catalogue = printer.catalogue();
    let said = clean(why.words.trim());
    let said = match said.is_empty() {
        true => String::new(),
        false => format!(" {}", printer.fill("outbox.words", &[("words", &said)])),
    };
    format!("{}{said} {}", catalogue.crm_what(why.code), catalogue.crm_what_to_do(why.code))
}

/// `outbox.sent` in words.
pub(crate) fn sent(printer: &Printer, event: &OutboxEvent) -> String {
    let url = event.url.as_deref().map(|url| format!(" · {}", clean(url))).unwrap_or_default();
    format!("{} · {}{url}", what(printer, &event.item), state(printer, &event.item))
}

/// `outbox.waiting` in words; nothing where it is about to be sent as every record is.
pub(crate) fn put_off(printer: &Printer, event: &OutboxEvent) -> Option<String> {
    let why = event.item.problem.as_ref().filter(|_| event.item.attempts > 0)?;
    let next = printer.fill("outbox.next", &[("at", &moment(event.item.next_at))]);
    Some(format!(
        "{} · {} · {next}: {}",
        what(printer, &event.item),
        state(printer, &event.item),
        problem(printer, why)
    ))
}

/// `outbox.parked` in words.
pub(crate) fn parked(printer: &Printer, event: &OutboxEvent) -> String {
    let why = event.item.problem.as_ref().map(|why| format!(": {}", problem(printer, why))).unwrap_or_default();
    format!("{} · {} · {}{why}", what(printer, &event.item), state(printer, &event.item), event.item.id)
}

#[cfg(test)]
pub(crate) mod tests {
    use timbre_domain::error::ErrorCode;
    use timbre_domain::texts::Language;

    use super::*;

    fn made(kind: RecordKind, state: OutboxState, problem: Option<Problem>) -> OutboxItem {
        let at = "2026-11-20T14:00:00Z".parse().unwrap();
        OutboxItem {
            id: "01932b5e-0000-7000-8000-000000000009".parse().unwrap(),
            connector: "crm".parse().unwrap(),
            kind,
            subject: "callmyway:main:1".into(),
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
        Some(Problem { code, words: "field “name”\u{1b}[2J is required".into(), at })
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
                    let lines = item(&printer, &made(kind, state, why(ErrorCode::Refused))).join("\n");
                    let shown = !matches!(state, OutboxState::Done | OutboxState::Discarded);
                    assert_eq!(lines.contains("is required"), shown, "{language:?} {lines}");
                    assert_eq!(lines.contains(&printer.catalogue().what_to_do(ErrorCode::Refused)), shown, "{lines}");
                    assert!(!lines.contains('\u{1b}') && !lines.contains("outbox.") && !lines.contains('{'), "{lines}");
                }
            }
        }
    }

    #[test]
    fn a_record_that_a_person_retried_no_longer_says_why_it_was_parked() {
        let retried = OutboxItem { state: OutboxState::Waiting, attempts: 0, ..parked() };
        assert_eq!(item(&Printer::speaking(Language::En), &retried).len(), 1);
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
