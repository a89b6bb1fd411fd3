//! The CRMs. Goes out: what came of the calls, exactly once, and contacts that were typed here. Comes in: the CRMs' contacts.

pub mod connector;
pub(crate) mod connectors;
pub mod contact_sync;
pub(crate) mod outbox;
pub mod report;
