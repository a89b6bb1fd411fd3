//! Which rows a transaction changed. Temporary triggers on the writing connection note their keys; contacts are noted by
//! whoever writes them, because a trigger on their table would make every import write its full text out row by row.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, Transaction, params, params_from_iter};
use serde_json::Value;
use timbre_domain::contact::ContactId;

use super::Noted;
use super::entry::{Entry, RowImage, from_json, to_json};

/// A table whose changes are noted.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) key: &'static [&'static str],
    /// Which changes: statements of triggers, each with its condition.
    on: &'static [(&'static str, &'static str)],
}

const EVERY_CHANGE: &[(&str, &str)] = &[("INSERT", ""), ("UPDATE", ""), ("DELETE", "")];
/// Whom a call was with is chosen by a person; all else of a call comes from the vendor.
const ITS_CONTACT: &[(&str, &str)] = &[("UPDATE OF contact_id", "")];
/// What a person told an import of a file's columns.
const MAPPINGS: &[(&str, &str)] =
    &[("INSERT", "WHEN NEW.name LIKE 'import_mapping:%'"), ("UPDATE", "WHEN NEW.name LIKE 'import_mapping:%'")];

/// Every table of the journal but [`CONTACTS`], in the order in which their rows are brought back.
pub(super) const TABLES: &[Table] = &[
    Table { name: "agents", key: &["name"], on: EVERY_CHANGE },
    Table { name: "agent_endpoints", key: &["agent", "account", "endpoint"], on: EVERY_CHANGE },
    Table { name: "settings", key: &["name"], on: MAPPINGS },
    Table { name: "connectors", key: &["name"], on: EVERY_CHANGE },
    Table { name: "calls", key: &["key"], on: ITS_CONTACT },
    Table { name: "call_legs", key: &["leg_key"], on: &[] },
    Table { name: "interactions", key: &["id"], on: EVERY_CHANGE },
    Table { name: "outbox", key: &["id"], on: EVERY_CHANGE },
];

/// Contacts are written through their own module, keys and full text with them.
pub(super) const CONTACTS: &str = "contacts";

/// Makes a connection note the rows that it changes from now on.
pub(crate) fn prepare(writer: &Connection) -> rusqlite::Result<()> {
    writer.execute_batch(
        "PRAGMA temp_store = MEMORY;
         CREATE TEMP TABLE IF NOT EXISTS touched (name TEXT, a, b, c, PRIMARY KEY (name, a, b, c)) WITHOUT ROWID;",
    )?;
    for Table { name, key, on } in TABLES {
        for (number, (change, condition)) in on.iter().enumerate() {
            let row = if change.starts_with("DELETE") { "OLD" } else { "NEW" };
            let column = |n: usize| key.get(n).map_or("''".to_owned(), |column| format!("{row}.{column}"));
            let (a, b, c) = (column(0), column(1), column(2));
            writer.execute_batch(&format!(
                "CREATE TEMP TRIGGER IF NOT EXISTS touched_{name}_{number} AFTER {change} ON main.{name} {condition}
                 BEGIN INSERT OR IGNORE INTO touched VALUES ('{name}', {a}, {b}, {c}); END"
            ))?;
        }
    }
    Ok(())
}

/// Notes that a contact with something typed changes in this transaction.
pub(crate) fn touch_contact(tx: &Transaction<'_>, id: ContactId) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO temp.touched VALUES ('contacts', ?1, '', '')")?
        .execute([id.0.as_bytes()])
        .map(drop)
}

/// The rows that a transaction changed, with those they refer to that are not `written` already. The transaction takes the
/// entry's line along, behind those that are `pending`.
pub(super) fn note(
    tx: &Transaction<'_>,
    written: &HashMap<String, u64>,
    pending: &str,
) -> rusqlite::Result<Option<Noted>> {
    let touched: Vec<(String, Vec<Value>)> = tx
        .prepare_cached("SELECT name, a, b, c FROM temp.touched")?
        .query_map([], |row| {
            let key = [to_json(row.get_ref(1)?), to_json(row.get_ref(2)?), to_json(row.get_ref(3)?)];
            Ok((row.get(0)?, key.to_vec()))
        })?
        .collect::<rusqlite::Result<_>>()?;
    if touched.is_empty() {
        return Ok(None);
    }
    tx.prepare_cached("DELETE FROM temp.touched")?.execute([])?;
    let mut gathered = Gathered::default();
    for (table, mut key) in touched {
        if let Some(known) = TABLES.iter().find(|known| known.name == table) {
            key.truncate(known.key.len());
        } else {
            key.truncate(1);
        }
        gathered.add(tx, &table, key)?;
    }
    gathered.add_what_they_refer_to(tx, written)?;
    let number = super::entry_in(tx)? + 1;
    let line = Entry { number, rows: gathered.rows }.line();
    tx.prepare_cached("UPDATE lineage SET entry = ?1, unwritten = ?2 || ?3")?
        .execute(params![number, pending, line])?;
    Ok(Some(Noted { number, line, written: gathered.written }))
}

