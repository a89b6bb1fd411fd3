//! HTTP with its guards: no redirects, bounded answers, time-outs by our clock, errors that name no URL.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{CONTENT_ENCODING, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, ClientBuilder, Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::Clock;
use timbre_domain::proxy::{Proxy, Route};
use url::{Host, Url};

use crate::packed;

/// A server that asks us to wait longer than this is asked again after it.
const RETRY_AFTER_AT_MOST: Duration = Duration::from_secs(3600);

/// A whole answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status, which may be a refusal.
    pub status: StatusCode,
    /// The headers as the server sent them.
    pub headers: HeaderMap,
    /// The body, unpacked where it came compressed, not longer than was allowed.
    pub body: Vec<u8>,
    /// The time from sending the request to the last byte of the body.
    pub took: Duration,
}

impl Answer {
    /// The server's time of day (header `Date`), UTC.
    #[must_use]
    pub fn date(&self) -> Option<DateTime<Utc>> {
        http_date(self.header(&DATE)?)
    }

    /// The body as JSON; `None` where it is empty or not JSON.
    #[must_use]
    pub fn json(&self) -> Option<Json> {
        serde_json::from_slice(self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)).ok()
    }

    /// How long the server asks us to wait (`Retry-After`, seconds or a date), an hour at most.
    #[must_use]
    pub fn retry_after(&self, clock: &dyn Clock) -> Option<Duration> {
        let text = self.header(&RETRY_AFTER)?.trim();
        let wait = match text.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => (http_date(text)? - clock.now()).to_std().unwrap_or_default(),
        };
        Some(wait.min(RETRY_AFTER_AT_MOST))
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc())
}

/// Why no answer came.
#[derive(Debug)]
pub struct NoAnswer {
    /// [`ErrorCode::Unreachable`], [`ErrorCode::TimedOut`], [`ErrorCode::TooLarge`], or [`ErrorCode::Unreadable`] for a body
    /// that can't be unpacked.
    pub error: PortError,
    /// Whether the request certainly never reached the server. Otherwise it may have been carried out.
    pub unsent: bool,
}

impl NoAnswer {
    /// A request that can't be sent as it is.
    #[must_use]
    pub fn unsent(detail: &str) -> Self {
        Self { error: PortError::new(ErrorCode::Unreachable, detail), unsent: true }
    }

    fn unsure(code: ErrorCode, detail: String) -> Self {
        Self { error: PortError::new(code, detail), unsent: false }
    }
}

impl From<NoAnswer> for PortError {
    fn from(none: NoAnswer) -> Self {
        none.error
    }
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let unsent = error.is_connect();
        let code = if error.is_timeout() { ErrorCode::TimedOut } else { ErrorCode::Unreachable };
        let what = if unsent { "no connection" } else { "the connection broke" };
        let root = std::iter::successors(error.source(), |cause| (**cause).source()).last();
        let detail = root.map_or_else(|| what.to_owned(), |root| format!("{what}: {root}"));
        Self { error: PortError::new(code, detail).caused_by(error), unsent }
    }
}

/// Sends to servers, by a proxy where the settings or the system name one; what stays on this machine goes straight to its place,
/// or a proxy would be given the secrets in it.
#[derive(Debug, Clone)]
pub struct Client {
    straight: reqwest::Client,
    to_others: reqwest::Client,
}

impl Client {
    /// A question.
    pub fn get(&self, url: Url) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// An order.
    pub fn post(&self, url: Url) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// A request of any kind.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let client = if is_on_this_machine(&url) { &self.straight } else { &self.to_others };
        client.request(method, url)
    }
}

/// Whether an address is one of this machine.
fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => {
            let mapped = address.to_ipv4_mapped().is_some_and(|address| address.is_loopback());
            address.is_loopback() || address.is_unspecified() || mapped
        }
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        None => false,
    }
}

/// How a server is reached.
#[must_use]
pub fn route(server: &Url, proxy: &Proxy) -> Route {
    let place = |host: Option<&str>, port: Option<u16>| match (host, port) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let by = match proxy {
        _ if is_on_this_machine(server) => None,
        Proxy::Direct => None,
        Proxy::Address(proxy) => Some(place(proxy.host_str(), proxy.port_or_known_default())),
        // What an environment names may hold a password; its place does not.
        Proxy::System => server
            .as_str()
            .parse()
            .ok()
            .and_then(|server| Matcher::from_system().intercept(&server))
            .map(|found| place(found.uri().host(), found.uri().port_u16())),
    };
    Route { server: place(server.host_str(), server.port_or_known_default()), proxy: by }
}

