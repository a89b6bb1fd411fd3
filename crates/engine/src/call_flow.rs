//! From what happened to what is told: events for everybody, pop-ups for the agent.

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
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::bus::Happened;
use crate::caller_lookup::{self, Lookups};
use crate::card::{RECENT, card};
use crate::event::{CallEvent, DialEvent, Event, PopupEvent};

/// Takes what happened in the order it happened.
pub(crate) async fn run(context: Arc<Context>, mut happened: UnboundedReceiver<Happened>, stop: CancellationToken) {
    warm_up(&context).await;
    let mut lookups = Lookups::new();
    take(&context, &mut happened, &mut lookups, stop).await;
    lookups.stop().await;
}

async fn take(
    context: &Arc<Context>,
    happened: &mut UnboundedReceiver<Happened>,
    lookups: &mut Lookups,
    stop: CancellationToken,
) {
    loop {
        let happened = tokio::select! {
            biased;
            next = happened.recv() => next,
            () = stop.cancelled() => return,
        };
        let Some(happened) = happened else { return };
        for transition in &happened.transitions {
            tell(context, &happened, transition, lookups).await;
        }
    }
}

/// The first look-up after the start would load the countries' rules of numbers and the database's pages; it is made
/// here, for nobody, so that the first caller is shown as fast as the next.
async fn warm_up(context: &Arc<Context>) {
    let country = context.settings.country;
    let looked_up = context.stored(move |store| {
        let ReadNumber::Number(number) = PhoneNumber::read("+50622222222", country) else { return Ok(()) };
        let _ = number.written(country);
        store.contacts_by_number(&number).map(drop)
    });
    if let Err(error) = looked_up.await {
        tracing::error!(error = &error as &dyn std::error::Error, "contacts can't be looked up");
    }
}

async fn tell(context: &Arc<Context>, happened: &Happened, transition: &CallTransition, lookups: &mut Lookups) {
    let now = context.clock.now();
    match transition {
        CallTransition::Detected(call) => {
            context.bus.publish(Event::Detected(CallEvent::new(call, now)));
            let shown = context.popup_policy().shows(call) && !context.silent();
            meet(context, call, happened.answered, shown, lookups).await;
        }
        CallTransition::Connected(call) => {
            context.shell.call_changed(call);
            context.bus.publish(Event::Connected(CallEvent::new(call, now)));
            if context.popup_policy().shows_when_answered(call) && !context.silent() {
                meet(context, call, happened.answered, true, lookups).await;
            }
        }
        CallTransition::Ended(call) => {
            context.shell.call_changed(call);
            context.bus.publish(Event::Ended(CallEvent::new(call, now)));
        }
        CallTransition::Resumed(call) => {
            context.shell.call_changed(call);
            context.bus.publish(Event::Resumed(CallEvent::new(call, now)));
        }
        CallTransition::Grew(_) => {}
        CallTransition::Dial(progress) => {
            let account = happened.account.clone();
            context.bus.publish(Event::Dial(DialEvent { account, progress: progress.clone() }));
        }
    }
}

/// Finds out who is on the other side, and shows the call where it is to be shown. A database that can't be read shows it
/// as a stranger's: better than not at all.
async fn meet(context: &Arc<Context>, call: &Call, answered: Duration, shown: bool, lookups: &mut Lookups) {
    // A call between the agent's own endpoints, or over before it was seen, is with nobody in particular.
    if !shown && (call.direction == Direction::Internal || call.state == CallState::Ended) {
        return;
    }
    let dialled = call.dial.and_then(|dial| context.lines.iter().find_map(|line| line.tracker().dialled_contact(dial)));
    let found = match find(context, call, dialled).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the caller could not be looked up");
            Found::default()
        }
    };
    let matched = matching::decide(call.direction, &call.party, found);
    let at = context.clock.now();
    let card = card(context, call, matched, at, RECENT).await;
    if shown {
        context.shell.show_popup(&card);
        let after_answer = context.clock.elapsed().saturating_sub(answered);
        context.bus.publish(Event::Popup(Box::new(PopupEvent::new(card.clone(), at, after_answer))));
    }
    if card.matched == Match::Unknown {
        lookups.begin(context, call, answered);
    }
    settle(context, &card, at).await;
    caller_lookup::looked_at(context, card.matched.contacts().iter().map(|contact| contact.id).collect()).await;
}

/// Remembers who the call is with, where there is no doubt.
pub(crate) async fn settle(context: &Context, card: &PopupCard, at: DateTime<Utc>) {
    if let Some(contact) = settled(&card.matched) {
        let key = card.call.key.clone();
        let kept = context.stored(move |store| {
            store.set_call_contact(&key, contact)?;
            store.contact_used(contact, at)
        });
        match kept.await {
            // A record that is there already is told who it was.
            Ok(()) => context.records_changed(1),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the call's contact could not be saved");
            }
        }
    }
}

async fn find(context: &Arc<Context>, call: &Call, dialled: Option<ContactId>) -> Result<Found, StoreError> {
    let number = call.party.number().cloned();
    context
        .stored(move |store| {
            let contacts = number.map(|number| store.contacts_by_number(&number)).transpose()?.unwrap_or_default();
            let dialled = dialled.map(|id| store.contact(id)).transpose()?.flatten();
            Ok(Found { contacts, dialled })
        })
        .await
}

/// The contact, where there is no doubt.
fn settled(matched: &Match) -> Option<ContactId> {
    match matched {
        Match::One { contact, .. } | Match::Dialled { contact } => Some(contact.id),
        Match::Several { .. } | Match::Maybe { .. } | Match::Unknown | Match::Withheld | Match::Colleague => None,
    }
}
