//! FormCall by hand: orders on standard input answer and end the newest call.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Automatic, CallHandle, CallState, FormCall, FormCallConfig};
use crate::RealClock;
use crate::console::{Console, ConsoleOptions, Starting, Vendor, pretty};

/// FormCall in the program `timbre-simulator`.
pub const VENDOR: Vendor = Vendor { name: "formcall", start };

const HELP: &str = "\
answer                  the agent answers the newest call
customer                the customer answers it
noanswer                whoever is rung does not answer
busy                    the customer's line is busy
hangup                  the newest call ends
close                   the popup's service hours end
open                    the popup's service hours begin
fault NAME              the next request with the right token meets this fault
ledger                  prints what really happened, as JSON
help                    prints this";

struct FormCallConsole {
    simulator: FormCall,
}

fn start(options: ConsoleOptions) -> Starting {
    Box::pin(async { Ok(Box::new(FormCallConsole::start(options).await?) as Box<dyn Console>) })
}

impl FormCallConsole {
    async fn start(options: ConsoleOptions) -> io::Result<Self> {
        ConsoleOptions::refuse(&[("--interval-ms", options.interval_ms.is_some()), ("--day", options.day)])?;
        let config = FormCallConfig {
            port: options.port,
            seed: options.seed,
            automatic: if options.by_itself { Automatic::conversation() } else { Automatic::default() },
            tls: options.tls_ca.is_some(),
            ..FormCallConfig::default()
        };
        let simulator = FormCall::start(config, Arc::new(RealClock::new())).await?;
        if let (Some(path), Some(pem)) = (options.tls_ca, simulator.ca_pem()) {
            std::fs::write(path, pem)?;
        }
        simulator.faults().order_all(&options.fault)?;
        Ok(Self { simulator })
    }

    fn first_popup(&self) -> String {
        self.simulator.config().popups.first().map(|popup| popup.uuid.clone()).unwrap_or_default()
    }

    /// Does something to the newest live call; says so where it does not fit.
    fn with_call(&self, verb: impl FnOnce(&CallHandle) -> bool) -> String {
        match self.simulator.newest_live_call() {
            Some(call) if verb(&call) => describe(&call),
            Some(call) => format!("not now: {}", describe(&call)),
            None => "there is no call".to_owned(),
        }
    }

    fn set_open(&self, open: bool) -> String {
        let popup = self.first_popup();
        let (done, word) = if open {
            (self.simulator.open_popup(&popup), "open")
        } else {
            (self.simulator.close_popup(&popup), "closed")
        };
        if done { word.to_owned() } else { "there is no popup".to_owned() }
    }
}

#[async_trait]
impl Console for FormCallConsole {
    fn greeting(&self) -> Vec<String> {
        // The token is the published example's, so there is nothing to hide.
        let token = format!("security-token {}", self.simulator.config().security_token);
        vec![self.simulator.base_url(), token, format!("popup {}", self.first_popup())]
    }

    fn obey(&self, line: &str) -> String {
        let (verb, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match verb {
            "answer" => self.with_call(CallHandle::agent_answers),
            "customer" => self.with_call(CallHandle::customer_answers),
            "noanswer" => self.with_call(|call| call.agent_does_not_answer() || call.customer_does_not_answer()),
            "busy" => self.with_call(CallHandle::customer_is_busy),
            "hangup" => self.with_call(CallHandle::hang_up),
            "close" => self.set_open(false),
            "open" => self.set_open(true),
            "fault" => self.simulator.faults().order(rest.trim()),
            "ledger" => pretty(&self.simulator.ledger()),
            "" => String::new(),
            _ => HELP.to_owned(),
        }
    }

    async fn stop(&self) {
        self.simulator.stop().await;
    }
}

fn describe(call: &CallHandle) -> String {
    let number = call.order().number;
    let state = match call.state() {
        CallState::Enqueued => "waits in the queue",
        CallState::AgentRings => "rings the agent",
        CallState::CustomerRings => "rings the customer",
        CallState::Talking => "both sides talk",
        CallState::Over => "over",
    };
    format!("{state}: +{}{}{} ({})", number.country_code, number.areacode, number.phonenumber, call.uuid())
}
