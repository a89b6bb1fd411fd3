//! The simulated CRM against the recordings, and as itself.

mod faults;
mod harness;
mod life;
mod recorded;
mod scale;
mod states;
