//! EspoCRM 8.4.2 as it was recorded (`tests/espocrm/`): each recorded answer is served as it was, and the decision that the
//! recordings' README asks for is asserted; where the recording is of something we do, so is the request.
//!
//! Here: refusals and contacts that come from it. What goes to it is in `espocrm_records.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::recorded::{ANA, asked, call, case, contact, cursor, follow_up, keys, like};
use common::{espo, number, order};
use serde_json::{Value as Json, json};
use timbre_domain::contact::PhoneKind;
use timbre_domain::crm::Verdict;
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::CrmConnector;

#[test]
fn every_recording_is_covered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/espocrm");
    let source = concat!(include_str!("espocrm.rs"), include_str!("espocrm_records.rs"));
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".json").unwrap().to_owned();
        assert!(source.contains(&format!("\"{name}\"")), "{name} is covered by no test here");
    }
}

#[tokio::test]
async fn every_refusal_of_a_creation_asks_for_what_the_recordings_say() {
    use ErrorCode::{Duplicate, Refused, SignInFailed, Unsure, VendorFailed};
    let minute = Verdict::Wait(Duration::from_secs(65));
    let cases = [
        ("61-call-missing-all", Refused, Verdict::Park, "Field validation failure"),
        ("61b-call-missing-name", Refused, Verdict::Park, "field: name, type: required"),
        ("61c-call-missing-assignedUser", Refused, Verdict::Park, "field: assignedUser"),
        ("61d-call-missing-dateStart", Refused, Verdict::Park, "field: dateStart"),
        ("61e-call-missing-dateEnd", Refused, Verdict::Park, "field: dateEnd"),
        ("62i-call-unknown-contact-id", Refused, Verdict::Park, "Can't relate with non-existing record"),
        ("62n-call-malformed-json", Unsure, Verdict::SearchFirst { tries: 3 }, ""),
        ("91f-forbidden-assignment-permission-no", Refused, Verdict::Park, "Assignment failure"),
        ("90b-auth-wrong-key", SignInFailed, Verdict::Stop, ""),
        ("95-locked-ip-valid-key", ErrorCode::Busy, minute, ""),
        ("94-maintenance-mode", VendorFailed, Verdict::BackOff, "maintenance"),
        // Recorded for another Call that has the same request id: not ours, so a person decides.
        ("A1-custom-call-duplicate-request-id-409", Duplicate, Verdict::Park, "duplicate"),
    ];
    for (name, code, verdict, words) in cases {
        let (crm, server, _) = espo(&[]).await;
        server.replies(case(name).reply);
        let error = crm.submit(&order(call(None))).await.unwrap_err();
        assert_eq!((error.code, error.verdict), (code, verdict), "{name}");
        assert!(error.words.contains(words) && (words.is_empty() == error.words.is_empty()), "{name}: {}", error.words);
        assert_eq!(server.seen().len(), 1, "{name}: nothing is repeated");
    }
    let contacts = [
        ("11-contact-create-local-dashed-400", Refused, "field: phoneNumber"),
        ("15-contact-create-data-one-local-400", Refused, "field: phoneNumber"),
        ("91-forbidden-create-readonly", Refused, "No create access."),
        ("72-contact-duplicate-409", Duplicate, "duplicate"),
    ];
    for (name, code, words) in contacts {
        let (crm, server, _) = espo(&[]).await;
        server.replies(case(name).reply);
        let error = crm.submit(&order(contact("Elio Brenesco", &["+50688841234"], &[]))).await.unwrap_err();
        assert_eq!((error.code, error.verdict), (code, Verdict::Park), "{name}");
        assert!(error.words.contains(words), "{name}: {}", error.words);
    }
}

#[tokio::test]
async fn every_refusal_of_a_question_asks_for_what_the_recordings_say() {
    let cases = [
        ("36-maxsize-201", ErrorCode::Refused, Verdict::Park),
        ("38b-unknown-where-attr", ErrorCode::Refused, Verdict::Park),
        ("90b-auth-wrong-key", ErrorCode::SignInFailed, Verdict::Stop),
        ("94-maintenance-mode", ErrorCode::VendorFailed, Verdict::BackOff),
        ("95-locked-ip-valid-key", ErrorCode::Busy, Verdict::Wait(Duration::from_secs(65))),
        ("62n-call-malformed-json", ErrorCode::VendorFailed, Verdict::BackOff),
    ];
    for (name, code, verdict) in cases {
        let (crm, server, _) = espo(&[]).await;
        server.replies(case(name).reply);
        let error = crm.pull(None, true).await.unwrap_err();
        assert_eq!((error.code, error.verdict), (code, verdict), "{name}");
    }
    // A custom field that an entity lacks: the settings are wrong, and a search that can't be made is no "not found".
    let (crm, server, _) = espo(&[("request_id_field", "cCtiRequestId")]).await;
    let recorded = case("60d-idempotent-lookup-field-absent");
    server.replies(recorded.reply.clone());
    let error = crm.search(&order(follow_up(false))).await.unwrap_err();
    assert_eq!(error.verdict, Verdict::Park);
    assert!(error.words.contains("cCtiRequestId"));
    let seen = server.seen().remove(0);
    like(&seen, &recorded);
    assert_eq!(keys(&asked(&seen.query)["where"][0]), keys(&recorded.query["where"][0]));
}

