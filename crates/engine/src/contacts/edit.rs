//! What a person changes of a contact: checked, and marked as theirs, so that no later import or sync takes it back.

use serde::{Deserialize, Serialize};
use timbre_domain::contact::{Contact, ContactPart, ContactPhone, PhoneKind, email_key};
use timbre_domain::error::ErrorCode;
use timbre_domain::normalize::tidy;
use timbre_domain::number::{Country, PhoneNumber, certain};

use crate::error::CommandError;

/// What a person says of a contact; what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ContactEdit {
    /// The person's name; empty for a company-only contact.
    pub name: Option<String>,
    pub company: Option<String>,
    /// All telephones, as a person typed them, the preferred one first: they replace those there are. One that the contact
    /// has already stays as it came, byte for byte, in whatever form it is typed.
    pub phones: Option<Vec<(String, PhoneKind)>>,
    /// Telephones beside those there are.
    pub add_phones: Vec<(String, PhoneKind)>,
    /// Telephones to take away, in any form.
    pub remove_phones: Vec<String>,
    pub emails: Option<Vec<String>>,
    /// Whose contact it is; an empty text for nobody's.
    pub owner: Option<String>,
    /// Whether the contact does not want to be called.
    pub do_not_call: Option<bool>,
    /// Fields to set; an empty text removes one.
    pub fields: Vec<(String, String)>,
}

/// A contact with what a person says of it, and the note that a person said it.
pub(crate) fn edited(mut contact: Contact, edit: ContactEdit, country: Country) -> Result<Contact, CommandError> {
    let mut typed = Vec::new();
    if let Some(name) = edit.name {
        contact.name = tidy(&name);
        typed.push(ContactPart::Name);
    }
    if let Some(company) = edit.company {
        contact.company = tidy(&company);
        typed.push(ContactPart::Company);
    }
    let before = contact.phones.clone();
    if let Some(phones) = edit.phones {
        contact.phones = all_phones(&before, phones, country)?;
    }
    for phone in phones_typed(edit.add_phones, country)? {
        match contact.phones.iter().position(|known| known.number.key() == phone.number.key()) {
            // It stays where it is: that it is said again makes it neither the first nor the last.
            Some(at) => contact.phones[at] = phone,
            None => contact.phones.push(phone),
        }
    }
    for text in edit.remove_phones {
        let number = PhoneNumber::typed(&text, country)
            .map_err(|error| CommandError::new(ErrorCode::BadNumber, error.to_string()).at("remove-phone"))?;
        let before = contact.phones.len();
        contact.phones.retain(|known| known.number.key() != number.key());
        if contact.phones.len() == before {
            return Err(CommandError::new(ErrorCode::NotFound, "the contact has no such number").at("remove-phone"));
        }
    }
    // A number that somebody else brought and a person took away must not come back with the next record.
    for phone in &before {
        let mark = ContactPart::removed_phone(&phone.number);
        if contact.phones.iter().any(|kept| kept.number.key() == phone.number.key()) {
            contact.typed.remove(&mark);
        } else if phone.source.is_some() {
            typed.push(mark);
        }
    }
    for phone in &contact.phones {
        contact.typed.remove(&ContactPart::removed_phone(&phone.number));
    }
    // Another number than before is preferred, a new one perhaps, and that one is not merely gone.
    if let (Some(was), Some(is)) = (before.first(), contact.phones.first())
        && was.number.key() != is.number.key()
        && contact.phones.iter().any(|phone| phone.number.key() == was.number.key())
    {
        typed.push(ContactPart::FirstPhone);
    }
    if let Some(emails) = edit.emails {
        let before = std::mem::take(&mut contact.emails);
        contact.emails = emails.iter().map(|email| tidy(email)).filter(|email| !email.is_empty()).collect();
        if let Some(place) = contact.emails.iter().position(|email| !email.contains('@') || email.contains(' ')) {
            let error = CommandError::new(ErrorCode::BadRequest, "this is no e-mail address");
            return Err(error.at(format!("email {}", place + 1)));
        }
        let has = |list: &[String], email: &String| list.iter().any(|known| email_key(known) == email_key(email));
        for email in before.iter().filter(|email| !has(&contact.emails, email)) {
            contact.typed.remove(&ContactPart::added_email(email));
            typed.push(ContactPart::removed_email(email));
        }
        for email in contact.emails.iter().filter(|email| !has(&before, email)) {
            contact.typed.remove(&ContactPart::removed_email(email));
            typed.push(ContactPart::added_email(email));
        }
        let first = contact.emails.first().zip(before.first());
        if first.is_some_and(|(is, was)| email_key(is) != email_key(was) && has(&contact.emails, was)) {
            typed.push(ContactPart::FirstEmail);
        }
        typed.push(ContactPart::Emails);
    }
    if let Some(owner) = edit.owner {
        contact.owner = Some(tidy(&owner)).filter(|owner| !owner.is_empty());
        typed.push(ContactPart::Owner);
    }
    if let Some(do_not_call) = edit.do_not_call {
        contact.do_not_call = do_not_call;
        typed.push(ContactPart::DoNotCall);
    }
    for (name, value) in edit.fields {
        let name = tidy(&name);
        if name.is_empty() {
            return Err(CommandError::new(ErrorCode::BadRequest, "a field needs a name").at("field"));
        }
        typed.push(ContactPart::Field(name.clone()));
        match value.trim() {
            "" => contact.fields.remove(&name),
            value => contact.fields.insert(name, value.to_owned()),
        };
    }
    if contact.name.is_empty() && contact.company.is_empty() {
        return Err(CommandError::new(ErrorCode::BadRequest, "a contact needs a name or a company").at("name"));
    }
    contact.typed.extend(typed);
    Ok(contact)
}

