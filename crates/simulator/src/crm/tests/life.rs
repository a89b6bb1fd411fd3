//! Signing in, writing, reading what others changed, going down and coming up.

use std::sync::{Arc, Mutex};

use serde_json::json;
use timbre_domain::ports::Clock;

use super::harness::{AGENT, Bench, call, seconds, with_request_id};
use crate::crm::{
    Access, Change, CustomEntity, CustomField, DEFAULT_API_KEY, FieldKind, Moment, Outcome, Role, Tempo, UnreadableDate,
};

#[tokio::test]
async fn more_than_ten_failed_sign_ins_lock_the_address_for_valid_keys_too_until_61_seconds_have_passed() {
    let bench = Bench::new().await;
    let wrong = async || bench.request("GET", "App/user").header("X-Api-Key", "no").send().await.unwrap().status();
    for _ in 0..10 {
        assert_eq!(wrong().await, 401);
    }
    assert_eq!(bench.get("App/user").await.0, 200);
    assert_eq!(wrong().await, 401);
    assert_eq!(bench.get("App/user").await.0, 403);
    bench.clock.advance(seconds(60));
    assert_eq!((bench.get("App/user").await.0, wrong().await.as_u16()), (403, 403));
    bench.clock.advance(seconds(1));
    assert_eq!(bench.get("App/user").await.0, 200);
}

#[tokio::test]
async fn failed_sign_ins_that_are_far_apart_lock_nobody_out() {
    let bench = Bench::new().await;
    for _ in 0..30 {
        let wrong = bench.request("GET", "App/user").header("X-Api-Key", "no");
        assert_eq!(wrong.send().await.unwrap().status(), 401);
        bench.clock.advance(seconds(6));
    }
    assert_eq!(bench.get("App/user").await.0, 200);
}

#[tokio::test]
async fn the_probe_says_who_signed_in_and_a_revoked_key_is_a_wrong_one() {
    let bench = Bench::with(|config| config.api_keys.get_mut(DEFAULT_API_KEY).unwrap().role = Role::connector()).await;
    let (status, probe) = bench.get("App/user").await;
    assert_eq!((status, &probe["user"]["userName"]), (200, &json!("cti-connector")));
    assert_eq!(probe["acl"]["table"]["Contact"]["create"], "no");
    assert_eq!(bench.send(bench.request("DELETE", "Contact/x")).await.unwrap().unwrap().0, 404);
    assert!(bench.crm.revoke_key(DEFAULT_API_KEY));
    assert_eq!(bench.get("App/user").await.0, 401);
}

#[tokio::test]
async fn a_replaced_primary_number_is_gone_and_the_others_stay() {
    let bench = Bench::new().await;
    let phones = json!([{"phoneNumber": "+50688841111", "type": "Mobile", "primary": true},
        {"phoneNumber": "+50622223333", "type": "Office"}]);
    let body = json!({"lastName": "Brenesco", "phoneNumberData": phones});
    let (_, made) = bench.post("Contact", &body).await.unwrap().unwrap();
    let path = format!("Contact/{}", made["id"].as_str().unwrap());
    let put = bench.request("PUT", &path).json(&json!({"phoneNumber": "+506 8884-9999"}));
    assert_eq!(bench.send(put).await.unwrap().unwrap().0, 200);
    let (_, now) = bench.get(&path).await;
    let numbers: Vec<_> = now["phoneNumberData"].as_array().unwrap().iter().map(|one| &one["phoneNumber"]).collect();
    assert_eq!(numbers, ["+50688849999", "+50622223333"]);
    assert_eq!(now["phoneNumberData"][0]["primary"], true);
    let ends = |digits: &str| json!({"select": ["id"], "where": [{"type": "endsWith", "attribute": "phoneNumberNumeric", "value": digits}]});
    assert_eq!(bench.list("Contact", &ends("88841111")).await.len(), 0);
    assert_eq!(bench.list("Contact", &ends("22223333")).await.len(), 1);
}

#[tokio::test]
async fn a_name_with_signs_of_markup_is_refused_and_two_equal_calls_are_two() {
    let bench = Bench::new().await;
    assert_eq!(bench.post("Call", &call("a <b>")).await.unwrap().unwrap().0, 400);
    for _ in 0..2 {
        assert_eq!(bench.post("Call", &call("the same")).await.unwrap().unwrap().0, 200);
    }
    let calls = bench.crm.records("Call");
    assert_eq!(calls.len(), 2);
    // The calls took 300 seconds.
    assert!(calls.iter().all(|call| call["duration"] != 300));
    assert_eq!(bench.crm.with_log(|log| log.created("Call")), 2);
}

