//! EspoCRM 8.4.2 as it was recorded (`tests/espocrm/`): what goes to it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so")]

mod common;

use std::collections::BTreeSet;

use common::recorded::{Case, REQUEST, amending, asked, call, case, contact, follow_up, keys, like};
use common::{Reply, espo, order};
use serde_json::{Value as Json, json};
use timbre_crm::Declarative;
use timbre_domain::crm::{RecordRequest, Verdict};
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::CrmConnector;

#[tokio::test]
async fn a_call_is_created_as_recorded_and_its_200_is_a_receipt() {
    let (crm, server, _) = espo(&[("user", "ana.agent")]).await;
    server.replies(case("04-user-list-api").reply);
    let recorded = case("60-call-create-full");
    server.replies(recorded.reply.clone());
    let receipt = crm.submit(&order(call(Some("6b0074c0099784113")))).await.unwrap();
    assert_eq!(receipt.remote_id, "6b007595adc00b007");
    let seen = server.seen().remove(1);
    like(&seen, &recorded);
    let body = seen.json();
    assert_eq!(keys(&body), keys(&recorded.body));
    for key in ["name", "status", "direction", "dateStart", "dateEnd", "contactsIds", "usersIds", "assignedUserId"] {
        assert_eq!(body[key], recorded.body[key], "{key}");
    }
    assert_eq!((&body["parentType"], &body["parentId"]), (&json!("Contact"), &json!("6b0074c0099784113")));
    assert_eq!(body["description"], format!("Consulta sobre pedido.\n\ncti:{REQUEST}"));

    // The same again makes another: which is why nothing is repeated without a search.
    server.replies(case("60b-call-create-repeat-same-body").reply);
    assert_ne!(crm.submit(&order(call(None))).await.unwrap(), receipt);
}

#[tokio::test]
async fn a_call_never_ends_before_it_began_and_an_unknown_caller_has_no_parent() {
    let (crm, server, _) = espo(&[]).await;
    let recorded = case("62-call-end-before-start");
    server.replies(recorded.reply.clone());
    let mut backwards = call(None);
    backwards["content"]["record"]["ended_at"] = json!("2026-11-20T14:59:00Z");
    crm.submit(&order(backwards)).await.unwrap();
    let body = server.seen().remove(0).json();
    assert_eq!(body["dateStart"], recorded.body["dateStart"]);
    assert_eq!(body["dateEnd"], body["dateStart"], "the CRM would take what it was recorded to take");

    let recorded = case("99b-call-unknown-caller-no-parent");
    server.replies(recorded.reply.clone());
    assert_eq!(crm.submit(&order(call(None))).await.unwrap().remote_id, "6b007733918e37513");
    let body = server.seen().remove(0).json();
    for key in ["parentType", "parentId", "contactsIds"] {
        assert!(body.get(key).is_none(), "{key}");
    }
    assert!(keys(&recorded.body).is_subset(&keys(&body)));
    let mut missed = call(None);
    missed["content"]["record"]["answered"] = json!(false);
    missed["content"]["record"]["direction"] = json!("out");
    missed["content"]["record"]["title"] = json!("a <b> = c");
    server.replies(case("60-call-create-full").reply);
    crm.submit(&order(missed)).await.unwrap();
    let body = server.seen().remove(0).json();
    assert_eq!(
        (&body["status"], &body["direction"], &body["name"]),
        (&json!("Not Held"), &json!("Outbound"), &json!("a b c"))
    );
}

#[tokio::test]
async fn fields_made_for_us_are_written_under_their_name_in_the_crm() {
    let own = [("request_id_field", "cCtiRequestId"), ("disposition_field", "cDisposition"), ("cost_field", "cCost")];
    let (crm, server, _) = espo(&own).await;
    let recorded = case("70-call-create-with-custom-field");
    server.replies(recorded.reply.clone());
    crm.submit(&order(call(None))).await.unwrap();
    let body = server.seen().remove(0).json();
    assert!(recorded.body.get("cCtiRequestId").is_some());
    assert_eq!(body["cCtiRequestId"], REQUEST);
    assert_eq!((&body["cDisposition"], &body["cCost"]), (&json!("Venta / Nueva"), &json!(0.0125)));
    assert_eq!(body["description"], "Consulta sobre pedido.", "no marker where there is a field for it");
    // A field whose name is wrong is dropped in silence over there: the receipt is one all the same, and the search, which
    // asks for a field that is none, is what tells.
    let (crm, server, _) = espo(&[("request_id_field", "ctiRequestId")]).await;
    server.replies(case("70c-call-create-wrong-name-ctiRequestId-silently-dropped").reply);
    assert_eq!(crm.submit(&order(call(None))).await.unwrap().remote_id, "6b0075e94c34cf8cc");
    assert_eq!(server.seen().remove(0).json()["ctiRequestId"], REQUEST);
}

