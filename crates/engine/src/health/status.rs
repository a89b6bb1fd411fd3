//! How everything is at this moment.

use std::sync::Arc;

use chrono::TimeDelta;
use timbre_domain::call::{Call, CallState, Direction};
use timbre_domain::error::ErrorCode;
use timbre_domain::status::{AccountReach, AccountStatus, ConnectorReach, ConnectorStatus, LiveCall, Status};
use timbre_domain::texts::Catalogue;
use timbre_store::{OutboxCounts, StoreError};

use crate::Context;
use crate::calls::session::{AccountSession, PollStatus};
use crate::crm::connector::{ConnectorHandle, ConnectorHealth};

/// Results are asked for so long; what is older is for the history.
const PENDING_FOR_DAYS: i64 = 7;

impl Context {
    /// Since when calls without a final result are pending.
    pub(crate) fn pending_since(&self) -> chrono::DateTime<chrono::Utc> {
        self.core.clock.now() - TimeDelta::days(PENDING_FOR_DAYS)
    }

    pub(crate) async fn status(&self) -> Result<Status, StoreError> {
        let mut calls: Vec<_> = self.sessions.iter().flat_map(|session| live(session, self)).collect();
        calls.sort_by_key(|call| std::cmp::Reverse(call.since));
        // Where nobody asks for results, none is pending.
        let asked = !self.core.settings.dispositions.is_empty() || !self.connectors.is_empty();
        let since = self.pending_since();
        let (pending, mut counts) = if asked {
            self.core.stored(move |store| Ok((store.pending_calls(since)?, store.outbox_counts_of_all()?))).await?
        } else {
            Default::default()
        };
        let of_crm =
            |crm: &Arc<ConnectorHandle>| self.connector_status(crm, counts.remove(crm.name()).unwrap_or_default());
        let connectors = self.connectors.iter().map(of_crm).collect();
        let now = self.core.clock.now();
        let do_not_disturb = self.preferences().do_not_disturb.filter(|wish| wish.holds(now));
        let accounts = self.sessions.iter().map(|session| account(session)).collect();
        let (database, components) = (self.database.status(), self.supervision.failures());
        Ok(Status { calls, accounts, connectors, pending, do_not_disturb, database, components })
    }

    fn connector_status(&self, crm: &ConnectorHandle, counts: OutboxCounts) -> ConnectorStatus {
        let (reach, code, until) = match crm.condition() {
            ConnectorHealth::Ready => (ConnectorReach::Answers, None, None),
            ConnectorHealth::Waits { until, why } => (ConnectorReach::Failing, Some(why.code), Some(until)),
            ConnectorHealth::Stopped { why } => (ConnectorReach::Stopped, Some(why.code), None),
        };
        ConnectorStatus {
            connector: crm.name().clone(),
            reach,
            code,
            what: String::new(),
            what_to_do: String::new(),
            until,
            waiting: counts.waiting,
            parked: counts.parked,
            held: crm.kinds().held().into_iter().map(|(kind, _)| kind).collect(),
        }
        .in_words(Catalogue::of(self.language()))
    }
}

fn live(session: &AccountSession, context: &Context) -> Vec<LiveCall> {
    let tracker = session.tracker();
    let shown = |call: &&Call| call.state != CallState::Ended && call.direction != Direction::Internal;
    tracker
        .active()
        .filter(shown)
        .map(|call| LiveCall {
            call_key: call.key.clone(),
            direction: call.direction,
            state: call.state,
            party: call.party.clone(),
            number_written: call.party.written(context.core.settings.country).unwrap_or_default(),
            since: call.connected_at.unwrap_or(call.detected_at),
        })
        .collect()
}

fn account(session: &AccountSession) -> AccountStatus {
    let (reach, code): (AccountReach, Option<ErrorCode>) = match *session.status.borrow() {
        PollStatus::NotAskedYet => (AccountReach::NotAskedYet, None),
        PollStatus::Answered => (AccountReach::Answers, None),
        PollStatus::Failing(code) => (AccountReach::Failing, Some(code)),
    };
    AccountStatus { account: session.name().clone(), reach, code }
}
