//! Telephony vendors: one folder each, with the same three files.
//!
//! `wire` mirrors what the vendor says, `map` turns it into what we mean and is pure, `client` does the HTTP. The
//! [`throttle`] keeps the vendors' limits for everything that shares them.

pub mod callmyway;
pub mod http;
pub mod throttle;
