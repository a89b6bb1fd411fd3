//! Merges a contact's telephones: ours, and those that the CRM's record has beside them.

use serde_json::Value as Json;
use timbre_domain::contact::{ContactPart, ContactPhone, PhoneKind};
use timbre_domain::crm::ContactReport;
use timbre_domain::number::{Fellows, PhoneNumber, ReadNumber, certain, has_extension};

use super::{Phone, Theirs, put_first};
use crate::connector::ContactShape;
use crate::read::{self, RawPhone};

/// A telephone that the CRM has, and the keys it may be known by here.
struct There {
    raw: RawPhone,
    keys: Vec<String>,
    /// E.164 where there is no doubt.
    certain: Option<String>,
}

/// The whole list as it is to stand in the CRM.
pub(crate) fn phones(theirs: &Theirs<'_>, report: &ContactReport) -> Vec<Phone> {
    let there = there(theirs);
    let kept: Vec<&There> = there.iter().filter(|one| !is_removed(one, report)).collect();
    let ours = &report.contact.phones;
    let same = |one: &There, phone: &ContactPhone| {
        one.raw.number == phone.number.raw() || one.keys.contains(&phone.number.key())
    };
    // Which of theirs a person touched here: the very text, else the first that reaches the same subscriber.
    let touched = |phone: &ContactPhone| {
        let text = kept.iter().position(|one| one.raw.number == phone.number.raw());
        text.or_else(|| kept.iter().position(|one| same(one, phone)))
    };
    let typed: Vec<(usize, &ContactPhone)> =
        ours.iter().filter(|phone| phone.source.is_none()).filter_map(|phone| Some((touched(phone)?, phone))).collect();
    let stands = |e164: &String| kept.iter().any(|one| one.certain.as_ref() == Some(e164));
    let mut list: Vec<Phone> = kept
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let typed = typed.iter().find(|(of, _)| *of == at).map(|(_, phone)| *phone);
            let kind = typed.map(|phone| phone.kind).filter(|kind| *kind != one.raw.kind);
            // A person wrote out what the CRM's text leaves open.
            let clearer = typed.filter(|phone| one.certain.is_none() && one.raw.number != phone.number.raw());
            let clearer = clearer.and_then(|phone| certain(phone.number.raw(), theirs.country));
            let clearer = clearer.filter(|e164| !stands(e164));
            Phone {
                number: clearer.map_or_else(|| one.raw.written.clone(), Json::String),
                kind: kind.unwrap_or(one.raw.kind),
                kind_there: word_for(theirs.shape, kind.unwrap_or(one.raw.kind)),
                theirs: one.raw.record.clone(),
                ours: kind.is_some(),
                moved: false,
            }
        })
        .collect();
    let mut keys: Vec<Vec<String>> = kept.iter().map(|one| one.keys.clone()).collect();
    for phone in ours {
        // What the CRM brought and has no more, it took away.
        let taken_away = theirs.record.is_some() && phone.source.as_deref() == Some(theirs.source);
        let key = phone.number.key();
        if taken_away || kept.iter().any(|one| same(one, phone)) || keys.iter().any(|known| known.contains(&key)) {
            continue;
        }
        // An extension would be dropped without a word (EspoCRM recordings, 17b). What is only guessed goes out as it was
        // written: the CRM may know better, and it never holds a number that nobody wrote.
        let number = certain(phone.number.raw(), theirs.country).unwrap_or_else(|| phone.number.raw().to_owned());
        let kind_there = word_for(theirs.shape, phone.kind);
        list.push(Phone {
            number: number.into(),
            kind: phone.kind,
            kind_there,
            theirs: None,
            ours: true,
            moved: false,
        });
        keys.push(vec![key]);
    }
    let stays = there.first().zip(kept.first()).is_some_and(|(first, kept)| std::ptr::eq(first, *kept));
    let first = if stays && !report.changed.contains(&ContactPart::FirstPhone) {
        Some(0)
    } else {
        ours.iter().find_map(|phone| keys.iter().position(|known| known.contains(&phone.number.key())))
    };
    let stays = stays && first == Some(0);
    let moved = !there.is_empty() && !stays;
    let mut list = put_first(list, first);
    list.iter_mut().for_each(|phone| phone.moved = moved);
    list
}

/// The same list for a CRM that has refused it because it takes E.164 alone: telephones of old are written so where that
/// leaves no doubt. Nothing where there is none, or where it would be a guess.
pub(crate) fn in_e164(list: &[Phone], theirs: &Theirs<'_>) -> Option<Vec<Phone>> {
    let texts: Vec<&str> = list.iter().map(|phone| phone.number.as_str().unwrap_or_default()).collect();
    if texts.iter().all(|text| is_e164(text)) {
        return None;
    }
    // What was added here says nothing of the country that the CRM's own texts are of.
    let of_theirs = list.iter().filter(|phone| phone.theirs.is_some()).filter_map(|phone| phone.number.as_str());
    let abroad = Fellows::of(of_theirs, theirs.country).are_abroad(theirs.country);
    let mut written: Vec<Phone> = Vec::with_capacity(list.len());
    for (phone, text) in list.iter().zip(texts) {
        let names_its_country = || text.trim_start().starts_with(['+', '0']);
        let number = match certain(text, theirs.country) {
            _ if is_e164(text) => text.to_owned(),
            // Whoever put an extension there wants it kept.
            _ if phone.theirs.is_some() && has_extension(text) => return None,
            // Beside numbers of another country a text that names none may be one of theirs.
            Some(number) if !abroad || names_its_country() => number,
            _ => return None,
        };
        let number = Json::String(number);
        if !written.iter().any(|known| known.number == number) {
            written.push(Phone { number, ..phone.clone() });
        }
    }
    Some(written)
}

/// Those that are not written in E.164, for the person who mends what the CRM refused.
pub(crate) fn not_in_e164(list: &[Phone]) -> Vec<&str> {
    list.iter().filter_map(|phone| phone.number.as_str()).filter(|text| !is_e164(text)).collect()
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

fn there(theirs: &Theirs<'_>) -> Vec<There> {
    let raw = theirs.record.map(|record| read::phones(theirs.shape, record)).unwrap_or_default();
    let fellows = Fellows::of(raw.iter().map(|one| one.number.as_str()), theirs.country);
    raw.into_iter()
        .map(|raw| {
            let alone = PhoneNumber::read(&raw.number, theirs.country);
            let mut keys = Vec::new();
            for read in [fellows.read(&raw.number, theirs.country), alone] {
                if let ReadNumber::Number(number) = read {
                    // As it is kept where it was never placed in a country.
                    let bare = PhoneNumber::stored(number.raw().to_owned(), None).key();
                    keys.extend([number.key(), bare]);
                }
            }
            There { certain: certain(&raw.number, theirs.country), raw, keys }
        })
        .collect()
}

/// A person took it away here.
fn is_removed(one: &There, report: &ContactReport) -> bool {
    one.keys.iter().any(|key| report.changed.contains(&ContactPart::RemovedPhone(key.clone())))
}

/// The CRM's first word for a kind, else its word for any other.
fn word_for(shape: &ContactShape, kind: PhoneKind) -> Option<String> {
    let word = |kind| shape.kinds.iter().find(|(_, known)| *known == kind).map(|(word, _)| word.clone());
    word(kind).or_else(|| word(PhoneKind::Other))
}

#[cfg(test)]
mod tests;
