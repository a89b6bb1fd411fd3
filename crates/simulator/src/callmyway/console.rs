//! CallMyWay by hand: orders on standard input make telephones ring.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{CallHandle, DayPlan, Simulator, SimulatorConfig, WorkingDay};
use crate::RealClock;
use crate::console::{Console, ConsoleOptions, Starting, Vendor, pretty};

/// CallMyWay in the program `timbre-simulator`.
pub const VENDOR: Vendor = Vendor { name: "callmyway", start };

const HELP: &str = "\
ring NUMBER             somebody calls (any spelling)
ring withheld           somebody calls and hides the number
out NUMBER              the agent dials on the handset
answer                  the newest ringing call is answered
hangup                  the newest call ends
fault NAME              the next request meets this fault
ledger                  prints what really happened, as JSON
help                    prints this";

struct CallMyWayConsole {
    simulator: Simulator,
    /// How many calls the working day has, where one is played.
    day: Option<usize>,
}

fn start(options: ConsoleOptions) -> Starting {
    Box::pin(async { Ok(Box::new(CallMyWayConsole::start(options).await?) as Box<dyn Console>) })
}

impl CallMyWayConsole {
    async fn start(options: ConsoleOptions) -> io::Result<Self> {
        ConsoleOptions::refuse(&[("--by-itself", options.by_itself), ("--tls-ca", options.tls_ca.is_some())])?;
        let config = SimulatorConfig {
            port: options.port,
            seed: options.seed,
            reading_interval: Duration::from_millis(options.interval_ms.unwrap_or(4000)),
            ..SimulatorConfig::default()
        };
        let simulator = Simulator::start(config, Arc::new(RealClock::new())).await?;
        simulator.faults().order_all(&options.fault)?;
        let day = options.day.then(|| play_a_day(&simulator, options.seed));
        Ok(Self { simulator, day })
    }

    fn first_endpoint(&self) -> String {
        self.simulator.config().endpoints.first().map(|(_, number)| number.clone()).unwrap_or_default()
    }

    fn ring(&self, caller: &str) -> String {
        let ani = match caller {
            "" => return "which number?".to_owned(),
            caller if caller.ends_with("withheld") => "anonymous",
            number => number,
        };
        describe("rings", &self.simulator.rings(ani, &self.first_endpoint()))
    }

    fn call_out(&self, number: &str) -> String {
        match number {
            "" => "which number?".to_owned(),
            number => describe("calls out", &self.simulator.calls_out(&self.first_endpoint(), number)),
        }
    }

    fn answer(&self) -> String {
        match self.simulator.live_calls().into_iter().rev().find(|call| !call.is_answered()) {
            Some(call) if call.answer() => describe("answered", &call),
            _ => "nothing rings".to_owned(),
        }
    }

    fn hang_up(&self) -> String {
        match self.simulator.live_calls().pop() {
            Some(call) if call.hang_up() => describe("over", &call),
            _ => "there is no call".to_owned(),
        }
    }
}

#[async_trait]
impl Console for CallMyWayConsole {
    fn greeting(&self) -> Vec<String> {
        let sign_ins = self.simulator.config().sign_ins.iter();
        let mut lines = vec![self.simulator.base_url()];
        // The passwords are invented for the simulator, so there is nothing to hide.
        lines.extend(sign_ins.map(|sign_in| format!("sign-in {} {}", sign_in.username, sign_in.password)));
        lines.extend(self.day.map(|calls| format!("a day of {calls} calls begins")));
        lines
    }

    fn obey(&self, line: &str) -> String {
        let (verb, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match (verb, rest.trim()) {
            ("ring", caller) => self.ring(caller),
            ("out", number) => self.call_out(number),
            ("answer", _) => self.answer(),
            ("hangup", _) => self.hang_up(),
            ("fault", name) => self.simulator.faults().order(name),
            ("ledger", _) => pretty(&self.simulator.ledger()),
            ("", _) => String::new(),
            _ => HELP.to_owned(),
        }
    }

    async fn stop(&self) {
        self.simulator.stop().await;
    }
}

/// Lays out a day of short calls that begins now; returns how many there are.
fn play_a_day(simulator: &Simulator, seed: u64) -> usize {
    let plan =
        DayPlan { longest_pause: Duration::from_secs(40), longest_talk: Duration::from_secs(90), ..DayPlan::default() };
    WorkingDay::generate(seed, &plan).play_on(simulator).len()
}

fn describe(what: &str, call: &CallHandle) -> String {
    format!("{what}: {} ({})", call.party(), call.callid())
}
