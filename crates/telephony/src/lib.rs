//! Telephony vendors: a [`registry`] of them, and one folder each with the same few files.
//!
//! `mod.rs` describes the vendor and opens its sessions, `wire` mirrors what the vendor says, `map` turns it into what we mean
//! and is pure, `client` does the HTTP. The [`throttle`] keeps the vendors' limits for everything that shares them.

mod amount;
pub mod callmyway;
pub mod formcall;
pub mod registry;
mod secret;
mod text;
pub mod throttle;
