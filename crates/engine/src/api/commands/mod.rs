//! What windows, the command line and the local socket can ask for: declared once, answered here.

mod contacts;
mod desk;
mod results;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use timbre_domain::call::{AccountName, CallKey};
use timbre_domain::cdr::TimeRange;
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::crm::{ConnectorName, ConnectorTest, CrmUser, TestStep};
use timbre_domain::dial::DialId;
use timbre_domain::disposition::DispositionCatalogue;
use timbre_domain::endpoint::Endpoint;
use timbre_domain::error::{ErrorCode, PortError, VendorReason};
use timbre_domain::history::{CallRow, CallsWanted, FoundContact as ShownContact, NumberRead, OutboxRow, RecordState};
use timbre_domain::identity::tidy;
use timbre_domain::interaction::{Interaction, InteractionId};
use timbre_domain::interchange::FileFormat;
use timbre_domain::outbox::{OutboxItem, RequestId, Retried, RetryHow};
use timbre_domain::popup::PopupCard;
use timbre_domain::preferences::Preferences;
use timbre_domain::status::Status;
use timbre_store::StoreError;
pub use timbre_store::{
    Agent, CallFilter, CallRecord, CaseEntry, CaseFile, ImportRecord, InteractionFilter, KeptUnread, OutboxCounts,
    OutboxFilter, Which,
};

