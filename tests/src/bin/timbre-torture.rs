//! `cargo xtask torture`: the engine is killed again and again; nothing is lost, nothing is there twice.

use std::process::ExitCode;

use clap::Parser as _;
use timbre_tests::torture::{self, Options};

fn main() -> ExitCode {
    torture::run(&Options::parse())
}
