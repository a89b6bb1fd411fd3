//! The one list of commands: each with its name, its input and its result. From it come the types that Rust calls with, the
//! dispatcher of the local socket, and the TypeScript that windows call with. A command without a handler of its name in
//! `handlers` does not compile.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use timbre_domain::call::{AccountName, CallKey};
use timbre_domain::cdr::TimeRange;
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::crm::{ConnectorTest, CrmUser, TestStep};
use timbre_domain::disposition::DispositionCatalogue;
use timbre_domain::error::ErrorCode;
use timbre_domain::history::{CallRow, CallsWanted, FoundContact, NumberRead, OutboxRow, RecordState};
use timbre_domain::interaction::{Interaction, InteractionId};
use timbre_domain::interchange::FileFormat;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{OutboxItem, RequestId, Retried, RetryHow};
use timbre_domain::popup::PopupCard;
use timbre_domain::preferences::Preferences;
use timbre_domain::status;
use timbre_store::{Agent, CallFilter, CallRecord, ImportRecord, InteractionFilter, KeptUnread, OutboxFilter};

use super::handlers;
use crate::Context;
use crate::calls::accounts::AccountEndpoint;
use crate::calls::dialler::{DialRequest, Dialled};
use crate::calls::results::{SaveInteraction, SavedInteraction};
use crate::contacts::edit::ContactEdit;
use crate::contacts::import::{ImportReport, ImportRequest};
use crate::contacts::lookup::{KnownContact, LookedUp};
use crate::crm::contact_sync::SyncReport;
use crate::crm::report::ConnectorReport;
use crate::error::CommandError;
use crate::health::database::Backups;
use crate::health::doctor::DoctorReport;

/// Something that the engine can be asked to do, with the type of its result.
pub trait Command: Serialize + DeserializeOwned + Send + 'static {
    /// How it is called on the local socket and in windows.
    const NAME: &'static str;

    /// What comes of it.
    type Output: Serialize + DeserializeOwned + Send + 'static;

    /// Carries it out. Where it fails nothing of it was done, except what a long sync had already brought.
    fn run(self, context: &Arc<Context>) -> impl Future<Output = Result<Self::Output, CommandError>> + Send;
}

impl Context {
    /// Carries out a command.
    ///
    /// # Errors
    /// The code says whether a person, a setting or time mends it; see [`ErrorCode`].
    pub async fn execute<C: Command>(self: &Arc<Self>, command: C) -> Result<C::Output, CommandError> {
        command.run(self).await
    }

