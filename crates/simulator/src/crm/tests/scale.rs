//! Very many contacts: which cursors find all of them, and which do not.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::harness::Bench;

const FIRST_SECOND: &str = "1970-01-01 00:00:00";

/// The condition for the rows after the last one seen.
fn keyset(time: &str, id: &str) -> Value {
    json!([{"type": "or", "value": [
        {"type": "after", "attribute": "modifiedAt", "value": time},
        {"type": "and", "value": [
            {"type": "equals", "attribute": "modifiedAt", "value": time},
            {"type": "greaterThan", "attribute": "id", "value": id},
        ]},
    ]}])
}

fn after(time: &str, _: &str) -> Value {
    json!([{"type": "after", "attribute": "modifiedAt", "value": time}])
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

/// All ids that a cursor finds.
async fn pulled(bench: &Bench, select: &[&str], cursor: fn(&str, &str) -> Value) -> Vec<String> {
    let (mut time, mut id) = (FIRST_SECOND.to_owned(), String::new());
    let mut ids = Vec::new();
    loop {
        let search = json!({"select": select, "where": cursor(&time, &id), "orderBy": "modifiedAt", "order": "asc",
            "maxSize": 200});
        let page = bench.list("Contact", &search).await;
        let Some(last) = page.last() else { return ids };
        (time, id) = (text(last, "modifiedAt").to_owned(), text(last, "id").to_owned());
        ids.extend(page.iter().map(|row| text(row, "id").to_owned()));
    }
}

#[tokio::test]
async fn the_keyset_loses_none_of_2012_contacts_and_the_plain_cursor_some() {
    let bench = Bench::new().await;
    bench.crm.populate(2012, 5);
    let all: BTreeSet<String> = bench.crm.stamps("Contact").into_iter().map(|(id, _)| id).collect();
    let found = pulled(&bench, &["id", "modifiedAt"], keyset).await;
    assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (2012, all));
    let plain = pulled(&bench, &["id", "modifiedAt"], after).await;
    assert!(plain.len() < 2012, "{}", plain.len());
}

#[tokio::test]
async fn the_same_seed_makes_the_same_contacts_and_many_share_a_second() {
    let (one, other) = (Bench::new().await, Bench::new().await);
    one.crm.populate(20_000, 9);
    other.crm.populate(20_000, 9);
    let stamps = one.crm.stamps("Contact");
    assert_eq!(stamps, other.crm.stamps("Contact"));
    let seconds: BTreeSet<_> = stamps.iter().map(|(_, stamp)| stamp).collect();
    assert!(seconds.len() < 30, "{}", seconds.len());
}

#[tokio::test]
async fn a_hundred_thousand_contacts_are_paged_through_completely() {
    let bench = Bench::new().await;
    bench.crm.populate(100_000, 1);
    let began = Instant::now();
    let select = ["id", "firstName", "lastName", "accountName", "phoneNumber", "modifiedAt"];
    let found = pulled(&bench, &select, keyset).await;
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 100_000);
    let took = began.elapsed();
    // A generous limit, which fails only where every page reads all records.
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[tokio::test]
async fn pages_of_ids_and_numbers_are_found_among_a_hundred_thousand() {
    let bench = Bench::new().await;
    bench.crm.populate(100_000, 2);
    let stamps = bench.crm.stamps("Contact");
    let (some, next) = (&stamps[70_000].0, &stamps[70_001].0);
    let after = json!([{"type": "greaterThan", "attribute": "id", "value": some}]);
    let search = json!({"select": ["id"], "orderBy": "id", "order": "asc", "maxSize": 3, "where": after});
    assert_eq!(bench.list("Contact", &search).await[0]["id"], *next);
    let contact = bench.crm.record("Contact", next).unwrap();
    for phone in contact["phoneNumberData"].as_array().unwrap() {
        let digits: String =
            text(phone, "phoneNumber").chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
        let ends = json!([{"type": "endsWith", "attribute": "phoneNumberNumeric", "value": digits}]);
        let found = bench.list("Contact", &json!({"select": ["id"], "where": ends})).await;
        assert!(found.iter().any(|row| row["id"] == *next), "{digits}");
    }
}
