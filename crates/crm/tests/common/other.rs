//! The small connector of the tests, `tests/other.toml`, and its server.

use std::sync::Arc;

use serde_json::json;
use timbre_crm::{Connector, Declarative};
use timbre_domain::crm::RecordRequest;

use super::{Reply, Secrets, Server, TestClock, order, settings};

pub const OTHER: &str = include_str!("../other.toml");
pub const REQUEST: &str = "01990000-0000-7000-8000-000000000001";
pub const SECRET: &str = "tok+3n/secreto=41";

pub fn call(text: &str) -> RecordRequest {
    order(
        json!({"request_id": REQUEST, "remote_id": null, "despite_duplicate": false, "content": {"kind": "call", "record": {
        "call_key": "callmyway:main:c1", "direction": "in", "answered": true,
        "started_at": "2026-11-20T15:00:00Z", "ended_at": "2026-11-20T15:04:10Z", "duration_s": 240,
        "endpoint": "8373456", "number": null, "number_written": "", "contact": null, "title": text, "text": text,
        "comment": "", "disposition": [], "fields": {"pedido": text}, "charges": [], "cost": null, "currency": null,
        "agent": null}}}),
    )
}

pub struct World {
    pub crm: Arc<Declarative>,
    pub server: Server,
    pub clock: TestClock,
    pub secrets: Arc<Secrets>,
}

/// The other CRM with this section `[sign_in]`.
pub async fn signed_in_by(sign_in: &str, secrets: &[(&str, &str)]) -> World {
    let clock = TestClock::new();
    let server = Server::start(clock.clone()).await;
    server.always("/me", Reply::json(200, json!({"data": {"id": 7, "full_name": "Ana"}})));
    let text = OTHER.replace("[sign_in]\nkind = \"bearer\"", &sign_in.replace("SERVER", server.url.as_str()));
    let file = Connector::load(&text, "other.toml").unwrap_or_else(|error| panic!("{error}"));
    let secrets = Secrets::with(secrets);
    let crm = Declarative::new(settings(&server, file, &[("region", "cr")]), secrets.clone(), Arc::new(clock.clone()));
    World { crm: Arc::new(crm.unwrap()), server, clock, secrets }
}

pub async fn other() -> World {
    signed_in_by("[sign_in]\nkind = \"bearer\"", &[("crm", SECRET)]).await
}

pub const REFRESH: &str = "[sign_in]\nkind = \"oauth2-refresh\"\ntoken_url = \"SERVERtoken\"\nclient_secret = true\nform = { client_id = \"{{ settings.client }}\", scope = \"all\" }";
pub const CLIENT: &str = "[sign_in]\nkind = \"oauth2-client\"\ntoken_url = \"SERVERtoken\"\nform = { client_id = \"{{ settings.client }}\" }";
