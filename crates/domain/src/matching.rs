//! Who is on the other side: the right contact, or an honest "maybe".

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::call::{Direction, Party};
use crate::contact::Contact;
use crate::number::{PhoneNumber, Written};

/// How a number led to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// The same number, with its country code on both sides.
    Exact,
    /// The same number, once its country's rules completed what one side left out.
    National,
    /// Another form of the same number: both reach the same subscriber.
    OtherForm,
    /// The same digits, of a number that no country's rules could place.
    Digits,
    /// The agent dialled this very contact.
    Dialled,
    /// Several contacts have the number, and this one was used last.
    UsedLast,
    /// The agent said who it is.
    Chosen,
}

/// Who is on the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case", tag = "match")]
pub enum Match {
    /// Exactly one contact has the number.
    One {
        /// How it was found.
        kind: MatchKind,
        /// The contact that was found.
        contact: Contact,
    },
    /// Several contacts have the number, and the agent chooses.
    Several {
        /// How the first was found.
        kind: MatchKind,
        /// Who, the one used last first.
        contacts: Vec<Contact>,
    },
    /// Several contacts have the number; an outgoing call asks nothing, so this is the one used last.
    Maybe {
        /// How it was chosen.
        kind: MatchKind,
        /// The contact that was used last.
        contact: Contact,
        /// How many more contacts have the number.
        others: usize,
    },
    /// We placed the call to this contact.
    Dialled {
        /// The contact that the agent dialled.
        contact: Contact,
    },
    /// No contact has the number.
    Unknown,
    /// The caller hides the number.
    Withheld,
    /// An endpoint of the same account.
    Colleague,
    /// The vendor has not said yet who calls.
    NotKnownYet,
}

/// A match's name alone, as machines read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchName {
    /// Exactly one contact has the number.
    One,
    /// Several to choose from.
    Several,
    /// The one used last of several.
    Maybe,
    /// The contact we dialled.
    Dialled,
    /// No contact has the number.
    Unknown,
    /// The caller hides the number.
    Withheld,
    /// An endpoint of the same account.
    Colleague,
    /// The vendor has not said yet who calls.
    NotKnownYet,
}

impl MatchKind {
    /// How sure it is that both numbers are the same, the surest first: what lists are sorted by.
    #[must_use]
    pub fn strength(self) -> u8 {
        match self {
            Self::Chosen | Self::Dialled => 0,
            Self::Exact => 1,
            Self::National => 2,
            Self::OtherForm => 3,
            Self::Digits => 4,
            Self::UsedLast => 5,
        }
    }
}

impl Match {
    /// The name of the variant, without the contacts.
    #[must_use]
    pub fn name(&self) -> MatchName {
        match self {
            Self::One { .. } => MatchName::One,
            Self::Several { .. } => MatchName::Several,
            Self::Maybe { .. } => MatchName::Maybe,
            Self::Dialled { .. } => MatchName::Dialled,
            Self::Unknown => MatchName::Unknown,
            Self::Withheld => MatchName::Withheld,
            Self::Colleague => MatchName::Colleague,
            Self::NotKnownYet => MatchName::NotKnownYet,
        }
    }

    /// How the number led to the contacts, where there are any.
    #[must_use]
    pub fn kind(&self) -> Option<MatchKind> {
        match self {
            Self::One { kind, .. } | Self::Several { kind, .. } | Self::Maybe { kind, .. } => Some(*kind),
            Self::Dialled { .. } => Some(MatchKind::Dialled),
            Self::Unknown | Self::Withheld | Self::Colleague | Self::NotKnownYet => None,
        }
    }

    /// The contacts to show: one, several to choose from, or none.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        match self {
            Self::One { contact, .. } | Self::Maybe { contact, .. } | Self::Dialled { contact } => {
                std::slice::from_ref(contact)
            }
            Self::Several { contacts, .. } => contacts,
            Self::Unknown | Self::Withheld | Self::Colleague | Self::NotKnownYet => &[],
        }
    }
}

/// What was looked up for a party.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The contacts with the party's number, each once.
    pub contacts: Vec<Contact>,
    /// The contact the agent dialled, where this call was dialled through us to a contact.
    pub dialled: Option<Contact>,
}

/// How this number leads to this contact: the best of its telephones. Nothing where none of them is the same number.
#[must_use]
pub fn kind_of(contact: &Contact, number: &PhoneNumber) -> Option<MatchKind> {
    contact.phones.iter().filter_map(|phone| kind_between(&phone.number, number)).min_by_key(|kind| kind.strength())
}

