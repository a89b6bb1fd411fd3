//! `unread`: what vendors sent that could not be read, kept for diagnosis, bounded.

use chrono::{DateTime, Utc};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use timbre_domain::call::AccountName;
use timbre_domain::unread::Unread;

use super::{ms, time};
use crate::{Store, StoreError};

/// How many parts are kept of each account; the oldest go first.
const KEPT_AT_MOST: u32 = 200;

/// A part of a vendor's answer that could not be read, kept for diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptUnread {
    /// When it came, UTC.
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub unread: Unread,
}

impl Store {
    /// Keeps what could not be read. The same part at the same place is kept once: a vendor that sends it every four
    /// seconds must not push everything else out.
    pub fn keep_unread(&self, account: &AccountName, parts: &[Unread], at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(|tx| {
            for part in parts {
                tx.prepare_cached("DELETE FROM unread WHERE account = ?1 AND place = ?2 AND raw = ?3")?.execute([
                    account.as_str(),
                    &part.place,
                    &part.raw,
                ])?;
                tx.prepare_cached("INSERT INTO unread (account, at, place, reason, raw) VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![account.as_str(), ms(at), part.place, part.reason, part.raw])?;
            }
            tx.prepare_cached(
                "DELETE FROM unread WHERE account = ?1 AND id <= (
                     SELECT id FROM unread WHERE account = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![account.as_str(), KEPT_AT_MOST])
            .map(drop)
        })
    }

    /// What is kept of an account, the newest first.
    pub fn unread(&self, account: &AccountName) -> Result<Vec<KeptUnread>, StoreError> {
        self.read(|db| {
            let mut select =
                db.prepare_cached("SELECT at, place, reason, raw FROM unread WHERE account = ?1 ORDER BY id DESC")?;
            let rows = select.query_map([account.as_str()], |row| {
                let unread = Unread { place: row.get(1)?, reason: row.get(2)?, raw: row.get(3)? };
                Ok(KeptUnread { at: time(row.get(0)?)?, unread })
            })?;
            rows.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, store};
    use super::*;

    fn part(n: usize) -> Unread {
        Unread { place: "cdrs[0]".into(), reason: "odd".into(), raw: format!("raw {n}") }
    }

    #[test]
    fn the_newest_are_kept_and_the_number_is_bounded() {
        let store = store();
        let account: AccountName = "main".parse().unwrap();
        for n in 0..KEPT_AT_MOST as usize + 20 {
            store.keep_unread(&account, &[part(n)], at(0)).unwrap();
        }
        let kept = store.unread(&account).unwrap();
        assert_eq!(kept.len(), KEPT_AT_MOST as usize);
        assert_eq!(kept[0].unread, part(KEPT_AT_MOST as usize + 19));
    }

    #[test]
    fn the_same_part_again_and_again_is_kept_once() {
        let store = store();
        let account: AccountName = "main".parse().unwrap();
        for n in 0..10 {
            store.keep_unread(&account, &[part(1), part(2)], at(n)).unwrap();
        }
        let kept = store.unread(&account).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].at, at(9));
    }
}
