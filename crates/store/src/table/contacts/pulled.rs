//! Contacts that are pulled from a CRM, and what becomes of them when they are deleted there.

use rusqlite::{OptionalExtension as _, params};
use timbre_domain::contact::{Contact, ContactId, Origin};
use timbre_domain::identity::{MergeRule, origin_key, updated};
use timbre_domain::name::ConnectorName;

use super::super::outbox;
use super::crm::known_there;
use super::import::{Known, Outcome, known_by_rule};
use super::remove;
use super::row::{self, Prepared, RowId, Writer};

/// A contact as a CRM gave it.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// The contact, with the CRM as its origin.
    pub contact: Prepared,
    /// Whether this is all the CRM knows of it; a list often leaves telephones out.
    pub complete: bool,
}

impl Pulled {
    /// The CRM's id of it.
    pub(in crate::table) fn external_id(&self) -> Option<&str> {
        self.contact.contact.origin.as_ref().and_then(|origin| origin.external_id.as_deref())
    }
}

/// What became of a contact that was deleted in its CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// No contact here had this id.
    NotHere,
    /// The contact was removed here too.
    Removed,
    /// The contact stays, without its CRM's id, because something was written about it here.
    Kept,
}

/// Takes in a contact of a CRM. What its id leads to is brought up to date; without that, a contact that the CRM does not
/// know yet, by name and number.
pub(in crate::table) fn take_in(
    writer: &mut Writer<'_>,
    connector: &ConnectorName,
    pulled: &Pulled,
    now: i64,
) -> rusqlite::Result<Outcome> {
    let new = &pulled.contact;
    let (Some(key), Some(id)) = (&new.origin, pulled.external_id()) else { return Ok(Outcome::Unchanged) };
    let known = match known_by(writer, key)? {
        Some(known) => Some(known),
        None => match lost_as(writer, connector, id)? {
            Some(lost) => Some(lost),
            None => known_by_rule(writer, &mut Known::default(), new, MergeRule::NameAndNumber)?,
        },
    };
    let Some((row, ours)) = known else {
        writer.insert(new, now)?;
        return Ok(Outcome::Added);
    };
    let ids = row::ids_of(writer.tx, row)?;
    let after = Prepared::new(brought_up_to_date(&ours, new.contact.clone(), &ids, pulled.complete));
    let outcome = if after.is_same(&Prepared::new(ours.clone())) {
        Outcome::Unchanged
    } else {
        writer.update(row, &ours, &after, Some(now))?;
        Outcome::Changed
    };
    if !ids.contains(key) {
        writer.add_origin(row, connector.as_str(), id)?;
        known_there(writer.tx, connector, ours.id, id)?;
        // What went there of somebody unknown is told with the contact from now on.
        outbox::send_again(writer.tx, connector, &ours.id.to_string())?;
        outbox::contact_found(writer.tx, Some(connector), &ours.id.to_string())?;
    }
    Ok(outcome)
}

fn brought_up_to_date(ours: &Contact, theirs: Contact, ids: &[String], complete: bool) -> Contact {
    let (own, key) = (origin_key(ours), origin_key(&theirs));
    let of_this_crm = theirs.origin.as_ref().map(|origin| format!("id:{}\n", origin.source)).unwrap_or_default();
    let mut of_this_crm = ids.iter().filter(|id| id.starts_with(&of_this_crm));
    if !of_this_crm.all(|id| Some(id) == key.as_ref()) {
        // A person merged two of its records: the one they kept is right, the other one adds.
        return updated(ours, theirs, !complete);
    }
    // One that another program brought first is this record nevertheless: its numbers of this CRM are replaced.
    let as_theirs = Contact { origin: theirs.origin.clone(), ..ours.clone() };
    let after = updated(&as_theirs, theirs, !complete);
    if own.is_some() { Contact { origin: ours.origin.clone(), ..after } } else { after }
}

fn known_by(writer: &mut Writer<'_>, key: &str) -> rusqlite::Result<Option<(RowId, Contact)>> {
    for row in writer.rows_with(key)? {
        if let Some(contact) = row::by_row(writer.tx, row)? {
            return Ok(Some((row, contact)));
        }
    }
    Ok(None)
}

