//! Click-to-dial (seed 000, section 1): which orders it refuses, and the timeline of the call it places.

use std::time::Duration;

use super::config::{AgentLegCaller, ClickToDialLegs, Codec};
use super::exchange::{Exchange, LegId};
use super::leg::{CallDirection, EndReason, Leg};

/// How long a call to a busy telephone lasts.
const BUSY_TONE: Duration = Duration::from_secs(3);

/// One of the two telephones of a click-to-dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Agent,
    Contact,
}

/// An order for a click-to-dial, accepted or refused.
#[derive(Debug, Clone)]
pub(crate) struct Dial {
    pub(crate) agent: String,
    pub(crate) contact: String,
    agent_first: bool,
    one_leg: bool,
    /// The contact was rung first and answered, and the agent did not answer. A call with one row does not show this.
    contact_left_alone: bool,
    pub(crate) asked: Duration,
    pub(crate) refused: Option<String>,
    /// The order was accepted, but the agent's telephone cannot be rung, so no row ever appears.
    pub(crate) in_vain: bool,
    /// The rows, in the order they ring.
    pub(crate) legs: Vec<LegId>,
}

impl Dial {
    /// Whether both sides talked. Only the rows of an ended call say so.
    pub(crate) fn talked(&self, legs: &[&Leg]) -> bool {
        let answered = |leg: &&Leg| leg.answered.is_some() && leg.reason == EndReason::Ok;
        let rows = if self.one_leg { 1 } else { 2 };
        !self.contact_left_alone && legs.len() == rows && legs.iter().all(answered)
    }
}

/// How a telephone reacts to being rung.
struct Reaction {
    busy: bool,
    answers_after: Option<Duration>,
}

impl Exchange {
    /// Orders a call that rings `first` and then `second`. Returns the index of the order and why it was refused.
    ///
    /// One of the two must be an endpoint of the account, which is the agent's. Where both are, `first` is the agent's.
    pub(crate) fn click_to_dial(&mut self, first: &str, second: &str, now: Duration) -> (u64, Option<Refusal>) {
        let agent_first = self.config.is_endpoint(first);
        let (agent, contact) = if agent_first { (first, second) } else { (second, first) };
        let refused = if !self.config.is_endpoint(agent) {
            Some(Refusal::NoEndpoint)
        } else if first == second {
            Some(Refusal::SameNumber)
        } else if self.is_busy(agent, now) {
            Some(Refusal::Busy)
        } else {
            None
        };
        let telephone = self.telephones.get(agent).cloned().unwrap_or_default();
        let needed = if agent_first { Codec::Primary } else { Codec::Allowed };
        let id = self.dials.len() as u64;
        self.dials.push(Dial {
            agent: agent.to_owned(),
            contact: contact.to_owned(),
            agent_first,
            one_leg: self.config.click_to_dial_legs == ClickToDialLegs::OneLeg,
            asked: now,
            contact_left_alone: false,
            refused: refused.map(|why| why.text().to_owned()),
            in_vain: refused.is_none() && (!telephone.registered || telephone.codec < needed),
            legs: Vec::new(),
        });
        if refused.is_none() && !self.dial(id).in_vain {
            self.place(id, now + self.config.dial_delay);
        }
        (id, refused)
    }

    fn dial(&self, id: u64) -> &Dial {
        // The id is the index in the list, which only grows.
        &self.dials[id as usize]
    }

    fn reaction(&self, id: u64, side: Side) -> Reaction {
        let dial = self.dial(id);
        match side {
            Side::Agent => {
                let telephone = self.telephones.get(&dial.agent).cloned().unwrap_or_default();
                Reaction { busy: false, answers_after: telephone.answers_after }
            }
            Side::Contact => {
                let telephone = self.contacts.get(&dial.contact).cloned().unwrap_or_default();
                Reaction { busy: telephone.busy, answers_after: telephone.answers_after }
            }
        }
        .within(self.config.ring_timeout)
    }

    fn talks_for(&self, id: u64) -> Option<Duration> {
        self.contacts.get(&self.dial(id).contact).cloned().unwrap_or_default().talks_for
    }

    fn sides(&self, id: u64) -> (Side, Side) {
        if self.dial(id).agent_first { (Side::Agent, Side::Contact) } else { (Side::Contact, Side::Agent) }
    }

    fn place(&mut self, id: u64, began: Duration) {
        let (first, _) = self.sides(id);
        match self.config.click_to_dial_legs {
            ClickToDialLegs::TwoLegs => self.ring(id, first, began),
            ClickToDialLegs::OneLeg => self.ring_as_one(id, began),
        }
    }

