//! The exchange: past, live and planned calls, and the events that change them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::config::{Codec, SimulatorConfig};
use super::dialling::Dial;
use super::leg::{CallDirection, EndReason, Leg};
use super::tariff::{FREE, Route, route_of};
use crate::dice::Dice;
use crate::vendor_time::VendorTime;

pub(crate) type LegId = usize;

/// How an agent's telephone behaves when click-to-dial rings it.
#[derive(Debug, Clone)]
pub(crate) struct AgentTelephone {
    pub(crate) registered: bool,
    pub(crate) codec: Codec,
    pub(crate) answers_after: Option<Duration>,
}

impl Default for AgentTelephone {
    fn default() -> Self {
        Self { registered: true, codec: Codec::Primary, answers_after: Some(Duration::from_secs(2)) }
    }
}

/// How a contact's telephone behaves when click-to-dial rings it.
#[derive(Debug, Clone)]
pub(crate) struct OutsideTelephone {
    pub(crate) busy: bool,
    pub(crate) answers_after: Option<Duration>,
    pub(crate) talks_for: Option<Duration>,
}

impl Default for OutsideTelephone {
    fn default() -> Self {
        Self { busy: false, answers_after: Some(Duration::from_secs(5)), talks_for: Some(Duration::from_secs(60)) }
    }
}

#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) config: SimulatorConfig,
    pub(crate) time: VendorTime,
    pub(crate) legs: Vec<Leg>,
    pub(crate) dials: Vec<Dial>,
    pub(crate) telephones: BTreeMap<String, AgentTelephone>,
    pub(crate) contacts: BTreeMap<String, OutsideTelephone>,
    callids: BTreeSet<u64>,
    dice: Dice,
}

impl Exchange {
    pub(crate) fn new(config: SimulatorConfig, time: VendorTime) -> Self {
        let dice = Dice::new(config.seed);
        Self {
            config,
            time,
            legs: Vec::new(),
            dials: Vec::new(),
            telephones: BTreeMap::new(),
            contacts: BTreeMap::new(),
            callids: BTreeSet::new(),
            dice,
        }
    }

    /// A callid as the vendor makes them: both in seed 000 hold their detect time, as seconds since 1970 in UTC, in
    /// the upper 32 bits, and a number near 21 million in the lower ones.
    fn callid(&mut self, began: Duration) -> String {
        let second = u64::try_from(self.time.at(began).timestamp()).unwrap_or_default();
        loop {
            let id = (second << 32) | (20_000_000 + self.dice.below(2_000_000));
            if self.callids.insert(id) {
                return id.to_string();
            }
        }
    }

    /// Adds a call to `endpoint`. `ani` is shown as given; it may be "anonymous" or empty.
    pub(crate) fn incoming(&mut self, ani: &str, endpoint: &str, began: Duration) -> LegId {
        let leg = self.leg(CallDirection::Incoming, endpoint, ani, FREE, began);
        self.add(Leg {
            ani: ani.to_owned(),
            dnis: endpoint.to_owned(),
            dnis_user: endpoint.to_owned(),
            dst_endpoint_id: self.config.endpoint_id(endpoint),
            ..leg
        })
    }

    /// Adds a call that was dialled on the handset of `endpoint`.
    pub(crate) fn outgoing(&mut self, endpoint: &str, number: &str, began: Duration) -> LegId {
        let leg = self.leg(CallDirection::Outgoing, endpoint, number, route_of(number), began);
        self.add(Leg {
            ani: endpoint.to_owned(),
            dnis: number.to_owned(),
            ani_user: endpoint.to_owned(),
            access_endpoint_id: self.config.endpoint_id(endpoint),
            ..leg
        })
    }

    /// Adds a call between two endpoints, which has one row for both.
    pub(crate) fn internal(&mut self, from: &str, to: &str, began: Duration) -> LegId {
        let leg = self.leg(CallDirection::Internal, from, to, FREE, began);
        self.add(Leg {
            ani: from.to_owned(),
            dnis: to.to_owned(),
            ani_user: from.to_owned(),
            dnis_user: to.to_owned(),
            access_endpoint_id: self.config.endpoint_id(from),
            dst_endpoint_id: self.config.endpoint_id(to),
            ..leg
        })
    }

    /// Adds a call to a group: one ring attempt for each endpoint, of which the first is the parent.
    pub(crate) fn group(&mut self, ani: &str, endpoints: &[&str], began: Duration) -> Vec<LegId> {
        let ids: Vec<LegId> = endpoints.iter().map(|endpoint| self.incoming(ani, endpoint, began)).collect();
        if let Some((first, others)) = ids.split_first() {
            for other in others {
                self.link(*first, *other);
            }
        }
        ids
    }

