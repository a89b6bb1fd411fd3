//! The pace of our questions, and which accounts share one limit.

use std::sync::Arc;

use timbre_domain::ports::Pace;

use super::finding::{Check, findings};
use crate::config::{Account, ThrottleScope};
use crate::line::Line;

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

pub(super) fn check(lines: &[Arc<Line>], line: &Line) -> Vec<Check> {
    let pace = line.seen().last.and_then(|look| look.brought.ok()).map(|brought| brought.pace);
    let sharing: Vec<_> =
        lines.iter().filter(|other| shares(&line.account, &other.account)).map(|other| other.name().as_str()).collect();
    let of_scope = match sharing.as_slice() {
        [] | [_] => Check::of(Throttle::Alone),
        several => Check::of(Throttle::Shared).with("accounts", several.join(", ").as_str()),
    };
    [of_pace(pace).with("rule_ms", line.account.reading_interval_ms), of_scope]
        .map(|check| check.with("account", line.name()))
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

/// Whether two accounts share a vendor's limit, as the adapters reckon it; each shares its own.
fn shares(one: &Account, other: &Account) -> bool {
    let place = |account: &Account| {
        let host = account.base_url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
        (host, account.base_url.port_or_known_default())
    };
    one.provider == other.provider
        && one.throttle_scope == other.throttle_scope
        && place(one) == place(other)
        && (one.throttle_scope == ThrottleScope::Address || one.username == other.username)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::finding::State;
    use super::*;
    use crate::config::Settings;

    #[test]
    fn a_vendor_that_lags_is_a_warning_with_the_pace() {
        let pace = |slowed| Pace { took: Duration::from_millis(3_900), interval: Duration::from_secs(6), slowed };
        let slowed = of_pace(Some(pace(true)));
        assert_eq!((slowed.finding.as_str(), slowed.state), ("throttle.slowed", State::Warning));
        assert_eq!((&slowed.values["took_ms"], &slowed.values["interval_ms"]), (&3_900u128.into(), &6_000u128.into()));
        assert_eq!(of_pace(Some(pace(false))).state, State::Good);
        assert_eq!(of_pace(None).state, State::NotChecked);
    }

    #[test]
    fn accounts_share_a_limit_by_user_name_or_by_address() {
        let account = |name: &str, host: &str, user: &str, scope: &str| {
            format!(
                "[[accounts]]\nname = \"{name}\"\nprovider = \"callmyway\"\nbase_url = \"https://{host}\"\n\
                 username = \"{user}\"\nthrottle_scope = \"{scope}\"\n"
            )
        };
        let text = [
            account("a", "www.callmyway.com", "8373456", "sign-in"),
            account("b", "callmyway.com", "8373456", "sign-in"),
            account("c", "callmyway.com", "8615601", "sign-in"),
            account("d", "callmyway.com", "8373456", "address"),
            account("e", "www.callmyway.com", "8615601", "address"),
            account("f", "other.example", "8615601", "address"),
        ];
        let accounts = Settings::parse(&text.concat()).unwrap().accounts;
        let sharing = |name: &str| {
            let one = accounts.iter().find(|account| account.name.as_str() == name).unwrap();
            let with = accounts.iter().filter(|other| shares(one, other)).map(|other| other.name.as_str());
            with.collect::<String>()
        };
        assert_eq!(["a", "c", "d", "f"].map(sharing), ["ab", "c", "de", "f"]);
    }
}