#[tokio::test]
async fn a_record_is_searched_for_by_its_field_or_else_by_its_marker() {
    let by_field = [("request_id_field", "cCtiRequestId")];
    for (name, found) in
        [("60c-idempotent-lookup-miss", None), ("70b-call-find-by-custom-field", Some("6b0075e9269bf2d3c"))]
    {
        let (crm, server, _) = espo(&by_field).await;
        let recorded = case(name);
        server.replies(recorded.reply.clone());
        let receipt = crm.search(&order(call(None))).await.unwrap();
        assert_eq!(receipt.as_ref().map(|receipt| receipt.remote_id.as_str()), found, "{name}");
        let seen = server.seen().remove(0);
        like(&seen, &recorded);
        let mut expected = recorded.query["where"].clone();
        expected[0]["value"] = json!(REQUEST);
        assert_eq!(asked(&seen.query)["where"], expected);
    }
    let (crm, server, _) = espo(&[]).await;
    let recorded = case("66-call-find-by-description-contains");
    server.replies(recorded.reply.clone());
    assert_eq!(crm.search(&order(call(None))).await.unwrap().unwrap().remote_id, "6b0075972c5b480b9");
    let seen = server.seen().remove(0);
    like(&seen, &recorded);
    let mut expected = recorded.query["where"].clone();
    expected[0]["value"] = json!(format!("cti:{REQUEST}"));
    assert_eq!(asked(&seen.query)["where"], expected);
}

#[tokio::test]
async fn of_several_with_our_request_id_the_oldest_is_ours() {
    let (crm, server, _) = espo(&[]).await;
    server.replies(Reply::json(200, json!({"total": -2, "list": [{"id": "oldest"}, {"id": "later"}]})));
    assert_eq!(crm.search(&order(call(None))).await.unwrap().unwrap().remote_id, "oldest");
    let sent = asked(&server.seen().remove(0).query);
    assert_eq!((&sent["orderBy"], &sent["order"]), (&json!("createdAt"), &json!("asc")));
}

#[tokio::test]
async fn a_call_is_amended_by_its_id_and_one_that_was_deleted_there_is_parked() {
    let (crm, server, _) = espo(&[]).await;
    let recorded = case("67-call-update");
    server.replies(recorded.reply.clone());
    let amended = order(amending(call(None), "6b007595adc00b007"));
    assert_eq!(crm.submit(&amended).await.unwrap().remote_id, "6b007595adc00b007");
    let seen = server.seen().remove(0);
    like(&seen, &recorded);
    assert!(keys(&recorded.body).is_subset(&keys(&seen.json())));
    // A call reads back with a duration of its own that is wrong: nothing of ours goes by it.
    let read: Json = serde_json::from_str(&case("65-call-get").reply.body).unwrap();
    assert_ne!(read["duration"], 250);
    assert!(seen.json().get("duration").is_none());
    server.replies(case("92-not-found-record").reply);
    assert_eq!(crm.submit(&amended).await.unwrap_err().verdict, Verdict::Park);
}

#[tokio::test]
async fn a_refusal_that_names_our_own_record_is_a_receipt() {
    let recorded = case("A1-custom-call-duplicate-request-id-409");
    let ours = Reply { body: recorded.reply.body.replace("01JCTI-DUP-9", REQUEST), ..recorded.reply };
    let (crm, server, _) = espo(&[("request_id_field", "cCtiRequestId")]).await;
    server.replies(ours);
    assert_eq!(crm.submit(&order(call(None))).await.unwrap().remote_id, "6b00775a69f0ef70d");
}

