//! The verbs of tests, such as `sim.rings("8888-4787", "8373456")`, `call.answer()` and
//! `sim.telephone("8373456").unregistered()`.

use std::sync::Arc;
use std::time::Duration;

use super::config::Codec;
use super::exchange::{AgentTelephone, LegId, OutsideTelephone};
use super::leg::{CallDirection, EndReason, Leg};
use super::shared::Shared;
use super::simulator::Simulator;

/// Calls. Those of `…_at` begin at a moment of `Clock::elapsed`, the others now. A call rings until somebody answers or
/// hangs up, unless the handle plans otherwise.
impl Simulator {
    /// Somebody calls an endpoint. `ani` is shown as given: any spelling, "anonymous", or "".
    pub fn rings(&self, ani: &str, to_endpoint: &str) -> CallHandle {
        self.rings_at(self.shared.now(), ani, to_endpoint)
    }

    pub fn rings_at(&self, began: Duration, ani: &str, to_endpoint: &str) -> CallHandle {
        let leg = self.shared.state().exchange.incoming(ani, to_endpoint, began);
        self.handle(leg)
    }

    /// A number is dialled on an endpoint's handset.
    pub fn calls_out(&self, endpoint: &str, number: &str) -> CallHandle {
        self.calls_out_at(self.shared.now(), endpoint, number)
    }

    pub fn calls_out_at(&self, began: Duration, endpoint: &str, number: &str) -> CallHandle {
        let leg = self.shared.state().exchange.outgoing(endpoint, number, began);
        self.handle(leg)
    }

    /// An endpoint calls another of the account.
    pub fn internal(&self, from_endpoint: &str, to_endpoint: &str) -> CallHandle {
        self.internal_at(self.shared.now(), from_endpoint, to_endpoint)
    }

    pub fn internal_at(&self, began: Duration, from_endpoint: &str, to_endpoint: &str) -> CallHandle {
        let leg = self.shared.state().exchange.internal(from_endpoint, to_endpoint, began);
        self.handle(leg)
    }

    /// Somebody calls several endpoints at once: one row each, with the first one's callid as `original_callid`.
    pub fn rings_group(&self, ani: &str, endpoints: &[&str]) -> GroupHandle {
        self.rings_group_at(self.shared.now(), ani, endpoints)
    }

    pub fn rings_group_at(&self, began: Duration, ani: &str, endpoints: &[&str]) -> GroupHandle {
        let legs = self.shared.state().exchange.group(ani, endpoints, began);
        GroupHandle { attempts: legs.into_iter().map(|leg| self.handle(leg)).collect() }
    }

    /// The live calls, oldest first, including those of click-to-dial.
    #[must_use]
    pub fn live_calls(&self) -> Vec<CallHandle> {
        let now = self.shared.now();
        let state = self.shared.state();
        let mut live: Vec<LegId> =
            (0..state.exchange.legs.len()).filter(|leg| state.exchange.legs[*leg].is_live(now)).collect();
        live.sort_by_key(|leg| state.exchange.legs[*leg].began);
        live.into_iter().map(|leg| self.handle(leg)).collect()
    }

    /// The call with this callid, whether past, live or planned.
    #[must_use]
    pub fn call(&self, callid: &str) -> Option<CallHandle> {
        let leg = self.shared.state().exchange.legs.iter().position(|leg| leg.callid == callid);
        leg.map(|leg| self.handle(leg))
    }

    /// The agent's telephone for click-to-dial. By default it is registered, has PCMA first and is answered after 2 s.
    #[must_use]
    pub fn telephone(&self, endpoint: &str) -> Telephone {
        Telephone { shared: self.shared.clone(), endpoint: endpoint.to_owned() }
    }

    /// The contact's telephone for click-to-dial. By default it is answered after 5 s, for 60 s.
    #[must_use]
    pub fn contact_telephone(&self, number: &str) -> ContactTelephone {
        ContactTelephone { shared: self.shared.clone(), number: number.to_owned() }
    }

    fn handle(&self, leg: LegId) -> CallHandle {
        CallHandle { shared: self.shared.clone(), leg }
    }
}

/// A call, or one ring attempt or leg of it. Clones are the same call.
#[derive(Clone)]
pub struct CallHandle {
    shared: Arc<Shared>,
    leg: LegId,
}

impl CallHandle {
    #[must_use]
    pub fn callid(&self) -> String {
        self.look(|leg| leg.callid.clone())
    }

