//! `cursors`: how far each account's calls were followed, so that a restart repeats nothing.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};
use timbre_domain::call::{AccountName, CallKey};
use timbre_domain::name::ConnectorName;
use timbre_domain::tracker::{CallTracker, CallTransition};

use super::{calls, json, outbox, to_json};
use crate::{Store, StoreError};

/// A call that has ended and is to be recorded in a CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToRecord {
    pub connector: ConnectorName,
    pub call: CallKey,
    /// When it is recorded if nobody has written a result by then, UTC.
    pub due: DateTime<Utc>,
}

impl Store {
    /// What was followed up to the last run.
    pub fn tracker(&self, account: &AccountName) -> Result<Option<CallTracker>, StoreError> {
        self.read(|db| {
            let found =
                db.query_row("SELECT tracker FROM cursors WHERE account = ?1", [account.as_str()], |row| row.get(0));
            found.optional()?.map(|text: String| json(&text)).transpose()
        })
    }

    /// Saves what a poll brought, where the tracker stands after it, and the calls that the CRMs are to have, in one
    /// transaction.
    pub fn save_transitions(
        &self,
        account: &AccountName,
        tracker: &CallTracker,
        transitions: &[CallTransition],
        to_record: &[ToRecord],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            for call in transitions.iter().filter_map(CallTransition::call) {
                calls::save(tx, call)?;
            }
            for ended in to_record {
                outbox::call_ended(tx, &ended.connector, &ended.call, ended.due, now)?;
            }
            tx.prepare_cached(
                "INSERT INTO cursors (account, tracker) VALUES (?1, ?2)
                 ON CONFLICT (account) DO UPDATE SET tracker = excluded.tracker",
            )?
            .execute(params![account.as_str(), to_json(tracker)?])
            .map(drop)
        })
    }

    /// Has ended calls recorded in the CRMs, as [`Self::save_transitions`] does.
    ///
    /// # Errors
    /// When it could not be saved; then none of them is.
    pub fn record_calls(&self, to_record: &[ToRecord], now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| {
            for ended in to_record {
                outbox::call_ended(tx, &ended.connector, &ended.call, ended.due, now)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::vendor::VendorId;

    use super::super::testing::{at, store};
    use super::*;

    #[test]
    fn a_tracker_comes_back_as_it_was_saved() {
        let store = store();
        let account: AccountName = "main".parse().unwrap();
        assert_eq!(store.tracker(&account).unwrap(), None);
        let mut tracker = CallTracker::new(VendorId::known("acme"), account.clone());
        tracker.next_sequence();
        store.save_transitions(&account, &tracker, &[], &[], at(0)).unwrap();
        assert_eq!(store.tracker(&account).unwrap(), Some(tracker));
    }
}
