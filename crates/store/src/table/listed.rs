//! Calls as lists show them: with the contact's name, what came of them and where that is.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};
use timbre_domain::history::CallsWanted;
use timbre_domain::interaction::Interaction;
use timbre_domain::outbox::OutboxState;

use super::calls::{self, CallRecord};
use super::{interactions, ms, outbox};
use crate::{Store, StoreError};

/// A call as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCall {
    /// The call.
    pub record: CallRecord,
    /// The contact's name; empty where it has none or is not known.
    pub name: String,
    /// The contact's company.
    pub company: String,
    /// What came of it.
    pub interaction: Option<Interaction>,
    /// Its records on their way to the CRMs, or there.
    pub records: Vec<OutboxState>,
}

/// An answered call that is over, between the agent and somebody else, whose result is not final.
const PENDING: &str = "state = 'ended' AND connected_at IS NOT NULL AND direction <> 'internal' AND NOT EXISTS
    (SELECT 1 FROM interactions WHERE interactions.call_key = calls.key AND interactions.state = 'final')";

impl Store {
    /// Calls for a list, the newest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn listed_calls(&self, wanted: &CallsWanted) -> Result<Vec<ListedCall>, StoreError> {
        let (from, to) = (wanted.from.map_or(i64::MIN, ms), wanted.to.map_or(i64::MAX, ms));
        let limit = i64::try_from(if wanted.limit == 0 { 100 } else { wanted.limit }).unwrap_or(i64::MAX);
        self.search(|db| {
            let which = if wanted.pending { PENDING } else { "true" };
            let records: Vec<CallRecord> = db
                .prepare_cached(&format!(
                    "SELECT {} FROM calls WHERE detected_at >= ?1 AND detected_at < ?2 AND {which}
                     ORDER BY detected_at DESC, key LIMIT ?3",
                    calls::COLUMNS
                ))?
                .query_map(params![from, to, limit], calls::record)?
                .collect::<rusqlite::Result<_>>()?;
            records.into_iter().map(|record| listed(db, record)).collect()
        })
    }

    /// How many answered calls since a moment have no final result.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn pending_calls(&self, from: DateTime<Utc>) -> Result<u64, StoreError> {
        self.search(|db| {
            db.prepare_cached(&format!("SELECT count(*) FROM calls WHERE detected_at >= ?1 AND {PENDING}"))?
                .query_row([ms(from)], |row| row.get(0))
        })
    }
}

fn listed(db: &Connection, record: CallRecord) -> rusqlite::Result<ListedCall> {
    let who: Option<(String, String)> = match record.contact {
        Some(contact) => db
            .prepare_cached("SELECT name, company FROM contacts WHERE id = ?1")?
            .query_row([contact.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?,
        None => None,
    };
    let (name, company) = who.unwrap_or_default();
    let interaction = interactions::by_call(db, &record.call.key)?;
    let key = record.call.key.to_string();
    let items = outbox::of(db, Some(&key), interaction.as_ref().map(|one| one.id))?;
    let records = items.into_iter().map(|item| item.state).collect();
    Ok(ListedCall { record, name, company, interaction, records })
}

#[cfg(test)]
mod tests {
    use timbre_domain::call::{Call, CallKey, CallState, Direction, Party, Provider};
    use timbre_domain::contact::{Contact, ContactId};
    use timbre_domain::endpoint::EndpointNumber;
    use timbre_domain::interaction::{InteractionId, InteractionState};
    use uuid::Uuid;

    use super::super::testing::{TestStore, at, store};
    use super::*;
    use crate::{Kept, Which};

    fn key(n: i64) -> CallKey {
        CallKey { provider: Provider::CallMyWay, account: "main".parse().unwrap(), external_id: n.to_string() }
    }

    fn called(store: &TestStore, n: i64, answered: bool, state: CallState) {
        let call = Call {
            key: key(n),
            endpoint: EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Withheld,
            state,
            detected_at: at(n),
            connected_at: answered.then(|| at(n + 1)),
            ended_at: (state == CallState::Ended).then(|| at(n + 9)),
            dial: None,
            legs: vec![n.to_string()],
        };
        store.write(|tx| calls::save(tx, &call)).unwrap();
    }

    fn resulted(store: &TestStore, n: i64, state: InteractionState) {
        let saved = store.change_interaction(&Which::Call(key(n)), at(n + 20), |_, _| {
            let fresh = Interaction::begun(InteractionId(Uuid::now_v7()), Some(key(n)), None, at(n));
            let interaction = Interaction { state, comment: "dijo que sí".into(), ..fresh };
            Ok::<_, ()>(Kept { interaction, records: Vec::new(), do_not_call: None })
        });
        saved.unwrap().unwrap();
    }

    fn ids(listed: &[ListedCall]) -> Vec<&str> {
        listed.iter().map(|one| one.record.call.key.external_id.as_str()).collect()
    }

    #[test]
    fn a_list_names_the_contact_and_what_came_of_the_call() {
        let store = store();
        called(&store, 10, true, CallState::Ended);
        called(&store, 20, false, CallState::Ended);
        let id = ContactId(Uuid::from_u128(1));
        store
            .save_contact(&Contact { name: "Ana".into(), company: "Café".into(), ..Contact::empty(id) }, at(0))
            .unwrap();
        store.set_call_contact(&key(10), id).unwrap();
        resulted(&store, 10, InteractionState::Draft);

        let all = store.listed_calls(&CallsWanted::default()).unwrap();
        assert_eq!(ids(&all), ["20", "10"]);
        assert_eq!((all[0].name.as_str(), all[0].interaction.is_none()), ("", true));
        assert_eq!((all[1].name.as_str(), all[1].company.as_str()), ("Ana", "Café"));
        assert_eq!(all[1].interaction.as_ref().unwrap().comment, "dijo que sí");
        let cut = CallsWanted { from: Some(at(0)), to: Some(at(20)), limit: 1, pending: false };
        assert_eq!(ids(&store.listed_calls(&cut).unwrap()), ["10"]);
    }

    #[test]
    fn a_result_is_pending_once_an_answered_call_is_over_and_until_it_is_final() {
        let store = store();
        called(&store, 10, true, CallState::Ended);
        called(&store, 20, false, CallState::Ended);
        called(&store, 30, true, CallState::Connected);
        called(&store, 40, true, CallState::Ended);
        called(&store, 50, true, CallState::Ended);
        resulted(&store, 40, InteractionState::Draft);
        resulted(&store, 50, InteractionState::Final);
        let pending = CallsWanted { pending: true, ..CallsWanted::default() };
        assert_eq!(ids(&store.listed_calls(&pending).unwrap()), ["40", "10"]);
        assert_eq!(store.pending_calls(at(0)).unwrap(), 2);
        assert_eq!(store.pending_calls(at(11)).unwrap(), 1);
    }
}
