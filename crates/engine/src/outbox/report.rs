//! From what is stored to what a CRM is told: pure.

use timbre_domain::call::{Direction, Party};
use timbre_domain::crm::{
    CallReport, ChargeReport, ConnectorAbout, ContactReport, Content, FollowUpReport, NoteReport, Order, RemoteRef,
};
use timbre_domain::identity::REMOVED_PHONE;
use timbre_domain::interaction::{Charge, Interaction};
use timbre_domain::outbox::{RecordKind, TakenBack};
use timbre_domain::texts::Catalogue;
use timbre_store::{CallRecord, Dispatch};

use crate::config::Settings;

/// What is to be sent of an item; nothing where what it was about is gone.
pub(super) fn order(dispatch: &Dispatch, settings: &Settings, about: &ConnectorAbout, proven: bool) -> Option<Order> {
    let teller = Teller { dispatch, settings, about, texts: Catalogue::of(settings.language) };
    let content = match dispatch.item.kind {
        RecordKind::Call => Content::Call(Box::new(teller.call()?)),
        RecordKind::FollowUp => Content::FollowUp(teller.follow_up()?),
        RecordKind::Charge => Content::Charge(teller.charge()?),
        RecordKind::Note => Content::Note(teller.note()?),
        RecordKind::Contact => Content::Contact(Box::new(teller.contact()?)),
    };
    Some(Order {
        request_id: dispatch.item.id,
        remote_id: dispatch.item.remote_id.clone(),
        despite_duplicate: dispatch.item.despite_duplicate,
        proven,
        content,
    })
}

struct Teller<'a> {
    dispatch: &'a Dispatch,
    settings: &'a Settings,
    about: &'a ConnectorAbout,
    texts: &'static Catalogue,
}

