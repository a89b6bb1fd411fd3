//! Taking back what an import did to a contact that somebody changed since.

use crate::contact::{Contact, ContactPhone, email_key};

/// The contact without what an import made of it: `before` is what it was, `after` what the import left. What is not as the
/// import left it was changed since, and stays.
#[must_use]
pub fn taken_back(now: &Contact, before: &Contact, after: &Contact) -> Contact {
    let mut contact = now.clone();
    if now.name == after.name {
        contact.name.clone_from(&before.name);
    }
    if now.company == after.company {
        contact.company.clone_from(&before.company);
    }
    if now.owner == after.owner {
        contact.owner.clone_from(&before.owner);
    }
    if now.do_not_call == after.do_not_call {
        contact.do_not_call = before.do_not_call;
    }
    if now.origin == after.origin {
        contact.origin.clone_from(&before.origin);
    }
    for (name, value) in &after.fields {
        if before.fields.get(name) != Some(value) && now.fields.get(name) == Some(value) {
            match before.fields.get(name) {
                Some(was) => contact.fields.insert(name.clone(), was.clone()),
                None => contact.fields.remove(name),
            };
        }
    }
    let has =
        |phones: &[ContactPhone], phone: &ContactPhone| phones.iter().any(|one| one.number.key() == phone.number.key());
    // One that a person typed again since has no source any more.
    let brought = |phone: &ContactPhone| !has(&before.phones, phone) && after.phones.contains(phone);
    contact.phones.retain(|phone| !brought(phone));
    for (place, phone) in before.phones.iter().enumerate() {
        if !has(&after.phones, phone) && !has(&now.phones, phone) {
            contact.phones.insert(place.min(contact.phones.len()), phone.clone());
        }
    }
    let has = |emails: &[String], email: &str| emails.iter().any(|one| email_key(one) == email_key(email));
    contact.emails.retain(|email| has(&before.emails, email) || !has(&after.emails, email) || is_typed(now, email));
    for email in &before.emails {
        if !has(&after.emails, email) && !has(&now.emails, email) {
            contact.emails.push(email.clone());
        }
    }
    contact.email_sources.retain(|key, _| contact.emails.iter().any(|email| email_key(email) == *key));
    contact
}

fn is_typed(contact: &Contact, email: &str) -> bool {
    contact.typed.contains(&crate::contact::ContactPart::added_email(email))
}

#[cfg(test)]
mod tests {
    use super::super::tests::contact;
    use super::*;

    #[test]
    fn what_the_import_did_is_taken_back_and_what_came_since_stays() {
        let before = contact("Ana", "Valle", &["8884-8787", "2222-3333"], &["a@x.example"]);
        let mut after = contact("Ana Rojas", "Sol", &["8884-8787", "2290-4400"], &["a@x.example", "b@x.example"]);
        after.id = before.id;
        after.fields.insert("cedula".into(), "1".into());
        let mut now = after.clone();
        now.company = "Otra".into();
        now.emails.push("c@x.example".into());
        let back = taken_back(&now, &before, &after);
        assert_eq!((back.name.as_str(), back.company.as_str()), ("Ana", "Otra"));
        let numbers: Vec<_> = back.phones.iter().map(|phone| phone.number.raw()).collect();
        assert_eq!(numbers, ["8884-8787", "2222-3333"]);
        assert_eq!(back.emails, ["a@x.example", "c@x.example"]);
        assert!(back.fields.is_empty());
        assert_eq!(taken_back(&after, &before, &after).phones, before.phones);
    }
}
