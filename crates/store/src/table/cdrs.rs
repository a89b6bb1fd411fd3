//! `cdrs`: the vendor's record, row by row as it came, and what it adds to the calls of the history.

use rusqlite::{OptionalExtension as _, Transaction, params};
use timbre_domain::attribution::Whose;
use timbre_domain::call::{AccountName, Call, CallKey, CallState, Direction, Party};
use timbre_domain::cdr::{Cdr, Summary, summary};
use timbre_domain::vendor::VendorId;

use super::outbox;
use super::{calls, from_word, json, ms, to_json};
use crate::{Store, StoreError};

impl Store {
    /// Takes in rows of the vendor's record. A row belongs to the call that has it as a leg or is its group; a row of
    /// no known call makes one, for the history of the time before Timbre ran. Rows of other people's calls are left
    /// out. Taking in a row again changes nothing.
    ///
    /// Gives the number of our rows.
    ///
    /// # Errors
    /// When they could not be saved; then none of them were.
    pub fn save_cdrs(&self, vendor: &VendorId, account: &AccountName, rows: &[Cdr]) -> Result<usize, StoreError> {
        self.write(|tx| {
            let mut ours = 0;
            for cdr in rows {
                ours += usize::from(save(tx, vendor, account, cdr)?);
            }
            Ok(ours)
        })
    }
}

fn save(tx: &Transaction<'_>, vendor: &VendorId, account: &AccountName, cdr: &Cdr) -> rusqlite::Result<bool> {
    let Whose::Ours(ours) = &cdr.whose else { return Ok(false) };
    let row = &cdr.row;
    let key_of = |id: &str| CallKey { vendor: vendor.clone(), account: account.clone(), external_id: id.to_owned() };
    let key = key_of(&row.external_id);
    let known = match known_call(tx, &key)? {
        Some(call_key) => Some(call_key),
        None => row.group.as_deref().map(|group| known_call(tx, &key_of(group))).transpose()?.flatten(),
    };
    let (call_key, direction) = match known {
        Some(known) => {
            identify(tx, &known.0, &ours.party)?;
            known
        }
        None => {
            let first = row.group.as_deref().map_or_else(|| key.clone(), key_of);
            let call = Call {
                key: first.clone(),
                endpoint: ours.endpoint.clone(),
                direction: ours.direction,
                party: ours.party.clone(),
                state: CallState::Ended,
                detected_at: row.detected_at,
                connected_at: row.connected_at,
                ended_at: row.ended_at,
                dial: None,
                legs: vec![first.external_id.clone()],
                transferred: false,
            };
            calls::save(tx, &call)?;
            (first.to_string(), ours.direction)
        }
    };
    tx.prepare_cached(
        "INSERT OR IGNORE INTO call_legs (leg_key, call_key, position)
         VALUES (?1, ?2, (SELECT count(*) FROM call_legs WHERE call_key = ?2))",
    )?
    .execute([key.to_string(), call_key.clone()])?;
    tx.prepare_cached(
        "INSERT INTO cdrs (key, account, call_key, detected_at, row) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (key) DO UPDATE SET row = excluded.row",
    )?
    .execute(params![key.to_string(), account.as_str(), call_key, ms(row.detected_at), to_json(cdr)?])?;
    let mut select = tx.prepare_cached("SELECT row FROM cdrs WHERE call_key = ?1 ORDER BY detected_at, key")?;
    let rows = select.query_map([&call_key], |row| json::<Cdr>(&row.get::<_, String>(0)?))?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    amend(tx, &call_key, &summary(direction, &rows))?;
    Ok(true)
}

/// The CDR may name the party of a call that the vendor had not named, or had shown as withheld, while it went on.
fn identify(tx: &Transaction<'_>, call_key: &str, party: &Party) -> rusqlite::Result<()> {
    if *party == Party::NotKnownYet {
        return Ok(());
    }
    let unknown = to_json(&Party::NotKnownYet)?;
    // That a number is withheld is no better news than that it was.
    let withheld = if *party == Party::Withheld { unknown.clone() } else { to_json(&Party::Withheld)? };
    let party_key = party.number().map(timbre_domain::number::PhoneNumber::key);
    tx.prepare_cached("UPDATE calls SET party = ?2, party_key = ?3 WHERE key = ?1 AND party IN (?4, ?5)")?
        .execute(params![call_key, to_json(party)?, party_key, unknown, withheld])
        .map(drop)
}

fn known_call(tx: &Transaction<'_>, key: &CallKey) -> rusqlite::Result<Option<(String, Direction)>> {
    let sql = "SELECT key, direction FROM calls WHERE key = coalesce((SELECT call_key FROM call_legs WHERE leg_key = ?1), ?1)";
    tx.prepare_cached(sql)?.query_row([key.to_string()], |row| Ok((row.get(0)?, from_word(row.get(1)?)?))).optional()
}

/// What a call's row holds of what a record tells.
#[derive(PartialEq, Clone)]
struct Figures {
    duration_s: Option<i64>,
    cost: Option<String>,
    end_reason: Option<String>,
    connected_at: Option<i64>,
    ended_at: Option<i64>,
}