/// All telephones of a contact, after a person went through them: those that were not touched are what they were.
fn all_phones(
    before: &[ContactPhone],
    phones: Vec<(String, PhoneKind)>,
    country: Country,
) -> Result<Vec<ContactPhone>, CommandError> {
    let mut all: Vec<ContactPhone> = Vec::with_capacity(phones.len());
    for (place, (text, kind)) in phones.into_iter().enumerate() {
        let text = text.trim();
        // As it stands there, even where no country's rules would read it again.
        let is_shown = |known: &&ContactPhone| {
            let number = &known.number;
            number.raw() == text || number.e164() == Some(text) || number.written(country) == text
        };
        let phone = match before.iter().find(is_shown) {
            Some(known) => known.clone(),
            None => {
                let typed = phones_typed(vec![(text.to_owned(), kind)], country);
                let typed = typed.map_err(|error| error.at(format!("phone {}", place + 1)))?.remove(0);
                // What was only guessed is made certain by whoever writes its country code.
                let clear = |phone: &ContactPhone| certain(phone.number.raw(), country).is_some();
                let is = |known: &&ContactPhone| known.number.key() == typed.number.key();
                let known = before.iter().find(is).filter(|known| clear(known) || !clear(&typed));
                known.cloned().unwrap_or(typed)
            }
        };
        // What it is for was said by a person now.
        let source = phone.source.filter(|_| phone.kind == kind);
        let phone = ContactPhone { kind, source, ..phone };
        if all.iter().all(|known| known.number.key() != phone.number.key()) {
            all.push(phone);
        }
    }
    Ok(all)
}

