//! What a person does with records that wait or were parked, and what becomes possible again by it.

use chrono::{DateTime, Utc};
use rusqlite::params;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{OutboxItem, RecordKind, RequestId};

use super::super::{ms, uuid};
use super::by_id;
use crate::{Store, StoreError};

impl Store {
    /// Tries an item again now because a person asks for it, also a parked or discarded one. An item that the CRM may
    /// have is still searched for first.
    pub fn outbox_retry(
        &self,
        id: RequestId,
        despite_duplicate: bool,
        now: DateTime<Utc>,
    ) -> Result<Option<OutboxItem>, StoreError> {
        self.write_durably(|tx| {
            tx.execute(
                "UPDATE outbox SET next_at = CASE WHEN begun_at IS NULL THEN ?2 ELSE max(?2, coalesce(searched_at, ?2)) END,
                     attempts = 0, unsure = 0, problem = NULL, despite_duplicate = despite_duplicate OR ?3,
                     state = CASE WHEN begun_at IS NULL THEN 'waiting' ELSE 'sending' END
                 WHERE id = ?1 AND state <> 'done'",
                params![id.0.as_bytes(), ms(now), despite_duplicate],
            )?;
            // It would wait for those of its contact that were tried in vain: they go now, too.
            tx.execute(
                "UPDATE outbox AS earlier
                 SET next_at = CASE WHEN begun_at IS NULL THEN ?2 ELSE max(?2, coalesce(searched_at, ?2)) END
                 FROM (SELECT connector, order_key, seq FROM outbox WHERE id = ?1) AS item
                 WHERE earlier.connector = item.connector AND earlier.order_key = item.order_key
                   AND earlier.seq < item.seq AND earlier.state IN ('waiting', 'sending') AND earlier.next_at > ?2
                   AND (earlier.attempts > 0 OR earlier.state = 'sending')",
                params![id.0.as_bytes(), ms(now)],
            )?;
            by_id(tx, id)
        })
    }

    /// A person has looked: the CRM does not have an item that may have been created, so that it is created without a
    /// search.
    pub fn outbox_created_anew(&self, id: RequestId) -> Result<Option<OutboxItem>, StoreError> {
        self.write_durably(|tx| {
            let sql = "UPDATE outbox SET begun_at = NULL, searched_at = NULL
                       WHERE id = ?1 AND remote_id IS NULL AND state IN ('parked', 'sending', 'waiting')";
            tx.execute(sql, [id.0.as_bytes()])?;
            by_id(tx, id)
        })
    }

    /// Records of a kind can be searched for again: held ones are sent, parked ones are searched for.
    pub fn outbox_unhold(
        &self,
        connector: &ConnectorName,
        kind: RecordKind,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE outbox SET next_at = ?3, problem = NULL, attempts = 0,
                     state = CASE WHEN begun_at IS NULL THEN 'waiting' ELSE 'sending' END
                 WHERE connector = ?1 AND kind = ?2 AND state IN ('waiting', 'sending', 'parked')
                   AND json_extract(problem, '$.code') = 'unsearchable'",
                params![connector.as_str(), kind.as_str(), ms(now)],
            )
        })
    }

    /// Tries the records again that an earlier run held because they could not be searched for.
    pub fn outbox_unhold_waiting(&self, connector: &ConnectorName, now: DateTime<Utc>) -> Result<usize, StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE outbox
                 SET next_at = CASE WHEN begun_at IS NULL THEN ?2 ELSE max(?2, coalesce(searched_at, ?2)) END
                 WHERE connector = ?1 AND state IN ('waiting', 'sending') AND next_at > ?2
                   AND json_extract(problem, '$.code') = 'unsearchable'",
                params![connector.as_str(), ms(now)],
            )
        })
    }

    /// The records that were parked because they could not be searched for, the oldest first, a hundred at most.
    pub fn outbox_unsearchable(&self, connector: &ConnectorName) -> Result<Vec<RequestId>, StoreError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT id FROM outbox WHERE connector = ?1 AND state = 'parked'
                   AND json_extract(problem, '$.code') = 'unsearchable' ORDER BY seq LIMIT 100",
            )?
            .query_map([connector.as_str()], |row| uuid(row.get_ref(0)?.as_blob()?).map(RequestId))?
            .collect()
        })
    }

    /// Discards an item because a person does not want it sent. `None` where there is no such item or the CRM has it
    /// already.
    pub fn outbox_discard(&self, id: RequestId) -> Result<Option<OutboxItem>, StoreError> {
        self.write_durably(|tx| {
            let sql =
                "UPDATE outbox SET state = 'discarded' WHERE id = ?1 AND state IN ('waiting', 'sending', 'parked')";
            if tx.execute(sql, [id.0.as_bytes()])? == 0 { Ok(None) } else { by_id(tx, id) }
        })
    }
}
