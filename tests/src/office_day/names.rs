//! Ids that say what they are of, in place of random ones, so that the same story gives the same texts.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// The answers as texts: every random id replaced by a name, every address of a simulator by another. An id that has no
/// name fails the story.
pub(super) fn given(answers: &BTreeMap<String, Value>, addresses: &[(String, &str)]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for value in answers.values() {
        collect(value, &mut names);
    }
    let mut answers = answers.clone();
    answers.values_mut().for_each(to_the_minute);
    // A record's name holds the id of what it is about.
    let names: Vec<_> = names.iter().map(|(id, name)| (id, named(name, &names))).collect();
    let texts = answers.iter().map(|(file, value)| {
        let mut text = lines(value, 2) + "\n";
        for (id, name) in &names {
            text = text.replace(*id, name);
        }
        for (address, other) in addresses {
            text = text.replace(address, other);
        }
        let unnamed = text.split('"').find(|part| is_random_id(part));
        assert_eq!(unnamed, None, "an id without a name in {file}");
        (file.clone(), text)
    });
    texts.collect()
}

/// JSON with a line for each entry, down to a depth; what lies deeper is in its entry's line.
fn lines(value: &Value, depth: usize) -> String {
    let list = |entries: Vec<String>| entries.join(",\n");
    match value {
        Value::Object(object) if depth > 0 => {
            let entry = |(name, value): (&String, &Value)| {
                format!("{}: {}", Value::from(name.as_str()), lines(value, depth - 1))
            };
            format!("{{\n{}\n}}", list(object.iter().map(entry).collect()))
        }
        Value::Array(array) if depth > 0 => {
            format!("[\n{}\n]", list(array.iter().map(|value| lines(value, depth - 1)).collect()))
        }
        value => value.to_string(),
    }
}

fn named(text: &str, names: &BTreeMap<String, String>) -> String {
    names.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
}

/// Times of ours, as far as disks and networks leave them the same: to the minute. The vendor's own are exact.
fn to_the_minute(value: &mut Value) {
    const OURS: [&str; 8] =
        ["answered_at", "at", "begun_at", "created_at", "final_at", "last_used_at", "next_at", "updated_at"];
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                match value.as_str().filter(|_| OURS.contains(&name.as_str())).map(str::parse::<DateTime<Utc>>) {
                    Some(Ok(at)) => {
                        *value = json!(
                            at - TimeDelta::seconds(at.timestamp() % 60)
                                - TimeDelta::nanoseconds(at.timestamp_subsec_nanos().into())
                        )
                    }
                    _ => to_the_minute(value),
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(to_the_minute),
        _ => {}
    }
}

/// Whether a text is a UUID of version 7, as all of Timbre's own are.
fn is_random_id(text: &str) -> bool {
    text.len() == 36 && text.as_bytes()[14] == b'7' && uuid::Uuid::try_parse(text).is_ok()
}

fn collect(value: &Value, names: &mut BTreeMap<String, String>) {
    if let Value::Object(object) = value {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = if object.contains_key("phones") && object.contains_key("origin") {
            format!("contact:{}", if text("name").is_empty() { text("company") } else { text("name") })
        } else if object.contains_key("change_draft") && object.contains_key("revision") {
            format!("result:{}", text("call"))
        } else if object.contains_key("concept") {
            format!("charge:{}", text("concept"))
        } else if object.contains_key("order_key") {
            format!("record:{}:{}", text("kind"), text("subject"))
        } else {
            String::new()
        };
        if let Some(remote) = object.get("remote_id").and_then(Value::as_str) {
            names.insert(remote.to_owned(), format!("{}-{}", text("kind"), text("subject")));
        }
        for (id, name) in [(text("id"), name), (text("dial"), format!("dial:{}", text("key")))] {
            if is_random_id(id) && !name.is_empty() {
                names.insert(id.to_owned(), name);
            }
        }
    }
    match value {
        Value::Object(object) => object.values().for_each(|value| collect(value, names)),
        Value::Array(array) => array.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}
