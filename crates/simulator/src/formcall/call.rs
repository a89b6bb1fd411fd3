//! One call as a timeline of moments, some of which may lie ahead.

use std::time::Duration;

use serde::Serialize;

use super::config::Automatic;
use super::order::CallOrder;

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    /// It waits in the vendor's queue; no telephone rings.
    Enqueued,
    /// The agent's telephone rings.
    AgentRings,
    /// The agent has answered, and the customer's telephone rings.
    CustomerRings,
    Talking,
    /// The call has ended.
    Over,
}

/// What became of a call. Only "Conectada" is documented; the other words are assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallOutcome {
    Connected,
    /// The customer did not answer.
    NoAnswer,
    /// The customer's line was busy.
    Busy,
    /// The agent did not answer, so the customer was never rung.
    AgentNoAnswer,
    /// Somebody ended the call before the customer answered.
    Cancelled,
}

impl CallOutcome {
    /// The `status` of the call's row.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Connected => "Conectada",
            Self::NoAnswer => "No contesta",
            Self::Busy => "Ocupado",
            Self::AgentNoAnswer => "Agente no contesta",
            Self::Cancelled => "Cancelada",
        }
    }
}

/// Where a call came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The request at this index of [`Ledger::requests`](super::Ledger::requests) ordered it.
    Request(usize),
    /// A visitor asked for it in the popup of a web site.
    Visitor,
}

/// A placed call. All moments are `Clock::elapsed`; one that lies ahead has not happened yet.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) uuid: String,
    pub(crate) order: CallOrder,
    pub(crate) origin: Origin,
    pub(crate) placed: Duration,
    /// When the list begins to show it.
    pub(crate) listed: Duration,
    /// When it leaves the queue and the agent's telephone rings.
    pub(crate) agent_rings: Duration,
    agent_answers: Option<Duration>,
    customer_answers: Option<Duration>,
    ends: Option<Duration>,
    /// What becomes of it where the customer does not answer.
    failure: CallOutcome,
    automatic: Automatic,
}

impl Call {
    pub(crate) fn new(
        uuid: String,
        order: CallOrder,
        origin: Origin,
        placed: Duration,
        agent_rings: Duration,
        automatic: Automatic,
    ) -> Self {
        let mut call = Self {
            uuid,
            order,
            origin,
            placed,
            listed: placed,
            agent_rings,
            agent_answers: None,
            customer_answers: None,
            ends: None,
            failure: CallOutcome::AgentNoAnswer,
            automatic,
        };
        match call.reaction(automatic.agent_answers_after) {
            Some(after) => call.agent_answers(agent_rings + after),
            None => call.ends = automatic.stops_ringing_after.map(|after| agent_rings + after),
        }
        call
    }

    /// When a telephone is answered by itself; `None` where it stops ringing before.
    fn reaction(&self, answers_after: Option<Duration>) -> Option<Duration> {
        let limit = self.automatic.stops_ringing_after.unwrap_or(Duration::MAX);
        answers_after.filter(|after| *after < limit)
    }

    /// The agent answers at this moment; from then on the customer's telephone rings.
    pub(crate) fn agent_answers(&mut self, at: Duration) {
        self.agent_answers = Some(at);
        self.failure = CallOutcome::NoAnswer;
        self.ends = None;
        match self.reaction(self.automatic.customer_answers_after) {
            Some(after) => self.customer_answers(at + after),
            None => self.ends = self.automatic.stops_ringing_after.map(|after| at + after),
        }
    }

    pub(crate) fn customer_answers(&mut self, at: Duration) {
        self.customer_answers = Some(at);
        self.ends = self.automatic.talks_for.map(|talk| at + talk);
    }

    /// Ends the call now; what was planned for later never happens.
    pub(crate) fn end(&mut self, now: Duration, failure: CallOutcome) {
        self.agent_answers = self.agent_answered(now);
        self.customer_answers = self.customer_answered(now);
        self.ends = Some(now);
        self.failure = failure;
    }

    pub(crate) fn state(&self, now: Duration) -> CallState {
        if self.ended(now).is_some() {
            CallState::Over
        } else if self.agent_rings > now {
            CallState::Enqueued
        } else if self.agent_answered(now).is_none() {
            CallState::AgentRings
        } else if self.customer_answered(now).is_none() {
            CallState::CustomerRings
        } else {
            CallState::Talking
        }
    }

    pub(crate) fn agent_rang(&self, now: Duration) -> Option<Duration> {
        let before_the_end = self.ends.is_none_or(|ends| self.agent_rings < ends);
        Some(self.agent_rings).filter(|rings| *rings <= now && before_the_end)
    }

    pub(crate) fn agent_answered(&self, now: Duration) -> Option<Duration> {
        self.agent_answers.filter(|answers| *answers <= now)
    }

    pub(crate) fn customer_answered(&self, now: Duration) -> Option<Duration> {
        self.customer_answers.filter(|answers| *answers <= now)
    }

    pub(crate) fn ended(&self, now: Duration) -> Option<Duration> {
        self.ends.filter(|ends| *ends <= now)
    }

    /// What became of it, as far as that is known: a call is connected as soon as the customer answers.
    pub(crate) fn outcome(&self, now: Duration) -> Option<CallOutcome> {
        match (self.customer_answered(now), self.ended(now)) {
            (Some(_), _) => Some(CallOutcome::Connected),
            (None, Some(_)) => Some(self.failure),
            (None, None) => None,
        }
    }

    /// How long a side was on the line, once the call is over.
    pub(crate) fn duration_from(&self, answered: Option<Duration>, now: Duration) -> Duration {
        match (answered, self.ended(now)) {
            (Some(answered), Some(ended)) => ended.saturating_sub(answered),
            _ => Duration::ZERO,
        }
    }
}
