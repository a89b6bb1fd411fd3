//! Makes contacts of a file's rows: reads their texts by the country's rules and reports what could not be read.

use crate::contact::{Contact, ContactId, ContactPhone, Origin, email_key};
use crate::identity::{OURSELVES, addresses, together};
use crate::interchange::{ContactDraft, DraftPhone, ProblemKind, RowProblem};
use crate::normalize::tidy;
use crate::number::{Country, PhoneNumber, ReadNumber};

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
            number,
            kind: phone.kind,
            source: Some(source.to_owned()),
        });
        contact.phones = together(contact.phones, phones.collect());
        if !all {
            problems.push(not_a_number(&phone));
            contact.fields.insert(phone.column, phone.written);
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
            contact.fields.entry("email".to_owned()).or_insert(email);
        }
    }
    if contact.display_name().is_empty() {
        let detail = "neither a name nor a company, nor a number, nor an address".to_owned();
        return Err(RowProblem { kind: ProblemKind::Empty, column: None, detail });
    }
    Ok((contact, problems))
}

fn not_a_number(phone: &DraftPhone) -> RowProblem {
    let detail = "this is no telephone number; it was kept as a field".to_owned();
    RowProblem { kind: ProblemKind::NotANumber, column: Some(phone.column.clone()), detail }
}

/// The numbers in a cell as people fill them in: one, several, or none (`-`, `N/A`); and whether that is all it says.
fn numbers_in(text: &str, country: Country) -> (Vec<PhoneNumber>, bool) {
    if rounded(text) {
        return (Vec::new(), false);
    }
    let placed = |part: &str| match PhoneNumber::read(part, country) {
        ReadNumber::Number(number) => Some(number).filter(|number| number.e164().is_some()),
        ReadNumber::Withheld => None,
    };
    if text.contains(MARKS) {
        let parts = parts_of(text);
        let numbers: Vec<_> = parts.iter().filter_map(|part| placed(part)).collect();
        // A stroke or a comma also stands inside a number, of which no part is one by itself. Where a part is, what else
        // stands there (`2222-3333/34`) must not be taken for more digits of it.
        if parts.len() > 1 && !numbers.is_empty() {
            let all = numbers.len() == parts.len();
            return (numbers, all);
        }
    }
    if let Some(number) = placed(text) {
        return (vec![number], true);
    }
    if PhoneNumber::is_withheld(text) {
        return (Vec::new(), true);
    }
    match PhoneNumber::typed(text, country) {
        Ok(number) if number.key().len() >= 3 => (vec![number], true),
        _ => (Vec::new(), false),
    }
}

/// Whether a spreadsheet has made a quantity of it: `5,06887E+10` has lost its digits, `50688881234.0` perhaps its zeros.
fn rounded(text: &str) -> bool {
    let text = text.trim();
    let quantity =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.replace(',', ".").parse::<f64>().is_ok();
    quantity(text) && (text.contains(['e', 'E']) || text.ends_with(".0") || text.ends_with(",0"))
}

/// One of these is in every mark that parts two numbers.
const MARKS: [char; 10] = ['/', ';', ',', '|', '\n', '\r', 'y', 'e', 'o', 'a'];

/// What stands between the marks people put between two numbers.
fn parts_of(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(['/', ';', ',', '|', '\n', '\r']).collect();
    for mark in [" y ", " e ", " o ", " ou ", " or ", " and "] {
        parts = parts.into_iter().flat_map(|part| part.split(mark)).collect();
    }
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::contact::PhoneKind;

    fn cell(text: &str) -> (Vec<String>, bool) {
        let (numbers, all) = numbers_in(text, Country::CR);
        (numbers.iter().map(PhoneNumber::key).collect(), all)
    }

    #[test]
    fn a_cell_holds_one_number_several_or_none() {
        let keys = |keys: &[&str], all| (keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>(), all);
        for text in ["8884-8787 / 2222-3333", "8884-8787;2222-3333", "88848787, 22223333", "8884 8787 y 2222 3333"] {
            assert_eq!(cell(text), keys(&["+50688848787", "+50622223333"], true), "{text}");
        }
        assert_eq!(cell("8884/8787"), keys(&["+50688848787"], true), "a stroke inside one number");
        assert_eq!(cell("1155"), keys(&["1155"], true));
        for text in ["", "-", "N/A", "0"] {
            assert_eq!(cell(text), keys(&[], true), "{text:?}");
        }
        for text in ["2222-3333/34", "2222-3333 / 1155", "2222 3333, Ana"] {
            assert_eq!(cell(text), keys(&["+50622223333"], false), "{text:?}");
        }
        for text in ["no tiene", "llamar a Ana", "7", "5,06887E+10", "5.06887e10", "50688881234.0"] {
            assert_eq!(cell(text), keys(&[], false), "{text:?}");
        }
    }

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
    fn a_row_that_says_nobody_is_refused() {
        let refused = read_draft(ContactDraft::default(), ContactId(Uuid::nil()), "csv", Country::CR).unwrap_err();
        assert_eq!(refused.kind, ProblemKind::Empty);
    }
}
