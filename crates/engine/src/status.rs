//! How everything is at this moment.

use std::sync::Arc;

use chrono::TimeDelta;
use timbre_domain::call::{AccountName, Call, CallState, Direction, Party};
use timbre_domain::error::ErrorCode;
use timbre_domain::status::{AccountReach, AccountStatus, ConnectorReach, ConnectorStatus, LiveCall, Status};
use timbre_domain::texts::Catalogue;
use timbre_store::StoreError;

use crate::Context;
use crate::crm_line::{CrmCondition, CrmLine};
use crate::line::{Line, Reach};

/// Results are asked for so long; what is older is for the history.
const PENDING_FOR_DAYS: i64 = 7;

impl Context {
    /// Since when calls without a final result are pending.
    pub(crate) fn pending_since(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now() - TimeDelta::days(PENDING_FOR_DAYS)
    }

    /// How everything is.
    pub(crate) async fn status(&self) -> Result<Status, StoreError> {
        let mut calls: Vec<_> = self.lines.iter().flat_map(|line| live(line, self)).collect();
        calls.sort_by_key(|call| std::cmp::Reverse(call.since));
        let mut connectors = Vec::with_capacity(self.crms.len());
        for crm in &self.crms {
            connectors.push(self.connector_status(crm).await?);
        }
        // Where nobody asks for results, none is pending.
        let asked = !self.settings.dispositions.is_empty() || !self.crms.is_empty();
        let since = self.pending_since();
        let pending = if asked { self.stored(move |store| store.pending_calls(since)).await? } else { 0 };
        let now = self.clock.now();
        let do_not_disturb = self.preferences().do_not_disturb.filter(|wish| wish.holds(now));
        let accounts = self.lines.iter().map(|line| account(line)).collect();
        let database = self.database.status();
        Ok(Status { calls, accounts, connectors, pending, do_not_disturb, database })
    }

    async fn connector_status(&self, crm: &CrmLine) -> Result<ConnectorStatus, StoreError> {
        let name = crm.name().clone();
        let counts = self.stored(move |store| store.outbox_counts(&name)).await?;
        let (reach, code, until) = match crm.condition() {
            CrmCondition::Ready => (ConnectorReach::Answers, None, None),
            CrmCondition::Waits { until, why } => (ConnectorReach::Failing, Some(why.code), Some(until)),
            CrmCondition::Stopped { why } => (ConnectorReach::Stopped, Some(why.code), None),
        };
        let texts = Catalogue::of(self.language());
        Ok(ConnectorStatus {
            connector: crm.name().clone(),
            reach,
            code,
            what: code.map(|code| texts.crm_what(code)).unwrap_or_default(),
            what_to_do: code.map(|code| texts.crm_what_to_do(code)).unwrap_or_default(),
            until,
            waiting: counts.waiting,
            parked: counts.parked,
            held: crm.kinds().held().into_iter().map(|(kind, _)| kind).collect(),
        })
    }

    /// The CRMs that answered when they were asked last.
    pub(crate) fn answering_crms(&self) -> Vec<AccountName> {
        let answers = |crm: &&Arc<CrmLine>| crm.condition() == CrmCondition::Ready;
        self.crms.iter().filter(answers).map(|crm| crm.name().clone()).collect()
    }
}

fn live(line: &Line, context: &Context) -> Vec<LiveCall> {
    let tracker = line.tracker();
    let shown = |call: &&Call| call.state != CallState::Ended && call.direction != Direction::Internal;
    tracker
        .active()
        .filter(shown)
        .map(|call| LiveCall {
            call_key: call.key.clone(),
            direction: call.direction,
            state: call.state,
            number_written: match &call.party {
                Party::Number { number } => number.written(context.settings.country),
                Party::Endpoint { number } => number.to_string(),
                Party::Withheld => String::new(),
            },
            since: call.connected_at.unwrap_or(call.detected_at),
        })
        .collect()
}

fn account(line: &Line) -> AccountStatus {
    let (reach, code): (AccountReach, Option<ErrorCode>) = match *line.reach.borrow() {
        Reach::NotAskedYet => (AccountReach::NotAskedYet, None),
        Reach::Answered => (AccountReach::Answers, None),
        Reach::Failing(code) => (AccountReach::Failing, Some(code)),
    };
    AccountStatus { account: line.name().clone(), reach, code }
}
