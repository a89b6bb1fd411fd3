//! `timbrectl connector`: the CRMs, how they are, and trying them out.

pub(crate) mod test_steps;

use serde_json::json;
use timbre_domain::crm::Abilities;
use timbre_domain::crm::ConnectorTest;
use timbre_domain::error::ErrorCode;
use timbre_domain::number::PhoneNumber;
use timbre_engine::api::command::{ConnectorResume, ConnectorsList, TestConnector};
use timbre_engine::api::event::{ConnectorState, KindEvent, KindState, SyncPhase, SyncProgress};
use timbre_engine::crm::connector::ConnectorHealth;
use timbre_engine::crm::report::ConnectorReport;
use timbre_platform::secrets::SharedRedactor;

use crate::args::{Args, Connector};
use crate::ask::{once, written};
use crate::exit::Failure;
use crate::outbox;
use crate::print::{Printer, clean, moment};

pub(crate) async fn run(
    args: &Args,
    what: &Connector,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    match what {
        Connector::List => {
            let connectors = once(args, redactor, ConnectorsList).await?;
            let value = json!({"connectors": connectors});
            written(printer.reply("connectors", &value, || printer.lines(&list(printer, &connectors))))
        }
        Connector::Test { name, number, write, dry_run } => {
            let number = number.as_deref().map(|text| PhoneNumber::typed(text, printer.home)).transpose();
            let number = number.map_err(|error| Failure::of(ErrorCode::BadNumber, format!("number: {error}")))?;
            let test = ConnectorTest { number, write: *write, dry_run: *dry_run };
            let steps = once(args, redactor, TestConnector { name: name.clone(), test }).await?;
            let value = json!({"steps": steps});
            written(printer.reply("rehearsed", &value, || printer.lines(&test_steps::lines(&steps))))?;
            test_steps::outcome(printer, &steps)
        }
        Connector::Resume { name } => {
            let user = once(args, redactor, ConnectorResume { name: name.clone() }).await?;
            let words = printer.fill("connector.signed_in", &[("name", &clean(&user.name))]);
            written(printer.reply("signed_in", &json!({"user": user}), || printer.line(&words)))
        }
    }
}

pub(crate) fn list(printer: &Printer, connectors: &[ConnectorReport]) -> Vec<String> {
    if connectors.is_empty() {
        return vec![printer.text("connector.none")];
    }
    connectors.iter().flat_map(|one| card(printer, one)).collect()
}

fn card(printer: &Printer, one: &ConnectorReport) -> Vec<String> {
    let (waiting, parked, done) =
        (one.outbox.waiting.to_string(), one.outbox.parked.to_string(), one.outbox.done.to_string());
    let counts = [("waiting", waiting.as_str()), ("parked", &parked), ("done", &done)];
    let mut lines = vec![
        format!("{}  {}  ({})", one.about.name, clean(&one.about.title), clean(&one.file)),
        format!("  {}", condition(printer, &one.state)),
        format!("  {}", printer.fill("connector.can", &[("what", &able(printer, &one.about.abilities).join(", "))])),
        format!("  {}", printer.fill("connector.counts", &counts)),
    ];
    lines.extend(one.held.iter().map(|held| {
        let state = KindState::Held;
        let (connector, why) = (one.about.name.clone(), Some(held.why.clone()));
        let event = KindEvent { at: held.why.at, connector, kind: held.kind, state, why };
        format!("  {}", kind(printer, &event))
    }));
    lines.extend(one.values.iter().map(|(name, value)| format!("  {} = {}", clean(name), clean(value))));
    lines
}

fn able(printer: &Printer, abilities: &Abilities) -> Vec<String> {
    let Abilities { pull, ids, fetch, find, records, echoes: _, lists_are_partial: _, contact_parts: _ } = abilities;
    let contacts = [(pull, "pull"), (ids, "ids"), (fetch, "fetch"), (find, "find")];
    let contacts = contacts.into_iter().filter(|(can, _)| **can);
    let mut can: Vec<_> = contacts.map(|(_, name)| printer.text(&format!("connector.able.{name}"))).collect();
    if !records.is_empty() {
        let kinds: Vec<_> = records.iter().map(|kind| outbox::kind(printer, *kind)).collect();
        can.push(printer.fill("connector.able.records", &[("kinds", &kinds.join(", "))]));
    }
    if can.is_empty() {
        can.push("–".to_owned());
    }
    can
}

fn condition(printer: &Printer, condition: &ConnectorHealth) -> String {
    match condition {
        ConnectorHealth::Ready => printer.text("connector.state.ready"),
        ConnectorHealth::Waits { until, why } => {
            let until = printer.fill("connector.state.waits", &[("until", &moment(*until))]);
            format!("{until} {}", outbox::problem(printer, why))
        }
        ConnectorHealth::Stopped { why } => {
            format!("{} {}", printer.text("connector.state.stopped"), outbox::problem(printer, why))
        }
    }
}

