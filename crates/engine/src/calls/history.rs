//! The calls of the history as windows show them: rows of a list, and the card of one call.

use std::sync::Arc;

use timbre_domain::call::{Call, CallKey, CallState};
use timbre_domain::contact::ContactId;
use timbre_domain::error::ErrorCode;
use timbre_domain::history::{CallRow, CallsWanted, RecordState, ResultBrief};
use timbre_domain::matching::{self, Found, Match, MatchKind};
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{RecordWait, waits_for};
use timbre_domain::popup::PopupCard;
use timbre_store::{InteractionRef, ListedCall};

use crate::Context;
use crate::api::event::{Event, PopupEvent};
use crate::calls::flow::save_caller;
use crate::calls::popup_card::{self, card};
use crate::calls::results::SaveInteraction;
use crate::error::CommandError;

/// How many entries of a case file the main window shows of a call's contact.
const ENTRIES: usize = 50;
/// How much of a comment a list shows, characters.
const BRIEFLY: usize = 120;

impl Context {
    pub(crate) async fn call_rows(&self, wanted: CallsWanted) -> Result<Vec<CallRow>, CommandError> {
        let wanted = if wanted.pending && wanted.from.is_none() {
            CallsWanted { from: Some(self.pending_since()), ..wanted }
        } else {
            wanted
        };
        let listed = self.core.stored(move |store| store.listed_calls(&wanted)).await?;
        let answering = self.connectors.answering();
        Ok(listed.into_iter().map(|one| self.call_row(one, &answering)).collect())
    }

    fn call_row(&self, listed: ListedCall, answering: &[ConnectorName]) -> CallRow {
        let ListedCall { record, name, company, interaction, records, returned_at } = listed;
        let goes_on = record.call.state != CallState::Ended;
        let waits = records
            .iter()
            .filter_map(|item| waits_for(item, goes_on, answering.contains(&item.connector)))
            .max_by_key(|waits| match waits {
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
        let duration_s = record.talk_s();
        let call = record.call;
        let number = call.party.number();
        let (name, company) = if name.is_empty() { (company, String::new()) } else { (name, company) };
        CallRow {
            line: popup_card::line(&self.core.settings, &call),
            number_written: call.party.written(self.core.settings.country).unwrap_or_default(),
            dial: number.map(|number| number.dials().to_owned()),
            contact: record.contact,
            name,
            company,
            duration_s,
            cost: record.cost,
            result,
            returned_at,
            call,
        }
    }

    /// The card of a call of the history.
    pub(crate) async fn card_of(&self, key: CallKey) -> Result<PopupCard, CommandError> {
        let known = self.known_call(key).await?;
        self.card_again(known).await
    }

    /// The agent says who a call is with. Everything about it follows: history, records, the order of later matches.
    pub(crate) async fn attach(self: &Arc<Self>, key: CallKey, contact: ContactId) -> Result<PopupCard, CommandError> {
        let contact = self.contact_with(contact).await?;
        let (call, _) = self.known_call(key).await?;
        let matched = Match::One { kind: MatchKind::Chosen, contact };
        let at = self.core.clock.now();
        let card = card(self, &call, matched, at, popup_card::RECENT).await;
        save_caller(self, &card, at).await;
        self.follow_in_result(&card).await?;
        self.connectors.wake();
        let event = PopupEvent { completed: true, ..PopupEvent::new(card.clone(), at, std::time::Duration::ZERO) };
        self.core.bus.publish(Event::Popup(Box::new(event)));
        Ok(card)
    }

    /// A result that was begun before the agent said who it is belongs to that contact.
    async fn follow_in_result(self: &Arc<Self>, card: &PopupCard) -> Result<(), CommandError> {
        use timbre_domain::interaction::InteractionEdit;

        let (Some(interaction), Some(contact)) = (&card.interaction, card.contact()) else { return Ok(()) };
        if interaction.contact == Some(contact.id) {
            return Ok(());
        }
        let edit = InteractionEdit { contact: Some(contact.id), ..InteractionEdit::default() };
        let which = InteractionRef::Id(interaction.id);
        self.save_result(SaveInteraction { which, edit, caller: None }).await.map(drop)
    }

    async fn known_call(&self, key: CallKey) -> Result<(Call, Option<ContactId>), CommandError> {
        let asked = key.clone();
        let record = self.core.stored(move |store| store.call(&asked)).await?;
        let none = || CommandError::new(ErrorCode::NotFound, format!("there is no call {key}")).at("call");
        record.map(|record| (record.call, record.contact)).ok_or_else(none)
    }

    async fn card_again(&self, (call, settled): (Call, Option<ContactId>)) -> Result<PopupCard, CommandError> {
        let number = call.party.number().cloned();
        let (contacts, settled) = self
            .core
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
        Ok(card(self, &call, matched, self.core.clock.now(), ENTRIES).await)
    }

    /// How far the records of a call are.
    pub(crate) async fn records_of_call(&self, key: CallKey) -> Result<Vec<RecordState>, CommandError> {
        let asked = key.clone();
        let (items, call) =
            self.core.stored(move |store| Ok((store.outbox_of_call(&key)?, store.call(&asked)?))).await?;
        let goes_on = call.is_some_and(|record| record.call.state != CallState::Ended);
        Ok(popup_card::records(&items, goes_on, &self.connectors.answering()))
    }
}
