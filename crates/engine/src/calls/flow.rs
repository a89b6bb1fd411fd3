//! From transitions to events for everybody and pop-ups for the agent.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use timbre_domain::call::{Call, CallState, Direction};
use timbre_domain::contact::ContactId;
use timbre_domain::matching::{self, Found, Match};
use timbre_domain::number::{PhoneNumber, ReadNumber};
use timbre_domain::popup::PopupCard;
use timbre_domain::tracker::CallTransition;
use timbre_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::api::event::{CallEvent, DialEvent, Event, PopupEvent};
use crate::calls::caller_lookup::{self, Lookups};
use crate::calls::popup_card::{RECENT, card};
use crate::runtime::bus::QueuedTransition;

/// Takes transitions in the order in which they happened.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    warm_up(&context).await;
    let queue = context.core.bus.queue.clone();
    let mut queue = queue.lock().await;
    let mut lookups = Lookups::new();
    loop {
        let next = tokio::select! {
            biased;
            next = queue.next() => next,
            () = stop.cancelled() => break,
        };
        let Some(happening) = next else { break };
        publish(&context, &happening, &mut lookups).await;
    }
    lookups.stop().await;
}

/// The first look-up after the start would load the countries' rules of numbers and the database's pages; it is made
/// here, for nobody, so that the first caller is shown as fast as the next.
async fn warm_up(context: &Arc<Context>) {
    let country = context.core.settings.country;
    let looked_up = context.core.stored(move |store| {
        let ReadNumber::Number(number) = PhoneNumber::read("+50622222222", country) else { return Ok(()) };
        let _ = number.written(country);
        store.contacts_by_number(&number).map(drop)
    });
    if let Err(error) = looked_up.await {
        tracing::error!(error = &error as &dyn std::error::Error, "contacts can't be looked up");
    }
}

async fn publish(context: &Arc<Context>, happening: &QueuedTransition, lookups: &mut Lookups) {
    let (now, observed) = (context.core.clock.now(), happening.observed);
    match &happening.transition {
        CallTransition::Detected(call) => {
            context.core.bus.publish(Event::Detected(CallEvent::new(call, now)));
            let shown = context.popup_policy().shows(call) && !context.silent();
            identify_caller(context, call, observed, Show::of(shown), lookups).await;
        }
        CallTransition::Identified(call) => {
            context.core.bus.publish(Event::Identified(CallEvent::new(call, now)));
            identify_caller(context, call, observed, Show::Complete, lookups).await;
        }
        CallTransition::Connected(call) => {
            context.shell.call_changed(call);
            context.core.bus.publish(Event::Connected(CallEvent::new(call, now)));
            if context.popup_policy().shows_when_answered(call) && !context.silent() {
                identify_caller(context, call, observed, Show::Popup, lookups).await;
            }
        }
        CallTransition::Ended(call) => {
            context.shell.call_changed(call);
            context.core.bus.publish(Event::Ended(CallEvent::new(call, now)));
        }
        CallTransition::Resumed(call) => {
            context.shell.call_changed(call);
            context.core.bus.publish(Event::Resumed(CallEvent::new(call, now)));
        }
        CallTransition::LegAdded(_) => {}
        CallTransition::Dial(progress) => {
            let account = happening.account.clone();
            context.core.bus.publish(Event::Dial(DialEvent { account, progress: progress.clone() }));
        }
    }
}

/// What becomes of a card.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    /// It is shown as a pop-up.
    Popup,
    /// A pop-up that is shown already is filled in.
    Complete,
    Nothing,
}

impl Show {
    fn of(shown: bool) -> Self {
        if shown { Self::Popup } else { Self::Nothing }
    }
}

/// Finds out who is on the other side, and shows the call where it is to be shown. A database that can't be read shows it
/// as a stranger's: better than not at all.
async fn identify_caller(context: &Arc<Context>, call: &Call, observed: Duration, show: Show, lookups: &mut Lookups) {
    // A call between the agent's own endpoints, or over before it was seen, is with nobody in particular.
    if show == Show::Nothing && (call.direction == Direction::Internal || call.state == CallState::Ended) {
        return;
    }
    let dialled =
        call.dial.and_then(|dial| context.sessions.iter().find_map(|session| session.tracker().dialled_contact(dial)));
    let found = match find(context, call, dialled).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the caller could not be looked up");
            Found::default()
        }
    };
    let matched = matching::decide(call.direction, &call.party, found);
    let at = context.core.clock.now();
    let card = card(context, call, matched, at, RECENT).await;
    match show {
        Show::Popup => context.shell.show_popup(&card),
        Show::Complete => context.shell.complete_popup(&card),
        Show::Nothing => {}
    }
    if show != Show::Nothing {
        let after_answer = context.core.clock.elapsed().saturating_sub(observed);
        let completed = show == Show::Complete;
        let event = PopupEvent { completed, ..PopupEvent::new(card.clone(), at, after_answer) };
        context.core.bus.publish(Event::Popup(Box::new(event)));
    }
    if card.matched == Match::Unknown {
        lookups.begin(context, call, observed);
    }
    save_caller(context, &card, at).await;
    caller_lookup::looked_at(context, card.matched.contacts().iter().map(|contact| contact.id).collect()).await;
}

/// Saves who the call is with, where there is no doubt.
pub(crate) async fn save_caller(context: &Context, card: &PopupCard, at: DateTime<Utc>) {
    if let Some(contact) = undoubted(&card.matched) {
        let key = card.call.key.clone();
        let kept = context.core.stored(move |store| {
            store.set_call_contact(&key, contact)?;
            store.contact_used(contact, at)
        });
        match kept.await {
            // A record that the CRM has already is told who it was.
            Ok(()) => context.connectors.wake(),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the call's contact could not be saved");
            }
        }
    }
}

async fn find(context: &Arc<Context>, call: &Call, dialled: Option<ContactId>) -> Result<Found, StoreError> {
    let number = call.party.number().cloned();
    context
        .core
        .stored(move |store| {
            let contacts = number.map(|number| store.contacts_by_number(&number)).transpose()?.unwrap_or_default();
            let dialled = dialled.map(|id| store.contact(id)).transpose()?.flatten();
            Ok(Found { contacts, dialled })
        })
        .await
}

/// The contact, where there is no doubt.
fn undoubted(matched: &Match) -> Option<ContactId> {
    match matched {
        Match::One { contact, .. } | Match::Dialled { contact } => Some(contact.id),
        Match::Several { .. }
        | Match::Maybe { .. }
        | Match::Unknown
        | Match::Withheld
        | Match::Colleague
        | Match::NotKnownYet => None,
    }
}
