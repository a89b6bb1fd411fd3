//! The commands about results, the outbox and the CRMs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use timbre_domain::call::CallKey;
use timbre_domain::caller::{CallerOnSave, TypedCaller};
use timbre_domain::contact::ContactId;
use timbre_domain::crm::{ConnectorAbout, ConnectorName, ConnectorTest, CrmUser, TestStep};
use timbre_domain::disposition::Action;
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{BadInteraction, Interaction, InteractionEdit, InteractionId, InteractionState};
use timbre_domain::outbox::{OutboxItem, Problem, RecordKind, RequestId, records_of};
use timbre_store::{CallRecord, CaseFile, InteractionFilter, Kept, OutboxCounts, OutboxFilter, Which};
use uuid::Uuid;

use super::{CommandError, Reply};
use crate::Context;
use crate::calls::{records, session};
use crate::crm::connector::{ConnectorHandle, ConnectorHealth};
use timbre_settings::ConnectorFile;

/// How long the vendor's record may take to bring back a call.
const RECOVERED_WITHIN: Duration = Duration::from_secs(15);

/// A result that is written, changed or finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveInteraction {
    /// Which: of a call, by its id, or a new one without a call.
    pub which: Which,
    /// What changes.
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
}

/// A CRM and how it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectorReport {
    /// What it is and can do.
    #[serde(flatten)]
    pub about: ConnectorAbout,
    /// The file that describes it: the name of one that comes with Timbre, or a path.
    pub file: String,
    /// What the settings file says for it.
    pub values: BTreeMap<String, String>,
    /// Whether it can be asked.
    pub state: ConnectorHealth,
    /// How many records stand where.
    pub outbox: OutboxCounts,
    /// The kinds of record that are not sent, because the CRM would not find them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldKind>,
}

/// A kind of record that is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldKind {
    /// Which.
    pub kind: RecordKind,
    /// Why.
    pub why: Problem,
}

impl From<BadInteraction> for CommandError {
    fn from(bad: BadInteraction) -> Self {
        match &bad {
            BadInteraction::Wrong { place, .. } => Self::new(ErrorCode::BadRequest, bad.to_string()).at(place.clone()),
            BadInteraction::Incomplete(lacks) => {
                let place = lacks.first().map(ToString::to_string).unwrap_or_default();
                Self::new(ErrorCode::Incomplete, bad.to_string()).at(place)
            }
        }
    }
}

impl Context {
    pub(super) async fn save_interaction(self: &Arc<Self>, save: SaveInteraction) -> Result<Reply, CommandError> {
        Ok(Reply::Interaction(Box::new(self.save_result(save).await?)))
    }

    pub(super) async fn save_result(self: &Arc<Self>, save: SaveInteraction) -> Result<SavedInteraction, CommandError> {
        let SaveInteraction { which, edit, caller } = save;
        if let Some(contact) = edit.contact {
            self.contact_with(contact).await?;
        }
        let draft = InteractionEdit { finish: false, ..edit.clone() };
        let mut changed = self.change_interaction(&which, edit.clone(), caller.clone()).await;
        if let (Which::Call(key), Err(refused)) = (&which, &changed)
            && refused.code == ErrorCode::NotFound
            && refused.place.as_deref() == Some("call")
            && self.recovers_call(key).await
        {
            changed = self.change_interaction(&which, edit, caller).await;
        }
        let (interaction, waiting) = match changed {
            // What was typed is kept although it can't be saved so. One without a call and an id would be another each time.
            Err(refused) if draft != InteractionEdit::default() && !matches!(which, Which::New) => {
                let _ = self.change_interaction(&which, draft, None).await;
                return Err(refused);
            }
            changed => changed?,
        };
        self.outbox_waits(&waiting);
        let id = interaction.id;
        let outbox = self.stored(move |store| store.outbox_of(id)).await?;
        Ok(SavedInteraction { interaction, outbox })
    }

    /// A call that is missing in the history, because its rows were damaged before they were backed up, is looked for in
    /// the vendor's record. Whether that was read.
    async fn recovers_call(self: &Arc<Self>, key: &CallKey) -> bool {
        let Some(session) = session::of_account(&self.sessions, &key.account).filter(|_| self.follows) else {
            return false;
        };
        tokio::select! {
            read = records::sync_recent(self, session) => read.is_ok(),
            () = self.clock.sleep(RECOVERED_WITHIN) => false,
        }
    }

    async fn change_interaction(
        self: &Arc<Self>,
        which: &Which,
        edit: InteractionEdit,
        caller: Option<TypedCaller>,
    ) -> Result<(Interaction, Vec<OutboxItem>), CommandError> {
        let (of, now) = (self.clone(), self.clock.now());
        let (asked, which) = (which.clone(), which.clone());
        let change = move |before: Option<Interaction>, call: Option<CallRecord>| {
            of.kept(&asked, (edit, caller), before, call, now)
        };
        self.stored(move |store| store.change_interaction(&which, now, change)).await?
    }