#[tokio::test]
async fn a_follow_up_is_a_task_whose_status_is_left_to_those_who_do_it() {
    let (crm, server, _) = espo(&[]).await;
    let recorded = case("80-task-create");
    server.replies(recorded.reply.clone());
    assert_eq!(crm.submit(&order(follow_up(false))).await.unwrap().remote_id, "6b0075ea131387ae1");
    let seen = server.seen().remove(0);
    like(&seen, &recorded);
    let (sent, mut expected) = (seen.json(), recorded.body.clone());
    expected.as_object_mut().unwrap().remove("contactId");
    assert_eq!(keys(&sent), keys(&expected), "contactId is ignored over there");
    for key in ["name", "status", "priority", "dateEnd"] {
        assert_eq!(sent[key], expected[key], "{key}");
    }
    let recorded = case("80f-task-complete");
    for (cancelled, status) in [(true, Some("Canceled")), (false, None)] {
        server.replies(recorded.reply.clone());
        crm.submit(&order(amending(follow_up(cancelled), "6b0075ea131387ae1"))).await.unwrap();
        let seen = server.seen().remove(0);
        like(&seen, &recorded);
        assert_eq!(seen.json().get("status").and_then(Json::as_str), status);
    }
}

#[tokio::test]
async fn a_note_is_posted_on_the_contact() {
    let (crm, server, _) = espo(&[("request_id_field", "cCtiRequestId")]).await;
    let recorded = case("81-note-post-on-contact");
    server.replies(recorded.reply.clone());
    let note = json!({"request_id": REQUEST, "remote_id": null, "despite_duplicate": false, "content": {"kind": "note",
        "record": {"text": "pide cotizacion", "contact": {"id": "6b0074bfa5be3bd9e", "name": "Elio"}}}});
    assert_eq!(crm.submit(&order(note)).await.unwrap().remote_id, "6b0075ea7b051497f");
    let seen = server.seen().remove(0);
    like(&seen, &recorded);
    let body = seen.json();
    assert_eq!(keys(&body), keys(&recorded.body));
    assert_eq!(body["post"], format!("pide cotizacion\n\ncti:{REQUEST}"));
    assert_eq!(body["parentId"], recorded.body["parentId"]);
}

#[tokio::test]
async fn charges_have_a_record_only_where_the_settings_name_one() {
    use timbre_domain::outbox::RecordKind;
    let (crm, ..) = espo(&[]).await;
    assert!(!crm.about().abilities.records.contains(&RecordKind::Charge));
    let (crm, server, _) = espo(&[("charge_entity", "CCharge")]).await;
    assert_eq!(crm.about().abilities.records.len(), 5);
    server.replies(Reply::json(200, json!({"id": "c1"})));
    let charge = json!({"request_id": REQUEST, "remote_id": null, "despite_duplicate": false, "content": {"kind": "charge",
        "record": {"charge": {"id": REQUEST, "amount": "2500.10", "currency": "CRC", "concept": "Visita"},
            "at": "2026-11-20T15:00:00Z", "contact": null, "text": "De la llamada", "cancelled": false}}});
    crm.submit(&order(charge)).await.unwrap();
    let seen = server.seen().remove(0);
    assert_eq!((seen.path.as_str(), &seen.json()["amount"]), ("/api/v1/CCharge", &json!(2500.1)));
}

#[tokio::test]
async fn a_new_contact_goes_out_whole_in_e164_without_its_extension() {
    let (crm, server, _) = espo(&[]).await;
    let names = [
        "13-contact-create-plus-spaces-ok",
        "14-contact-create-phoneNumberData",
        "17b-contact-create-extension-silently-dropped-200",
        "25-contact-create-shared-number",
    ];
    for name in names {
        let recorded = case(name);
        server.replies(recorded.reply.clone());
        let id = serde_json::from_str::<Json>(&recorded.reply.body).unwrap()["id"].clone();
        let sent = contact("Nora Solanito Mora", &["8884-1111", "+50622224444 ext. 12"], &[]);
        assert_eq!(json!(crm.submit(&order(sent)).await.unwrap().remote_id), id, "{name}");
        let seen = server.seen().remove(0);
        like(&seen, &recorded);
        let body = seen.json();
        assert_eq!((&body["firstName"], &body["lastName"]), (&json!("Nora"), &json!("Solanito Mora")));
        let expected = json!([
            {"phoneNumber": "+50688841111", "type": "Mobile", "primary": true},
            {"phoneNumber": "+50622224444", "type": "Mobile", "primary": false},
        ]);
        assert_eq!(body["phoneNumberData"], expected);
    }
}

