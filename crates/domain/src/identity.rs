//! When two records are one contact, and what becomes of them: imports update instead of doubling, and what a person typed
//! here outlives every import.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::contact::{Contact, ContactPhone, Origin};
use crate::number::PhoneNumber;
use crate::search::fold;

/// When a record without an id that is known already is the same contact as one of ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeRule {
    /// The same name, and a number or an e-mail address in common; where neither has any, the same name and company.
    #[default]
    NameAndNumber,
    /// A number in common, whatever the names.
    Number,
    /// An e-mail address in common, whatever the names.
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

/// A text that is no rule.
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
    let mut keys: Vec<String> = Vec::with_capacity(contact.phones.len() + contact.emails.len());
    for key in numbers.chain(addresses) {
        if !keys.contains(&key) {
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

/// What an address is compared by: capitals make no difference.
#[must_use]
pub fn email_key(email: &str) -> String {
    format!("mailto:{}", fold(email.trim()))
}

fn name_key(contact: &Contact) -> String {
    format!("name:{}\n{}", fold(&contact.name), fold(&contact.company))
}

/// Whether a record is the same contact as ours by a rule. Records that come from the same program with different ids of
/// it are two contacts by every rule.
#[must_use]
pub fn is_same(ours: &Contact, theirs: &Contact, rule: MergeRule) -> bool {
    if rule == MergeRule::Never || told_apart(ours, theirs) {
        return false;
    }
    let shared = |of_that_kind: fn(&str) -> bool| {
        let keys = keys_of(ours);
        keys_of(theirs).iter().any(|key| of_that_kind(key) && keys.contains(key))
    };
    match rule {
        MergeRule::Number => shared(is_number),
        MergeRule::Email => shared(is_email),
        MergeRule::NameAndNumber => same_name(ours, theirs) && shared(|_| true),
        MergeRule::Never => false,
    }
}

/// What two records of one file have in common when they are the same contact by [`is_same`] or by their id.
#[must_use]
pub fn marks_of(contact: &Contact, rule: MergeRule) -> Vec<String> {
    // Two ids of one program are two contacts: those with one are known by it alone.
    if let Some(id) = origin_key(contact) {
        return vec![id];
    }
    let keys = keys_of(contact).into_iter();
    match rule {
        MergeRule::NameAndNumber => {
            let name = if contact.name.is_empty() { &contact.company } else { &contact.name };
            keys.map(|key| format!("{}\n{key}", fold(name))).collect()
        }
        MergeRule::Number => keys.filter(|key| is_number(key)).collect(),
        MergeRule::Email => keys.filter(|key| is_email(key)).collect(),
        MergeRule::Never => Vec::new(),
    }
}

fn is_number(key: &str) -> bool {
    key.starts_with(|c: char| c == '+' || c.is_ascii_digit())
}

fn is_email(key: &str) -> bool {
    key.starts_with("mailto:")
}

fn told_apart(ours: &Contact, theirs: &Contact) -> bool {
    match (&ours.origin, &theirs.origin) {
        (Some(a), Some(b)) => {
            a.source == b.source && a.external_id.is_some() && b.external_id.is_some() && a.external_id != b.external_id
        }
        _ => false,
    }
}

fn same_name(ours: &Contact, theirs: &Contact) -> bool {
    let (a, b) = (fold(&ours.name), fold(&theirs.name));
    a == b && (!a.is_empty() || fold(&ours.company) == fold(&theirs.company))
}

/// Our contact after a record of the same contact came. What a person typed here stays, and so does a wish not to be
/// called.
///
/// Where both come from the same record of the same program, the record's numbers replace those that this program brought;
/// else they are added. They are added too where the record comes `again` in one file, which then has a row for each number.
#[must_use]
pub fn updated(ours: &Contact, theirs: Contact, again: bool) -> Contact {
    let same_record = theirs.id == ours.id || origin_key(ours).is_some() && origin_key(ours) == origin_key(&theirs);
    if !same_record && origin_key(ours).is_some() && origin_key(&theirs).is_some() {
        // A record that a person merged into another: it adds, and the one they kept is right.
        return completed(ours, theirs);
    }
    let typed = |what: &str| ours.typed.contains(what);
    let mut contact = ours.clone();
    let mut theirs = theirs;
    theirs.phones.retain(|phone| !typed(&removed_phone(&phone.number)));
    theirs.emails.retain(|email| !typed(&removed_email(email)));
    let origin = theirs.origin.as_ref().map(|origin| origin.source.as_str());
    // What Timbre itself exported takes away nothing: it may be older than what came since.
    let source = if theirs.id == ours.id { Some(OURSELVES) } else { origin };
    if same_record && !again {
        let brought: BTreeSet<String> = theirs.emails.iter().map(|email| email_key(email)).collect();
        let stays = |email: &String| {
            let key = email_key(email);
            let is_theirs = source.is_some() && contact.email_sources.get(&key).map(String::as_str) == source;
            !is_theirs || brought.contains(&key) || typed(&added_email(email))
        };
        contact.emails.retain(stays);
        let of_others = |phone: &ContactPhone| phone.source.is_none() || phone.source.as_deref() != source;
        contact.phones = together(theirs.phones, contact.phones.into_iter().filter(of_others).collect());
    } else {
        contact.phones = together(contact.phones, theirs.phones);
    }
    if typed(FIRST_PHONE)
        && let Some(first) = ours.phones.first()
        && let Some(at) = contact.phones.iter().position(|phone| phone.number.key() == first.number.key())
    {
        contact.phones[..=at].rotate_right(1);
    }
    contact.emails = if same_record && !typed("emails") {
        addresses(theirs.emails, contact.emails)
    } else {
        addresses(contact.emails, theirs.emails)
    };
    contact.email_sources.append(&mut theirs.email_sources);
    let keys: BTreeSet<String> = contact.emails.iter().map(|email| email_key(email)).collect();
    contact.email_sources.retain(|key, _| keys.contains(key));
    if !theirs.name.is_empty() && !typed("name") {
        contact.name = theirs.name;
    }
    if !theirs.company.is_empty() && !typed("company") {
        contact.company = theirs.company;
    }
    if theirs.owner.is_some() && !typed("owner") {
        contact.owner = theirs.owner;
    }
    if !typed("do_not_call") {
        contact.do_not_call |= theirs.do_not_call;
    }
    contact.fields.extend(theirs.fields.into_iter().filter(|(name, _)| !typed(&format!("field:{name}"))));
    let known_by_id = |origin: &Option<Origin>| origin.as_ref().is_some_and(|origin| origin.external_id.is_some());
    if contact.origin.is_none() || (!known_by_id(&contact.origin) && known_by_id(&theirs.origin)) {
        contact.origin = theirs.origin;
    }
    contact
}

/// Two contacts of ours become one because a person said so: nothing either of them has is lost, and no record that comes
/// again takes away the numbers that the other one brought.
#[must_use]
pub fn merged(kept: &Contact, mut other: Contact) -> Contact {
    for phone in &mut other.phones {
        phone.source = None;
    }
    let mut contact = completed(kept, other);
    for email in contact.emails.iter().filter(|email| !kept.emails.contains(email)) {
        contact.typed.extend(["emails".to_owned(), added_email(email)]);
    }
    contact
}

/// `kept`, completed with what only `other` has: where both have a value, `kept` wins.
fn completed(kept: &Contact, other: Contact) -> Contact {
    let mut contact = kept.clone();
    contact.phones = together(contact.phones, other.phones);
    contact.emails = addresses(contact.emails, other.emails);
    for (email, source) in other.email_sources {
        contact.email_sources.entry(email).or_insert(source);
    }
    if contact.name.is_empty() {
        contact.name = other.name;
    }
    if contact.company.is_empty() {
        contact.company = other.company;
    }
    contact.owner = contact.owner.or(other.owner);
    contact.do_not_call |= other.do_not_call;
    for (name, value) in other.fields {
        contact.fields.entry(name).or_insert(value);
    }
    contact.typed.extend(other.typed);
    contact.origin = contact.origin.or(other.origin);
    contact.last_used_at = contact.last_used_at.max(other.last_used_at);
    contact
}

pub(crate) fn together(mut first: Vec<ContactPhone>, more: Vec<ContactPhone>) -> Vec<ContactPhone> {
    for phone in more {
        match first.iter_mut().find(|known| known.number.key() == phone.number.key()) {
            // A file that Timbre exported says neither how a number was written nor where it came from.
            Some(known) if known.source.as_deref() == Some(OURSELVES) => {
                *known = ContactPhone { kind: known.kind, ..phone };
            }
            // What a person typed stays theirs.
            Some(known) => known.source = known.source.take().filter(|_| phone.source.is_some()),
            None => first.push(phone),
        }
    }
    first
}

pub(crate) fn addresses(mut first: Vec<String>, more: Vec<String>) -> Vec<String> {
    for email in more {
        if !first.iter().any(|known| email_key(known) == email_key(&email)) {
            first.push(email);
        }
    }
    first
}

/// How such marks begin.
pub const REMOVED_PHONE: &str = "no-phone:";

/// The mark, among [`Contact::typed`], of a number that a person took away: no record brings it back.
#[must_use]
pub fn removed_phone(number: &PhoneNumber) -> String {
    format!("{REMOVED_PHONE}{}", number.key())
}

/// The mark of an address that a person took away: no record brings it back.
#[must_use]
pub fn removed_email(email: &str) -> String {
    format!("{REMOVED_EMAIL}{}", email_key(email))
}

/// The mark of an address that a person added.
#[must_use]
pub fn added_email(email: &str) -> String {
    format!("{ADDED_EMAIL}{}", email_key(email))
}

/// Whether a mark says of one address that it was added or taken away.
#[must_use]
pub fn is_about_an_email(mark: &str) -> bool {
    mark.starts_with(REMOVED_EMAIL) || mark.starts_with(ADDED_EMAIL) || mark == FIRST_EMAIL
}

const REMOVED_EMAIL: &str = "no-email:";
const ADDED_EMAIL: &str = "new-email:";

/// The mark that a person said which telephone comes first.
pub const FIRST_PHONE: &str = "first-phone";
/// The mark that a person said which address comes first.
pub const FIRST_EMAIL: &str = "first-email";

/// Whether a mark of [`Contact::typed`] belongs to this part of a contact, as connectors name parts.
#[must_use]
pub fn is_of_part(mark: &str, part: &str) -> bool {
    match part {
        "phones" => mark == part || mark == FIRST_PHONE || mark.starts_with(REMOVED_PHONE),
        "emails" => mark == part || is_about_an_email(mark),
        _ => mark == part,
    }
}

/// The program name of files that Timbre exported: their ids are our own.
pub const OURSELVES: &str = "timbre";
/// A text of one line as it is kept: no control characters, single spaces, none around it.
#[must_use]
pub fn tidy(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::contact::{ContactId, PhoneKind};
    use crate::number::{Country, PhoneNumber};

    fn contact(name: &str, company: &str, numbers: &[&str], emails: &[&str]) -> Contact {
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

    fn from(source: &str, id: Option<&str>, contact: Contact) -> Contact {
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

    #[test]
    fn a_record_that_comes_again_replaces_its_numbers_and_leaves_what_a_person_typed() {
        let mut ours = from("crm", Some("1"), contact("Ana", "Valle", &["88848787", "22223333"], &[]));
        ours.phones[1].source = None;
        ours.do_not_call = true;
        let theirs = from("crm", Some("1"), contact("Ana Rojas", "", &["60001111"], &[]));
        let now = updated(&ours, theirs, false);
        assert_eq!(now.phones.iter().map(|p| p.number.raw()).collect::<Vec<_>>(), ["60001111", "22223333"]);
        assert_eq!((now.name.as_str(), now.company.as_str(), now.do_not_call), ("Ana Rojas", "Valle", true));
    }

    #[test]
    fn a_record_of_another_program_adds_to_ours_and_an_id_is_taken_over() {
        let ours = contact("Ana", "", &["88848787"], &["a@x.example"]);
        let theirs = from("crm", Some("1"), contact("Ana", "", &["+506 8884-8787", "22223333"], &["A@x.example"]));
        let now = updated(&ours, theirs, false);
        assert_eq!((now.phones.len(), now.emails.len()), (2, 1));
        assert_eq!(now.origin.unwrap().external_id.as_deref(), Some("1"));
    }

    #[test]
    fn merging_two_contacts_loses_nothing() {
        let mut kept = contact("Ana", "", &["88848787"], &[]);
        kept.fields.insert("note".into(), "first".into());
        let mut other = contact("A. Rojas", "Valle", &["88848787", "22223333"], &["a@x.example"]);
        other.fields.extend([("note".into(), "second".into()), ("cedula".into(), "1".into())]);
        let one = merged(&kept, other);
        assert_eq!((one.name.as_str(), one.company.as_str()), ("Ana", "Valle"));
        assert_eq!((one.phones.len(), one.emails.len(), one.fields.len()), (2, 1, 2));
        assert_eq!(one.fields["note"], "first");
    }

    #[test]
    fn a_record_takes_away_only_the_numbers_that_its_program_brought() {
        let mut ours = contact("Ana", "", &["88848787"], &["a@x.example"]);
        ours.phones[0].source = Some("google".into());
        let record = || from("crm", Some("1"), contact("Ana", "", &["22223333"], &["a@x.example"]));
        let once = updated(&ours, record(), false);
        assert_eq!(once.phones.len(), 2);
        assert_eq!(updated(&once, record(), false).phones.len(), 2, "the same record again changes nothing");
        let moved = from("crm", Some("1"), contact("Ana", "", &["60001111"], &[]));
        let numbers = |contact: &Contact| contact.phones.iter().map(|p| p.number.raw().to_owned()).collect::<Vec<_>>();
        assert_eq!(numbers(&updated(&once, moved.clone(), false)), ["60001111", "88848787"]);
        assert_eq!(
            numbers(&updated(&once, moved, true)),
            ["88848787", "22223333", "60001111"],
            "a row for each number"
        );
    }

    #[test]
    fn a_record_takes_away_only_the_addresses_that_its_program_brought_and_nobody_typed() {
        let brought = |source: &str, emails: &[&str]| {
            let email_sources = emails.iter().map(|email| (email_key(email), source.to_owned())).collect();
            Contact { email_sources, ..from(source, Some("1"), contact("Ana", "", &[], emails)) }
        };
        let mut ours = brought("crm", &["a@x.example", "b@x.example"]);
        ours.emails.extend(["file@x.example".to_owned(), "typed@x.example".to_owned()]);
        ours.typed.insert(added_email("typed@x.example"));
        let again = updated(&ours, brought("crm", &["B@x.example", "typed@x.example"]), false);
        assert_eq!(again.emails, ["B@x.example", "typed@x.example", "file@x.example"]);
        let removed = updated(&again, brought("crm", &[]), false);
        assert_eq!(removed.emails, ["typed@x.example", "file@x.example"]);
        assert_eq!(updated(&ours, brought("crm", &[]), true).emails, ours.emails, "a row for each address");
        let by_another = updated(&ours, brought("google", &["c@x.example"]), false);
        assert_eq!(by_another.emails.len(), 5, "{:?}", by_another.emails);
        assert_eq!(updated(&by_another, brought("crm", &[]), false).emails.len(), 3);
    }

    #[test]
    fn a_number_that_a_person_took_away_does_not_come_back_with_the_next_record() {
        let mut ours = from("crm", Some("1"), contact("Ana", "", &["88848787"], &[]));
        let again = ours.clone();
        ours.typed.insert(removed_phone(&ours.phones.remove(0).number));
        assert_eq!(updated(&ours, again, false).phones, []);
    }

    #[test]
    fn what_a_person_typed_is_not_typed_over() {
        let mut ours = from("crm", Some("1"), contact("Ana R.", "Valle", &[], &[]));
        ours.fields.insert("note".into(), "calls back on Monday".into());
        ours.typed.extend(["name".to_owned(), "field:note".to_owned()]);
        let mut theirs = from("crm", Some("1"), contact("Ana Rojas", "Otra", &[], &[]));
        theirs.fields.extend([("note".into(), "".into()), ("cedula".into(), "1".into())]);
        let now = updated(&ours, theirs, false);
        assert_eq!((now.name.as_str(), now.company.as_str()), ("Ana R.", "Otra"));
        assert_eq!((now.fields["note"].as_str(), now.fields["cedula"].as_str()), ("calls back on Monday", "1"));
    }
}
