//! The state before each recording: the records, and the server's configuration.

use serde_json::{Value, json};

use super::harness::{AGENT, Bench, with_request_id};
use super::recorded::Recording;
use crate::crm::{Access, Assignment, CrmConfig, DEFAULT_API_KEY, DownStyle, Role};

const ACCOUNT: &str = "6b0074bfe7866fc33";
const ELIO: &str = "6b0074bfa5be3bd9e";

/// Sets up the server as it was for this recording.
pub(super) fn set_up(case: &str, config: &mut CrmConfig) {
    let role = match case {
        "91-forbidden-create-readonly" => Role::everything().with("Contact", Access::READ),
        "91f-forbidden-assignment-permission-no" => Role { assignment: Assignment::No, ..Role::everything() },
        _ => Role::everything(),
    };
    config.api_keys.get_mut(DEFAULT_API_KEY).unwrap().role = role;
    config.phone_list_loader = case.starts_with("A0");
    config.duplicate_request_check = case.starts_with("A1");
    if ["60c", "60d", "70", "A1"].iter().any(|start| case.starts_with(start)) {
        with_request_id(config);
    }
}

/// Inserts the records that existed before this recording. It panics for an unknown recording, so that a new one cannot
/// be forgotten.
pub(super) async fn prepare(bench: &Bench, recording: &Recording) {
    let case = recording.case.as_str();
    let put = |entity: &str, record: &Value| drop(bench.crm.insert_record(entity, record));
    put(
        "User",
        &json!({"id": AGENT, "name": "Ana Agente", "userName": "ana.agent", "type": "regular",
        "isActive": true, "emailAddress": "ana.agent@example.test", "createdById": "6b0073fb3cd3c05f7"}),
    );
    put("Account", &json!({"id": ACCOUNT, "name": "Ferreteria Ficticia CR S.A."}));
    let earlier = |file: &str| Recording::read(file).body;
    let elio = || changed(earlier("23-contact-update-phoneNumber-only"), &elio_phones());
    match case.split('-').next().unwrap() {
        "04" | "11" | "13" | "15" | "17b" | "14" | "36" | "38b" | "60c" | "60d" | "61" | "91" | "91f" | "92"
        | "99b" => {}
        // Somebody else already has the number.
        "25" | "60" | "60b" | "61b" | "61c" | "61d" | "61e" | "62" | "62i" | "62n" | "70" | "70c" | "80" => {
            put("Contact", &dario());
        }
        "18" => put("Contact", &changed(earlier("14-contact-create-phoneNumberData"), &json!({}))),
        "22" => put("Contact", &earlier("18-contact-get")),
        "23" => {
            let flags = json!({"optOut": false, "invalid": false});
            let mut before = earlier("22-contact-update-add-phone-via-data");
            for phone in before["phoneNumberData"].as_array_mut().unwrap() {
                *phone = changed(phone.clone(), &flags);
            }
            put("Contact", &before);
        }
        "29b" => put("Contact", &json!({"id": "6b0074ebcbe351d56", "lastName": "dashed", "phoneNumber": "8884-8787"})),
        "43" => {
            put("Contact", &json!({"id": "6b0074ec1512cc71d", "lastName": "gone"}));
            bench.crm.delete_contact("6b0074ec1512cc71d");
        }
        "31" | "33b" | "35" | "37b" | "37c" | "45" | "48" | "50" | "52b" | "96" | "97" => {
            rows(bench, recording, &json!({}));
            fill(bench, recording);
        }
        "50b" | "52g" | "54" | "A0" => rows(bench, recording, &elio_phones()),
        "53b" => put("Contact", &json!({"id": "6b0074bf9022b7c90", "lastName": "x", "phoneNumber": "+50688848787"})),
        "65" => {
            put("Contact", &dario());
            put("Call", &earlier("60-call-create-full"));
        }
        "66" => {
            let mut call = recording.body["list"][0].clone();
            call["description"] = Value::from("Perdida. CTI:01J-REQ-0002");
            put("Call", &call);
            put("Call", &json!({"name": "another", "description": "cti:01J-REQ-0001"}));
        }
        "67" => {
            put("Contact", &dario());
            put("Call", &earlier("65-call-get"));
        }
        "70b" => put("Call", &earlier("70-call-create-with-custom-field")),
        "72" | "72b" | "81" => put("Contact", &elio()),
        "80f" => put("Task", &earlier("80-task-create")),
        "90b" => {}
        "94" => bench.crm.go_down_as(DownStyle::Maintenance),
        "95" => {
            for _ in 0..11 {
                let request = bench.request("GET", "App/user").header("X-Api-Key", "wrong");
                assert_eq!(request.send().await.unwrap().status(), 401);
            }
        }
        "A1" => {
            let mut call = recording.body[0].clone();
            call["usersIds"] = json!([AGENT]);
            put("Call", &call);
        }
        _ => panic!("the recording {case} is not covered"),
    }
}

