//! The CRM's HTTP addresses.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, Method, Response, Uri};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::config::{Access, ApiUser, Assignment, DownStyle};
use super::fault::Fault;
use super::ledger::{Outcome, RequestEntry};
use super::listing::page;
use super::query::ListQuery;
use super::shape;
use super::shared::{Shared, State as CrmState};
use super::writing::{self, Wish, Write, unknown_entity};
use crate::connection::Peer;

const ROOT: &str = "/api/v1/";
/// The largest body that is read, in bytes: far more than any record.
const LARGEST_BODY: usize = 16 << 20;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(serve).with_state(shared)
}

/// A request whose body was read.
struct Call {
    method: Method,
    path: String,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
    peer: Peer,
}

/// How a request ends.
enum Done {
    Answer(Answer),
    Cut,
    Hang,
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    // A body breaks off when the client disconnects, so nobody reads the answer.
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default().to_vec();
    let path = parts.uri.path().strip_prefix(ROOT).unwrap_or_default().trim_end_matches('/').to_owned();
    let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
    let number = shared.arrived(RequestEntry {
        arrived: shared.moment(),
        answered: None,
        method: parts.method.to_string(),
        path: path.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: (!body.is_empty()).then(|| serde_json::from_slice(&body).unwrap_or_else(|_| text())),
        outcome: Outcome::Open,
        stored: None,
        fault: None,
    });
    let (cut, timestamp) = (peer.cut.clone(), shared.config.app_timestamp);
    let call = Call { method: parts.method, path, uri: parts.uri, headers: parts.headers, body, peer };
    // A task of its own, because a server goes on working after the client has disconnected.
    let work = tokio::spawn(work(shared.clone(), number, call));
    match work.await.unwrap_or(Done::Cut) {
        Done::Answer(answer) => {
            shared.ended(number, Outcome::Status(answer.status));
            answer.into_response(timestamp)
        }
        Done::Cut => {
            shared.ended(number, Outcome::Cut);
            cut.give();
            std::future::pending().await
        }
        // The wait ends with the connection: when the client disconnects or the simulator stops.
        Done::Hang => std::future::pending().await,
    }
}

async fn work(shared: Arc<Shared>, number: usize, call: Call) -> Done {
    let user = match admitted(&shared, &call) {
        Ok(user) => user,
        Err(answer) => return Done::Answer(answer),
    };
    let entity = call.path.split('/').next().unwrap_or_default();
    let fault = shared.faults.take(call.method.as_str(), entity);
    let tempo = {
        let mut state = shared.state();
        state.log.requests[number].fault.clone_from(&fault);
        state.tempo
    };
    shared.tell_news();
    match &fault {
        Some(Fault::Refuse { status, reason }) => return Done::Answer(Answer::ordered(*status, reason.as_deref())),
        Some(Fault::Maintenance) => return Done::Answer(Answer::maintenance()),
        Some(Fault::Locked) => return Done::Answer(Answer::locked()),
        Some(Fault::CutBeforeStoring) => return Done::Cut,
        Some(Fault::HangBeforeStoring) => return Done::Hang,
        _ => {}
    }
    let answer = if call.method == Method::GET {
        shared.settle();
        read(&shared, &user, &call)
    } else {
        // The simulator was stopped, so nobody reads the answer.
        if !shared.sleep(tempo.before_storing).await {
            return Done::Hang;
        }
        shared.settle();
        if let Some(Fault::StoredLate(delay)) = &fault {
            let now = shared.clock.now() + *delay;
            let write = prepared(&shared, &mut shared.state(), &user, &call, now);
            if let Ok(write) = write {
                shared.store_later(write, Some(number), *delay);
            }
            return Done::Hang;
        }
        match written(&shared, &user, &call, number).await {
            Some(answer) => answer,
            None => return Done::Hang,
        }
    };
    if !shared.sleep(tempo.before_answering).await {
        return Done::Hang;
    }
    match fault {
        Some(Fault::FailAfterStoring) => Done::Answer(Answer::failure()),
        Some(Fault::CutAfterStoring) => Done::Cut,
        Some(Fault::HangAfterStoring | Fault::StoredLate(_)) => Done::Hang,
        Some(Fault::Slow(delay)) if !shared.sleep(delay).await => Done::Hang,
        _ => Done::Answer(answer),
    }
}

/// Checks the lock and the key, and returns the user of the key.
fn admitted(shared: &Shared, call: &Call) -> Result<ApiUser, Answer> {
    if shared.down() == Some(DownStyle::Maintenance) {
        return Err(Answer::maintenance());
    }
    let (address, now) = (call.peer.address.ip(), shared.clock.elapsed());
    let mut state = shared.state();
    if state.lock.is_locked(address, now) {
        return Err(Answer::locked());
    }
    let key = call.headers.get("x-api-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    if let Some(user) = state.keys.get(key) {
        return Ok(user.clone());
    }
    state.lock.failed(address, now, &shared.config);
    Err(Answer::unknown_key())
}