#[tokio::test]
async fn a_changed_server_takes_a_request_id_once() {
    let bench = Bench::with(|config| {
        with_request_id(config);
        config.duplicate_request_check = true;
    })
    .await;
    let mut body = call("once");
    body["cCtiRequestId"] = json!("01J");
    assert_eq!(bench.post("Call", &body).await.unwrap().unwrap().0, 200);
    assert_eq!(bench.post("Call", &body).await.unwrap().unwrap().0, 409);
    assert_eq!(bench.crm.count("Call"), 1);
}

#[tokio::test]
async fn an_own_entity_has_its_fields_and_wants_the_required_ones() {
    let amount = CustomField { name: "amount".to_owned(), kind: FieldKind::Number, required: true };
    let contact =
        CustomField { name: "contact".to_owned(), kind: FieldKind::Link("Contact".to_owned()), required: false };
    let fields = vec![amount, contact, CustomField::text("reference")];
    let bench =
        Bench::with(|config| config.custom_entities.push(CustomEntity { name: "CCharge".to_owned(), fields })).await;
    let id = bench.crm.create_contact(&json!({"firstName": "Rosa", "lastName": "Mora"}));
    let (status, _) = bench.post("CCharge", &json!({"name": "Cuota"})).await.unwrap().unwrap();
    assert_eq!(status, 400);
    let body = json!({"name": "Cuota", "amount": 12.5, "contactId": id, "nonsense": 1, "reference": "R-1"});
    let (status, made) = bench.post("CCharge", &body).await.unwrap().unwrap();
    assert_eq!((status, &made["contactName"], &made["amount"]), (200, &json!("Rosa Mora"), &json!(12.5)));
    assert_eq!(made.get("nonsense"), None);
    let search = json!({"where": [{"type": "greaterThan", "attribute": "amount", "value": 12}]});
    assert_eq!(bench.list("CCharge", &search).await.len(), 1);
    assert_eq!(bench.get("CNothing").await.0, 404);
}

#[tokio::test]
async fn an_unreadable_date_is_a_failure_on_one_database_and_no_condition_on_the_other() {
    let path = "Contact?where[0][type]=after&where[0][attribute]=modifiedAt&where[0][value]=yesterday-ish";
    let bench = Bench::new().await;
    assert_eq!(bench.get(path).await.0, 500);
    let bench = Bench::with(|config| config.unreadable_date = UnreadableDate::MariaDb).await;
    let _ = bench.crm.create_contact(&json!({"lastName": "Mora"}));
    let (status, list) = bench.get(path).await;
    assert_eq!((status, &list["total"]), (200, &json!(1)));
}

#[tokio::test]
async fn a_deleted_contact_is_in_no_list_and_comes_back_with_its_old_stamp() {
    let bench = Bench::new().await;
    let id = bench.crm.create_contact(&json!({"lastName": "Mora"}));
    let stamp = bench.crm.record("Contact", &id).unwrap()["modifiedAt"].clone();
    bench.clock.advance(seconds(9));
    let gone = bench.send(bench.request("DELETE", &format!("Contact/{id}"))).await.unwrap().unwrap();
    assert_eq!(gone, (200, json!(true)));
    assert_eq!((bench.list("Contact", &json!({})).await.len(), bench.get(&format!("Contact/{id}")).await.0), (0, 404));
    assert!(bench.crm.restore("Contact", &id));
    assert_eq!(bench.crm.record("Contact", &id).unwrap()["modifiedAt"], stamp);
    let changes = bench.crm.with_log(|log| log.history.iter().map(|entry| entry.change).collect::<Vec<_>>());
    assert_eq!(changes, [Change::Created, Change::Deleted, Change::Restored]);
}

#[tokio::test]
async fn with_a_lag_a_change_is_stamped_before_it_can_be_seen() {
    let bench = Bench::new().await;
    bench.crm.set_tempo(Tempo { commit_lag: seconds(5), ..Tempo::default() });
    let began = bench.clock.now().format("%Y-%m-%d %H:%M:%S").to_string();
    let late = bench.crm.create_contact(&json!({"lastName": "Late"}));
    bench.crm.set_tempo(Tempo::default());
    bench.clock.advance(seconds(2));
    let _ = bench.crm.create_contact(&json!({"lastName": "Early"}));
    assert_eq!(bench.list("Contact", &json!({})).await.len(), 1);
    bench.clock.advance(seconds(3));
    assert_eq!(bench.list("Contact", &json!({})).await.len(), 2);
    assert_eq!(bench.crm.record("Contact", &late).unwrap()["modifiedAt"], began);
}

#[tokio::test]
async fn while_it_is_down_connections_are_cut_and_the_records_stay() {
    let bench = Bench::new().await;
    let (_, made) = bench.post("Call", &call("before")).await.unwrap().unwrap();
    bench.crm.go_down();
    // The first request may fail on a connection that was kept open; the second needs a new one.
    for _ in 0..2 {
        assert!(bench.post("Call", &call("meanwhile")).await.unwrap().is_err());
    }
    bench.crm.wait_until(|log| log.cut_connections >= 1).await;
    bench.crm.come_up();
    assert_eq!(bench.get(&format!("Call/{}", made["id"].as_str().unwrap())).await.0, 200);
    assert_eq!(bench.crm.count("Call"), 1);
}

