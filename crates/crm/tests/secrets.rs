//! A secret shows nowhere. By itself in this file, for what is logged is heard by the whole process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::Reply;
use common::other::{CLIENT, REFRESH, SECRET, World, call, signed_in_by};
use serde_json::json;
use timbre_domain::crm::ConnectorTest;
use timbre_domain::ports::CrmConnector;
use timbre_domain::redact::Redactor;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_secret_shows_nowhere() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_env_filter("trace").with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let secrets = [("crm", SECRET), ("crm-client", "client-sécret"), ("x", "t1-very-secret")];
    let login = "[sign_in]\nkind = \"session\"\n[sign_in.login]\nmethod = \"POST\"\npath = \"login\"\nbody = { password = \"{{ secret }}\" }\ntoken = \"$.access_token\"";
    let mut shown = String::new();
    for sign_in in
        ["[sign_in]\nkind = \"bearer\"", "[sign_in]\nkind = \"basic\"\nusername = \"u\"", REFRESH, CLIENT, login]
    {
        let World { crm, server, .. } = signed_in_by(sign_in, &secrets).await;
        let exchanges = sign_in != "[sign_in]\nkind = \"bearer\"" && !sign_in.contains("basic");
        if exchanges {
            server.replies(Reply::json(200, json!({"access_token": "t1-very-secret"})));
        }
        // A server that repeats what it was sent.
        let echo = if exchanges { format!("Bearer t1-very-secret {SECRET}") } else { format!("Bearer {SECRET}") };
        server.replies(Reply::json(200, json!({"data": [{"id": 1, "first": echo, "last": SECRET}]})));
        server.replies(Reply::json(400, json!({"errors": [{"detail": echo}]})));
        let steps = crm.test(&ConnectorTest { write: true, ..ConnectorTest::default() }).await;
        shown.push_str(&format!("{steps:?} {crm:?} {:?}", crm.about()));
        server.replies(Reply::json(400, json!({"errors": [{"detail": echo}]})));
        let error = crm.submit(&call("x")).await.unwrap_err();
        shown.push_str(&format!("{error:?} {error} {}", error.words));
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("contacts.pull") && shown.contains("•••") && shown.contains("[secret]"));
    assert!(!log.contains("Ana") && !log.contains("127.0.0.1/"), "nobody's data is logged");
    let secrets = [SECRET, "client-sécret", "t1-very-secret"];
    for secret in secrets {
        let mut redactor = Redactor::default();
        redactor.learn(&secrecy::SecretString::from(secret));
        assert!(!redactor.finds(&shown), "{secret} is shown: {shown}");
        let own = log.lines().filter(|line| line.contains("timbre_crm")).find(|line| redactor.finds(line));
        assert!(own.is_none(), "{secret} is logged: {own:?}");
    }
}
