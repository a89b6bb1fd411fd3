//! One function a command, by the command's name: the rooms do the work.

use std::sync::Arc;

use timbre_domain::contact::Contact;
use timbre_domain::crm::{CrmUser, TestStep};
use timbre_domain::disposition::DispositionCatalogue;
use timbre_domain::history::{CallRow, FoundContact, NumberRead, OutboxRow, RecordState};
use timbre_domain::interaction::Interaction;
use timbre_domain::outbox::{OutboxItem, Retried};
use timbre_domain::popup::PopupCard;
use timbre_domain::preferences::Preferences;
use timbre_domain::status;
use timbre_store::{Agent, CallRecord, ImportRecord, KeptUnread, Store, Undone};

use super::command::*;
use crate::Context;
use crate::calls::accounts::AccountEndpoint;
use crate::calls::dialler::{self, Dialled};
use crate::calls::results::SavedInteraction;
use crate::contacts::import::{self, ImportReport};
use crate::contacts::lookup::{KnownContact, LookedUp};
use crate::crm::contact_sync::{self, SyncReport};
use crate::crm::report::ConnectorReport;
use crate::error::CommandError;
use crate::health::database::Backups;
use crate::health::doctor::{self as examination, DoctorReport};

type Result<T> = std::result::Result<T, CommandError>;

/// How many imports are told.
const IMPORTS: usize = 100;

pub(super) async fn dial(context: &Arc<Context>, asked: Dial) -> Result<Dialled> {
    dialler::dial(context, asked.0).await
}

pub(super) async fn calls_list(context: &Arc<Context>, asked: CallsList) -> Result<Vec<CallRecord>> {
    Ok(context.core.stored(move |store| store.calls(&asked.0)).await?)
}

pub(super) async fn calls_sync(context: &Arc<Context>, asked: CallsSync) -> Result<usize> {
    context.sync_calls(asked.account.as_ref(), asked.range).await
}

pub(super) async fn call_rows(context: &Arc<Context>, asked: CallRows) -> Result<Vec<CallRow>> {
    context.call_rows(asked.0).await
}

pub(super) async fn call_card(context: &Arc<Context>, asked: CallCard) -> Result<PopupCard> {
    context.card_of(asked.call).await
}

pub(super) async fn call_records(context: &Arc<Context>, asked: CallRecords) -> Result<Vec<RecordState>> {
    context.records_of_call(asked.call).await
}

pub(super) async fn call_attach(context: &Arc<Context>, asked: CallAttach) -> Result<PopupCard> {
    context.attach(asked.call, asked.contact).await
}

pub(super) async fn read_number(context: &Arc<Context>, asked: ReadNumber) -> Result<NumberRead> {
    context.read_number(&asked.text).await
}

pub(super) async fn endpoints_list(context: &Arc<Context>, asked: EndpointsList) -> Result<Vec<AccountEndpoint>> {
    context.endpoints(asked.account.as_ref()).await
}

pub(super) async fn endpoints_sync(context: &Arc<Context>, asked: EndpointsSync) -> Result<usize> {
    context.sync_endpoints(asked.account.as_ref()).await
}

pub(super) async fn agents_list(context: &Arc<Context>, _: AgentsList) -> Result<Vec<Agent>> {
    Ok(context.core.stored(Store::agents).await?)
}

pub(super) async fn agents_set(context: &Arc<Context>, asked: AgentsSet) -> Result<()> {
    context.set_agent(asked.0).await
}

pub(super) async fn unread_list(context: &Arc<Context>, asked: UnreadList) -> Result<Vec<KeptUnread>> {
    context.unread(asked.account.as_ref()).await
}

pub(super) async fn contacts_add(context: &Arc<Context>, asked: ContactsAdd) -> Result<Contact> {
    context.add_contact(asked.0).await
}

pub(super) async fn contacts_edit(context: &Arc<Context>, asked: ContactsEdit) -> Result<Contact> {
    context.edit_contact(asked.id, asked.edit).await
}

pub(super) async fn contacts_show(context: &Arc<Context>, asked: ContactsShow) -> Result<Contact> {
    context.contact_with(asked.id).await
}

pub(super) async fn contacts_remove(context: &Arc<Context>, asked: ContactsRemove) -> Result<()> {
    context.remove_contact(asked.id).await
}

pub(super) async fn contacts_merge(context: &Arc<Context>, asked: ContactsMerge) -> Result<Contact> {
    context.merge_contacts(asked.kept, asked.others).await
}

pub(super) async fn contacts_lookup(context: &Arc<Context>, asked: ContactsLookup) -> Result<LookedUp> {
    context.look_up(&asked.number).await
}

