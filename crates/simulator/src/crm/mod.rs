//! A CRM on loopback that answers exactly as a recorded EspoCRM 8.4.2 does.
//!
//! The recordings are in `tests/espocrm` ("espocrm README" in what follows is the README.md there), and every one of
//! them is played against it. It is strict where the recorded server is, wrong where that one is wrong, misbehaves on
//! request ([`Fault`]), and keeps a [`Ledger`] of what really happened.
//!
//! ```
//! # use std::sync::Arc;
//! # use timbre_simulator::ManualClock;
//! # use timbre_simulator::crm::{Crm, CrmConfig};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let crm = Crm::start(CrmConfig::default(), Arc::new(ManualClock::default())).await?;
//! let id = crm.create_contact(&serde_json::json!({"firstName": "Rosa", "phoneNumber": "+50688884787"}));
//! assert_eq!(crm.record("Contact", &id).map(|rosa| rosa["name"].clone()), Some("Rosa".into()));
//! crm.stop().await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod config;
pub mod console;
#[expect(clippy::module_inception, reason = "the file tells the story of the type that the module is named after")]
mod crm;
mod email;
mod fault;
mod filter;
mod http;
mod ledger;
mod listing;
mod phone;
mod populate;
mod query;
mod record;
mod schema;
mod shape;
mod shared;
mod sign_in;
mod store;
mod table;
mod time;
mod verbs;
mod writing;

pub use config::{
    Access, ApiUser, Assignment, CrmConfig, CustomEntity, CustomField, DEFAULT_API_KEY, DownStyle, FieldKind, Role,
    Tempo, UnreadableDate, User, UserKind,
};
pub use crm::Crm;
pub use fault::{Fault, FaultMix, Faults};
pub use ledger::{Change, Ledger, Moment, Outcome, RequestEntry, RequestLog, Stored};

#[cfg(test)]
mod tests;
