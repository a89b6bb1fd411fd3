//! The simulator from outside, over real HTTP, on a clock that stands still.

mod click_to_dial;
mod faults;
mod harness;
mod life;
mod live;
mod record;
mod rule;
mod strictness;
