//! A short run of each target: what is kept, the fixtures, and variations of both.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use timbre_fuzz::{TARGETS, Target, corpus};

/// How an input is spoiled.
#[derive(Debug, Clone)]
enum Spoil {
    /// These bytes in place of so many at a place.
    Replace(prop::sample::Index, usize, Vec<u8>),
    /// Everything behind a place is gone.
    Cut(prop::sample::Index),
    /// A stretch comes once more.
    Twice(prop::sample::Index, usize),
}

/// What has a meaning somewhere.
const SHARP: [&str; 16] = [
    "\0",
    "\"",
    "\\",
    "\n",
    "\r\n",
    ";",
    ",",
    "{",
    "}",
    "[",
    "%",
    "&#x",
    "\u{feff}",
    "\u{ab}",
    "\u{202e}",
    "9999999999999999999999",
];

fn spoil() -> impl Strategy<Value = Spoil> {
    let bytes = prop_oneof![
        prop::sample::select(&SHARP[..]).prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop_oneof![
        4 => (any::<prop::sample::Index>(), 0_usize..8, bytes).prop_map(|(at, len, with)| Spoil::Replace(at, len, with)),
        1 => any::<prop::sample::Index>().prop_map(Spoil::Cut),
        1 => (any::<prop::sample::Index>(), 1_usize..64).prop_map(|(at, len)| Spoil::Twice(at, len)),
    ]
}

fn spoiled(mut input: Vec<u8>, by: &Spoil) -> Vec<u8> {
    let place = |at: &prop::sample::Index, input: &[u8]| at.index(input.len() + 1);
    match by {
        Spoil::Replace(at, len, with) => {
            let from = place(at, &input);
            let to = (from + len).min(input.len());
            input.splice(from..to, with.iter().copied());
        }
        Spoil::Cut(at) => input.truncate(place(at, &input)),
        Spoil::Twice(at, len) => {
            let from = place(at, &input);
            let to = (from + len).min(input.len());
            let part = input[from..to].to_vec();
            input.splice(from..from, part);
        }
    }
    input
}

fn inputs_of(target: &Target) -> Vec<Vec<u8>> {
    let inputs: Vec<_> = corpus::read(target.name).unwrap().into_iter().chain((target.seeds)()).collect();
    assert!(!inputs.is_empty(), "{} has nothing to begin with", target.name);
    inputs
}

#[test]
fn what_was_found_once_and_variations_of_it_break_nothing() {
    std::thread::scope(|scope| {
        for target in TARGETS {
            scope.spawn(move || {
                let inputs = inputs_of(target);
                for input in &inputs {
                    (target.run)(input);
                }
                let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
                let variations = (prop::sample::select(inputs), prop::collection::vec(spoil(), 1..6));
                let tried = runner.run(&variations, |(input, spoils)| {
                    (target.run)(&spoils.iter().fold(input, spoiled));
                    Ok(())
                });
                tried.unwrap_or_else(|error| panic!("{}: {error}", target.name));
            });
        }
    });
}

#[test]
fn every_target_begins_with_something_and_its_name_is_its_own() {
    let mut names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TARGETS.len());
    for target in TARGETS {
        inputs_of(target);
    }
}
