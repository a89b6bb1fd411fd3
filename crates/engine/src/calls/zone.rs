//! When the vendor's times disagree with our clock: is it the zone or the clock?
//!
//! The vendor's times have no zone (PROVIDERS.md, "Times have no zone"). A wrong zone shows as a difference of whole
//! quarters of an hour, a wrong clock as any other.

use chrono::{DateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use timbre_domain::texts::Catalogue;

use crate::api::event::ClockOff;

/// Smaller differences are nobody's business: a poll takes seconds, clocks drift.
const TOLERATED: TimeDelta = TimeDelta::minutes(5);
/// How far from a whole quarter of an hour a zone's difference may be.
const SLACK: TimeDelta = TimeDelta::minutes(2);

/// Zones to propose, the likeliest first: where the vendors' customers sit.
const CANDIDATES: &[Tz] = &[
    chrono_tz::America::Costa_Rica,
    chrono_tz::UTC,
    chrono_tz::America::Panama,
    chrono_tz::America::Bogota,
    chrono_tz::America::Lima,
    chrono_tz::America::Guatemala,
    chrono_tz::America::El_Salvador,
    chrono_tz::America::Tegucigalpa,
    chrono_tz::America::Managua,
    chrono_tz::America::Mexico_City,
    chrono_tz::America::Santo_Domingo,
    chrono_tz::America::Caracas,
    chrono_tz::America::La_Paz,
    chrono_tz::America::Santiago,
    chrono_tz::America::Asuncion,
    chrono_tz::America::Argentina::Buenos_Aires,
    chrono_tz::America::Montevideo,
    chrono_tz::America::Sao_Paulo,
    chrono_tz::America::New_York,
    chrono_tz::America::Chicago,
    chrono_tz::America::Denver,
    chrono_tz::America::Los_Angeles,
    chrono_tz::Europe::Madrid,
];

/// What is probably wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The account's zone; this one would fit.
    Zone {
        /// Our clock less the vendor's, minutes.
        minutes: i64,
        /// A zone that fits.
        zone: Tz,
    },
    /// This computer's clock: the vendor's server says another time.
    Clock {
        /// Our clock less the server's, minutes.
        minutes: i64,
    },
    /// The times that the vendor writes of calls: no zone explains them, and our clock agrees with its server's as far as that
    /// says what time it is.
    Times {
        /// Our time less the vendor's, minutes.
        minutes: i64,
    },
}

/// The one judgement of clocks and zone. `ahead` is our clock less the server's (HTTP `Date`), which speaks first: a server
/// that agrees with us leaves the vendor's zone and its times of calls to blame. `ringing` is our time of an answer less the
/// vendor's time of a call that had just begun to ring, read in `zone`, without what our clock is ahead.
#[must_use]
pub fn judge(ahead: Option<TimeDelta>, ringing: Option<TimeDelta>, zone: Tz, now: DateTime<Utc>) -> Option<Advice> {
    match ahead {
        Some(ahead) if ahead.abs() > TOLERATED => Some(Advice::Clock { minutes: minutes_of(ahead) }),
        _ => of_times(ringing?, zone, now),
    }
}

/// The nearest whole minutes: a question and its answer take some seconds of a difference of days.
fn minutes_of(difference: TimeDelta) -> i64 {
    let seconds = difference.num_seconds();
    (seconds + 30 * seconds.signum()) / 60
}

/// What is wrong with the vendor's times of calls, this computer's clock aside.
#[must_use]
pub fn of_times(difference: TimeDelta, zone: Tz, now: DateTime<Utc>) -> Option<Advice> {
    if difference.abs() <= TOLERATED {
        return None;
    }
    let minutes = minutes_of(difference);
    let quarters = (difference.num_seconds() as f64 / 900.0).round() as i64;
    let nearest = TimeDelta::minutes(quarters * 15);
    let of = |zone: Tz| i64::from(zone.offset_from_utc_datetime(&now.naive_utc()).fix().local_minus_utc());
    if quarters != 0 && (difference - nearest).abs() <= SLACK {
        // Read in the right zone, the vendor's time would have come out later by the difference.
        let wanted = of(zone) - nearest.num_seconds();
        if let Some(zone) = CANDIDATES.iter().copied().find(|candidate| of(*candidate) == wanted) {
            return Some(Advice::Zone { minutes, zone });
        }
    }
    Some(Advice::Times { minutes })
}

impl Advice {
    /// The advice as it is told.
    #[must_use]
    pub fn as_facts(self) -> ClockOff {
        match self {
            Self::Zone { minutes, zone } => ClockOff { minutes, zone: Some(zone.name().to_owned()), ours: false },
            Self::Clock { minutes } => ClockOff { minutes, zone: None, ours: true },
            Self::Times { minutes } => ClockOff { minutes, zone: None, ours: false },
        }
    }

    /// The advice for people.
    #[must_use]
    pub fn in_words(self, texts: &Catalogue) -> String {
        self.as_facts().in_words(texts)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::{Bogota, Costa_Rica, Santiago};

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-20T17:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_few_minutes_are_nobodys_business() {
        for seconds in [-300, -10, 0, 4, 300] {
            assert_eq!(of_times(TimeDelta::seconds(seconds), Costa_Rica, now()), None);
        }
    }

    #[test]
    fn whole_hours_are_the_zone_and_one_that_fits_is_proposed() {
        // The vendor writes Bogotá's time (UTC-5), we read it as Costa Rica's (UTC-6): it seems to lie in the future.
        let got = of_times(TimeDelta::hours(-1), Costa_Rica, now());
        assert_eq!(got, Some(Advice::Zone { minutes: -60, zone: chrono_tz::America::Panama }));
        assert_eq!(of_times(TimeDelta::hours(1), Bogota, now()), Some(Advice::Zone { minutes: 60, zone: Costa_Rica }));
        // UTC times read as Costa Rica's.
        let got = of_times(TimeDelta::seconds(-6 * 3600 + 3), Costa_Rica, now());
        assert_eq!(got, Some(Advice::Zone { minutes: -360, zone: chrono_tz::UTC }), "seconds are no minute less");
        assert_eq!(
            of_times(TimeDelta::hours(-3), Costa_Rica, now()),
            Some(Advice::Zone { minutes: -180, zone: Santiago }),
            "Chile is at UTC-3 in November"
        );
    }

    #[test]
    fn anything_else_is_the_vendors_times() {
        assert_eq!(of_times(TimeDelta::minutes(8), Costa_Rica, now()), Some(Advice::Times { minutes: 8 }));
        assert_eq!(of_times(TimeDelta::hours(20), Costa_Rica, now()), Some(Advice::Times { minutes: 1200 }));
    }

    #[test]
    fn the_server_s_own_clock_is_heard_first() {
        let (days, hour, little) = (Some(TimeDelta::days(3)), Some(TimeDelta::hours(-1)), Some(TimeDelta::seconds(20)));
        for (ahead, ringing, wanted) in [
            (days, None, Some(Advice::Clock { minutes: 4_320 })),
            (days, hour, Some(Advice::Clock { minutes: 4_320 })),
            (little, days, Some(Advice::Times { minutes: 4_320 })),
            (None, days, Some(Advice::Times { minutes: 4_320 })),
            (little, hour, Some(Advice::Zone { minutes: -60, zone: chrono_tz::America::Panama })),
            (little, little, None),
            (None, None, None),
        ] {
            assert_eq!(judge(ahead, ringing, Costa_Rica, now()), wanted, "{ahead:?} {ringing:?}");
        }
    }
}
