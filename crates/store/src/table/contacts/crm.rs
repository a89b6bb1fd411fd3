//! What contacts and the CRMs have to do with each other: ids there, and what a person changed here.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use timbre_domain::call::AccountName;
use timbre_domain::contact::{Contact, ContactId, Origin};

use super::ms;
use super::row::{self, Prepared, Writer};

pub(in crate::table) fn find(db: &Connection, id: ContactId) -> rusqlite::Result<Option<Contact>> {
    Ok(row::by_id(db, id)?.map(|(_, contact)| contact))
}

/// The CRM's id of a contact, where it has one: the contact came from it, was merged with one that did, or was sent there.
pub(in crate::table) fn remote_id(
    db: &Connection,
    contact: &Contact,
    connector: &AccountName,
) -> rusqlite::Result<Option<String>> {
    if let Some(Origin { source, external_id: Some(id) }) = &contact.origin
        && source == connector.as_str()
    {
        return Ok(Some(id.clone()));
    }
    let Some((row, _)) = row::by_id(db, contact.id)? else { return Ok(None) };
    let begins = format!("id:{connector}\n");
    // It looks at every id of this CRM: a tenth of a second among a million, for contacts that came from elsewhere.
    let sql = "SELECT key FROM contact_keys WHERE key >= ?1 AND key < ?1 || char(1114111) AND contact = ?2 ORDER BY key LIMIT 1";
    let key: Option<String> =
        db.prepare_cached(sql)?.query_row(rusqlite::params![begins, row], |row| row.get(0)).optional()?;
    Ok(key.and_then(|key| key.strip_prefix(&begins).map(str::to_owned)))
}

/// The CRM has this contact under this id. Where it knows all that was typed here (`whole`), nothing is ours alone any
/// more: what is changed over there from now on comes back.
pub(in crate::table) fn known_as(
    tx: &Transaction<'_>,
    id: ContactId,
    connector: &AccountName,
    remote_id: &str,
    whole: bool,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let Some((row, old)) = row::by_id(tx, id)? else { return Ok(()) };
    let mut contact = old.clone();
    let named_elsewhere = contact.origin.as_ref().is_some_and(|origin| origin.external_id.is_some());
    if !named_elsewhere {
        contact.origin = Some(Origin { source: connector.to_string(), external_id: Some(remote_id.to_owned()) });
    }
    if whole {
        contact.typed.clear();
        for phone in contact.phones.iter_mut().filter(|phone| phone.source.is_none()) {
            phone.source = Some(connector.to_string());
        }
    }
    let mut writer = Writer::new(tx)?;
    writer.update(row, &old, &Prepared::new(contact), Some(ms(now)))?;
    writer.add_origin(row, connector.as_str(), remote_id)
}

/// The contact is not to be called any more, because a person said so here.
pub(in crate::table) fn do_not_call(tx: &Transaction<'_>, id: ContactId, now: DateTime<Utc>) -> rusqlite::Result<()> {
    let Some((row, old)) = row::by_id(tx, id)? else { return Ok(()) };
    let mut contact = Contact { do_not_call: true, ..old.clone() };
    contact.typed.insert("do_not_call".to_owned());
    Writer::new(tx)?.update(row, &old, &Prepared::new(contact), Some(ms(now)))
}
