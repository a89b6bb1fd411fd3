//! Dispositions: the organisation's own words for what came of a call, in up to three levels, with what each asks for and
//! brings about.

use serde::{Deserialize, Serialize};

use crate::charge::Charge;

/// How deep a catalogue goes (tipificación in up to three levels).
pub const LEVELS_AT_MOST: usize = 3;

/// Something that a result with a disposition must have before it is final.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "ts", ts(type = "string"))]
pub enum Requirement {
    /// A disposition: the catalogue is not empty. It stands in no settings file.
    Disposition,
    /// A comment that is not empty.
    Comment,
    /// Whose result it is: a contact.
    Contact,
    /// A follow-up: something to be done later.
    FollowUp,
    /// At least one charge.
    Charge,
    /// A value of this field of the organisation.
    Field(String),
}

/// A text that names nothing a result could have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what can be required is comment, contact, follow_up, charge or field:NAME")]
pub struct BadRequirement;

impl TryFrom<String> for Requirement {
    type Error = BadRequirement;

    fn try_from(text: String) -> Result<Self, BadRequirement> {
        match text.as_str() {
            "disposition" => Ok(Self::Disposition),
            "comment" => Ok(Self::Comment),
            "contact" => Ok(Self::Contact),
            "follow_up" => Ok(Self::FollowUp),
            "charge" => Ok(Self::Charge),
            _ => match text.strip_prefix("field:").map(str::trim) {
                Some(name) if !name.is_empty() => Ok(Self::Field(name.to_owned())),
                _ => Err(BadRequirement),
            },
        }
    }
}

impl From<Requirement> for String {
    fn from(requirement: Requirement) -> Self {
        requirement.to_string()
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disposition => f.write_str("disposition"),
            Self::Comment => f.write_str("comment"),
            Self::Contact => f.write_str("contact"),
            Self::FollowUp => f.write_str("follow_up"),
            Self::Charge => f.write_str("charge"),
            Self::Field(name) => write!(f, "field:{name}"),
        }
    }
}

/// Something that a disposition brings about by itself once its result is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A follow-up, where the agent gave none.
    FollowUp {
        /// So many days after the result, at the same time of day.
        after_days: u16,
        /// What is to be done; the disposition's name where it is empty.
        #[serde(default)]
        what: String,
    },
    /// A charge, where the agent gave none.
    Charge(Charge),
    /// The contact is not to be called any more.
    DoNotCall,
    /// The comment goes to the contact's record as a note, too.
    Note,
}

/// One disposition of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Disposition {
    /// What it is called in other programs; no two have the same. It stays when the name changes.
    pub code: String,
    /// The name that agents read and choose.
    pub name: String,
    /// The code of the one above it; nothing for the first level.
    pub under: Option<String>,
    /// What its results must have, and those of all below it.
    pub requires: Vec<Requirement>,
    /// What it brings about, and all below it.
    pub actions: Vec<Action>,
}

/// One level of a disposition that was chosen, as it was called then: a catalogue that changes later rewrites no history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ChosenLevel {
    /// The code of the level, which other programs know it by.
    pub code: String,
    /// Its name at the time.
    pub name: String,
}

/// The organisation's dispositions, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DispositionCatalogue {
    all: Vec<Disposition>,
}

/// What is wrong with a catalogue, and with which of its entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BadCatalogue {
    /// Which entry, counted from 0.
    pub entry: usize,
    /// What is wrong, in English.
    pub what: String,
}

/// Why a code can't be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChoice {
    /// There is no such code.
    #[error("there is no disposition {0:?}")]
    Unknown(String),
    /// It has others below it, one of which must be chosen.
    #[error("{0:?} has others below it: choose one of {1}")]
    NotTheLast(String, String),
}

impl DispositionCatalogue {
    /// A catalogue of these, in their order.
    ///
    /// # Errors
    /// When a code or a name is missing, a code is there twice, one stands under another that comes not before it, or
    /// deeper than three levels.
    pub fn new(all: Vec<Disposition>) -> Result<Self, BadCatalogue> {
        let mut depths: Vec<usize> = Vec::with_capacity(all.len());
        for (entry, disposition) in all.iter().enumerate() {
            let bad = |what: String| BadCatalogue { entry, what };
            if disposition.code.trim().is_empty() || disposition.name.trim().is_empty() {
                return Err(bad("a disposition needs a code and a name".into()));
            }
            let place = |code: &str| all[..entry].iter().position(|earlier| earlier.code == code);
            if place(&disposition.code).is_some() {
                return Err(bad(format!("the code {:?} is there already", disposition.code)));
            }
            let depth = match &disposition.under {
                None => 1,
                Some(above) => match place(above) {
                    Some(above) => depths[above] + 1,
                    None => return Err(bad(format!("it stands under {above:?}, which must come before it"))),
                },
            };
            if depth > LEVELS_AT_MOST {
                return Err(bad(format!("it would be level {depth}; there are at most {LEVELS_AT_MOST}")));
            }
            depths.push(depth);
        }
        Ok(Self { all })
    }

