//! Answers that do not come, come late or are too large; and the distance between requests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::other::{OTHER, SECRET, World, call, other};
use common::{Reply, Secrets, TestClock, number, settings};
use serde_json::json;
use timbre_crm::{Connector, Declarative};
use timbre_domain::crm::Verdict;
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::{Clock, CrmConnector};
use tokio::io::AsyncReadExt;

fn page() -> Reply {
    Reply::json(200, json!({"data": [{"id": 1, "updated": "2026-01-02"}], "next_start": null}))
}

#[tokio::test]
async fn a_creation_without_an_answer_is_searched_for_and_a_question_without_one_is_asked_later() {
    let World { crm, server, clock, .. } = other().await;
    crm.sign_in().await.unwrap();
    for writes in [true, false] {
        server.hangs();
        let asking = crm.clone();
        let asked = tokio::spawn(async move {
            if writes { asking.submit(&call("x")).await.map(drop) } else { asking.pull(None, true).await.map(drop) }
        });
        server.hung.notified().await;
        clock.advance(Duration::from_secs(6));
        let error = asked.await.unwrap().unwrap_err();
        let expected = if writes { Verdict::SearchFirst { tries: u32::MAX } } else { Verdict::BackOff };
        assert_eq!((error.code, error.verdict), (ErrorCode::TimedOut, expected));
    }
    // Never connected: nothing was stored.
    let file = Connector::load(OTHER, "other.toml").unwrap();
    let mut dead = settings(&server, file, &[("region", "cr")]);
    dead.base_url = "http://127.0.0.1:1/".parse().unwrap();
    let crm = Declarative::new(dead, Secrets::with(&[("crm", SECRET)]), Arc::new(clock)).unwrap();
    let error = crm.submit(&call("x")).await.unwrap_err();
    assert_eq!((error.code, error.verdict), (ErrorCode::Unreachable, Verdict::BackOff));
}

#[tokio::test]
async fn an_answer_past_all_bounds_is_cut_off() {
    let World { crm, server, .. } = other().await;
    server.replies(Reply::json(200, "x".repeat((1 << 20) + 1)));
    assert_eq!(crm.pull(None, true).await.unwrap_err().code, ErrorCode::TooLarge);
}

#[tokio::test]
async fn the_distance_between_requests_is_kept_and_a_caller_goes_first() {
    let World { crm, server, clock, .. } = other().await;
    for _ in 0..5 {
        server.replies(page());
    }
    let before = clock.elapsed();
    for _ in 0..5 {
        crm.pull(None, true).await.unwrap();
    }
    let times: Vec<Duration> = server.seen().into_iter().map(|seen| seen.at).collect();
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(250), "{times:?}");
    }
    assert!(times[4] - before <= Duration::from_millis(1_260), "and no longer than that: {times:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_the_creation_unsure() {
    let World { server, clock, .. } = other().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut breaking = settings(&server, Connector::load(OTHER, "other.toml").unwrap(), &[("region", "cr")]);
    breaking.base_url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let crm = Declarative::new(breaking, Secrets::with(&[("crm", SECRET)]), Arc::new(clock)).unwrap();
    tokio::spawn(async move {
        for answers in [true, false, false] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            if answers {
                let body = r#"{"data":{"id":7}}"#;
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                tokio::io::AsyncWriteExt::write_all(&mut stream, (head + body).as_bytes()).await.unwrap();
            }
        }
    });
    crm.sign_in().await.unwrap();
    let error = crm.submit(&call("x")).await.unwrap_err();
    assert_eq!((error.code, error.verdict), (ErrorCode::Unreachable, Verdict::SearchFirst { tries: u32::MAX }));
    assert!(!error.detail.contains("127.0.0.1"), "{}", error.detail);
    assert_eq!(crm.pull(None, true).await.unwrap_err().verdict, Verdict::BackOff);
}

#[tokio::test]
async fn a_caller_is_looked_up_before_the_contacts_that_wait() {
    let clock = TestClock::new();
    let server = common::Server::start(clock.clone()).await;
    let crm =
        Declarative::new(settings(&server, common::espocrm(), &[]), Secrets::with(&[("crm", SECRET)]), Arc::new(clock));
    let crm = crm.unwrap();
    for _ in 0..4 {
        server.replies(Reply::json(200, r#"{"total":-2,"list":[]}"#));
    }
    let number = number("88848787");
    // All of them begin before the first is sent; on one thread, in this order.
    let (a, b, c, found) = tokio::join!(crm.ids(None), crm.ids(None), crm.ids(None), crm.find(&number));
    assert!(a.is_ok() && b.is_ok() && c.is_ok() && found.is_ok());
    let asked: Vec<bool> = server.seen().iter().map(|seen| seen.query[0].1.contains("phoneNumberNumeric")).collect();
    assert!(asked.iter().take(2).any(|caller| *caller), "{asked:?}");
}
