use timbre_domain::dial::{DialId, DialState, RingFirst};
use timbre_domain::number::Country;
use uuid::Uuid;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn endpoint(text: &str) -> EndpointNumber {
    EndpointNumber::new(text).unwrap()
}

fn dial(from: &str, seconds: i64, number: &str) -> Dial {
    Dial {
        id: DialId(Uuid::now_v7()),
        endpoint: endpoint(from),
        number: PhoneNumber::typed(number, Country::CR).unwrap(),
        contact: None,
        requested_at: at(seconds),
        ring_first: RingFirst::Agent,
        state: DialState::Requested,
    }
}

fn row(id: &str, from: &str, seconds: i64) -> PlacedCall {
    let (external_id, placed_at) = (id.to_owned(), at(seconds));
    PlacedCall { external_id, endpoint: endpoint(from), placed_at, connected_at: None, ended_at: None }
}

fn seen(rows: &[PlacedCall], dials: Vec<Dial>, known: &[&str]) -> Vec<(String, Option<String>)> {
    let followed = Followed { dials, calls: Vec::new() };
    let seen = observations(rows, &followed, |id| known.contains(&id), at(100));
    seen.into_iter().map(|one| (one.external_id, one.sides.called.number)).collect()
}

#[test]
fn a_row_that_nobody_knows_is_the_call_of_the_dial_whose_answer_never_came() {
    let dials = vec![dial("popup", 10, "8888-4787")];
    let rows = [row("new", "popup", 12), row("known", "popup", 5)];
    let seen = seen(&rows, dials, &["known"]);
    assert_eq!(seen, [("known".to_owned(), None), ("new".to_owned(), Some("+50688884787".to_owned()))]);
}

#[test]
fn a_row_of_another_endpoint_or_of_long_before_the_dial_is_somebody_elses() {
    let dials = vec![dial("popup", 100, "8888-4787")];
    assert_eq!(seen(&[row("a", "other", 101), row("b", "popup", 60)], dials, &[]), []);
}

#[test]
fn a_row_is_of_the_dial_that_was_asked_for_nearest_to_it() {
    let given_up = || dial("popup", 10, "8888-4787");
    let next = || dial("popup", 50, "2222-3333");
    for (row, number) in [(row("late", "popup", 12), "+50688884787"), (row("of the next", "popup", 49), "+50622223333")]
    {
        let seen = seen(std::slice::from_ref(&row), vec![given_up(), next()], &[]);
        assert_eq!(seen, [(row.external_id, Some(number.to_owned()))]);
    }
    assert_eq!(seen(&[row("a visitor's", "popup", 90)], vec![given_up()], &[]), []);
}

#[test]
fn two_dials_take_two_rows_in_their_order() {
    let dials = vec![dial("popup", 40, "2222-3333"), dial("popup", 10, "8888-4787")];
    let seen = seen(&[row("second", "popup", 41), row("first", "popup", 11)], dials, &[]);
    let numbers: Vec<_> = seen.iter().map(|(id, number)| (id.as_str(), number.as_deref().unwrap())).collect();
    assert_eq!(numbers, [("first", "+50688884787"), ("second", "+50622223333")]);
}