pub(super) async fn contacts_search(context: &Arc<Context>, asked: ContactsSearch) -> Result<Vec<Contact>> {
    context.search_contacts(asked.text, asked.limit).await
}

pub(super) async fn contacts_find(context: &Arc<Context>, asked: ContactsFind) -> Result<Vec<FoundContact>> {
    context.find_contacts(asked.text, asked.limit).await
}

pub(super) async fn contacts_known(context: &Arc<Context>, asked: ContactsKnown) -> Result<KnownContact> {
    context.known_contact(asked.contact, asked.entries).await
}

pub(super) async fn case_file(context: &Arc<Context>, asked: CaseFile) -> Result<timbre_store::CaseFile> {
    context.case_file(asked.contact, asked.before, asked.limit).await
}

pub(super) async fn contacts_sync(context: &Arc<Context>, asked: ContactsSync) -> Result<Vec<SyncReport>> {
    contact_sync::now(context, asked.connector.as_ref(), asked.full).await
}

pub(super) async fn contacts_import(context: &Arc<Context>, asked: ContactsImport) -> Result<ImportReport> {
    import::absolute(&asked.0.path)?;
    context.rebuild_index().await?;
    import::import(context, asked.0).await
}

pub(super) async fn contacts_undo_import(context: &Arc<Context>, asked: ContactsUndoImport) -> Result<Undone> {
    context.undo_import(asked.import).await
}

pub(super) async fn contacts_imports(context: &Arc<Context>, _: ContactsImports) -> Result<Vec<ImportRecord>> {
    Ok(context.core.stored(|store| store.imports(IMPORTS)).await?)
}

pub(super) async fn contacts_export(context: &Arc<Context>, asked: ContactsExport) -> Result<usize> {
    context.export_contacts(asked.path, asked.format).await
}

pub(super) async fn interactions_save(context: &Arc<Context>, asked: InteractionsSave) -> Result<SavedInteraction> {
    context.save_result(asked.0).await
}

pub(super) async fn interactions_show(context: &Arc<Context>, asked: InteractionsShow) -> Result<SavedInteraction> {
    context.interaction(asked.id).await
}

pub(super) async fn interactions_list(context: &Arc<Context>, asked: InteractionsList) -> Result<Vec<Interaction>> {
    Ok(context.core.stored(move |store| store.interactions(&asked.0)).await?)
}

pub(super) async fn dispositions_list(context: &Arc<Context>, _: DispositionsList) -> Result<DispositionCatalogue> {
    Ok(context.core.settings.dispositions.clone())
}

pub(super) async fn outbox_list(context: &Arc<Context>, asked: OutboxList) -> Result<Vec<OutboxItem>> {
    context.outbox_items(asked.0).await
}

pub(super) async fn outbox_rows(context: &Arc<Context>, asked: OutboxRows) -> Result<Vec<OutboxRow>> {
    context.outbox_rows(asked.0).await
}

pub(super) async fn outbox_retry(context: &Arc<Context>, asked: OutboxRetry) -> Result<Retried> {
    context.retried(asked.id, asked.how).await
}

pub(super) async fn outbox_discard(context: &Arc<Context>, asked: OutboxDiscard) -> Result<OutboxItem> {
    context.discard(asked.id).await
}

pub(super) async fn connectors_list(context: &Arc<Context>, _: ConnectorsList) -> Result<Vec<ConnectorReport>> {
    context.connectors().await
}

pub(super) async fn test_connector(context: &Arc<Context>, asked: TestConnector) -> Result<Vec<TestStep>> {
    context.test_connector(&asked.name, asked.test).await
}

pub(super) async fn connector_resume(context: &Arc<Context>, asked: ConnectorResume) -> Result<CrmUser> {
    context.resume_connector(&asked.name).await
}

pub(super) async fn doctor(context: &Arc<Context>, _: Doctor) -> Result<DoctorReport> {
    Ok(examination::examine(context).await)
}

pub(super) async fn status_show(context: &Arc<Context>, _: StatusShow) -> Result<status::Status> {
    Ok(context.status().await?)
}

pub(super) async fn back_up(context: &Arc<Context>, _: BackUp) -> Result<Backups> {
    Ok(context.back_up().await?)
}

pub(super) async fn preferences_show(context: &Arc<Context>, _: PreferencesShow) -> Result<Preferences> {
    Ok(context.preferences())
}

pub(super) async fn preferences_set(context: &Arc<Context>, asked: PreferencesSet) -> Result<Preferences> {
    context.take_preferences(asked.0).await
}

pub(super) async fn notice_snooze(context: &Arc<Context>, asked: NoticeSnooze) -> Result<()> {
    context.snooze(asked.notice)
}
