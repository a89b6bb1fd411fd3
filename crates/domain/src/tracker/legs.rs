//! One call and the legs the vendor shows for it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{CallTransition, progress_of};
use crate::attribution::Whose;
use crate::call::{Call, CallState, Direction, Party};
use crate::dial::{Dial, DialState, LegRole, RingFirst};
use crate::endpoint::EndpointNumber;
use crate::observation::AttributedCall;

/// How long after the first leg of a dialled call seems gone the second may appear.
const LEGS_APART: TimeDelta = TimeDelta::seconds(20);
/// No telephone rings for so long.
const RINGS_AT_MOST: TimeDelta = TimeDelta::minutes(15);
/// Hardly anybody speaks for so long.
const SPEAKS_AT_MOST: TimeDelta = TimeDelta::hours(4);
/// No wrong time zone explains so much.
const ZONES_APART: TimeDelta = TimeDelta::hours(15);
/// How far apart the telephones of a ring group may begin to ring.
const SAME_MOMENT: TimeDelta = TimeDelta::seconds(3);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Leg {
    external_id: String,
    role: LegRole,
    /// Our endpoint in this leg; `None` for a leg between others.
    endpoint: Option<EndpointNumber>,
    detected_at: DateTime<Utc>,
    connected_at: Option<DateTime<Utc>>,
    /// The number of complete polls in a row that did not show the leg.
    misses: u32,
    missed_since: Option<DateTime<Utc>>,
    gone: bool,
}

/// A call, its legs, and which of its transitions have been published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tracked {
    pub(super) call: Call,
    group: Option<String>,
    legs: Vec<Leg>,
    dial: Option<Dial>,
    #[serde(rename = "detected_told")]
    detection_published: bool,
    #[serde(default, rename = "legs_told")]
    legs_published: usize,
    /// Whose call it is, where the engine serves several agents.
    #[serde(default)]
    agent: String,
    #[serde(default)]
    identified: bool,
    /// Whether it began while we looked: then an old time of the vendor's is most likely one of another zone.
    #[serde(default)]
    began_now: bool,
}

impl Tracked {
    pub(super) fn new(call: Call, first: &AttributedCall, role: LegRole, dial: Option<Dial>, began_now: bool) -> Self {
        let mut tracked = Self {
            call,
            group: first.group.clone(),
            legs: Vec::new(),
            dial,
            detection_published: false,
            legs_published: 0,
            agent: match &first.whose {
                Whose::Ours(ours) => ours.agent.clone(),
                Whose::Others { .. } => String::new(),
            },
            identified: false,
            began_now,
        };
        tracked.add_leg(first, role);
        tracked
    }

    /// Whether it began too long ago to be going on.
    pub(super) fn is_stale(&self, now: DateTime<Utc>) -> bool {
        let (since, at_most) = match self.call.connected_at {
            Some(connected) => (connected, SPEAKS_AT_MOST),
            None => (self.call.detected_at, RINGS_AT_MOST),
        };
        now - since > if self.began_now { at_most + ZONES_APART } else { at_most }
    }

    pub(super) fn dial(&self) -> Option<&Dial> {
        self.dial.as_ref()
    }

    pub(super) fn has_leg(&self, external_id: &str) -> bool {
        self.legs.iter().any(|leg| leg.external_id == external_id)
    }

    /// Whether the vendor says that the observed leg belongs to this call: it names our group or one of our legs, or
    /// one of our legs named it. What rings several agents is a call for each of them.
    pub(super) fn is_grouped_with(&self, observation: &AttributedCall) -> bool {
        let Whose::Ours(ours) = &observation.whose else { return false };
        if ours.agent != self.agent {
            return false;
        }
        self.group.as_deref() == Some(observation.external_id.as_str())
            || observation
                .group
                .as_deref()
                .is_some_and(|group| self.group.as_deref() == Some(group) || self.has_leg(group))
    }

