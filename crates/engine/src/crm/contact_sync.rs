//! Brings a CRM's contacts here, so that a caller is known at once: all of them the first time, then what changed, now and
//! then which of them the CRM still has, and in between, one by one, the telephones that its lists leave out.
//!
//! How far it came is in the database with what it brought. Whatever ends a pass (an error, the end of this process), the
//! next one goes on at the page.

mod deletions;
mod details;
mod on_request;
mod pass;
pub(crate) mod shown;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use timbre_domain::contact::ContactId;
use timbre_domain::crm::{Abilities, ConnectorName, CrmError, RemoteContact, Verdict};
use timbre_domain::number::Country;
use timbre_domain::outbox::Problem;
use timbre_domain::ports::CrmConnector;
use timbre_store::{IndexState, Prepared, Pulled, Store, StoreError, Taken};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::api::event::{Event, SyncPhase, SyncProgress};
use crate::crm::connector::{ConnectorHandle, ConnectorHealth, random};
use crate::runtime::core::Core;
pub(crate) use on_request::now;

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_millis(200);
/// The database could not be written: how long until it is tried again.
const STORED_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// What a synchronisation brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    pub connector: ConnectorName,
    pub added: u64,
    /// Contacts that were known and changed.
    pub changed: u64,
    /// Contacts that came and had nothing new.
    pub unchanged: u64,
    /// Contacts that the CRM has no more and that are gone here too.
    pub removed: u64,
    /// Contacts that the CRM has no more and that stay, because something was written about them here.
    pub kept: u64,
    /// Records that could not be read.
    pub unread: u64,
    pub pages: u64,
    /// The CRM's pages never end: they come again, or bring far more than it counts. It ended there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub endless_pages: bool,
    /// Contacts whose telephones were asked for one by one.
    pub details_fetched: u64,
    /// Contacts whose telephones are still to be asked for: the background goes on with them.
    pub details_left: u64,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// Why it did not come to its end; the next one goes on there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Why it does not go on for now.
enum Halt {
    /// The CRM can't be asked: something else found out.
    NotReady,
    /// The CRM did not do what was asked, and everything to it knows.
    Crm(CrmError),
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Keeps the contacts of one CRM up to date until it is told to stop. What is on its way to the database then gets there.
pub(crate) async fn run(core: Core, crm: Arc<ConnectorHandle>, stop: CancellationToken) {
    if !crm.settings.sync_contacts || !crm.connector.about().abilities.pull {
        return stop.cancelled().await;
    }
    tokio::select! {
        () = stop.cancelled() => {}
        () = keep_up(core, crm) => {}
    }
}

async fn keep_up(core: Core, crm: Arc<ConnectorHandle>) {
    let mut work = Work::new(core.clone(), crm.clone());
    let mut due = Due { pass: core.clock.elapsed(), deletions: core.clock.elapsed() };
    loop {
        crm.ready(&core).await;
        // A person may ask for a pass while telephones are asked for, one by one.
        tokio::select! {
            biased;
            () = crm.sync_wanted.notified() => due.pass = core.clock.elapsed(),
            () = std::future::ready(()) => {}
        }
        let wait = match work.step(&mut due).await {
            Ok(None) => continue,
            Ok(Some(wait)) => wait,
            Err(Halt::NotReady | Halt::Crm(_)) => continue,
            Err(Halt::Store(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "contacts could not be saved");
                STORED_AGAIN_AFTER
            }
        };
        tokio::select! {
            () = crm.sync_wanted.notified() => due.pass = core.clock.elapsed(),
            () = crm.details_wanted.notified() => {}
            () = core.clock.sleep(wait) => {}
        }
    }
}

/// When what is to be done, on the monotonic clock.
struct Due {
    pass: Duration,
    /// Not before; the database knows the rest.
    deletions: Duration,
}

/// One CRM's contacts, as far as they are being brought.
struct Work {
    core: Core,
    crm: Arc<ConnectorHandle>,
    report: SyncReport,
    /// A page of the pass that goes on is here: what the pass read again at its beginning is not read once more.
    amid_pass: bool,
    id_pages: pass::EndlessPages,
    /// Telephones asked for since none was left, to be told.
    details: u64,
    /// Ids looked at by the reconciliation that goes on, to be told.
    ids: u64,
    /// Contacts that it found gone, to be told.
    gone: u64,
    /// The contact that could not be fetched, and how often.
    failing_detail: Option<(String, u32)>,
    told: Option<Duration>,
}

impl Work {
    fn new(core: Core, crm: Arc<ConnectorHandle>) -> Self {
        let report = SyncReport {
            connector: crm.name().clone(),
            added: 0,
            changed: 0,
            unchanged: 0,
            removed: 0,
            kept: 0,
            unread: 0,
            pages: 0,
            endless_pages: false,
            details_fetched: 0,
            details_left: 0,
            took_ms: 0,
            problem: None,
        };
        Self {
            core,
            crm,
            report,
            amid_pass: false,
            id_pages: pass::EndlessPages::default(),
            details: 0,
            ids: 0,
            gone: 0,
            failing_detail: None,
            told: None,
        }
    }

