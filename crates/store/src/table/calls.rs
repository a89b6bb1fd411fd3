//! `calls` and `call_legs`: the history.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use timbre_domain::call::{Call, CallKey, Party};
use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::dial::DialId;
use timbre_domain::endpoint::EndpointNumber;

use super::outbox;
use super::{from_word, json, ms, time, to_json, unreadable, uuid, word};
use crate::{Store, StoreError};

/// A call of the history: what was seen live, and what the CDR added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    #[serde(flatten)]
    pub call: Call,
    /// The contact it was with, where it is known.
    pub contact: Option<ContactId>,
    /// How long the two sides spoke, seconds, from the CDR.
    pub duration_s: Option<u64>,
    /// In the account's currency, from the CDR.
    pub cost: Option<Decimal>,
    /// The vendor's word for why it ended, from the CDR.
    pub end_reason: Option<String>,
}

impl CallRecord {
    /// How long the two sides spoke, seconds: the vendor's figure where it is known, else as the call was seen live.
    #[must_use]
    pub fn talk_s(&self) -> Option<u64> {
        self.duration_s.or_else(|| self.call.talk_s())
    }
}

/// Which calls of the history are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFilter {
    /// From this moment on, UTC.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment, UTC.
    pub to: Option<DateTime<Utc>>,
    /// At most so many, the newest first; 0 for the default of 100.
    pub limit: usize,
}

impl Store {
    /// The calls of the history, the newest first.
    pub fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRecord>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM calls WHERE detected_at >= ?1 AND detected_at < ?2
                 ORDER BY detected_at DESC, key LIMIT ?3"
            ))?;
            let from = filter.from.map_or(i64::MIN, ms);
            let to = filter.to.map_or(i64::MAX, ms);
            let limit = if filter.limit == 0 { 100 } else { filter.limit };
            let rows = select.query_map(params![from, to, i64::try_from(limit).unwrap_or(i64::MAX)], record)?;
            rows.collect()
        })
    }

    /// The call with this key, or the call that has a leg with it.
    pub fn call(&self, key: &CallKey) -> Result<Option<CallRecord>, StoreError> {
        self.read(|db| find(db, key))
    }

    /// Sets the contact that a call was with.
    pub fn set_call_contact(&self, key: &CallKey, contact: ContactId) -> Result<(), StoreError> {
        self.write(|tx| set_contact(tx, key, contact))
    }
}

/// The call with this key, or the call that has a leg with it.
pub(super) fn find(db: &Connection, key: &CallKey) -> rusqlite::Result<Option<CallRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE key = coalesce((SELECT call_key FROM call_legs WHERE leg_key = ?1), ?1)"
    );
    db.prepare_cached(&sql)?.query_row([key.to_string()], record).optional()
}

/// The calls with these keys, or that have a leg with one of them, by the key that was asked for.
pub(super) fn find_all(db: &Connection, keys: &BTreeSet<String>) -> rusqlite::Result<HashMap<String, CallRecord>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT {COLUMNS}, asked FROM (SELECT value AS asked FROM json_each(?1)) CROSS JOIN calls
         ON key = coalesce((SELECT call_key FROM call_legs WHERE leg_key = asked), asked)"
    );
    let mut select = db.prepare_cached(&sql)?;
    select.query_map([to_json(keys)?], |row| Ok((row.get("asked")?, record(row)?)))?.collect()
}

/// The calls of a contact that began before a moment: those that were assigned to it, the newest first, and those of
/// its numbers that were assigned to nobody.
pub(super) fn of_contact(
    db: &Connection,
    contact: &Contact,
    before: i64,
    limit: i64,
) -> rusqlite::Result<Vec<CallRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE contact_id = ?1 AND detected_at < ?2 ORDER BY detected_at DESC LIMIT ?3"
    );
    let mut found: Vec<CallRecord> = db
        .prepare_cached(&sql)?
        .query_map(params![contact.id.0.as_bytes(), before, limit], record)?
        .collect::<rusqlite::Result<_>>()?;
    let numbers: BTreeSet<String> = contact.phones.iter().map(|phone| phone.number.key()).collect();
    let mut unsettled = db.prepare_cached(&of_numbers_sql())?;
    for call in unsettled.query_map(params![to_json(&numbers)?, before, limit], record)? {
        found.push(call?);
    }
    Ok(found)
}