    /// Whether the leg is another telephone of the same agent ringing for the same call. The documented fields of a live call
    /// don't say so; one number that begins to ring two of the agent's endpoints within moments does.
    pub(super) fn rings_with(&self, observation: &AttributedCall) -> bool {
        let Whose::Ours(ours) = &observation.whose else { return false };
        let same_party = ours.party.number().is_some_and(|number| self.call.party.number() == Some(number));
        let incoming = ours.direction == Direction::In && self.call.direction == Direction::In;
        let other_telephone = self.legs.iter().all(|leg| leg.endpoint.as_ref() != Some(&ours.endpoint));
        let same_moment = self.legs.iter().any(|leg| (leg.detected_at - observation.detected_at).abs() <= SAME_MOMENT);
        self.call.state != CallState::Ended
            && self.agent == ours.agent
            && same_party
            && incoming
            && other_telephone
            && same_moment
    }

    /// Whether this call was dialled through us and the leg is the one still missing from it. A call that is over waits
    /// for a leg only for moments: whoever calls back later, or is dialled again, is another call.
    pub(super) fn expects(&self, whose: &Whose, agent_leg_callers: &[String], at: DateTime<Utc>) -> Option<LegRole> {
        let dial = self.dial.as_ref()?;
        let role = dial.recognises(whose, agent_leg_callers)?;
        let taken = self.legs.iter().any(|leg| leg.role == role);
        // Where the agent is rung first, the agent's leg can't come after the contact's.
        let late_agent = role == LegRole::Agent
            && dial.ring_first == RingFirst::Agent
            && self.legs.iter().any(|leg| leg.role == LegRole::Contact);
        let over = self.call.ended_at.is_some_and(|ended| (at - ended).abs() > LEGS_APART);
        (!taken && !late_agent && !over).then_some(role)
    }

    pub(super) fn add_leg(&mut self, observation: &AttributedCall, role: LegRole) {
        self.call.legs.push(observation.external_id.clone());
        self.legs.push(Leg {
            external_id: observation.external_id.clone(),
            role,
            endpoint: match &observation.whose {
                Whose::Ours(ours) => Some(ours.endpoint.clone()),
                Whose::Others { .. } => None,
            },
            detected_at: observation.detected_at,
            connected_at: observation.connected_at,
            misses: 0,
            missed_since: observation.ended_at,
            gone: observation.ended_at.is_some(),
        });
        self.identify(observation);
    }

    /// The vendor may name the other side later than the call; some show it as withheld until then.
    fn identify(&mut self, observation: &AttributedCall) {
        let Whose::Ours(ours) = &observation.whose else { return };
        let better = match self.call.party {
            Party::NotKnownYet => ours.party != Party::NotKnownYet,
            Party::Withheld => matches!(ours.party, Party::Number { .. } | Party::Endpoint { .. }),
            Party::Number { .. } | Party::Endpoint { .. } => false,
        };
        if better {
            self.call.party = ours.party.clone();
            self.call.direction = ours.direction;
            self.identified = self.detection_published;
        }
    }

    /// Whether the vendor now names another agent's endpoint in a leg that was ours: it was transferred.
    pub(super) fn lost(&self, observation: &AttributedCall) -> bool {
        let was_ours = |leg: &Leg| leg.external_id == observation.external_id && leg.endpoint.is_some();
        let is_others = match &observation.whose {
            Whose::Ours(ours) => ours.agent != self.agent,
            Whose::Others { named, .. } => *named,
        };
        is_others && self.legs.iter().any(was_ours)
    }

    /// The leg goes on without us.
    pub(super) fn lose_leg(&mut self, external_id: &str, at: DateTime<Utc>) {
        for leg in self.legs.iter_mut().filter(|leg| leg.external_id == external_id && !leg.gone) {
            leg.missed_since.get_or_insert(at);
            leg.gone = true;
            self.call.transferred = true;
        }
    }

