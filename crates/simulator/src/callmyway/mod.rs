//! A CallMyWay on loopback (seeds 000 and 001, PROVIDERS.md).
//!
//! [`Simulator`] speaks the documents' HTTP as strictly as the vendor, plays telephone calls on a
//! [`Clock`](timbre_domain::ports::Clock), misbehaves on request ([`Fault`]) and keeps a [`Ledger`] of what really
//! happened.
//!
//! ```
//! # use std::{sync::Arc, time::Duration};
//! # use timbre_simulator::{ManualClock, Simulator, SimulatorConfig};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let clock = ManualClock::default();
//! let sim = Simulator::start(SimulatorConfig::default(), Arc::new(clock.clone())).await?;
//! let call = sim.rings("8888-4787", "8373456");
//! clock.advance(Duration::from_secs(5));
//! call.answer();
//! clock.advance(Duration::from_secs(60));
//! call.hang_up();
//! assert_eq!(sim.ledger().calls[0].callid, call.callid());
//! sim.stop().await;
//! # Ok(())
//! # }
//! ```

mod answer;
pub mod config;
pub mod console;
mod dialling;
mod exchange;
pub mod fault;
mod http;
pub mod ledger;
mod leg;
mod row;
pub mod script;
mod shared;
mod simulator;
mod spoiling;
pub mod tariff;
mod throttle;
mod verbs;

pub use config::{
    AgentLegCaller, BusyStyle, CdrScope, ClickToDialLegs, Codec, DialAnswer, RefusalStyle, SignIn, SimulatorConfig,
    ThrottleScope, WrongPasswordStyle,
};
pub use fault::{Fault, Faults, RequestKind};
pub use ledger::Ledger;
pub use leg::{CallDirection, EndReason};
pub use script::{DayPlan, WorkingDay};
pub use simulator::Simulator;
pub use verbs::{CallHandle, ContactTelephone, GroupHandle, Telephone};

#[cfg(test)]
mod tests;
