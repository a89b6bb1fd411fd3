//! What becomes of a record, and of everything else to its CRM, after it could not be sent.

use std::time::Duration;

use super::OutboxState;
use crate::crm::Verdict;

/// The shortest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause after a failure.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Longer than anything is put off: a saved time that lies further ahead was saved before the clock was set back.
pub const BELIEVED_AHEAD: Duration = Duration::from_secs(20 * 60);

/// The pause after a number of failures in a row, counted from 1. It doubles with each failure, up to
/// [`LONGEST_PAUSE`], and is between half and all of that, by `random` in 0..1, so that a thousand desktops do not come
/// back together.
#[must_use]
pub fn pause_after(failures: u32, random: f64) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    whole.mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
}

/// What becomes of an item after it could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterFailure {
    /// The state that the item is in from now on.
    pub state: OutboxState,
    /// The shortest time that the item waits.
    pub pause: Duration,
    /// It was sent for the last time.
    pub last_try: bool,
    /// What it means for everything else to this CRM.
    pub connector: ForConnector,
}

/// What a failure means for everything else to the same CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForConnector {
    /// The other items are sent as before: only this record was refused.
    Nothing,
    /// All items to this CRM wait for this long.
    Waits(Duration),
    /// Nothing is sent to this CRM until a person acts.
    Stops,
}

/// Decides what follows a failure. `failures` counts this one, `creating` says whether the request would have created
/// the record.
#[must_use]
pub fn after_failure(verdict: Verdict, creating: bool, failures: u32, random: f64) -> AfterFailure {
    let pause = pause_after(failures, random);
    match verdict {
        Verdict::Park => after(OutboxState::Parked, Duration::ZERO, ForConnector::Nothing),
        Verdict::Stop => after(OutboxState::Waiting, Duration::ZERO, ForConnector::Stops),
        Verdict::Wait(at_least) => {
            let pause = pause.max(at_least);
            after(OutboxState::Waiting, pause, ForConnector::Waits(pause))
        }
        Verdict::BackOff => after(OutboxState::Waiting, pause, ForConnector::Waits(pause)),
        // A change that is told twice is told once; only a creation must be searched for.
        Verdict::SearchFirst { tries } if creating => {
            let after = after(OutboxState::Sending, pause, ForConnector::Nothing);
            AfterFailure { last_try: failures >= tries, ..after }
        }
        Verdict::SearchFirst { tries } if failures >= tries => {
            after(OutboxState::Parked, Duration::ZERO, ForConnector::Nothing)
        }
        Verdict::SearchFirst { .. } => after(OutboxState::Waiting, pause, ForConnector::Nothing),
    }
}

fn after(state: OutboxState, pause: Duration, connector: ForConnector) -> AfterFailure {
    AfterFailure { state, pause, last_try: false, connector }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_refusal_parks_the_record_and_a_failed_sign_in_stops_everything() {
        assert_eq!(after_failure(Verdict::Park, true, 1, 0.0).state, OutboxState::Parked);
        let stopped = after_failure(Verdict::Stop, true, 1, 0.0);
        assert_eq!((stopped.state, stopped.connector), (OutboxState::Waiting, ForConnector::Stops));
    }

    #[test]
    fn a_creation_without_an_answer_is_searched_for_and_a_change_is_simply_told_again() {
        let unsure = Verdict::SearchFirst { tries: 3 };
        assert_eq!(after_failure(unsure, true, 1, 0.0).state, OutboxState::Sending);
        assert_eq!(after_failure(unsure, false, 1, 0.0).state, OutboxState::Waiting);
        assert_eq!(after_failure(unsure, false, 3, 0.0).state, OutboxState::Parked, "a few tries, then a person");
        let third = after_failure(unsure, true, 3, 0.0);
        assert_eq!((third.state, third.last_try), (OutboxState::Sending, true), "it may be there: one more search");
        assert!(!after_failure(unsure, true, 2, 0.0).last_try);
    }

    #[test]
    fn a_wait_that_the_crm_demands_is_never_cut_short() {
        let minute = Duration::from_secs(61);
        let waits = after_failure(Verdict::Wait(minute), true, 1, 0.0);
        assert_eq!((waits.pause, waits.connector), (minute, ForConnector::Waits(minute)));
    }

    proptest! {
        #[test]
        fn pauses_grow_stay_within_their_bounds_and_differ_from_desk_to_desk(failures in 1_u32..200, random in 0.0_f64..1.0) {
            let pause = pause_after(failures, random);
            prop_assert!(pause >= FIRST_PAUSE / 2 && pause <= LONGEST_PAUSE);
            prop_assert!(pause_after(failures + 1, random) >= pause);
            prop_assert!(pause_after(failures, 1.0) >= pause);
        }
    }
}
