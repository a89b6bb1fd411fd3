//! What the last polls of an account's live calls brought, kept for `doctor`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::observation::{LiveAnswer, Pace};

use crate::calls::zone::{self, Advice};

/// One question and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PollResult {
    /// When, by our clock.
    pub(crate) at: DateTime<Utc>,
    /// The same on the clock that never goes back.
    pub(crate) elapsed: Duration,
    pub(crate) brought: Result<Brought, Failed>,
}

/// What an answer says beside its calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Brought {
    /// How many bytes the answer had.
    pub(crate) size: usize,
    /// How the vendor keeps up.
    pub(crate) pace: Pace,
    /// The vendor's time of day, where it says so.
    pub(crate) vendor_clock: Option<DateTime<Utc>>,
    /// How many parts could not be read.
    pub(crate) unread: usize,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failed {
    /// For people and scripts.
    pub(crate) code: ErrorCode,
    /// One line in English, without secrets.
    pub(crate) detail: String,
}

/// What is kept of the polls since the start.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PollLog {
    pub(crate) last: Option<PollResult>,
    /// The last one that failed, and when.
    pub(crate) failed: Option<(DateTime<Utc>, Failed)>,
    /// Our time less the vendor's of a call that was last seen while it rang, without what our clock was ahead then: the
    /// zone's fault alone.
    pub(crate) ringing: Option<TimeDelta>,
}

impl PollResult {
    pub(crate) fn new(answer: &Result<LiveAnswer, PortError>, at: DateTime<Utc>, elapsed: Duration) -> Self {
        let brought = match answer {
            Ok(answer) => {
                let LiveAnswer { size, pace, vendor_clock, .. } = *answer;
                Ok(Brought { size, pace, vendor_clock, unread: answer.unread.len() })
            }
            Err(error) => Err(Failed::of(error)),
        };
        Self { at, elapsed, brought }
    }

    /// Our clock less the vendor's.
    pub(crate) fn ahead(&self) -> Option<TimeDelta> {
        let vendor = self.brought.as_ref().ok()?.vendor_clock?;
        Some(self.at - vendor)
    }
}

impl Failed {
    pub(crate) fn of(error: &PortError) -> Self {
        Self { code: error.code, detail: error.detail.clone() }
    }
}

impl PollLog {
    pub(crate) fn remember(&mut self, result: PollResult) {
        if let Err(failed) = &result.brought {
            self.failed = Some((result.at, failed.clone()));
        }
        self.last = Some(result);
    }

    /// What is wrong with a clock or the zone, as far as the last polls tell.
    pub(crate) fn judge(&self, zone: Tz) -> Option<Advice> {
        let last = self.last.as_ref()?;
        zone::judge(last.ahead(), self.ringing, zone, last.at)
    }

    /// A call was seen in the last poll while it rang: our time of the answer less the vendor's time of detection.
    pub(crate) fn remember_ringing(&mut self, difference: TimeDelta) {
        let ahead = self.last.as_ref().and_then(PollResult::ahead).unwrap_or_default();
        self.ringing = Some(difference - ahead);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_an_hour_off_is_not_taken_for_the_zone() {
        let at: DateTime<Utc> = "2026-03-02T14:00:00Z".parse().unwrap();
        let mut log = PollLog::default();
        log.remember_ringing(TimeDelta::hours(1));
        assert_eq!(log.ringing, Some(TimeDelta::hours(1)), "without the vendor's clock there is nothing to take off");
        let vendor_clock = Some(at - TimeDelta::hours(1));
        log.remember(PollResult::new(&Ok(LiveAnswer { vendor_clock, ..LiveAnswer::default() }), at, Duration::ZERO));
        log.remember_ringing(TimeDelta::hours(2));
        assert_eq!(log.ringing, Some(TimeDelta::hours(1)));
    }
}