    /// Adds the row of one side and plans how that side reacts.
    fn ring(&mut self, id: u64, side: Side, began: Duration) {
        let leg = match side {
            Side::Agent => self.agent_leg(id, began),
            Side::Contact => self.contact_leg(id, began),
        };
        let first = self.dial(id).legs.first().copied();
        self.dials[id as usize].legs.push(leg);
        self.legs[leg].dial = Some(id);
        if let (true, Some(first)) = (self.config.linked_legs, first) {
            self.link(first, leg);
        }
        let reaction = self.reaction(id, side);
        match reaction.answers_after {
            _ if reaction.busy => self.plan_end(leg, began + BUSY_TONE, EndReason::TemporarilyUnavailable),
            Some(after) => self.plan_answer(leg, began + after),
            None => self.plan_end(leg, began + self.config.ring_timeout, EndReason::NoAnswer),
        }
        self.end_dial_with(id, leg);
    }

    /// Adds the only row, which rings from the first telephone on. Its answer is the contact's, so both sides talk from
    /// then on where the agent is rung first.
    fn ring_as_one(&mut self, id: u64, began: Duration) {
        let leg = self.contact_leg(id, began);
        self.dials[id as usize].legs.push(leg);
        self.legs[leg].dial = Some(id);
        let timeout = self.config.ring_timeout;
        let (agent, contact) = (self.reaction(id, Side::Agent), self.reaction(id, Side::Contact));
        let contact_rings = match (self.dial(id).agent_first, agent.answers_after) {
            (true, None) => return self.plan_end(leg, began + timeout, EndReason::Cancelled),
            (true, Some(after)) => began + after,
            (false, _) => began,
        };
        match contact.answers_after {
            _ if contact.busy => self.plan_end(leg, contact_rings + BUSY_TONE, EndReason::TemporarilyUnavailable),
            None => self.plan_end(leg, contact_rings + timeout, EndReason::NoAnswer),
            Some(after) => self.plan_answer(leg, contact_rings + after),
        }
    }

    /// A leg is answered, or will be, at `at`; plans what follows for the other side.
    pub(crate) fn dial_answered(&mut self, id: u64, leg: LegId, at: Duration) {
        let talks = self.talks_for(id);
        let agent_first = self.dial(id).agent_first;
        let is_first = self.dial(id).legs.first() == Some(&leg);
        match self.config.click_to_dial_legs {
            ClickToDialLegs::OneLeg => {
                let agent = self.reaction(id, Side::Agent);
                self.dials[id as usize].contact_left_alone = !agent_first && agent.answers_after.is_none();
                self.legs[leg].ended = match (agent_first, agent.answers_after) {
                    (true, _) => talks.map(|talks| at + talks),
                    (false, Some(after)) => talks.map(|talks| at + after + talks),
                    (false, None) => Some(at + self.config.ring_timeout),
                };
            }
            ClickToDialLegs::TwoLegs if is_first => {
                let later = self.dials[id as usize].legs.split_off(1);
                for planned in later {
                    self.legs[planned].void = true;
                }
                let (_, second) = self.sides(id);
                self.ring(id, second, at);
            }
            ClickToDialLegs::TwoLegs => {
                self.legs[leg].ended = talks.map(|talks| at + talks);
                self.end_dial_with(id, leg);
            }
        }
    }

    /// The first leg ends when the second does.
    pub(crate) fn end_dial_with(&mut self, id: u64, leg: LegId) {
        let legs = self.dial(id).legs.clone();
        if let [first, second] = legs.as_slice()
            && leg == *second
        {
            self.legs[*first].ended = self.legs[*second].ended;
        }
    }

    fn plan_end(&mut self, leg: LegId, at: Duration, reason: EndReason) {
        let leg = &mut self.legs[leg];
        leg.ended = Some(at);
        leg.reason = reason;
    }

    fn contact_leg(&mut self, id: u64, began: Duration) -> LegId {
        let (agent, contact) = (self.dial(id).agent.clone(), self.dial(id).contact.clone());
        if self.config.is_endpoint(&contact) {
            self.internal(&agent, &contact, began)
        } else {
            self.outgoing(&agent, &contact, began)
        }
    }

    fn agent_leg(&mut self, id: u64, began: Duration) -> LegId {
        let (agent, contact) = (self.dial(id).agent.clone(), self.dial(id).contact.clone());
        let leg = match self.config.agent_leg_caller.clone() {
            AgentLegCaller::SelfCall => self.internal(&agent, &agent, began),
            AgentLegCaller::ContactNumber => self.incoming(&contact, &agent, began),
            AgentLegCaller::Number(number) => self.incoming(&number, &agent, began),
        };
        self.legs[leg].direction = CallDirection::Incoming;
        self.legs[leg].party = contact;
        leg
    }
}

impl Reaction {
    /// Drops an answer that would come after click-to-dial has stopped ringing.
    fn within(self, timeout: Duration) -> Self {
        Self { answers_after: self.answers_after.filter(|after| *after < timeout), ..self }
    }
}

/// Why click-to-dial places no call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoEndpoint,
    SameNumber,
    Busy,
}

impl Refusal {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NoEndpoint => "first_num o second_num debe ser un número de la cuenta",
            Self::SameNumber => "first_num y second_num son iguales",
            Self::Busy => "El usuario está en una llamada activa",
        }
    }
}
