//! Makes contacts of a file's rows: reads their texts by the country's rules and reports what could not be read.

mod cell;

use std::collections::BTreeMap;

use self::cell::numbers_in;
use crate::contact::{Contact, ContactId, ContactPhone, Origin, email_key};
use crate::identity::{OURSELVES, addresses, together};
use crate::interchange::{ContactDraft, DraftPhone, ProblemKind, RowProblem};
use crate::normalize::tidy;
use crate::number::Country;

/// The field of an exported contact that says where it came from.
pub const EXPORTED_SOURCE: &str = "timbre-source";
/// The field of an exported contact that holds its id there.
pub const EXPORTED_ID: &str = "timbre-external-id";

/// Makes a contact of a file's row, and lists what of the row could not be used.
///
/// # Errors
/// The problem, when nothing in the row says who the contact is.
pub fn read_draft(
    draft: ContactDraft,
    id: ContactId,
    source: &str,
    country: Country,
) -> Result<(Contact, Vec<RowProblem>), RowProblem> {
    let mut problems = draft.problems;
    let mut fields = draft.fields;
    let (id, origin) = match (source, draft.external_id.as_deref().map(str::parse)) {
        // Exported by Timbre: the id is ours, and where the contact came from stands beside it.
        (OURSELVES, Some(Ok(ours))) => {
            let external_id = fields.remove(EXPORTED_ID);
            (ours, fields.remove(EXPORTED_SOURCE).map(|source| Origin { source, external_id }))
        }
        _ => (id, Some(Origin { source: source.to_owned(), external_id: draft.external_id })),
    };
    let mut contact = Contact {
        name: tidy(&draft.name),
        company: tidy(&draft.company),
        owner: draft.owner.map(|owner| tidy(&owner)).filter(|owner| !owner.is_empty()),
        do_not_call: draft.do_not_call,
        fields,
        origin,
        ..Contact::empty(id)
    };
    for phone in draft.phones {
        let (numbers, all) = numbers_in(&phone.written, country);
        let phones = numbers.into_iter().map(|number| ContactPhone {
            kind: number.labelled_kind().unwrap_or(phone.kind),
            number,
            source: Some(source.to_owned()),
        });
        contact.phones = together(contact.phones, phones.collect());
        if !all {
            problems.push(not_a_number(&phone));
            keep(&mut contact.fields, &phone.column, &phone.written);
        }
    }
    for email in draft.emails {
        let email = tidy(&email);
        if email.contains('@') && !email.contains(' ') {
            let is_record = contact.origin.as_ref().is_some_and(|origin| origin.external_id.is_some());
            if is_record && source != OURSELVES {
                contact.email_sources.insert(email_key(&email), source.to_owned());
            }
            contact.emails = addresses(contact.emails, vec![email]);
        } else if !email.is_empty() {
            let detail = "this is no e-mail address; it was kept as a field".to_owned();
            problems.push(RowProblem { kind: ProblemKind::NotAnAddress, column: Some("email".to_owned()), detail });
            keep(&mut contact.fields, "email", &email);
        }
    }
    if contact.display_name().is_empty() {
        let detail = "neither a name nor a company, nor a number, nor an address".to_owned();
        return Err(RowProblem { kind: ProblemKind::Empty, column: None, detail });
    }
    Ok((contact, problems))
}

/// Keeps a text as a field, behind what the field holds already.
pub fn keep(fields: &mut BTreeMap<String, String>, name: &str, text: &str) {
    let field = fields.entry(name.to_owned()).or_default();
    if !field.is_empty() {
        field.push_str(" · ");
    }
    field.push_str(text);
}

fn not_a_number(phone: &DraftPhone) -> RowProblem {
    let detail = "this is no telephone number; it was kept as a field".to_owned();
    RowProblem { kind: ProblemKind::NotANumber, column: Some(phone.column.clone()), detail }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::contact::PhoneKind;

    #[test]
    fn what_is_no_number_is_said_and_kept() {
        let phone = DraftPhone { written: "no tiene".into(), kind: PhoneKind::Work, column: "Teléfono".into() };
        let draft = ContactDraft { name: " Ana\n Rojas ".into(), phones: vec![phone], ..ContactDraft::default() };
        let (contact, problems) = read_draft(draft, ContactId(Uuid::nil()), "csv", Country::CR).unwrap();
        assert_eq!((contact.name.as_str(), contact.phones.len()), ("Ana Rojas", 0));
        assert_eq!(contact.fields["Teléfono"], "no tiene");
        assert_eq!(problems[0].kind, ProblemKind::NotANumber);
        assert_eq!(problems[0].column.as_deref(), Some("Teléfono"));
    }

    #[test]
    fn two_texts_that_are_no_numbers_are_both_kept_and_both_told() {
        let phone =
            |written: &str| DraftPhone { written: written.into(), kind: PhoneKind::Other, column: "TEL".into() };
        for (texts, kept) in [
            (["ver recepción", "ver recepción"], "ver recepción · ver recepción"),
            (["ver recepción", "pedir a Ana"], "ver recepción · pedir a Ana"),
        ] {
            let phones = texts.map(phone).into();
            let emails = vec!["no tiene".to_owned(), "pedir".to_owned()];
            let draft = ContactDraft { name: "Ana".into(), phones, emails, ..ContactDraft::default() };
            let (contact, problems) = read_draft(draft, ContactId(Uuid::nil()), "vcard", Country::CR).unwrap();
            assert_eq!(contact.fields["TEL"], kept);
            assert_eq!(contact.fields["email"], "no tiene · pedir");
            let kinds: Vec<_> = problems.iter().map(|problem| problem.kind).collect();
            use ProblemKind::{NotANumber, NotAnAddress};
            assert_eq!(kinds, [NotANumber, NotANumber, NotAnAddress, NotAnAddress]);
        }
    }

    #[test]
    fn a_row_that_says_nobody_is_refused() {
        let refused = read_draft(ContactDraft::default(), ContactId(Uuid::nil()), "csv", Country::CR).unwrap_err();
        assert_eq!(refused.kind, ProblemKind::Empty);
    }
}