pub use self::contacts::{ContactEdit, FoundContact, LookedUp};
pub use self::desk::KnownContact;
pub use self::results::{ConnectorReport, HeldKind, SaveInteraction, SavedInteraction};
use crate::Context;
use crate::calls::dialler::{self, DialRequest};
use crate::calls::records;
use crate::calls::session::AccountSession;
use crate::contacts::import::{self, ImportReport, ImportRequest};
use crate::crm::contact_sync;
pub use crate::crm::contact_sync::SyncReport;
use crate::health::database::Backups;
use crate::health::doctor::{self, DoctorReport};

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Place a call.
    Dial(DialRequest),
    /// Calls of the history.
    CallsList(CallFilter),
    /// Read the vendor's record: the last 24 hours, or a range.
    CallsSync {
        /// Only this account.
        account: Option<AccountName>,
        /// This stretch of time instead of the last 24 hours.
        range: Option<TimeRange>,
    },
    /// The endpoints as they were last read.
    EndpointsList {
        /// Only this account.
        account: Option<AccountName>,
    },
    /// Read the endpoints from the vendor.
    EndpointsSync {
        /// Only this account.
        account: Option<AccountName>,
    },
    /// Add a contact.
    ContactsAdd(ContactEdit),
    /// Change a contact.
    ContactsEdit {
        /// Which.
        id: ContactId,
        /// What changes.
        edit: ContactEdit,
    },
    /// A contact by its id.
    ContactsShow {
        /// Which.
        id: ContactId,
    },
    /// Remove a contact; its calls stay in the history.
    ContactsRemove {
        /// Which.
        id: ContactId,
    },
    /// Make one contact of several.
    ContactsMerge {
        /// The one that stays and takes in the others.
        kept: ContactId,
        /// The others, which are gone afterwards.
        others: Vec<ContactId>,
    },
    /// Who has this number?
    ContactsLookup {
        /// As an exchange or a person writes it.
        number: String,
    },
    /// Find contacts as a person types; a text without letters and digits brings those used last.
    ContactsSearch {
        /// Names, companies, addresses, any part of a number.
        text: String,
        /// At most so many.
        limit: usize,
    },
    /// Bring the contacts of the CRMs here, now; progress is told as events.
    ContactsSync {
        /// Only this CRM.
        connector: Option<ConnectorName>,
        /// All contacts again, and which of them the CRM still has.
        #[serde(default)]
        full: bool,
    },
    /// Import a file of contacts; its progress is told as events.
    ContactsImport(ImportRequest),
    /// The imports, the last first.
    ContactsImports,
    /// Write all contacts to a file.
    ContactsExport {
        /// Where: an absolute path. A file that is there is replaced once the new one is whole.
        path: PathBuf,
        /// The format; vCard for a name that ends in `.vcf`, else CSV.
        format: Option<FileFormat>,
    },
    /// Write, change or finish what came of a call, or of something without a call.
    InteractionsSave(Box<SaveInteraction>),
    /// An interaction by its id.
    InteractionsShow {
        /// Which.
        id: InteractionId,
    },
    /// Interactions, the newest first.
    InteractionsList(InteractionFilter),
    /// A contact's case file: calls, results, charges as one timeline.
    CaseFile {
        /// Which contact.
        contact: ContactId,
        /// Only what began before this moment, UTC: the next page.
        #[serde(default)]
        before: Option<chrono::DateTime<chrono::Utc>>,
        /// At most so many entries; 0 for the default of 50.
        #[serde(default)]
        limit: usize,
    },
    /// What can come of a call.
    DispositionsList,
    /// What is on its way to the CRMs, the oldest first.
    OutboxList(OutboxFilter),
    /// Try a record again, now.
    OutboxRetry {
        /// Which.
        id: RequestId,
        /// How.
        #[serde(flatten)]
        how: RetryHow,
    },
    /// Never send a record.
    OutboxDiscard {
        /// Which.
        id: RequestId,
    },
    /// The CRMs and how they are.
    ConnectorsList,
    /// Try a CRM out.
    ConnectorTest {
        /// Which.
        name: ConnectorName,
        /// How far.
        #[serde(rename = "rehearsal")]
        test: ConnectorTest,
    },
    /// The sign-in with a CRM is right now: go on.
    ConnectorResume {
        /// Which.
        name: ConnectorName,
    },
    /// All agents.
    AgentsList,
    /// Add an agent or replace their endpoints.
    AgentsSet(Agent),
    /// What could not be read of the vendors' answers.
    UnreadList {
        /// Only this account.
        account: Option<AccountName>,
    },
    /// How is everything? The vendors are asked where nobody asked them a moment ago.
    Doctor,
    /// How is everything, as far as it is known without asking anybody?
    Status,
    /// Back the database up, now.
    BackUp,
    /// Calls for a list, with names and results.
    CallRows(CallsWanted),
    /// The card of a call of the history: who it was, the case file, what the agent wrote.
    Card {
        /// Which call.
        call: CallKey,
    },
    /// The agent says who a call is with.
    Attach {
        /// Which call.
        call: CallKey,
        /// Who.
        contact: ContactId,
    },
    /// A contact and what is known of it.
    KnownContact {
        /// Which.
        contact: ContactId,
        /// At most so many entries of its case file; 0 for the default of 50.
        #[serde(default)]
        entries: usize,
    },
    /// What is on its way to the CRMs, with names and words.
    OutboxRows(OutboxFilter),
    /// How far the records of a call are.
    Records {
        /// Which call.
        call: CallKey,
    },
    /// As a search, with the contacts' telephones as they are shown.
    ContactsFind {
        /// Names, companies, addresses, any part of a number.
        text: String,
        /// At most so many.
        limit: usize,
    },
    /// A number as it would be dialled, and who has it.
    NumberRead {
        /// As a person types it.
        text: String,
    },
    /// What the agent chose.
    PreferencesShow,
    /// The agent chooses.
    PreferencesSet(Box<Preferences>),
    /// Tell a notice again later.
    NoticeSnooze {
        /// Which.
        notice: uuid::Uuid,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// The dial was sent; its progress is told as events.
    Dial {
        /// Its id.
        dial_id: DialId,
        /// Whether the vendor said that it took the order; else nobody knows, and it is followed all the same.
        accepted: bool,
    },
    /// Calls, the newest first.
    Calls {
        /// They.
        calls: Vec<CallRecord>,
    },
    /// How much of the record was ours.
    Synced {
        /// Rows of calls of ours, or endpoints.
        count: usize,
    },
    /// Endpoints by account.
    Endpoints {
        /// They.
        endpoints: Vec<AccountEndpoint>,
    },
    /// A contact as it is now.
    Contact {
        /// It.
        contact: Contact,
    },
    /// Contacts, the best first.
    Contacts {
        /// They.
        contacts: Vec<Contact>,
    },
    /// Who has a number.
    Found(LookedUp),
    /// What the CRMs brought.
    ContactsSynced {
        /// CRM by CRM.
        reports: Vec<SyncReport>,
    },
    /// What came of an import.
    Imported(Box<ImportReport>),
    /// The imports, the last first.
    Imports {
        /// They.
        imports: Vec<ImportRecord>,
    },
    /// How many contacts were written.
    Exported {
        /// So many.
        count: usize,
    },
    /// An interaction as it is now, and what is on its way because of it.
    Interaction(Box<SavedInteraction>),
    /// Interactions, the newest first.
    Interactions {
        /// They.
        interactions: Vec<Interaction>,
    },
    /// A contact's case file.
    CaseFile(Box<CaseFile>),
    /// What can come of a call.
    Dispositions {
        /// The catalogue.
        catalogue: DispositionCatalogue,
    },
    /// Records on their way, the oldest first.
    Outbox {
        /// They.
        items: Vec<OutboxItem>,
    },
    /// What came of a try that a person asked for.
    Retried(Box<Retried>),
    /// The CRMs.
    Connectors {
        /// They.
        connectors: Vec<ConnectorReport>,
    },
    /// What the test of a CRM showed.
    #[serde(rename = "rehearsed")]
    Tested {
        /// Step by step.
        steps: Vec<TestStep>,
    },
    /// A CRM let us in.
    SignedIn {
        /// As whom.
        user: CrmUser,
    },
    /// Agents by name.
    Agents {
        /// They.
        agents: Vec<Agent>,
    },
    /// Done; there is nothing to say.
    Done,
    /// What could not be read, the newest first.
    Unread {
        /// It.
        parts: Vec<KeptUnread>,
    },
    /// How everything is.
    Doctor(DoctorReport),
    /// The database was backed up.
    Backups(Backups),
    /// How everything is, as far as it is known.
    Status(Box<Status>),
    /// Calls, the newest first.
    CallRows {
        /// They.
        rows: Vec<CallRow>,
    },
    /// A call's card.
    Card(Box<PopupCard>),
    /// A contact and what is known of it.
    KnownContact(Box<KnownContact>),
    /// Records on their way, the oldest first.
    OutboxRows {
        /// They.
        rows: Vec<OutboxRow>,
    },
    /// How far a call's records are, one a CRM.
    Records {
        /// They.
        records: Vec<RecordState>,
    },
    /// Contacts with their telephones as they are shown, the best first.
    FoundContacts {
        /// They.
        contacts: Vec<ShownContact>,
    },
    /// A number as it would be dialled, and who has it.
    Number(NumberRead),
    /// What the agent chose.
    Preferences(Box<Preferences>),
}

