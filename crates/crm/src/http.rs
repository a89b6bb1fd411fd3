//! Requests put together from a connector's file.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::Value as Json;
use timbre_domain::ports::Clock;
use timbre_transport::http::{Answer, Client, NoAnswer, secret_header};
use url::Url;

use crate::connector::{Body, Request};
use crate::template::{Place, TemplateError, Vars};
use crate::template_tree::Node;

/// A request, whole but for the sign-in.
pub(crate) struct Prepared {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// The message for an invalid path.
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
            return Err(NoAnswer::unsent("a header can't be written"));
        };
        headers.insert(name, value);
    }
    for (name, value) in secret_headers {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), secret_header(value)) else {
            return Err(NoAnswer::unsent("the secret can't be written into a header"));
        };
        headers.insert(name, value);
    }
    let mut request = client.request(prepared.method.clone(), prepared.url.clone()).headers(headers);
    if let Some(body) = &prepared.body {
        request = request.body(body.clone());
    }
    timbre_transport::http::send(request, clock, within, at_most).await
}

/// A template's place, for a log: `12:5`.
pub(crate) fn place(at: Place) -> String {
    format!("{}:{}", at.line, at.column)
}