/// The contact that a CRM lost under this id, where it comes back: its name may have been changed here meanwhile.
fn lost_as(writer: &Writer<'_>, connector: &ConnectorName, id: &str) -> rusqlite::Result<Option<(RowId, Contact)>> {
    let sql = "SELECT json_extract(value, '$') FROM settings WHERE name = ?1";
    let name = lost_name(connector, id);
    let here: Option<String> = writer.tx.prepare_cached(sql)?.query_row([&name], |row| row.get(0)).optional()?;
    let Some(here) = here.and_then(|here| here.parse::<ContactId>().ok()) else { return Ok(None) };
    writer.tx.prepare_cached("DELETE FROM settings WHERE name = ?1")?.execute([&name])?;
    row::by_id(writer.tx, here)
}

fn lost_name(connector: &ConnectorName, id: &str) -> String {
    format!("contact.lost.{connector}.{id}")
}

/// A CRM has a contact no more. Where nothing was written here about it, it goes here too; else it stays, without its id
/// there.
pub(in crate::table) fn unlink(
    writer: &mut Writer<'_>,
    connector: &ConnectorName,
    id: &str,
    now: i64,
) -> rusqlite::Result<Gone> {
    let key = format!("id:{connector}\n{id}");
    let mut became = Gone::NotHere;
    for row in writer.rows_with(&key)? {
        let Some(ours) = row::by_row(writer.tx, row)? else {
            writer.drop_id(row, key.clone())?;
            continue;
        };
        let others: Vec<String> = row::ids_of(writer.tx, row)?.into_iter().filter(|other| *other != key).collect();
        if others.is_empty() && is_the_crms_alone(writer, &ours, connector)? {
            outbox::contact_lost(writer.tx, connector, ours.id, now)?;
            remove(writer, row, &ours)?;
            became = Gone::Removed;
            continue;
        }
        let mut kept = ours.clone();
        if origin_key(&ours).as_ref() == Some(&key) {
            kept.origin = others.first().and_then(|other| origin_of(other));
        }
        let begins = format!("id:{connector}\n");
        if !others.iter().any(|other| other.starts_with(&begins)) {
            let of_there = kept.phones.iter_mut().filter(|phone| phone.source.as_deref() == Some(connector.as_str()));
            of_there.for_each(|phone| phone.source = None);
        }
        writer.update(row, &ours, &Prepared::new(kept), Some(now))?;
        writer.drop_id(row, key.clone())?;
        outbox::contact_lost(writer.tx, connector, ours.id, now)?;
        let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, json_quote(?2))";
        writer.tx.prepare_cached(sql)?.execute([lost_name(connector, id), ours.id.to_string()])?;
        became = Gone::Kept;
    }
    Ok(became)
}

/// Whether nobody would miss it: nobody typed anything into it, wrote a result about it or waits to have it sent, and no
/// other program brought any of it.
fn is_the_crms_alone(writer: &Writer<'_>, ours: &Contact, connector: &ConnectorName) -> rusqlite::Result<bool> {
    let all_theirs = ours.phones.iter().all(|phone| phone.source.as_deref() == Some(connector.as_str()));
    if !ours.typed.is_empty() || !all_theirs {
        return Ok(false);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM interactions WHERE contact_id = ?1)
                   OR EXISTS (SELECT 1 FROM outbox WHERE subject = ?2 AND kind = 'contact'
                                  AND state IN ('waiting', 'sending', 'parked'))";
    let missed: bool = writer
        .tx
        .prepare_cached(sql)?
        .query_row(params![ours.id.0.as_bytes(), ours.id.to_string()], |row| row.get(0))?;
    Ok(!missed)
}

fn origin_of(key: &str) -> Option<Origin> {
    let (source, id) = key.strip_prefix("id:")?.split_once('\n')?;
    Some(Origin { source: source.to_owned(), external_id: Some(id.to_owned()) })
}

/// The CRMs that know a contact, each with its id there.
pub(in crate::table) fn ids_of(db: &rusqlite::Connection, id: ContactId) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT row FROM contacts WHERE id = ?1";
    let row: Option<RowId> = db.prepare_cached(sql)?.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let ids = row::ids_of(db, row)?;
    Ok(ids
        .iter()
        .filter_map(|key| origin_of(key))
        .filter_map(|origin| Some((origin.source, origin.external_id?)))
        .collect())
}
