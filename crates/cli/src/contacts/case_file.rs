//! A contact's case file, as a timeline for people.

use timbre_domain::call::{CallState, Direction, Party};
use timbre_engine::api::{CallRecord, CaseEntry, CaseFile};

use crate::interactions::print::said;
use crate::outbox;
use crate::print::{Printer, length, moment, name};

pub(super) fn lines(printer: &Printer, file: &CaseFile) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", file.contact.id, name(&file.contact))];
    if !file.charged.is_empty() {
        let amounts: Vec<_> = file.charged.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect();
        lines.push(format!("  {}", printer.fill("case_file.charged", &[("amounts", &amounts.join(" · "))])));
    }
    if file.entries.is_empty() {
        lines.push(format!("  {}", printer.text("case_file.empty")));
    }
    lines.extend(file.entries.iter().flat_map(|one| entry(printer, one)));
    lines
}

fn entry(printer: &Printer, entry: &CaseEntry) -> Vec<String> {
    let title = match (&entry.call, &entry.interaction) {
        (Some(record), _) => call(printer, record),
        (None, Some(one)) => format!("{}  {}", printer.text("case_file.no_call"), one.id),
        (None, None) => String::new(),
    };
    let mut lines = vec![format!("{}  {title}", moment(entry.at))];
    let said = entry.interaction.iter().flat_map(|one| said(printer, one));
    let goes_on = entry.call.as_ref().is_some_and(|record| record.call.state != CallState::Ended);
    let records = entry.records.iter().flat_map(|item| outbox::stand(printer, item, goes_on));
    lines.extend(said.chain(records).map(|line| format!("    {line}")));
    lines
}

/// Direction and number, length, cost, key.
fn call(printer: &Printer, record: &CallRecord) -> String {
    let call = &record.call;
    let answered = call.connected_at.is_some() || record.duration_s.is_some_and(|seconds| seconds > 0);
    let over = call.state == CallState::Ended;
    let words = match (call.direction, answered || !over) {
        (Direction::In, true) => "crm.call.in",
        (Direction::In, false) => "crm.call.missed",
        (Direction::Out, true) => "crm.call.out",
        (Direction::Out, false) => "crm.call.unanswered",
        (Direction::Internal, _) => "direction.internal",
    };
    let number = match &call.party {
        Party::Withheld | Party::NotKnownYet => printer.text("crm.withheld"),
        party => printer.party(party),
    };
    let mut parts = vec![printer.fill(words, &[("number", &number)])];
    parts.extend(record.talk_s().map(length));
    parts.extend(record.cost.map(|cost| match printer.currency(&call.key.account) {
        Some(currency) => format!("{cost} {currency}"),
        None => cost.to_string(),
    }));
    parts.push(crate::print::clean(&call.key.to_string()));
    parts.join("  ")
}

#[cfg(test)]
mod tests {
    use timbre_domain::call::{Call, CallKey};
    use timbre_domain::contact::{Contact, ContactId};
    use timbre_domain::endpoint::EndpointNumber;
    use timbre_domain::number::{Country, PhoneNumber};
    use timbre_domain::texts::Language;

    use super::*;
    use crate::interactions::print::tests::result;
    use crate::outbox::tests::{parked, sent};

    fn called(connected: bool) -> CallRecord {
        let key: CallKey = "acme:main:1".to_owned().try_into().unwrap();
        let at = "2026-11-20T14:00:00Z".parse().unwrap();
        let call = Call {
            key,
            endpoint: EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Number { number: PhoneNumber::typed("8884-8787", Country::CR).unwrap() },
            state: CallState::Ended,
            detected_at: at,
            connected_at: connected.then_some(at),
            ended_at: Some(at),
            dial: None,
            legs: vec!["1".into()],
            transferred: false,
        };
        CallRecord {
            call,
            contact: None,
            duration_s: connected.then_some(201),
            cost: connected.then(|| "12.50".parse().unwrap()),
            end_reason: None,
        }
    }

    fn file(entries: Vec<CaseEntry>) -> CaseFile {
        let id: ContactId = "01932b5e-0000-7000-8000-000000000002".parse().unwrap();
        let contact = Contact { name: "Ana".into(), ..Contact::empty(id) };
        let charged = [("CRC", "2500.10"), ("USD", "5")];
        let charged = charged.map(|(currency, amount)| (currency.to_owned(), amount.parse().unwrap())).into();
        CaseFile { contact, entries, charged }
    }

    fn entry(call: Option<CallRecord>, whole: bool) -> CaseEntry {
        let at = "2026-11-20T14:00:00Z".parse().unwrap();
        let records = if whole { vec![sent(), parked()] } else { Vec::new() };
        CaseEntry { at, call, interaction: whole.then(result), records }
    }

    #[test]
    fn a_case_file_tells_calls_results_charges_and_where_they_stand_as_one_timeline() {
        let entries = vec![entry(Some(called(true)), true), entry(Some(called(false)), false), entry(None, true)];
        let text = lines(&Printer::speaking(Language::En), &file(entries)).join("\n");
        for part in [
            "Ana",
            "Charged: 2500.10 CRC · 5 USD",
            "Incoming call 8884 8787  3:21  12.50 CRC",
            "Disposition: Venta › De contado",
            "│ Compró",
            "Entregar (Luis)",
            "Charge: 2500.10 CRC, Visita",
            "crm: call · in the CRM",
            "crm: charge · parked",
            "Missed call 8884 8787  acme",
            "Without a call",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn an_empty_case_file_says_so_in_every_language() {
        for language in Language::ALL {
            let text = lines(&Printer::speaking(language), &file(Vec::new())).join("\n");
            assert!(!text.contains("case_file."), "{language:?} {text}");
            assert_eq!(text.lines().count(), 3);
        }
    }
}
