//! A try that a person asks for: the record goes now, and what came of it is told.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use timbre_domain::call::CallState;
use timbre_domain::error::ErrorCode;
use timbre_domain::outbox::{
    OutboxItem, OutboxState, Problem, RecordWait, RequestId, Retried, RetryHow, RetryOutcome, waits_for,
};
use timbre_domain::texts::Catalogue;
use tokio::sync::watch;

use super::rows::no_item;
use crate::Context;
use crate::crm::connector::{ConnectorHandle, ConnectorHealth, HealthState};
use crate::error::CommandError;

/// A person waits no longer for what comes of it.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

impl Context {
    /// Tries a record again, now: also while the CRM is left alone after failures of its own, but not before it may be
    /// searched for, nor while the CRM asked to be left alone.
    pub(crate) async fn retried(self: &Arc<Self>, id: RequestId, how: RetryHow) -> Result<Retried, CommandError> {
        let asked = self.core.clock.now();
        if how.unsearched {
            let created_anew = self.core.stored(move |store| store.outbox_created_anew(id)).await?;
            if let Some(crm) = created_anew.and_then(|item| self.crm(&item.connector).ok()) {
                crm.unsearched.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
            }
        }
        // Before it may be taken, else it could be taken for one that goes by itself.
        let known = self.core.stored(move |store| store.outbox_item(id)).await?;
        if let Some(crm) = known.and_then(|item| self.crm(&item.connector).ok()) {
            crm.by_hand.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        }
        let item = self.core.stored(move |store| store.outbox_retry(id, how.despite_duplicate, asked)).await?;
        let item = item.ok_or_else(|| no_item(id))?;
        if self.waits_for_its_call(&item).await? {
            return Ok(self.told(item, (RetryOutcome::CallEnds, None, None)));
        }
        let crm = self.crm(&item.connector).ok();
        let mut changes = crm.as_ref().map(|crm| (crm.condition_changes(), crm.worked_off.subscribe()));
        let deadline = self.core.clock.elapsed() + ANSWERED_WITHIN;
        self.connectors.waits(std::slice::from_ref(&item));
        let open = matches!(item.state, OutboxState::Waiting | OutboxState::Sending);
        if let Some(crm) = crm.as_ref().filter(|_| open) {
            crm.hurries(&self.core, id);
        }
        let mut item = item;
        loop {
            let now = self.core.clock.now();
            let stored = self.core.stored(move |store| store.outbox_item(id)).await?;
            let Some(found) = stored else { return Ok(self.told(item, (RetryOutcome::Gone, None, None))) };
            item = found;
            if let Some(outcome) = outcome(&item, crm.as_deref().map(ConnectorHandle::condition), asked, now) {
                return Ok(self.told(item, outcome));
            }
            // An engine that only answers commands sends nothing.
            if !how.wait || !self.follows || self.core.clock.elapsed() >= deadline {
                return Ok(self.told(item, (RetryOutcome::Underway, None, None)));
            }
            tokio::select! {
                () = changed(changes.as_mut()) => {}
                () = self.core.clock.sleep_until(deadline) => {}
            }
        }
    }

    /// Whether the record is to be sent and its call goes on.
    async fn waits_for_its_call(&self, item: &OutboxItem) -> Result<bool, CommandError> {
        let id = item.id;
        let dispatch = self.core.stored(move |store| store.outbox_dispatch(id)).await?;
        let call = dispatch.and_then(|dispatch| dispatch.call);
        let goes_on = call.is_some_and(|record| record.call.state != CallState::Ended);
        Ok(waits_for(item, goes_on, true) == Some(RecordWait::CallEnds))
    }

    fn told(&self, item: OutboxItem, (outcome, until, why): Outcome) -> Retried {
        let (what, what_to_do) = Default::default();
        Retried { item, outcome, until, why, what, what_to_do }.in_words(Catalogue::of(self.language()))
    }
}

/// The CRM is another way than before, or a record to it is worked off.
async fn changed(changes: Option<&mut (watch::Receiver<HealthState>, watch::Receiver<u64>)>) {
    let Some((condition, worked_off)) = changes else { return std::future::pending().await };
    // Who tells of them lives as long as the engine.
    tokio::select! {
        _ = condition.changed() => {}
        _ = worked_off.changed() => {}
    }
}

/// How it came out, when it goes by itself, and why it did not go.
type Outcome = (RetryOutcome, Option<DateTime<Utc>>, Option<Problem>);

