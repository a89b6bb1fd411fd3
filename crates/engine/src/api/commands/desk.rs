//! The commands of windows, tray and notifications.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use timbre_domain::call::{Call, CallKey, CallState};
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::error::ErrorCode;
use timbre_domain::history::{CallRow, CallsWanted, FoundContact, NumberRead, OutboxRow, ResultBrief};
use timbre_domain::matching::{self, Found, Match, MatchKind};
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordWait, waits_for};
use timbre_domain::popup::{ContactSummary, PopupCard};
use timbre_domain::preferences::Preferences;
use timbre_domain::texts::Catalogue;
use timbre_store::{ListedCall, ListedRecord, OutboxFilter};

use super::{CommandError, Reply};
use crate::Context;
use crate::api::event::{Event, PopupEvent};
use crate::calls::flow::save_caller;
use crate::calls::popup_card::{self, card};
use crate::crm::connector::ConnectorHealth;

/// A contact and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownContact {
    /// The contact.
    pub contact: Contact,
    /// What is known.
    pub contact_summary: ContactSummary,
}

/// How many entries of a case file the main window shows of a call's contact.
const ENTRIES: usize = 50;
/// How much of a comment a list shows, characters.
const BRIEFLY: usize = 120;

impl Context {
    pub(super) async fn call_rows(&self, wanted: CallsWanted) -> Result<Reply, CommandError> {
        let wanted = if wanted.pending && wanted.from.is_none() {
            CallsWanted { from: Some(self.pending_since()), ..wanted }
        } else {
            wanted
        };
        let listed = self.stored(move |store| store.listed_calls(&wanted)).await?;
        Ok(Reply::CallRows { rows: listed.into_iter().map(|one| self.call_row(one)).collect() })
    }

    fn call_row(&self, listed: ListedCall) -> CallRow {
        let ListedCall { record, name, company, interaction, records, returned_at } = listed;
        let goes_on = record.call.state != CallState::Ended;
        let waits = records.iter().filter_map(|item| self.waits_for(item, goes_on)).max_by_key(|waits| match waits {
            // The longest is told.
            RecordWait::Turn => 0,
            RecordWait::CallEnds => 1,
            RecordWait::Crm => 2,
        });
        let result = interaction.map(|one| ResultBrief {
            id: one.id,
            state: one.state,
            change_draft: one.change_draft.is_some(),
            disposition: one.disposition.into_iter().map(|level| level.name).collect(),
            comment: one.comment.chars().take(BRIEFLY).collect(),
            records: records.iter().map(|item| item.state).collect(),
            waits,
        });
        let call = record.call;
        let number = call.party.number();
        let (name, company) = if name.is_empty() { (company, String::new()) } else { (name, company) };
        CallRow {
            line: popup_card::line(&self.settings, &call),
            number_written: call.party.written(self.settings.country).unwrap_or_default(),
            dial: number.map(popup_card::dials),
            contact: record.contact,
            name,
            company,
            duration_s: record.duration_s.or_else(|| talked(&call)),
            cost: record.cost,
            result,
            returned_at,
            call,
        }
    }

    /// The card of a call of the history.
    pub(super) async fn card_of(&self, key: CallKey) -> Result<Reply, CommandError> {
        let known = self.known_call(key).await?;
        Ok(Reply::Card(Box::new(self.card_again(known).await?)))
    }

    /// The agent says who a call is with. Everything about it follows: history, records, the order of later matches.
    pub(super) async fn attach(self: &Arc<Self>, key: CallKey, contact: ContactId) -> Result<Reply, CommandError> {
        let contact = self.contact_with(contact).await?;
        let (call, _) = self.known_call(key).await?;
        let matched = Match::One { kind: MatchKind::Chosen, contact };
        let at = self.clock.now();
        let card = card(self, &call, matched, at, popup_card::RECENT).await;
        save_caller(self, &card, at).await;
        self.follow_in_result(&card).await?;
        self.outbox_may_go();
        let event = PopupEvent { completed: true, ..PopupEvent::new(card.clone(), at, std::time::Duration::ZERO) };
        self.bus.publish(Event::Popup(Box::new(event)));
        Ok(Reply::Card(Box::new(card)))
    }

    /// A result that was begun before the agent said who it is belongs to that contact.
    async fn follow_in_result(self: &Arc<Self>, card: &PopupCard) -> Result<(), CommandError> {
        use timbre_domain::interaction::InteractionEdit;

        let (Some(interaction), Some(contact)) = (&card.interaction, card.contact()) else { return Ok(()) };
        if interaction.contact == Some(contact.id) {
            return Ok(());
        }
        let edit = InteractionEdit { contact: Some(contact.id), ..InteractionEdit::default() };
        let which = super::Which::Id(interaction.id);
        self.save_result(super::SaveInteraction { which, edit, caller: None }).await.map(drop)
    }

    async fn known_call(&self, key: CallKey) -> Result<(Call, Option<ContactId>), CommandError> {
        let asked = key.clone();
        let record = self.stored(move |store| store.call(&asked)).await?;
        let none = || CommandError::new(ErrorCode::NotFound, format!("there is no call {key}")).at("call");
        record.map(|record| (record.call, record.contact)).ok_or_else(none)
    }