fn kind_between(ours: &PhoneNumber, theirs: &PhoneNumber) -> Option<MatchKind> {
    if ours.key() != theirs.key() {
        return None;
    }
    Some(match (ours.e164(), theirs.e164()) {
        (Some(a), Some(b)) if a != b => MatchKind::OtherForm,
        (Some(_), Some(_)) => match (ours.written_as(), theirs.written_as()) {
            (Written::International, Written::International) => MatchKind::Exact,
            _ => MatchKind::National,
        },
        // The digits of a code of stars and hashes are those of nobody's number.
        _ if ours.is_service_code() || theirs.is_service_code() => {
            return (ours.raw() == theirs.raw()).then_some(MatchKind::Digits);
        }
        _ => MatchKind::Digits,
    })
}

/// Puts contacts in the order in which a list shows them: the surest match first, then the one used last, then the oldest.
pub fn sort_by_strength(contacts: &mut [(MatchKind, Contact)]) {
    contacts.sort_by(|(a, one), (b, other)| {
        let used_last = other.last_used_at.cmp(&one.last_used_at);
        a.strength().cmp(&b.strength()).then(used_last).then(one.id.cmp(&other.id))
    });
}

/// Decides who is on the other side. Several contacts become a choice for an incoming call and a "maybe" for an
/// outgoing one: there is no chooser for outgoing calls (seed 000, section 2).
#[must_use]
pub fn decide(direction: Direction, party: &Party, found: Found) -> Match {
    if let Some(contact) = found.dialled {
        return Match::Dialled { contact };
    }
    let number = match party {
        Party::Withheld => return Match::Withheld,
        Party::NotKnownYet => return Match::NotKnownYet,
        Party::Endpoint { .. } => return Match::Colleague,
        Party::Number { number } => number,
    };
    let mut contacts = found.contacts;
    // An index may lag behind the rules of numbers: what is not the same number by today's rules is nobody's.
    contacts.retain(|contact| kind_of(contact, number).is_some());
    // Used last first; of contacts never used the surest, in the order they were made. The id makes the order total.
    let strength = |contact: &Contact| kind_of(contact, number).map_or(u8::MAX, MatchKind::strength);
    contacts.sort_by_cached_key(|contact| (Reverse(contact.last_used_at), strength(contact), contact.id));
    contacts.dedup_by(|a, b| a.id == b.id);
    let Some(kind) = contacts.first().and_then(|first| kind_of(first, number)) else { return Match::Unknown };
    match (contacts.len(), direction) {
        (1, _) => Match::One { kind, contact: contacts.remove(0) },
        (n, Direction::Out) => Match::Maybe { kind: MatchKind::UsedLast, contact: contacts.remove(0), others: n - 1 },
        _ => Match::Several { kind, contacts },
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use uuid::Uuid;

    use super::*;
    use crate::contact::{ContactId, ContactPhone, PhoneKind};
    use crate::endpoint::EndpointNumber;
    use crate::number::{Country, ReadNumber};

    fn with_numbers(id: u128, used: Option<i64>, numbers: &[&str]) -> Contact {
        let phone = |text: &&str| ContactPhone { number: read(text), kind: PhoneKind::Mobile, source: None };
        Contact {
            name: format!("contact {id}"),
            phones: numbers.iter().map(phone).collect(),
            last_used_at: used.map(|s| Utc.timestamp_opt(s, 0).unwrap()),
            ..Contact::empty(ContactId(Uuid::from_u128(id)))
        }
    }

    fn contact(id: u128, used: Option<i64>) -> Contact {
        with_numbers(id, used, &["2222-3333", "+506 8884-8787"])
    }

    fn read(text: &str) -> PhoneNumber {
        match PhoneNumber::read(text, Country::CR) {
            ReadNumber::Number(number) => number,
            ReadNumber::Withheld => panic!("{text}"),
        }
    }

    fn number() -> Party {
        Party::Number { number: read("50688848787") }
    }

    fn found(contacts: Vec<Contact>) -> Found {
        Found { contacts, dialled: None }
    }

    #[test]
    fn one_contact_is_one_match_in_either_direction() {
        for direction in [Direction::In, Direction::Out] {
            let got = decide(direction, &number(), found(vec![contact(1, None)]));
            assert_eq!(got, Match::One { kind: MatchKind::Exact, contact: contact(1, None) });
        }
    }

    #[test]
    fn several_contacts_are_a_choice_for_an_incoming_call_with_the_one_used_last_first() {
        let got =
            decide(Direction::In, &number(), found(vec![contact(1, None), contact(2, Some(5)), contact(3, Some(9))]));
        let Match::Several { contacts, .. } = got else { panic!("{got:?}") };
        assert_eq!(contacts.iter().map(|c| c.id.0.as_u128()).collect::<Vec<_>>(), [3, 2, 1]);
    }

    #[test]
    fn several_contacts_are_a_maybe_and_never_a_chooser_for_an_outgoing_call() {
        let got = decide(Direction::Out, &number(), found(vec![contact(1, None), contact(2, Some(5))]));
        assert_eq!(got, Match::Maybe { kind: MatchKind::UsedLast, contact: contact(2, Some(5)), others: 1 });
    }

    #[test]
    fn the_contact_we_dialled_wins_over_everybody_with_the_number() {
        let got = decide(
            Direction::Out,
            &number(),
            Found { contacts: vec![contact(1, None), contact(2, None)], dialled: Some(contact(2, None)) },
        );
        assert_eq!(got, Match::Dialled { contact: contact(2, None) });
    }

    #[test]
    fn nobody_withheld_and_colleagues_are_told_apart() {
        assert_eq!(decide(Direction::In, &number(), Found::default()), Match::Unknown);
        assert_eq!(decide(Direction::In, &Party::Withheld, found(vec![contact(1, None)])), Match::Withheld);
        let colleague = Party::Endpoint { number: EndpointNumber::new("8615601").unwrap() };
        assert_eq!(decide(Direction::In, &colleague, found(vec![contact(1, None)])), Match::Colleague);
    }

    #[test]
    fn the_kind_of_match_says_what_was_the_same() {
        for (stored, caller, kind) in [
            ("+506 8884-8787", "50688848787", Some(MatchKind::Exact)),
            ("8884-8787", "50688848787", Some(MatchKind::National)),
            ("+506 8884-8787", "88848787", Some(MatchKind::National)),
            ("+54 9 11 2345-6789", "541123456789", Some(MatchKind::OtherForm)),
            ("+52 1 55 1234 5678", "525512345678", Some(MatchKind::National)),
            ("1155", "1155", Some(MatchKind::Digits)),
            ("8884-8788", "88848787", None),
            ("8848787", "88848787", None),
            ("+1 888 488-8787", "4888787", None),
            ("#31#8884-8787", "50688848787", Some(MatchKind::National)),
            ("٨٨٨٤-٨٧٨٧", "88848787", Some(MatchKind::National)),
            ("123", "*123", None),
            ("(51) 902 871 550", "51902871550", None),
            ("(81) 99493-0853", "+81 99493-0853", None),
        ] {
            assert_eq!(kind_of(&with_numbers(1, None, &[stored]), &read(caller)), kind, "{stored} {caller}");
        }
    }

    #[test]
    fn a_list_begins_with_the_surest_match_whatever_was_used_last() {
        let number = read("+54 9 11 2345-6789");
        let mut list: Vec<_> = [
            with_numbers(1, Some(9), &["+54 11 2345-6789"]),
            with_numbers(2, None, &["+54 9 11 2345-6789"]),
            with_numbers(3, Some(5), &["+54 9 11 2345-6789"]),
        ]
        .map(|contact| (kind_of(&contact, &number).unwrap(), contact))
        .into();
        sort_by_strength(&mut list);
        let order: Vec<_> = list.iter().map(|(kind, contact)| (*kind, contact.id.0.as_u128())).collect();
        assert_eq!(order, [(MatchKind::Exact, 3), (MatchKind::Exact, 2), (MatchKind::OtherForm, 1)]);
    }

    #[test]
    fn digits_alone_are_the_weakest_of_several_telephones() {
        let both = with_numbers(1, None, &["1155", "+506 8884-8787"]);
        assert_eq!(kind_of(&both, &read("50688848787")), Some(MatchKind::Exact));
        assert!(MatchKind::Digits.strength() > MatchKind::OtherForm.strength());
    }

    #[test]
    fn the_best_of_several_telephones_gives_the_kind() {
        let both = with_numbers(1, None, &["+54 11 2345-6789", "+54 9 11 2345-6789"]);
        assert_eq!(kind_of(&both, &read("5491123456789")), Some(MatchKind::Exact));
    }

    #[test]
    fn a_contact_that_only_an_old_index_led_to_is_nobody() {
        let stranger = with_numbers(1, None, &["2222-3333"]);
        assert_eq!(decide(Direction::In, &number(), found(vec![stranger])), Match::Unknown);
    }
}
