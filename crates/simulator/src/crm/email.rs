//! E-mail addresses as EspoCRM 8.4.2 keeps them (its `FieldProcessing/EmailAddress/Saver`).

use serde_json::{Value, json};

use super::record::Record;
use super::schema::Name;

/// The attribute that holds all addresses of a record with more than one plain address.
const LIST: &str = "emailAddressData";

/// All addresses of a record, beginning with the primary one.
pub(crate) fn list(record: &Record) -> Vec<Value> {
    match record.get(LIST).and_then(Value::as_array) {
        Some(list) => list.clone(),
        None => record.text("emailAddress").map(|address| entry(address, true, &Value::Null)).into_iter().collect(),
    }
}

/// `emailAddressData` replaces the list. `emailAddress` alone replaces or removes the primary address and keeps the
/// others.
pub(crate) fn write(record: &mut Record, before: Vec<Value>, fields: &Value) {
    let is = |one: &Value, address: &str| one["lower"] == address.to_lowercase();
    let mut list = before;
    if let Some(data) = fields.get(LIST).and_then(Value::as_array) {
        list = Vec::new();
        let none_first = !data.iter().any(|one| one["primary"] == true);
        for (at, one) in data.iter().enumerate() {
            let address = one["emailAddress"].as_str().unwrap_or_default().trim();
            if !address.is_empty() && !list.iter().any(|known| is(known, address)) {
                list.push(entry(address, one["primary"] == true || none_first && at == 0, one));
            }
        }
    } else if let Some(first) = fields.get("emailAddress") {
        let address = first.as_str().unwrap_or_default().trim();
        if !list.iter().any(|one| one["primary"] == true && is(one, address)) {
            list.retain(|one| one["primary"] != true);
            let known = list.iter().position(|one| is(one, address)).map(|at| list.remove(at));
            if !address.is_empty() {
                list.insert(0, entry(address, true, &known.unwrap_or_default()));
            }
        }
    } else {
        return;
    }
    list.sort_by_key(|one| one["primary"] != true);
    let first = list.first().filter(|one| one["primary"] == true).map(|one| one["emailAddress"].clone());
    let plain =
        matches!(list.as_slice(), [one] if first.is_some() && one["optOut"] == false && one["invalid"] == false);
    let kept = if plain || list.is_empty() { Value::Null } else { Value::Array(list) };
    record.set(&Name::from("emailAddress"), first.unwrap_or_default());
    record.set(&Name::from(LIST), kept);
}

fn entry(address: &str, primary: bool, flags: &Value) -> Value {
    json!({
        "emailAddress": address,
        "lower": address.to_lowercase(),
        "primary": primary,
        "optOut": flags["optOut"] == true,
        "invalid": flags["invalid"] == true,
    })
}
