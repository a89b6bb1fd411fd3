//! The simulator from outside, over real HTTP, on a clock that stands still.

mod errors;
mod faults;
mod harness;
mod life;
mod list;
mod orders;
mod tls;