    async fn card_again(&self, (call, settled): (Call, Option<ContactId>)) -> Result<PopupCard, CommandError> {
        let number = call.party.number().cloned();
        let (contacts, settled) = self
            .stored(move |store| {
                let contacts = number.map(|number| store.contacts_by_number(&number)).transpose()?.unwrap_or_default();
                Ok((contacts, settled.map(|id| store.contact(id)).transpose()?.flatten()))
            })
            .await?;
        let found = matching::decide(call.direction, &call.party, Found { contacts, dialled: None });
        let matched = match settled {
            Some(contact) => match found {
                Match::One { kind, contact: by_number } if by_number.id == contact.id => Match::One { kind, contact },
                _ => Match::One { kind: MatchKind::Chosen, contact },
            },
            None => found,
        };
        Ok(card(self, &call, matched, self.clock.now(), ENTRIES).await)
    }

    pub(super) async fn known_contact(&self, id: ContactId, entries: usize) -> Result<Reply, CommandError> {
        let file = self.case_file(id, None, entries).await?;
        let contact = file.contact.clone();
        let contact_summary = popup_card::contact_summary(file, &self.settings);
        Ok(Reply::KnownContact(Box::new(KnownContact { contact, contact_summary })))
    }

    pub(super) async fn read_number(&self, text: &str) -> Result<Reply, CommandError> {
        let country = self.settings.country;
        let number = PhoneNumber::typed(text, country)
            .map_err(|error| CommandError::new(ErrorCode::BadNumber, error.to_string()).at("number"))?;
        let (written, dial) = (number.written(country), number.dialable(country));
        let contacts = self.stored(move |store| store.contacts_by_number(&number)).await?;
        Ok(Reply::Number(NumberRead { written, dial, contacts }))
    }

    /// Contacts as a person types, with their telephones as they are shown.
    pub(super) async fn found_contacts(&self, text: String, limit: usize) -> Result<Reply, CommandError> {
        let Reply::Contacts { contacts } = self.search_contacts(text, limit).await? else {
            return Ok(Reply::FoundContacts { contacts: Vec::new() });
        };
        Ok(Reply::FoundContacts { contacts: contacts.into_iter().map(|contact| self.found(contact)).collect() })
    }

    fn found(&self, contact: Contact) -> FoundContact {
        let country = self.settings.country;
        let phones = contact.phones.iter().map(|phone| popup_card::shown(&phone.number, phone.kind, country)).collect();
        FoundContact { contact, phones }
    }

    pub(super) async fn outbox_rows(&self, filter: OutboxFilter) -> Result<Reply, CommandError> {
        if let Some(name) = &filter.connector {
            self.crm(name)?;
        }
        let listed = self.stored(move |store| store.listed_outbox(&filter)).await?;
        Ok(Reply::OutboxRows { rows: listed.into_iter().map(|one| self.outbox_row(one)).collect() })
    }

    fn outbox_row(&self, listed: ListedRecord) -> OutboxRow {
        let ListedRecord { item, call, contact, name, company } = listed;
        let waits = self.waits_for(&item, call.as_ref().is_some_and(|record| record.call.state != CallState::Ended));
        let number = call.as_ref().and_then(|record| record.call.party.number());
        let name = Some(if name.is_empty() { company } else { name }).filter(|name| !name.is_empty());
        let about = name.or_else(|| number.map(|number| number.written(self.settings.country))).unwrap_or_default();
        let call = call.map(|record| record.call.key);
        let crm = self.crm(&item.connector).ok();
        let url = item.remote_id.as_deref().and_then(|id| crm.as_ref()?.connector.opens_at(item.kind, id));
        let texts = Catalogue::of(self.language());
        let stopped = crm.as_ref().and_then(|crm| match crm.condition() {
            ConnectorHealth::Stopped { why } => Some(why.code),
            _ => None,
        });
        let open = !matches!(item.state, OutboxState::Done | OutboxState::Discarded);
        let code = stopped.filter(|_| open).or_else(|| item.problem.as_ref().map(|problem| problem.code));
        let (what, what_to_do) = match code {
            Some(code) if open => (texts.crm_what(code), texts.crm_what_to_do(code)),
            _ => Default::default(),
        };
        OutboxRow { item, about, call, contact, url, waits, what, what_to_do }
    }

    fn waits_for(&self, item: &OutboxItem, goes_on: bool) -> Option<RecordWait> {
        waits_for(item, goes_on, self.answering_crms().contains(&item.connector))
    }

    /// How far the records of a call are.
    pub(super) async fn records_of_call(&self, key: CallKey) -> Result<Reply, CommandError> {
        let asked = key.clone();
        let (items, call) = self.stored(move |store| Ok((store.outbox_of_call(&key)?, store.call(&asked)?))).await?;
        let goes_on = call.is_some_and(|record| record.call.state != CallState::Ended);
        Ok(Reply::Records { records: popup_card::records(&items, goes_on, &self.answering_crms()) })
    }

    pub(super) async fn take_preferences(self: &Arc<Self>, preferences: Preferences) -> Result<Reply, CommandError> {
        let mut preferences = preferences;
        let known = |label: &String| self.settings.identities.iter().any(|identity| identity.label == *label);
        if preferences.identity.as_ref().is_some_and(|label| !known(label)) {
            // One that was chosen before and is gone from the settings must not keep anything else from being chosen.
            if preferences.identity != self.preferences().identity {
                return Err(CommandError::new(ErrorCode::NotFound, "there is no such identity").at("identity"));
            }
            preferences.identity = None;
        }
        self.choose_preferences(preferences)
            .await
            .map_err(|error| CommandError::new(ErrorCode::StoreFailed, error.to_string()).at("preferences"))?;
        Ok(Reply::Preferences(Box::new(self.preferences())))
    }
}

fn talked(call: &Call) -> Option<u64> {
    let (from, to) = (call.connected_at?, call.ended_at?);
    Some((to - from).num_seconds().max(0).unsigned_abs())
}
