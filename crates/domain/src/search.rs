//! Searching contacts as a person types: names, companies, e-mail addresses, any part of a number. Accents, capitals and
//! the order of words make no difference.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::contact::Contact;
use crate::normalize::fold;
use crate::number::{Country, PhoneNumber, digits_of, is_punctuation, number_alone, plain_text};

/// The shortest part of a number that is looked for: shorter ones are in nearly every number.
pub const SHORTEST_PART: usize = 3;

/// The words of a text, folded and with the digits of every script in ASCII: what stands between spaces and punctuation.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let text = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(plain_text(text)) };
    fold(&text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Every word a contact is found by, each once, separated by spaces: what a search index holds.
#[must_use]
pub fn words_of(contact: &Contact) -> String {
    let mut all = Vec::new();
    let texts = [&contact.name, &contact.company].into_iter().chain(&contact.emails);
    for word in texts.flat_map(|text| words(text)) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    all.join(" ")
}

/// The digits a contact is found by, a number each, separated by spaces: what a search index holds.
#[must_use]
pub fn digits_in(contact: &Contact) -> String {
    let mut all: Vec<String> = Vec::new();
    for digits in contact.phones.iter().map(|phone| phone.number.national_digits()) {
        if !all.contains(&digits) {
            all.push(digits);
        }
    }
    all.join(" ")
}

/// What a person typed into a search, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Beginnings of words, all of which must be there; folded.
    pub words: Vec<String>,
    /// A part of a number that the contact must have as well.
    pub number: Option<NumberPart>,
}

/// A part of a number as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPart {
    /// Digits of which one text must be in a number's national digits: as typed, or without a trunk prefix. Each has at
    /// least [`SHORTEST_PART`] digits.
    pub within: Vec<String>,
    /// The beginnings of index keys that match instead, where the part was or may have been typed with a country code.
    pub key_starts: Vec<String>,
    /// The key of the number, where the part may be a whole number.
    pub key: Option<String>,
}

impl Query {
    /// Parses a text. Digits and what stands between them are a part of a number where there are at least
    /// [`SHORTEST_PART`]; everything else is words. `None` for a text without letters and digits.
    #[must_use]
    pub fn read(text: &str, country: Country) -> Option<Self> {
        let text = plain_text(text);
        let of_number = |token: &str| {
            token.chars().any(|c| c.is_ascii_digit())
                && token.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#') || is_punctuation(c))
        };
        let (number, rest): (Vec<&str>, Vec<&str>) = text.split_whitespace().partition(|token| of_number(token));
        let number = number.join(" ");
        let mut words = words(&rest.join(" "));
        let part = NumberPart::read(&number, country);
        if part.is_none() {
            words.extend(self::words(&number));
        }
        (part.is_some() || !words.is_empty()).then_some(Self { words, number: part })
    }

    /// The same text with its digits taken for words, as in `Bodega 240`; nothing where it has none.
    #[must_use]
    pub fn digits_as_words(text: &str) -> Vec<String> {
        words(text)
    }

    /// Whether a contact has everything that was typed.
    #[must_use]
    pub fn matches(&self, contact: &Contact) -> bool {
        let has = words_of(contact);
        self.words.iter().all(|word| has.split(' ').any(|w| w.starts_with(word.as_str())))
            && self.number.as_ref().is_none_or(|part| contact.phones.iter().any(|phone| part.is_in(&phone.number)))
    }

    /// Puts the contacts in the order in which they are shown: a whole number before a part, whole words before
    /// beginnings, what was used last, names that begin as typed, then by name.
    pub fn rank(&self, contacts: &mut [Contact]) {
        contacts.sort_by_cached_key(|contact| {
            let name = fold(contact.display_name());
            let has = words_of(contact);
            let whole_words = self.words.iter().filter(|word| has.split(' ').any(|w| w == word.as_str())).count();
            let whole_number = self.number.as_ref().is_some_and(|part| {
                part.key.is_some() && contact.phones.iter().any(|phone| Some(phone.number.key()) == part.key)
            });
            let begins = self.words.first().is_some_and(|word| name.starts_with(word.as_str()));
            (
                Reverse(whole_number),
                Reverse(whole_words),
                Reverse(contact.last_used_at),
                Reverse(begins),
                name,
                contact.id,
            )
        });
    }
}

