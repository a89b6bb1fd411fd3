//! What becomes of two records of one contact: what a person typed here outlives every import.

use std::collections::BTreeSet;

use super::{OURSELVES, origin_key};
use crate::contact::{Contact, ContactPart, ContactPhone, Origin, email_key};

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
    let typed = |part: &ContactPart| ours.typed.contains(part);
    let mut contact = ours.clone();
    let mut theirs = theirs;
    theirs.phones.retain(|phone| !typed(&ContactPart::removed_phone(&phone.number)));
    theirs.emails.retain(|email| !typed(&ContactPart::removed_email(email)));
    let origin = theirs.origin.as_ref().map(|origin| origin.source.as_str());
    // What Timbre itself exported takes away nothing: it may be older than what came since.
    let source = if theirs.id == ours.id { Some(OURSELVES) } else { origin };
    if same_record && !again {
        let brought: BTreeSet<String> = theirs.emails.iter().map(|email| email_key(email)).collect();
        let stays = |email: &String| {
            let key = email_key(email);
            let is_theirs = source.is_some() && contact.email_sources.get(&key).map(String::as_str) == source;
            !is_theirs || brought.contains(&key) || typed(&ContactPart::added_email(email))
        };
        contact.emails.retain(stays);
        let of_others = |phone: &ContactPhone| phone.source.is_none() || phone.source.as_deref() != source;
        contact.phones = together(theirs.phones, contact.phones.into_iter().filter(of_others).collect());
    } else {
        contact.phones = together(contact.phones, theirs.phones);
    }
    if typed(&ContactPart::FirstPhone)
        && let Some(first) = ours.phones.first()
        && let Some(at) = contact.phones.iter().position(|phone| phone.number.key() == first.number.key())
    {
        contact.phones[..=at].rotate_right(1);
    }
    contact.emails = if same_record && !typed(&ContactPart::Emails) {
        addresses(theirs.emails, contact.emails)
    } else {
        addresses(contact.emails, theirs.emails)
    };
    contact.email_sources.append(&mut theirs.email_sources);
    if !contact.email_sources.is_empty() {
        let keys: BTreeSet<String> = contact.emails.iter().map(|email| email_key(email)).collect();
        contact.email_sources.retain(|key, _| keys.contains(key));
    }
    if !theirs.name.is_empty() && !typed(&ContactPart::Name) {
        contact.name = theirs.name;
    }
    if !theirs.company.is_empty() && !typed(&ContactPart::Company) {
        contact.company = theirs.company;
    }
    if theirs.owner.is_some() && !typed(&ContactPart::Owner) {
        contact.owner = theirs.owner;
    }
    if !typed(&ContactPart::DoNotCall) {
        contact.do_not_call |= theirs.do_not_call;
    }
    contact.fields.extend(theirs.fields.into_iter().filter(|(name, _)| !typed(&ContactPart::Field(name.clone()))));
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
        contact.typed.extend([ContactPart::Emails, ContactPart::added_email(email)]);
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

/// Both lists of telephones, each number once.
pub(crate) fn together(mut first: Vec<ContactPhone>, more: Vec<ContactPhone>) -> Vec<ContactPhone> {
    for phone in more {
        let key = phone.number.key();
        match first.iter_mut().find(|known| known.number.key() == key) {
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

/// Both lists of e-mail addresses, each address once.
pub(crate) fn addresses(mut first: Vec<String>, more: Vec<String>) -> Vec<String> {
    for email in more {
        let key = email_key(&email);
        if !first.iter().any(|known| *known == email || email_key(known) == key) {
            first.push(email);
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::super::tests::{contact, from};
    use super::*;

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
        ours.typed.insert(ContactPart::added_email("typed@x.example"));
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
        ours.typed.insert(ContactPart::removed_phone(&ours.phones.remove(0).number));
        assert_eq!(updated(&ours, again, false).phones, []);
    }

    #[test]
    fn what_a_person_typed_is_not_typed_over() {
        let mut ours = from("crm", Some("1"), contact("Ana R.", "Valle", &[], &[]));
        ours.fields.insert("note".into(), "calls back on Monday".into());
        ours.typed.extend([ContactPart::Name, ContactPart::Field("note".to_owned())]);
        let mut theirs = from("crm", Some("1"), contact("Ana Rojas", "Otra", &[], &[]));
        theirs.fields.extend([("note".into(), "".into()), ("cedula".into(), "1".into())]);
        let now = updated(&ours, theirs, false);
        assert_eq!((now.name.as_str(), now.company.as_str()), ("Ana R.", "Otra"));
        assert_eq!((now.fields["note"].as_str(), now.fields["cedula"].as_str()), ("calls back on Monday", "1"));
    }
}
