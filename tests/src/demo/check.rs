//! Compares what was told and kept with the simulator's ledger, which is what really happened.

use timbre_engine::api::CallRecord;
use timbre_engine::api::event::Event;
use timbre_simulator::Ledger;
use timbre_simulator::ledger::{CallEntry, DialFate};

use super::Options;
use super::acts::Told;
use crate::story::key_of;

/// One thing that was compared.
pub(super) struct Finding {
    pub(super) what: String,
    pub(super) holds: bool,
}

pub(super) fn finding(what: impl Into<String>, holds: bool) -> Finding {
    Finding { what: what.into(), holds }
}

pub(super) fn compare(told: &Told, history: &[CallRecord], ledger: &Ledger, options: &Options) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut legs_known = 0;
    for (callids, matched) in &told.expected {
        legs_known += callids.len();
        let rows: Vec<&CallEntry> = ledger.calls.iter().filter(|row| callids.contains(&row.callid)).collect();
        findings.push(of_call(callids, matched, &rows, told, history));
    }
    findings.push(finding(
        format!(
            "the vendor's {} rows are {} calls, and nothing else popped up",
            ledger.calls.len(),
            told.expected.len()
        ),
        legs_known == ledger.calls.len()
            && count(told, is_popup) == told.expected.iter().filter(|(_, matched)| !matched.is_empty()).count(),
    ));
    findings.push(finding(
        format!("the history has {} calls, each once", history.len()),
        history.len() == told.expected.len(),
    ));
    findings.push(finding(
        format!("click-to-dial was asked for {} time(s), and both sides talked", told.dials),
        ledger.dials.len() == told.dials
            && ledger.dials.iter().all(|dial| dial.fate == DialFate::Talked)
            && told.dialled_well,
    ));
    let closest = ledger.closest_reading().unwrap_or_default();
    findings.push(finding(
        format!(
            "{} questions, {} too early, the closest {} ms apart: the vendor's limit was kept",
            ledger.requests.len(),
            ledger.requests.iter().filter(|request| request.early).count(),
            closest.as_millis()
        ),
        closest >= options.reading_interval() && ledger.requests.iter().all(|request| !request.early),
    ));
    let slowest = told.events.iter().filter_map(|event| match event {
        Event::Popup(popup) if !popup.completed => Some(popup.after_answer_ms),
        _ => None,
    });
    let slowest = slowest.fold(0.0, f64::max);
    findings.push(finding(
        format!("every pop-up followed the answer that showed its call, the slowest after {slowest:.1} ms"),
        slowest > 0.0,
    ));
    findings
}

/// One call: detected, shown and ended once each, connected if and only if somebody answered, recorded as it was.
fn of_call(callids: &[String], matched: &str, rows: &[&CallEntry], told: &Told, history: &[CallRecord]) -> Finding {
    let ours = |event: &Event| key_of(event).is_some_and(|key| callids.contains(&key.external_id));
    let once = |is: fn(&Event) -> bool| count(told, |event| is(event) && ours(event)) == 1;
    // Of a dialled call's two legs the contact's is the conversation; it is the one that went out.
    let spoken =
        rows.iter().find(|row| row.party.len() == 8 && row.direction == timbre_simulator::CallDirection::Outgoing);
    let talked = match spoken.or(rows.first()) {
        Some(row) => {
            row.answered.as_ref().zip(row.ended.as_ref()).map(|(from, to)| (to.elapsed - from.elapsed).as_secs())
        }
        None => None,
    };
    let shown = told.events.iter().find_map(|event| match event {
        Event::Popup(popup) if ours(event) => serde_json::to_value(popup.matched).ok(),
        _ => None,
    });
    let shown = shown.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let record = history.iter().find(|record| callids.contains(&record.call.key.external_id));
    let recorded = record.and_then(|record| record.duration_s);
    let holds = once(|event| matches!(event, Event::Detected(_)))
        && count(told, |event| is_popup(event) && ours(event)) == usize::from(!matched.is_empty())
        && once(|event| matches!(event, Event::Ended(_)))
        && (count(told, |event| matches!(event, Event::Connected(_)) && ours(event)) == usize::from(talked.is_some()))
        && shown == matched
        && recorded.is_some_and(|recorded| recorded.abs_diff(talked.unwrap_or(0)) <= 1);
    let length = talked.map_or_else(|| "not answered".to_owned(), |seconds| format!("{seconds} s of talk"));
    finding(
        format!(
            "{} · {} · {length} · recorded {} s",
            callids.join(" + "),
            if matched.is_empty() { "no pop-up".to_owned() } else { format!("{shown} · one pop-up") },
            recorded.unwrap_or_default()
        ),
        holds,
    )
}

/// A new one; not what one that stands is completed with.
fn is_popup(event: &Event) -> bool {
    matches!(event, Event::Popup(popup) if !popup.completed)
}

fn count(told: &Told, is: impl Fn(&Event) -> bool) -> usize {
    told.events.iter().filter(|event| is(event)).count()
}
