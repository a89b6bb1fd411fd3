//! A FormCall (ClickFono, of Medularis) on loopback (seed 004; the list of calls: PROVIDERS.md).
//!
//! [`FormCall`] takes orders for calls and lists them over HTTP or HTTPS as the documents describe, plays the calls on a
//! [`Clock`](timbre_domain::ports::Clock), misbehaves on request ([`Fault`]) and keeps a [`Ledger`] of what really
//! happened. Where the documents are silent, [`FormCallConfig`] has a choice or the field says what was assumed.
//!
//! A call rings the telephone of the popup's agent first, and the customer's when the agent has answered.
//!
//! ```
//! # use std::{sync::Arc, time::Duration};
//! # use timbre_simulator::ManualClock;
//! # use timbre_simulator::formcall::{CallOutcome, FormCall, FormCallConfig};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let clock = ManualClock::default();
//! let sim = FormCall::start(FormCallConfig::default(), Arc::new(clock.clone())).await?;
//! let popup = sim.config().popups[0].uuid.clone();
//! let call = sim.visitor_asks_for_call(&popup, "56", "9", "56311283");
//! clock.advance(Duration::from_secs(1));
//! assert!(call.agent_answers() && call.customer_answers());
//! clock.advance(Duration::from_secs(60));
//! assert!(call.hang_up());
//! assert_eq!(sim.ledger().calls[0].outcome, Some(CallOutcome::Connected));
//! sim.stop().await;
//! # Ok(())
//! # }
//! ```

mod call;
mod config;
pub mod console;
mod error;
mod fault;
mod form_call;
mod http;
mod ledger;
mod number;
mod order;
mod row;
mod shared;
mod tls;
mod verbs;

pub use call::{CallOutcome, CallState, Origin};
pub use config::{
    Automatic, DOCUMENTED_POPUP, DOCUMENTED_TOKEN, ErrorQuotes, ErrorStatus, FormCallConfig, Popup, SpamFilter,
};
pub use error::ErrorCode;
pub use fault::{Fault, Faults, RequestKind, UnknownFault};
pub use form_call::FormCall;
pub use ledger::{CallEntry, Ledger, RequestEntry, RequestOutcome, TokenCheck};
pub use number::CustomerNumber;
pub use order::CallOrder;
pub use verbs::CallHandle;

#[cfg(test)]
mod tests;
