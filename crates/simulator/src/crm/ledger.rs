//! What really happened, for tests to compare with. The ledger holds no key.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::fault::Fault;
use crate::moment::Moment as When;

/// A point in a request's life, for [`Crm::on_moment`](super::Crm::on_moment).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// The request was read, and nothing has been done.
    Arrived,
    /// The write is stored and visible. Reading and refused requests have no such moment.
    Stored,
    /// The answer is about to be sent. A client that is killed now does not get it.
    Answered,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There is no answer yet, or the client disconnected before it.
    Open,
    /// It was answered with this HTTP status.
    Status(u16),
    /// The simulator cut the connection.
    Cut,
}

#[derive(Debug, Clone, Serialize)]
pub struct RequestEntry {
    pub arrived: When,
    /// When the answer was sent; `None` where it was not.
    pub answered: Option<When>,
    /// The HTTP method, such as `POST`.
    pub method: String,
    /// The path after `/api/v1/`, such as `Contact/6b0074bf9022b7c90`, without the query.
    pub path: String,
    /// The query as it was sent.
    pub query: String,
    /// The body; a JSON string where it is not JSON.
    pub body: Option<Value>,
    pub outcome: Outcome,
    /// The id of the record that it created, changed or deleted.
    pub stored: Option<String>,
    /// The fault that befell the request.
    pub fault: Option<Fault>,
}

/// The kinds of change to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Created,
    Updated,
    Deleted,
    /// A deleted record was brought back.
    Restored,
    /// [`Crm::populate`](super::Crm::populate) created this many records, which have one entry together.
    Populated(usize),
}

/// A change that was stored.
#[derive(Debug, Clone, Serialize)]
pub struct Stored {
    /// When the change became visible.
    pub at: When,
    pub change: Change,
    pub entity: String,
    /// The id of the record; empty for [`Change::Populated`].
    pub id: String,
    /// The index in [`RequestLog::requests`] of the request that asked for it; `None` where a test did.
    pub request: Option<usize>,
    pub fields: Value,
}

/// The part of the ledger that can be read without copying records.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RequestLog {
    /// All requests, in the order they arrived.
    pub requests: Vec<RequestEntry>,
    /// All stored changes, in the order they were stored.
    pub history: Vec<Stored>,
    /// How many connections were cut on arrival because the CRM was down.
    pub cut_connections: u64,
}

impl RequestLog {
    /// The requests with this method for this entity, such as `POST` and `Call`.
    pub fn of<'a>(&'a self, method: &'a str, entity: &'a str) -> impl Iterator<Item = &'a RequestEntry> {
        let is_of = move |path: &str| path.split('/').next() == Some(entity);
        self.requests.iter().filter(move |request| request.method == method && is_of(&request.path))
    }

    /// How many records of this entity were ever created by requests.
    #[must_use]
    pub fn created(&self, entity: &str) -> usize {
        let created = |stored: &&Stored| stored.change == Change::Created && stored.request.is_some();
        self.history.iter().filter(|stored| stored.entity == entity).filter(created).count()
    }
}

/// A snapshot of the records and of what has happened so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Ledger {
    /// All live records by entity, ordered by id, each as a GET shows it.
    pub records: BTreeMap<String, Vec<Value>>,
    /// The requests and the stored changes.
    pub log: RequestLog,
}