#[tokio::test]
async fn a_test_is_told_of_every_moment_and_time_passes_between_them_as_it_says() {
    let bench = Bench::new().await;
    bench.crm.set_tempo(Tempo { before_storing: seconds(3), before_answering: seconds(4), ..Tempo::default() });
    let told = Arc::new(Mutex::new(Vec::new()));
    let (seen, clock) = (told.clone(), bench.clock.clone());
    bench.crm.on_moment(move |moment, number| seen.lock().unwrap().push((moment, number, clock.elapsed().as_secs())));
    let sent = bench.post("Call", &call("slowly"));
    bench.clock.advance_in_steps(seconds(3), 1).await;
    bench.clock.wait_for_sleepers(1).await;
    bench.clock.advance(seconds(4));
    assert_eq!(sent.await.unwrap().unwrap().0, 200);
    let expected = [(Moment::Arrived, 0, 0), (Moment::Stored, 0, 3), (Moment::Answered, 0, 7)];
    assert_eq!(*told.lock().unwrap(), expected);
    let ledger = bench.crm.ledger();
    let request = &ledger.log.requests[0];
    assert_eq!(
        (request.outcome, request.stored.as_deref()),
        (Outcome::Status(200), ledger.records["Call"][0]["id"].as_str())
    );
    assert_eq!(request.body, Some(call("slowly")));
}

#[tokio::test]
async fn calls_are_found_by_a_marker_and_by_the_people_in_them() {
    let bench = Bench::new().await;
    let rosa = bench.crm.create_contact(&json!({"firstName": "Rosa", "lastName": "Mora"}));
    let mut body = call("marked");
    body["description"] = json!("text. CTI:01J");
    body["contactsIds"] = json!([rosa]);
    assert_eq!(bench.post("Call", &body).await.unwrap().unwrap().0, 200);
    let by = |kind: &str, attribute: &str, value: serde_json::Value| json!({"select": ["id"], "where": [{"type": kind, "attribute": attribute, "value": value}]});
    for (search, found) in [
        (by("contains", "description", json!("cti:01j")), 1),
        (by("contains", "description", json!("cti:01k")), 0),
        (by("linkedWith", "contacts", json!([rosa])), 1),
        (by("linkedWith", "users", json!([AGENT])), 1),
        (by("linkedWith", "contacts", json!([AGENT])), 0),
        (by("notEquals", "status", json!("Held")), 0),
        (by("isNull", "parentId", json!(null)), 1),
    ] {
        assert_eq!(bench.list("Call", &search).await.len(), found, "{search}");
    }
}

#[tokio::test]
async fn the_first_telephone_that_is_stored_is_checked_beside_a_list_that_does_not_name_it() {
    let bench = Bench::new().await;
    let old = json!({"lastName": "Mora", "phoneNumber": "8884-8787", "emailAddress": "a@x.example"});
    let path = format!("Contact/{}", bench.crm.create_contact(&old));
    let put = async |body: serde_json::Value| {
        let put = bench.request("PUT", &path).json(&body);
        bench.send(put).await.unwrap().unwrap().0
    };
    let list = |kind: &str| json!([{"phoneNumber": "+50688848787", "type": kind, "primary": true}]);
    assert_eq!(
        put(json!({"phoneNumberData": list("Mobile")})).await,
        400,
        "the old one would be first until it is stored"
    );
    assert_eq!(put(json!({"phoneNumberData": list("Car"), "phoneNumber": "+50688848787"})).await, 400, "no such type");
    assert_eq!(put(json!({"phoneNumberData": [{"phoneNumber": ""}], "phoneNumber": ""})).await, 400);
    assert_eq!(put(json!({"description": "x"})).await, 200, "what a body does not touch is not checked");
    assert_eq!(put(json!({"phoneNumberData": list("Mobile"), "phoneNumber": "+50688848787"})).await, 200);
    assert_eq!(put(json!({"phoneNumberData": [], "phoneNumber": ""})).await, 200);
    assert_eq!(bench.get(&path).await.1["phoneNumberData"], json!([]));
}

