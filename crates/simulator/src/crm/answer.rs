//! The CRM's answers, as they were recorded.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

const HTML: &str = "text/html; charset=UTF-8";
const JSON: &str = "application/json";

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    reason: Option<String>,
    content_type: &'static str,
    body: Option<Value>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, reason: None, content_type: JSON, body: Some(body) }
    }

    pub(crate) fn refused(status: u16, reason: impl Into<String>) -> Self {
        Self { status, reason: Some(reason.into()), content_type: JSON, body: None }
    }

    /// A value that is missing or invalid (recordings 11 and 61).
    pub(crate) fn invalid(entity: &str, field: &str, why: &str) -> Self {
        let reason = format!("Field validation failure; entityType: {entity}, field: {field}, type: {why}.");
        let body = json!({"messageTranslation":
            {"label": "validationFailure", "scope": null, "data": {"field": field, "type": why}}});
        Self { body: Some(body), ..Self::refused(400, reason) }
    }

    /// A link to a record that does not exist or may not be read (recording 62i).
    pub(crate) fn cannot_relate(entity: &str, link: &str, foreign: &str) -> Self {
        let reason = format!("Can't relate with non-existing record. entity type: {entity}, link: {link}.");
        let body = json!({"messageTranslation":
            {"label": "cannotRelateNonExisting", "scope": null, "data": {"foreignEntityType": foreign}}});
        Self { body: Some(body), ..Self::refused(403, reason) }
    }

    /// The linked record may not be read. No recording shows it; it was seen at a server of version 8.4.2.
    pub(crate) fn foreign(entity: &str, link: &str) -> Self {
        Self::refused(403, format!("No foreign record access for link operation ({entity}:{link})."))
    }

    /// A duplicate, with the records that exist already (recordings 72 and A1).
    pub(crate) fn duplicate(records: Vec<Value>) -> Self {
        Self { body: Some(Value::Array(records)), ..Self::refused(409, "duplicate") }
    }

    /// A record that does not exist or was deleted (recordings 43 and 92).
    pub(crate) fn no_such_record(id: &str) -> Self {
        Self::refused(404, format!("Record {id} does not exist."))
    }

    /// A 500, which has no reason (recording 62n).
    pub(crate) fn failure() -> Self {
        Self { status: 500, reason: None, content_type: JSON, body: None }
    }

    /// A wrong key (recording 90b).
    pub(crate) fn unknown_key() -> Self {
        Self { status: 401, reason: None, content_type: HTML, body: None }
    }

    /// A locked address, which gets no reason (recording 95).
    pub(crate) fn locked() -> Self {
        Self { status: 403, reason: None, content_type: HTML, body: None }
    }

    /// Maintenance mode, with the misspelling of recording 94.
    pub(crate) fn maintenance() -> Self {
        Self {
            status: 503,
            reason: Some("Application is in maintenance mod1e.".to_owned()),
            content_type: HTML,
            body: Some(json!({"message": "The application currently is in maintenance mode."})),
        }
    }

    /// The refusal of [`Fault::Refuse`](super::Fault::Refuse).
    pub(crate) fn ordered(status: u16, reason: Option<&str>) -> Self {
        Self { status, reason: reason.map(str::to_owned), content_type: JSON, body: None }
    }

    pub(crate) fn into_response(self, app_timestamp: i64) -> Response<Body> {
        let body = self.body.map(|body| body.to_string()).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(reason) = self.reason.and_then(|reason| HeaderValue::from_str(&reason).ok()) {
            headers.insert(HeaderName::from_static("x-status-reason"), reason);
        }
        if self.status == 200 {
            headers.insert(HeaderName::from_static("x-app-timestamp"), HeaderValue::from(app_timestamp));
        }
        response
    }
}
