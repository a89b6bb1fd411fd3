//! What the tests of connectors share: a clock that does not wait, secrets in memory, and a server that answers as recorded.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part of this")]

pub mod other;
pub mod recorded;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use timbre_crm::{BUILT_IN, Connector, ConnectorSettings, Declarative};
use timbre_domain::crm::RecordRequest;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::number::{Country, PhoneNumber, ReadNumber};
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::secret::SecretName;
use tokio::sync::Notify;
use url::Url;

pub const KEY: &str = "clave-secretísima-41";

/// Short waits pass at once and are counted; long ones, which are time-outs, last until the test lets time pass.
#[derive(Clone)]
pub struct TestClock(Arc<(Mutex<Duration>, Notify)>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new((Mutex::new(Duration::ZERO), Notify::new())))
    }

    pub fn advance(&self, by: Duration) {
        *self.0.0.lock().unwrap() += by;
        self.0.1.notify_waiters();
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        "2026-11-20T15:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::from_std(self.elapsed()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.0.0.lock().unwrap()
    }

    async fn sleep_until(&self, deadline: Duration) {
        loop {
            let changed = self.0.1.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut now = self.0.0.lock().unwrap();
                if deadline <= *now + Duration::from_secs(2) {
                    *now = deadline.max(*now);
                    return;
                }
            }
            changed.await;
        }
    }
}

/// A keyring in memory, which shows what was kept in it.
#[derive(Default)]
pub struct Secrets(pub Mutex<BTreeMap<String, String>>);

impl Secrets {
    pub fn with(pairs: &[(&str, &str)]) -> Arc<Self> {
        let pairs = pairs.iter().map(|(name, secret)| ((*name).to_owned(), (*secret).to_owned()));
        Arc::new(Self(Mutex::new(pairs.collect())))
    }

    pub fn of(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().get(name).cloned()
    }
}

#[async_trait]
impl SecretStore for Secrets {
    async fn password(&self, name: &SecretName) -> Result<SecretString, PortError> {
        let secret = self.of(name.as_str());
        secret.map(SecretString::from).ok_or_else(|| PortError::new(ErrorCode::SecretMissing, "none"))
    }

    async fn keep(&self, name: &SecretName, secret: SecretString) -> Result<(), PortError> {
        self.0.lock().unwrap().insert(name.to_string(), secret.expose_secret().to_owned());
        Ok(())
    }
}

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// When, by the test's clock.
    pub at: Duration,
}

impl Seen {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

/// What the server answers.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: impl ToString) -> Self {
        Self { status, headers: vec![("Content-Type".into(), "application/json".into())], body: body.to_string() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

type Rule = Box<dyn Fn(&Seen) -> Option<Reply> + Send>;

/// A CRM on loopback: answers what it was told to, in that order, and remembers what it was asked.
#[derive(Clone)]
pub struct Server {
    pub url: Url,
    state: Arc<Mutex<State>>,
    pub hung: Arc<Notify>,
}

#[derive(Default)]
struct State {
    standing: Vec<Rule>,
    replies: VecDeque<Option<Reply>>,
    seen: Vec<Seen>,
}

impl Server {
    pub async fn start(clock: TestClock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let server = Self { url, state: Arc::default(), hung: Arc::default() };
        let inner = server.clone();
        let app = Router::new().fallback(move |request: Request| {
            let (server, clock) = (inner.clone(), clock.clone());
            async move { server.answer(request, &clock).await }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        server
    }

    async fn answer(self, request: Request, clock: &TestClock) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 24).await.unwrap();
        let query = parts.uri.query().unwrap_or_default();
        let seen = Seen {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: String::from_utf8(body.to_vec()).unwrap(),
            at: clock.elapsed(),
        };
        let reply = {
            let mut state = self.state.lock().unwrap();
            let standing = state.standing.iter().find_map(|rule| rule(&seen));
            if standing.is_none() {
                state.seen.push(seen.clone());
            }
            standing
                .map(Some)
                .unwrap_or_else(|| state.replies.pop_front().unwrap_or(Some(Reply::json(599, "unexpected"))))
        };
        let Some(reply) = reply else {
            // No answer, until the test's time-out.
            self.hung.notify_one();
            return std::future::pending().await;
        };
        let mut response = Response::builder().status(reply.status);
        for (name, value) in &reply.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(reply.body)).unwrap()
    }

    /// The next request that no standing answer fits gets this one.
    pub fn replies(&self, reply: Reply) {
        self.state.lock().unwrap().replies.push_back(Some(reply));
    }

    /// The next request gets no answer at all.
    pub fn hangs(&self) {
        self.state.lock().unwrap().replies.push_back(None);
    }

    /// Requests to this path always get this, and are not remembered.
    pub fn always(&self, path: &'static str, reply: Reply) {
        self.state.lock().unwrap().standing.push(Box::new(move |seen| (seen.path == path).then(|| reply.clone())));
    }

    /// Whatever is created is stored, and the answer shows it, with this id; such requests are not remembered.
    pub fn stores(&self, id: &'static str) {
        self.state.lock().unwrap().standing.push(Box::new(move |seen| {
            let mut stored = (seen.method == "POST").then(|| seen.json())?;
            stored["id"] = id.into();
            Some(Reply::json(200, stored))
        }));
    }

    /// What was asked since the last time.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.lock().unwrap().seen)
    }
}

/// EspoCRM's own user, as `App/user` gives it; it is not among the recordings.
pub const API_USER: &str = r#"{"user":{"id":"6b00749b82388ee30","name":"cti-connector"}}"#;

pub fn espocrm() -> Connector {
    Connector::load(BUILT_IN[0].1, BUILT_IN[0].0).unwrap_or_else(|error| panic!("{error}"))
}

pub fn settings(server: &Server, file: Connector, values: &[(&str, &str)]) -> ConnectorSettings {
    ConnectorSettings {
        proxy: timbre_domain::proxy::Proxy::System,
        name: "crm".parse().unwrap(),
        base_url: server.url.clone(),
        file,
        values: values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        country: Country::CR,
    }
}

/// A connector for EspoCRM and its server, which knows its own user.
pub async fn espo(values: &[(&str, &str)]) -> (Declarative, Server, TestClock) {
    let clock = TestClock::new();
    let server = Server::start(clock.clone()).await;
    server.always("/api/v1/App/user", Reply::json(200, API_USER));
    let secrets = Secrets::with(&[("crm", KEY)]);
    let crm = Declarative::new(settings(&server, espocrm(), values), secrets, Arc::new(clock.clone())).unwrap();
    (crm, server, clock)
}

pub fn order(json: Json) -> RecordRequest {
    serde_json::from_value(json).unwrap()
}

pub fn number(text: &str) -> PhoneNumber {
    match PhoneNumber::read(text, Country::CR) {
        ReadNumber::Number(number) => number,
        ReadNumber::Withheld => panic!("{text} is a number"),
    }
}
