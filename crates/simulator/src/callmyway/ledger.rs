//! What really happened, for tests to compare with. The ledger holds no password.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use super::exchange::Exchange;
use super::fault::{Fault, RequestKind};
use super::leg::{CallDirection, EndReason, Leg};
pub use crate::moment::Moment;
use crate::vendor_time::VendorTime;

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestOutcome {
    /// There is no answer yet, or the client disconnected before it.
    Open,
    /// It was answered, perhaps with a fault.
    Served,
    /// It was refused, for this reason in English.
    Refused(String),
}

#[derive(Debug, Clone, Serialize)]
pub struct RequestEntry {
    pub kind: RequestKind,
    /// The user name, where it is one of the account's sign-ins.
    pub username: Option<String>,
    /// The scope in which the reading rule counted it; `None` where it did not count.
    pub scope: Option<String>,
    pub arrival: Moment,
    /// When the reading rule allows the answer; later than `arrival` for an early request.
    pub release: Moment,
    /// Whether the reading rule delayed it.
    pub early: bool,
    /// When the answer was sent; `None` where it was not.
    pub answered: Option<Moment>,
    pub outcome: RequestOutcome,
    /// The fault that befell the request.
    pub fault: Option<Fault>,
    /// The callids in its answer that a tolerant client can read.
    pub shown: Vec<String>,
    /// The index in [`Ledger::dials`] of the click-to-dial that it ordered.
    pub dial: Option<u64>,
}

/// A call that has begun, or one ring attempt or leg of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallEntry {
    /// The vendor's id of this row.
    pub callid: String,
    /// The callid of the call's first row.
    pub original_callid: String,
    /// The account's endpoint in the call; for an internal call the calling one.
    pub endpoint: String,
    pub direction: CallDirection,
    /// The other side as it was given: a number, "anonymous", an endpoint, or empty.
    pub party: String,
    /// When it began to ring.
    pub began: Moment,
    pub answered: Option<Moment>,
    pub ended: Option<Moment>,
    pub end_reason: Option<EndReason>,
    /// The index in [`Ledger::dials`] of the click-to-dial that placed it.
    pub dial: Option<u64>,
}

/// What became of a click-to-dial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialFate {
    /// It was refused, for this reason in the vendor's words.
    Refused(String),
    /// It was accepted, but the agent's telephone is not registered or does not offer PCMA, so no call appears.
    NothingRings,
    /// It was accepted and is not over.
    GoingOn,
    /// It is over, and the two sides did not talk.
    NoConversation,
    /// It is over, and the two sides talked.
    Talked,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DialEntry {
    pub asked: Moment,
    pub agent: String,
    /// The contact's number, as it was given.
    pub contact: String,
    pub fate: DialFate,
    /// The callids of its rows that have begun, in the order they rang.
    pub callids: Vec<String>,
}

/// A snapshot of what has happened so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Ledger {
    /// All requests, in the order they arrived.
    pub requests: Vec<RequestEntry>,
    /// All calls that have begun, in the order they began.
    pub calls: Vec<CallEntry>,
    /// All click-to-dials, accepted or refused.
    pub dials: Vec<DialEntry>,
}

impl Ledger {
    /// The shortest time between the arrivals of two consecutive readings in one scope of the reading rule.
    #[must_use]
    pub fn closest_reading(&self) -> Option<Duration> {
        let mut last = HashMap::new();
        let mut closest = None;
        for request in &self.requests {
            let Some(scope) = &request.scope else { continue };
            let arrival = request.arrival.elapsed;
            if let Some(before) = last.insert(scope, arrival) {
                let distance = arrival.saturating_sub(before);
                closest = Some(closest.map_or(distance, |least: Duration| least.min(distance)));
            }
        }
        closest
    }

    /// The call with this callid.
    #[must_use]
    pub fn call(&self, callid: &str) -> Option<&CallEntry> {
        self.calls.iter().find(|call| call.callid == callid)
    }

    /// The requests of one kind.
    pub fn requests_of(&self, kind: RequestKind) -> impl Iterator<Item = &RequestEntry> {
        self.requests.iter().filter(move |request| request.kind == kind)
    }

    pub(crate) fn taken(exchange: &Exchange, requests: &[RequestEntry], now: Duration) -> Self {
        let mut begun: Vec<&Leg> = exchange.legs.iter().filter(|leg| leg.has_begun(now)).collect();
        begun.sort_by_key(|leg| leg.began);
        Self {
            requests: requests.to_vec(),
            calls: begun.into_iter().map(|leg| call_entry(leg, &exchange.time, now)).collect(),
            dials: (0..exchange.dials.len()).map(|index| dial_entry(exchange, index, now)).collect(),
        }
    }
}

fn vendor_moment(time: &VendorTime, elapsed: Duration) -> Moment {
    Moment { elapsed, wall: time.at(elapsed) }
}

fn call_entry(leg: &Leg, time: &VendorTime, now: Duration) -> CallEntry {
    let at = |moment: Duration| vendor_moment(time, moment);
    CallEntry {
        callid: leg.callid.clone(),
        original_callid: leg.original_callid.clone(),
        endpoint: leg.endpoint.clone(),
        direction: leg.direction,
        party: leg.party.clone(),
        began: at(leg.began),
        answered: leg.answered_by(now).map(at),
        ended: leg.ended_by(now).map(at),
        end_reason: leg.is_over(now).then_some(leg.reason),
        dial: leg.dial,
    }
}

fn dial_entry(exchange: &Exchange, index: usize, now: Duration) -> DialEntry {
    let dial = &exchange.dials[index];
    let legs: Vec<&Leg> = dial.legs.iter().map(|leg| &exchange.legs[*leg]).filter(|leg| !leg.void).collect();
    let fate = match &dial.refused {
        Some(why) => DialFate::Refused(why.clone()),
        None if dial.in_vain => DialFate::NothingRings,
        None if !legs.iter().all(|leg| leg.is_over(now)) => DialFate::GoingOn,
        None if dial.talked(&legs) => DialFate::Talked,
        None => DialFate::NoConversation,
    };
    DialEntry {
        asked: vendor_moment(&exchange.time, dial.asked),
        agent: dial.agent.clone(),
        contact: dial.contact.clone(),
        fate,
        callids: legs.iter().filter(|leg| leg.has_begun(now)).map(|leg| leg.callid.clone()).collect(),
    }
}
