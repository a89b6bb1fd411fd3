//! What happens, a line each: for `timbrectl watch` and for whoever follows a dial.

use std::io;

use chrono::{DateTime, Local, Utc};
use serde_json::json;
use timbre_domain::call::{CallState, seconds_between};
use timbre_domain::dial::{DialProgress, DialState};
use timbre_domain::matching::MatchName;
use timbre_engine::api::event::{CallEvent, Event, PopupEvent, ProviderState};

use super::{Printer, at, clean, direction, length, name};
use crate::{connector, outbox, status};

impl Printer {
    /// One event, one line.
    pub(crate) fn event(&self, event: &Event) -> io::Result<()> {
        if self.json {
            return match event {
                // A script shows its reader these words: they are the reader's, whatever language the engine speaks.
                Event::Provider(state) => self.json(&Event::Provider(state.clone().in_words(self.catalogue))),
                _ => self.json(event),
            };
        }
        if let Event::Status(present) = event {
            return status::print(self, &present.status);
        }
        match self.event_in_words(event) {
            Some(words) => self.line(&words),
            None => Ok(()),
        }
    }

    fn event_in_words(&self, event: &Event) -> Option<String> {
        let text = self.catalogue;
        Some(match event {
            Event::Detected(call) => self.call(call, text.text(direction(call.direction))),
            Event::Connected(call) => self.call(call, text.text("state.connected")),
            Event::Ended(call) if call.transferred => self.call(call, text.text("state.transferred")),
            Event::Ended(call) => self.call(call, text.text("state.ended")),
            Event::Resumed(call) => self.call(call, text.text("state.resumed")),
            Event::Identified(call) => self.call(call, text.text("state.identified")),
            Event::Component(event) => {
                let key = if event.status.runs { "component.runs" } else { "component.failed" };
                format!(
                    "{}  {}",
                    at(event.at),
                    text.fill(key, &[("component", &text.component(&event.status.component))])
                )
            }
            Event::Recorded(recorded) => {
                let length = length(recorded.duration_s);
                let cost = match (&recorded.cost, &recorded.currency) {
                    (Some(cost), Some(currency)) => format!(" · {cost} {currency}"),
                    (Some(cost), None) => format!(" · {cost}"),
                    (None, _) => String::new(),
                };
                let reason = recorded.end_reason.as_deref().map(|r| format!(" · {}", clean(r))).unwrap_or_default();
                format!("{}  {} {length}{cost}{reason}", at(recorded.at), text.text("call.recorded"))
            }
            Event::Popup(popup) => self.popup(popup),
            Event::Dial(step) => format!("{}  {}", at(step.progress.at), self.dial(&step.progress)),
            Event::Provider(state) => self.provider(state),
            // Whoever imports sees a bar.
            Event::Import(_) | Event::Status(_) => return None,
            Event::Sync(progress) => format!("{}  {}", at(progress.at), connector::synced(self, progress)?),
            Event::OutboxSent(event) => format!("{}  {}", at(event.at), outbox::sent(self, event)),
            Event::OutboxWaiting(event) => format!("{}  {}", at(event.at), outbox::put_off(self, event)?),
            Event::OutboxParked(event) => format!("{}  {}", at(event.at), outbox::parked(self, event)),
            Event::Connector(state) => format!("{}  {}", at(state.at), connector::became(self, state)),
            Event::Kind(event) => format!("{}  {}", at(event.at), connector::kind(self, event)),
            Event::Store(state) => {
                let date = |at: DateTime<Utc>| at.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string();
                let words = state.words(text, date);
                format!("{}  {words}", at(state.at))
            }
        })
    }

    fn call(&self, call: &CallEvent, what: &str) -> String {
        let line = self.catalogue.fill("line", &[("endpoint", call.endpoint.as_str())]);
        let timer = match (call.state, call.connected_at, call.ended_at) {
            (CallState::Ended, Some(connected), Some(ended)) => {
                format!(" · {}", length(seconds_between(connected, ended)))
            }
            _ => String::new(),
        };
        format!("{}  {what} · {} · {line}{timer}", at(call.at), self.party(&call.party))
    }

    fn popup(&self, popup: &PopupEvent) -> String {
        let text = self.catalogue;
        let names: Vec<_> = popup.contacts.iter().map(name).collect();
        let count = names.len().to_string();
        let names = names.join(" | ");
        let who = match popup.matched {
            MatchName::One => format!("{names} · {}", text.text("match.one")),
            MatchName::Several => {
                let several = text.fill("match.several", &[("count", &count)]);
                format!("{several} · {} · {names}", text.text("match.several.ask"))
            }
            MatchName::Maybe => {
                format!("{names} · {}", text.fill("match.maybe", &[("others", &popup.others.to_string())]))
            }
            MatchName::Dialled => format!("{names} · {}", text.text("match.dialled")),
            MatchName::Unknown => text.text("match.unknown").to_owned(),
            MatchName::Withheld => text.text("match.withheld").to_owned(),
            MatchName::NotKnownYet => text.text("match.not_known_yet").to_owned(),
            MatchName::Colleague => text.text("match.colleague").to_owned(),
        };
        format!("{}    ▸ {who}", at(popup.at))
    }

    fn dial(&self, progress: &DialProgress) -> String {
        let text = self.catalogue;
        let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let key = format!("dial.state.{}", word(json!(progress.state)));
        let reasons: Vec<_> = progress
            .likely_reasons
            .iter()
            .map(|r| text.text(&format!("dial.reason.{}", word(json!(r)))).to_owned())
            .collect();
        let said = text.fill(&key, &[("reasons", &reasons.join("; "))]);
        match (progress.state, progress.error) {
            (DialState::Failed, Some(code)) => {
                let reason = progress.reason.as_ref();
                let what = text.saying(text.what_of(code, reason), progress.said.as_ref());
                format!("{said}. {what} {}", text.what_to_do_of(code, reason))
            }
            _ => match &progress.said {
                Some(words) => format!("{said}. {}", text.fill("dial.said", &[("said", words.as_str())])),
                None => said,
            },
        }
    }

    fn provider(&self, state: &ProviderState) -> String {
        let words = state.clone().in_words(self.catalogue);
        let said = match (words.what, words.what_to_do) {
            (Some(what), Some(what_to_do)) => format!("{what} {what_to_do}"),
            (Some(what), None) => what,
            (None, _) => self.catalogue.text("provider.ok").to_owned(),
        };
        let detail = state.detail.as_deref().map(|detail| format!(" ({})", self.technical(detail))).unwrap_or_default();
        let clock = words.clock.map(|word| format!(" {word}")).unwrap_or_default();
        format!("{}  {}: {said}{detail}{clock}", at(state.at), state.account)
    }
}