    /// All of them, in the organisation's order.
    #[must_use]
    pub fn all(&self) -> &[Disposition] {
        &self.all
    }

    /// Whether the organisation has none: results then need none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The levels of a code, the first level first.
    ///
    /// # Errors
    /// [`BadChoice`].
    pub fn choose(&self, code: &str) -> Result<Vec<ChosenLevel>, BadChoice> {
        let path = self.path(code);
        if path.is_empty() {
            return Err(BadChoice::Unknown(code.to_owned()));
        }
        let below = self.last_levels(code);
        if below != [code] {
            return Err(BadChoice::NotTheLast(code.to_owned(), below.join(", ")));
        }
        Ok(path.into_iter().map(|one| ChosenLevel { code: one.code.clone(), name: one.name.clone() }).collect())
    }

    /// What a result with these levels must have. An empty catalogue asks for nothing.
    #[must_use]
    pub fn requirements(&self, levels: &[ChosenLevel]) -> Vec<Requirement> {
        let mut all = if self.is_empty() { Vec::new() } else { vec![Requirement::Disposition] };
        for requirement in self.of(levels).into_iter().flat_map(|one| &one.requires) {
            if !all.contains(requirement) {
                all.push(requirement.clone());
            }
        }
        all
    }

    /// What a result with these levels brings about; the deepest level speaks first.
    #[must_use]
    pub fn actions(&self, levels: &[ChosenLevel]) -> Vec<Action> {
        let mut of = self.of(levels);
        of.reverse();
        of.into_iter().flat_map(|one| one.actions.iter().cloned()).collect()
    }

    /// The codes that can be chosen at and below one: itself where nothing stands below it.
    fn last_levels<'a>(&'a self, code: &'a str) -> Vec<&'a str> {
        let below = self.all.iter().filter(|one| one.under.as_deref() == Some(code));
        let below: Vec<_> = below.flat_map(|one| self.last_levels(&one.code)).collect();
        if below.is_empty() { vec![code] } else { below }
    }

    fn of(&self, levels: &[ChosenLevel]) -> Vec<&Disposition> {
        levels.last().map(|last| self.path(&last.code)).unwrap_or_default()
    }

    /// From the first level down to a code; nothing where there is no such code.
    fn path(&self, code: &str) -> Vec<&Disposition> {
        let mut path = Vec::with_capacity(LEVELS_AT_MOST);
        let mut next = Some(code);
        while let Some(found) = next.and_then(|code| self.all.iter().find(|one| one.code == code)) {
            path.push(found);
            next = found.under.as_deref();
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(code: &str, under: Option<&str>) -> Disposition {
        Disposition {
            code: code.into(),
            name: format!("({code})"),
            under: under.map(str::to_owned),
            requires: Vec::new(),
            actions: Vec::new(),
        }
    }

    #[test]
    fn a_code_is_chosen_with_all_its_levels_and_asks_for_what_any_of_them_asks() {
        let mut all = vec![entry("sale", None), entry("closed", Some("sale")), entry("cash", Some("closed"))];
        all[0].requires = vec![Requirement::Comment];
        all[2].requires = vec![Requirement::Charge, Requirement::Comment];
        all[0].actions = vec![Action::Note];
        all[2].actions = vec![Action::DoNotCall];
        let catalogue = DispositionCatalogue::new(all).unwrap();
        let levels = catalogue.choose("cash").unwrap();
        assert_eq!(levels.iter().map(|level| level.code.as_str()).collect::<Vec<_>>(), ["sale", "closed", "cash"]);
        assert_eq!(
            catalogue.requirements(&levels),
            [Requirement::Disposition, Requirement::Comment, Requirement::Charge]
        );
        assert_eq!(catalogue.actions(&levels), [Action::DoNotCall, Action::Note], "the deepest first");
    }

    #[test]
    fn only_the_last_level_can_be_chosen() {
        let catalogue = DispositionCatalogue::new(vec![entry("a", None), entry("b", Some("a"))]).unwrap();
        assert!(matches!(catalogue.choose("a"), Err(BadChoice::NotTheLast(..))));
        assert!(matches!(catalogue.choose("c"), Err(BadChoice::Unknown(_))));
    }

    #[test]
    fn a_catalogue_that_can_t_be_right_names_the_entry() {
        let deep = vec![entry("1", None), entry("2", Some("1")), entry("3", Some("2")), entry("4", Some("3"))];
        for (all, wrong) in [
            (vec![entry("", None)], 0),
            (vec![entry("a", None), entry("a", None)], 1),
            (vec![entry("b", Some("a")), entry("a", None)], 0),
            (vec![entry("a", Some("a"))], 0),
            (deep, 3),
        ] {
            assert_eq!(DispositionCatalogue::new(all).unwrap_err().entry, wrong);
        }
    }

    #[test]
    fn a_requirement_reads_as_it_is_written() {
        for text in ["disposition", "comment", "contact", "follow_up", "charge", "field:pedido"] {
            assert_eq!(Requirement::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["", "field:", "commentary"] {
            assert!(Requirement::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
