//! Searching as somebody types: each letter is a search.

use std::time::Instant;

use timbre_domain::contact::Contact;

use super::Opened;
use super::people::{Person, mixed};
use crate::figures::{Report, Unit, grouped};
use crate::headless::ms_between;
use crate::{Failure, HOME};

/// People who are searched for.
const SOUGHT: u64 = 300;
/// As many as the window asks for.
const SHOWN: usize = 20;
/// The slowest searches that are named.
const NAMED: usize = 8;

const LETTERS: &str = "search after each letter";
const WHOLE: &str = "search when all is typed";

/// What is typed of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    Given,
    GivenAndFamily,
    FamilyAndGiven,
    Company,
    PartOfNumber,
    WholeNumber,
    Email,
    NameAndDigits,
    Nonsense,
}

impl Typed {
    const ALL: [Self; 9] = [
        Self::Given,
        Self::GivenAndFamily,
        Self::FamilyAndGiven,
        Self::Company,
        Self::PartOfNumber,
        Self::WholeNumber,
        Self::Email,
        Self::NameAndDigits,
        Self::Nonsense,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Given => "letters of a given name",
            Self::GivenAndFamily => "letters of given and family name",
            Self::FamilyAndGiven => "letters of family and given name",
            Self::Company => "letters of a company",
            Self::PartOfNumber => "digits of a part of a number",
            Self::WholeNumber => "digits of a number from its +",
            Self::Email => "letters of an e-mail address",
            Self::NameAndDigits => "letters of a name, then digits",
            Self::Nonsense => "letters of nobody",
        }
    }

    /// The text; nothing for a person who has no such thing.
    fn of(self, person: &Person, n: u64) -> Option<String> {
        let names: Vec<&str> = person.name.split(' ').filter(|name| !name.is_empty()).collect();
        let (given, family) = (names.first(), names.len().checked_sub(2).and_then(|place| names.get(place)));
        let national = person.mobile.strip_prefix("506").unwrap_or(&person.mobile);
        let part = || {
            let length = 3 + mixed(n) as usize % 6;
            let start = mixed(n ^ 1) as usize % (national.len().saturating_sub(length) + 1);
            national.get(start..(start + length).min(national.len())).map(str::to_owned)
        };
        match self {
            Self::Given => given.map(|given| (*given).to_owned()),
            Self::GivenAndFamily => Some(format!("{} {}", given?, family?)),
            Self::FamilyAndGiven => Some(format!("{} {}", family?, given?)),
            Self::Company => Some(person.company.clone()).filter(|company| !company.is_empty()),
            Self::PartOfNumber => part(),
            Self::WholeNumber => Some(format!("+{} {}", person.mobile.get(..3)?, person.mobile.get(3..)?)),
            Self::Email => person.email.split('@').next().map(str::to_owned),
            Self::NameAndDigits => Some(format!("{} {}", given?, part()?)),
            Self::Nonsense => Some(NONSENSE[n as usize % NONSENSE.len()].to_owned()),
        }
    }

    /// Whether what is typed leads to so few that the person must be among them.
    fn is_enough(self) -> bool {
        matches!(self, Self::WholeNumber | Self::Email)
    }
}

const NONSENSE: [&str; 6] = ["qwxzkj", "xyzzy plugh", "zzz", "ana xqz", "000000", "jkw 8888"];

pub(super) fn measure(opened: &Opened, count: u64) -> Result<Report, Failure> {
    let search = |text: &str| opened.store.search_contacts(text, HOME, SHOWN);
    let (mut letters, mut whole) = (Vec::new(), Vec::new());
    let mut kinds = vec![Vec::new(); Typed::ALL.len()];
    let mut slow: Vec<(f64, String)> = Vec::new();
    let (mut sought, mut missing) = (0, Vec::new());
    for (nth, n) in (0..SOUGHT).map(|nth| mixed(nth ^ 0x5ea) % count).enumerate() {
        let person = Person::nth(n);
        let kind = nth % Typed::ALL.len();
        let typed = Typed::ALL[kind];
        let Some(text) = typed.of(&person, n) else { continue };
        let ends = text.char_indices().map(|(start, letter)| start + letter.len_utf8());
        for end in ends {
            let started = Instant::now();
            let found = search(&text[..end])?;
            let took = ms_between(started, Instant::now());
            letters.push(took);
            kinds[kind].push(took);
            slow.push((took, text[..end].to_owned()));
            if end == text.len() {
                whole.push(took);
                sought += usize::from(typed.is_enough());
                if typed.is_enough() && !found.iter().any(|contact| is(contact, &person)) {
                    missing.push(text.clone());
                }
            }
        }
    }

    let mut report = Report::new(format!("Search as somebody types, among {} contacts", grouped(count)));
    report.figure_in(Unit::Ms, LETTERS, letters, Some(20.0));
    report.figure_in(Unit::Ms, WHOLE, whole, Some(20.0));
    for (kind, took) in Typed::ALL.iter().zip(kinds) {
        report.figure_in(Unit::Ms, kind.name(), took, None);
    }
    slow.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut named: Vec<(f64, String)> = Vec::new();
    for (took, text) in slow {
        if named.len() < NAMED && !named.iter().any(|(_, other)| *other == text) {
            named.push((took, text));
        }
    }
    let named: Vec<_> = named.iter().map(|(took, text)| format!("{text:?} {took:.1} ms")).collect();
    report.fact("the slowest", named.join(", "), true);
    let found = format!("{} of {sought}", sought - missing.len());
    let found = if missing.is_empty() { found } else { format!("{found}; not by {}", missing.join(", ")) };
    report.fact("people found by their number or address", found, missing.is_empty());
    Ok(report)
}

fn is(contact: &Contact, person: &Person) -> bool {
    contact.emails.contains(&person.email)
}
