//! A working day of calls, planned in advance; the same seed gives the same day.

use std::time::Duration;

use serde::Serialize;

use super::simulator::Simulator;
use super::verbs::CallHandle;
use crate::dice::Dice;

impl Dice {
    fn seconds(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_secs(least + self.below(most.saturating_sub(least) + 1))
    }
}

/// The limits within which a day is generated.
#[derive(Debug, Clone)]
pub struct DayPlan {
    /// The endpoints that take part; at least one.
    pub endpoints: Vec<String>,
    /// The numbers that call and are called; at least one.
    pub contacts: Vec<String>,
    /// The length of the day; no call begins later.
    pub length: Duration,
    /// The pause between two calls is at least one second and at most this long.
    pub longest_pause: Duration,
    /// A conversation takes at least five seconds and at most this long.
    pub longest_talk: Duration,
}

impl Default for DayPlan {
    /// Eight hours on the default configuration's first endpoint, a call every few minutes.
    fn default() -> Self {
        let contacts = ["88884787", "71022296", "22223333", "40001234", "8888-4787", "51902871550"];
        Self {
            endpoints: vec!["8373456".to_owned()],
            contacts: contacts.map(str::to_owned).to_vec(),
            length: Duration::from_secs(8 * 3600),
            longest_pause: Duration::from_secs(240),
            longest_talk: Duration::from_secs(400),
        }
    }
}

/// The kinds of call in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScriptedKind {
    /// Somebody calls and is answered.
    Incoming,
    /// Somebody calls and nobody answers.
    Missed,
    /// Somebody calls and hides the number.
    Withheld,
    /// A number is dialled on the handset.
    Outgoing,
    /// Somebody calls during another call.
    Second,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScriptedCall {
    /// When it begins, counted from the start of the day.
    pub at: Duration,
    pub kind: ScriptedKind,
    pub endpoint: String,
    /// The other side: a number, or "anonymous".
    pub number: String,
    /// How long it rings before it is answered; `None` for a call that nobody answers.
    pub answers_after: Option<Duration>,
    /// The length of the conversation, or how long an unanswered call rings.
    pub lasts: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkingDay {
    /// The calls, in the order they begin.
    pub calls: Vec<ScriptedCall>,
}

impl WorkingDay {
    /// Generates the day of `seed`. Its first calls are one of each kind.
    #[must_use]
    pub fn generate(seed: u64, plan: &DayPlan) -> Self {
        const EACH: [ScriptedKind; 5] = [
            ScriptedKind::Incoming,
            ScriptedKind::Outgoing,
            ScriptedKind::Missed,
            ScriptedKind::Withheld,
            ScriptedKind::Second,
        ];
        let mut dice = Dice::new(seed);
        let mut calls = Vec::new();
        let mut at = dice.seconds(1, plan.longest_pause.as_secs());
        let mut first = EACH.into_iter();
        while at < plan.length {
            let kind = first.next().unwrap_or_else(|| EACH[usize::try_from(dice.below(5)).unwrap_or_default()]);
            let call = scripted(&mut dice, plan, kind, at);
            let over = at + call.answers_after.unwrap_or_default() + call.lasts;
            if kind == ScriptedKind::Second {
                // The first of two simultaneous calls is long enough for the second to begin during it.
                let mut long = scripted(&mut dice, plan, ScriptedKind::Incoming, at);
                long.lasts = long.lasts.max(Duration::from_secs(30));
                let end = long.at + long.answers_after.unwrap_or_default() + long.lasts;
                let second = ScriptedCall { at: at + Duration::from_secs(15), ..call };
                calls.extend([long, second]);
                at = end.max(over + Duration::from_secs(15));
            } else {
                calls.push(call);
                at = over;
            }
            at += dice.seconds(1, plan.longest_pause.as_secs());
        }
        calls.sort_by_key(|call| call.at);
        Self { calls }
    }

    /// Plans all calls of the day on the simulator, beginning now.
    pub fn play_on(&self, simulator: &Simulator) -> Vec<CallHandle> {
        let start = simulator.shared.now();
        self.calls.iter().map(|call| call.lay_out(simulator, start)).collect()
    }
}

impl ScriptedCall {
    fn lay_out(&self, simulator: &Simulator, start: Duration) -> CallHandle {
        let began = start + self.at;
        let call = match self.kind {
            ScriptedKind::Outgoing => simulator.calls_out_at(began, &self.endpoint, &self.number),
            _ => simulator.rings_at(began, &self.number, &self.endpoint),
        };
        let call = call.lasts(self.lasts);
        match self.answers_after {
            Some(ring) => call.answers_after(ring),
            None => call,
        }
    }
}

fn scripted(dice: &mut Dice, plan: &DayPlan, kind: ScriptedKind, at: Duration) -> ScriptedCall {
    let missed = kind == ScriptedKind::Missed;
    let number = dice.one_of(&plan.contacts).cloned().unwrap_or_default();
    let number = match kind {
        ScriptedKind::Withheld => "anonymous".to_owned(),
        // A handset sends digits only.
        ScriptedKind::Outgoing => number.chars().filter(char::is_ascii_digit).collect(),
        _ => number,
    };
    ScriptedCall {
        at,
        kind,
        endpoint: dice.one_of(&plan.endpoints).cloned().unwrap_or_default(),
        number,
        answers_after: (!missed).then(|| dice.seconds(2, 12)),
        lasts: if missed { dice.seconds(8, 30) } else { dice.seconds(5, plan.longest_talk.as_secs()) },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_day_and_another_seed_another() {
        let plan = DayPlan::default();
        assert_eq!(WorkingDay::generate(7, &plan), WorkingDay::generate(7, &plan));
        assert_ne!(WorkingDay::generate(7, &plan), WorkingDay::generate(8, &plan));
    }

    #[test]
    fn a_day_holds_every_kind_of_call_and_two_at_once() {
        let day = WorkingDay::generate(1, &DayPlan::default());
        let kinds: HashSet<_> = day.calls.iter().map(|call| call.kind).collect();
        assert_eq!(kinds.len(), 5);
        let second = day.calls.iter().position(|call| call.kind == ScriptedKind::Second).unwrap();
        let before = &day.calls[second - 1];
        assert!(before.at + before.answers_after.unwrap() + before.lasts > day.calls[second].at);
    }
}