#[tokio::test]
async fn a_duplicate_is_created_only_when_a_person_said_so() {
    let (crm, server, _) = espo(&[]).await;
    let recorded = case("72b-contact-duplicate-skip-check");
    server.replies(recorded.reply.clone());
    let mut insists = contact("Elio Brenesco", &["+50688841234"], &[]);
    insists["despite_duplicate"] = json!(true);
    assert_eq!(crm.submit(&order(insists)).await.unwrap().remote_id, "6b0075e9a7d674626");
    like(&server.seen().remove(0), &recorded);
}

async fn amended(theirs: Reply, recorded: &Case, sent: &RecordRequest) -> (Declarative, Json) {
    let (crm, server, _) = espo(&[]).await;
    server.replies(theirs);
    server.replies(recorded.reply.clone());
    let _ = crm.submit(sent).await;
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen.len()), ("GET", 2));
    like(&seen[1], recorded);
    (crm, seen[1].json())
}

#[tokio::test]
async fn a_telephone_is_added_to_those_the_crm_has_with_all_they_had() {
    let recorded = case("22-contact-update-add-phone-via-data");
    let theirs = case("18-contact-get").reply;
    let theirs = Reply { body: theirs.body.replacen("\"optOut\":false,", "\"optOut\":true,", 10), ..theirs };
    let id = "6b0074bfa5be3bd9e";
    let sent = order(amending(contact("Elio Brenesco", &["8884 1111", "4000 1000"], &["phones"]), id));
    let (_, body) = amended(theirs, &recorded, &sent).await;
    assert_eq!(keys(&body), BTreeSet::from(["phoneNumber", "phoneNumberData"]), "only what a person typed");
    assert_eq!(body["phoneNumber"], "+50688841111", "EspoCRM checks the first one too");
    let list = body["phoneNumberData"].as_array().unwrap();
    let numbers: Vec<_> = list.iter().map(|phone| phone["phoneNumber"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["+50688841111", "+50622223333", "+12125550123", "+50640001000"]);
    assert_eq!(
        (&list[1]["type"], &list[1]["primary"], &list[1]["invalid"]),
        (&json!("Office"), &json!(false), &json!(false))
    );
    assert!(list.iter().take(3).all(|phone| phone["optOut"] == true));
    assert_eq!(keys(&list[3]), BTreeSet::from(["phoneNumber", "primary", "type"]));
    // `phoneNumber` alone would replace the first telephone: what was recorded so is never sent without the list.
    assert_eq!(keys(&case("23-contact-update-phoneNumber-only").body), BTreeSet::from(["phoneNumber"]));
}

#[tokio::test]
async fn an_old_telephone_goes_out_as_it_stands_and_in_e164_only_where_the_crm_refuses_it_and_nothing_is_guessed() {
    let recorded = case("29b-intl-on-update-phoneData-keeping-legacy");
    assert_eq!(recorded.reply.status, 400);
    let id = "6b0074ebcbe351d56";
    let theirs = json!({"id": id, "name": "Libre Formato dashed", "phoneNumber": "8884-8787", "phoneNumberData":
        [{"phoneNumber": "8884-8787", "type": "Mobile", "primary": true, "optOut": true, "invalid": false}]});
    let sent = order(amending(contact("x", &["+50622221111"], &["phones"]), id));
    let as_it_stands = theirs["phoneNumberData"][0].clone();

    // A server whose administrator takes any form.
    let (crm, server, _) = espo(&[]).await;
    server.replies(Reply::json(200, &theirs));
    server.replies(Reply::json(200, json!({"id": id})));
    crm.submit(&sent).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    like(&seen[1], &recorded);
    assert_eq!(
        (&seen[1].json()["phoneNumberData"][0], &seen[1].json()["phoneNumber"]),
        (&as_it_stands, &json!("8884-8787"))
    );

    // EspoCRM's own settings: refused as recorded, and written out because it leaves no doubt.
    server.replies(Reply::json(200, &theirs));
    server.replies(recorded.reply.clone());
    server.replies(Reply::json(200, json!({"id": id})));
    crm.submit(&sent).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen.len(), &seen[1].json()["phoneNumberData"][0]), (3, &as_it_stands));
    let first =
        json!({"phoneNumber": "+50688848787", "type": "Mobile", "primary": true, "optOut": true, "invalid": false});
    assert_eq!(
        (&seen[2].json()["phoneNumberData"][0], &seen[2].json()["phoneNumber"]),
        (&first, &json!("+50688848787"))
    );

    // What would be a guess is never written: a person mends it over there, and is told which one.
    for unclear in ["88 u 99", "(81) 99493-0853", "51902871550"] {
        server.replies(Reply::json(200, theirs.to_string().replace("8884-8787", unclear)));
        server.replies(recorded.reply.clone());
        let error = crm.submit(&sent).await.unwrap_err();
        assert_eq!((error.code, error.verdict), (ErrorCode::Refused, Verdict::Park));
        assert!(
            error.words.contains(unclear) && error.words.starts_with("Field validation failure"),
            "{}",
            error.words
        );
        assert!(!error.detail.contains(unclear));
        let seen = server.seen();
        assert_eq!((seen.len(), &seen[1].json()["phoneNumberData"][0]["phoneNumber"]), (2, &json!(unclear)));
    }
    // Without telephones among the changes nothing need be read first.
    server.replies(Reply::json(200, json!({"id": id})));
    crm.submit(&order(amending(contact("Nueva Ana", &[], &["name"]), id))).await.unwrap();
    assert_eq!(server.seen().remove(0).json(), json!({"firstName": "Nueva", "lastName": "Ana"}));
}