    /// The account's endpoint in the call; for an internal call the calling one.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.look(|leg| leg.endpoint.clone())
    }

    /// The other side as it was given: a number, "anonymous", an endpoint, or empty.
    #[must_use]
    pub fn party(&self) -> String {
        self.look(|leg| leg.party.clone())
    }

    #[must_use]
    pub fn direction(&self) -> CallDirection {
        self.look(|leg| leg.direction)
    }

    /// Whether it has begun and has not ended.
    #[must_use]
    pub fn is_live(&self) -> bool {
        let now = self.shared.now();
        self.look(|leg| leg.is_live(now))
    }

    #[must_use]
    pub fn is_answered(&self) -> bool {
        let now = self.shared.now();
        self.look(|leg| leg.answered_by(now).is_some())
    }

    /// The called side answers now. Returns `false` where the call does not ring.
    pub fn answer(&self) -> bool {
        let now = self.shared.now();
        self.shared.state().exchange.answer(self.leg, now)
    }

    /// One side hangs up, which ends all ring attempts and legs; without an answer they end as CANCELLED. A planned
    /// call is dropped. Returns `false` where the call was over before.
    pub fn hang_up(&self) -> bool {
        let now = self.shared.now();
        self.shared.state().exchange.hang_up(self.leg, now)
    }

    /// The called side refuses (DECLINE); in a group, only this telephone. Returns `false` where it does not ring.
    pub fn decline(&self) -> bool {
        self.fails(EndReason::Decline)
    }

    /// The ring attempt ends without an answer, for this reason. Returns `false` where it does not ring.
    pub fn fails(&self, reason: EndReason) -> bool {
        let now = self.shared.now();
        let mut state = self.shared.state();
        let leg = &state.exchange.legs[self.leg];
        leg.is_live(now) && leg.answered_by(now).is_none() && state.exchange.end(self.leg, now, reason)
    }

    /// Plans that the call is answered this long after it began.
    #[must_use]
    pub fn answers_after(self, ring: Duration) -> Self {
        {
            let mut state = self.shared.state();
            let at = state.exchange.legs[self.leg].began + ring;
            state.exchange.plan_answer(self.leg, at);
        }
        self
    }

    /// Plans that the conversation lasts this long from the answer. A call that nobody answers rings this long and ends
    /// as NO_ANSWER.
    #[must_use]
    pub fn lasts(self, duration: Duration) -> Self {
        self.shared.state().exchange.plan_length(self.leg, duration);
        self
    }

    fn look<T>(&self, see: impl FnOnce(&Leg) -> T) -> T {
        see(&self.shared.state().exchange.legs[self.leg])
    }
}

/// A call that rings several endpoints.
#[derive(Clone)]
pub struct GroupHandle {
    /// One ring attempt for each endpoint, in the order they were named.
    pub attempts: Vec<CallHandle>,
}

impl GroupHandle {
    /// This endpoint answers, and the others stop ringing (CANCELLED). Returns `false` where it does not ring.
    pub fn answer(&self, endpoint: &str) -> bool {
        self.attempt(endpoint).is_some_and(|attempt| attempt.answer())
    }

    /// The caller hangs up, which ends all ring attempts.
    pub fn hang_up(&self) -> bool {
        self.attempts.first().is_some_and(CallHandle::hang_up)
    }

    #[must_use]
    pub fn attempt(&self, endpoint: &str) -> Option<&CallHandle> {
        self.attempts.iter().find(|attempt| attempt.endpoint() == endpoint)
    }
}

/// An agent's telephone. A change applies to click-to-dials ordered from now on.
#[derive(Clone)]
pub struct Telephone {
    shared: Arc<Shared>,
    endpoint: String,
}

impl Telephone {
    /// Whether it is registered. Click-to-dial accepts an order for an unregistered telephone, and nothing rings.
    pub fn registered(&self, registered: bool) -> &Self {
        self.set(|telephone| telephone.registered = registered)
    }

    pub fn unregistered(&self) -> &Self {
        self.registered(false)
    }

    /// Whether PCMA is first in its list of codecs, or absent.
    pub fn pcma(&self, has_it: bool) -> &Self {
        self.codec(if has_it { Codec::Primary } else { Codec::Absent })
    }

    /// Where PCMA is in its list of codecs.
    pub fn codec(&self, codec: Codec) -> &Self {
        self.set(|telephone| telephone.codec = codec)
    }

    /// How long it rings before it is answered; `None` for a telephone that nobody answers.
    pub fn answers_after(&self, ring: Option<Duration>) -> &Self {
        self.set(|telephone| telephone.answers_after = ring)
    }

    fn set(&self, change: impl FnOnce(&mut AgentTelephone)) -> &Self {
        change(self.shared.state().exchange.telephones.entry(self.endpoint.clone()).or_default());
        self
    }
}

/// A contact's telephone. A change applies to click-to-dials ordered from now on.
#[derive(Clone)]
pub struct ContactTelephone {
    shared: Arc<Shared>,
    number: String,
}

impl ContactTelephone {
    /// How long it rings before it is answered; `None` for a telephone that nobody answers.
    pub fn answers_after(&self, ring: Option<Duration>) -> &Self {
        self.set(|telephone| telephone.answers_after = ring)
    }

    /// How long the contact talks before hanging up; `None` for a call that somebody else ends.
    pub fn talks_for(&self, talk: Option<Duration>) -> &Self {
        self.set(|telephone| telephone.talks_for = talk)
    }

    pub fn busy(&self, busy: bool) -> &Self {
        self.set(|telephone| telephone.busy = busy)
    }

    fn set(&self, change: impl FnOnce(&mut OutsideTelephone)) -> &Self {
        change(self.shared.state().exchange.contacts.entry(self.number.clone()).or_default());
        self
    }
}
