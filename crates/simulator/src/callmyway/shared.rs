//! The state that the server, the verbs and the handles share.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use timbre_domain::ports::Clock;

use super::config::{SimulatorConfig, ThrottleScope};
use super::exchange::Exchange;
use super::fault::{Faults, RequestKind};
use super::ledger::{Ledger, Moment, RequestEntry, RequestOutcome};
use super::throttle::Throttle;
use crate::host;
use crate::vendor_time::VendorTime;

pub(crate) type Shared = host::Shared<SimulatorConfig, Faults, State>;

pub(crate) struct State {
    pub(crate) exchange: Exchange,
    pub(crate) throttle: Throttle,
    pub(crate) requests: Vec<RequestEntry>,
}

impl Shared {
    pub(crate) fn new(config: SimulatorConfig, clock: Arc<dyn Clock>) -> Self {
        let exchange = Exchange::new(config.clone(), VendorTime::starting_now(&*clock, config.clock_ahead));
        Self::with(config, clock, State { exchange, throttle: Throttle::default(), requests: Vec::new() })
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let now = self.now();
        let state = self.state();
        Ledger::taken(&state.exchange, &state.requests, now)
    }

    /// Records a request on arrival. Returns its index in the ledger.
    pub(crate) fn arrived(&self, kind: RequestKind, username: Option<&str>) -> usize {
        let arrival = self.moment();
        let mut state = self.state();
        state.requests.push(RequestEntry {
            kind,
            username: username.map(str::to_owned),
            scope: None,
            arrival,
            release: arrival,
            early: false,
            answered: None,
            outcome: RequestOutcome::Open,
            fault: None,
            shown: Vec::new(),
            dial: None,
        });
        let entry = state.requests.len() - 1;
        drop(state);
        self.announce();
        entry
    }

    /// Counts a reading and waits until the reading rule allows its answer.
    pub(crate) async fn keep_the_rule(&self, entry: usize, username: &str, address: IpAddr) {
        let scope = match self.config.throttle_scope {
            ThrottleScope::PerSignIn => format!("sign-in {username}"),
            ThrottleScope::PerAccount => "account".to_owned(),
            ThrottleScope::PerAddress => format!("address {address}"),
        };
        let release = {
            let mut state = self.state();
            let State { throttle, requests, .. } = &mut *state;
            let request = &mut requests[entry];
            let arrival = request.arrival;
            let release = throttle.admit(&scope, arrival.elapsed, self.config.reading_interval);
            let delay = TimeDelta::from_std(release - arrival.elapsed).unwrap_or(TimeDelta::MAX);
            let wall = arrival.wall.checked_add_signed(delay).unwrap_or(arrival.wall);
            request.scope = Some(scope);
            request.early = release > arrival.elapsed;
            request.release = Moment { elapsed: release, wall };
            release
        };
        if release > self.now() {
            self.announce();
            self.clock.sleep_until(release).await;
        }
    }
}
