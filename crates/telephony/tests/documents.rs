//! The vendor's document gives examples of its answers. Here they stand byte for byte as excerpts (`*.seed.txt`), and
//! mended (`*.json`): each repair is named, and applying them to the excerpt gives the mended file.
//!
//! The repairs undo what the document's own text processing did; the real vendor sends none of it. What the vendor may
//! do to its answers is mended in the adapter (`callmyway/body.rs`).

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use timbre_domain::attribution::{Whose, attribute};
use timbre_domain::call::{Direction, Party};
use timbre_domain::endpoint::{EndpointNumber, ServedEndpoints};
use timbre_domain::error::PortError;
use timbre_domain::number::Country;
use timbre_domain::observation::LiveAnswer;
use timbre_domain::redact::Redactor;
use timbre_telephony::callmyway::Reading;
use timbre_telephony::callmyway::reading::{read_endpoints, read_live};

const LIVE_SEED: &str = include_str!("../fixtures/callmyway/live.seed.txt");
const LIVE: &str = include_str!("../fixtures/callmyway/live.json");
const ENDPOINTS_SEED: &str = include_str!("../fixtures/callmyway/endpoints.seed.txt");
const ENDPOINTS: &str = include_str!("../fixtures/callmyway/endpoints.json");

type Repair = (&'static str, fn(&str) -> String);

/// What is mended, in this order.
const REPAIRS: [Repair; 3] = [
    ("the list mark that begins most lines is dropped", |line| {
        line.trim_start_matches(' ').strip_prefix("- ").map_or(line, |rest| rest).to_owned()
    }),
    ("an escaped underscore is an underscore", |line| line.replace("\\_", "_")),
    ("the stray quote after an empty text at the end of a line is dropped", |line| {
        line.strip_suffix("\"\",\"").map_or_else(|| line.to_owned(), |rest| format!("{rest}\"\","))
    }),
];

fn mended(seed: &str) -> String {
    seed.lines().map(|line| REPAIRS.iter().fold(line.to_owned(), |line, (_, repair)| repair(&line)) + "\n").collect()
}

fn own(numbers: &[&str]) -> ServedEndpoints {
    ServedEndpoints::new(numbers.iter().filter_map(|number| EndpointNumber::new(number)))
}

fn live(text: &str) -> Result<LiveAnswer, PortError> {
    let reading = Reading {
        zone: chrono_tz::America::Costa_Rica,
        redactor: &Redactor::default(),
        answered_at: "2017-12-04T16:02:00Z".parse().unwrap(),
    };
    read_live(text.as_bytes(), &reading)
}

#[test]
fn the_mended_examples_are_the_excerpts_with_the_named_repairs_and_nothing_else() {
    assert_eq!(mended(LIVE_SEED), LIVE);
    assert_eq!(mended(ENDPOINTS_SEED), ENDPOINTS);
}

#[test]
fn every_repair_is_needed() {
    for seed in [LIVE_SEED, ENDPOINTS_SEED] {
        for (name, repair) in REPAIRS {
            let without: String = seed
                .lines()
                .map(|line| {
                    let others = REPAIRS.iter().filter(|(other, _)| *other != name);
                    others.fold(line.to_owned(), |line, (_, repair)| repair(&line)) + "\n"
                })
                .collect();
            let changes_something = seed.lines().any(|line| repair(line) != line);
            let broken = serde_json::from_str::<serde_json::Value>(&without).is_err();
            let misnamed = without.contains("\\_");
            assert_eq!(changes_something, broken || misnamed, "{name}");
        }
    }
}

#[test]
fn the_live_example_shows_two_outgoing_calls() {
    let own = own(&["8373456", "8615601"]);
    let answer = live(LIVE).unwrap();
    assert!(answer.complete && answer.unread.is_empty() && answer.repairs.is_empty());
    let seen: Vec<_> = answer
        .observations
        .iter()
        .map(|call| {
            let Whose::Ours(ours) = attribute(&call.sides, &own, Country::CR) else { panic!("{call:?}") };
            let Party::Number { number } = ours.party else { panic!("{call:?}") };
            (
                call.external_id.as_str(),
                ours.endpoint.to_string(),
                ours.direction,
                number.e164().unwrap().to_owned(),
                call.detected_at.to_rfc3339(),
                call.connected_at.unwrap().to_rfc3339(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (
                "6495722720473790385",
                "8373456".to_owned(),
                Direction::Out,
                "+50688848787".to_owned(),
                "2017-12-04T16:01:43+00:00".to_owned(),
                "2017-12-04T16:01:48+00:00".to_owned()
            ),
            (
                "6495715925835034120",
                "8615601".to_owned(),
                Direction::Out,
                "+50671022296".to_owned(),
                "2017-12-04T15:35:20+00:00".to_owned(),
                "2017-12-04T15:35:29+00:00".to_owned()
            ),
        ]
    );
}

#[test]
fn an_agent_sees_only_the_own_call_of_the_live_example() {
    let own = own(&["8373456"]);
    let answer = live(LIVE).unwrap();
    let is_own = |sides| matches!(attribute(sides, &own, Country::CR), Whose::Ours(_));
    let shown: Vec<_> = answer.observations.iter().map(|call| is_own(&call.sides)).collect();
    assert_eq!(shown, [true, false]);
}

#[test]
fn the_endpoints_example_is_a_map_of_id_to_number() {
    let endpoints = read_endpoints(ENDPOINTS.as_bytes(), &Redactor::default()).unwrap();
    let pairs: Vec<_> = endpoints.iter().map(|e| (e.id.as_str(), e.number.as_str())).collect();
    assert_eq!(pairs, [("104", "8330101"), ("43702", "8373443")]);
}

#[test]
fn the_raw_excerpts_are_no_answers_and_are_refused() {
    assert!(live(LIVE_SEED).is_err());
    assert!(read_endpoints(ENDPOINTS_SEED.as_bytes(), &Redactor::default()).is_err());
}
