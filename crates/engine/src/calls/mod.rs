//! Calls. Comes in: observations, from polls, pushes and lists, and the dials of the agent. Goes out: transitions, saved and
//! published; pop-ups with whoever is on the other side; the vendor's records.

pub mod accounts;
pub(crate) mod caller_lookup;
pub mod dialler;
pub(crate) mod endpoints;
pub(crate) mod flow;
pub(crate) mod history;
pub mod ingest;
pub(crate) mod placed_calls;
pub(crate) mod poll_log;
pub(crate) mod poller;
pub(crate) mod popup_card;
pub(crate) mod records;
pub mod results;
pub mod session;
pub mod zone;