/// The newest calls of each of several numbers that were assigned to no contact.
pub(super) fn of_numbers_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM (SELECT value AS number FROM json_each(?1)) CROSS JOIN calls WHERE key IN
             (SELECT one.key FROM calls AS one
              WHERE one.party_key = number AND one.contact_id IS NULL AND one.detected_at < ?2
              ORDER BY one.detected_at DESC LIMIT ?3)"
    )
}

pub(super) fn set_contact(tx: &Transaction<'_>, key: &CallKey, contact: ContactId) -> rusqlite::Result<()> {
    let sql = "UPDATE calls SET contact_id = ?2 WHERE key = ?1 AND contact_id IS NOT ?2";
    let changed = tx.prepare_cached(sql)?.execute(params![key.to_string(), contact.0.as_bytes()])?;
    // What the CRM was told of the call is told anew, with the contact.
    if changed > 0 { outbox::call_identified(tx, key, contact) } else { Ok(()) }
}

pub(super) const COLUMNS: &str = "key, endpoint, direction, party, state, detected_at, connected_at, ended_at, dial_id, contact_id, \
    duration_s, cost, end_reason, \
    (SELECT json_group_array(leg_key) FROM (SELECT leg_key FROM call_legs WHERE call_key = calls.key ORDER BY position)), \
    transferred";

/// Adds a call, or brings a known one up to date. What the CDR added stays, as does a party that was known better.
pub(super) fn save(tx: &Transaction<'_>, call: &Call) -> rusqlite::Result<()> {
    let key = call.key.to_string();
    let party_key = call.party.number().map(timbre_domain::number::PhoneNumber::key);
    tx.prepare_cached(
        "INSERT INTO calls (key, account, endpoint, direction, party, party_key, state, detected_at, connected_at, ended_at, dial_id,
             transferred)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?14)
         ON CONFLICT (key) DO UPDATE SET direction = excluded.direction,
             party = CASE WHEN excluded.party = ?12 OR excluded.party = ?13 AND party <> ?12 THEN party ELSE excluded.party END,
             party_key = CASE WHEN excluded.party = ?12 OR excluded.party = ?13 AND party <> ?12 THEN party_key
                 ELSE excluded.party_key END,
             transferred = excluded.transferred,
             state = excluded.state, connected_at = excluded.connected_at,
             ended_at = excluded.ended_at, dial_id = coalesce(excluded.dial_id, dial_id)",
    )?
    .execute(params![
        key,
        call.key.account.as_str(),
        call.endpoint.as_str(),
        word(call.direction)?,
        to_json(&call.party)?,
        party_key,
        word(call.state)?,
        ms(call.detected_at),
        call.connected_at.map(ms),
        call.ended_at.map(ms),
        call.dial.map(|dial| *dial.0.as_bytes()),
        to_json(&Party::NotKnownYet)?,
        to_json(&Party::Withheld)?,
        call.transferred,
    ])?;
    for (position, leg) in call.legs.iter().enumerate() {
        let leg = CallKey { external_id: leg.clone(), ..call.key.clone() };
        adopt(tx, &leg.to_string(), &key)?;
        tx.prepare_cached("INSERT OR IGNORE INTO call_legs (leg_key, call_key, position) VALUES (?1, ?2, ?3)")?
            .execute(params![leg.to_string(), key, position])?;
    }
    Ok(())
}

/// A leg whose CDR came before it was seen live had become a call of its own: that call is merged into this one.
fn adopt(tx: &Transaction<'_>, leg: &str, call: &str) -> rusqlite::Result<()> {
    let owner = "SELECT call_key FROM call_legs WHERE leg_key = ?1 AND call_key <> ?2";
    let other: Option<String> = tx.prepare_cached(owner)?.query_row([leg, call], |row| row.get(0)).optional()?;
    let Some(other) = other else { return Ok(()) };
    tx.prepare_cached("UPDATE cdrs SET call_key = ?2 WHERE call_key = ?1")?.execute([other.as_str(), call])?;
    // What was written about it goes along; where both have something, each keeps its own.
    tx.prepare_cached("UPDATE OR IGNORE interactions SET call_key = ?2 WHERE call_key = ?1")?
        .execute([other.as_str(), call])?;
    tx.prepare_cached("UPDATE OR IGNORE outbox SET subject = ?2 WHERE subject = ?1 AND kind = 'call'")?
        .execute([other.as_str(), call])?;
    // One call, one record: what both were to have is told once, unless the other one is there already.
    tx.prepare_cached(
        "DELETE FROM outbox WHERE subject = ?1 AND kind = 'call' AND remote_id IS NULL AND begun_at IS NULL",
    )?
    .execute([other.as_str()])?;
    tx.prepare_cached("DELETE FROM calls WHERE key = ?1")?.execute([other.as_str()]).map(drop)
}

