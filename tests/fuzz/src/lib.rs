//! Hostile input for everything that reads what others wrote: answers of vendors and CRMs, people's files, links, numbers,
//! settings, and lines on the local socket.
//!
//! A [`Target`] takes bytes and reads them as Timbre would. It may refuse them; it must not panic, hang or eat the memory, and
//! what it gives must be true of itself (asserted where something can be said). `cargo xtask fuzz` has libFuzzer look for inputs
//! that do; the test in `tests/` tries what it found once, and variations of that. [`corpus`] keeps inputs in one readable file
//! a target.

pub mod corpus;
mod targets;

/// Something that reads what others wrote.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line, and its corpus's.
    pub name: &'static str,
    /// Reads these bytes.
    pub run: fn(&[u8]),
    /// Good inputs to begin with, from the fixtures.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: &[Target] = targets::ALL;

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
