//! From what is stored to what a CRM is told: pure.

use chrono::TimeDelta;
use timbre_domain::call::{Direction, Party, seconds_between};
use timbre_domain::contact::ContactPart;
use timbre_domain::crm::{
    CallReport, ChargeReport, ConnectorAbout, ContactReport, Content, FollowUpReport, NoteReport, RecordRequest,
    RemoteRef,
};
use timbre_domain::interaction::{Charge, Interaction};
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::{RecordKind, TakenBack};
use timbre_domain::texts::Catalogue;
use timbre_store::{CallRecord, Dispatch};

use timbre_settings::Settings;

/// What is to be sent of an item; nothing where what it was about is gone.
pub(super) fn order(
    dispatch: &Dispatch,
    settings: &Settings,
    about: &ConnectorAbout,
    proven: bool,
) -> Option<RecordRequest> {
    let teller = Teller { dispatch, settings, about, texts: Catalogue::of(settings.language) };
    let content = match dispatch.item.kind {
        RecordKind::Call => Content::Call(Box::new(teller.call()?)),
        RecordKind::FollowUp => Content::FollowUp(teller.follow_up()?),
        RecordKind::Charge => Content::Charge(teller.charge()?),
        RecordKind::Note => Content::Note(teller.note()?),
        RecordKind::Contact => Content::Contact(Box::new(teller.contact()?)),
    };
    Some(RecordRequest {
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
        let answered_at = call.connected_at.map(|at| at.max(started_at));
        // The vendor's record is right where it is there already.
        let talk_s = record.duration_s.or(answered_at.map(|at| seconds_between(at, ended_at))).unwrap_or_default();
        let talk = i64::try_from(talk_s).ok().and_then(TimeDelta::try_seconds).unwrap_or_default();
        let number = match &call.party {
            Party::Number { number } => {
                Some(number.valid_e164().map_or_else(|| number.dialable(self.settings.country), str::to_owned))
            }
            Party::Endpoint { number } => Some(number.to_string()),
            Party::Withheld | Party::NotKnownYet => None,
        };
        Some(CallReport {
            call_key: call.key.clone(),
            direction: call.direction,
            answered: call.connected_at.is_some(),
            started_at,
            ended_at,
            talk_began_at: answered_at,
            talk_ended_at: answered_at.map(|at| at + talk),
            duration_s: talk_s,
            ring_s: seconds_between(started_at, answered_at.unwrap_or(ended_at)),
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
            "" => {
                // Nobody else says whom to call.
                let name = name.or_else(|| self.number().map(|(written, _)| written)).unwrap_or_default();
                self.texts.fill("crm.follow_up", &[("name", &name)]).trim().to_owned()
            }
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
        let text = text.unwrap_or_else(|| first_line(&result.comment));
        let lines = [Some(text).filter(|text| !text.is_empty()), self.who()];
        Some(ChargeReport {
            charge,
            at: result.final_at.unwrap_or(result.updated_at),
            contact: self.contact_ref(),
            text: lines.into_iter().flatten().collect::<Vec<_>>().join("\n"),
            cancelled,
        })
    }

    fn note(&self) -> Option<NoteReport> {
        let result = self.result()?;
        let text = match &result.call {
            Some(_) if result.comment.trim().is_empty() => String::new(),
            Some(_) => [Some(result.comment.clone()), self.who()].into_iter().flatten().collect::<Vec<_>>().join("\n"),
            None => self.text(None, Some(result)),
        };
        // A note that was created before the CRM knew its contact can't be moved there: its words go on saying whom it is
        // about.
        let whom = self.whom().filter(|whom| self.dispatch.item.remote_id.is_some() && !text.contains(whom));
        let text = match whom {
            Some(whom) if !text.trim().is_empty() => format!("{text}\n{whom}"),
            _ => text,
        };
        (!text.trim().is_empty()).then(|| NoteReport { text, contact: self.contact_ref() })
    }

    fn contact(&self) -> Option<ContactReport> {
        let contact = self.dispatch.contact.clone()?;
        let mut changed = contact.typed.clone();
        let of_phones = |mark: &ContactPart| mark.belongs_to(&ContactPart::Phones);
        if contact.phones.iter().any(|phone| phone.source.is_none()) || changed.iter().any(of_phones) {
            changed.insert(ContactPart::Phones);
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
        self.settings.currency_of(&record.call.key.account)
    }

    fn number_written(&self, record: &CallRecord) -> String {
        record.call.party.written(self.settings.country).unwrap_or_default()
    }

    /// Whether the CRM has no record of the party that ours could stand by.
    fn is_unknown_there(&self) -> bool {
        self.dispatch.contact_remote_id.is_none()
    }

    /// The party's number as people write it, and in E.164 where it has that; of a result without a call, the contact's.
    fn number(&self) -> Option<(String, Option<String>)> {
        let placed =
            |number: &PhoneNumber| (number.written(self.settings.country), number.valid_e164().map(str::to_owned));
        match self.dispatch.call.as_ref().map(|record| &record.call.party) {
            Some(Party::Number { number }) => Some(placed(number)),
            Some(Party::Endpoint { number }) => Some((number.to_string(), None)),
            Some(Party::Withheld | Party::NotKnownYet) => None,
            None => self.dispatch.contact.as_ref()?.phones.first().map(|phone| placed(&phone.number)),
        }
    }

    /// Whom a record is about that has nobody in the CRM to stand by: without it nobody could call back.
    fn who(&self) -> Option<String> {
        self.is_unknown_there().then(|| self.whom()).flatten()
    }

    /// Name and number of the other side.
    fn whom(&self) -> Option<String> {
        let name = self.dispatch.contact.as_ref().map(|contact| contact.display_name().to_owned());
        let number = self.number().map(|(written, e164)| match e164 {
            Some(e164) if e164 != written => format!("{written} ({e164})"),
            _ => written,
        });
        let who: Vec<String> = [name, number].into_iter().flatten().filter(|part| !part.is_empty()).collect();
        (!who.is_empty()).then(|| self.texts.fill("crm.who", &[("who", &who.join(", "))]))
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
        lines.extend(self.who());
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
