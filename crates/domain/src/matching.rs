//! Who is on the other side: the right contact, or an honest "maybe".

use serde::{Deserialize, Serialize};

use crate::call::{Direction, Party};
use crate::contact::Contact;

/// How a number led to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// The same number in E.164.
    Exact,
    /// The same digits, of a number that no country's rules could place.
    Digits,
    /// The agent dialled this very contact.
    Dialled,
    /// Several contacts have the number, and this one was used last.
    UsedLast,
}

/// Who is on the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case", tag = "match")]
pub enum Match {
    /// One contact.
    One {
        /// How it was found.
        kind: MatchKind,
        /// Who.
        contact: Contact,
    },
    /// Several contacts have the number, and the agent chooses.
    Several {
        /// How they were found.
        kind: MatchKind,
        /// Who, the one used last first.
        contacts: Vec<Contact>,
    },
    /// Several contacts have the number; an outgoing call asks nothing, so this is the one used last.
    Maybe {
        /// How it was chosen.
        kind: MatchKind,
        /// Who.
        contact: Contact,
        /// How many more contacts have the number.
        others: usize,
    },
    /// We placed the call to this contact.
    Dialled {
        /// Who.
        contact: Contact,
    },
    /// No contact has the number.
    Unknown,
    /// The caller hides the number.
    Withheld,
    /// An endpoint of the same account.
    Colleague,
}

/// A match's name alone, as machines read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchName {
    /// One contact.
    One,
    /// Several to choose from.
    Several,
    /// The one used last of several.
    Maybe,
    /// The contact we dialled.
    Dialled,
    /// Nobody.
    Unknown,
    /// The caller hides the number.
    Withheld,
    /// An endpoint of the same account.
    Colleague,
}

impl Match {
    /// Its name.
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
        }
    }

    /// How the number led to the contacts, where there are any.
    #[must_use]
    pub fn kind(&self) -> Option<MatchKind> {
        match self {
            Self::One { kind, .. } | Self::Several { kind, .. } | Self::Maybe { kind, .. } => Some(*kind),
            Self::Dialled { .. } => Some(MatchKind::Dialled),
            Self::Unknown | Self::Withheld | Self::Colleague => None,
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
            Self::Unknown | Self::Withheld | Self::Colleague => &[],
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

/// Decides who is on the other side. Several contacts become a choice for an incoming call and a "maybe" for an
/// outgoing one: there is no chooser for outgoing calls (seed 000, section 2).
#[must_use]
pub fn decide(direction: Direction, party: &Party, found: Found) -> Match {
    if let Some(contact) = found.dialled {
        return Match::Dialled { contact };
    }
    let number = match party {
        Party::Withheld => return Match::Withheld,
        Party::Endpoint { .. } => return Match::Colleague,
        Party::Number { number } => number,
    };
    let kind = if number.e164().is_some() { MatchKind::Exact } else { MatchKind::Digits };
    let mut contacts = found.contacts;
    // Used last first; contacts never used follow in the order they were made. The id makes the order total.
    contacts.sort_by(|a, b| b.last_used_at.cmp(&a.last_used_at).then(a.id.cmp(&b.id)));
    contacts.dedup_by(|a, b| a.id == b.id);
    match (contacts.len(), direction) {
        (0, _) => Match::Unknown,
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
    use crate::contact::ContactId;
    use crate::endpoint::EndpointNumber;
    use crate::number::{Country, PhoneNumber};

    fn contact(id: u128, used: Option<i64>) -> Contact {
        Contact {
            id: ContactId(Uuid::from_u128(id)),
            name: format!("contact {id}"),
            company: String::new(),
            phones: Vec::new(),
            last_used_at: used.map(|s| Utc.timestamp_opt(s, 0).unwrap()),
        }
    }

    fn number() -> Party {
        Party::Number { number: PhoneNumber::typed("88848787", Country::CR).unwrap() }
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
}