    /// A leg is shown again. An answer out of order says nothing about whether the leg still is there.
    pub(super) fn see_leg(&mut self, observation: &AttributedCall, in_order: bool) {
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.external_id == observation.external_id) else { return };
        // A leg that was answered once stays answered, whatever a later row says.
        leg.connected_at = leg.connected_at.or(observation.connected_at);
        // The vendor's own word that the leg is over needs no order.
        if let Some(ended_at) = observation.ended_at {
            leg.missed_since = Some(ended_at);
            leg.gone = true;
        } else if in_order {
            leg.misses = 0;
            leg.missed_since = None;
            leg.gone = false;
            self.call.transferred = false;
        }
        self.identify(observation);
    }

    /// A complete answer did not show some of our legs.
    pub(super) fn miss_all_but(&mut self, shown: impl Fn(&str) -> bool, enough: u32, at: DateTime<Utc>) {
        for leg in self.legs.iter_mut().filter(|leg| !leg.gone && !shown(&leg.external_id)) {
            leg.misses += 1;
            leg.missed_since.get_or_insert(at);
            leg.gone = leg.misses >= enough;
        }
    }

    /// Adds the transitions for what has changed since the last call of this.
    pub(super) fn publish(&mut self, at: DateTime<Utc>, transitions: &mut Vec<CallTransition>) {
        let alive = self.legs.iter().any(|leg| !leg.gone);
        let connected_at = self.conversation_began();
        let resumed = alive && self.call.state == CallState::Ended;
        if resumed {
            self.call.ended_at = None;
            self.call.state = if self.call.connected_at.is_some() { CallState::Connected } else { CallState::Ringing };
        }
        let connected = self.call.connected_at.is_none() && connected_at.is_some();
        if connected {
            self.call.connected_at = connected_at;
            if self.call.state == CallState::Ringing {
                self.call.state = CallState::Connected;
            }
        }
        if !self.detection_published {
            self.detection_published = true;
            transitions.push(CallTransition::Detected(self.call.clone()));
        } else if resumed {
            transitions.push(CallTransition::Resumed(self.call.clone()));
        } else if self.legs.len() > self.legs_published {
            transitions.push(CallTransition::LegAdded(self.call.clone()));
        }
        self.legs_published = self.legs.len();
        if std::mem::take(&mut self.identified) {
            transitions.push(CallTransition::Identified(self.call.clone()));
        }
        if connected {
            transitions.push(CallTransition::Connected(self.call.clone()));
        }
        if !alive && self.call.state != CallState::Ended {
            self.call.state = CallState::Ended;
            self.call.ended_at = self.legs.iter().filter_map(|leg| leg.missed_since).max();
            transitions.push(CallTransition::Ended(self.call.clone()));
        }
        self.publish_dial(at, transitions);
    }

    /// When both sides came to speak: for a dialled call, when the contact answered, not when the agent picked up.
    fn conversation_began(&self) -> Option<DateTime<Utc>> {
        self.legs.iter().filter(|leg| leg.role != LegRole::Agent).filter_map(|leg| leg.connected_at).min()
    }

    fn publish_dial(&mut self, at: DateTime<Utc>, transitions: &mut Vec<CallTransition>) {
        let contact_leg = self.legs.iter().any(|leg| leg.role == LegRole::Contact);
        let agent_answered = self.legs.iter().any(|leg| leg.role == LegRole::Agent && leg.connected_at.is_some());
        let Some(dial) = &mut self.dial else { return };
        let state = match self.call.state {
            CallState::Ended => DialState::Ended,
            CallState::Connected => DialState::Connected,
            CallState::Ringing if contact_leg || agent_answered => DialState::ContactRinging,
            CallState::Ringing => DialState::AgentRinging,
        };
        if state > dial.state {
            dial.state = state;
            transitions.push(CallTransition::Dial(progress_of(dial, at, Some(self.call.key.clone()))));
        }
    }
}
