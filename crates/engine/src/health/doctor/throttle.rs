//! The pace of our questions, and which accounts share one limit.

use std::sync::Arc;

use timbre_domain::observation::Pace;

use super::finding::{Check, findings};
use crate::calls::session::AccountSession;

findings! {
    /// What can be found of the pace.
    Throttle in "throttle" {
        Kept = "kept" => Good,
        /// Answers lag, so we ask less often.
        Slowed = "slowed" => Warning,
        /// No answer tells how the vendor keeps up.
        Unknown = "unknown" => NotChecked,
        /// The limit counts for this account's user name alone.
        Alone = "alone" => Good,
        /// Accounts share the limit.
        Shared = "shared" => Good,
    }
}

pub(super) fn check(sessions: &[Arc<AccountSession>], session: &AccountSession) -> Vec<Check> {
    let pace = session.log().last.and_then(|poll| poll.brought.ok()).map(|brought| brought.pace);
    let Some(limit) = &session.session.limit else { return Vec::new() };
    let shares =
        |other: &&Arc<AccountSession>| other.session.limit.as_ref().is_some_and(|other| other.scope == limit.scope);
    let sharing: Vec<_> = sessions.iter().filter(shares).map(|other| other.name().as_str()).collect();
    let of_scope = match sharing.as_slice() {
        [] | [_] => Check::of(Throttle::Alone),
        several => Check::of(Throttle::Shared).with("accounts", several.join(", ").as_str()),
    };
    [of_pace(pace).with("rule_ms", limit.interval.as_millis()), of_scope]
        .map(|check| check.with("account", session.name()))
        .into()
}

fn of_pace(pace: Option<Pace>) -> Check {
    match pace {
        None => Check::of(Throttle::Unknown),
        Some(pace) => Check::of(if pace.slowed { Throttle::Slowed } else { Throttle::Kept })
            .with("took_ms", pace.took.as_millis())
            .with("interval_ms", pace.interval.as_millis()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_vendor_that_lags_is_a_warning_with_the_pace() {
        let pace = |slowed| Pace { took: Duration::from_millis(3_900), interval: Duration::from_secs(6), slowed };
        let slowed = of_pace(Some(pace(true)));
        assert_eq!((slowed.finding.as_str(), slowed.state), ("throttle.slowed", State::Warning));
        assert_eq!((&slowed.values["took_ms"], &slowed.values["interval_ms"]), (&3_900u128.into(), &6_000u128.into()));
        assert_eq!(of_pace(Some(pace(false))).state, State::Good);
        assert_eq!(of_pace(None).state, State::NotChecked);
    }
}
