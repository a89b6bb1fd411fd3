//! The CRMs: can each be asked, and does what is to be sent get there?

use chrono::TimeDelta;
use timbre_domain::outbox::{OutboxState, Problem, RecordKind};
use timbre_store::{OutboxCounts, OutboxFilter};

use super::finding::{Check, findings};
use crate::Context;
use crate::crm::connector::{ConnectorHandle, ConnectorHealth};

/// A record that waits for longer is told: a wrap-up and a few pauses are over by then.
const LONG: TimeDelta = TimeDelta::hours(1);

findings! {
    /// What can be found of a CRM.
    Crm in "crm" {
        /// It can be asked, as far as anybody knows.
        Ready = "ready" => Good,
        /// It is in trouble and asked again by itself.
        Waits = "waits" => Warning,
        Stopped = "stopped" => Failed,
        /// Records of a kind are not sent: the CRM does not find them by their request id.
        Held = "held" => Failed,
        /// The CRM does not keep the request id of a kind of record in its own field.
        IdNotKept = "id_not_kept" => Warning,
        /// Nothing waits, and some can't be sent as they are.
        RestIsSent = "rest_is_sent" => Good,
        NothingWaits = "nothing_waits" => Good,
        /// Records wait, none for long.
        SomeWait = "some_wait" => Good,
        /// Records wait for more than an hour.
        WaitLong = "wait_long" => Warning,
        /// Records can't be sent as they are.
        Parked = "parked" => Failed,
        /// The outbox could not be read.
        Unknown = "unknown" => Failed,
    }
}

pub(super) async fn check(context: &Context, crm: &ConnectorHandle) -> Vec<Check> {
    let connector = crm.name();
    let state = match crm.condition() {
        ConnectorHealth::Ready => Check::of(Crm::Ready),
        ConnectorHealth::Waits { until, why } => {
            Check::of(Crm::Waits).with("until_at", until).because(why.code, why.words)
        }
        ConnectorHealth::Stopped { why } => {
            Check::of(Crm::Stopped).with("since_at", why.at).because(why.code, why.words)
        }
    };
    let (name, now) = (connector.clone(), context.core.clock.now());
    let looked = context
        .core
        .stored(move |store| {
            let waiting = OutboxFilter {
                id: None,
                connector: Some(name.clone()),
                states: vec![OutboxState::Waiting, OutboxState::Sending],
                limit: 1,
            };
            let oldest = store.outbox(&waiting)?.first().map(|item| now - item.created_at);
            Ok((store.outbox_counts(&name)?, oldest))
        })
        .await;
    let mut checks = vec![state.with("connector", connector)];
    let of_kind = |finding: Crm, (kind, why): (RecordKind, Problem)| {
        Check::of(finding).with("kind", kind.as_str()).because(why.code, why.words)
    };
    let held = crm.kinds().held();
    let not_kept = crm.kinds().not_kept();
    checks.extend(held.into_iter().map(|one| of_kind(Crm::Held, one)));
    checks.extend(not_kept.into_iter().map(|one| of_kind(Crm::IdNotKept, one)));
    match looked {
        Ok((counts, oldest)) => checks.extend(of_outbox(counts, oldest)),
        Err(error) => checks.push(Check::of(Crm::Unknown).because(error.code(), error.to_string())),
    }
    checks.into_iter().map(|check| check.with("connector", connector)).collect()
}

fn of_outbox(counts: OutboxCounts, oldest: Option<TimeDelta>) -> Vec<Check> {
    let mut checks = Vec::new();
    if counts.parked > 0 {
        checks.push(Check::of(Crm::Parked).with("count", counts.parked));
    }
    checks.push(match oldest {
        None if counts.parked > 0 => Check::of(Crm::RestIsSent).with("count", counts.done),
        None => Check::of(Crm::NothingWaits).with("count", counts.done),
        Some(age) if age > LONG => {
            Check::of(Crm::WaitLong).with("count", counts.waiting).with("oldest_s", age.num_seconds())
        }
        Some(_) => Check::of(Crm::SomeWait).with("count", counts.waiting),
    });
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(waiting: u64, parked: u64, oldest_min: Option<i64>) -> Vec<String> {
        let counts = OutboxCounts { waiting, parked, done: 9 };
        of_outbox(counts, oldest_min.map(TimeDelta::minutes)).into_iter().map(|check| check.finding).collect()
    }

    #[test]
    fn what_is_parked_needs_a_person_and_what_waits_for_long_is_told() {
        assert_eq!(found(0, 0, None), ["crm.nothing_waits"]);
        assert_eq!(found(0, 1, None), ["crm.parked", "crm.rest_is_sent"], "one that is parked is not sent");
        assert_eq!(found(2, 0, Some(15)), ["crm.some_wait"]);
        assert_eq!(found(2, 1, Some(61)), ["crm.parked", "crm.wait_long"]);
    }
}