fn phones_typed(phones: Vec<(String, PhoneKind)>, country: Country) -> Result<Vec<ContactPhone>, CommandError> {
    let numbers = phones.into_iter().enumerate().map(|(place, (text, kind))| {
        let number = PhoneNumber::typed(&text, country).map_err(|error| {
            CommandError::new(ErrorCode::BadNumber, error.to_string()).at(format!("phone {}", place + 1))
        })?;
        Ok(ContactPhone { number, kind, source: None })
    });
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use timbre_domain::contact::ContactId;
    use timbre_domain::number::ReadNumber;
    use uuid::Uuid;

    use super::*;

    fn from_crm() -> Contact {
        let phone = |raw: &str, kind| ContactPhone {
            number: match PhoneNumber::read(raw, Country::CR) {
                ReadNumber::Number(number) => number,
                ReadNumber::Withheld => panic!("{raw}"),
            },
            kind,
            source: Some("crm".into()),
        };
        Contact {
            name: "Ana".into(),
            phones: vec![phone("(506) 8884-8787", PhoneKind::Mobile), phone("2222 3333", PhoneKind::Work)],
            ..Contact::empty(ContactId(Uuid::from_u128(1)))
        }
    }

    fn phones(phones: &[(&str, PhoneKind)]) -> ContactEdit {
        let phones = phones.iter().map(|(text, kind)| ((*text).to_owned(), *kind)).collect();
        ContactEdit { phones: Some(phones), ..ContactEdit::default() }
    }

    #[test]
    fn a_number_that_nobody_touched_stays_what_it_was_in_whatever_form_it_is_given_back() {
        let before = from_crm();
        let as_shown: Vec<[String; 3]> = before
            .phones
            .iter()
            .map(|phone| {
                let number = &phone.number;
                [number.raw().to_owned(), number.key(), number.written(Country::CR)]
            })
            .collect();
        for (first, second) in as_shown[0].iter().zip(&as_shown[1]) {
            let edit = phones(&[(second, PhoneKind::Work), (first, PhoneKind::Mobile), ("7000 1122", PhoneKind::Home)]);
            let after = edited(before.clone(), edit, Country::CR).unwrap();
            assert_eq!(after.phones[0], before.phones[1], "{second}");
            assert_eq!(after.phones[1], before.phones[0], "{first}");
            assert_eq!((after.phones[2].source.as_deref(), after.phones.len()), (None, 3));
            assert!(
                !after.typed.iter().any(|mark| matches!(mark, ContactPart::RemovedPhone(_))),
                "none was taken away"
            );
        }
    }

    #[test]
    fn another_kind_is_said_by_a_person_and_a_number_left_out_is_taken_away() {
        let edit = phones(&[("8884 8787", PhoneKind::Work)]);
        let after = edited(from_crm(), edit, Country::CR).unwrap();
        assert_eq!((after.phones[0].kind, after.phones[0].source.as_deref()), (PhoneKind::Work, None));
        assert_eq!(after.phones[0].number, from_crm().phones[0].number, "the number itself is what it was");
        assert!(after.typed.contains(&ContactPart::removed_phone(&from_crm().phones[1].number)));
    }

    #[test]
    fn whoever_puts_a_new_number_or_address_first_prefers_it() {
        let before = Contact { emails: vec!["a@x.example".into()], ..from_crm() };
        let shown: Vec<String> = before.phones.iter().map(|phone| phone.number.raw().to_owned()).collect();
        let list = |texts: &[&str]| phones(&texts.iter().map(|text| (*text, PhoneKind::Mobile)).collect::<Vec<_>>());
        let marks = |edit: ContactEdit| edited(before.clone(), edit, Country::CR).unwrap().typed;
        let emails = |emails: &[&str]| ContactEdit {
            emails: Some(emails.iter().map(|email| (*email).to_owned()).collect()),
            ..ContactEdit::default()
        };
        assert!(marks(list(&["7000 1122", &shown[0], &shown[1]])).contains(&ContactPart::FirstPhone));
        assert!(!marks(list(&[&shown[0], "7000 1122", &shown[1]])).contains(&ContactPart::FirstPhone));
        assert!(
            !marks(list(&["7000 1122", &shown[1]])).contains(&ContactPart::FirstPhone),
            "in place of one that is gone"
        );
        assert!(marks(emails(&["new@x.example", "a@x.example"])).contains(&ContactPart::FirstEmail));
        assert!(!marks(emails(&["a@x.example", "new@x.example"])).contains(&ContactPart::FirstEmail));
        assert!(!marks(emails(&["new@x.example"])).contains(&ContactPart::FirstEmail));
    }

    #[test]
    fn what_can_t_be_is_told_at_its_place() {
        let place = |edit: ContactEdit| edited(from_crm(), edit, Country::CR).unwrap_err().place;
        assert_eq!(
            place(phones(&[("8884 8787", PhoneKind::Work), ("nada", PhoneKind::Work)])).as_deref(),
            Some("phone 2")
        );
        let nobody = ContactEdit { name: Some(" ".into()), company: Some(String::new()), ..ContactEdit::default() };
        assert_eq!(place(nobody).as_deref(), Some("name"));
        let emails = ContactEdit { emails: Some(vec!["a@b".into(), "ana".into()]), ..ContactEdit::default() };
        assert_eq!(place(emails).as_deref(), Some("email 2"));
    }
}
