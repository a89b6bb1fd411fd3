//! Contacts that share a number or an address by the hundred, such as a switchboard's: known by name while an import runs, so
//! that each row looks at its namesakes alone.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use timbre_domain::contact::Contact;
use timbre_domain::identity::{keys_of, person_key};

use super::super::row::{self, RowId, Writer};

/// A key that so many contacts share is one of a crowd.
const CROWD: usize = 8;

/// The crowds that an import has met. Nobody else writes while it holds them.
#[derive(Default)]
pub(super) struct Crowds(HashMap<String, HashMap<u64, Vec<Member>>>);

/// One contact of a crowd.
struct Member {
    row: RowId,
    /// The programs that it has an id of.
    programs: Vec<String>,
}

impl Crowds {
    /// The contacts under a key that have this contact's name and no id of the program; nothing where the key is not a
    /// crowd's.
    pub(super) fn namesakes(
        &mut self,
        writer: &mut Writer<'_>,
        key: &str,
        rows: &[RowId],
        like: &Contact,
        program: Option<&str>,
    ) -> rusqlite::Result<Option<Vec<RowId>>> {
        if !self.0.contains_key(key) {
            if rows.len() < CROWD {
                return Ok(None);
            }
            let mut crowd: HashMap<u64, Vec<Member>> = HashMap::new();
            for row in row::all_rows_with(writer.tx, key)? {
                if let Some(contact) = row::by_row(writer.tx, row)? {
                    let programs = programs_of(&row::ids_of(writer.tx, row)?);
                    crowd.entry(name_of(&contact)).or_default().push(Member { row, programs });
                }
            }
            self.0.insert(key.to_owned(), crowd);
        }
        let members = self.0.get(key).and_then(|crowd| crowd.get(&name_of(like)));
        let may_be =
            |member: &&Member| program.is_none_or(|program| !member.programs.iter().any(|known| known == program));
        Ok(Some(members.into_iter().flatten().filter(may_be).map(|member| member.row).collect()))
    }

    /// Whether there is none yet.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A contact was added, or is another one than it was.
    pub(super) fn note(&mut self, row: RowId, before: Option<&Contact>, now: &Contact, ids: &[String]) {
        if self.0.is_empty() {
            return;
        }
        if let Some(before) = before {
            let name = name_of(before);
            for key in keys_of(before) {
                if let Some(members) = self.0.get_mut(&key).and_then(|crowd| crowd.get_mut(&name)) {
                    members.retain(|member| member.row != row);
                }
            }
        }
        for key in keys_of(now) {
            if let Some(crowd) = self.0.get_mut(&key) {
                crowd.entry(name_of(now)).or_default().push(Member { row, programs: programs_of(ids) });
            }
        }
    }
}

fn name_of(contact: &Contact) -> u64 {
    let mut hasher = DefaultHasher::new();
    person_key(contact).hash(&mut hasher);
    hasher.finish()
}

/// The programs in ids as `identity::origin_key` writes them.
fn programs_of(ids: &[String]) -> Vec<String> {
    ids.iter().filter_map(|id| Some(id.strip_prefix("id:")?.split_once('\n')?.0.to_owned())).collect()
}
