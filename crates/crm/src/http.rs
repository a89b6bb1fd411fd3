//! The little HTTP a CRM needs: requests put together from a file, bounded answers, time-outs by our clock, errors that name
//! no URL.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use futures_util::StreamExt as _;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;
use timbre_domain::ports::Clock;
use url::Url;

use crate::connector::{Body, Request};
use crate::node::Node;
use crate::template::{Place, TemplateError, Vars};

/// A request, whole but for the sign-in.
pub(crate) struct Prepared {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
}

/// Why no answer came.
#[derive(Debug)]
pub(crate) struct NoAnswer {
    pub(crate) timed_out: bool,
    pub(crate) too_large: bool,
    /// The request certainly never reached the CRM.
    pub(crate) never_sent: bool,
    pub(crate) detail: String,
    pub(crate) source: Option<reqwest::Error>,
}

impl Answer {
    /// The body as JSON; nothing where it is empty or no JSON.
    pub(crate) fn json(&self) -> Option<Json> {
        serde_json::from_slice(self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)).ok()
    }

    /// How long the CRM asks us to wait (`Retry-After`, seconds or a date), an hour at most.
    pub(crate) fn retry_after(&self, clock: &dyn Clock) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => (DateTime::parse_from_rfc2822(text).ok()?.to_utc() - clock.now()).to_std().unwrap_or_default(),
        };
        Some(wait.min(Duration::from_secs(3600)))
    }
}

/// A client for one CRM. Redirects are not followed and no referrer is sent: the secret goes to the CRM's own address alone.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_nodelay(true)
        .user_agent(concat!("Timbre/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(reqwest::Error::without_url)
}

/// What is told of a path that is none.
pub(crate) const NO_PATH: &str =
    "the path holds something that has no place in an address, or dots that lead elsewhere";

/// The address of a path under the CRM's own; nothing where it would lead anywhere else.
pub(crate) fn addressed(base: &Url, path: &str) -> Option<Url> {
    let mut url = base.clone();
    let whole = format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/'));
    let (path, query) = whole.split_once('?').map_or((whole.as_str(), None), |(path, query)| (path, Some(query)));
    url.set_path(path);
    url.set_query(query);
    (url.origin() == base.origin() && url.path() == path).then_some(url)
}

/// Fills a request of the file.
pub(crate) fn prepare(
    request: &Request,
    base: &Url,
    common: Option<&Node>,
    vars: &Vars,
) -> Result<Prepared, TemplateError> {
    let path = request.path.text(vars)?;
    let wrong = |what: &str| TemplateError { at: request.path.at, message: what.to_owned(), safe: what.to_owned() };
    let mut url = addressed(base, &path).ok_or_else(|| wrong(NO_PATH))?;
    if let Some(query) = &request.query {
        let pairs = query.pairs(vars)?;
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for node in common.into_iter().chain(&request.headers) {
        for (name, value) in node.pairs(vars)? {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            headers.push((name, value));
        }
    }
    let (body, kind) = match &request.body {
        None => (None, None),
        Some(Body::Json(node)) => {
            let json = node.render(vars)?.unwrap_or_else(|| Json::Object(Default::default()));
            (Some(json.to_string().into_bytes()), Some("application/json"))
        }
        Some(Body::Form(node)) => (Some(form(node.pairs(vars)?).into_bytes()), Some(FORM)),
    };
    if let Some(kind) = kind
        && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        headers.push((CONTENT_TYPE.as_str().to_owned(), kind.to_owned()));
    }
    Ok(Prepared { method: request.method.clone(), url, headers, body })
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn form(pairs: impl IntoIterator<Item = (String, String)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Sends a request with the sign-in's headers and reads the whole answer.
pub(crate) async fn send(
    client: &Client,
    prepared: &Prepared,
    secret_headers: &[(String, SecretString)],
    clock: &Arc<dyn Clock>,
    within: Duration,
    at_most: usize,
) -> Result<Answer, NoAnswer> {
    let mut headers = HeaderMap::new();
    for (name, value) in &prepared.headers {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) else {
            return Err(unsendable("a header can't be written"));
        };
        headers.insert(name, value);
    }
    for (name, value) in secret_headers {
        let value = HeaderValue::from_str(value.expose_secret());
        let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(name.as_bytes()), value) else {
            return Err(unsendable("the secret can't be written into a header"));
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let mut request = client.request(prepared.method.clone(), prepared.url.clone()).headers(headers);
    if let Some(body) = &prepared.body {
        request = request.body(body.clone());
    }
    let began = clock.elapsed();
    let exchange = async {
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(failed)?;
            if body.len() + chunk.len() > at_most {
                let detail = format!("the answer is larger than {at_most} bytes");
                return Err(NoAnswer { timed_out: false, too_large: true, never_sent: false, detail, source: None });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body, took: clock.elapsed().saturating_sub(began) })
    };
    tokio::select! {
        answer = exchange => answer,
        () = clock.sleep(within) => {
            let detail = format!("no whole answer within {} s", within.as_secs());
            Err(NoAnswer { timed_out: true, too_large: false, never_sent: false, detail, source: None })
        }
    }
}

fn unsendable(what: &str) -> NoAnswer {
    NoAnswer { timed_out: false, too_large: false, never_sent: true, detail: what.to_owned(), source: None }
}

fn failed(error: reqwest::Error) -> NoAnswer {
    let error = error.without_url();
    let what = if error.is_connect() { "no connection" } else { "the connection broke" };
    let mut cause = error.source();
    let mut root = None;
    while let Some(error) = cause {
        root = Some(error.to_string());
        cause = error.source();
    }
    let detail = root.map_or_else(|| what.to_owned(), |root| format!("{what}: {root}"));
    NoAnswer {
        timed_out: error.is_timeout(),
        too_large: false,
        never_sent: error.is_connect(),
        detail,
        source: Some(error),
    }
}

/// A template's place, for a log: `12:5`.
pub(crate) fn place(at: Place) -> String {
    format!("{}:{}", at.line, at.column)
}
