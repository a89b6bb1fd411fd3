//! What holds for every connector: sign-ins, secrets, limits, paging, time-outs, templates.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use common::other::{CLIENT, OTHER, REFRESH, REQUEST, SECRET, World, call, other, signed_in_by};
use common::{Reply, Secrets, espo, number, order, settings};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use timbre_crm::{Connector, Declarative};
use timbre_domain::crm::{ConnectorTest, Cursor, Verdict};
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::CrmConnector;

fn page(more: bool) -> Reply {
    let next = if more { json!(2) } else { Json::Null };
    Reply::json(
        200,
        json!({"data": [{"id": 1, "first": "Ana", "last": "Pérez", "updated": "2026-01-02"}], "next_start": next}),
    )
}

#[tokio::test]
async fn another_crm_pages_by_offset_signs_in_by_bearer_and_numbers_its_records() {
    let World { crm, server, .. } = other().await;
    let record = json!({"id": 5, "first": "Ana", "last": "Pérez", "org": {"name": "Finca"}, "mail": ["a@b.cr", ""],
        "dnc": 1, "mobile": "8888 1111", "work": "2222-3333", "custom": {"cedula": 107770888}, "updated": "2026-01-02"});
    server.replies(Reply::json(
        200,
        json!({"data": [record, {"first": "sin id", "updated": "2026-01-03"}], "next_start": 2}),
    ));
    let first = crm.pull(None, true).await.unwrap();
    assert_eq!(
        (first.contacts.len(), first.unread, first.more),
        (1, 1, true),
        "a record without an id still moves the cursor"
    );
    let ana = &first.contacts[0];
    assert_eq!((ana.id.as_str(), ana.name.as_str(), ana.company.as_str()), ("5", "Ana Pérez", "Finca"));
    assert_eq!((ana.phones.len(), ana.emails.len(), ana.do_not_call, ana.complete), (2, 1, true, true));
    assert_eq!(ana.fields["cedula"], "107770888");
    server.replies(page(false));
    let last = crm.pull(Some(&first.cursor), false).await.unwrap();
    assert_eq!(last.cursor, Cursor([("since".to_owned(), "2026-01-03".to_owned())].into()));
    server.replies(page(false));
    crm.pull(Some(&last.cursor), true).await.unwrap();
    let seen = server.seen();
    let query = |at: usize| seen[at].query.iter().cloned().collect::<BTreeMap<String, String>>();
    assert_eq!(query(0), [("limit".to_owned(), "2".to_owned())].into());
    assert_eq!(query(1)["start"], "2");
    assert_eq!(query(2)["filter[since]"], "2026-01-03");
    assert_eq!(seen[0].headers["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(seen[0].headers["x-region"], "cr");
    assert_eq!(crm.ids(None).await.unwrap_err().code, ErrorCode::NotAble);
}

#[tokio::test]
async fn paging_that_does_not_move_on_is_an_error_and_not_an_endless_pull() {
    let World { crm, server, .. } = other().await;
    server.replies(page(true));
    let first = crm.pull(None, true).await.unwrap();
    server.replies(page(true));
    assert_eq!(crm.pull(Some(&first.cursor), false).await.unwrap_err().code, ErrorCode::Unreadable);
}

#[tokio::test]
async fn a_form_leaves_out_what_is_nothing_and_a_number_is_an_id_too() {
    let World { crm, server, .. } = other().await;
    server.replies(Reply::json(201, json!({"data": {"id": 99}})));
    let note =
        order(json!({"request_id": REQUEST, "remote_id": null, "despite_duplicate": false, "content": {"kind": "note",
        "record": {"text": "a&b=c ñ", "contact": {"id": "../x y?z#", "name": "Ana"}}}}));
    assert_eq!(crm.submit(&note).await.unwrap().remote_id, "99");
    let seen = server.seen().remove(0);
    assert_eq!(seen.path, "/people/..%2Fx%20y%3Fz%23/notes", "an id stays one part of the path");
    let form = seen.form();
    assert_eq!((form["content"].as_str(), form["tags[0]"].as_str(), form["tags[1]"].as_str()), ("a&b=c ñ", "a", "7"));
}

#[tokio::test]
async fn an_id_made_of_dots_leads_nowhere_else() {
    let World { crm, server, .. } = other().await;
    for id in ["..", ".", ""] {
        let error = crm.fetch(id).await.unwrap_err();
        assert_eq!((error.code, error.verdict), (ErrorCode::BadConnector, Verdict::Park), "{id:?}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn statuses_that_the_file_does_not_name_have_their_usual_meaning() {
    let cases = [
        (301, Verdict::BackOff, ErrorCode::VendorFailed),
        (401, Verdict::Stop, ErrorCode::SignInFailed),
        (404, Verdict::Park, ErrorCode::Refused),
        (409, Verdict::Park, ErrorCode::Duplicate),
        (429, Verdict::Wait(Duration::from_secs(10)), ErrorCode::Busy),
        (502, Verdict::SearchFirst { tries: 3 }, ErrorCode::Unsure),
        (503, Verdict::BackOff, ErrorCode::Busy),
        (422, Verdict::SearchFirst { tries: 7 }, ErrorCode::Unsure),
        (200, Verdict::SearchFirst { tries: 3 }, ErrorCode::Unsure),
    ];
    for (status, verdict, code) in cases {
        let World { crm, server, .. } = other().await;
        server.replies(
            Reply::json(status, r#"{"errors":[{"detail":"porque sí"}]}"#).header("Location", "http://127.0.0.1:1/x"),
        );
        let error = crm.submit(&call("x")).await.unwrap_err();
        assert_eq!((error.verdict, error.code), (verdict, code), "{status}");
        assert_eq!(error.words, if status == 200 { "" } else { "porque sí" });
        assert_eq!(server.seen().len(), 1, "{status}: a redirect is not followed, nothing is repeated");
    }
    let World { crm, server, .. } = other().await;
    server.replies(Reply::json(422, "already there"));
    assert_eq!(crm.submit(&call("x")).await.unwrap_err().code, ErrorCode::Duplicate);
    for (after, wait) in [("90", 90), ("Fri, 20 Nov 2026 15:02:00 GMT", 120), ("999999", 3600)] {
        for status in [429, 503] {
            let World { crm, server, .. } = other().await;
            server.replies(Reply::json(status, "").header("Retry-After", after));
            let Verdict::Wait(told) = crm.submit(&call("x")).await.unwrap_err().verdict else { panic!("{after}") };
            assert!(told.as_secs().abs_diff(wait) <= 2, "{after}: {told:?}");
        }
    }
}

#[tokio::test]
async fn a_client_gets_a_token_keeps_it_in_memory_and_renews_it_in_time() {
    let World { crm, server, clock, secrets } = signed_in_by(CLIENT, &[("crm", SECRET)]).await;
    let token =
        |name: &str| Reply::json(200, json!({"access_token": name, "expires_in": 3600, "token_type": "Bearer"}));
    server.replies(token("t1"));
    server.replies(page(false));
    crm.pull(None, true).await.unwrap();
    let seen = server.seen();
    let form = seen[0].form();
    assert_eq!(
        (form["grant_type"].as_str(), form["client_secret"].as_str(), form["client_id"].as_str()),
        ("client_credentials", SECRET, "timbre")
    );
    assert!(!seen[0].headers.contains_key("authorization"));
    assert_eq!(seen[1].headers["authorization"], "Bearer t1");
    clock.advance(Duration::from_secs(3500));
    server.replies(page(false));
    crm.pull(None, true).await.unwrap();
    assert_eq!(server.seen().len(), 1, "still good");
    clock.advance(Duration::from_secs(50));
    server.replies(token("t2"));
    server.replies(page(false));
    crm.pull(None, true).await.unwrap();
    assert_eq!(server.seen()[1].headers["authorization"], "Bearer t2");
    assert_eq!(secrets.0.lock().unwrap().len(), 1, "nothing was kept");
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_and_read_before_the_first_one() {
    let secrets = [("crm", "first-refresh"), ("crm-client", "client-sécret")];
    let World { crm, server, secrets, .. } = signed_in_by(REFRESH, &secrets).await;
    server.replies(Reply::json(
        200,
        json!({"access_token": "t1", "refresh_token": "second-refresh", "expires_in": "3600"}),
    ));
    server.replies(Reply::json(401, ""));
    server.replies(Reply::json(200, json!({"access_token": "t2"})));
    server.replies(page(false));
    crm.pull(None, true).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].form()["refresh_token"], "first-refresh");
    assert_eq!(seen[0].form()["client_secret"], "client-sécret");
    assert_eq!(seen[2].form()["refresh_token"], "second-refresh", "a 401 renews once, by the new one");
    assert_eq!(seen[3].headers["authorization"], "Bearer t2");
    assert_eq!(secrets.of("crm-token").as_deref(), Some("second-refresh"));
    assert_eq!(secrets.of("crm").as_deref(), Some("first-refresh"));
    // A fresh token that is refused too is no matter of time.
    server.replies(Reply::json(401, ""));
    server.replies(Reply::json(200, json!({"access_token": "t3"})));
    server.replies(Reply::json(401, ""));
    assert_eq!(crm.pull(None, true).await.unwrap_err().verdict, Verdict::Stop);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_refresh_that_is_refused_stops_and_one_without_an_answer_waits() {
    let secrets = [("crm", "first-refresh"), ("crm-client", "client-secret")];
    let World { crm, server, .. } = signed_in_by(REFRESH, &secrets).await;
    server.replies(Reply::json(502, ""));
    let error = crm.submit(&call("x")).await.unwrap_err();
    assert_eq!(error.verdict, Verdict::BackOff, "the record itself was never sent");
    server.replies(Reply::json(400, json!({"error": "invalid_grant"})));
    assert_eq!(crm.pull(None, true).await.unwrap_err().verdict, Verdict::Stop);
    assert_eq!(crm.pull(None, true).await.unwrap_err().verdict, Verdict::Stop);
    assert_eq!(server.seen().len(), 2, "and nothing more is sent");
    let World { crm, .. } = signed_in_by(REFRESH, &[("crm", "first-refresh")]).await;
    let error = crm.sign_in().await.unwrap_err();
    assert_eq!((error.code, error.verdict), (ErrorCode::SecretMissing, Verdict::Stop));
}

#[tokio::test]
async fn a_session_that_expired_is_begun_again_once() {
    let login = "[sign_in]\nkind = \"session\"\nheader = \"X-Session\"\nprefix = \"\"\n[sign_in.login]\nmethod = \"POST\"\npath = \"login\"\nbody = { user = \"{{ settings.client }}\", password = \"{{ secret }}\" }\ntoken = \"$.session\"";
    let World { crm, server, .. } = signed_in_by(login, &[("crm", SECRET)]).await;
    server.replies(Reply::json(200, json!({"session": "s1"})));
    server.replies(page(false));
    crm.pull(None, true).await.unwrap();
    server.replies(Reply::json(401, ""));
    server.replies(Reply::json(200, json!({"session": "s2"})));
    server.replies(page(false));
    crm.pull(None, true).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].json(), json!({"user": "timbre", "password": SECRET}));
    assert_eq!((seen[1].headers["x-session"].as_str(), seen[4].headers["x-session"].as_str()), ("s1", "s2"));
    // A log-in that gives no session was refused.
    server.replies(Reply::json(401, ""));
    server.replies(Reply::json(200, json!({"error": "Access Denied"})));
    assert_eq!(crm.pull(None, true).await.unwrap_err().verdict, Verdict::Stop);

    let cookie = login.replace("token = \"$.session\"", "cookie = \"session_id\"");
    let World { crm, server, .. } = signed_in_by(&cookie, &[("crm", SECRET)]).await;
    server.replies(
        Reply::json(200, "{}").header("Set-Cookie", "lang=es").header("Set-Cookie", "session_id=abc; HttpOnly; Path=/"),
    );
    server.replies(page(false));
    crm.pull(None, true).await.unwrap();
    assert_eq!(server.seen()[1].headers["cookie"], "session_id=abc");
}

#[tokio::test]
async fn basic_takes_a_user_of_the_settings_or_a_whole_pair() {
    let own = "[sign_in]\nkind = \"basic\"\nusername = \"{{ settings.client }}\"";
    for (sign_in, secret) in [(own, "clave"), ("[sign_in]\nkind = \"basic\"", "timbre:clave")] {
        let World { crm, server, .. } = signed_in_by(sign_in, &[("crm", secret)]).await;
        server.replies(page(false));
        crm.pull(None, true).await.unwrap();
        assert_eq!(server.seen()[0].headers["authorization"], "Basic dGltYnJlOmNsYXZl");
    }
}

#[tokio::test]
async fn a_connector_test_tries_everything_and_cleans_up_after_itself() {
    let (crm, server, _) = espo(&[]).await;
    let elio = json!({"id": "c1", "name": "Elio", "phoneNumber": "+50688841111", "modifiedAt": "2026-01-01 00:00:00"});
    server.replies(Reply::json(200, json!({"total": -2, "list": [elio]})));
    server.replies(Reply::json(200, &elio));
    server.replies(Reply::json(200, json!({"total": 1, "list": [elio]})));
    for _ in 0..4 {
        server.replies(Reply::json(200, json!({"total": 0, "list": []})));
    }
    server.stores("new");
    for _ in 0..4 {
        server.replies(Reply::json(200, json!({"list": [{"id": "new"}]})));
        server.replies(Reply::json(200, json!({"id": "new"})));
    }
    // The first may be removed; for the others the user lacks the right to delete.
    server.replies(Reply::json(200, "true"));
    for _ in 0..3 {
        server.replies(Reply::json(403, "").header("X-Status-Reason", "No delete access."));
    }
    let steps = crm.test(&ConnectorTest { number: Some(number("88841111")), write: true, dry_run: false }).await;
    let names: Vec<_> = steps.iter().map(|step| step.step.as_str()).collect();
    let expected = [
        "sign_in.probe",
        "contacts.pull",
        "contacts.fetch",
        "contacts.find",
        "records.contact.search",
        "records.call.search",
        "records.follow_up.search",
        "records.note.search",
        "records.contact.create",
        "records.contact.search",
        "records.contact.amend",
        "records.call.create",
        "records.call.search",
        "records.call.amend",
        "records.follow_up.create",
        "records.follow_up.search",
        "records.follow_up.amend",
        "records.note.create",
        "records.note.search",
        "records.note.amend",
        "records.note.remove",
        "records.follow_up.remove",
        "records.call.remove",
        "records.contact.remove",
    ];
    assert_eq!(names, expected);
    assert!(steps.iter().all(|step| step.problem.is_none()), "{steps:?}");
    let stays: Vec<_> = steps.iter().flat_map(|step| &step.read).filter(|line| line.starts_with("stays")).collect();
    let place = |entity: &str| format!("{}#{entity}/view/new", server.url);
    let expected = [("follow_up", "Task"), ("call", "Call"), ("contact", "Contact")]
        .map(|(kind, entity)| format!("stays, marked as a sample: {kind} {}", place(entity)));
    assert_eq!(stays, expected.iter().collect::<Vec<_>>());
    assert!(steps[3].read.contains(&"phones: +50688841111 (other)".to_owned()));
    let request = steps[8].request.as_ref().unwrap();
    assert!(request.headers.contains(&("X-Api-Key".to_owned(), "•••".to_owned())));
    let last = server.seen().pop().unwrap();
    assert_eq!((last.method.as_str(), last.path.as_str()), ("DELETE", "/api/v1/Contact/new"));
}

#[tokio::test]
async fn a_dry_run_shows_every_request_and_sends_none() {
    let (crm, server, _) = espo(&[("charge_entity", "CCharge")]).await;
    let steps = crm.test(&ConnectorTest { dry_run: true, ..ConnectorTest::default() }).await;
    assert!(server.seen().is_empty());
    assert!(
        steps.iter().all(|step| step.problem.is_none() && step.status.is_none() && step.request.is_some()),
        "{steps:?}"
    );
    for name in ["records.contact.amend", "records.follow_up.create", "records.charge.search", "records.note.create"] {
        assert!(steps.iter().any(|step| step.step == name), "{name}");
    }
}

#[tokio::test]
async fn a_refused_probe_stops_everything_instead_of_parking_a_record() {
    let clock = common::TestClock::new();
    let server = common::Server::start(clock.clone()).await;
    let made = settings(&server, common::espocrm(), &[]);
    let crm = Declarative::new(made, Secrets::with(&[("crm", SECRET)]), Arc::new(clock)).unwrap();
    server.replies(Reply::json(403, "").header("X-Status-Reason", "No access."));
    let error = crm.submit(&call("x")).await.unwrap_err();
    assert_eq!(
        (error.verdict, error.code, error.words.as_str()),
        (Verdict::Stop, ErrorCode::SignInFailed, "No access.")
    );
    assert_eq!(crm.submit(&call("x")).await.unwrap_err().verdict, Verdict::Stop);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn settings_are_checked_and_a_record_opens_in_the_browser() {
    let (crm, server, clock) = espo(&[("charge_entity", "CCharge")]).await;
    use timbre_domain::outbox::RecordKind::{Charge, Contact, Note};
    let base = server.url.as_str().trim_end_matches('/');
    assert_eq!(crm.opens_at(Contact, "a/b"), Some(format!("{base}/#Contact/view/a%2Fb")));
    assert_eq!(crm.opens_at(Charge, "x"), Some(format!("{base}/#CCharge/view/x")));
    assert_eq!(crm.opens_at(Note, "x"), None);
    let wrong: [(&[(&str, &str)], &str); 4] = [
        (&[], "`region` is missing"),
        (&[("region", "cr"), ("regoin", "x")], "no setting `regoin`"),
        (&[("region", "cr"), ("page", "dos")], "whole number"),
        (&[("region", "cr"), ("client", "ok"), ("nope", "")], "no setting `nope`"),
    ];
    for (values, what) in wrong {
        let file = Connector::load(OTHER, "other.toml").unwrap();
        let made = Declarative::new(settings(&server, file, values), Secrets::with(&[]), Arc::new(clock.clone()));
        let error = made.unwrap_err();
        assert!(error.code == ErrorCode::BadConfig && error.detail.contains(what), "{error}");
    }
}

#[tokio::test]
async fn only_a_web_page_is_opened() {
    let (_, server, clock) = espo(&[]).await;
    for (address, opens) in [
        ("https://crm.example/p/{{ id }}", Some("https://crm.example/p/5".to_owned())),
        ("javascript:alert({{ id }})", None),
        ("file:///etc/{{ id }}", None),
    ] {
        let text = format!("{OTHER}\n[open]\ncontact = \"{address}\"\n");
        let file = Connector::load(&text, "other.toml").unwrap_or_else(|error| panic!("{error}"));
        let values = settings(&server, file, &[("region", "cr")]);
        let crm = Declarative::new(values, Secrets::with(&[]), Arc::new(clock.clone())).unwrap();
        assert_eq!(crm.opens_at(timbre_domain::outbox::RecordKind::Contact, "5"), opens);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_arrives_unharmed(text in "(\\PC|[\"'{}%#\\\\\n\t\u{1F600}]){0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let World { crm, server, .. } = other().await;
            server.replies(Reply::json(200, json!({"id": "1"})));
            crm.submit(&call(&text)).await.unwrap();
            let body = server.seen().remove(0).json();
            let expected = json!({"text": text, "mixed": format!("<{text}>"), "seconds": 240, "fields": {"pedido": text}, "charges": []});
            prop_assert_eq!(body, expected);
            Ok(())
        })?;
    }
}

/// Everything that comes before the request that creates: whatever goes wrong there, nothing can be over there.
#[tokio::test]
async fn what_fails_before_the_creating_request_leaves_was_not_sent() {
    let broken = |status: u16| Reply::json(status, r#"{"errors":[{"detail":"no"}]}"#);
    for status in [301, 400, 401, 403, 404, 422, 429, 500, 502, 503] {
        for signs_in in [CLIENT, REFRESH] {
            let World { crm, server, .. } = signed_in_by(signs_in, &[("crm", SECRET), ("crm-client", "otro")]).await;
            server.replies(broken(status));
            let error = crm.submit(&call("x")).await.unwrap_err();
            assert!(error.unsent, "{status}: {error:?}");
            assert_eq!(server.seen().len(), 1, "the token alone was asked for");
        }
        let (crm, server, _) = espo(&[("user", "ana")]).await;
        server.replies(broken(status));
        let error = crm.submit(&call("x")).await.unwrap_err();
        assert!(error.unsent, "the user who is to own it, {status}: {error:?}");
        assert_eq!(server.seen()[0].method, "GET");
    }
    let World { crm, server, .. } = signed_in_by(CLIENT, &[]).await;
    assert!(crm.submit(&call("x")).await.unwrap_err().unsent, "no secret");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn what_the_creating_request_itself_meets_was_sent() {
    for status in [301, 429, 500, 502, 503] {
        let (crm, server, _) = espo(&[]).await;
        server.replies(Reply::json(status, ""));
        let error = crm.submit(&call("x")).await.unwrap_err();
        assert!(!error.unsent, "{status}: {error:?}");
    }
    let (crm, server, clock) = espo(&[]).await;
    server.hangs();
    let order = call("x");
    let (error, ()) = tokio::join!(crm.submit(&order), async {
        server.hung.notified().await;
        clock.advance(Duration::from_secs(30));
    });
    assert!(!error.unwrap_err().unsent, "no answer");
}