/// What came of a try asked for at `asked`; nothing while that is not known yet. Whoever asks for a try forgets the problem
/// of the one before, so that a problem is this one's.
fn outcome(
    item: &OutboxItem,
    condition: Option<ConnectorHealth>,
    asked: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Outcome> {
    let why = item.problem.clone();
    match item.state {
        OutboxState::Done => return Some((RetryOutcome::Sent, None, None)),
        OutboxState::Discarded => return Some((RetryOutcome::Gone, None, None)),
        OutboxState::Parked if can_not_be_told(why.as_ref()) => return Some((RetryOutcome::Unsearchable, None, why)),
        OutboxState::Parked => return Some((RetryOutcome::Parked, None, why)),
        OutboxState::Waiting | OutboxState::Sending => {}
    }
    let later = if item.state == OutboxState::Sending { RetryOutcome::SearchedLater } else { RetryOutcome::Waits };
    // Begun by this very try: it is with the CRM.
    let with_the_crm = item.state == OutboxState::Sending && item.begun_at.is_some_and(|begun| begun >= asked);
    match condition {
        Some(ConnectorHealth::Stopped { why }) => Some((RetryOutcome::Stopped, None, Some(why))),
        _ if can_not_be_told(why.as_ref()) => Some((RetryOutcome::Held, Some(item.next_at), why)),
        _ if why.is_some() => Some((later, Some(item.next_at), why)),
        _ if with_the_crm => None,
        Some(ConnectorHealth::Waits { until, why }) if until > now => {
            Some((later, Some(until.max(item.next_at)), Some(why)))
        }
        _ if item.next_at > now => Some((later, Some(item.next_at), None)),
        _ => None,
    }
}

fn can_not_be_told(why: Option<&Problem>) -> bool {
    why.is_some_and(|why| why.code == ErrorCode::Unsearchable)
}

#[cfg(test)]
mod tests {
    use timbre_domain::outbox::RecordKind;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_188_600 + seconds, 0).unwrap()
    }

    fn why(code: ErrorCode) -> Problem {
        Problem { code, words: String::new(), at: at(10), last_try: false }
    }

    fn item(state: OutboxState, next_at: i64) -> OutboxItem {
        OutboxItem {
            id: "01932b5e-0000-7000-8000-000000000009".parse().unwrap(),
            connector: "crm".parse().unwrap(),
            kind: RecordKind::Call,
            subject: "acme:main:1".into(),
            order_key: "x".into(),
            state,
            wanted: 1,
            sent: 0,
            attempted: 1,
            remote_id: None,
            attempts: 0,
            unsure: 0,
            despite_duplicate: false,
            created_at: at(0),
            next_at: at(next_at),
            begun_at: None,
            problem: None,
        }
    }

    #[test]
    fn every_place_a_record_can_stand_at_has_its_outcome() {
        use OutboxState::{Discarded, Done, Parked, Sending, Waiting};
        let (asked, now) = (at(10), at(10));
        let ready = ConnectorHealth::Ready;
        let backs_off = ConnectorHealth::Waits { until: at(40), why: why(ErrorCode::Busy) };
        let stopped = ConnectorHealth::Stopped { why: why(ErrorCode::SignInFailed) };
        let failed = |state, next_at| OutboxItem { problem: Some(why(ErrorCode::Unreachable)), ..item(state, next_at) };
        let unsearchable = |state| OutboxItem { problem: Some(why(ErrorCode::Unsearchable)), ..item(state, 310) };
        let begun = |seconds| OutboxItem { begun_at: Some(at(seconds)), ..item(Sending, 190) };
        let busy = Some(why(ErrorCode::Busy));
        let unreachable = Some(why(ErrorCode::Unreachable));
        let cases = [
            (item(Done, 10), &ready, Some((RetryOutcome::Sent, None, None))),
            (item(Discarded, 10), &ready, Some((RetryOutcome::Gone, None, None))),
            (failed(Parked, 10), &ready, Some((RetryOutcome::Parked, None, unreachable.clone()))),
            (item(Waiting, 10), &ready, None),
            (item(Waiting, 10), &backs_off, Some((RetryOutcome::Waits, Some(at(40)), busy.clone()))),
            (item(Waiting, 10), &stopped, Some((RetryOutcome::Stopped, None, Some(why(ErrorCode::SignInFailed))))),
            (failed(Waiting, 12), &backs_off, Some((RetryOutcome::Waits, Some(at(12)), unreachable.clone()))),
            (item(Waiting, 40), &ready, Some((RetryOutcome::Waits, Some(at(40)), None))),
            (begun(10), &ready, None),
            (begun(2), &ready, Some((RetryOutcome::SearchedLater, Some(at(190)), None))),
            (begun(2), &backs_off, Some((RetryOutcome::SearchedLater, Some(at(190)), busy))),
            (
                unsearchable(Waiting),
                &ready,
                Some((RetryOutcome::Held, Some(at(310)), Some(why(ErrorCode::Unsearchable)))),
            ),
            (
                unsearchable(Parked),
                &ready,
                Some((RetryOutcome::Unsearchable, None, Some(why(ErrorCode::Unsearchable)))),
            ),
            (failed(Sending, 190), &ready, Some((RetryOutcome::SearchedLater, Some(at(190)), unreachable))),
        ];
        for (item, condition, expected) in cases {
            assert_eq!(outcome(&item, Some(condition.clone()), asked, now), expected, "{item:?} {condition:?}");
        }
    }
}
