//! The little HTTP all vendors need: bounded bodies, time-outs by our clock, errors that name no URL.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use reqwest::header::{DATE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::Clock;
use url::Url;

/// An answer: its status and its whole body.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The server's time of day (header `Date`), UTC.
    pub date: Option<DateTime<Utc>>,
    /// The body; not longer than was allowed.
    pub body: Vec<u8>,
}

/// A client for one vendor. No redirects are followed and no referrer is sent: these vendors put the password into the
/// URL, and it must not travel anywhere else.
///
/// # Errors
/// When the platform's TLS can't be set up.
pub fn client() -> Result<Client, PortError> {
    client_trusting(Vec::new())
}

/// The same, trusting these certificates beside the system's.
///
/// # Errors
/// When the platform's TLS can't be set up.
pub fn client_trusting(certificates: Vec<Certificate>) -> Result<Client, PortError> {
    Client::builder()
        .tls_certs_merge(certificates)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(60))
        .tcp_nodelay(true)
        .user_agent(concat!("Timbre/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| {
            PortError::new(ErrorCode::Unreachable, "the HTTP client could not be made").caused_by(error.without_url())
        })
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// [`ErrorCode::Unreachable`], [`ErrorCode::TimedOut`] after `within`, [`ErrorCode::TooLarge`] past `at_most` bytes.
pub async fn send(
    request: RequestBuilder,
    clock: &Arc<dyn Clock>,
    within: Duration,
    at_most: usize,
) -> Result<Answer, PortError> {
    let exchange = async {
        let response = request.send().await.map_err(failed)?;
        let (status, date) = (response.status(), date(response.headers()));
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(failed)?;
            if body.len() + chunk.len() > at_most {
                return Err(PortError::new(ErrorCode::TooLarge, format!("the answer is larger than {at_most} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, date, body })
    };
    tokio::select! {
        answer = exchange => answer,
        () = clock.sleep(within) => {
            Err(PortError::new(ErrorCode::TimedOut, format!("no whole answer within {} s", within.as_secs_f32())))
        }
    }
}

/// The address of a path under a vendor's base URL.
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

fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(date.to_utc())
}

fn failed(error: reqwest::Error) -> PortError {
    let error = error.without_url();
    let code = if error.is_timeout() { ErrorCode::TimedOut } else { ErrorCode::Unreachable };
    let what = if error.is_connect() { "no connection" } else { "the connection broke" };
    let mut cause = error.source();
    let mut root = None;
    while let Some(error) = cause {
        root = Some(error.to_string());
        cause = error.source();
    }
    PortError::new(code, root.map_or_else(|| what.to_owned(), |root| format!("{what}: {root}"))).caused_by(error)
}

/// Whether a failed request certainly never reached the vendor, so that it may be called "not sent".
#[must_use]
pub fn never_sent(error: &PortError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source.as_deref().map(|e| e as _);
    while let Some(error) = cause {
        if error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_date_is_read_and_anything_else_is_none() {
        let read = |text: &'static str| date(&HeaderMap::from_iter([(DATE, HeaderValue::from_static(text))]));
        assert_eq!(read("Mon, 02 Mar 2026 14:00:00 GMT"), Some("2026-03-02T14:00:00Z".parse().unwrap()));
        for text in ["", "yesterday", "2026-03-02 14:00:00", "Mon, 02 Mar 2026 25:00:00 GMT"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(date(&HeaderMap::new()), None);
    }
}
