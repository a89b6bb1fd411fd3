//! What becomes of dials at vendors that show no live calls: their list of the calls that they placed for us is read while a
//! dial is followed, and what it says is handed in like any other observation.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use timbre_domain::attribution::{Side, Sides};
use timbre_domain::call::{Call, CallState};
use timbre_domain::dial::{Dial, DialOrder, PlacedCall};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::number::PhoneNumber;
use timbre_domain::observation::{CallObservation, Coverage};
use timbre_domain::session::PlacedCalls;
use tokio_util::sync::CancellationToken;

use crate::calls::ingest::{Ingest, Observed};
use crate::calls::session::{AccountSession, PollStatus};

/// The vendor's clock and ours may differ by so much, and a call is never placed before it was asked for.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(30);
/// An order that nobody answered was carried out within so long, or never: the list's other calls are somebody else's.
const PLACED_WITHIN: TimeDelta = TimeDelta::seconds(60);
/// A call that the list never shows as ended is presumed ended after this time.
const LONGEST_CALL: TimeDelta = TimeDelta::hours(4);
/// The shortest distance between two questions after one that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Reads the list while something is followed, until it is told to stop.
pub(crate) async fn run(ingest: Ingest, session: Arc<AccountSession>, stop: CancellationToken) {
    let Some(placed_calls) = session.session.placed_calls.clone() else { return stop.cancelled().await };
    loop {
        let dialled = session.dialled.notified();
        let pause = match Followed::of(&session) {
            None => {
                // Nobody asks any more, and so nobody would learn that the vendor answers again.
                session.status.send_if_modified(|status| {
                    let was_failing = matches!(status, PollStatus::Failing(_));
                    if was_failing {
                        *status = PollStatus::NotAskedYet;
                    }
                    was_failing
                });
                None
            }
            Some(followed) => {
                let failed = tokio::select! {
                    () = stop.cancelled() => return,
                    failed = read(&ingest, &session, &*placed_calls, &followed) => failed,
                };
                let interval = placed_calls.interval();
                Some(if failed { interval.max(AFTER_FAILURE) } else { interval })
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = dialled, if pause.is_none() => {}
            () = ingest.core.clock.sleep(pause.unwrap_or_default()), if pause.is_some() => {}
        }
    }
}

/// The vendor gave a call its id with its answer: it exists from now on.
pub(crate) async fn begun(ingest: &Ingest, session: &Arc<AccountSession>, order: &DialOrder, external_id: &str) {
    let sides = sides(&order.endpoint, Some(&order.number));
    let now = ingest.core.clock.now();
    let begun = CallObservation {
        external_id: external_id.to_owned(),
        group: None,
        sides,
        detected_at: now,
        connected_at: None,
        ended_at: None,
    };
    ingest.push(session, vec![begun]).await;
}

/// What is followed of an account. A dial that was given up is, for as long as the tracker would recognise its call.
#[derive(Default)]
struct Followed {
    dials: Vec<Dial>,
    calls: Vec<Call>,
}

impl Followed {
    fn of(session: &Arc<AccountSession>) -> Option<Self> {
        let tracker = session.tracker();
        let dials: Vec<_> = tracker.waiting_dials().cloned().collect();
        let calls: Vec<_> = tracker.active().cloned().collect();
        (!dials.is_empty() || !calls.is_empty()).then_some(Self { dials, calls })
    }

    fn since(&self) -> DateTime<Utc> {
        let dials = self.dials.iter().map(|dial| dial.requested_at);
        let calls = self.calls.iter().map(|call| call.detected_at);
        dials.chain(calls).min().unwrap_or_default() - CLOCKS_APART
    }

    fn endpoints(&self) -> Vec<EndpointNumber> {
        let dials = self.dials.iter().map(|dial| &dial.endpoint);
        let all: BTreeSet<_> = dials.chain(self.calls.iter().map(|call| &call.endpoint)).cloned().collect();
        all.into_iter().collect()
    }
}

/// Reads the list once and hands in what it says; gives whether it could not be read.
async fn read(
    ingest: &Ingest,
    session: &Arc<AccountSession>,
    placed_calls: &dyn PlacedCalls,
    followed: &Followed,
) -> bool {
    let sequence = session.tracker().next_sequence();
    let answer = placed_calls.placed_since(followed.since(), &followed.endpoints()).await;
    let (at, elapsed) = (ingest.core.clock.now(), ingest.core.clock.elapsed());
    let (observations, coverage, failed) = match answer {
        Ok(rows) => {
            session.status.send_replace(PollStatus::Answered);
            let known = |id: &str| session.tracker().knows_leg(id);
            // The call of an order that was sent meanwhile may be among the rows.
            let followed = Followed::of(session).unwrap_or_default();
            (observations(&rows, &followed, known, at), Coverage::PlacedCalls, false)
        }
        Err(error) => {
            tracing::warn!(account = %session.name(), error = &error as &dyn std::error::Error, "the calls that were placed could not be read");
            session.status.send_replace(PollStatus::Failing(error.code));
            (Vec::new(), Coverage::Partial, true)
        }
    };
    ingest.take_in(session, Observed { sequence, observations, coverage, at, elapsed }).await;
    failed
}

/// What the list's rows say of the calls that are followed. A row that nobody knows is the call of a dial whose answer never
/// came: rows carry no number, so of the dials from the same endpoint the one that was asked for nearest to it is taken for its.
fn observations(
    rows: &[PlacedCall],
    followed: &Followed,
    is_known: impl Fn(&str) -> bool,
    now: DateTime<Utc>,
) -> Vec<CallObservation> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by(|a, b| a.placed_at.cmp(&b.placed_at).then_with(|| a.external_id.cmp(&b.external_id)));
    let mut dials: Vec<_> = followed.dials.iter().collect();
    dials.sort_by_key(|dial| dial.requested_at);
    let mut seen = Vec::new();
    for row in rows {
        let observed = |number: Option<&PhoneNumber>| CallObservation {
            external_id: row.external_id.clone(),
            group: None,
            sides: sides(&row.endpoint, number),
            detected_at: row.placed_at,
            connected_at: row.connected_at,
            ended_at: row.ended_at,
        };
        if is_known(&row.external_id) {
            seen.push(observed(None));
            continue;
        }
        let fits = |dial: &Dial| {
            dial.endpoint == row.endpoint
                && (-CLOCKS_APART..=PLACED_WITHIN).contains(&(row.placed_at - dial.requested_at))
        };
        let fitting = dials.iter().enumerate().filter(|(_, dial)| fits(dial));
        let nearest = fitting.min_by_key(|(_, dial)| (row.placed_at - dial.requested_at).abs());
        if let Some(place) = nearest.map(|(place, _)| place) {
            seen.push(observed(Some(&dials.remove(place).number)));
        }
    }
    let endless = |call: &&Call| call.state != CallState::Ended && now - call.detected_at > LONGEST_CALL;
    for call in followed.calls.iter().filter(endless) {
        tracing::warn!(call = %call.key, "the vendor's list never ended this call");
        seen.extend(call.legs.iter().map(|leg| CallObservation {
            external_id: leg.clone(),
            group: None,
            sides: sides(&call.endpoint, None),
            detected_at: call.detected_at,
            connected_at: None,
            ended_at: Some(now),
        }));
    }
    seen
}

fn sides(endpoint: &EndpointNumber, number: Option<&PhoneNumber>) -> Sides {
    Sides {
        calling: Side { number: None, user: endpoint.to_string(), endpoint_id: String::new() },
        called: Side {
            number: number.map(|number| number.dials().to_owned()),
            user: String::new(),
            endpoint_id: String::new(),
        },
    }
}

#[cfg(test)]
mod tests;
