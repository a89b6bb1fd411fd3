//! Brings the vendor's record home: what each call cost and how long it was, and what happened while Timbre was off.
//!
//! Every ended call is reconciled with the record of the last 24 hours; a longer absence is asked for by range
//! (PROVIDERS.md, "Cost … comes only with the CDR"). The adapters let live calls go first.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use timbre_domain::call::{Call, CallKey};
use timbre_domain::cdr::{Cdr, CdrRow, TimeRange};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::error::PortError;
use timbre_domain::ports::Shell;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::api::event::{Event, RecordedEvent};
use crate::calls::session::AccountSession;
use crate::crm::connectors::Connectors;
use crate::runtime::core::Core;

/// When a call that ended is looked for in the record, counted from its end: the vendor writes it soon, not at once.
const LOOKED_FOR_AFTER: [Duration; 4] =
    [Duration::from_secs(3), Duration::from_secs(30), Duration::from_secs(300), Duration::from_secs(3_600)];
/// What a vendor's recent records cover, less a margin.
const RECENT: TimeDelta = TimeDelta::hours(23);
/// How far back an absence is made up for by itself; older history is asked for by hand.
const AT_MOST_BACK: TimeDelta = TimeDelta::days(31);
/// After a failed catch-up.
const CATCHES_UP_AGAIN_AFTER: Duration = Duration::from_secs(120);
/// No vendor has more pages than this; one that repeats itself would.
const PAGES_AT_MOST: usize = 1_000;

/// A call that waits for its record.
struct Awaited {
    key: CallKey,
    /// Whether it was seen answered while it went on.
    seen_answered: bool,
    ended: Duration,
    tries: usize,
}

/// Brings the vendors' records home. A clone is the same.
#[derive(Clone)]
pub(crate) struct Records {
    core: Core,
    connectors: Connectors,
    sessions: Vec<Arc<AccountSession>>,
    shell: Arc<dyn Shell>,
}