    /// Carries out a command whose name and input came as JSON.
    pub(super) async fn dispatch(
        self: &Arc<Self>,
        name: &str,
        input: &RawValue,
    ) -> Result<Box<RawValue>, CommandError> {
        match dispatcher(name) {
            Some(run) => run(self, input).await,
            None => Err(unknown(name)),
        }
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Box<RawValue>, CommandError>> + Send + 'a>>;

fn run_json<'a, C: Command>(context: &'a Arc<Context>, input: &'a RawValue) -> Running<'a> {
    Box::pin(async move {
        let command: C = serde_json::from_str(input.get()).map_err(|error| bad_input(C::NAME, &error))?;
        let unwritable = |error: serde_json::Error| {
            CommandError::new(ErrorCode::BadRequest, format!("{}: {error}", C::NAME)).at("output")
        };
        to_raw_value(&command.run(context).await?).map_err(unwritable)
    })
}

/// Whether a command of this name takes this input; nothing is carried out.
pub(super) fn check(name: &str, input: &RawValue) -> Result<(), CommandError> {
    match checker(name) {
        Some(check) => check(input).map_err(|error| bad_input(name, &error)),
        None => Err(unknown(name)),
    }
}

fn check_json<C: Command>(input: &RawValue) -> serde_json::Result<()> {
    serde_json::from_str::<C>(input.get()).map(drop)
}

fn unknown(name: &str) -> CommandError {
    let detail = format!("Timbre {} knows no command {name:?}", env!("CARGO_PKG_VERSION"));
    CommandError::new(ErrorCode::BadRequest, detail).at("command")
}

fn bad_input(name: &str, error: &serde_json::Error) -> CommandError {
    CommandError::new(ErrorCode::BadRequest, format!("{name}: {error}")).at("input")
}

/// Declares the input type of a command: without fields, of another type's fields, or with fields of its own.
macro_rules! input {
    ($(#[$about:meta])* $command:ident) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $command;
    };
    ($(#[$about:meta])* $command:ident ($of:ty)) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $command(pub $of);
    };
    ($(#[$about:meta])* $command:ident { $($field:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $command { $($field)* }
    };
}

macro_rules! commands {
    ($($(#[$about:meta])* $name:ident: $command:ident $(($of:ty))? $({ $($field:tt)* })? -> $output:ty;)*) => {
        $(
            input! { $(#[$about])* $command $(($of))? $({ $($field)* })? }

            impl Command for $command {
                const NAME: &'static str = stringify!($name);
                type Output = $output;

                async fn run(self, context: &Arc<Context>) -> Result<$output, CommandError> {
                    handlers::$name(context, self).await
                }
            }
        )*

        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        fn dispatcher(name: &str) -> Option<for<'a> fn(&'a Arc<Context>, &'a RawValue) -> Running<'a>> {
            match name {
                $(stringify!($name) => Some(run_json::<$command>),)*
                _ => None,
            }
        }

        fn checker(name: &str) -> Option<fn(&RawValue) -> serde_json::Result<()>> {
            match name {
                $(stringify!($name) => Some(check_json::<$command>),)*
                _ => None,
            }
        }
    };
}

commands! {
    dial: Dial(DialRequest) -> Dialled;

    /// Calls of the history, the newest first.
    calls_list: CallsList(CallFilter) -> Vec<CallRecord>;
    /// Reads the vendor's record of calls; gives how many of its rows were ours.
    calls_sync: CallsSync {
        pub account: Option<AccountName>,
        /// This stretch of time instead of the last 24 hours.
        pub range: Option<TimeRange>,
    } -> usize;
    /// Calls for a list, with names and results, the newest first.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    call_rows: CallRows(CallsWanted) -> Vec<CallRow>;
    /// The card of a call of the history: who it was, the case file, what the agent wrote.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    call_card: CallCard {
        pub call: CallKey,
    } -> PopupCard;
    /// How far the records of a call are on their way to the CRMs, one for each CRM.
    call_records: CallRecords {
        pub call: CallKey,
    } -> Vec<RecordState>;
    /// The agent says who a call is with.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    call_attach: CallAttach {
        pub call: CallKey,
        pub contact: ContactId,
    } -> PopupCard;
    /// A number as it would be dialled, and who has it.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    read_number: ReadNumber {
        /// As a person types it.
        pub text: String,
    } -> NumberRead;

    /// The endpoints as they were last read.
    endpoints_list: EndpointsList {
        pub account: Option<AccountName>,
    } -> Vec<AccountEndpoint>;
    /// Reads the endpoints from the vendor; gives how many there are.
    endpoints_sync: EndpointsSync {
        pub account: Option<AccountName>,
    } -> usize;
    /// All agents, by name.
    agents_list: AgentsList -> Vec<Agent>;
    /// Adds an agent or replaces their endpoints.
    agents_set: AgentsSet(Agent) -> ();
    /// What could not be read of the vendors' answers, the newest first.
    unread_list: UnreadList {
        pub account: Option<AccountName>,
    } -> Vec<KeptUnread>;

    contacts_add: ContactsAdd(ContactEdit) -> Contact;
    contacts_edit: ContactsEdit {
        pub id: ContactId,
        pub edit: ContactEdit,
    } -> Contact;
    /// A contact by its id.
    contacts_show: ContactsShow {
        pub id: ContactId,
    } -> Contact;
    /// Removes a contact; its calls stay in the history.
    contacts_remove: ContactsRemove {
        pub id: ContactId,
    } -> ();
    /// Makes one contact of several.
    contacts_merge: ContactsMerge {
        /// The one that stays and takes in the others.
        pub kept: ContactId,
        /// The others, which are gone afterwards.
        pub others: Vec<ContactId>,
    } -> Contact;
    /// Who has this number?
    contacts_lookup: ContactsLookup {
        /// As an exchange or a person writes it.
        pub number: String,
    } -> LookedUp;
    /// Finds contacts as a person types, the best first; a text without letters and digits brings those used last.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    contacts_search: ContactsSearch {
        /// Names, companies, addresses, any part of a number.
        pub text: String,
        /// How many at most.
        pub limit: usize,
    } -> Vec<Contact>;
    /// The same, with the contacts' telephones as they are shown.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    contacts_find: ContactsFind {
        /// Names, companies, addresses, any part of a number.
        pub text: String,
        /// How many at most.
        pub limit: usize,
    } -> Vec<FoundContact>;
    /// A contact and what is known of it.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    contacts_known: ContactsKnown {
        pub contact: ContactId,
        /// How many entries of its case file at most; 0 for the default of 50.
        #[serde(default)]
        pub entries: usize,
    } -> KnownContact;
    /// A contact's case file: calls, results, charges as one timeline.
    case_file: CaseFile {
        pub contact: ContactId,
        /// Only what began before this moment, UTC: the next page.
        #[serde(default)]
        pub before: Option<chrono::DateTime<chrono::Utc>>,
        /// How many entries at most; 0 for the default of 50.
        #[serde(default)]
        pub limit: usize,
    } -> timbre_store::CaseFile;
    /// Brings the contacts of the CRMs here, now; progress is told as events.
    contacts_sync: ContactsSync {
        pub connector: Option<ConnectorName>,
        /// All contacts again, and which of them the CRM still has.
        #[serde(default)]
        pub full: bool,
    } -> Vec<SyncReport>;
    /// Imports a file of contacts; progress is told as events.
    contacts_import: ContactsImport(ImportRequest) -> ImportReport;
    /// Takes back what an import changed; what was changed since stays.
    contacts_undo_import: ContactsUndoImport {
        pub import: uuid::Uuid,
    } -> timbre_store::Undone;
    /// The imports, the last first.
    contacts_imports: ContactsImports -> Vec<ImportRecord>;
    /// Writes all contacts to a file; gives how many.
    contacts_export: ContactsExport {
        /// An absolute path. A file that is there is replaced once the new one is whole.
        pub path: PathBuf,
        /// vCard for a name that ends in `.vcf`, else CSV, where it is left out.
        pub format: Option<FileFormat>,
    } -> usize;

    /// Writes, changes or finishes what came of a call, or of something without a call.
    interactions_save: InteractionsSave(SaveInteraction) -> SavedInteraction;
    /// An interaction by its id, with what is on its way because of it.
    interactions_show: InteractionsShow {
        pub id: InteractionId,
    } -> SavedInteraction;
    /// Interactions, the newest first.
    interactions_list: InteractionsList(InteractionFilter) -> Vec<Interaction>;
    /// What can come of a call.
    dispositions_list: DispositionsList -> DispositionCatalogue;

    /// What is on its way to the CRMs, the oldest first.
    outbox_list: OutboxList(OutboxFilter) -> Vec<OutboxItem>;
    /// The same, with names and words.
    outbox_rows: OutboxRows(OutboxFilter) -> Vec<OutboxRow>;
    /// Tries a record again, now, and says what came of it.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    outbox_retry: OutboxRetry {
        pub id: RequestId,
        #[serde(flatten)]
        pub how: RetryHow,
    } -> Retried;
    /// Never sends a record.
    outbox_discard: OutboxDiscard {
        pub id: RequestId,
    } -> OutboxItem;
    /// The CRMs and how they are.
    connectors_list: ConnectorsList -> Vec<ConnectorReport>;
    /// Tries a CRM out, step by step.
    test_connector: TestConnector {
        pub name: ConnectorName,
        pub test: ConnectorTest,
    } -> Vec<TestStep>;
    /// A person says that the sign-in with a CRM is right now: it is asked again. Gives as whom we are signed in.
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    connector_resume: ConnectorResume {
        pub name: ConnectorName,
    } -> CrmUser;

    /// How is everything? The vendors are asked where nobody asked them a moment ago.
    doctor: Doctor -> DoctorReport;
    /// How is everything, as far as it is known without asking anybody?
    #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
    status_show: StatusShow -> status::Status;
    /// Backs the database up, now.
    back_up: BackUp -> Backups;
    /// What the agent chose.
    preferences_show: PreferencesShow -> Preferences;
    preferences_set: PreferencesSet(Preferences) -> Preferences;
    /// Tells a notice again later.
    notice_snooze: NoticeSnooze {
        pub notice: uuid::Uuid,
    } -> ();
}
