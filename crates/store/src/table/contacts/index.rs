//! Rebuilds the lookup index of contacts when the rules of numbers change.
//!
//! The keys of numbers and the words of names are made by the domain. When its rules change with a new version, or the
//! administrator changes the country that reads numbers, the stored ones are made anew, a stretch at a time, while
//! everything goes on; a key that lags behind leads to nobody rather than to somebody else (`matching::decide` compares
//! again).

use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use timbre_domain::contact::{Contact, ContactPhone};
use timbre_domain::number::{Country, ReadNumber, read_together};

use super::super::{json, to_json};
use super::row::{self, Prepared, RowId, Writer};
use crate::{Store, StoreError};

/// Counts changes of the domain's rules: of `PhoneNumber::read` and `key`, of `search::words_of` and `digits_in`, and of
/// the library of numbers. A change there without one here leaves contacts unfound that an older version stored.
const RULES: u32 = 3;
const SETTING: &str = "contact_index";

/// The progress of a rebuild of the lookup index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum IndexState {
    /// The whole index was built by today's rules.
    InStep,
    /// Contacts are still to be indexed anew.
    Behind,
}

#[derive(Debug, Serialize, Deserialize)]
struct Made {
    rules: u32,
    country: Country,
    /// Rows up to this one are done; nothing when all are.
    up_to: Option<RowId>,
}

impl Store {
    /// Whether the lookup index was built by today's rules and for this country.
    pub fn index_state(&self, country: Country) -> Result<IndexState, StoreError> {
        let made = self.read(|db| {
            let found: Option<String> =
                db.query_row("SELECT value FROM settings WHERE name = ?1", [SETTING], |row| row.get(0)).optional()?;
            found.map(|text| json::<Made>(&text)).transpose()
        })?;
        let in_step = made.is_some_and(|m| m.rules == RULES && m.country == country && m.up_to.is_none());
        Ok(if in_step { IndexState::InStep } else { IndexState::Behind })
    }

    /// Indexes a batch of contacts anew, a smaller one when another writer waits. It is called until the index is in
    /// step.
    ///
    /// # Errors
    /// When it could not be saved; a later call begins where the last one succeeded.
    pub fn bring_index_in_step(&self, country: Country) -> Result<IndexState, StoreError> {
        self.write_in_turn(|tx, others_wait| {
            let found: Option<String> =
                tx.query_row("SELECT value FROM settings WHERE name = ?1", [SETTING], |row| row.get(0)).optional()?;
            let made = found.map(|text| json::<Made>(&text)).transpose()?;
            let begun = made.filter(|m| m.rules == RULES && m.country == country);
            let mut up_to = match begun {
                Some(Made { up_to: None, .. }) => return Ok(IndexState::InStep),
                Some(Made { up_to: Some(row), .. }) => row,
                None => 0,
            };
            let sql = "SELECT row FROM contacts WHERE row > ?1 ORDER BY row LIMIT 500";
            let mut next = tx.prepare_cached(sql)?;
            let rows = next.query_map([up_to], |row| row.get(0))?.collect::<rusqlite::Result<Vec<RowId>>>()?;
            let mut all = rows.is_empty();
            let mut writer = Writer::new(tx)?;
            for row in rows {
                if let Some(old) = row::by_row(tx, row)? {
                    let new = Contact { phones: read_again(&old.phones, country), ..old.clone() };
                    writer.update(row, &old, &Prepared::new(new), None)?;
                }
                up_to = row;
                if others_wait() {
                    all = false;
                    break;
                }
            }
            let made = Made { rules: RULES, country, up_to: (!all).then_some(up_to) };
            tx.execute(
                "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)",
                params![SETTING, to_json(&made)?],
            )?;
            Ok(if all { IndexState::InStep } else { IndexState::Behind })
        })
    }
}

fn read_again(phones: &[ContactPhone], country: Country) -> Vec<ContactPhone> {
    let texts: Vec<&str> = phones.iter().map(|phone| phone.number.raw()).collect();
    let read = read_together(&texts, country).into_iter().zip(phones);
    read.map(|(read, phone)| match read {
        ReadNumber::Number(number) => ContactPhone { number, ..phone.clone() },
        ReadNumber::Withheld => phone.clone(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use timbre_domain::contact::{ContactId, PhoneKind};
    use timbre_domain::identity::keys_of;
    use timbre_domain::number::PhoneNumber;
    use uuid::Uuid;

    use super::super::super::testing::{TestStore, at, store};
    use super::*;

    fn uruguay() -> Country {
        "UY".parse().unwrap()
    }

    fn in_step(store: &TestStore, country: Country) -> usize {
        (1..).find(|_| store.bring_index_in_step(country).unwrap() == IndexState::InStep).unwrap()
    }

    fn number(text: &str, country: Country) -> PhoneNumber {
        PhoneNumber::typed(text, country).unwrap()
    }

    #[test]
    fn another_country_reads_every_number_anew() {
        let store = store();
        in_step(&store, Country::CR);
        for n in 0..1_200 {
            // No number of Costa Rica, and a mobile of Uruguay.
            let number = number(&format!("098{:06}", 300_000 + n), Country::CR);
            assert_eq!(number.e164(), None);
            let phone = ContactPhone { number, kind: PhoneKind::Mobile, source: None };
            let contact = Contact {
                name: format!("Cliente {n}"),
                phones: vec![phone],
                ..Contact::empty(ContactId(Uuid::from_u128(n + 1)))
            };
            store.save_contact(&contact, at(0)).unwrap();
        }
        let caller = number("59898300700", uruguay());
        assert_eq!(store.contacts_by_number(&caller).unwrap(), []);
        assert_eq!(store.index_state(Country::CR).unwrap(), IndexState::InStep);
        assert_eq!(store.index_state(uruguay()).unwrap(), IndexState::Behind);
        assert!(in_step(&store, uruguay()) > 2, "a stretch at a time");
        assert_eq!(store.index_state(uruguay()).unwrap(), IndexState::InStep);
        let found = store.contacts_by_number(&caller).unwrap();
        assert_eq!(found.iter().map(|contact| contact.name.as_str()).collect::<Vec<_>>(), ["Cliente 700"]);
        assert_eq!(keys_of(&found[0]), ["+59898300700"], "no key of the old reading is left");
    }

    #[test]
    fn what_is_in_step_is_left_alone() {
        let store = store();
        assert_eq!(store.index_state(Country::CR).unwrap(), IndexState::Behind);
        assert_eq!(in_step(&store, Country::CR), 1);
        assert_eq!(in_step(&store, Country::CR), 1);
    }
}
