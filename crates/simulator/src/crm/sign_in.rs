//! The lock against guessing keys, which refuses valid keys from the address too (espocrm README, Sign-in).

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::config::CrmConfig;

#[derive(Debug, Default)]
pub(crate) struct SignInLock {
    addresses: HashMap<IpAddr, Address>,
}

#[derive(Debug, Default)]
struct Address {
    failed: VecDeque<Duration>,
    locked_until: Duration,
}

impl SignInLock {
    pub(crate) fn is_locked(&self, address: IpAddr, now: Duration) -> bool {
        self.addresses.get(&address).is_some_and(|address| now < address.locked_until)
    }

    /// Counts a failed sign-in. The first one above the limit is answered as usual, and locks the address for those
    /// that follow.
    pub(crate) fn failed(&mut self, address: IpAddr, now: Duration, config: &CrmConfig) {
        let address = self.addresses.entry(address).or_default();
        address.failed.push_back(now);
        address.failed.retain(|at| now.saturating_sub(*at) < config.failed_sign_in_window);
        if address.failed.len() > config.failed_sign_ins {
            address.failed.clear();
            address.locked_until = now + config.lock;
        }
    }
}
