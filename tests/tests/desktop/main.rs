//! Real windows: Timbre itself on a desktop of its own, against the real simulator, with another program's window where
//! somebody types. What is on the glass is looked at from outside, as a person would; what is in the windows is read as a
//! screen reader reads it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod dialling;
mod environment;
mod first_run;
mod keyboard;
mod looks;
mod morning;
mod notices;
mod office;
mod popups;
mod results;
mod tray;