/// Reads every row, as a check that each one can be read.
pub(super) fn read_all(db: &Connection) -> rusqlite::Result<()> {
    db.prepare(&format!("SELECT {COLUMNS} FROM calls"))?.query_map([], record)?.try_for_each(|row| row.map(drop))
}

pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<CallRecord> {
    let moment = |column: usize| row.get::<_, Option<i64>>(column)?.map(time).transpose();
    let blob = |column: usize| row.get_ref(column)?.as_blob_or_null()?.map(uuid).transpose();
    let key: String = row.get(0)?;
    let endpoint: String = row.get(1)?;
    let party: Party = json(&row.get::<_, String>(3)?)?;
    let legs: Vec<CallKey> = json(&row.get::<_, String>(13)?)?;
    let cost: Option<String> = row.get(11)?;
    let text = rusqlite::types::Type::Text;
    Ok(CallRecord {
        call: Call {
            key: CallKey::try_from(key).map_err(|error| unreadable(error, text))?,
            endpoint: EndpointNumber::new(&endpoint).ok_or_else(|| unreadable("an empty endpoint", text))?,
            direction: from_word(row.get(2)?)?,
            party,
            state: from_word(row.get(4)?)?,
            detected_at: time(row.get(5)?)?,
            connected_at: moment(6)?,
            ended_at: moment(7)?,
            dial: blob(8)?.map(DialId),
            legs: legs.into_iter().map(|leg| leg.external_id).collect(),
            transferred: row.get(14)?,
        },
        contact: blob(9)?.map(ContactId),
        duration_s: row.get(10)?,
        cost: cost
            .map(|text| text.parse().map_err(|error| unreadable(error, rusqlite::types::Type::Text)))
            .transpose()?,
        end_reason: row.get(12)?,
    })
}

#[cfg(test)]
mod tests {
    use timbre_domain::call::{CallState, Direction};
    use timbre_domain::vendor::VendorId;
    use uuid::Uuid;

    use super::super::testing::{at, store};
    use super::*;

    fn call(id: &str, seconds: i64) -> Call {
        Call {
            key: CallKey { vendor: VendorId::known("acme"), account: "main".parse().unwrap(), external_id: id.into() },
            endpoint: EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Withheld,
            state: CallState::Ringing,
            detected_at: at(seconds),
            connected_at: None,
            ended_at: None,
            dial: Some(DialId(Uuid::from_u128(3))),
            legs: vec![id.into()],
            transferred: false,
        }
    }

    #[test]
    fn a_call_is_kept_once_and_found_by_any_of_its_legs() {
        let store = store();
        let mut a = call("b-first", 0);
        store.write(|tx| save(tx, &a)).unwrap();
        a.state = CallState::Ended;
        a.connected_at = Some(at(3));
        a.ended_at = Some(at(9));
        a.legs.push("a-second".into());
        store.write(|tx| save(tx, &a)).unwrap();
        let all = store.calls(&CallFilter::default()).unwrap();
        assert_eq!(all.iter().map(|r| &r.call).collect::<Vec<_>>(), [&a]);
        let by_leg = CallKey { external_id: "a-second".into(), ..a.key.clone() };
        assert_eq!(store.call(&by_leg).unwrap().unwrap().call, a);
    }

    #[test]
    fn the_history_is_cut_by_time_newest_first() {
        let store = store();
        for n in 0..10 {
            store.write(|tx| save(tx, &call(&n.to_string(), n))).unwrap();
        }
        let filter = CallFilter { from: Some(at(2)), to: Some(at(8)), limit: 3 };
        let ids: Vec<_> = store.calls(&filter).unwrap().into_iter().map(|r| r.call.key.external_id).collect();
        assert_eq!(ids, ["7", "6", "5"]);
    }
}
