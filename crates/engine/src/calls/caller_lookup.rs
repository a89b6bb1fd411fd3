//! A caller whom nobody here knows: the CRMs are asked by number while the pop-up is on the screen already.

use std::sync::Arc;
use std::time::Duration;

use timbre_domain::call::Call;
use timbre_domain::contact::ContactId;
use timbre_domain::crm::{ConnectorName, RemoteContact};
use timbre_domain::matching::{self, Found, Match};
use timbre_domain::number::{Country, PhoneNumber, ReadNumber, read_together};
use timbre_store::StoreError;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Context;
use crate::api::event::{Event, PopupEvent};
use crate::calls::flow::save_caller;
use crate::calls::popup_card::{RECENT, card};
use crate::crm::connector::ConnectorHandle;
use crate::crm::contact_sync::{ask, prepared};

/// Who calls is of use while the agent greets, and no longer.
const WITHIN: Duration = Duration::from_secs(10);
/// Callers looked up at a time.
const AT_A_TIME: usize = 4;
/// Contacts that are fetched because the list left out the number they were found by.
const FETCHED_AT_MOST: usize = 5;

/// The callers that are being looked up. They end with whoever holds it.
pub(crate) struct Lookups {
    turns: Arc<Semaphore>,
    going_on: JoinSet<()>,
}

impl Lookups {
    pub(crate) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)), going_on: JoinSet::new() }
    }

    /// Looks a caller up in every CRM that can find one by number. It returns at once.
    pub(crate) fn begin(&mut self, context: &Arc<Context>, call: &Call, answered: Duration) {
        while self.going_on.try_join_next().is_some() {}
        let Some(number) = call.party.number() else { return };
        for crm in
            context.connectors.iter().filter(|crm| crm.connector.about().abilities.find && crm.is_ready(&context.core))
        {
            let lookup = Lookup {
                context: context.clone(),
                crm: crm.clone(),
                call: call.clone(),
                number: number.clone(),
                answered,
            };
            let turns = self.turns.clone();
            self.going_on.spawn(async move {
                let clock = lookup.context.core.clock.clone();
                let asked = async {
                    let _turn = turns.acquire().await;
                    lookup.run().await
                };
                tokio::select! {
                    done = asked => if let Err(error) = done {
                        tracing::error!(error = &error as &dyn std::error::Error, "who calls could not be saved");
                    },
                    () = clock.sleep(WITHIN) => tracing::info!("a CRM did not say in time who calls"),
                }
            });
        }
    }

    pub(crate) async fn stop(mut self) {
        self.going_on.shutdown().await;
    }
}

/// What came of asking who has a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Somebody,
    Nobody,
    /// A contact was sent there meanwhile: the answer may be older than what is here.
    Overtaken,
}

struct Lookup {
    context: Arc<Context>,
    crm: Arc<ConnectorHandle>,
    call: Call,
    number: PhoneNumber,
    answered: Duration,
}

impl Lookup {
    async fn run(self) -> Result<(), StoreError> {
        if !self.crm.is_ready(&self.context.core) {
            return Ok(());
        }
        // A contact that was sent to the CRM meanwhile makes the answer too old to be saved: then it is asked once more.
        let mut named = self.named().await?;
        if named == Named::Overtaken {
            named = self.named().await?;
        }
        if named != Named::Somebody {
            return Ok(());
        }
        self.crm.details_wanted.notify_one();
        self.complete().await
    }

