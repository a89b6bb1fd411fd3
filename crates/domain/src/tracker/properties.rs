//! For any interleaving of polls, failures, repeats, re-ordering, overlap and restart: every transition happens exactly
//! once, and no call ends because a poll failed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::attribution::Attribution;

const CALLS: usize = 5;

/// What the world looks like at one look of the vendor: for each call, absent, ringing or connected.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shown {
    No,
    Ringing,
    Connected,
}

/// What becomes of one question.
#[derive(Debug, Clone)]
enum Answer {
    Whole,
    /// It arrives, but only the calls whose bit is set could be read.
    Partial(u8),
    Failed,
    /// It arrives, and arrives again.
    Twice,
    /// It arrives after the given number of later ones.
    Late(usize),
    /// It arrives, and then the process is restarted from what it saved.
    ThenRestart,
    /// It arrives with each row written twice, in the opposite order.
    Doubled,
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => Just(Answer::Whole),
        2 => any::<u8>().prop_map(Answer::Partial),
        3 => Just(Answer::Failed),
        1 => Just(Answer::Twice),
        1 => (1usize..4).prop_map(Answer::Late),
        1 => Just(Answer::ThenRestart),
        1 => Just(Answer::Doubled),
    ]
}

/// Each call begins, may be answered, and ends; what is shown at a look follows from that, but for hiccups.
fn world(looks: usize) -> impl Strategy<Value = Vec<[Shown; CALLS]>> {
    let call = (0..looks, 0..looks, 0..looks, any::<bool>(), prop::option::weighted(0.2, 0..looks));
    prop::collection::vec(call, CALLS).prop_map(move |calls| {
        (0..looks)
            .map(|look| {
                std::array::from_fn(|n| {
                    let (a, b, c, answered, hiccup) = calls[n];
                    let mut times = [a, b, c];
                    times.sort_unstable();
                    match look {
                        _ if hiccup == Some(look) => Shown::No,
                        l if l < times[0] || l >= times[2] => Shown::No,
                        l if answered && l >= times[1] => Shown::Connected,
                        _ => Shown::Ringing,
                    }
                })
            })
            .collect()
    })
}

fn observation(n: usize, shown: Shown) -> AttributedCall {
    let time = Utc.timestamp_opt(1_800_000_000, 0).unwrap();
    AttributedCall {
        external_id: n.to_string(),
        group: None,
        whose: Whose::Ours(Attribution {
            endpoint: EndpointNumber::new("8373456").unwrap(),
            agent: String::new(),
            direction: Direction::In,
            party: Party::Withheld,
        }),
        detected_at: time,
        connected_at: (shown == Shown::Connected).then_some(time),
        ended_at: None,
    }
}

fn batch(sequence: u64, rows: Vec<AttributedCall>, complete: bool) -> ObservationBatch {
    ObservationBatch {
        vendor: VendorId::known("acme"),
        account: "main".parse().unwrap(),
        sequence,
        answered_at: Utc.timestamp_opt(1_800_000_000 + 4 * i64::try_from(sequence).unwrap(), 0).unwrap(),
        observations: rows,
        coverage: if complete { Coverage::AllCalls } else { Coverage::Partial },
    }
}

