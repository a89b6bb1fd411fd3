//! This machine's clock against the vendor's, and the account's time zone against the times of its calls.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::finding::{Check, findings};
use crate::calls::poll_log::PollResult;
use crate::calls::session::AccountSession;
use crate::calls::zone::{self, Advice};

/// The vendor says whole seconds, and its answer was on the way for some.
const OFF: TimeDelta = TimeDelta::seconds(60);
/// Calls and records no longer fit together.
const WRONG: TimeDelta = TimeDelta::minutes(5);

findings! {
    /// What can be found of clock and zone.
    Clock in "clock" {
        Agrees = "agrees" => Good,
        Off = "off" => Warning,
        Wrong = "wrong" => Failed,
        /// The vendor did not answer, or did not say what time it is.
        NotTold = "not_told" => NotChecked,
        ZoneFits = "zone_fits" => Good,
        ZoneWrong = "zone_wrong" => Warning,
        /// The vendor's times of calls are off, and no zone explains it.
        TimesOff = "times_off" => Warning,
        /// No call was seen while it rang.
        NoCallSeen = "no_call_seen" => NotChecked,
    }
}

pub(super) fn check(session: &AccountSession) -> Vec<Check> {
    let log = session.log();
    let at = log.last.as_ref().map(|poll| poll.at).unwrap_or_default();
    let of_clock = of_clock(log.last.as_ref().and_then(PollResult::ahead));
    let of_zone = of_zone(log.ringing, session.account.time_zone(), at);
    [of_clock, of_zone].map(|check| check.with("account", session.name())).into()
}

/// `ahead` is our clock less the vendor's.
fn of_clock(ahead: Option<TimeDelta>) -> Check {
    let Some(ahead) = ahead else { return Check::of(Clock::NotTold) };
    let finding = match ahead.abs() {
        off if off > WRONG => Clock::Wrong,
        off if off > OFF => Clock::Off,
        _ => Clock::Agrees,
    };
    Check::of(finding).with("off_s", ahead.num_seconds())
}

/// `ringing` is our time less the vendor's time of a call that had just begun to ring.
fn of_zone(ringing: Option<TimeDelta>, zone: Tz, at: DateTime<Utc>) -> Check {
    let check = match ringing.map(|difference| zone::of_times(difference, zone, at)) {
        None => Check::of(Clock::NoCallSeen),
        Some(None) => Check::of(Clock::ZoneFits),
        Some(Some(Advice::Zone { minutes, zone })) => {
            Check::of(Clock::ZoneWrong).with("off_s", minutes * 60).with("proposed", zone.name())
        }
        Some(Some(Advice::Times { minutes } | Advice::Clock { minutes })) => {
            Check::of(Clock::TimesOff).with("off_s", minutes * 60)
        }
    };
    check.with("zone", zone.name())
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::{Bogota, Costa_Rica};

    use super::*;

    #[test]
    fn a_clock_may_be_a_minute_off_and_is_wrong_after_five() {
        for (seconds, wanted) in [
            (0, "clock.agrees"),
            (-60, "clock.agrees"),
            (61, "clock.off"),
            (-300, "clock.off"),
            (301, "clock.wrong"),
            (-86_400, "clock.wrong"),
        ] {
            assert_eq!(of_clock(Some(TimeDelta::seconds(seconds))).finding, wanted, "{seconds}");
        }
        assert_eq!(of_clock(None).finding, "clock.not_told");
    }

    #[test]
    fn a_zone_that_does_not_fit_is_told_with_one_that_does() {
        let at: DateTime<Utc> = "2026-03-02T14:00:00Z".parse().unwrap();
        for (ringing, zone, wanted) in [
            (None, Costa_Rica, "clock.no_call_seen"),
            (Some(TimeDelta::seconds(4)), Costa_Rica, "clock.zone_fits"),
            (Some(TimeDelta::hours(1)), Bogota, "clock.zone_wrong"),
            (Some(TimeDelta::minutes(8)), Costa_Rica, "clock.times_off"),
        ] {
            assert_eq!(of_zone(ringing, zone, at).finding, wanted, "{ringing:?} {zone}");
        }
        let proposed = of_zone(Some(TimeDelta::hours(1)), Bogota, at);
        assert_eq!(proposed.values["proposed"], "America/Costa_Rica".into());
        assert_eq!(proposed.values["zone"], "America/Bogota".into());
    }
}
