//! Turns polls into transitions that each happen exactly once.
//!
//! A poll shows the calls going on; nobody tells when one begins or ends. The rules (PROVIDERS.md, "A live call missing
//! from one complete poll…"):
//!
//! - a call is detected when it is first shown, by whatever leg;
//! - a failed or partial poll ends nothing;
//! - a leg that two complete polls in a row miss is gone, since the first of the two; a call whose legs are all gone has
//!   ended;
//! - a call that is shown again goes on, and is not detected a second time;
//! - an answer to an older question that arrives late may add what we did not know, but takes nothing back.
//!
//! The whole state can be saved and restored, so a restart repeats nothing.

mod legs;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod stories;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::attribution::Whose;
use crate::call::{AccountName, Call, CallKey, CallState, Direction, Party};
use crate::contact::ContactId;
use crate::dial::{Dial, DialId, DialProgress, DialRules, DialState, LegRole, Placed};
use crate::endpoint::EndpointNumber;
use crate::error::{ErrorCode, Said};
use crate::observation::{AttributedCall, Coverage, ObservationBatch};
use crate::vendor::VendorId;
use legs::Tracked;

/// Something that happened to a call or a dial, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "transition", content = "of")]
pub enum CallTransition {
    /// A call was seen for the first time.
    Detected(Call),
    /// The party answered for the first time.
    Connected(Call),
    /// The call is over.
    Ended(Call),
    /// A call presumed ended is active again.
    Resumed(Call),
    /// The vendor has said who the other side is, some time after the call was detected.
    Identified(Call),
    /// The vendor shows another leg of the call. It is saved, because the record names each leg, and not published.
    #[serde(rename = "grew")]
    LegAdded(Call),
    /// A dial of ours reached its next state.
    Dial(DialProgress),
}

impl CallTransition {
    /// The call that the transition is about, where it is about one.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Detected(call)
            | Self::Connected(call)
            | Self::Ended(call)
            | Self::Resumed(call)
            | Self::Identified(call)
            | Self::LegAdded(call) => Some(call),
            Self::Dial(_) => None,
        }
    }
}

/// How many complete polls in a row must miss a leg before it is gone.
const MISSES_THAT_END: u32 = 2;
/// How long ended calls are remembered, so that one that is active again is recognised.
const REMEMBERED_FOR: TimeDelta = TimeDelta::hours(24);
/// How many ended calls are remembered at most.
const REMEMBERED_AT_MOST: usize = 500;
/// How long a dial that showed no call is still recognised, should its call appear after all.
const RECOGNISED_LATE_FOR: Duration = Duration::from_secs(120);
/// How much longer a dial waits for its call while polls fail.
const UNREAD_GRACE: Duration = Duration::from_secs(120);
/// How long a call counts as active without an answer that confirms it.
const CONFIRMED_FOR: TimeDelta = TimeDelta::minutes(3);
/// The longest gap between two polls that counts as waiting for a dial's call: a suspended laptop asked nothing in the
/// meantime.
const LONGEST_STEP: TimeDelta = TimeDelta::seconds(30);

/// Whether an endpoint is in a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Busy {
    /// It is not.
    #[default]
    Free,
    /// The vendor shows a call that began too long ago to be going on: somebody who is not in it may say so.
    StaleCall,
    /// It is, or a dial is on its way to it.
    InCall,
}

/// A dial whose call has not been seen yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct WaitingDial {
    dial: Dial,
    /// The number of the last answer before the dial. Numbers of questions say nothing here, because a question may
    /// wait long after it was numbered.
    after: u64,
    /// How long it has waited, counted anew once it was given up.
    waited: Duration,
    complete_polls: u32,
    appears_within: Duration,
}

/// The calls of one account, as polls and pushes have shown them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTracker {
    #[serde(rename = "provider")]
    vendor: VendorId,
    account: AccountName,
    /// What the vendor's rules make of a dial. They come from the settings, so they are not saved.
    #[serde(skip)]
    rules: DialRules,
    asked: u64,
    applied: u64,
    last_answer: Option<DateTime<Utc>>,
    #[serde(default)]
    last_complete: Option<DateTime<Utc>>,
    calls: Vec<Tracked>,
    waiting: Vec<WaitingDial>,
}