impl Teller<'_> {
    fn call(&self) -> Option<CallReport> {
        let record = self.dispatch.call.as_ref()?;
        let call = &record.call;
        let result = self.dispatch.interaction.as_ref();
        let started_at = call.detected_at;
        let ended_at = call.ended_at.unwrap_or(started_at).max(started_at);
        let talked = call.connected_at.map(|at| (ended_at - at).num_seconds().max(0).unsigned_abs());
        let number = match &call.party {
            Party::Number { number } => Some(number.e164().map_or_else(|| number.key(), str::to_owned)),
            Party::Endpoint { number } => Some(number.to_string()),
            Party::Withheld => None,
        };
        Some(CallReport {
            call_key: call.key.clone(),
            direction: call.direction,
            answered: call.connected_at.is_some(),
            started_at,
            ended_at,
            duration_s: record.duration_s.or(talked).unwrap_or_default(),
            endpoint: call.endpoint.to_string(),
            number,
            number_written: self.number_written(record),
            contact: self.contact_ref(),
            title: self.title(record),
            text: self.text(Some(record), result),
            comment: result.map(|result| result.comment.clone()).unwrap_or_default(),
            disposition: result.map(|result| result.disposition.clone()).unwrap_or_default(),
            fields: result.map(|result| result.fields.clone()).unwrap_or_default(),
            charges: result.map(|result| result.charges.clone()).unwrap_or_default(),
            cost: record.cost.map(|cost| cost.to_string()),
            currency: self.currency(record),
            agent: result.and_then(|result| result.agent.clone()).or_else(|| self.settings.agent.clone()),
        })
    }

    fn follow_up(&self) -> Option<FollowUpReport> {
        let (follow_up, cancelled) = match (&self.dispatch.taken_back, self.result()) {
            (Some(TakenBack::FollowUp(removed)), _) => (removed.clone(), true),
            (_, Some(result)) => (result.follow_up.clone()?, false),
            (_, None) => return None,
        };
        let name = self.dispatch.contact.as_ref().map(|contact| contact.display_name().to_owned());
        let title = match follow_up.what.trim() {
            "" => self.texts.fill("crm.follow_up", &[("name", name.as_deref().unwrap_or_default())]).trim().to_owned(),
            what => what.to_owned(),
        };
        Some(FollowUpReport {
            at: follow_up.at,
            whom: follow_up.whom,
            title,
            text: self.text(self.dispatch.call.as_ref(), self.result()),
            contact: self.contact_ref(),
            cancelled,
        })
    }

    fn charge(&self) -> Option<ChargeReport> {
        let result = self.result()?;
        let of_item = |charge: &&Charge| charge.id.to_string() == self.dispatch.item.subject;
        let (charge, cancelled) = match (&self.dispatch.taken_back, result.charges.iter().find(of_item)) {
            (_, Some(charge)) => (charge.clone(), false),
            (Some(TakenBack::Charge(removed)), None) => (removed.clone(), true),
            _ => return None,
        };
        let text = self.dispatch.call.as_ref().map(|record| self.title(record));
        Some(ChargeReport {
            charge,
            at: result.final_at.unwrap_or(result.updated_at),
            contact: self.contact_ref(),
            text: text.unwrap_or_else(|| first_line(&result.comment)),
            cancelled,
        })
    }

    fn note(&self) -> Option<NoteReport> {
        let result = self.result()?;
        let text = match &result.call {
            Some(_) => result.comment.clone(),
            None => self.text(None, Some(result)),
        };
        (!text.trim().is_empty()).then(|| NoteReport { text, contact: self.contact_ref() })
    }

    fn contact(&self) -> Option<ContactReport> {
        let contact = self.dispatch.contact.clone()?;
        let mut changed = contact.typed.clone();
        let taken_away = |mark: &String| mark.starts_with(REMOVED_PHONE);
        if contact.phones.iter().any(|phone| phone.source.is_none()) || changed.iter().any(taken_away) {
            changed.insert("phones".to_owned());
        }
        Some(ContactReport { contact, changed })
    }

    fn result(&self) -> Option<&Interaction> {
        self.dispatch.interaction.as_ref()
    }

    fn contact_ref(&self) -> Option<RemoteRef> {
        let id = self.dispatch.contact_remote_id.clone()?;
        let name = self.dispatch.contact.as_ref().map(|contact| contact.display_name().to_owned());
        Some(RemoteRef { id, name: name.unwrap_or_default() })
    }

    fn currency(&self, record: &CallRecord) -> Option<String> {
        let account = self.settings.accounts.iter().find(|account| account.name == record.call.key.account);
        account.and_then(|account| account.currency.clone())
    }

    fn number_written(&self, record: &CallRecord) -> String {
        match &record.call.party {
            Party::Number { number } => number.written(self.settings.country),
            Party::Endpoint { number } => number.to_string(),
            Party::Withheld => String::new(),
        }
    }

    fn title(&self, record: &CallRecord) -> String {
        let written = self.number_written(record);
        let number = if written.is_empty() { self.texts.text("crm.withheld").to_owned() } else { written };
        let key = match (record.call.direction, record.call.connected_at.is_some()) {
            (Direction::Out, true) => "crm.call.out",
            (Direction::Out, false) => "crm.call.unanswered",
            (_, true) => "crm.call.in",
            (_, false) => "crm.call.missed",
        };
        self.texts.fill(key, &[("number", &number)])
    }

    /// The agent's words first; below them, a line each, what the record has no field for.
    fn text(&self, record: Option<&CallRecord>, result: Option<&Interaction>) -> String {
        let mut lines = Vec::new();
        if let Some(result) = result {
            lines.extend(Some(result.comment.trim().to_owned()).filter(|comment| !comment.is_empty()));
            if !result.disposition.is_empty() {
                let levels: Vec<_> = result.disposition.iter().map(|level| level.name.as_str()).collect();
                lines.push(self.texts.fill("crm.disposition", &[("levels", &levels.join(" › "))]));
            }
            for (name, value) in &result.fields {
                lines.push(format!("{name}: {value}"));
            }
            if !self.about.abilities.records.contains(&RecordKind::Charge) {
                for charge in &result.charges {
                    let (amount, currency) = (charge.amount.to_string(), charge.currency.to_string());
                    let values = [("amount", amount.as_str()), ("currency", &currency), ("concept", &charge.concept)];
                    lines.push(self.texts.fill("crm.charge", &values));
                }
            }
            let told_by_itself = self.about.abilities.records.contains(&RecordKind::FollowUp);
            if let Some(follow_up) = &result.follow_up {
                let at = follow_up.at.format("%Y-%m-%d %H:%M UTC").to_string();
                if !told_by_itself {
                    let values = [("at", at.as_str()), ("what", follow_up.what.as_str())];
                    lines.push(self.texts.fill("crm.to_do", &values));
                }
                if let Some(whom) = &follow_up.whom {
                    lines.push(self.texts.fill("crm.whom", &[("whom", whom)]));
                }
            }
            if let Some(agent) = result.agent.as_ref().or(self.settings.agent.as_ref()) {
                lines.push(self.texts.fill("crm.agent", &[("agent", agent)]));
            }
        }
        if let Some((record, cost)) = record.and_then(|record| Some((record, record.cost?))) {
            let (cost, currency) = (cost.to_string(), self.currency(record).unwrap_or_default());
            lines.push(self.texts.fill("crm.cost", &[("cost", &cost), ("currency", &currency)]).trim_end().to_owned());
        }
        lines.join("\n")
    }
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}