#[tokio::test]
async fn after_a_refused_key_nothing_is_sent_until_somebody_signs_in_again() {
    let (crm, server, _) = espo(&[]).await;
    server.replies(case("90b-auth-wrong-key").reply);
    assert_eq!(crm.pull(None, true).await.unwrap_err().verdict, Verdict::Stop);
    assert_eq!(crm.find(&number("88848787")).await.unwrap_err().verdict, Verdict::Stop);
    assert_eq!(crm.submit(&order(call(None))).await.unwrap_err().code, ErrorCode::SignInFailed);
    assert_eq!(server.seen().len(), 1);
    assert_eq!(crm.sign_in().await.unwrap().name, "cti-connector");
    server.replies(case("37c-no-total-last-page").reply);
    crm.pull(None, true).await.unwrap();
}

#[tokio::test]
async fn the_user_of_the_settings_owns_our_records() {
    let (crm, server, _) = espo(&[("user", "ana.agent")]).await;
    let recorded = case("04-user-list-api");
    server.replies(recorded.reply.clone());
    let user = crm.sign_in().await.unwrap();
    assert_eq!((user.id.as_str(), user.name.as_str()), (ANA, "Ana Agente"));
    let seen = server.seen().remove(0);
    like(&seen, &recorded);
    assert_eq!(asked(&seen.query)["where"][0]["value"], "ana.agent");
}

#[tokio::test]
async fn a_pull_pages_by_its_keyset_and_begins_a_minute_earlier() {
    let (crm, server, _) = espo(&[]).await;
    let (first, next) = (case("96-full-pull-first-page"), case("97-keyset-next-page"));
    server.replies(first.reply.clone());
    let page = crm.pull(None, true).await.unwrap();
    let seen = server.seen().remove(0);
    like(&seen, &first);
    let sent = asked(&seen.query);
    assert_eq!(
        (&sent["orderBy"], &sent["order"], &sent["maxSize"]),
        (&json!("modifiedAt"), &json!("asc"), &json!("200"))
    );
    assert!(sent.get("where").is_none() && sent.get("offset").is_none());
    let counted = (page.contacts.len(), page.unread, page.more, page.counted);
    assert_eq!(counted, (3, 0, true, Some(2_012)), "all of them are counted once, with the first page");
    let marta = &page.contacts[0];
    assert_eq!((marta.name.as_str(), marta.phones[0].number.as_str()), ("Marta Quirosoto", "+50688848787"));
    assert!(!marta.complete && crm.about().abilities.lists_are_partial, "a list knows the first telephone only");

    server.replies(next.reply.clone());
    let page = crm.pull(Some(&cursor("2026-11-20 16:34:11", "6b0076837bad62c9c")), false).await.unwrap();
    let seen = server.seen().remove(0);
    like(&seen, &next);
    assert_eq!(asked(&seen.query)["where"], next.query["where"], "the very keyset that lost none");
    let last = serde_json::from_str::<Json>(&next.reply.body).unwrap()["list"][2].clone();
    assert!(page.more);
    assert_eq!(page.cursor, cursor(last["modifiedAt"].as_str().unwrap(), last["id"].as_str().unwrap()));

    let tie = case("35-tie-safe-keyset");
    server.replies(tie.reply.clone());
    let page = crm.pull(Some(&cursor("2026-11-20 16:27:22", "6b0074c01")), false).await.unwrap();
    assert_eq!(asked(&server.seen().remove(0).query)["where"], tie.query["where"]);
    assert_eq!((page.contacts.len(), page.more), (6, false));

    let again = case("33b-incremental-after-same-second");
    server.replies(again.reply.clone());
    let page = crm.pull(Some(&cursor("2026-11-20 16:28:22", "x")), true).await.unwrap();
    let seen = server.seen().remove(0);
    assert_eq!(asked(&seen.query)["where"], again.query["where"], "60 s before the cursor");
    assert_eq!(page.contacts.len(), 6);
}

#[tokio::test]
async fn the_count_that_is_none_tells_whether_more_follows() {
    for (name, more) in [("37b-no-total-header", true), ("37c-no-total-last-page", false)] {
        let (crm, server, _) = espo(&[]).await;
        let recorded = case(name);
        server.replies(recorded.reply.clone());
        let page = crm.ids(None).await.unwrap();
        let seen = server.seen().remove(0);
        like(&seen, &recorded);
        assert_eq!(seen.headers["x-no-total"], "true");
        assert_eq!((page.ids.len(), page.more), (2, more), "{name}");
        assert_eq!(page.cursor.0["id"], "6b0074ec08f327c0c");
    }
}

