//! What a kill hit, by what the database and the CRM's log say.

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use serde_json::Value;
use timbre_simulator::crm::{Crm, Outcome, RequestEntry};
use uuid::Uuid;

use super::Trouble;

/// Where in a result's way to the CRM the engine was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The result was not in the database.
    BeforeCommit,
    /// The CRM had not heard of the record.
    BeforeSend,
    /// The CRM had the request and had not answered it.
    BeforeAnswer,
    /// The CRM had answered, and the receipt was not in the database.
    BeforeReceipt,
    After,
}

/// How many kills fell where.
#[derive(Debug, Default)]
pub(super) struct Tally([u32; 5]);

impl Tally {
    pub(super) fn count(&mut self, phase: Phase) {
        self.0[phase as usize] += 1;
    }

    /// The count of the phase that was hit least.
    pub(super) fn least(&self) -> u32 {
        self.0[..4].iter().copied().min().unwrap_or_default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [commit, send, answer, receipt, after] = self.0;
        write!(
            f,
            "{commit} before commit, {send} before send, {answer} before the answer, {receipt} before the receipt, {after} after"
        )
    }
}

/// An outbox row as the killed engine left it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) remote_id: Option<String>,
    wanted: u32,
    sent: u32,
    attempted: u32,
}

/// The database of a dead engine, read from a copy: looking must not mend what the restart has to mend.
pub(super) struct Remains {
    db: Connection,
    _dir: tempfile::TempDir,
}

impl Remains {
    pub(super) fn of(database: &Path) -> Result<Self, Trouble> {
        let dir = tempfile::tempdir()?;
        for ending in ["", "-wal"] {
            let mut from = database.as_os_str().to_owned();
            from.push(ending);
            if Path::new(&from).exists() {
                std::fs::copy(&from, dir.path().join(format!("timbre.db{ending}")))?;
            }
        }
        let db = Connection::open_with_flags(dir.path().join("timbre.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        Ok(Self { db, _dir: dir })
    }

    /// The result of a call: its state and comment.
    pub(super) fn result(&self, call: &str) -> Result<Option<(String, String)>, Trouble> {
        let sql = "SELECT state, comment FROM interactions WHERE call_key = ?1";
        Ok(self.db.query_row(sql, [call], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// The outbox rows of a call and its result.
    pub(super) fn rows(&self, call: &str) -> Result<Vec<Row>, Trouble> {
        self.select("subject = ?1 OR part_of = (SELECT id FROM interactions WHERE call_key = ?1)", call)
    }

    /// The outbox row that a writing request tells the CRM of.
    fn told(&self, request: &RequestEntry) -> Result<Option<Row>, Trouble> {
        let rows = self.select("?1 = ?1", "")?;
        let of_it = |row: &Row| {
            let amends = row.remote_id.as_deref().is_some_and(|id| request.path.ends_with(id));
            amends || request.body.as_ref().is_some_and(|body| names(body, &row.id))
        };
        Ok(rows.into_iter().find(of_it))
    }

    fn select(&self, condition: &str, value: &str) -> Result<Vec<Row>, Trouble> {
        let sql = format!(
            "SELECT id, kind, state, remote_id, wanted, sent, attempted FROM outbox WHERE {condition} ORDER BY seq"
        );
        let mut select = self.db.prepare(&sql)?;
        let rows = select.query_map([value], |row| {
            let id: Vec<u8> = row.get(0)?;
            Ok(Row {
                id: Uuid::from_slice(&id).map(|id| id.to_string()).unwrap_or_default(),
                kind: row.get(1)?,
                state: row.get(2)?,
                remote_id: row.get(3)?,
                wanted: row.get(4)?,
                sent: row.get(5)?,
                attempted: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// What a kill hit: the result of this call, saved with this comment, where it was not in the database; else the last
/// record that the engine was telling the CRM, of which the CRM has seen all requests from the `since`th on.
pub(super) fn phase(remains: &Remains, crm: &Crm, call: &str, comment: &str, since: usize) -> Result<Phase, Trouble> {
    let saved = remains.result(call)?.is_some_and(|(state, kept)| state == "final" && kept == comment);
    if !saved {
        return Ok(Phase::BeforeCommit);
    }
    let last = crm.with_log(|log| log.requests.iter().skip(since).rfind(|request| request.method != "GET").cloned());
    let told = last.map(|request| Ok::<_, Trouble>((request.outcome, remains.told(&request)?))).transpose()?;
    Ok(match told {
        Some((Outcome::Open, Some(row))) if row.attempted > row.sent => Phase::BeforeAnswer,
        Some((Outcome::Status(_) | Outcome::Cut, Some(row))) if row.attempted > row.sent && row.state != "parked" => {
            Phase::BeforeReceipt
        }
        _ if remains.rows(call)?.iter().any(|row| row.sent < row.wanted) => Phase::BeforeSend,
        _ => Phase::After,
    })
}

/// Whether a record carries this request id, in a field of its own or as the marker in its text.
pub(super) fn names(record: &Value, id: &str) -> bool {
    match record {
        Value::String(text) => text.contains(id),
        Value::Array(parts) => parts.iter().any(|part| names(part, id)),
        Value::Object(members) => members.values().any(|member| names(member, id)),
        _ => false,
    }
}
