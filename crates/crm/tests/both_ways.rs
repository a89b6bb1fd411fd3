//! What a file writes of a contact, it reads: else a change over there never comes here, and ours is told again and again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so")]

mod common;

use common::recorded::{amending, asked, contact};
use common::{Reply, espo, espocrm, order};
use serde_json::{Value as Json, json};
use timbre_domain::crm::RemoteContact;
use timbre_domain::ports::CrmConnector as _;

const PROBE: &str = "cProbe";

fn whole() -> Json {
    let mut sent = contact("Ana Rojas", &["+50688848787"], &[]);
    let contact = &mut sent["content"]["record"]["contact"];
    contact["company"] = json!("Cafetalera");
    contact["emails"] = json!(["ana@x.example"]);
    contact["do_not_call"] = json!(true);
    sent
}

#[tokio::test]
async fn every_field_that_the_settings_name_is_read_as_well_as_written() {
    let mut walked = Vec::new();
    for name in espocrm().settings.into_iter().filter(|(_, setting)| setting.default.is_none()).map(|(name, _)| name) {
        if name == "user" {
            continue;
        }
        let (crm, server, _) = espo(&[(&name, PROBE), ("request_id_on", "Contact")]).await;
        server.replies(Reply::json(200, json!({"id": "1"})));
        if crm.submit(&order(whole())).await.is_err() || server.seen()[0].json().get(PROBE).is_none() {
            continue;
        }
        walked.push(name.clone());
        server.replies(Reply::json(200, json!({"list": []})));
        crm.search(&order(whole())).await.unwrap();
        if asked(&server.seen()[0].query).to_string().contains(PROBE) {
            continue;
        }
        server.replies(Reply::json(200, json!({"total": -2, "list": []})));
        crm.pull(None, true).await.unwrap();
        let select = asked(&server.seen()[0].query)["select"].clone();
        assert!(select.as_array().unwrap().contains(&json!(PROBE)), "{name} is in no list: {select}");
        server.replies(Reply::json(200, json!({"list": []})));
        crm.find(&common::number("88848787")).await.unwrap();
        let select = asked(&server.seen()[0].query)["select"].clone();
        assert!(select.as_array().unwrap().contains(&json!(PROBE)), "{name} is not asked for of a caller: {select}");
        let mut read: Vec<RemoteContact> = Vec::new();
        for record in [json!({"id": "1", "name": "Ana", PROBE: "Otra S.A."}), json!({"id": "1", "name": "Ana"})] {
            server.replies(Reply::json(200, record));
            read.extend(crm.fetch("1").await.unwrap());
        }
        assert_ne!(read[0], read[1], "{name} is written and never read");
    }
    assert!(walked.contains(&"company_field".to_owned()), "{walked:?}");
}

#[tokio::test]
async fn every_part_of_a_contact_that_is_amended_reads_back_as_it_was_written() {
    let (crm, server, _) = espo(&[("company_field", "cCompany")]).await;
    let parts = crm.about().abilities.contact_parts.clone();
    assert_eq!(
        parts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["company", "do_not_call", "emails", "name", "phones"]
    );
    for part in &parts {
        let mut sent = whole();
        sent["content"]["record"]["changed"] = json!([part]);
        let lists = ["emails", "phones"].contains(&part.to_string().as_str());
        if lists {
            server.replies(Reply::json(200, json!({"id": "1", "name": "B"})));
        }
        server.replies(Reply::json(200, json!({"id": "1"})));
        crm.submit(&order(amending(sent, "1"))).await.unwrap();
        let mut record = server.seen().pop().unwrap().json();
        record["id"] = json!("1");
        // As EspoCRM makes a name of its parts.
        record["name"] = match record.get("lastName") {
            Some(last) => format!("{} {}", record["firstName"].as_str().unwrap(), last.as_str().unwrap()).into(),
            None => json!("B"),
        };
        server.replies(Reply::json(200, record));
        let read = crm.fetch("1").await.unwrap().unwrap();
        let (is, was): (Json, Json) = match part.to_string().as_str() {
            "name" => (json!(read.name), json!("Ana Rojas")),
            "company" => (json!(read.company), json!("Cafetalera")),
            "do_not_call" => (json!(read.do_not_call), json!(true)),
            "emails" => (json!(read.emails), json!(["ana@x.example"])),
            "phones" => (json!(read.phones), json!([{"number": "+50688848787", "kind": "mobile"}])),
            other => panic!("{other} has no way back"),
        };
        assert_eq!(is, was, "{part}");
    }
}

#[tokio::test]
async fn a_setting_takes_its_type_from_the_file() {
    for (value, partial) in [("true", false), ("false", true), (" true ", false)] {
        let (crm, ..) = espo(&[("phones_in_lists", value)]).await;
        assert_eq!(crm.about().abilities.lists_are_partial, partial, "{value:?}");
    }
}
