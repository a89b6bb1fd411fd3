//! The reading rule: one reading in each interval. An early one is delayed, and delays add up (seed 000, notes).

use std::collections::HashMap;
use std::time::Duration;

/// When the last request of each scope is allowed.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    last_release: HashMap<String, Duration>,
}

impl Throttle {
    /// When a request that arrives at `arrival` is allowed: at least `interval` after the one before it in the same
    /// scope. An early request delays all that follow.
    pub(crate) fn admit(&mut self, scope: &str, arrival: Duration, interval: Duration) -> Duration {
        let release = match self.last_release.get(scope) {
            Some(last) => arrival.max(*last + interval),
            None => arrival,
        };
        self.last_release.insert(scope.to_owned(), release);
        release
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn released(arrivals: &[u64]) -> Vec<u64> {
        let mut throttle = Throttle::default();
        let second = Duration::from_secs;
        arrivals.iter().map(|at| throttle.admit("a", second(*at), second(4)).as_secs()).collect()
    }

    #[test]
    fn who_keeps_the_interval_is_never_delayed() {
        assert_eq!(released(&[0, 4, 8, 20]), [0, 4, 8, 20]);
    }

    #[test]
    fn early_requests_pile_up_until_there_is_a_pause() {
        assert_eq!(released(&[0, 1, 2, 3, 7, 30]), [0, 4, 8, 12, 16, 30]);
    }

    proptest! {
        #[test]
        fn releases_are_never_closer_than_the_interval_and_never_before_the_arrival(
            mut arrivals in proptest::collection::vec(0_u64..200, 1..40),
        ) {
            arrivals.sort_unstable();
            let releases = released(&arrivals);
            prop_assert!(releases.windows(2).all(|pair| pair[1] - pair[0] >= 4));
            prop_assert!(releases.iter().zip(&arrivals).all(|(release, arrival)| release >= arrival));
        }
    }

    #[test]
    fn scopes_do_not_wait_for_each_other() {
        let mut throttle = Throttle::default();
        let four = Duration::from_secs(4);
        assert_eq!(throttle.admit("a", Duration::ZERO, four), Duration::ZERO);
        assert_eq!(throttle.admit("b", Duration::ZERO, four), Duration::ZERO);
    }
}