    /// Does what is due, the most urgent first; or says how long there is nothing to do.
    async fn step(&mut self, due: &mut Due) -> Result<Option<Duration>, Halt> {
        let crm = self.crm.clone();
        let turn = crm.syncing.lock().await;
        let now = self.core.clock.elapsed();
        let every = self.crm.settings.sync_every;
        if due.pass <= now {
            let passed = self.pass().await;
            // The same request can't succeed: it is tried again when the next pass is due.
            if let Ok(()) | Err(Halt::Crm(CrmError { verdict: Verdict::Park, .. })) = passed {
                // A thousand desktops that begin in the morning must not come back together.
                due.pass = self.core.clock.elapsed() + every.mul_f64(0.9 + 0.1 * random());
            }
            return passed.map(|()| None);
        }
        let deletions_in = self.deletions_in().await?;
        if deletions_in.is_some_and(|wait| wait.is_zero()) && due.deletions <= now {
            let stepped = self.deletions_step().await;
            if let Err(Halt::Crm(CrmError { verdict: Verdict::Park, .. })) = stepped {
                due.deletions = now + every;
            }
            return stepped.map(|_| None);
        }
        if self.detail(false).await? {
            return Ok(None);
        }
        drop(turn);
        let until_pass = due.pass.saturating_sub(now);
        let until_deletions = deletions_in.map_or(until_pass, |wait| wait.max(due.deletions.saturating_sub(now)));
        Ok(Some(until_pass.min(until_deletions)))
    }

    fn connector(&self) -> Arc<dyn CrmConnector> {
        self.crm.connector.clone()
    }

    fn abilities(&self) -> &Abilities {
        &self.crm.connector.about().abilities
    }

    /// Asks the CRM, unless it is not to be asked. What a failure means is known to everything to it then.
    async fn ask<T>(&self, question: impl Future<Output = Result<T, CrmError>>) -> Result<T, Halt> {
        if !self.crm.is_ready(&self.core) {
            return Err(Halt::NotReady);
        }
        match ask(&self.core, &self.crm, question).await {
            Ok(answer) => Ok(answer),
            Err((error, saved)) => {
                saved?;
                Err(Halt::Crm(error))
            }
        }
    }

    /// Database work about this CRM.
    async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store, &ConnectorName) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Halt> {
        let name = self.crm.name().clone();
        Ok(self.core.stored(move |store| work(store, &name)).await?)
    }

    /// What a contact is matched by must be what today's rules make of it.
    async fn index_in_step(&self) -> Result<(), Halt> {
        let country = self.core.settings.country;
        let mut state = self.core.stored(move |store| store.index_state(country)).await?;
        while state == IndexState::Behind {
            state = self.core.stored(move |store| store.bring_index_in_step(country)).await?;
        }
        Ok(())
    }

