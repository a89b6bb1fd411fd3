//! `throttles`: when each scope of a vendor's limit was last used, so that a restart keeps the limit.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};
use timbre_domain::ports::ThrottleMemory;

use super::{ms, time};
use crate::Store;

impl ThrottleMemory for Store {
    fn last_used(&self, scope: &str) -> Option<DateTime<Utc>> {
        let found = self.read(|db| {
            let found = db.query_row("SELECT last_used_at FROM throttles WHERE scope = ?1", [scope], |row| row.get(0));
            found.optional()?.map(time).transpose()
        });
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "when the vendor was last asked is not known");
            None
        })
    }

    /// A full disk must not keep calls from being seen: what can't be remembered is logged and the question is asked.
    fn remember(&self, scope: &str, at: DateTime<Utc>) {
        let saved = self.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO throttles (scope, last_used_at) VALUES (?1, ?2)
                 ON CONFLICT (scope) DO UPDATE SET last_used_at = excluded.last_used_at",
            )?
            .execute(params![scope, ms(at)])
        });
        if let Err(error) = saved {
            tracing::warn!(%error, "when the vendor was asked could not be saved");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, store};
    use super::*;

    #[test]
    fn the_last_use_of_each_scope_is_remembered() {
        let store = store();
        assert_eq!(store.last_used("a"), None);
        store.remember("a", at(1));
        store.remember("b", at(2));
        store.remember("a", at(3));
        assert_eq!((store.last_used("a"), store.last_used("b")), (Some(at(3)), Some(at(2))));
    }
}