#[tokio::test]
async fn ids_are_paged_by_id_so_that_deleted_contacts_are_missed() {
    let (crm, server, _) = espo(&[]).await;
    let recorded = case("48-list-only-ids-page");
    server.replies(recorded.reply.clone());
    let page = crm.ids(None).await.unwrap();
    let sent = asked(&server.seen().remove(0).query);
    for key in ["select", "orderBy", "order"] {
        assert_eq!(sent[key], recorded.query[key], "{key}");
    }
    assert_eq!(page.ids, ["6b0074bf9022b7c90", "6b0074bfa5be3bd9e", "6b0074bfc9c98bd65"]);
    // The deleted one of the three asked for is not there.
    let reconciled = case("45-id-reconcile");
    server.replies(reconciled.reply.clone());
    let page = crm.ids(Some(&page.cursor)).await.unwrap();
    let sent = asked(&server.seen().remove(0).query);
    assert_eq!(sent["where"], json!([{"type": "greaterThan", "attribute": "id", "value": "6b0074bfc9c98bd65"}]));
    assert_eq!(page.ids, ["6b0074ec08f327c0c", "6b0074bfa5be3bd9e"]);
}

#[tokio::test]
async fn a_list_leaves_telephones_out_even_where_they_are_asked_for_unless_the_server_was_changed() {
    let (crm, server, _) = espo(&[]).await;
    server.replies(case("31-contact-list-select").reply);
    let page = crm.pull(None, true).await.unwrap();
    assert!(page.contacts.iter().all(|contact| contact.phones.len() == 1 && !contact.complete));
    assert_eq!(page.contacts[2].emails, ["elio.brenesco@example.test"]);

    let (crm, server, _) = espo(&[("phones_in_lists", "true")]).await;
    assert!(!crm.about().abilities.lists_are_partial);
    let changed = case("A0-custom-listloader-contact-list-with-phoneNumberData");
    server.replies(changed.reply.clone());
    let page = crm.pull(None, true).await.unwrap();
    // This server was changed for telephones alone: e-mails after the first may still be left out.
    assert!(page.contacts.iter().all(|contact| !contact.complete && !contact.phones.is_empty()));
    let mut whole = changed.reply.clone();
    let mut answer: Json = serde_json::from_str(&whole.body).unwrap();
    for record in answer["list"].as_array_mut().unwrap() {
        record["emailAddressData"] = json!([]);
    }
    whole.body = answer.to_string();
    server.replies(whole);
    let page = crm.pull(None, true).await.unwrap();
    assert!(page.contacts.iter().all(|contact| contact.complete));
    assert!(asked(&server.seen().remove(0).query)["select"].as_array().unwrap().contains(&json!("phoneNumberData")));
}

#[tokio::test]
async fn one_contact_comes_with_everything_and_a_deleted_one_is_none() {
    let (crm, server, _) = espo(&[]).await;
    let recorded = case("18-contact-get");
    server.replies(recorded.reply.clone());
    let elio = crm.fetch("6b0074bfa5be3bd9e").await.unwrap().unwrap();
    like(&server.seen().remove(0), &recorded);
    let phones: Vec<_> = elio.phones.iter().map(|phone| (phone.number.as_str(), phone.kind)).collect();
    let expected =
        [("+50688841111", PhoneKind::Mobile), ("+50622223333", PhoneKind::Work), ("+12125550123", PhoneKind::Home)];
    assert_eq!(phones, expected);
    assert!(elio.complete && !elio.do_not_call);
    assert_eq!(elio.emails, ["elio.brenesco@example.test"]);
    for (name, id) in [("43-get-deleted-as-api", "6b0074ec1512cc71d"), ("92-not-found-record", "ffffffffffffffff1")] {
        let recorded = case(name);
        server.replies(recorded.reply.clone());
        assert_eq!(crm.fetch(id).await.unwrap(), None, "{name}");
        like(&server.seen().remove(0), &recorded);
    }
}

#[tokio::test]
async fn a_caller_is_found_by_the_last_eight_digits_in_every_form() {
    let (crm, server, _) = espo(&[]).await;
    let recorded = case("52b-phoneNumeric-endsWith");
    server.replies(recorded.reply.clone());
    let found = crm.find(&number("+506 8884-8787")).await.unwrap();
    let seen = server.seen().remove(0);
    like(&seen, &recorded);
    assert_eq!(asked(&seen.query)["where"], recorded.query["where"]);
    let numbers: Vec<_> = found.iter().map(|contact| contact.phones[0].number.as_str()).collect();
    assert_eq!(numbers, ["+506 8884 8787", "8884-8787", "+50688848787"]);
    // Other ways to ask give answers of the same shape; nothing found is an empty list.
    let others = [
        ("50-phone-equals-e164", 1),
        ("50b-phone-equals-e164-secondary", 1),
        ("52g-phoneNumeric-or-two-endsWith", 5),
        ("53b-textFilter-local-digits", 0),
        ("54-textFilter-name-first", 1),
    ];
    for (name, count) in others {
        server.replies(case(name).reply);
        assert_eq!(crm.find(&number("88848787")).await.unwrap().len(), count, "{name}");
    }
}
