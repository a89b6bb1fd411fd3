//! What contacts and the CRMs have to do with each other: ids there, and what a person changed here.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};
use timbre_domain::contact::{Contact, ContactId, ContactPart, Origin};
use timbre_domain::identity::updated;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::OutboxItem;

use super::row::{self, Prepared, Writer};
use super::{enqueue, hand_over, ms};

pub(in crate::table) fn find(db: &Connection, id: ContactId) -> rusqlite::Result<Option<Contact>> {
    Ok(row::by_id(db, id)?.map(|(_, contact)| contact))
}

/// The CRM's id of a contact, where it has one: the contact came from it, was merged with one that did, or was sent there.
pub(in crate::table) fn remote_id(
    db: &Connection,
    contact: &Contact,
    connector: &ConnectorName,
) -> rusqlite::Result<Option<String>> {
    if let Some(Origin { source, external_id: Some(id) }) = &contact.origin
        && source == connector.as_str()
    {
        return Ok(Some(id.clone()));
    }
    let Some((row, _)) = row::by_id(db, contact.id)? else { return Ok(None) };
    let begins = format!("id:{connector}\n");
    Ok(row::ids_of(db, row)?.iter().find_map(|key| key.strip_prefix(&begins).map(str::to_owned)))
}

/// The CRM knows the contact under this id: what waits to be told of it amends that record and makes none. A request that
/// may have made one already is searched for first, as ever.
pub(super) fn known_there(
    tx: &Transaction<'_>,
    connector: &ConnectorName,
    id: ContactId,
    remote_id: &str,
) -> rusqlite::Result<()> {
    let sql = "UPDATE outbox SET remote_id = ?3 WHERE connector = ?1 AND kind = 'contact' AND subject = ?2
                   AND remote_id IS NULL AND begun_at IS NULL";
    tx.prepare_cached(sql)?.execute(rusqlite::params![connector.as_str(), id.to_string(), remote_id]).map(drop)
}

/// The CRM has this contact under this id, and knows the parts of it that `carries` names: these are not ours alone any
/// more, and what is changed of them over there from now on comes back.
pub(in crate::table) fn known_as(
    tx: &Transaction<'_>,
    id: ContactId,
    connector: &ConnectorName,
    remote_id: &str,
    carries: Option<&BTreeSet<ContactPart>>,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let Some((row, old)) = row::by_id(tx, id)? else { return Ok(()) };
    let mut contact = old.clone();
    let mut writer = Writer::new(tx)?;
    let there = Origin { source: connector.to_string(), external_id: Some(remote_id.to_owned()) };
    // The record may have come back, as somebody new, before anybody here knew its id.
    for other_row in writer.rows_with(&format!("id:{connector}\n{remote_id}"))? {
        let Some(other) = row::by_row(tx, other_row)?.filter(|other| other.id != id) else { continue };
        hand_over(&mut writer, (other_row, &other), (row, id))?;
        let named = Contact { origin: Some(there.clone()), ..contact.clone() };
        contact.typed.extend(other.typed.iter().cloned());
        contact.last_used_at = contact.last_used_at.max(other.last_used_at);
        contact = Contact { origin: contact.origin, typed: contact.typed, ..updated(&named, other, true) };
    }
    let named_elsewhere = contact.origin.as_ref().is_some_and(|origin| origin.external_id.is_some());
    if !named_elsewhere {
        contact.origin = Some(there);
    }
    if let Some(carries) = carries {
        let phones = carries.contains(&ContactPart::Phones);
        contact.typed.retain(|mark| !carries.iter().any(|part| mark.belongs_to(part)));
        for phone in contact.phones.iter_mut().filter(|phone| phones && phone.source.is_none()) {
            phone.source = Some(connector.to_string());
        }
    }
    writer.update(row, &old, &Prepared::new(contact), Some(ms(now)))?;
    writer.add_origin(row, connector.as_str(), remote_id)
}

/// The contact is not to be called any more, because a person said so here. Of these CRMs those are told that know it; all
/// of them where it was typed here.
pub(in crate::table) fn do_not_call(
    tx: &Transaction<'_>,
    id: ContactId,
    tell: &[ConnectorName],
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<OutboxItem>> {
    let Some((row, old)) = row::by_id(tx, id)? else { return Ok(Vec::new()) };
    let mut contact = Contact { do_not_call: true, ..old.clone() };
    contact.typed.insert(ContactPart::DoNotCall);
    Writer::new(tx)?.update(row, &old, &Prepared::new(contact), Some(ms(now)))?;
    let mut of_it = Vec::with_capacity(tell.len());
    for connector in tell {
        if old.origin.is_none() || remote_id(tx, &old, connector)?.is_some() {
            of_it.push(connector.clone());
        }
    }
    enqueue(tx, id, &of_it, now)
}
