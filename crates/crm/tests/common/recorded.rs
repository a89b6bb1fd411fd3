//! EspoCRM's recordings, and the orders they are compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value as Json, json};
use timbre_domain::crm::Cursor;

use super::{KEY, Reply, Seen, number};

pub const REQUEST: &str = "01990000-0000-7000-8000-000000000001";
pub const ANA: &str = "6b00749baa06e4813";

pub struct Case {
    pub method: String,
    pub path: String,
    pub query: Json,
    pub headers: BTreeMap<String, String>,
    pub body: Json,
    pub reply: Reply,
}

pub fn case(name: &str) -> Case {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/espocrm").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
    let case: Json = serde_json::from_str(&text).unwrap();
    let map = |json: &Json| -> BTreeMap<String, String> {
        let map = json.as_object().unwrap().iter();
        map.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
    };
    let (request, response) = (&case["request"], &case["response"]);
    let pairs: Vec<(String, String)> = map(&request["query"]).into_iter().collect();
    Case {
        method: request["method"].as_str().unwrap().to_owned(),
        path: request["path"].as_str().unwrap().to_owned(),
        query: asked(&pairs),
        headers: map(&request["headers"]),
        body: request["body"].clone(),
        reply: Reply {
            status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
            headers: map(&response["headers"]).into_iter().collect(),
            body: if response["body"].is_null() { String::new() } else { response["body"].to_string() },
        },
    }
}

/// What a query asks for, however it is written: `searchParams=<JSON>` or PHP's `where[0][type]=…`.
pub fn asked(pairs: &[(String, String)]) -> Json {
    let mut out = json!({});
    for (name, value) in pairs {
        if name == "searchParams" {
            return plain(serde_json::from_str(value).unwrap());
        }
        let mut place = &mut out;
        for part in name.replace(']', "").split('[') {
            if place.is_null() {
                *place = json!({});
            }
            place = &mut place[part];
        }
        *place = if name == "select" { value.split(',').collect() } else { json!(value) };
    }
    plain(out)
}

/// Lists as PHP sees them, numbers as texts.
pub fn plain(json: Json) -> Json {
    match json {
        Json::Object(map) if !map.is_empty() && map.keys().all(|key| key.parse::<usize>().is_ok()) => {
            plain(Json::Array(map.into_iter().map(|(_, value)| value).collect()))
        }
        Json::Object(map) => map.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        Json::Array(list) => list.into_iter().map(plain).collect(),
        Json::Number(number) => json!(number.to_string()),
        other => other,
    }
}

pub fn keys(json: &Json) -> BTreeSet<&str> {
    json.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The request is the recorded one in method, path, and headers that matter.
pub fn like(seen: &Seen, case: &Case) {
    assert_eq!((&seen.method, &seen.path), (&case.method, &case.path));
    assert_eq!(seen.headers["x-api-key"], KEY);
    assert_eq!(seen.headers["accept"], "application/json");
    for name in ["X-No-Total", "X-Skip-Duplicate-Check"] {
        let sent = seen.headers.get(&name.to_lowercase());
        assert_eq!(sent, case.headers.get(name).or(if name == "X-No-Total" { sent } else { None }), "{name}");
    }
}

pub fn call(contact: Option<&str>) -> Json {
    json!({
        "request_id": REQUEST, "remote_id": null, "despite_duplicate": false,
        "content": {"kind": "call", "record": {
            "call_key": "callmyway:main:c1", "direction": "in", "answered": true,
            "started_at": "2026-11-20T15:00:00Z", "ended_at": "2026-11-20T15:04:10Z", "duration_s": 240,
            "endpoint": "8373456", "number": "+50688848788", "number_written": "+506 8884 8788",
            "contact": contact.map(|id| json!({"id": id, "name": "Dario Montealto"})),
            "title": "Llamada entrante +506 8884 8788", "text": "Consulta sobre pedido.", "comment": "Consulta",
            "disposition": [{"code": "s", "name": "Venta"}, {"code": "s1", "name": "Nueva"}],
            "fields": {}, "charges": [], "cost": "0.0125", "currency": "USD", "agent": "Ana"}}
    })
}

pub fn follow_up(cancelled: bool) -> Json {
    json!({"request_id": REQUEST, "remote_id": null, "despite_duplicate": false,
        "content": {"kind": "follow_up", "record": {"at": "2026-11-23T16:00:00Z", "whom": null,
            "title": "Devolver llamada a Dario Montealto", "text": "Seguimiento.",
            "contact": {"id": "6b0074c0099784113", "name": "Dario"}, "cancelled": cancelled}}})
}

pub fn contact(name: &str, phones: &[&str], changed: &[&str]) -> Json {
    let phones: Vec<Json> =
        phones.iter().map(|phone| json!({"number": number(phone), "kind": "mobile", "source": null})).collect();
    json!({"request_id": REQUEST, "remote_id": null, "despite_duplicate": false,
        "content": {"kind": "contact", "record": {
            "contact": {"id": "0199aaaa-0000-7000-8000-000000000001", "name": name, "company": "", "phones": phones, "last_used_at": null},
            "changed": changed}}})
}

pub fn amending(mut order: Json, id: &str) -> Json {
    order["remote_id"] = json!(id);
    order
}

pub fn cursor(modified_at: &str, id: &str) -> Cursor {
    Cursor([("modified_at".to_owned(), modified_at.to_owned()), ("id".to_owned(), id.to_owned())].into())
}