pub(crate) fn became(printer: &Printer, state: &ConnectorState) -> String {
    format!("{}: {}", state.connector, condition(printer, &state.condition))
}

pub(crate) fn kind(printer: &Printer, event: &KindEvent) -> String {
    let state = match event.state {
        KindState::Free => "free",
        KindState::Held => "held",
        KindState::IdNotKept => "id_not_kept",
    };
    let kind = outbox::kind(printer, event.kind);
    let said = printer.fill(&format!("connector.kind.{state}"), &[("kind", &kind)]);
    let words = event.why.as_ref().map(|why| clean(why.words.trim())).filter(|words| !words.is_empty());
    let words = words.map(|words| format!(" {}", printer.fill("outbox.words", &[("words", &words)])));
    format!("{}: {said}{}", event.connector, words.unwrap_or_default())
}

/// `contacts.sync` in words; nothing where a pass goes on or brought nothing.
pub(crate) fn synced(printer: &Printer, progress: &SyncProgress) -> Option<String> {
    let (key, count) = match progress.phase {
        SyncPhase::Full => ("sync.full", progress.contacts),
        SyncPhase::Changes => ("sync.changes", progress.changed),
        SyncPhase::Deletions => ("sync.deletions", progress.changed),
        SyncPhase::Details => ("sync.details", progress.contacts),
    };
    let told = progress.finished && (count > 0 || progress.phase == SyncPhase::Full);
    told.then(|| format!("{}: {}", progress.connector, printer.fill(key, &[("count", &count.to_string())])))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use timbre_domain::crm::ConnectorAbout;
    use timbre_domain::outbox::{Problem, RecordKind};
    use timbre_domain::texts::Language;
    use timbre_engine::api::OutboxCounts;

    use super::*;

    fn report(state: ConnectorHealth) -> ConnectorReport {
        let records = [RecordKind::Call, RecordKind::Note].into();
        let about = ConnectorAbout {
            name: "crm".parse().unwrap(),
            title: "EspoCRM".into(),
            abilities: Abilities { pull: true, find: true, records, ..Abilities::default() },
            settles_within: Duration::from_secs(60),
        };
        ConnectorReport {
            about,
            file: "espocrm".into(),
            values: [("request_id_field".to_owned(), "cCtiRequestId".to_owned())].into(),
            state,
            outbox: OutboxCounts { waiting: 2, parked: 1, done: 30 },
            held: Vec::new(),
        }
    }

    fn why() -> Problem {
        Problem {
            code: ErrorCode::SignInFailed,
            words: "401".into(),
            at: "2026-11-20T14:00:00Z".parse().unwrap(),
            last_try: false,
        }
    }

    #[test]
    fn a_crm_says_how_it_is_what_it_can_do_and_how_its_file_was_filled_in() {
        let lines = list(&Printer::speaking(Language::En), &[report(ConnectorHealth::Ready)]);
        let expected = [
            "crm  EspoCRM  (espocrm)",
            "  It can be asked.",
            "  can: bring its contacts, find a contact by number, take records: call, note",
            "  waiting: 2 · parked: 1 · in the CRM: 30",
            "  request_id_field = cCtiRequestId",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_crm_that_stands_still_says_why_and_what_to_do_in_every_language() {
        let until = "2026-11-20T15:00:00Z".parse().unwrap();
        for language in Language::ALL {
            let printer = Printer::speaking(language);
            for state in [ConnectorHealth::Waits { until, why: why() }, ConnectorHealth::Stopped { why: why() }] {
                let text = list(&printer, &[report(state.clone())]).join("\n");
                assert!(text.contains("timbrectl connector resume"), "{language:?} {text}");
                assert!(!text.contains("connector.") && !text.contains('{'), "{language:?} {text}");
                let event = ConnectorState { at: until, connector: "crm".parse().unwrap(), condition: state };
                assert!(text.contains(became(&printer, &event).trim_start_matches("crm: ")));
            }
            assert!(list(&printer, &[])[0].contains("[[connectors]]"));
        }
    }

    #[test]
    fn a_pass_is_told_when_it_ends_and_only_if_it_brought_something() {
        let printer = Printer::speaking(Language::En);
        let pass = |phase: SyncPhase, count: u64, finished: bool| SyncProgress {
            at: "2026-11-20T14:00:00Z".parse().unwrap(),
            connector: "crm".parse().unwrap(),
            phase,
            contacts: count,
            changed: count,
            details_left: 0,
            finished,
        };
        assert_eq!(synced(&printer, &pass(SyncPhase::Full, 7, false)), None);
        assert_eq!(synced(&printer, &pass(SyncPhase::Changes, 0, true)), None);
        assert_eq!(synced(&printer, &pass(SyncPhase::Deletions, 3, true)).unwrap(), "crm: contacts gone: 3");
        for phase in [SyncPhase::Full, SyncPhase::Changes, SyncPhase::Deletions, SyncPhase::Details] {
            assert!(!synced(&printer, &pass(phase, 3, true)).unwrap().contains("sync."));
        }
    }
}