/// The vendor's figures replace ours, but a call that is still shown live stays live.
fn amend(tx: &Transaction<'_>, call_key: &str, summary: &Summary) -> rusqlite::Result<()> {
    let select =
        "SELECT duration_s, cost, end_reason, connected_at, ended_at, state = 'ended' FROM calls WHERE key = ?1";
    let (known, is_over): (Figures, bool) = tx.prepare_cached(select)?.query_row([call_key], |row| {
        let figures = Figures {
            duration_s: row.get(0)?,
            cost: row.get(1)?,
            end_reason: row.get(2)?,
            connected_at: row.get(3)?,
            ended_at: row.get(4)?,
        };
        Ok((figures, row.get(5)?))
    })?;
    let mut figures = Figures {
        cost: summary.cost.map(|cost| cost.to_string()),
        end_reason: (!summary.end_reason.is_empty()).then(|| summary.end_reason.clone()),
        ..known.clone()
    };
    let connected_at = summary.connected_at.map(ms);
    if is_provisional(summary, known.connected_at.is_some()) {
        figures.connected_at = known.connected_at.or(connected_at);
        figures.ended_at = known.ended_at.or(summary.ended_at.map(ms));
    } else {
        figures.duration_s = Some(i64::try_from(summary.duration_s).unwrap_or(i64::MAX));
        if is_over {
            figures.connected_at = connected_at;
            figures.ended_at = summary.ended_at.map(ms).or(known.ended_at);
        }
    }
    if figures == known {
        return Ok(());
    }
    let update =
        "UPDATE calls SET duration_s = ?2, cost = ?3, end_reason = ?4, connected_at = ?5, ended_at = ?6 WHERE key = ?1";
    let Figures { duration_s, cost, end_reason, connected_at, ended_at } = figures;
    tx.prepare_cached(update)?.execute(params![call_key, duration_s, cost, end_reason, connected_at, ended_at])?;
    // What the CRM was told of the call is amended.
    outbox::call_changed(tx, call_key)
}

/// Right after its end the vendor may show an answered call with no duration yet, or as if nobody had answered: such a record
/// is no last word on how long it was.
fn is_provisional(summary: &Summary, was_answered: bool) -> bool {
    let says_why = !matches!(summary.end_reason.as_str(), "" | "OK");
    summary.duration_s == 0 && !says_why && (was_answered || summary.connected_at.is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use timbre_domain::attribution::{Attribution, Sides};
    use timbre_domain::cdr::CdrRow;
    use timbre_domain::endpoint::EndpointNumber;
    use timbre_domain::tracker::{CallTracker, CallTransition};

    use super::super::testing::{at, store};
    use super::*;
    use crate::CallFilter;

    fn cdr(id: &str, group: Option<&str>, answered: bool) -> Cdr {
        let whose = Whose::Ours(Attribution {
            endpoint: EndpointNumber::new("8373456").unwrap(),
            agent: String::new(),
            direction: Direction::In,
            party: Party::Withheld,
        });
        let row = CdrRow {
            external_id: id.into(),
            group: group.map(Into::into),
            sides: Sides::default(),
            detected_at: at(0),
            connected_at: answered.then(|| at(5)),
            ended_at: Some(at(65)),
            duration_s: if answered { 60 } else { 0 },
            cost: Some("25.605".parse().unwrap()),
            rate: None,
            access_fee: None,
            route_pattern: String::new(),
            route_name: String::new(),
            end_reason: if answered { "OK".into() } else { "NO_ANSWER".into() },
            extra: BTreeMap::new(),
        };
        Cdr { whose, row }
    }

    fn account() -> AccountName {
        "main".parse().unwrap()
    }

    #[test]
    fn rows_of_one_call_are_one_call_of_the_history_however_often_they_come() {
        let store = store();
        let rows = [cdr("a", None, false), cdr("b", Some("a"), true), cdr("c", Some("a"), false)];
        for _ in 0..3 {
            assert_eq!(store.save_cdrs(&VendorId::known("acme"), &account(), &rows).unwrap(), 3);
        }
        let calls = store.calls(&CallFilter::default()).unwrap();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].duration_s, Some(60));
        assert_eq!(calls[0].cost, Some("76.815".parse().unwrap()));
        assert_eq!(calls[0].end_reason.as_deref(), Some("OK"));
    }

    #[test]
    fn children_that_come_before_their_parent_are_the_same_call() {
        let store = store();
        store.save_cdrs(&VendorId::known("acme"), &account(), &[cdr("b", Some("a"), true)]).unwrap();
        store.save_cdrs(&VendorId::known("acme"), &account(), &[cdr("a", None, false)]).unwrap();
        assert_eq!(store.calls(&CallFilter::default()).unwrap().len(), 1);
    }

    #[test]
    fn a_call_that_is_still_shown_live_is_not_ended_by_its_record() {
        let store = store();
        let call = Call {
            key: CallKey { vendor: VendorId::known("acme"), account: account(), external_id: "a".into() },
            endpoint: EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Withheld,
            state: CallState::Connected,
            detected_at: at(0),
            connected_at: Some(at(6)),
            ended_at: None,
            dial: None,
            legs: vec!["a".into()],
            transferred: false,
        };
        let tracker = CallTracker::new(VendorId::known("acme"), account());
        store.save_transitions(&account(), &tracker, &[CallTransition::Detected(call.clone())], &[], at(0)).unwrap();
        store.save_cdrs(&VendorId::known("acme"), &account(), &[cdr("a", None, true)]).unwrap();
        let record = store.call(&call.key).unwrap().unwrap();
        assert_eq!((record.call.clone(), record.duration_s), (call, Some(60)));
    }

    #[test]
    fn rows_of_other_people_are_left_out() {
        let store = store();
        let mut theirs = cdr("a", None, true);
        theirs.whose = Whose::Others { called: None, named: false };
        assert_eq!(store.save_cdrs(&VendorId::known("acme"), &account(), &[theirs]).unwrap(), 0);
        assert!(store.calls(&CallFilter::default()).unwrap().is_empty());
    }
}