/// An endpoint and its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEndpoint {
    /// The account.
    pub account: AccountName,
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: Endpoint,
    /// Whether it is one of the agent's own.
    pub own: bool,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}{}: {detail}", code.as_str(), place.as_deref().map(|place| format!(" ({place})")).unwrap_or_default())]
pub struct CommandError {
    /// For windows and scripts.
    pub code: ErrorCode,
    /// One line in English.
    pub detail: String,
    /// Which part of the request is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The vendor's own reason, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<VendorReason>,
}

impl CommandError {
    /// An error of no particular place.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), place: None, reason: None }
    }

    /// The same, naming the part of the request that is wrong.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<PortError> for CommandError {
    fn from(error: PortError) -> Self {
        Self { reason: error.reason, ..Self::new(error.code, error.detail) }
    }
}

impl Command {
    /// Whether it needs what contacts are found by.
    fn reads_contacts(&self) -> bool {
        matches!(
            self,
            Self::ContactsLookup { .. }
                | Self::ContactsSearch { .. }
                | Self::ContactsFind { .. }
                | Self::ContactsImport(_)
                | Self::ContactsMerge { .. }
        )
    }
}

impl Context {
    /// Does what a command says.
    ///
    /// # Errors
    /// Why it was not done; then nothing of it was, but for what a long sync had already brought.
    pub async fn execute(self: &Arc<Self>, command: Command) -> Result<Reply, CommandError> {
        // A program that runs all day brings the index in step by itself, and answers meanwhile by what there is.
        if command.reads_contacts() && (!self.follows || matches!(command, Command::ContactsImport(_))) {
            self.contacts_in_step().await?;
        }
        match command {
            Command::Dial(request) => {
                let (dial_id, accepted) = dialler::dial(self, request).await?;
                Ok(Reply::Dial { dial_id, accepted })
            }
            Command::CallsList(filter) => {
                Ok(Reply::Calls { calls: self.stored(move |store| store.calls(&filter)).await? })
            }
            Command::CallsSync { account, range } => self.sync_calls(account.as_ref(), range).await,
            Command::EndpointsList { account } => self.endpoints(account.as_ref()).await,
            Command::EndpointsSync { account } => self.sync_endpoints(account.as_ref()).await,
            Command::ContactsAdd(edit) => self.add_contact(edit).await,
            Command::ContactsEdit { id, edit } => self.edit_contact(id, edit).await,
            Command::ContactsShow { id } => Ok(Reply::Contact { contact: self.contact_with(id).await? }),
            Command::ContactsRemove { id } => self.remove_contact(id).await,
            Command::ContactsMerge { kept, others } => self.merge_contacts(kept, others).await,
            Command::ContactsLookup { number } => self.look_up(&number).await,
            Command::ContactsSearch { text, limit } => self.search_contacts(text, limit).await,
            Command::ContactsSync { connector, full } => {
                let reports = contact_sync::now(self, connector.as_ref(), full).await?;
                Ok(Reply::ContactsSynced { reports })
            }
            Command::ContactsImport(request) => {
                import::absolute(&request.path)?;
                Ok(Reply::Imported(Box::new(import::import(self, request).await?)))
            }
            Command::ContactsImports => Ok(Reply::Imports { imports: self.stored(|store| store.imports(100)).await? }),
            Command::ContactsExport { path, format } => self.export_contacts(path, format).await,
            Command::InteractionsSave(save) => self.save_interaction(*save).await,
            Command::InteractionsShow { id } => self.interaction(id).await,
            Command::InteractionsList(filter) => self.interactions(filter).await,
            Command::CaseFile { contact, before, limit } => {
                Ok(Reply::CaseFile(Box::new(self.case_file(contact, before, limit).await?)))
            }
            Command::DispositionsList => Ok(Reply::Dispositions { catalogue: self.settings.dispositions.clone() }),
            Command::OutboxList(filter) => Ok(Reply::Outbox { items: self.outbox_items(filter).await? }),
            Command::OutboxRetry { id, how } => Ok(Reply::Retried(Box::new(self.retried(id, how).await?))),
            Command::OutboxDiscard { id } => self.discard(id).await,
            Command::ConnectorsList => self.connectors().await,
            Command::ConnectorTest { name, test } => self.test_connector(&name, test).await,
            Command::ConnectorResume { name } => self.resume_connector(&name).await,
            Command::AgentsList => Ok(Reply::Agents { agents: self.stored(timbre_store::Store::agents).await? }),
            Command::AgentsSet(agent) => self.set_agent(agent).await,
            Command::UnreadList { account } => self.unread(account.as_ref()).await,
            Command::Doctor => Ok(Reply::Doctor(doctor::examine(self).await)),
            Command::Status => Ok(Reply::Status(Box::new(self.status().await?))),
            Command::BackUp => Ok(Reply::Backups(self.back_up().await?)),
            Command::CallRows(wanted) => self.call_rows(wanted).await,
            Command::Card { call } => self.card_of(call).await,
            Command::Attach { call, contact } => self.attach(call, contact).await,
            Command::KnownContact { contact, entries } => self.known_contact(contact, entries).await,
            Command::OutboxRows(filter) => self.outbox_rows(filter).await,
            Command::Records { call } => self.records_of_call(call).await,
            Command::NumberRead { text } => self.read_number(&text).await,
            Command::ContactsFind { text, limit } => self.found_contacts(text, limit).await,
            Command::PreferencesShow => Ok(Reply::Preferences(Box::new(self.preferences()))),
            Command::PreferencesSet(preferences) => self.take_preferences(*preferences).await,
            Command::NoticeSnooze { notice } => self.snooze(notice),
        }
    }