    /// Asks the CRM and saves whom it names.
    async fn named(&self) -> Result<Named, StoreError> {
        let asked = self.context.core.store.contact_pushes();
        let found = match ask(&self.context.core, &self.crm, self.crm.connector.find(&self.number)).await {
            Ok(found) => found,
            Err((_, saved)) => return saved.map(|()| Named::Nobody),
        };
        if found.is_empty() {
            return Ok(Named::Nobody);
        }
        let found = self.with_telephones(found).await?;
        let (name, country) = (self.crm.name().clone(), self.context.core.settings.country);
        // Where its contacts are not brought here, nobody works off what is to be fetched.
        let fetches = self.crm.connector.about().abilities.fetch && self.crm.settings.sync_contacts;
        let now = self.context.core.clock.now();
        let saved = self
            .context
            .core
            .stored(move |store| {
                let (contacts, _) = prepared(found, &name, country);
                store.save_pulled(&name, contacts, fetches, asked, now)
            })
            .await?;
        Ok(if saved.is_some() { Named::Somebody } else { Named::Overtaken })
    }

    /// Those that were found by a number that their list leaves out, whole.
    async fn with_telephones(&self, mut found: Vec<RemoteContact>) -> Result<Vec<RemoteContact>, StoreError> {
        if !self.crm.connector.about().abilities.fetch {
            return Ok(found);
        }
        let country = self.context.core.settings.country;
        let lacks = |contact: &&mut RemoteContact| !contact.complete && !has(contact, &self.number, country);
        for contact in found.iter_mut().filter(lacks).take(FETCHED_AT_MOST) {
            match ask(&self.context.core, &self.crm, self.crm.connector.fetch(&contact.id)).await {
                Ok(Some(whole)) => *contact = RemoteContact { complete: true, ..whole },
                Ok(None) => {}
                Err((_, saved)) => {
                    saved?;
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Decides anew who calls, and fills the pop-up in where that says more.
    async fn complete(&self) -> Result<(), StoreError> {
        let (number, key) = (self.number.clone(), self.call.key.clone());
        let (contacts, call) =
            self.context.core.stored(move |store| Ok((store.contacts_by_number(&number)?, store.call(&key)?))).await?;
        // The agent has said meanwhile who it is.
        if call.as_ref().is_some_and(|record| record.contact.is_some()) {
            return Ok(());
        }
        let call = call.map_or_else(|| self.call.clone(), |record| record.call);
        let matched = matching::decide(call.direction, &call.party, Found { contacts, dialled: None });
        if matches!(matched, Match::Unknown | Match::Withheld | Match::Colleague | Match::NotKnownYet) {
            return Ok(());
        }
        let at = self.context.core.clock.now();
        let card = card(&self.context, &call, matched, at, RECENT).await;
        self.context.shell.complete_popup(&card);
        let after_answer = self.context.core.clock.elapsed().saturating_sub(self.answered);
        save_caller(&self.context, &card, at).await;
        let shown = card.matched.contacts().iter().map(|contact| contact.id).collect();
        let event = PopupEvent { completed: true, ..PopupEvent::new(card, at, after_answer) };
        self.context.core.bus.publish(Event::Popup(Box::new(event)));
        looked_at(&self.context, shown).await;
        Ok(())
    }
}

fn has(contact: &RemoteContact, number: &PhoneNumber, country: Country) -> bool {
    let texts: Vec<&str> = contact.phones.iter().map(|phone| phone.number.as_str()).collect();
    let is = |read: &ReadNumber| matches!(read, ReadNumber::Number(read) if read.key() == number.key());
    read_together(&texts, country).iter().any(is)
}

/// Somebody looks at these contacts: the telephones that their CRMs' lists left out are asked for next.
pub(crate) async fn looked_at(context: &Arc<Context>, contacts: Vec<ContactId>) {
    if contacts.is_empty() || context.connectors.is_empty() {
        return;
    }
    let hurried = context
        .core
        .stored(move |store| {
            let mut crms: Vec<ConnectorName> = Vec::new();
            for contact in contacts {
                crms.extend(store.hurry_details(contact)?);
            }
            Ok(crms)
        })
        .await;
    match hurried {
        Ok(names) => {
            for crm in context.connectors.iter().filter(|crm| names.contains(crm.name())) {
                crm.details_wanted.notify_one();
            }
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "that a contact is looked at could not be saved");
        }
    }
}

#[cfg(test)]
mod tests;