impl CallTracker {
    /// A tracker that knows no calls.
    #[must_use]
    pub fn new(vendor: VendorId, account: AccountName) -> Self {
        Self {
            vendor,
            account,
            rules: DialRules::default(),
            asked: 0,
            applied: 0,
            last_answer: None,
            last_complete: None,
            calls: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// The same, following the vendor's rules of dials.
    #[must_use]
    pub fn with_rules(mut self, rules: DialRules) -> Self {
        self.rules = rules;
        self
    }

    /// The number for the next question, counted from 1.
    pub fn next_sequence(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// The calls that are not over.
    pub fn active(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().map(|t| &t.call).filter(|c| c.state != CallState::Ended)
    }

    /// The contact that was dialled with this dial.
    #[must_use]
    pub fn dialled_contact(&self, id: DialId) -> Option<ContactId> {
        let followed = self.calls.iter().filter_map(Tracked::dial);
        followed.chain(self.waiting.iter().map(|w| &w.dial)).find(|dial| dial.id == id).and_then(|dial| dial.contact)
    }

    /// Whether this endpoint is in a call, or is about to be by a dial.
    ///
    /// Calls that no answer has confirmed for minutes prove nothing: while the vendor can't be read, dialling goes on.
    #[must_use]
    pub fn busy(&self, endpoint: &EndpointNumber, now: DateTime<Utc>) -> Busy {
        if self.waiting.iter().any(|w| w.dial.endpoint == *endpoint && !w.dial.state.is_final()) {
            return Busy::InCall;
        }
        let confirmed = self.last_complete.is_some_and(|at| (now - at).abs() <= CONFIRMED_FOR);
        let going_on = self.calls.iter().filter(|tracked| tracked.call.state != CallState::Ended);
        let own = going_on.filter(|tracked| confirmed && tracked.call.endpoint == *endpoint);
        own.map(|tracked| if tracked.is_stale(now) { Busy::StaleCall } else { Busy::InCall }).max().unwrap_or_default()
    }

    /// The calls that the vendor still shows although they began too long ago to be going on.
    pub fn stale(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Call> {
        let going_on = self.calls.iter().filter(|tracked| tracked.call.state != CallState::Ended);
        going_on.filter(move |tracked| tracked.is_stale(now)).map(|tracked| &tracked.call)
    }

    /// A dial is about to be sent: its legs are recognised in every answer that comes after this.
    pub fn follow(&mut self, dial: Dial, appears_within: Duration) -> CallTransition {
        let progress = progress_of(&dial, dial.requested_at, None);
        let waited = Duration::ZERO;
        self.waiting.push(WaitingDial { dial, after: self.applied, waited, complete_polls: 0, appears_within });
        CallTransition::Dial(progress)
    }

    /// The vendor has answered a dial. An unknown outcome is followed like an accepted one, for it may have been placed.
    pub fn dial_answered(
        &mut self,
        id: DialId,
        answer: Result<&Placed, ErrorCode>,
        said: Option<Said>,
        at: DateTime<Utc>,
    ) -> Option<CallTransition> {
        let place = self.waiting.iter().position(|w| w.dial.id == id)?;
        match answer {
            Ok(Placed { pending: true, .. }) => {
                let mut dial = self.waiting.remove(place).dial;
                dial.state = DialState::Pending;
                Some(CallTransition::Dial(progress_of(&dial, at, None)))
            }
            Ok(_) => {
                let dial = &mut self.waiting.get_mut(place)?.dial;
                (dial.state < DialState::Accepted).then(|| {
                    dial.state = DialState::Accepted;
                    CallTransition::Dial(progress_of(dial, at, None))
                })
            }
            // It is told only where the vendor said something.
            Err(ErrorCode::OutcomeUnknown) => {
                let dial = &self.waiting.get(place)?.dial;
                Some(CallTransition::Dial(DialProgress { said: Some(said?), ..progress_of(dial, at, None) }))
            }
            Err(code) => {
                let mut dial = self.waiting.remove(place).dial;
                dial.state = DialState::Failed;
                Some(CallTransition::Dial(DialProgress { error: Some(code), said, ..progress_of(&dial, at, None) }))
            }
        }
    }

    /// The dials whose call has not been seen yet; also those that were given up, while their call would be recognised.
    pub fn waiting_dials(&self) -> impl Iterator<Item = &Dial> {
        self.waiting.iter().map(|waiting| &waiting.dial)
    }

    /// Whether a leg with this id was ever part of a call that is remembered.
    #[must_use]
    pub fn knows_leg(&self, external_id: &str) -> bool {
        self.calls.iter().any(|tracked| tracked.has_leg(external_id))
    }

    /// Applies what a poll or a push brought, and gives the transitions that follow.
    pub fn apply(&mut self, batch: &ObservationBatch) -> Vec<CallTransition> {
        let in_order = batch.sequence > self.applied;
        if in_order {
            self.applied = batch.sequence;
            self.asked = self.asked.max(batch.sequence);
        }
        let at = batch.answered_at;
        let mut transitions = Vec::new();
        let shown = each_leg_once(&batch.observations, at);
        for observation in shown.values() {
            self.see(observation, batch.sequence, in_order, at);
        }
        if in_order && batch.coverage == Coverage::AllCalls {
            for tracked in &mut self.calls {
                tracked.miss_all_but(|id| shown.contains_key(id), MISSES_THAT_END, at);
            }
        }
        for tracked in &mut self.calls {
            tracked.publish(at, &mut transitions);
        }
        if in_order {
            self.wait_for_dials(batch, &mut transitions);
            self.last_answer = Some(at);
            if batch.coverage != Coverage::Partial {
                self.last_complete = Some(at);
            }
            self.forget(at);
        }
        transitions
    }

    /// Finds the call that a leg belongs to, or begins one.
    fn see(&mut self, observation: &AttributedCall, sequence: u64, in_order: bool, at: DateTime<Utc>) {
        let mut taken_over = false;
        for tracked in self.calls.iter_mut().filter(|t| t.has_leg(&observation.external_id)) {
            if !tracked.lost(observation) {
                tracked.see_leg(observation, in_order);
                return;
            }
            if in_order {
                tracked.lose_leg(&observation.external_id, at);
            }
            taken_over = true;
        }
        // Another agent whom this engine serves too has it now, as a call of their own; of all others it is no business.
        if taken_over && (!in_order || matches!(observation.whose, Whose::Others { .. })) {
            return;
        }
        if let Some(tracked) = self.calls.iter_mut().find(|t| t.is_grouped_with(observation)) {
            tracked.add_leg(observation, LegRole::Plain);
            return;
        }
        if let Some(tracked) = self.calls.iter_mut().find(|t| t.rings_with(observation)) {
            tracked.add_leg(observation, LegRole::Plain);
            return;
        }
        let claims = self.waiting.iter().enumerate().filter(|(_, waiting)| sequence > waiting.after);
        let claims = claims.filter_map(|(place, waiting)| {
            let role = waiting.dial.recognises(&observation.whose, &self.rules.agent_leg_callers)?;
            Some((observation.detected_at - waiting.dial.requested_at, place, role))
        });
        // A number that showed no call and was dialled again: the leg is of the dial that was asked for nearest to it.
        let dialled = claims.min_by_key(|(apart, ..)| apart.abs()).map(|(_, place, role)| (place, role));
        // A call that goes on takes its missing leg first; one that seems over only what no dial on its way claims.
        for over in [false, true] {
            for tracked in self.calls.iter_mut().filter(|t| (t.call.state == CallState::Ended) == over) {
                if over && dialled.is_some() {
                    continue;
                }
                if let Some(role) = tracked.expects(&observation.whose, &self.rules.agent_leg_callers, at) {
                    tracked.add_leg(observation, role);
                    return;
                }
            }
        }
        let key = CallKey {
            vendor: self.vendor.clone(),
            account: self.account.clone(),
            external_id: match &observation.whose {
                Whose::Ours(ours) if taken_over => format!("{}~{}", observation.external_id, ours.endpoint),
                _ => observation.external_id.clone(),
            },
        };
        let detected_at = observation.detected_at.min(at);
        // What a complete answer of a moment ago did not show began since, whatever the vendor writes.
        let began_now = self.last_complete.is_some_and(|last| (at - last).abs() <= LONGEST_STEP);
        if let Some((place, role)) = dialled {
            let dial = self.waiting.remove(place).dial;
            let call = Call {
                key,
                endpoint: dial.endpoint.clone(),
                direction: Direction::Out,
                party: Party::Number { number: dial.number.clone() },
                state: CallState::Ringing,
                detected_at,
                connected_at: None,
                ended_at: None,
                dial: Some(dial.id),
                legs: Vec::new(),
                transferred: false,
            };
            self.calls.push(Tracked::new(call, observation, role, Some(dial), began_now));
        } else if let Whose::Ours(ours) = &observation.whose {
            let call = Call {
                key,
                endpoint: ours.endpoint.clone(),
                direction: ours.direction,
                party: ours.party.clone(),
                state: CallState::Ringing,
                detected_at,
                connected_at: None,
                ended_at: None,
                dial: None,
                legs: Vec::new(),
                transferred: false,
            };
            self.calls.push(Tracked::new(call, observation, LegRole::Plain, None, began_now));
        }
    }

    /// Gives up on dials whose call has not appeared in their time and in at least two complete polls.
    fn wait_for_dials(&mut self, batch: &ObservationBatch, transitions: &mut Vec<CallTransition>) {
        let at = batch.answered_at;
        for waiting in &mut self.waiting {
            if batch.sequence <= waiting.after {
                continue;
            }
            let asked = waiting.dial.requested_at;
            // Where the vendor is asked only while a dial is followed, the last answer may be hours older than the dial.
            let since = self.last_answer.map(|last| if (last..at).contains(&asked) { asked } else { last });
            let step = since.map_or(TimeDelta::zero(), |since| at - since).clamp(TimeDelta::zero(), LONGEST_STEP);
            waiting.waited += step.to_std().unwrap_or_default();
            waiting.complete_polls += u32::from(batch.coverage != Coverage::Partial);
            let looked = waiting.complete_polls >= MISSES_THAT_END;
            let grace = if looked { Duration::ZERO } else { UNREAD_GRACE };
            let overdue = waiting.waited >= waiting.appears_within + grace;
            if overdue && !waiting.dial.state.is_final() {
                waiting.dial.state = DialState::NoCallAppeared;
                waiting.waited = Duration::ZERO;
                let mut progress = progress_of(&waiting.dial, at, None);
                progress.likely_reasons = self.rules.reasons(looked);
                transitions.push(CallTransition::Dial(progress));
            }
        }
        self.waiting.retain(|w| !w.dial.state.is_final() || w.waited < RECOGNISED_LATE_FOR);
    }

    fn forget(&mut self, at: DateTime<Utc>) {
        let old = |t: &Tracked| t.call.ended_at.is_some_and(|ended| at - ended > REMEMBERED_FOR);
        self.calls.retain(|t| !old(t));
        let ended = self.calls.iter().filter(|t| t.call.state == CallState::Ended).count();
        let mut surplus = ended.saturating_sub(REMEMBERED_AT_MOST);
        // The calls stand in the order they were detected, so the oldest go first.
        self.calls.retain(|t| {
            let goes = surplus > 0 && t.call.state == CallState::Ended;
            surplus -= usize::from(goes);
            !goes
        });
    }
}

/// The vendor may show a leg twice in one answer: as the queue's, which answered, and as ours, which rings. Ours says how far
/// the call is for us; of two rows of one kind, what either knows is kept. Nothing happens later than we are told of it.
fn each_leg_once(observations: &[AttributedCall], at: DateTime<Utc>) -> BTreeMap<String, AttributedCall> {
    let mut legs: BTreeMap<String, AttributedCall> = BTreeMap::new();
    for observation in observations {
        let mut observation = observation.clone();
        observation.connected_at = observation.connected_at.map(|connected| connected.min(at));
        observation.ended_at = observation.ended_at.map(|ended| ended.min(at));
        let is_ours = |whose: &Whose| matches!(whose, Whose::Ours(_));
        match legs.get_mut(&observation.external_id) {
            Some(known) if is_ours(&known.whose) && !is_ours(&observation.whose) => {}
            Some(known) if is_ours(&known.whose) == is_ours(&observation.whose) => {
                known.connected_at = known.connected_at.or(observation.connected_at);
                known.ended_at = known.ended_at.or(observation.ended_at);
            }
            _ => {
                legs.insert(observation.external_id.clone(), observation);
            }
        }
    }
    legs
}

fn progress_of(dial: &Dial, at: DateTime<Utc>, call_key: Option<CallKey>) -> DialProgress {
    DialProgress {
        id: dial.id,
        state: dial.state,
        at,
        call_key,
        error: None,
        reason: None,
        said: None,
        likely_reasons: Vec::new(),
    }
}
