//! The CRMs together: which of them are to have a call, and what waits for them.

use std::sync::Arc;

use chrono::TimeDelta;
use timbre_domain::call::{Call, CallKey, CallState};
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordCalls, RecordKind, recorded_after};
use timbre_domain::tracker::CallTransition;
use timbre_store::ToRecord;

use crate::api::event::{Event, OutboxEvent};
use crate::crm::connector::{ConnectorHandle, ConnectorHealth};
use crate::runtime::core::Core;

/// The CRMs of the settings, in their order. A clone is the same.
#[derive(Clone)]
pub(crate) struct Connectors {
    core: Core,
    all: Arc<[Arc<ConnectorHandle>]>,
}

impl Connectors {
    pub(crate) fn new(core: Core, all: Vec<Arc<ConnectorHandle>>) -> Self {
        Self { core, all: all.into() }
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Arc<ConnectorHandle>> {
        self.all.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, name: &ConnectorName) -> Option<&Arc<ConnectorHandle>> {
        self.all.iter().find(|crm| crm.name() == name)
    }

    /// The names of those that answer now.
    pub(crate) fn answering(&self) -> Vec<ConnectorName> {
        let answers = |crm: &&Arc<ConnectorHandle>| crm.condition() == ConnectorHealth::Ready;
        self.all.iter().filter(answers).map(|crm| crm.name().clone()).collect()
    }

    /// The ended calls among these that the CRMs are to have, whether or not somebody writes a result.
    pub(crate) fn calls_to_record(
        &self,
        transitions: &[CallTransition],
        now: chrono::DateTime<chrono::Utc>,
    ) -> Vec<ToRecord> {
        let ended = transitions.iter().filter_map(|transition| match transition {
            CallTransition::Ended(call) => Some(call),
            // One that was over by the time it was first seen.
            CallTransition::Detected(call) if call.state == CallState::Ended => Some(call),
            _ => None,
        });
        let to_record = ended.flat_map(|call| {
            let takes =
                self.all.iter().filter(|crm| crm.connector.about().abilities.records.contains(&RecordKind::Call));
            takes.filter_map(move |crm| {
                let after = recorded_after(call, crm.settings.record_calls, crm.settings.wrap_up)?;
                let due = now + TimeDelta::from_std(after).unwrap_or_default();
                Some(ToRecord { connector: crm.name().clone(), call: call.key.clone(), due })
            })
        });
        to_record.collect()
    }

    /// What the CRMs that record answered calls alone are to have of a call that looked missed and was not.
    pub(crate) fn answered_calls_to_record(&self, call: &Call, now: chrono::DateTime<chrono::Utc>) -> Vec<ToRecord> {
        let answered_alone = |to_record: &ToRecord| {
            self.get(&to_record.connector).is_some_and(|crm| crm.settings.record_calls == RecordCalls::Answered)
        };
        let ended = [CallTransition::Ended(call.clone())];
        self.calls_to_record(&ended, now).into_iter().filter(answered_alone).collect()
    }

    /// What the CRMs were told of may have changed, or may go now: each looks again what waits for it.
    pub(crate) fn wake(&self) {
        self.all.iter().for_each(|crm| crm.outbox_changed.notify_one());
    }

    /// Tells of items that wait from now on, and has them sent.
    pub(crate) fn waits(&self, items: &[OutboxItem]) {
        for item in items {
            match self.get(&item.connector) {
                Some(crm) => crm.enqueued(&self.core, item),
                // The settings name it no more: it is told all the same.
                None => self.core.bus.publish(Event::OutboxWaiting(OutboxEvent {
                    at: self.core.clock.now(),
                    call_key: call_of(item),
                    item: item.clone(),
                    url: None,
                })),
            }
        }
    }
}

impl ConnectorHandle {
    /// Tells of an item that waits from now on, and has it sent.
    pub(crate) fn enqueued(&self, core: &Core, item: &OutboxItem) {
        self.outbox_changed.notify_one();
        if matches!(item.state, OutboxState::Waiting | OutboxState::Sending) {
            core.bus.publish(Event::OutboxWaiting(self.event(core, item.clone())));
        }
    }

    /// What is told of one of its items.
    pub(crate) fn event(&self, core: &Core, item: OutboxItem) -> OutboxEvent {
        let url = item.remote_id.as_ref().and_then(|id| self.connector.opens_at(item.kind, id));
        OutboxEvent { at: core.clock.now(), call_key: call_of(&item), item, url }
    }
}

/// The call that an item is about, where it is a call's record.
fn call_of(item: &OutboxItem) -> Option<CallKey> {
    (item.kind == RecordKind::Call).then(|| CallKey::try_from(item.subject.clone()).ok()).flatten()
}
