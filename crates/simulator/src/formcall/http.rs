//! The vendor's two addresses.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::NaiveDate;

use super::call::Origin;
use super::error::ErrorCode;
use super::fault::{Fault, RequestKind};
use super::ledger::{RequestEntry, RequestOutcome, TokenCheck};
use super::order::{CallOrder, OrderBody};
use super::row::{Row, day_of};
use super::shared::Shared;
use crate::connection::Peer;

const ERROR_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>500</title></head>\
                          <body><h1>Error interno del servidor</h1></body></html>\n";

/// An answer before any fault spoils it.
struct Answer {
    status: StatusCode,
    body: String,
    outcome: RequestOutcome,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/calls/manage/api", post(order_call))
        .route("/calls/list", get(list_calls))
        .layer(map_response_with_state(shared.clone(), add_date))
        .with_state(shared)
}

/// Adds the vendor's time of day to every answer, as a real server does.
async fn add_date(State(shared): State<Arc<Shared>>, mut response: Response) -> Response {
    let date = shared.state().time.http_date(shared.now());
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

async fn order_call(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (order, token, complete) = match OrderBody::read(content_type, &body) {
        Ok(body) => {
            let (token, complete) = (shared.check_token(body.security_token()), body.is_complete());
            (Some(body.into_order()), token, complete)
        }
        Err(_) => (None, TokenCheck::Missing, false),
    };
    let entry = shared.arrived(RequestKind::Order, token, order.clone());
    let decide = |fault: Option<&Fault>| match (order, token) {
        (None, _) => RequestOutcome::Refused(ErrorCode::WrongParameters),
        (Some(_), TokenCheck::Missing) => RequestOutcome::Refused(ErrorCode::SecurityTokenMissing),
        (Some(_), TokenCheck::Wrong) => RequestOutcome::Refused(ErrorCode::InvalidSecurityToken),
        (Some(_), TokenCheck::Right) if !complete => RequestOutcome::Refused(ErrorCode::WrongParameters),
        (Some(order), TokenCheck::Right) => shared.accept(order, Origin::Request(entry), fault),
    };
    shared.serve(RequestKind::Order, entry, token, &peer, |fault| shared.order_answer(decide(fault))).await
}

async fn list_calls(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(parameters): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let token = shared.check_token(headers.get("security-token").and_then(|value| value.to_str().ok()));
    let entry = shared.arrived(RequestKind::List, token, None);
    let decide = |_: Option<&Fault>| match token {
        TokenCheck::Missing => Err(ErrorCode::SecurityTokenMissing),
        TokenCheck::Wrong => Err(ErrorCode::InvalidSecurityToken),
        TokenCheck::Right => shared.rows(&parameters),
    };
    shared.serve(RequestKind::List, entry, token, &peer, |fault| shared.list_answer(decide(fault))).await
}

impl Shared {
    /// Records a request on arrival. Returns its index in the ledger.
    fn arrived(&self, kind: RequestKind, token: TokenCheck, order: Option<CallOrder>) -> usize {
        let entry = RequestEntry {
            kind,
            arrived: self.moment(),
            answered: None,
            token,
            order,
            outcome: RequestOutcome::NotCarriedOut,
            fault: None,
        };
        let mut state = self.state();
        state.requests.push(entry);
        let place = state.requests.len() - 1;
        drop(state);
        self.announce();
        place
    }

    /// Carries a request out and answers it, unless a fault is in the way.
    async fn serve(
        &self,
        kind: RequestKind,
        entry: usize,
        token: TokenCheck,
        peer: &Peer,
        decide: impl FnOnce(Option<&Fault>) -> Answer,
    ) -> Response {
        let fault = if token == TokenCheck::Right { self.faults.take(kind) } else { None };
        let prevented = fault.as_ref().is_some_and(Fault::prevents);
        let answer = (!prevented).then(|| decide(fault.as_ref()));
        let outcome = answer.as_ref().map_or(RequestOutcome::NotCarriedOut, |answer| answer.outcome.clone());
        self.decided(entry, fault.clone(), outcome);
        match &fault {
            Some(Fault::Slow(delay)) => self.clock.sleep(*delay).await,
            // The wait ends with the connection: when the client disconnects or the simulator stops.
            Some(Fault::AnswerLost | Fault::AnswerLostNothingPlaced) => std::future::pending().await,
            Some(Fault::ConnectionReset | Fault::ConnectionResetNothingPlaced) => {
                peer.cut.give();
                std::future::pending().await
            }
            _ => {}
        }
        self.answered(entry);
        spoilt(answer, fault.as_ref())
    }

    fn decided(&self, entry: usize, fault: Option<Fault>, outcome: RequestOutcome) {
        let mut state = self.state();
        state.requests[entry].fault = fault;
        state.requests[entry].outcome = outcome;
        drop(state);
        self.announce();
    }

    fn answered(&self, entry: usize) {
        let moment = self.moment();
        self.state().requests[entry].answered = Some(moment);
        self.announce();
    }

    fn order_answer(&self, outcome: RequestOutcome) -> Answer {
        let body = match &outcome {
            RequestOutcome::Placed(uuid) => format!(r#"{{"success":true,"uuid":"{uuid}"}}"#),
            RequestOutcome::Pending => r#"{"success":true,"pending":true}"#.to_owned(),
            RequestOutcome::Refused(error) => return self.refusal(*error),
            RequestOutcome::Listed(_) | RequestOutcome::NotCarriedOut => String::new(),
        };
        Answer { status: StatusCode::OK, body, outcome }
    }

    fn list_answer(&self, rows: Result<Vec<Row>, ErrorCode>) -> Answer {
        match rows {
            Ok(rows) => Answer {
                status: StatusCode::OK,
                body: serde_json::to_string(&rows).unwrap_or_default(),
                outcome: RequestOutcome::Listed(rows.into_iter().map(|row| row.uuid).collect()),
            },
            Err(error) => self.refusal(error),
        }
    }

    fn refusal(&self, error: ErrorCode) -> Answer {
        Answer {
            status: error.status(self.config.error_status),
            body: error.body(self.config.error_quotes),
            outcome: RequestOutcome::Refused(error),
        }
    }

    /// The rows of a day, oldest first.
    fn rows(&self, parameters: &[(String, String)]) -> Result<Vec<Row>, ErrorCode> {
        let now = self.now();
        let state = self.state();
        let mut day = day_of(now, &self.config, &state.time);
        let mut popup = None;
        for (name, value) in parameters {
            match (name.as_str(), value.as_str()) {
                ("date" | "popup_uuid", "") => {}
                ("date", date) => day = read_date(date).ok_or(ErrorCode::WrongParameters)?,
                ("popup_uuid", uuid) => popup = Some(uuid),
                _ => return Err(ErrorCode::WrongParameters),
            }
        }
        if popup.is_some_and(|uuid| !state.popups.iter().any(|known| known.uuid == uuid)) {
            return Err(ErrorCode::PopupNotFound);
        }
        let shown = state.calls.iter().filter(|call| {
            call.listed <= now
                && day_of(call.placed, &self.config, &state.time) == day
                && popup.is_none_or(|uuid| call.order.popup_uuid == uuid)
        });
        Ok(shown.map(|call| Row::of(call, &self.config, &state.time, now)).collect())
    }
}

/// Reads `YYYY-MM-DD`. chrono takes unpadded parts too, which the documented form has not.
fn read_date(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (text.len() == 10).then_some(date)
}

/// The answer as it goes out. A request that was not carried out is answered with the page of an HTTP 500.
fn spoilt(answer: Option<Answer>, fault: Option<&Fault>) -> Response {
    let Some(Answer { status, body, .. }) = answer else {
        return (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "text/html; charset=utf-8")], ERROR_PAGE)
            .into_response();
    };
    let body = match fault {
        Some(Fault::EmptyBody) => String::new(),
        Some(Fault::TruncatedJson) => body.chars().take(body.chars().count() * 3 / 5).collect(),
        _ => body,
    };
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