fn read(shared: &Shared, user: &ApiUser, call: &Call) -> Answer {
    let state = shared.state();
    let mut path = call.path.split('/');
    let (entity, id) = (path.next().unwrap_or_default(), path.next());
    if (entity, id) == ("App", Some("user")) {
        return Answer::ok(own_user(&state, user));
    }
    let Some(schema) = state.store.schema(entity) else { return unknown_entity(entity) };
    if !user.role.on(entity).read {
        return Answer::refused(403, "No read access.");
    }
    if let Some(id) = id {
        return match state.store.get(entity, id) {
            Some(record) => Answer::ok(Value::Object(shape::whole(&state.store, &schema, record))),
            None => Answer::no_such_record(id),
        };
    }
    let no_total = says_true(&call.headers, "x-no-total");
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&call.uri).map(|query| query.0).unwrap_or_default();
    let query = match ListQuery::read(&pairs, &schema, &shared.config, no_total) {
        Ok(query) => query,
        Err(answer) => return answer,
    };
    let Some(table) = state.store.table(entity) else { return unknown_entity(entity) };
    let page = page(table, &query);
    let rows = page.records.into_iter().map(|record| {
        let mut row = match &query.select {
            Some(select) => shape::selected(&state.store, &schema, record, select, &query.order_by),
            None => shape::row(&state.store, &schema, record),
        };
        // A list loader adds its attribute whether or not it is selected.
        if shared.config.phone_list_loader && schema.phones.is_some() {
            row.insert("phoneNumberData".to_owned(), shape::phones(record));
        }
        if shared.config.email_list_loader && schema.phones.is_some() {
            row.insert("emailAddressData".to_owned(), shape::emails(record));
        }
        Value::Object(row)
    });
    let list: Value = rows.collect();
    Answer::ok(json!({"total": page.total, "list": list}))
}

fn says_true(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

/// Checks a writing request, before any delay.
fn prepared(
    shared: &Shared,
    state: &mut CrmState,
    user: &ApiUser,
    call: &Call,
    now: DateTime<Utc>,
) -> Result<Write, Answer> {
    let mut path = call.path.split('/');
    let (entity, id) = (path.next().unwrap_or_default(), path.next());
    let body = if call.body.is_empty() { Ok(json!({})) } else { serde_json::from_slice(&call.body) };
    // Recording 62n: malformed JSON is a 500.
    let Ok(body) = body else { return Err(Answer::failure()) };
    let skip = says_true(&call.headers, "x-skip-duplicate-check");
    let wish = Wish { by: user, entity, body, skip_duplicate_check: skip, now };
    match (&call.method, id) {
        (&Method::POST, None) => writing::create(&mut state.store, &shared.config, wish),
        (&Method::PUT | &Method::PATCH, Some(id)) => writing::update(&state.store, &shared.config, id, &wish),
        (&Method::DELETE, Some(id)) => writing::delete(&state.store, id, &wish),
        _ => Err(Answer::refused(405, "Method not allowed.")),
    }
}

/// Checks and stamps a write, waits for the commit lag and stores it. Returns `None` where the simulator was stopped
/// meanwhile.
async fn written(shared: &Arc<Shared>, user: &ApiUser, call: &Call, number: usize) -> Option<Answer> {
    let at = shared.moment();
    let lag;
    let write = {
        let mut state = shared.state();
        lag = state.tempo.commit_lag;
        let write = match prepared(shared, &mut state, user, call, at.wall) {
            Ok(write) => write,
            Err(answer) => return Some(answer),
        };
        if lag.is_zero() {
            // Under one lock, so that of two equal requests at once the second finds the first one's record.
            let answer = state.store(&write, Some(number), at);
            drop(state);
            shared.stored(&answer, Some(number));
            return Some(answer);
        }
        write
    };
    shared.sleep(lag).await.then(|| shared.store(&write, Some(number)))
}

/// The answer to `App/user`: the user who signed in, and the permissions.
fn own_user(state: &CrmState, user: &ApiUser) -> Value {
    let word = |allowed: bool| if allowed { "all" } else { "no" };
    let levels = |access: Access| match access {
        Access::NONE => Value::Bool(false),
        access => json!({
            "create": if access.create { "yes" } else { "no" },
            "read": word(access.read),
            "edit": word(access.edit),
            "delete": word(access.delete),
            "stream": word(access.stream),
        }),
    };
    let table: Map<String, Value> =
        state.entities().iter().map(|entity| (entity.to_string(), levels(user.role.on(entity)))).collect();
    let assignment = match user.role.assignment {
        Assignment::All => "all",
        Assignment::Own => "own",
        Assignment::No => "no",
    };
    let it = &user.user;
    json!({
        "user": {
            "id": it.id, "name": it.name, "userName": it.user_name, "type": it.kind.text(), "isActive": true,
            "emailAddress": it.email, "deleted": false,
        },
        "acl": {"table": table, "fieldTable": {}, "assignmentPermission": assignment},
        "preferences": {},
        "token": null,
        "settings": {"timeZone": "UTC", "dateFormat": "YYYY-MM-DD", "timeFormat": "HH:mm"},
        "language": "en_US",
        "appParams": {},
    })
}