impl NumberPart {
    fn read(text: &str, country: Country) -> Option<Self> {
        let text = number_alone(text);
        let digits = digits_of(&text);
        if digits.len() < SHORTEST_PART {
            return None;
        }
        let abroad = text.starts_with('+') || digits.starts_with("00");
        let bare = digits.strip_prefix("00").filter(|_| abroad).unwrap_or(&digits);
        let home_code = country.calling_code().to_string();
        let coded = abroad || bare.starts_with(&home_code);
        let mut within: Vec<String> = Vec::new();
        let mut look_for = |digits: &str| {
            if digits.len() >= SHORTEST_PART && !within.iter().any(|known| known == digits) {
                within.push(digits.to_owned());
            }
        };
        if !abroad {
            look_for(&digits);
            if country.dials_zero_first() {
                look_for(digits.trim_start_matches('0'));
            }
        }
        let key = PhoneNumber::typed(&text, country).ok().filter(|number| number.e164().is_some()).map(|n| n.key());
        let mut key_starts: Vec<String> = Vec::new();
        if coded {
            key_starts.push(format!("+{bare}"));
            key_starts.extend(bare.strip_prefix("549").map(|rest| format!("+54{rest}")));
        }
        Some(Self { within, key_starts, key })
    }

    /// Whether it is a part of this number.
    #[must_use]
    pub fn is_in(&self, number: &PhoneNumber) -> bool {
        let key = number.key();
        let national = number.national_digits();
        self.key.as_ref() == Some(&key)
            || self.within.iter().any(|digits| national.contains(digits.as_str()))
            || self.key_starts.iter().any(|start| key.starts_with(start.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::contact::{ContactId, ContactPhone, PhoneKind};

    fn contact(name: &str, company: &str, numbers: &[&str]) -> Contact {
        let phones = numbers.iter().map(|text| ContactPhone {
            number: PhoneNumber::typed(text, Country::CR).unwrap(),
            kind: PhoneKind::Mobile,
            source: None,
        });
        Contact {
            name: name.into(),
            company: company.into(),
            phones: phones.collect(),
            emails: vec!["maria.nunez@cafetalera.example".into()],
            ..Contact::empty(ContactId(Uuid::from_u128(1)))
        }
    }

    fn finds(text: &str, contact: &Contact) -> bool {
        Query::read(text, Country::CR).is_some_and(|query| query.matches(contact))
    }

    #[test]
    fn accents_capitals_and_the_order_of_words_make_no_difference() {
        let maria = contact("María Núñez Solís", "Cafetalera del Valle S.A.", &[]);
        for text in
            ["maria", "MARÍA", "nuñez maria", "solis mar", "valle nun", "Cafetalera", "s.a.", "maria.nu", "@cafe"]
        {
            assert!(finds(text, &maria), "{text}");
        }
        for text in ["marta", "maria rojas", "aria", "maria 8888"] {
            assert!(!finds(text, &maria), "{text}");
        }
    }

    #[test]
    fn any_part_of_a_number_is_found_as_a_person_types_it() {
        let home = contact("Ana", "", &["8884-8787"]);
        for text in [
            "8884",
            "4-87",
            "8787",
            "88 84 87 87",
            "+506 8884",
            "5068884",
            "00506 888",
            "8884-8787 ana",
            "８８８４",
            "٨٨٨٤-٨٧٨٧",
            "#31#8884-8787",
        ] {
            assert!(finds(text, &home), "{text}");
        }
        for text in ["8885", "87 88", "+506 4878", "+5077", "8884 bea"] {
            assert!(!finds(text, &home), "{text}");
        }
        assert!(!finds("0884", &home), "no number of Costa Rica is dialled with a 0");
        let uruguay: Country = "UY".parse().unwrap();
        let query = Query::read("098 344", uruguay).unwrap();
        assert!(query.number.unwrap().within.contains(&"98344".to_owned()));
        let abroad = contact("Bea", "", &["+54 9 11 2345-6789"]);
        for text in ["2345", "1123", "+54 11 2345", "+549112", "6789"] {
            assert!(finds(text, &abroad), "{text}");
        }
    }

    #[test]
    fn too_few_digits_are_a_word() {
        assert!(finds("24", &contact("", "Bodega 24", &["22223333"])));
        assert!(!finds("22", &contact("", "Bodega 24", &["22223333"])));
        assert_eq!(Query::read(" -+. ", Country::CR), None);
    }

    #[test]
    fn whole_matches_come_first_then_what_was_used_last_then_the_name() {
        let mut contacts = [
            contact("Anabel", "", &[]),
            contact("Zoe", "Ana", &[]),
            contact("Berta Anaya", "", &[]),
            contact("Ana", "", &[]),
        ];
        contacts[2].last_used_at = chrono::DateTime::from_timestamp(1_800_000_000, 0);
        Query::read("ana", Country::CR).unwrap().rank(&mut contacts);
        assert_eq!(contacts.map(|contact| contact.name), ["Ana", "Zoe", "Berta Anaya", "Anabel"]);
    }

    proptest::proptest! {
        #[test]
        fn words_are_folded_once_and_for_all(text in "\\PC{0,40}") {
            for word in words(&text) {
                proptest::prop_assert_eq!(words(&word).concat(), word.clone());
            }
        }
    }
}
