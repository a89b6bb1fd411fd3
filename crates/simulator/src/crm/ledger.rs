//! What really happened: the truth that tests compare with. It holds no key.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::fault::Fault;
use crate::moment::Moment as When;

/// A point in a request's life, for [`Crm::on_moment`](super::Crm::on_moment).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// It was read; nothing has been done.
    Arrived,
    /// What it asked for is stored and can be seen. Not of reading requests, nor of refused ones.
    Stored,
    /// Its answer is about to be sent: who dies now does not get it.
    Answered,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Not answered: at work, hanging, or the client went away.
    Open,
    /// Answered with this HTTP status.
    Status(u16),
    /// The connection was cut.
    Cut,
}

/// A request.
#[derive(Debug, Clone, Serialize)]
pub struct RequestEntry {
    /// When it arrived.
    pub arrived: When,
    /// When its answer went out; `None` means never, so far.
    pub answered: Option<When>,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Behind `/api/v1/`, such as `Contact/6b0074bf9022b7c90`; without the query.
    pub path: String,
    /// The query as it was sent.
    pub query: String,
    /// The body; a text where it is no JSON.
    pub body: Option<Value>,
    /// How far it has come.
    pub outcome: Outcome,
    /// The id of the record that it created, changed or deleted.
    pub stored: Option<String>,
    /// The fault it met.
    pub fault: Option<Fault>,
}

/// What was done to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
    /// It was brought back.
    Restored,
    /// Many were made at once by [`Crm::populate`](super::Crm::populate), which this one entry stands for.
    Populated(usize),
}

/// Something that was stored.
#[derive(Debug, Clone, Serialize)]
pub struct Stored {
    /// When it could be seen.
    pub at: When,
    /// What was done.
    pub change: Change,
    /// To what kind of record.
    pub entity: String,
    /// To which; empty where many were made.
    pub id: String,
    /// The request that asked for it, as the place in [`RequestLog::requests`]; `None` where a test did.
    pub request: Option<usize>,
    /// What was written.
    pub fields: Value,
}

/// What can be looked at without copying any records, however many there are.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RequestLog {
    /// All requests, in the order they arrived.
    pub requests: Vec<RequestEntry>,
    /// Everything that was ever stored, in that order.
    pub history: Vec<Stored>,
    /// Connections that were cut on arrival, because the CRM was down.
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

/// A snapshot of everything.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Ledger {
    /// All live records by entity, ordered by id, each as a GET shows it.
    pub records: BTreeMap<String, Vec<Value>>,
    /// The requests, and everything that was ever stored.
    pub log: RequestLog,
}
