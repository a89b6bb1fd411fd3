//! The outbox as people see it.

use timbre_domain::call::CallState;
use timbre_domain::error::ErrorCode;
use timbre_domain::history::OutboxRow;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordWait, RequestId, waits_for};
use timbre_domain::texts::Catalogue;
use timbre_store::{ListedRecord, OutboxFilter};

use crate::Context;
use crate::crm::connector::ConnectorHealth;
use crate::error::CommandError;

impl Context {
    pub(crate) async fn outbox_items(&self, filter: OutboxFilter) -> Result<Vec<OutboxItem>, CommandError> {
        if let Some(name) = &filter.connector {
            self.crm(name)?;
        }
        Ok(self.core.stored(move |store| store.outbox(&filter)).await?)
    }

    pub(crate) async fn discard(&self, id: RequestId) -> Result<OutboxItem, CommandError> {
        self.core.stored(move |store| store.outbox_discard(id)).await?.ok_or_else(|| no_item(id))
    }

    pub(crate) async fn outbox_rows(&self, filter: OutboxFilter) -> Result<Vec<OutboxRow>, CommandError> {
        if let Some(name) = &filter.connector {
            self.crm(name)?;
        }
        let listed = self.core.stored(move |store| store.listed_outbox(&filter)).await?;
        let answering = self.connectors.answering();
        Ok(listed.into_iter().map(|one| self.outbox_row(one, &answering)).collect())
    }

    fn outbox_row(&self, listed: ListedRecord, answering: &[ConnectorName]) -> OutboxRow {
        let ListedRecord { item, call, contact, name, company } = listed;
        let waits = {
            let goes_on = call.as_ref().is_some_and(|record| record.call.state != CallState::Ended);
            waits_for(&item, goes_on, answering.contains(&item.connector))
        };
        let number = call.as_ref().and_then(|record| record.call.party.number());
        let name = Some(if name.is_empty() { company } else { name }).filter(|name| !name.is_empty());
        let about =
            name.or_else(|| number.map(|number| number.written(self.core.settings.country))).unwrap_or_default();
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
        // Of a record that waits for the end of its call on purpose, nothing is wrong yet.
        let told = open && waits != Some(RecordWait::CallEnds);
        let (what, what_to_do) = match code {
            Some(code) if told => (texts.crm_what(code), texts.crm_what_to_do(code)),
            _ => Default::default(),
        };
        OutboxRow { item, about, call, contact, url, waits, what, what_to_do }
    }
}

pub(crate) fn no_item(id: RequestId) -> CommandError {
    let detail = format!("there is no item {id}, or it is with the CRM already");
    CommandError::new(ErrorCode::NotFound, detail).at("item")
}
