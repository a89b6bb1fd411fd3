//! What the agent writes of a call: kept as it is typed, saved with what follows from it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use timbre_domain::call::{CallKey, CallState};
use timbre_domain::caller::{CallerOnSave, TypedCaller};
use timbre_domain::disposition::Action;
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{Interaction, InteractionEdit, InteractionId, InteractionState};
use timbre_domain::outbox::{OutboxItem, records_of};
use timbre_store::{CallRecord, InteractionRef, Kept};
use uuid::Uuid;

use crate::Context;
use crate::calls::session;
use crate::error::CommandError;

/// How long the vendor's record may take to bring back a call.
const RECOVERED_WITHIN: Duration = Duration::from_secs(15);

/// A result that is written, changed or finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveInteraction {
    /// Which: of a call, by its id, or a new one without a call.
    pub which: InteractionRef,
    #[serde(default)]
    pub edit: InteractionEdit,
    /// What was typed about who the other side is; a save takes it, or is refused so that the agent is asked.
    #[serde(default)]
    pub caller: Option<TypedCaller>,
}

/// An interaction, and what is on its way to the CRMs because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedInteraction {
    /// As it is now.
    pub interaction: Interaction,
    /// Its records, the oldest first.
    pub outbox: Vec<OutboxItem>,
    /// Whether its call goes on: its records wait for the end of the call.
    #[serde(default)]
    pub call_goes_on: bool,
}

impl Context {
    pub(crate) async fn save_result(self: &Arc<Self>, save: SaveInteraction) -> Result<SavedInteraction, CommandError> {
        let SaveInteraction { which, edit, caller } = save;
        if let Some(contact) = edit.contact {
            self.contact_with(contact).await?;
        }
        let draft = InteractionEdit { finish: false, ..edit.clone() };
        let mut changed = self.change_interaction(&which, edit.clone(), caller.clone()).await;
        if let (InteractionRef::Call(key), Err(refused)) = (&which, &changed)
            && refused.code == ErrorCode::NotFound
            && refused.place.as_deref() == Some("call")
            && self.recovers_call(key).await
        {
            changed = self.change_interaction(&which, edit, caller).await;
        }
        let (interaction, waiting) = match changed {
            // What was typed is kept although it can't be saved so. One without a call and an id would be another each time.
            Err(refused) if draft != InteractionEdit::default() && !matches!(which, InteractionRef::New) => {
                let _ = self.change_interaction(&which, draft, None).await;
                return Err(refused);
            }
            changed => changed?,
        };
        self.connectors.waits(&waiting);
        self.with_records(interaction).await
    }

    async fn with_records(&self, interaction: Interaction) -> Result<SavedInteraction, CommandError> {
        let (id, call) = (interaction.id, interaction.call.clone());
        let (outbox, call) = self
            .core
            .stored(move |store| Ok((store.outbox_of(id)?, call.map(|call| store.call(&call)).transpose()?.flatten())))
            .await?;
        let call_goes_on = call.is_some_and(|record| record.call.state != CallState::Ended);
        Ok(SavedInteraction { interaction, outbox, call_goes_on })
    }

    /// A call that is missing in the history, because its rows were damaged before they were backed up, is looked for in
    /// the vendor's record. Whether that was read.
    async fn recovers_call(self: &Arc<Self>, key: &CallKey) -> bool {
        let Some(session) = session::of_account(&self.sessions, &key.account).filter(|_| self.follows) else {
            return false;
        };
        let records = self.records();
        tokio::select! {
            read = records.sync_recent(session) => read.is_ok(),
            () = self.core.clock.sleep(RECOVERED_WITHIN) => false,
        }
    }

    async fn change_interaction(
        self: &Arc<Self>,
        which: &InteractionRef,
        edit: InteractionEdit,
        caller: Option<TypedCaller>,
    ) -> Result<(Interaction, Vec<OutboxItem>), CommandError> {
        let (of, now) = (self.clone(), self.core.clock.now());
        let (asked, which) = (which.clone(), which.clone());
        let change = move |before: Option<Interaction>, call: Option<CallRecord>| {
            of.kept(&asked, (edit, caller), before, call, now)
        };
        self.core.stored(move |store| store.change_interaction(&which, now, change)).await?
    }

    /// What becomes of an interaction, and what follows from it.
    fn kept(
        &self,
        which: &InteractionRef,
        (mut edit, caller): (InteractionEdit, Option<TypedCaller>),
        before: Option<Interaction>,
        call: Option<CallRecord>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Kept, CommandError> {
        let catalogue = &self.core.settings.dispositions;
        let start = match (&before, which) {
            (Some(before), _) => before.clone(),
            (None, InteractionRef::Id(id)) => return Err(no_interaction(*id)),
            (None, InteractionRef::Call(key)) => {
                let call = call.as_ref().ok_or_else(|| no_call(key))?;
                let id = InteractionId(Uuid::now_v7());
                Interaction::begun(id, Some(call.call.key.clone()), call.contact, now)
            }
            (None, InteractionRef::New) => Interaction::begun(InteractionId(Uuid::now_v7()), None, None, now),
        };
        let start = Interaction { agent: start.agent.clone().or_else(|| self.core.settings.agent.clone()), ..start };
        let new_contact = match caller.filter(|_| edit.finish).map(|caller| {
            let known = start.contact.or(edit.contact).or(call.as_ref().and_then(|call| call.contact));
            caller.on_save(known.is_some())
        }) {
            Some(CallerOnSave::Create { name, company }) => {
                let contact = self.new_caller(name, company, call.as_ref())?;
                edit.contact = Some(contact.id);
                let tell = self.crms_to_tell(&contact);
                Some((contact, tell))
            }
            Some(CallerOnSave::Ask) => {
                let detail = "who it was with was begun to be said; choose the contact, or save without it";
                return Err(CommandError::new(ErrorCode::CallerOpen, detail).at("caller"));
            }
            Some(CallerOnSave::Nothing) | None => None,
        };
        let interaction = start.changed(edit, catalogue, now, &mut Uuid::now_v7)?;
        let actions = match interaction.state {
            InteractionState::Final => catalogue.actions(&interaction.disposition),
            InteractionState::Draft => Vec::new(),
        };
        let saved = interaction.saved_since(before.as_ref());
        let records = self.connectors.iter().filter(|_| saved).map(|crm| {
            let wanted = records_of(&interaction, before.as_ref(), &actions, &crm.connector.about().abilities);
            (crm.name().clone(), wanted)
        });
        let records = records.filter(|(_, wanted)| !wanted.is_empty()).collect();
        // Only when the disposition is chosen: a person may allow calls again later.
        let chosen = before.as_ref().is_none_or(|before| {
            before.state == InteractionState::Draft || before.disposition != interaction.disposition
        });
        let do_not_call = (chosen && actions.contains(&Action::DoNotCall)).then(|| self.crms_for_contacts());
        Ok(Kept { interaction, records, do_not_call, new_contact })
    }

    pub(crate) async fn interaction(&self, id: InteractionId) -> Result<SavedInteraction, CommandError> {
        let interaction = self.core.stored(move |store| store.interaction(id)).await?;
        self.with_records(interaction.ok_or_else(|| no_interaction(id))?).await
    }
}

fn no_interaction(id: InteractionId) -> CommandError {
    CommandError::new(ErrorCode::NotFound, format!("there is no interaction {id}")).at("interaction")
}

fn no_call(key: &CallKey) -> CommandError {
    CommandError::new(ErrorCode::NotFound, format!("there is no call {key}")).at("call")
}
