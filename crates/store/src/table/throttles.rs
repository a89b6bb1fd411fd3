//! `throttles`: when each scope of a vendor's limit was last used, so that a restart keeps the limit.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use super::{ms, time};
use crate::{Store, StoreError};

impl Store {
    /// When a scope of a vendor's limit was last used.
    pub fn throttle_last_used(&self, scope: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(|db| {
            let found = db.query_row("SELECT last_used_at FROM throttles WHERE scope = ?1", [scope], |row| row.get(0));
            found.optional()?.map(time).transpose()
        })
    }

    /// A scope of a vendor's limit is about to be used.
    pub fn remember_throttle(&self, scope: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO throttles (scope, last_used_at) VALUES (?1, ?2)
                 ON CONFLICT (scope) DO UPDATE SET last_used_at = excluded.last_used_at",
            )?
            .execute(params![scope, ms(at)])
            .map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, store};

    #[test]
    fn the_last_use_of_each_scope_is_remembered() {
        let store = store();
        let last_used = |scope: &str| store.throttle_last_used(scope).unwrap();
        assert_eq!(last_used("a"), None);
        for (scope, used) in [("a", 1), ("b", 2), ("a", 3)] {
            store.remember_throttle(scope, at(used)).unwrap();
        }
        assert_eq!((last_used("a"), last_used("b")), (Some(at(3)), Some(at(2))));
    }
}
