//! The four addresses of the vendor.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::header::DATE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::NaiveDateTime;

use super::answer::Answer;
use super::config::{BusyStyle, CdrScope, DialAnswer, RefusalStyle, WrongPasswordStyle};
use super::dialling::Refusal;
use super::fault::{Fault, RequestKind};
use super::ledger::RequestOutcome;
use super::leg::Leg;
use super::shared::Shared;
use super::spoiling::{ok, page, spoilt};
use crate::connection::Peer;

type Parameters = HashMap<String, String>;

/// A refusal in JSON: `status` and `message`.
struct No(i64, String);

fn bad(what: &str) -> No {
    No(400, format!("Parámetro inválido: {what}"))
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/getCdrs.php", get(get_cdrs))
        .route("/getEndpoints.php", get(get_endpoints))
        .route("/Welcome/ClickToDialExtenal", get(click_to_dial))
        .route("/clickToDial.php", get(click_to_dial))
        .layer(map_response_with_state(shared.clone(), dated))
        .with_state(shared)
}

/// Adds the vendor's time of day to every answer, as a real server does (RFC 9110, section 6.6.1).
async fn dated(State(shared): State<Arc<Shared>>, mut response: Response) -> Response {
    let date = shared.state().exchange.time.http_date(shared.now());
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

async fn get_cdrs(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let kind = if parameters.contains_key("live") { RequestKind::Live } else { RequestKind::Cdr };
    shared.serve(kind, peer, parameters).await
}

async fn get_endpoints(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(parameters): Query<Parameters>,
) -> Response {
    shared.serve(RequestKind::Endpoints, peer, parameters).await
}

async fn click_to_dial(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(parameters): Query<Parameters>,
) -> Response {
    shared.serve(RequestKind::Dial, peer, parameters).await
}

impl Shared {
    async fn serve(&self, kind: RequestKind, peer: Peer, parameters: Parameters) -> Response {
        let signed_in = parameters.get("username").and_then(|username| {
            let sign_in = self.config.sign_ins.iter().find(|sign_in| sign_in.username == *username)?;
            Some((username.as_str(), parameters.get("password") == Some(&sign_in.password)))
        });
        let entry = self.arrived(kind, signed_in.map(|(username, _)| username));
        if !self.config.authorised.contains(&peer.address.ip()) {
            return self.refuse_address(entry);
        }
        let username = match signed_in {
            Some((username, true)) => username,
            _ => return self.refuse_sign_in(entry),
        };
        let fault = self.faults.take(kind);
        self.state().requests[entry].fault.clone_from(&fault);
        self.announce();
        if self.config.is_throttled(kind) {
            self.keep_the_rule(entry, username, peer.address.ip()).await;
        }
        let answer = self.answer(kind, entry, username, &parameters, fault.as_ref());
        match &fault {
            Some(Fault::Slow(delay)) => self.clock.sleep(*delay).await,
            // The wait ends with the connection: when the client disconnects or the simulator stops.
            Some(Fault::Hang) => self.stop.given().await,
            Some(Fault::ConnectionReset) => {
                peer.cut.give();
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        let (answer, outcome) = match answer {
            Ok(answer) => (answer, RequestOutcome::Served),
            Err(No(status, words)) => {
                let outcome = RequestOutcome::Refused(format!("{status} {words}"));
                (Answer::Status(status, words), outcome)
            }
        };
        let sent = spoilt(answer, fault.as_ref());
        self.answered(entry, outcome, sent.shown);
        sent.response
    }

    fn answered(&self, entry: usize, outcome: RequestOutcome, shown: Vec<String>) {
        let moment = self.moment();
        let mut state = self.state();
        let request = &mut state.requests[entry];
        request.answered = Some(moment);
        request.outcome = outcome;
        request.shown = shown;
        drop(state);
        self.announce();
    }

    fn refuse_address(&self, entry: usize) -> Response {
        self.answered(entry, RequestOutcome::Refused("address not authorised".to_owned()), Vec::new());
        match self.config.refusal {
            RefusalStyle::EmptyBody => ok(""),
            RefusalStyle::Html => page(StatusCode::OK),
            RefusalStyle::Http403 => page(StatusCode::FORBIDDEN),
            RefusalStyle::Status(status) => ok(Answer::status(status, "IP no autorizada").written()),
        }
    }

    fn refuse_sign_in(&self, entry: usize) -> Response {
        self.answered(entry, RequestOutcome::Refused("wrong user or password".to_owned()), Vec::new());
        let body = ok(Answer::status(401, "Usuario o clave incorrectos").written());
        match self.config.wrong_password {
            WrongPasswordStyle::Json => body,
            WrongPasswordStyle::Http401 => (StatusCode::UNAUTHORIZED, body).into_response(),
        }
    }

    fn answer(
        &self,
        kind: RequestKind,
        entry: usize,
        username: &str,
        parameters: &Parameters,
        fault: Option<&Fault>,
    ) -> Result<Answer, No> {
        match kind {
            RequestKind::Live => self.live(username, parameters),
            RequestKind::Cdr => self.record(username, parameters),
            RequestKind::Endpoints => Ok(Answer::Endpoints(self.config.endpoints.clone())),
            RequestKind::Dial if fault.is_some_and(Fault::refuses_dial) => Err(No(500, "Error interno".to_owned())),
            RequestKind::Dial => self.dial(entry, parameters),
        }
    }

    /// The live calls: the account's with `fullAccount=1`, those of the sign-in's endpoint with 0. Both documented
    /// parameters are required.
    fn live(&self, username: &str, parameters: &Parameters) -> Result<Answer, No> {
        if parameters.get("live").map(String::as_str) != Some("1") {
            return Err(bad("live"));
        }
        let whole = full_account(parameters)?.ok_or_else(|| bad("fullAccount"))?;
        let now = self.now();
        let exchange = &self.state().exchange;
        let mut legs: Vec<&Leg> = exchange.legs.iter().filter(|leg| leg.is_live(now)).collect();
        legs.retain(|leg| whole || leg.concerns(username));
        // Newest first, as in the example.
        legs.sort_by_key(|leg| std::cmp::Reverse(leg.began));
        Ok(Answer::Rows(legs.into_iter().map(|leg| exchange.live_row(leg, now)).collect()))
    }

    /// The record of the last 24 hours, or a page of a range. A range includes both its ends. It is compared with the
    /// detect time in the vendor's zone, and the rows are in that order.
    fn record(&self, username: &str, parameters: &Parameters) -> Result<Answer, No> {
        let whole = full_account(parameters)?.unwrap_or(self.config.cdr_scope == CdrScope::Account);
        let now = self.now();
        let exchange = &self.state().exchange;
        let (from, to, start, count) = match parameters.get("recent").map(String::as_str) {
            Some("1") => {
                let end = exchange.time.at(now);
                let local =
                    |time: chrono::DateTime<chrono::Utc>| time.with_timezone(&self.config.time_zone).naive_local();
                (local(end - chrono::TimeDelta::hours(24)), local(end), 0, usize::MAX)
            }
            Some(_) => return Err(bad("recent")),
            None => (
                date(parameters, "dateStart")?,
                date(parameters, "dateEnd")?,
                whole_number(parameters, "ini")?,
                whole_number(parameters, "cant")?,
            ),
        };
        let detected = |leg: &Leg| exchange.time.at(leg.began).with_timezone(&self.config.time_zone).naive_local();
        let mut legs: Vec<&Leg> = exchange.legs.iter().filter(|leg| leg.has_begun(now) && leg.is_over(now)).collect();
        legs.retain(|leg| (from..=to).contains(&detected(leg)) && (whole || leg.concerns(username)));
        legs.sort_by_key(|leg| leg.began);
        Ok(Answer::Rows(legs.into_iter().skip(start).take(count).map(|leg| exchange.cdr_row(leg)).collect()))
    }

    /// Click-to-dial. Status 200 means that the order was queued, nothing more (seed 000, section 1, notes).
    fn dial(&self, entry: usize, parameters: &Parameters) -> Result<Answer, No> {
        let (first, second) = (number(parameters, "first_num")?, number(parameters, "second_num")?);
        let now = self.now();
        let mut state = self.state();
        let (id, refusal) = state.exchange.click_to_dial(first, second, now);
        state.requests[entry].dial = Some(id);
        match (refusal, self.config.busy) {
            (None, _) | (Some(Refusal::Busy), BusyStyle::Silent) => Ok(match self.config.dial_answer {
                DialAnswer::Json => Answer::status(200, ""),
                DialAnswer::Text => Answer::Text("200 OK"),
            }),
            (Some(Refusal::Busy), BusyStyle::Status(status)) => Err(No(status, Refusal::Busy.text().to_owned())),
            (Some(refusal), _) => Err(No(400, refusal.text().to_owned())),
        }
    }
}

fn full_account(parameters: &Parameters) -> Result<Option<bool>, No> {
    match parameters.get("fullAccount").map(String::as_str) {
        None => Ok(None),
        Some("0") => Ok(Some(false)),
        Some("1") => Ok(Some(true)),
        Some(_) => Err(bad("fullAccount")),
    }
}

fn date(parameters: &Parameters, name: &str) -> Result<NaiveDateTime, No> {
    let text = parameters.get(name).ok_or_else(|| bad(name))?;
    let date = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").map_err(|_| bad(name))?;
    // chrono accepts unpadded parts too, which the documented form does not have.
    if text.len() == 19 { Ok(date) } else { Err(bad(name)) }
}

fn whole_number(parameters: &Parameters, name: &str) -> Result<usize, No> {
    let text = parameters.get(name).ok_or_else(|| bad(name))?;
    text.parse().map_err(|_| bad(name))
}

/// A telephone or endpoint number: 3 to 20 digits. Numbers have no `+` here (PROVIDERS.md).
fn number<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, No> {
    let text = parameters.get(name).ok_or_else(|| bad(name))?;
    let fits = (3..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(text) } else { Err(bad(name)) }
}