    /// Makes `child` a ring attempt of the call whose first row is `parent`.
    pub(crate) fn link(&mut self, parent: LegId, child: LegId) {
        let callid = self.legs[parent].callid.clone();
        self.legs[child].original_callid.clone_from(&callid);
        self.legs[child].ref_callid = callid;
    }

    fn leg(&mut self, direction: CallDirection, endpoint: &str, party: &str, route: Route, began: Duration) -> Leg {
        let callid = self.callid(began);
        Leg {
            original_callid: callid.clone(),
            callid,
            ref_callid: "0".to_owned(),
            ani: String::new(),
            dnis: String::new(),
            ani_user: String::new(),
            dnis_user: String::new(),
            access_endpoint_id: String::new(),
            dst_endpoint_id: String::new(),
            direction,
            endpoint: endpoint.to_owned(),
            party: party.to_owned(),
            route,
            began,
            answered: None,
            ended: None,
            reason: EndReason::NoAnswer,
            lasts: None,
            dial: None,
            void: false,
        }
    }

    fn add(&mut self, leg: Leg) -> LegId {
        self.legs.push(leg);
        self.legs.len() - 1
    }

    /// Whether click-to-dial finds the user "en una llamada activa o en proceso" (seed 000, section 1, notes).
    pub(crate) fn is_busy(&self, endpoint: &str, now: Duration) -> bool {
        self.legs.iter().any(|leg| {
            !leg.void && !leg.is_over(now) && leg.concerns(endpoint) && (leg.began <= now || leg.dial.is_some())
        })
    }

    /// Answers a ringing call now. Returns `false` where it does not ring.
    pub(crate) fn answer(&mut self, id: LegId, now: Duration) -> bool {
        let leg = &self.legs[id];
        let rings = leg.is_live(now) && leg.answered_by(now).is_none();
        if rings {
            self.plan_answer(id, now);
        }
        rings
    }

    /// Plans the answer for `at`, which may be now.
    pub(crate) fn plan_answer(&mut self, id: LegId, at: Duration) {
        let leg = &mut self.legs[id];
        leg.answered = Some(at);
        leg.reason = EndReason::Ok;
        leg.ended = leg.lasts.map(|lasts| at + lasts);
        let original = leg.original_callid.clone();
        match leg.dial {
            Some(dial) => self.dial_answered(dial, id, at),
            None => self.end_siblings(id, &original, at),
        }
    }

    /// Plans how long the conversation lasts, or how long an unanswered call rings.
    pub(crate) fn plan_length(&mut self, id: LegId, lasts: Duration) {
        let leg = &mut self.legs[id];
        leg.lasts = Some(lasts);
        leg.ended = Some(leg.answered.unwrap_or(leg.began) + lasts);
        if let Some(dial) = leg.dial {
            self.end_dial_with(dial, id);
        }
    }

    fn end_siblings(&mut self, id: LegId, original: &str, at: Duration) {
        for (other, leg) in self.legs.iter_mut().enumerate() {
            if other != id && leg.original_callid == original && leg.ended.is_none_or(|ended| ended > at) {
                leg.ended = Some(at);
                leg.answered = None;
                leg.reason = EndReason::Cancelled;
            }
        }
    }

    /// Ends one row now; a planned row is dropped. Returns `false` where the row has ended before.
    pub(crate) fn end(&mut self, id: LegId, now: Duration, unanswered: EndReason) -> bool {
        let leg = &mut self.legs[id];
        if leg.void || leg.is_over(now) {
            return false;
        }
        if leg.began > now {
            leg.void = true;
            return true;
        }
        leg.ended = Some(now);
        if leg.answered_by(now).is_none() {
            leg.answered = None;
            leg.reason = unanswered;
        }
        true
    }

    /// One side hangs up, which ends all ring attempts and legs of the call.
    pub(crate) fn hang_up(&mut self, id: LegId, now: Duration) -> bool {
        let (original, dial) = (self.legs[id].original_callid.clone(), self.legs[id].dial);
        let whole: Vec<LegId> = (0..self.legs.len())
            .filter(|other| {
                let leg = &self.legs[*other];
                leg.original_callid == original || (dial.is_some() && leg.dial == dial)
            })
            .collect();
        let mut ended = false;
        for leg in whole {
            ended |= self.end(leg, now, EndReason::Cancelled);
        }
        ended
    }
}