/// Plays a world through a tracker; gives every batch in the order it arrived, with what was told at it.
fn play(world: &[[Shown; CALLS]], answers: &[Answer]) -> Vec<(ObservationBatch, Vec<CallTransition>)> {
    let mut tracker = CallTracker::new(VendorId::known("acme"), "main".parse().unwrap());
    let mut told = Vec::new();
    let mut held: Vec<(usize, ObservationBatch)> = Vec::new();
    for (look, answer) in world.iter().zip(answers) {
        let sequence = tracker.next_sequence();
        let all = (0..CALLS).filter(|n| look[*n] != Shown::No).map(|n| observation(n, look[n]));
        let arrives = match answer {
            Answer::Whole | Answer::Twice | Answer::ThenRestart | Answer::Late(_) => {
                batch(sequence, all.collect(), true)
            }
            Answer::Partial(mask) => {
                let readable = all.filter(|o| mask & (1 << o.external_id.parse::<u32>().unwrap()) != 0);
                batch(sequence, readable.collect(), false)
            }
            Answer::Failed => batch(sequence, Vec::new(), false),
            Answer::Doubled => {
                let rows: Vec<_> = all.collect();
                batch(sequence, rows.iter().rev().chain(&rows).cloned().collect(), true)
            }
        };
        if let Answer::Late(by) = answer {
            held.push((*by, arrives));
            continue;
        }
        let mut arrivals = vec![arrives.clone()];
        if matches!(answer, Answer::Twice) {
            arrivals.push(arrives);
        }
        for (left, _) in &mut held {
            *left -= 1;
        }
        arrivals.extend(held.extract_if(.., |(left, _)| *left == 0).map(|(_, batch)| batch));
        for batch in arrivals {
            let transitions = tracker.apply(&batch);
            told.push((batch, transitions));
        }
        if matches!(answer, Answer::ThenRestart) {
            tracker = serde_json::from_str(&serde_json::to_string(&tracker).unwrap()).unwrap();
        }
    }
    for batch in held.into_iter().map(|(_, batch)| batch) {
        let transitions = tracker.apply(&batch);
        told.push((batch, transitions));
    }
    // Quiet at the end: everything still going on is gone for good.
    for _ in 0..2 {
        let batch = batch(tracker.next_sequence(), Vec::new(), true);
        let transitions = tracker.apply(&batch);
        told.push((batch, transitions));
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_transition_happens_exactly_once(
        world in world(24),
        answers in prop::collection::vec(answer(), 24),
    ) {
        let told = play(&world, &answers);
        let mut detected: BTreeMap<String, usize> = BTreeMap::new();
        let mut connected: BTreeMap<String, usize> = BTreeMap::new();
        let mut going_on: BTreeSet<String> = BTreeSet::new();
        for transition in told.iter().flat_map(|(_, transitions)| transitions) {
            let id = transition.call().map(|c| c.key.external_id.clone()).unwrap_or_default();
            match transition {
                CallTransition::Detected(_) => {
                    *detected.entry(id.clone()).or_default() += 1;
                    prop_assert!(going_on.insert(id), "detected while going on");
                }
                CallTransition::Connected(_) => *connected.entry(id).or_default() += 1,
                CallTransition::Ended(_) => prop_assert!(going_on.remove(&id), "ended {id} while not going on"),
                CallTransition::Resumed(_) => prop_assert!(going_on.insert(id), "resumed while going on"),
                CallTransition::LegAdded(_) | CallTransition::Identified(_) | CallTransition::Dial(_) => prop_assert!(false, "one leg each, and nobody dialled"),
            }
        }
        prop_assert!(going_on.is_empty(), "still going on after everything was quiet: {going_on:?}");
        let shown: BTreeSet<String> =
            told.iter().flat_map(|(b, _)| &b.observations).map(|o| o.external_id.clone()).collect();
        let answered: BTreeSet<String> = told
            .iter()
            .flat_map(|(b, _)| &b.observations)
            .filter(|o| o.connected_at.is_some())
            .map(|o| o.external_id.clone())
            .collect();
        prop_assert_eq!(detected.keys().cloned().collect::<BTreeSet<_>>(), shown);
        prop_assert_eq!(connected.keys().cloned().collect::<BTreeSet<_>>(), answered);
        prop_assert!(detected.values().chain(connected.values()).all(|n| *n == 1));
    }

    #[test]
    fn a_call_ends_only_at_a_whole_answer_that_does_not_show_it_and_is_the_second_such(
        world in world(24),
        answers in prop::collection::vec(answer(), 24),
    ) {
        let told = play(&world, &answers);
        let mut misses: BTreeMap<String, u32> = BTreeMap::new();
        let mut newest = 0;
        for (batch, transitions) in &told {
            let in_order = batch.sequence > newest;
            newest = newest.max(batch.sequence);
            let shown: BTreeSet<_> = batch.observations.iter().map(|o| o.external_id.as_str()).collect();
            if in_order {
                for n in 0..CALLS {
                    let id = n.to_string();
                    if shown.contains(id.as_str()) {
                        misses.insert(id, 0);
                    } else if batch.coverage == Coverage::AllCalls {
                        *misses.entry(id).or_default() += 1;
                    }
                }
            } else {
                // A call first shown by a late answer begins its count there.
                for transition in transitions {
                    if let CallTransition::Detected(call) = transition {
                        misses.insert(call.key.external_id.clone(), 0);
                    }
                }
            }
            for transition in transitions {
                if let CallTransition::Ended(call) = transition {
                    prop_assert!(in_order && batch.coverage == Coverage::AllCalls, "ended at a poll that proves nothing");
                    prop_assert_eq!(misses.get(&call.key.external_id), Some(&2));
                }
            }
        }
    }
}
