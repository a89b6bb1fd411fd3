//! What really happened: the truth that tests compare with. It holds no password.

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
    /// Not answered: delayed, hanging, or the client went away.
    Open,
    /// Answered, with or without a fault.
    Served,
    /// Refused, and why, in English.
    Refused(String),
}

/// A request.
#[derive(Debug, Clone, Serialize)]
pub struct RequestEntry {
    /// What was asked.
    pub kind: RequestKind,
    /// Who asked, where it is one of the account's sign-ins.
    pub username: Option<String>,
    /// What the reading rule counted it under; `None` where it did not count.
    pub scope: Option<String>,
    /// When it arrived.
    pub arrival: Moment,
    /// When the reading rule lets, or let, it through.
    pub release: Moment,
    /// Whether it came too early and was delayed.
    pub early: bool,
    /// When the answer went out.
    pub answered: Option<Moment>,
    /// How far it has come.
    pub outcome: RequestOutcome,
    /// The fault it met.
    pub fault: Option<Fault>,
    /// The callids its answer showed, readable by a tolerant client.
    pub shown: Vec<String>,
    /// The click-to-dial it asked for: the index in [`Ledger::dials`].
    pub dial: Option<u64>,
}

/// A call, or one ring attempt or leg of it, that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallEntry {
    /// The vendor's id of this row.
    pub callid: String,
    /// The callid of the call's first row.
    pub original_callid: String,
    /// Our endpoint in it; the calling one of an internal call.
    pub endpoint: String,
    /// Which way it goes.
    pub direction: CallDirection,
    /// The other side, raw, as it was given: a number, "anonymous", "" or an endpoint.
    pub party: String,
    /// When it began to ring.
    pub began: Moment,
    /// When it was answered.
    pub answered: Option<Moment>,
    /// When it was over.
    pub ended: Option<Moment>,
    /// How it ended.
    pub end_reason: Option<EndReason>,
    /// The click-to-dial it came from: the index in [`Ledger::dials`].
    pub dial: Option<u64>,
}

/// What became of a click-to-dial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialFate {
    /// Refused, and why, in the vendor's words.
    Refused(String),
    /// Accepted, but the agent's telephone is not registered or has no PCMA: no call ever appears.
    NothingRings,
    /// Accepted; it rings, or will, or they talk.
    GoingOn,
    /// Over without both sides having talked.
    NoConversation,
    /// Over, and both sides talked.
    Talked,
}

/// A click-to-dial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DialEntry {
    /// When it was asked for.
    pub asked: Moment,
    /// The agent's endpoint.
    pub agent: String,
    /// The contact's number, as it was given.
    pub contact: String,
    /// What became of it.
    pub fate: DialFate,
    /// Its rows so far, in the order they rang.
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
    /// The smallest distance between the arrivals of two consecutive readings in the same scope of the reading rule.
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