/// A client for one server, which trusts these certificates beside the system's. It follows no redirects and sends no
/// referrer: the secret goes to the server's own address alone.
///
/// # Errors
/// [`ErrorCode::Unreachable`] when the platform's TLS can't be set up; [`ErrorCode::BadConfig`] for a proxy that can't be one.
pub fn client(extra_certificates: Vec<Certificate>, proxy: &Proxy) -> Result<Client, PortError> {
    let built = |builder: ClientBuilder| {
        let guarded = builder
            .tls_certs_merge(extra_certificates.clone())
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(30))
            .tcp_nodelay(true)
            .user_agent(concat!("Timbre/", env!("CARGO_PKG_VERSION")));
        guarded.build().map_err(|error| {
            PortError::new(ErrorCode::Unreachable, "the HTTP client could not be made").caused_by(error.without_url())
        })
    };
    let to_others = match proxy {
        Proxy::System => reqwest::Client::builder(),
        Proxy::Direct => reqwest::Client::builder().no_proxy(),
        Proxy::Address(address) => {
            let by = reqwest::Proxy::all(address.as_str()).map_err(|error| {
                PortError::new(ErrorCode::BadConfig, "the proxy can't be used").caused_by(error.without_url())
            })?;
            reqwest::Client::builder().proxy(by)
        }
    };
    Ok(Client { straight: built(reqwest::Client::builder().no_proxy())?, to_others: built(to_others)? })
}

/// Sends a request and reads the whole answer, within a time and of at most so many bytes.
///
/// # Errors
/// When no whole answer comes; it says whether the request may have been carried out.
pub async fn send(
    request: RequestBuilder,
    clock: &Arc<dyn Clock>,
    within: Duration,
    at_most: usize,
) -> Result<Answer, NoAnswer> {
    let began = clock.elapsed();
    let exchange = async {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            if body.len() + chunk.len() > at_most {
                let detail = format!("the answer is larger than {at_most} bytes");
                return Err(NoAnswer::unsure(ErrorCode::TooLarge, detail));
            }
            body.extend_from_slice(&chunk);
        }
        let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let body = packed::unpacked(body, encoding, at_most).map_err(|error| NoAnswer { error, unsent: false })?;
        Ok(Answer { status, headers, body, took: clock.elapsed().saturating_sub(began) })
    };
    tokio::select! {
        answer = exchange => answer,
        () = clock.give_up_after(within) => {
            let detail = format!("no whole answer within {} s", within.as_secs_f32());
            Err(NoAnswer::unsure(ErrorCode::TimedOut, detail))
        }
    }
}

/// The address of a path under a server's base URL.
///
/// # Errors
/// [`ErrorCode::BadConfig`] for a base URL that can't hold a path.
pub fn address(base: &Url, path: &[&str]) -> Result<Url, PortError> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| PortError::new(ErrorCode::BadConfig, "the base URL can't hold a path"))?
        .pop_if_empty()
        .extend(path);
    Ok(url)
}

/// A secret as the value of a header, which no log shows.
///
/// # Errors
/// [`ErrorCode::SecretMissing`] for a secret with characters that no header can hold.
pub fn secret_header(secret: &SecretString) -> Result<HeaderValue, PortError> {
    let mut value = HeaderValue::from_str(secret.expose_secret())
        .map_err(|_| PortError::new(ErrorCode::SecretMissing, "the secret holds characters that can't be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_date_is_read_and_anything_else_is_none() {
        let answer = |headers| Answer { status: StatusCode::OK, headers, body: Vec::new(), took: Duration::ZERO };
        let read = |text: &'static str| answer(HeaderMap::from_iter([(DATE, HeaderValue::from_static(text))])).date();
        assert_eq!(read("Mon, 02 Mar 2026 14:00:00 GMT"), Some("2026-03-02T14:00:00Z".parse().unwrap()));
        for text in ["", "yesterday", "2026-03-02 14:00:00", "Mon, 02 Mar 2026 25:00:00 GMT"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(answer(HeaderMap::new()).date(), None);
    }
}