    fn sessions_of(&self, account: Option<&AccountName>) -> Result<Vec<Arc<AccountSession>>, CommandError> {
        let is_it = |session: &&Arc<AccountSession>| account.is_none_or(|name| name == session.name());
        let sessions: Vec<_> = self.sessions.iter().filter(is_it).cloned().collect();
        if sessions.is_empty() {
            let known: Vec<_> = self.sessions.iter().map(|session| session.name().as_str()).collect();
            let detail = format!("no such account; there are: {}", known.join(", "));
            return Err(CommandError::new(ErrorCode::NotFound, detail).at("account"));
        }
        Ok(sessions)
    }

    async fn sync_calls(
        self: &Arc<Self>,
        account: Option<&AccountName>,
        range: Option<TimeRange>,
    ) -> Result<Reply, CommandError> {
        if range.is_some_and(|range| range.from >= range.to) {
            return Err(CommandError::new(ErrorCode::BadRequest, "the range ends before it begins").at("range"));
        }
        let mut count = 0;
        for session in self.sessions_of(account)? {
            count += match range {
                Some(range) => records::sync_range(self, &session, range).await?,
                None => records::sync_recent(self, &session).await?,
            };
        }
        Ok(Reply::Synced { count })
    }

    async fn endpoints(&self, account: Option<&AccountName>) -> Result<Reply, CommandError> {
        let mut endpoints = Vec::new();
        for session in self.sessions_of(account)? {
            let name = session.name().clone();
            let served = session.served();
            for endpoint in self.stored(move |store| store.endpoints(&name)).await? {
                let own = served.by_number(endpoint.number.as_str()).is_some();
                endpoints.push(AccountEndpoint { account: session.name().clone(), endpoint, own });
            }
        }
        Ok(Reply::Endpoints { endpoints })
    }