#[tokio::test]
async fn a_list_of_addresses_is_replaced_and_the_first_alone_leaves_the_others() {
    let bench = Bench::new().await;
    let at = |address: &str, primary: bool| json!({"emailAddress": address, "primary": primary, "optOut": !primary});
    let made = json!({"lastName": "Mora", "emailAddressData": [at("b@x.example", false), at("A@x.example", true)]});
    let (_, made) = bench.post("Contact", &made).await.unwrap().unwrap();
    let path = format!("Contact/{}", made["id"].as_str().unwrap());
    let now = async || {
        let contact = bench.get(&path).await.1;
        let list = contact["emailAddressData"].as_array().unwrap().clone();
        let list =
            list.iter().map(|one| format!("{} {} {}", one["lower"].as_str().unwrap(), one["primary"], one["optOut"]));
        (contact["emailAddress"].clone(), list.collect::<Vec<_>>())
    };
    let put = async |body: serde_json::Value| {
        let put = bench.request("PUT", &path).json(&body);
        bench.send(put).await.unwrap().unwrap().0
    };
    let both = vec!["a@x.example true false".to_owned(), "b@x.example false true".to_owned()];
    assert_eq!(now().await, (json!("A@x.example"), both));
    assert_eq!(put(json!({"emailAddress": "c@x.example"})).await, 200);
    let others = vec!["c@x.example true false".to_owned(), "b@x.example false true".to_owned()];
    assert_eq!(now().await, (json!("c@x.example"), others));
    assert_eq!(put(json!({"emailAddress": ""})).await, 200);
    assert_eq!(now().await, (json!(null), vec!["b@x.example false true".to_owned()]));
    assert_eq!(put(json!({"emailAddressData": [at("no address", true)]})).await, 400);
    assert_eq!(put(json!({"emailAddressData": [], "emailAddress": ""})).await, 200);
    assert_eq!(now().await, (json!(null), Vec::new()));
}

#[tokio::test]
async fn whoever_may_not_see_a_stream_or_read_what_is_linked_is_refused() {
    let answer = |contact: Access, user: Access, entity: &'static str, body: serde_json::Value| async move {
        let role = Role::connector().with("Contact", contact).with("User", user);
        let bench = Bench::with(|config| config.api_keys.get_mut(DEFAULT_API_KEY).unwrap().role = role).await;
        let id = bench.crm.create_contact(&json!({"lastName": "Mora"}));
        let mut body = body;
        if body["parentType"] == "Contact" {
            body["parentId"] = json!(id);
        }
        let sent = bench.request("POST", entity).json(&body).header("X-Api-Key", DEFAULT_API_KEY).send().await.unwrap();
        let reason = sent.headers().get("x-status-reason").map(|reason| reason.to_str().unwrap().to_owned());
        (sent.status().as_u16(), reason.unwrap_or_default())
    };
    let refused = |reason: &str| (403, reason.to_owned());
    let stored = (200, String::new());
    let note = json!({"type": "Post", "post": "Hola", "parentType": "Contact"});
    let seen = Access::READ.with_stream();
    assert_eq!(answer(seen, Access::READ, "Note", note.clone()).await, stored);
    assert_eq!(answer(Access::READ, Access::READ, "Note", note).await, refused("No create access."));
    let task = json!({"name": "Llamar", "assignedUserId": AGENT, "parentType": "Contact"});
    assert_eq!(answer(seen, Access::READ, "Task", task.clone()).await, stored);
    let foreign = "No foreign record access for link operation (Task:parent).";
    assert_eq!(answer(Access::NONE, Access::READ, "Task", task).await, refused(foreign));
    let foreign = "No foreign record access for link operation (Call:assignedUser).";
    assert_eq!(answer(seen, Access::NONE, "Call", call("Una")).await, refused(foreign));
}

#[tokio::test]
async fn an_amount_has_a_currency_that_is_known_and_a_parent_is_of_a_kind_that_is_allowed() {
    let fields = [
        ("amount", FieldKind::Currency(vec!["CRC".to_owned()])),
        ("status", FieldKind::Choice(vec!["Open".to_owned(), "Canceled".to_owned()])),
        ("parent", FieldKind::Parent(vec!["Contact".to_owned()])),
    ];
    let fields = fields.map(|(name, kind)| CustomField { name: name.to_owned(), kind, required: false }).to_vec();
    let bench =
        Bench::with(|config| config.custom_entities = vec![CustomEntity { name: "CCharge".to_owned(), fields }]).await;
    let body = json!({"name": "Visita", "amount": 2500, "amountCurrency": "CRC", "status": "Open"});
    assert_eq!(bench.post("CCharge", &body).await.unwrap().unwrap().0, 200);
    let wrong = [
        (json!({"amountCurrency": "USD"}), "amount", "validCurrency"),
        (json!({"status": "Paid"}), "status", "valid"),
        (json!({"parentType": "Lead", "parentId": "x"}), "parent", "valid"),
    ];
    for (part, field, why) in wrong {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let (status, answer) = bench.post("CCharge", &body).await.unwrap().unwrap();
        assert_eq!((status, &answer["messageTranslation"]["data"]), (400, &json!({"field": field, "type": why})));
    }
}
