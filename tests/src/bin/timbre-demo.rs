//! `cargo xtask demo`: the main job, played on the simulator and checked against its ledger.

use std::process::ExitCode;

use clap::Parser as _;
use timbre_tests::demo::{self, Options};

fn main() -> ExitCode {
    demo::run(&Options::parse())
}
