//! `cursors`: how far each account's calls were followed, so that a restart repeats nothing.

use rusqlite::{OptionalExtension as _, params};
use timbre_domain::call::AccountName;
use timbre_domain::tracker::{CallTracker, CallTransition};

use super::{calls, json, to_json};
use crate::{Store, StoreError};

impl Store {
    /// What was followed up to the last run.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn tracker(&self, account: &AccountName) -> Result<Option<CallTracker>, StoreError> {
        self.read(|db| {
            let found =
                db.query_row("SELECT tracker FROM cursors WHERE account = ?1", [account.as_str()], |row| row.get(0));
            found.optional()?.map(|text: String| json(&text)).transpose()
        })
    }

    /// Saves what a poll brought, and where the tracker stands after it, in one transaction.
    ///
    /// # Errors
    /// When it could not be saved; then nothing of it was.
    pub fn save_transitions(
        &self,
        account: &AccountName,
        tracker: &CallTracker,
        transitions: &[CallTransition],
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            for call in transitions.iter().filter_map(CallTransition::call) {
                calls::save(tx, call)?;
            }
            tx.prepare_cached(
                "INSERT INTO cursors (account, tracker) VALUES (?1, ?2)
                 ON CONFLICT (account) DO UPDATE SET tracker = excluded.tracker",
            )?
            .execute(params![account.as_str(), to_json(tracker)?])
            .map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::call::Provider;

    use super::super::testing::store;
    use super::*;

    #[test]
    fn a_tracker_comes_back_as_it_was_saved() {
        let store = store();
        let account: AccountName = "main".parse().unwrap();
        assert_eq!(store.tracker(&account).unwrap(), None);
        let mut tracker = CallTracker::new(Provider::CallMyWay, account.clone());
        tracker.next_sequence();
        store.save_transitions(&account, &tracker, &[]).unwrap();
        assert_eq!(store.tracker(&account).unwrap(), Some(tracker));
    }
}