    /// Takes in a contact that was fetched: whole. `false` where it must be asked for again.
    async fn save_fetched(
        &mut self,
        asked_for: &str,
        record: RemoteContact,
        asked: timbre_store::Pushes,
    ) -> Result<bool, Halt> {
        let (now, country, fetches) = (self.core.clock.now(), self.core.settings.country, self.abilities().fetch);
        let record = RemoteContact { complete: true, ..record };
        let id = asked_for.to_owned();
        let taken = self
            .stored(move |store, connector| {
                let (contacts, _) = prepared(vec![record], connector, country);
                let taken = store.save_pulled(connector, contacts, fetches, asked, now)?;
                if taken.is_some() {
                    // It may have come under another id.
                    store.detail_done(connector, &id)?;
                }
                Ok(taken)
            })
            .await?;
        self.crm.outbox_changed.notify_one();
        // That it changed was counted when the list said so.
        self.report.added += taken.map_or(0, |taken| taken.added);
        Ok(taken.is_some())
    }

    /// What the lists showed outlives this process.
    async fn remember_shown(&self) -> Result<(), Halt> {
        let shown = self.crm.shown().clone();
        self.stored(move |store, connector| store.set_setting(&shown::setting_of(connector), &shown)).await
    }

    fn count(&mut self, taken: Taken) {
        self.report.added += taken.added;
        self.report.changed += taken.changed;
        self.report.unchanged += taken.unchanged;
    }

    /// Tells of progress, now and then and at the end.
    async fn tell(&mut self, phase: SyncPhase, contacts: u64, changed: u64, finished: bool) -> Result<(), Halt> {
        let now = self.core.clock.elapsed();
        if !finished && self.told.is_some_and(|told| now.saturating_sub(told) < TOLD_EVERY) {
            return Ok(());
        }
        self.told = Some(now);
        let details_left = self.stored(Store::details_left).await?;
        let (at, connector) = (self.core.clock.now(), self.crm.name().clone());
        let progress = SyncProgress { at, connector, phase, contacts, changed, details_left, finished };
        self.core.bus.publish(Event::Sync(progress));
        Ok(())
    }
}

/// Asks a CRM, and has everything to it know how it is. With an error comes whether that could be saved.
pub(crate) async fn ask<T>(
    core: &Core,
    crm: &ConnectorHandle,
    question: impl Future<Output = Result<T, CrmError>>,
) -> Result<T, (CrmError, Result<(), StoreError>)> {
    match question.await {
        Ok(answer) => {
            // What was asked before the sign-in failed says nothing about the next question.
            if !matches!(crm.condition(), ConnectorHealth::Stopped { .. }) {
                crm.answered(core);
            }
            Ok(answer)
        }
        Err(error) => {
            tracing::warn!(
                connector = %crm.name(), error = &error as &dyn std::error::Error,
                "a CRM could not be asked for contacts"
            );
            let saved = crm.failed(core, &error).await;
            Err((error, saved))
        }
    }
}

/// Records as they are taken in, and how many have no id to be known by. It takes the numbers apart: work for a thread of
/// its own.
pub(crate) fn prepared(records: Vec<RemoteContact>, connector: &ConnectorName, country: Country) -> (Vec<Pulled>, u64) {
    let all = records.len();
    let known = records.into_iter().filter(|record| !record.id.trim().is_empty());
    let contacts: Vec<_> = known
        .map(|record| {
            let complete = record.complete;
            let contact = record.into_contact(connector, ContactId(Uuid::now_v7()), country);
            Pulled { contact: Prepared::new(contact), complete }
        })
        .collect();
    let unread = (all - contacts.len()) as u64;
    (contacts, unread)
}

/// How long from `now` until so long after a time; nothing where that has come, or where the clock was set back behind it.
fn until(now: chrono::DateTime<chrono::Utc>, last: chrono::DateTime<chrono::Utc>, after: Duration) -> Duration {
    if last > now {
        return Duration::ZERO;
    }
    let due = last + TimeDelta::from_std(after).unwrap_or(TimeDelta::zero());
    (due - now).to_std().unwrap_or_default()
}