fn changed(mut record: Value, with: &Value) -> Value {
    for (name, value) in with.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn dario() -> Value {
    json!({"id": "6b0074c0099784113", "firstName": "Dario", "lastName": "Montealto", "phoneNumber": "+50688848788"})
}

/// The numbers of the contact Elio after recording 23, as A0 shows them.
fn elio_phones() -> Value {
    let phone = |number: &str, kind: &str| json!({"phoneNumber": number, "type": kind, "primary": kind == "Mobile"});
    let phones = [("+50688849999", "Mobile"), ("+50622223333", "Office"), ("+50640001000", "Other")];
    json!({"phoneNumberData": phones.map(|(number, kind)| phone(number, kind))})
}

/// Inserts the rows that the recording shows. Elio's has what rows do not show too.
fn rows(bench: &Bench, recording: &Recording, elio: &Value) {
    for row in recording.body["list"].as_array().unwrap() {
        let mut row = if row["id"] == ELIO { changed(row.clone(), elio) } else { row.clone() };
        // A selected row has the full name only.
        if row.get("firstName").is_none()
            && let Some((first, last)) = row["name"].as_str().and_then(|name| name.split_once(' '))
        {
            row = changed(row.clone(), &json!({"firstName": first, "lastName": last}));
        }
        bench.crm.insert_record("Contact", &row);
    }
    bench.crm.insert_record(
        "Contact",
        &json!({"lastName": "Ajena", "phoneNumber": "+50670001122",
        "createdAt": "2026-01-01 00:00:00", "modifiedAt": "2026-01-01 00:00:00", "id": "ffff"}),
    );
}

/// Inserts the further records that existed in the recording and that the page does not show.
fn fill(bench: &Bench, recording: &Recording) {
    let (count, time) = match recording.case.split('-').next().unwrap() {
        "31" => (8, "2026-11-20 16:27:24"),
        "48" => (7, "2026-11-20 16:27:24"),
        "96" => (2009, "2026-11-20 16:34:11"),
        "97" => (300, "2026-11-20 16:34:12"),
        "37c" => (9, "2026-11-20 16:27:20"),
        "37b" => (9, "2026-11-20 16:27:20"),
        "35" => (5, "2026-11-20 16:27:22"),
        "33b" => (5, "2026-11-20 16:27:22"),
        _ => (0, ""),
    };
    // In recordings 33b, 35 and 37 the ids are above those of the page, in the others below.
    let before = ["35", "33b", "37"].iter().any(|start| recording.case.starts_with(start));
    for index in 0..count {
        let id = if before { format!("6b0074c00{index:08}") } else { format!("6b0076900{index:08}") };
        let record = json!({"id": id, "lastName": "Relleno", "createdAt": time, "modifiedAt": time});
        bench.crm.insert_record("Contact", &record);
    }
    if recording.case.starts_with("96") || recording.case.starts_with("31") || recording.case.starts_with("48") {
        bench.crm.delete_contact("ffff");
    }
    if recording.case.starts_with("37c") {
        bench.crm.delete_contact("ffff");
    }
}