impl Records {
    /// Reconciles ended calls until it is told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut events = self.core.bus.subscribe();
        let mut awaited: Vec<Awaited> = Vec::new();
        loop {
            let next = awaited.iter().filter_map(Awaited::due).min();
            tokio::select! {
                () = stop.cancelled() => return,
                event = events.recv() => match event {
                    Ok(Event::Ended(call)) => {
                        let (seen_answered, ended) = (call.connected_at.is_some(), self.core.clock.elapsed());
                        awaited.push(Awaited { key: call.call_key, seen_answered, ended, tries: 0 });
                    }
                    Ok(Event::Resumed(call)) => awaited.retain(|waiting| waiting.key != call.call_key),
                    Ok(_) => {}
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "ended calls may wait for the next start"),
                    Err(RecvError::Closed) => return,
                },
                () = sleep_until(&self.core, next), if next.is_some() => {
                    let now = self.core.clock.elapsed();
                    let (due, rest): (Vec<_>, Vec<_>) = awaited.into_iter().partition(|waiting| waiting.due().is_none_or(|due| due <= now));
                    awaited = rest;
                    tokio::select! {
                        () = stop.cancelled() => return,
                        still = self.reconcile(due) => awaited.extend(still),
                    }
                }
            }
        }
    }

    /// Looks the calls up in the record of the last 24 hours; gives those that are to be looked for again.
    async fn reconcile(&self, due: Vec<Awaited>) -> Vec<Awaited> {
        let mut still = Vec::new();
        for session in self.sessions.iter() {
            let of_account = || due.iter().filter(|waiting| waiting.key.account == *session.name());
            if of_account().next().is_none() {
                continue;
            }
            if let Err(error) = self.sync_recent(session).await {
                tracing::warn!(account = %session.name(), error = &error as &dyn std::error::Error, "the record could not be read");
            }
            for waiting in of_account() {
                if !self.publish_recorded(session, waiting).await {
                    let Awaited { key, seen_answered, ended, tries } = waiting;
                    let (key, tries) = (key.clone(), tries + 1);
                    still.push(Awaited { key, seen_answered: *seen_answered, ended: *ended, tries });
                }
            }
        }
        still.retain(|waiting| {
            let goes_on = waiting.due().is_some();
            if !goes_on {
                tracing::warn!(call = %waiting.key, "the vendor's record never showed this call");
            }
            goes_on
        });
        still
    }

    /// Tells what the record added to a call; `false` when it has not shown it yet, or says of an answered call that nobody
    /// spoke: it may not be final. At the last look it is taken for final.
    async fn publish_recorded(&self, session: &AccountSession, waiting: &Awaited) -> bool {
        let (key, of) = (&waiting.key, waiting.key.clone());
        let Ok(Some(record)) = self.core.stored(move |store| store.call(&of)).await else { return false };
        let is_last = waiting.tries + 1 == LOOKED_FOR_AFTER.len();
        let is_shown = record.cost.is_some() || record.end_reason.is_some();
        let Some(duration_s) = record.duration_s.or((is_last && is_shown).then_some(0)) else { return false };
        if !waiting.seen_answered && record.call.connected_at.is_some() {
            self.answered_after_all(&record.call).await;
        }
        self.core.bus.publish(Event::Recorded(RecordedEvent {
            at: self.core.clock.now(),
            call_key: key.clone(),
            connected_at: record.call.connected_at,
            duration_s,
            cost: record.cost.map(|cost| cost.to_string()),
            currency: session.account.currency().map(str::to_owned),
            end_reason: record.end_reason,
        }));
        true
    }

    /// A call was answered and over between two polls: what was done as for a missed call is made good.
    async fn answered_after_all(&self, call: &Call) {
        self.shell.call_changed(call);
        let now = self.core.clock.now();
        let to_record = self.connectors.answered_calls_to_record(call, now);
        if to_record.is_empty() {
            return;
        }
        let queued = self.core.stored(move |store| store.record_calls(&to_record, now)).await;
        self.core.store_answered(queued.as_ref().err());
        self.connectors.wake();
    }

    /// Makes up for the time Timbre was off. It runs beside [`run`] and not inside it: a question that waits for its turn
    /// must never be left unpolled, for everybody behind it would wait with it.
    pub(crate) async fn catch_up(self, session: Arc<AccountSession>, stop: CancellationToken) {
        let until_caught_up = async {
            // The network is often not there yet when a desktop starts.
            while !self.catch_up_account(&session).await {
                self.core.clock.sleep(CATCHES_UP_AGAIN_AFTER).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = until_caught_up => {}
        }
    }

    async fn catch_up_account(&self, session: &Arc<AccountSession>) -> bool {
        let name = cursor_name(session);
        let until = match self.core.stored(move |store| store.setting::<DateTime<Utc>>(&name)).await {
            Ok(until) => until,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "how far the history goes could not be read");
                return false;
            }
        };
        let now = self.core.clock.now();
        let caught_up = match until {
            Some(until) if now - until > RECENT => {
                self.sync_range(session, TimeRange { from: until.max(now - AT_MOST_BACK), to: now }).await
            }
            _ => self.sync_recent(session).await,
        };
        if let Err(error) = &caught_up {
            tracing::warn!(account = %session.name(), error = error as &dyn std::error::Error, "the history could not be caught up");
        }
        caught_up.is_ok()
    }

    /// Takes in the record of the last 24 hours; gives the number of our rows.
    pub(crate) async fn sync_recent(&self, session: &AccountSession) -> Result<usize, PortError> {
        let Some(records) = &session.session.call_records else { return Ok(0) };
        let asked_at = self.core.clock.now();
        let page = self.core.kept(session.name(), records.recent(&numbers(session)).await).await?;
        let (rows, name, cursor) = (self.attributed(session, page.rows), session.name().clone(), cursor_name(session));
        let vendor = session.vendor().clone();
        let ours = self
            .core
            .stored(move |store| {
                store.keep_unread(&name, &page.unread, asked_at)?;
                let ours = store.save_cdrs(&vendor, &name, &rows)?;
                // What came before the last 24 hours may still be missing: then the cursor waits for the catch-up.
                let until = store.setting::<DateTime<Utc>>(&cursor)?;
                if until.is_none_or(|until| asked_at - until <= RECENT) {
                    store.set_setting(&cursor, &asked_at)?;
                }
                Ok(ours)
            })
            .await?;
        if ours > 0 {
            self.connectors.wake();
        }
        Ok(ours)
    }

    /// Whose call each row is about, for the agents that this engine serves.
    fn attributed(&self, session: &AccountSession, rows: Vec<CdrRow>) -> Vec<Cdr> {
        let (served, country) = (session.served(), self.core.settings.country);
        rows.into_iter().map(|row| row.attributed(&served, country)).collect()
    }

    /// Takes in the record of a stretch of time, page by page; gives the number of our rows. What was taken in before a
    /// failure stays.
    pub(crate) async fn sync_range(&self, session: &AccountSession, range: TimeRange) -> Result<usize, PortError> {
        let Some(records) = &session.session.call_records else { return Ok(0) };
        let endpoints = numbers(session);
        let mut ours = 0;
        let mut next = None;
        let mut first_of_page_before = None;
        for _ in 0..PAGES_AT_MOST {
            let page = self.core.kept(session.name(), records.page(&endpoints, range, next.as_ref()).await).await?;
            let first = page.rows.first().map(|row| row.external_id.clone());
            // A vendor that knows no paging gives the same page for ever.
            if first.is_some() && first == first_of_page_before {
                break;
            }
            first_of_page_before = first;
            let rows = self.attributed(session, page.rows);
            let (vendor, name, at) = (session.vendor().clone(), session.name().clone(), self.core.clock.now());
            ours += self
                .core
                .stored(move |store| {
                    store.keep_unread(&name, &page.unread, at)?;
                    store.save_cdrs(&vendor, &name, &rows)
                })
                .await?;
            if ours > 0 {
                self.connectors.wake();
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        let cursor = cursor_name(session);
        self.core
            .stored(move |store| {
                let until = store.setting::<DateTime<Utc>>(&cursor)?;
                // A range in the past does not say that everything since is known.
                if until.is_some_and(|until| until >= range.from && until < range.to) {
                    store.set_setting(&cursor, &range.to)?;
                }
                Ok(())
            })
            .await?;
        Ok(ours)
    }
}

impl Context {
    pub(crate) fn records(&self) -> Records {
        Records {
            core: self.core.clone(),
            connectors: self.connectors.clone(),
            sessions: self.sessions.clone(),
            shell: self.shell.clone(),
        }
    }
}

impl Awaited {
    fn due(&self) -> Option<Duration> {
        LOOKED_FOR_AFTER.get(self.tries).map(|after| self.ended + *after)
    }
}

async fn sleep_until(core: &Core, deadline: Option<Duration>) {
    if let Some(deadline) = deadline {
        core.clock.sleep_until(deadline).await;
    }
}

fn numbers(session: &AccountSession) -> Vec<EndpointNumber> {
    session.served().numbers().cloned().collect()
}

fn cursor_name(session: &AccountSession) -> String {
    format!("history.until.{}", session.name())
}
