//! `endpoints`: each account's lines, by the vendor's id.

use chrono::{DateTime, Utc};
use rusqlite::params;
use timbre_domain::call::AccountName;
use timbre_domain::endpoint::{Endpoint, EndpointNumber};

use super::{ms, unreadable};
use crate::{Store, StoreError};

impl Store {
    /// Replaces what is known of an account's endpoints.
    ///
    /// # Errors
    /// When it could not be saved; then the old list stays.
    pub fn save_endpoints(
        &self,
        account: &AccountName,
        endpoints: &[Endpoint],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("DELETE FROM endpoints WHERE account = ?1", [account.as_str()])?;
            let mut insert = tx.prepare_cached(
                "INSERT OR REPLACE INTO endpoints (account, id, number, synced_at) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for endpoint in endpoints {
                insert.execute(params![account.as_str(), endpoint.id, endpoint.number.as_str(), ms(now)])?;
            }
            Ok(())
        })
    }

    /// The account's endpoints as they were last read, by number.
    pub fn endpoints(&self, account: &AccountName) -> Result<Vec<Endpoint>, StoreError> {
        self.read(|db| {
            let mut select =
                db.prepare_cached("SELECT id, number FROM endpoints WHERE account = ?1 ORDER BY number, id")?;
            let rows = select.query_map([account.as_str()], |row| {
                let number: String = row.get(1)?;
                let number = EndpointNumber::new(&number)
                    .ok_or_else(|| unreadable("an empty endpoint number", rusqlite::types::Type::Text))?;
                Ok(Endpoint { id: row.get(0)?, number })
            })?;
            rows.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, store};
    use super::*;

    #[test]
    fn a_new_list_replaces_the_old_one_of_its_account_alone() {
        let store = store();
        let endpoint = |id: &str, n: &str| Endpoint { id: id.into(), number: EndpointNumber::new(n).unwrap() };
        let (a, b): (AccountName, AccountName) = ("a".parse().unwrap(), "b".parse().unwrap());
        store.save_endpoints(&a, &[endpoint("1", "8330101"), endpoint("2", "8330102")], at(0)).unwrap();
        store.save_endpoints(&b, &[endpoint("1", "8330199")], at(0)).unwrap();
        store.save_endpoints(&a, &[endpoint("2", "8330102")], at(1)).unwrap();
        assert_eq!(store.endpoints(&a).unwrap(), [endpoint("2", "8330102")]);
        assert_eq!(store.endpoints(&b).unwrap(), [endpoint("1", "8330199")]);
    }
}
