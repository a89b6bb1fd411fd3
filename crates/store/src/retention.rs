//! Retention: calls that are older than the organisation wants to keep them go, with what came of them. What waits stays.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Transaction, params};
use uuid::Uuid;

use crate::table::{hex_list, to_json, uuid};
use crate::{Store, StoreError};

/// Calls that are removed in one transaction; other writers get their turn in between.
const STRETCH: usize = 500;

/// A record that is not in the CRM yet, and that nobody has discarded.
const WAITS: &str = "state IN ('waiting', 'sending', 'parked')";

/// The condition for a result that may be removed: it is final, the CRM has all of it, and its follow-up is over.
fn may_go() -> String {
    format!(
        "interactions.state = 'final' AND interactions.change_draft IS NULL AND coalesce(json_extract(interactions.follow_up, '$.at'), '') < ?2
         AND NOT EXISTS (SELECT 1 FROM outbox WHERE part_of = interactions.id AND {WAITS})"
    )
}

impl Store {
    /// Removes what is older than `before`: calls with the vendor's records and results of them, and results without a
    /// call. A call stays as long as its result is a draft, a record of it waits, or a follow-up lies ahead of `now`. Gives
    /// how many calls and results without a call went.
    ///
    /// # Errors
    /// When it could not be saved; what was removed up to then stays removed.
    pub fn forget(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let now = now.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut gone = 0;
        loop {
            let went = self.write_in_turn(|tx, _| {
                Ok(forget_calls(tx, before.timestamp_millis(), &now)?
                    + forget_results(tx, before.timestamp_millis(), &now)?)
            })?;
            gone += went;
            if went == 0 {
                return Ok(gone);
            }
        }
    }
}

fn forget_calls(tx: &Transaction<'_>, before: i64, now: &str) -> rusqlite::Result<usize> {
    let may_go = may_go();
    let sql = format!(
        "SELECT key FROM calls WHERE detected_at < ?1 AND state = 'ended'
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE subject = calls.key AND kind = 'call' AND {WAITS})
             AND NOT EXISTS (SELECT 1 FROM interactions WHERE call_key = calls.key AND NOT ({may_go}))
         ORDER BY detected_at LIMIT {STRETCH}"
    );
    let keys: Vec<String> =
        tx.prepare_cached(&sql)?.query_map(params![before, now], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let all = to_json(&keys)?;
    for sql in [
        "DELETE FROM outbox WHERE kind <> 'contact' AND part_of IN
             (SELECT id FROM interactions WHERE call_key IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM outbox WHERE kind = 'call' AND subject IN (SELECT value FROM json_each(?1))",
        "DELETE FROM interactions WHERE call_key IN (SELECT value FROM json_each(?1))",
        "DELETE FROM calls WHERE key IN (SELECT value FROM json_each(?1))",
    ] {
        tx.prepare_cached(sql)?.execute([&all])?;
    }
    Ok(keys.len())
}

fn forget_results(tx: &Transaction<'_>, before: i64, now: &str) -> rusqlite::Result<usize> {
    let may_go = may_go();
    let sql = format!(
        "SELECT id FROM interactions WHERE call_key IS NULL AND created_at < ?1 AND {may_go}
         ORDER BY created_at LIMIT {STRETCH}"
    );
    let ids: Vec<Uuid> = tx
        .prepare_cached(&sql)?
        .query_map(params![before, now], |row| uuid(row.get_ref(0)?.as_blob()?))?
        .collect::<rusqlite::Result<_>>()?;
    let all = hex_list(ids.iter().copied())?;
    for sql in [
        "DELETE FROM outbox WHERE kind <> 'contact' AND part_of IN (SELECT unhex(value) FROM json_each(?1))",
        "DELETE FROM interactions WHERE id IN (SELECT unhex(value) FROM json_each(?1))",
    ] {
        tx.prepare_cached(sql)?.execute([&all])?;
    }
    Ok(ids.len())
}