    /// What becomes of an interaction, and what follows from it.
    fn kept(
        &self,
        which: &Which,
        (mut edit, caller): (InteractionEdit, Option<TypedCaller>),
        before: Option<Interaction>,
        call: Option<CallRecord>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Kept, CommandError> {
        let catalogue = &self.settings.dispositions;
        let start = match (&before, which) {
            (Some(before), _) => before.clone(),
            (None, Which::Id(id)) => return Err(no_interaction(*id)),
            (None, Which::Call(key)) => {
                let call = call.as_ref().ok_or_else(|| no_call(key))?;
                let id = InteractionId(Uuid::now_v7());
                Interaction::begun(id, Some(call.call.key.clone()), call.contact, now)
            }
            (None, Which::New) => Interaction::begun(InteractionId(Uuid::now_v7()), None, None, now),
        };
        let start = Interaction { agent: start.agent.clone().or_else(|| self.settings.agent.clone()), ..start };
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

    fn crms_for_contacts(&self) -> Vec<ConnectorName> {
        let takes = |crm: &&Arc<ConnectorHandle>| {
            crm.settings.push_contacts && crm.connector.about().abilities.records.contains(&RecordKind::Contact)
        };
        self.connectors.iter().filter(takes).map(|crm| crm.name().clone()).collect()
    }

    pub(super) async fn interaction(&self, id: InteractionId) -> Result<Reply, CommandError> {
        let (interaction, outbox) =
            self.stored(move |store| Ok((store.interaction(id)?, store.outbox_of(id)?))).await?;
        let interaction = interaction.ok_or_else(|| no_interaction(id))?;
        Ok(Reply::Interaction(Box::new(SavedInteraction { interaction, outbox })))
    }

    pub(super) async fn interactions(&self, filter: InteractionFilter) -> Result<Reply, CommandError> {
        Ok(Reply::Interactions { interactions: self.stored(move |store| store.interactions(&filter)).await? })
    }

    pub(super) async fn case_file(
        &self,
        contact: ContactId,
        before: Option<chrono::DateTime<chrono::Utc>>,
        limit: usize,
    ) -> Result<CaseFile, CommandError> {
        let limit = if limit == 0 { 50 } else { limit };
        let file = self.stored(move |store| store.case_file(contact, before, limit)).await?;
        let detail = || CommandError::new(ErrorCode::NotFound, format!("there is no contact {contact}")).at("contact");
        file.ok_or_else(detail)
    }

    pub(super) async fn outbox_items(&self, filter: OutboxFilter) -> Result<Vec<OutboxItem>, CommandError> {
        if let Some(name) = &filter.connector {
            self.crm(name)?;
        }
        Ok(self.stored(move |store| store.outbox(&filter)).await?)
    }

    pub(super) async fn discard(&self, id: RequestId) -> Result<Reply, CommandError> {
        let item = self.stored(move |store| store.outbox_discard(id)).await?.ok_or_else(|| no_item(id))?;
        Ok(Reply::Outbox { items: vec![item] })
    }

    pub(super) async fn connectors(&self) -> Result<Reply, CommandError> {
        let mut connectors = Vec::with_capacity(self.connectors.len());
        let mut counts = self.stored(timbre_store::Store::outbox_counts_of_all).await?;
        for crm in &self.connectors {
            let outbox = counts.remove(crm.name()).unwrap_or_default();
            connectors.push(ConnectorReport {
                about: crm.connector.about().clone(),
                file: match &crm.settings.file {
                    ConnectorFile::BuiltIn(name) => name.clone(),
                    ConnectorFile::Path(path) => path.display().to_string(),
                },
                values: crm.settings.values.clone(),
                state: crm.condition(),
                outbox,
                held: crm.kinds().held().into_iter().map(|(kind, why)| HeldKind { kind, why }).collect(),
            });
        }
        Ok(Reply::Connectors { connectors })
    }

    /// Tries a CRM out. A person asked, so that it is asked although it was stopped; where the sign-in works again, it
    /// goes on.
    pub(super) async fn test_connector(
        &self,
        name: &ConnectorName,
        test: ConnectorTest,
    ) -> Result<Reply, CommandError> {
        let crm = self.crm(name)?;
        let steps: Vec<TestStep> = crm.connector.test(&test).await;
        crm.learns_of_kinds(self, &steps).await;
        let went_well = steps.first().is_some_and(|step| step.problem.is_none() && step.status.is_some());
        if went_well && matches!(crm.condition(), ConnectorHealth::Stopped { .. }) {
            crm.resumes(self).await?;
        }
        Ok(Reply::Tested { steps })
    }

    /// A person says that the sign-in is right now.
    pub(super) async fn resume_connector(&self, name: &ConnectorName) -> Result<Reply, CommandError> {
        let crm = self.crm(name)?;
        let user: CrmUser = crm
            .connector
            .sign_in()
            .await
            .map_err(|error| CommandError::new(error.code, error.detail).at("connector"))?;
        crm.resumes(self).await?;
        crm.outbox_changed.notify_one();
        crm.sync_wanted.notify_one();
        Ok(Reply::SignedIn { user })
    }

    pub(crate) fn crm(&self, name: &ConnectorName) -> Result<Arc<ConnectorHandle>, CommandError> {
        self.connectors.iter().find(|crm| crm.name() == name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.connectors.iter().map(|crm| crm.name().as_str()).collect();
            let detail = match known.as_slice() {
                [] => "the settings file names no CRM: add a [[connectors]] section".to_owned(),
                known => format!("no such connector; there are: {}", known.join(", ")),
            };
            CommandError::new(ErrorCode::NotFound, detail).at("connector")
        })
    }
}

fn no_interaction(id: InteractionId) -> CommandError {
    CommandError::new(ErrorCode::NotFound, format!("there is no interaction {id}")).at("interaction")
}

fn no_call(key: &CallKey) -> CommandError {
    CommandError::new(ErrorCode::NotFound, format!("there is no call {key}")).at("call")
}

fn no_item(id: RequestId) -> CommandError {
    let detail = format!("there is no item {id}, or it is with the CRM already");
    CommandError::new(ErrorCode::NotFound, detail).at("item")
}
