//! `settings`: what a person chose in the app, by name. What an administrator rolls out is in the settings file.

use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{json, to_json};
use crate::{Store, StoreError};

impl Store {
    /// A setting; `None` where it was never set.
    ///
    /// # Errors
    /// When the database can't be read, or what is stored is of another kind.
    pub fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.read(|db| {
            let found =
                db.query_row("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get::<_, String>(0));
            found.optional()?.map(|text| json(&text)).transpose()
        })
    }

    /// Keeps a value under a name, in place of an earlier one.
    pub fn set_setting<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            tx.execute(sql, params![name, to_json(value)?]).map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::store;

    #[test]
    fn a_setting_is_what_it_was_last_set_to() {
        let store = store();
        assert_eq!(store.setting::<bool>("popup.outgoing").unwrap(), None);
        store.set_setting("popup.outgoing", &true).unwrap();
        store.set_setting("popup.outgoing", &false).unwrap();
        assert_eq!(store.setting("popup.outgoing").unwrap(), Some(false));
        assert!(store.setting::<Vec<u8>>("popup.outgoing").is_err());
    }
}