#[derive(Default)]
struct Gathered {
    rows: Vec<RowImage>,
    seen: BTreeSet<String>,
    written: Vec<(String, u64)>,
}

impl Gathered {
    /// Adds a row as it is now. Whether it was not here yet.
    fn add(&mut self, tx: &Transaction<'_>, table: &str, key: Vec<Value>) -> rusqlite::Result<bool> {
        if !self.seen.insert(name_of(table, &key)) {
            return Ok(false);
        }
        let columns = image(tx, table, &key)?;
        self.rows.push(RowImage { table: table.to_owned(), key, columns });
        Ok(true)
    }

    /// Adds the call and the contact that a result or a record is about.
    fn add_what_they_refer_to(&mut self, tx: &Transaction<'_>, written: &HashMap<String, u64>) -> rusqlite::Result<()> {
        let mut position = 0;
        while let Some(row) = self.rows.get(position) {
            position += 1;
            for (table, key) in referred_to(tx, row)? {
                let name = name_of(table, std::slice::from_ref(&key));
                if !self.add(tx, table, vec![key])? {
                    continue;
                }
                let Some(added) = self.rows.last() else { continue };
                let mut digest = DefaultHasher::new();
                serde_json::to_string(&added.columns).unwrap_or_default().hash(&mut digest);
                let digest = digest.finish();
                if added.columns.is_none() || written.get(&name) == Some(&digest) {
                    self.rows.pop();
                } else {
                    self.written.push((name, digest));
                }
            }
        }
        Ok(())
    }
}

pub(super) fn name_of(table: &str, key: &[Value]) -> String {
    format!("{table}{}", Value::from(key.to_vec()))
}

fn referred_to(tx: &Transaction<'_>, row: &RowImage) -> rusqlite::Result<Vec<(&'static str, Value)>> {
    let Some(columns) = &row.columns else { return Ok(Vec::new()) };
    let of = |name: &str| columns.get(name).filter(|value| !value.is_null()).cloned();
    let text = |name: &str| columns.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut others = Vec::new();
    match row.table.as_str() {
        "interactions" => {
            others.extend(of("call_key").map(|key| ("calls", key)));
            others.extend(of("contact_id").map(|id| (CONTACTS, id)));
        }
        "outbox" if text("kind") == "call" => others.extend(of("subject").map(|key| ("calls", key))),
        "outbox" if text("kind") == "contact" => {
            let id = text("subject").parse::<ContactId>().ok();
            others.extend(id.map(|id| (CONTACTS, to_json(id.0.as_bytes().as_slice().into()))));
        }
        "calls" => {
            others.extend(of("contact_id").map(|id| (CONTACTS, id)));
            let mut legs = tx.prepare_cached("SELECT leg_key FROM call_legs WHERE call_key = ?1")?;
            let legs = legs.query_map([text("key")], |row| row.get::<_, String>(0))?;
            for leg in legs {
                others.push(("call_legs", leg?.into()));
            }
        }
        _ => {}
    }
    Ok(others)
}

/// A row by the names of its columns; nothing where there is none.
pub(super) fn image(db: &Connection, table: &str, key: &[Value]) -> rusqlite::Result<Option<BTreeMap<String, Value>>> {
    let key_columns: &[&str] = match TABLES.iter().find(|known| known.name == table) {
        Some(known) => known.key,
        None => &["id"],
    };
    let condition: Vec<String> =
        key_columns.iter().zip(1..).map(|(column, number)| format!("{column} = ?{number}")).collect();
    let sql = format!("SELECT * FROM {table} WHERE {}", condition.join(" AND "));
    let mut select = db.prepare_cached(&sql)?;
    let names: Vec<String> = select.column_names().into_iter().map(str::to_owned).collect();
    let key: Vec<SqlValue> = key.iter().map(from_json).collect();
    let mut rows = select.query(params_from_iter(key))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut columns = BTreeMap::new();
    for (number, name) in names.into_iter().enumerate() {
        columns.insert(name, to_json(row.get_ref(number)?));
    }
    drop(rows);
    if table == CONTACTS {
        // What a contact is found by is worked out again when it is brought back; the ids of other programs can't be.
        let ids = match columns.remove("row").as_ref().and_then(Value::as_i64) {
            Some(row) => db
                .prepare_cached("SELECT key FROM contact_keys WHERE contact = ?1 AND key >= 'id:' AND key < 'id;'")?
                .query_map(params![row], |row| row.get::<_, String>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()?,
            None => Vec::new(),
        };
        columns.remove("words");
        columns.remove("digits");
        columns.insert(IDS.to_owned(), ids.into());
    }
    Ok(Some(columns))
}

/// Stands beside a contact's columns.
pub(super) const IDS: &str = "ids";