    async fn sync_endpoints(&self, account: Option<&AccountName>) -> Result<Reply, CommandError> {
        let mut count = 0;
        for session in self.sessions_of(account)? {
            let Some(directory) = &session.session.endpoints else { continue };
            let endpoints = directory.endpoints().await?;
            session.learn(&endpoints);
            count += endpoints.len();
            let (name, now) = (session.name().clone(), self.clock.now());
            self.stored(move |store| store.save_endpoints(&name, &endpoints, now)).await?;
        }
        Ok(Reply::Synced { count })
    }

    async fn set_agent(&self, agent: Agent) -> Result<Reply, CommandError> {
        let agent = Agent { name: tidy(&agent.name), ..agent };
        if agent.name.is_empty() {
            return Err(CommandError::new(ErrorCode::BadRequest, "an agent needs a name").at("name"));
        }
        for (account, _) in &agent.endpoints {
            self.sessions_of(Some(account))?;
        }
        self.stored(move |store| store.save_agent(&agent)).await?;
        Ok(Reply::Done)
    }

    async fn unread(&self, account: Option<&AccountName>) -> Result<Reply, CommandError> {
        let mut parts = Vec::new();
        for session in self.sessions_of(account)? {
            let name = session.name().clone();
            parts.extend(self.stored(move |store| store.unread(&name)).await?);
        }
        Ok(Reply::Unread { parts })
    }
}
