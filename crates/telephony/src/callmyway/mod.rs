//! CallMyWay: live calls, records, endpoints, click-to-dial (seeds 000 and 001, PROVIDERS.md "CallMyWay").

mod body;
mod client;
mod map;
mod time;
mod wire;

pub use body::{MAX_KEPT, ReadError};
pub use client::{ANSWER_WITHIN, CallMyWay, READING_INTERVAL, Settings, ThrottleScope};
pub use map::Reading;

/// The pure half of the adapter, for tests that feed it a body: reading and mapping, with no network.
pub mod reading {
    pub use super::map::{read_cdrs, read_endpoints, read_live};
}
