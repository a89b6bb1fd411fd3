//! Tests of the simulated CRM, against the recordings and of its own features.

mod faults;
mod harness;
mod life;
mod recorded;
mod scale;
mod states;
