//! When two records are one contact, so that imports update a contact instead of making it a second time.

mod evidence;
mod merge;
mod undo;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

pub use self::evidence::{is_general_mailbox, is_generation, person_key};
pub(crate) use self::merge::{addresses, together};
pub use self::merge::{merged, updated};
pub use self::undo::taken_back;
use crate::contact::{Contact, Origin, email_key};
use crate::normalize::fold;

/// When a record without an id that is known already is the same contact as one of ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeRule {
    /// The same name, and a mobile or a personal e-mail address in common; a landline or a general mailbox where nothing else
    /// differs. Without a name, the number; where neither has any, the same name and company.
    #[default]
    NameAndNumber,
    /// A number in common, whatever the names.
    Number,
    /// A personal e-mail address in common, whatever the names; one of a general mailbox only with the same name.
    Email,
    /// Never: every record is a contact of its own.
    Never,
}

impl MergeRule {
    /// Every rule, the default first.
    pub const ALL: [Self; 4] = [Self::NameAndNumber, Self::Number, Self::Email, Self::Never];

    /// Its name on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NameAndNumber => "name-and-number",
            Self::Number => "number",
            Self::Email => "email",
            Self::Never => "never",
        }
    }
}

/// A text that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule is name-and-number, number, email or never")]
pub struct BadMergeRule;

impl std::str::FromStr for MergeRule {
    type Err = BadMergeRule;

    fn from_str(text: &str) -> Result<Self, BadMergeRule> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text).ok_or(BadMergeRule)
    }
}

/// What a contact is found by, each once: the keys of its numbers, its e-mail addresses as `mailto:…`, and where it has
/// neither, its name and company. This is what an index holds; a number is never more than a whole key.
#[must_use]
pub fn keys_of(contact: &Contact) -> Vec<String> {
    let numbers = contact.phones.iter().map(|phone| phone.number.key());
    let addresses = contact.emails.iter().map(|email| email_key(email));
    let count = contact.phones.len() + contact.emails.len();
    let mut keys: Vec<String> = Vec::with_capacity(count);
    let mut seen = HashSet::new();
    for key in numbers.chain(addresses) {
        // Of two nobody needs a set.
        let is_new = if count <= 4 { !keys.contains(&key) } else { seen.insert(key.clone()) };
        if is_new {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        keys.push(name_key(contact));
    }
    keys
}

/// What a contact is found by when its record comes again: the program and its id there, as `id:…`. Nothing without an id.
#[must_use]
pub fn origin_key(contact: &Contact) -> Option<String> {
    match &contact.origin {
        Some(Origin { source, external_id: Some(id) }) => Some(format!("id:{source}\n{id}")),
        _ => None,
    }
}

fn name_key(contact: &Contact) -> String {
    format!("name:{}\n{}", fold(&contact.name), fold(&contact.company))
}

/// Whether a record is the same contact as ours by a rule. Records that come from the same program with different ids of
/// it are two contacts by every rule.
#[must_use]
pub fn is_same(ours: &Contact, theirs: &Contact, rule: MergeRule) -> bool {
    if rule == MergeRule::Never || have_different_ids(ours, theirs) {
        return false;
    }
    match rule {
        MergeRule::Number => {
            let keys: HashSet<String> = keys_of(ours).into_iter().filter(|key| is_number(key)).collect();
            theirs.phones.iter().any(|phone| keys.contains(&phone.number.key()))
        }
        MergeRule::Email => evidence::shares_address(ours, theirs),
        MergeRule::NameAndNumber => evidence::same_name(ours, theirs) && evidence::is_one(ours, theirs),
        MergeRule::Never => false,
    }
}

fn is_number(key: &str) -> bool {
    key.starts_with(|c: char| c == '+' || c.is_ascii_digit())
}

fn have_different_ids(ours: &Contact, theirs: &Contact) -> bool {
    match (&ours.origin, &theirs.origin) {
        (Some(a), Some(b)) => {
            a.source == b.source && a.external_id.is_some() && b.external_id.is_some() && a.external_id != b.external_id
        }
        _ => false,
    }
}

/// The program name of files that Timbre exported: their ids are our own.
pub const OURSELVES: &str = "timbre";

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::contact::{ContactId, ContactPhone, PhoneKind};
    use crate::number::{Country, PhoneNumber};

    pub(super) fn contact(name: &str, company: &str, numbers: &[&str], emails: &[&str]) -> Contact {
        let phones = numbers.iter().map(|text| ContactPhone {
            number: PhoneNumber::typed(text, Country::CR).unwrap(),
            kind: PhoneKind::Mobile,
            source: Some("crm".into()),
        });
        Contact {
            name: name.into(),
            company: company.into(),
            phones: phones.collect(),
            emails: emails.iter().map(|email| (*email).to_owned()).collect(),
            ..Contact::empty(ContactId(Uuid::now_v7()))
        }
    }

    pub(super) fn from(source: &str, id: Option<&str>, contact: Contact) -> Contact {
        let origin = Some(Origin { source: source.into(), external_id: id.map(str::to_owned) });
        Contact { origin, ..contact }
    }

    fn same(ours: &Contact, theirs: &Contact) -> Vec<MergeRule> {
        MergeRule::ALL.into_iter().filter(|rule| is_same(ours, theirs, *rule)).collect()
    }

    #[test]
    fn a_name_alone_makes_nobody_the_same_while_there_are_numbers_to_compare() {
        let juan = contact("Juan Pérez", "", &["8884-8787"], &[]);
        assert_eq!(same(&juan, &contact("juan perez", "", &["2222-3333"], &[])), []);
        assert_eq!(
            same(&juan, &contact("JUAN PEREZ", "Otra", &["+506 8884 8787"], &[])),
            [MergeRule::NameAndNumber, MergeRule::Number]
        );
        assert_eq!(same(&juan, &contact("Ana", "", &["88848787"], &[])), [MergeRule::Number], "a couple's telephone");
        let by_mail = contact("Juan Pérez", "", &["22223333"], &["j@x.example"]);
        assert_eq!(
            same(&contact("Juan Pérez", "", &[], &["J@X.example"]), &by_mail),
            [MergeRule::NameAndNumber, MergeRule::Email]
        );
        let bare = contact("Juan Pérez", "Valle", &[], &[]);
        assert_eq!(same(&bare, &bare.clone()), [MergeRule::NameAndNumber]);
        assert_eq!(same(&bare, &contact("Juan Pérez", "", &[], &[])), []);
    }

    #[test]
    fn two_ids_of_one_program_are_two_contacts_by_every_rule() {
        let twin = contact("Ana", "", &["88848787"], &["a@x.example"]);
        assert_eq!(same(&from("crm", Some("1"), twin.clone()), &from("crm", Some("2"), twin.clone())), []);
        assert!(!same(&from("crm", Some("1"), twin.clone()), &from("google", None, twin)).is_empty());
    }
}
