//! A contact's telephones, brought together with those the CRM has: nothing of theirs is lost, and ours are added.

use serde_json::Value as Json;
use timbre_domain::contact::PhoneKind;
use timbre_domain::crm::ContactReport;
use timbre_domain::identity::removed_phone;
use timbre_domain::number::{Country, PhoneNumber, ReadNumber};

use crate::connector::ContactShape;
use crate::orders::Phone;
use crate::read;

/// A telephone that can't be written as the CRM demands; the text may name it: shown, never logged.
#[derive(Debug, PartialEq)]
pub(crate) struct BadPhone(pub(crate) String);

/// The whole list as it is to stand in the CRM; `theirs` is its record of the contact, where it has one.
pub(crate) fn phones(
    shape: &ContactShape,
    country: Country,
    theirs: Option<&Json>,
    report: &ContactReport,
) -> Result<Vec<Phone>, BadPhone> {
    let mut phones: Vec<(String, Phone)> = Vec::new();
    for raw in theirs.map(|record| read::phones(shape, record)).unwrap_or_default() {
        let read = match PhoneNumber::read(&raw.number, country) {
            ReadNumber::Number(number) => Some(number),
            ReadNumber::Withheld => None,
        };
        let key = read.as_ref().map_or_else(|| raw.number.clone(), PhoneNumber::key);
        // A person took it away here.
        if read.as_ref().is_some_and(|number| report.changed.contains(&removed_phone(number))) {
            continue;
        }
        if phones.iter().any(|(known, _)| *known == key) {
            continue;
        }
        let number = match read.as_ref().and_then(PhoneNumber::e164) {
            // EspoCRM recordings, 29b: one telephone of old that is not E.164 makes it refuse the whole record.
            Some(e164) if shape.e164 => e164.to_owned(),
            None if shape.e164 => {
                return Err(BadPhone(format!(
                    "the contact's telephone {} there is no number of any country",
                    raw.number
                )));
            }
            _ => raw.number,
        };
        let kind_there = word_for(shape, raw.kind);
        phones.push((key, Phone { number, kind: raw.kind, kind_there, theirs: raw.record }));
    }
    for phone in &report.contact.phones {
        let key = phone.number.key();
        if phones.iter().any(|(known, _)| *known == key) {
            continue;
        }
        // Never as it was typed: an extension would be dropped without a word (EspoCRM recordings, 17b).
        let number = match phone.number.e164() {
            Some(e164) => e164.to_owned(),
            None if shape.e164 => {
                return Err(BadPhone(format!("the telephone {} is no number of any country", phone.number.raw())));
            }
            None => key.clone(),
        };
        let kind_there = word_for(shape, phone.kind);
        phones.push((key, Phone { number, kind: phone.kind, kind_there, theirs: None }));
    }
    Ok(phones.into_iter().map(|(_, phone)| phone).collect())
}

/// The CRM's first word for a kind, else its word for any other.
fn word_for(shape: &ContactShape, kind: PhoneKind) -> Option<String> {
    let word = |kind| shape.kinds.iter().find(|(_, known)| *known == kind).map(|(word, _)| word.clone());
    word(kind).or_else(|| word(PhoneKind::Other))
}