#[tokio::test]
async fn the_conversation_the_ringing_and_the_cost_stand_each_where_the_file_says() {
    let own = [
        ("talk_field", "cTalk"),
        ("ring_field", "cRing"),
        ("cost_field", "cCost"),
        ("cost_currency_field", "cCostCurrency"),
    ];
    let (crm, server, _) = espo(&own).await;
    let mut answered = call(None);
    let record = &mut answered["content"]["record"];
    record["ended_at"] = json!("2026-11-20T15:00:50Z");
    record["talk_began_at"] = json!("2026-11-20T15:00:20Z");
    record["talk_ended_at"] = json!("2026-11-20T15:00:50Z");
    (record["duration_s"], record["ring_s"]) = (json!(30), json!(20));
    let mut missed = call(None);
    let record = &mut missed["content"]["record"];
    (record["answered"], record["ended_at"]) = (json!(false), json!("2026-11-20T15:00:25Z"));
    (record["duration_s"], record["ring_s"]) = (json!(0), json!(25));
    (record["cost"], record["currency"]) = (json!(null), json!("USD"));
    for (sent, dates, seconds, cost) in [
        (&answered, ["2026-11-20 15:00:20", "2026-11-20 15:00:50"], [30, 20], Some((0.0125, "USD"))),
        (&missed, ["2026-11-20 15:00:00", "2026-11-20 15:00:00"], [0, 25], None),
    ] {
        for amends in [false, true] {
            server.replies(case("60-call-create-full").reply);
            let sent = if amends { amending(sent.clone(), "1") } else { sent.clone() };
            crm.submit(&order(sent)).await.unwrap();
            let body = server.seen().remove(0).json();
            assert_eq!([&body["dateStart"], &body["dateEnd"]], dates.map(|at| json!(at)).each_ref());
            assert_eq!([&body["cTalk"], &body["cRing"]], seconds.map(|s| json!(s)).each_ref());
            let money = cost.map_or((json!(null), json!(null)), |(cost, currency)| (json!(cost), json!(currency)));
            assert_eq!((&body["cCost"], &body["cCostCurrency"]), (&money.0, &money.1));
        }
    }
}
