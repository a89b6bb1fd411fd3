//! What an agent has typed about who the caller is, and what saving the result does with it.

use serde::{Deserialize, Serialize};

use crate::normalize::tidy;

/// What an agent has typed into a window's fields about who the caller is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct TypedCaller {
    /// The name of a new contact.
    pub name: String,
    /// The company of the new contact.
    pub company: String,
    /// What was searched for among the contacts, without one of them being chosen.
    pub search: String,
    /// How many contacts were offered, of which none was chosen or declined.
    pub offered: u32,
}

/// What saving a result does with what was typed about the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerOnSave {
    /// Nothing: no name was typed and nobody was searched for.
    Nothing,
    /// The new contact is made, and the result is with it.
    Create {
        /// The name as it was typed, on one line; may be empty where there is a company.
        name: String,
        /// The company as it was typed, on one line; may be empty where there is a name.
        company: String,
    },
    /// The save is refused: only the agent can say who is meant.
    Ask,
}

impl TypedCaller {
    /// What saving the result does; `known` says whether the call has a contact already.
    #[must_use]
    pub fn on_save(&self, known: bool) -> CallerOnSave {
        let (name, company) = (tidy(&self.name), tidy(&self.company));
        let (named, searched) = (!name.is_empty() || !company.is_empty(), !self.search.trim().is_empty());
        match (named, searched || (self.offered > 0 && !known)) {
            (false, false) => CallerOnSave::Nothing,
            (true, false) if !known => CallerOnSave::Create { name, company },
            // A name was typed for somebody who is known by now, or two ways to name somebody were begun.
            _ => CallerOnSave::Ask,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_begun_to_be_named_is_made_or_asked_about_and_never_passed_over() {
        let typed = |name: &str, company: &str, search: &str, offered| TypedCaller {
            name: name.into(),
            company: company.into(),
            search: search.into(),
            offered,
        };
        let create = |name: &str, company: &str| CallerOnSave::Create { name: name.into(), company: company.into() };
        use CallerOnSave::{Ask, Nothing};
        for (caller, known, decided) in [
            (typed("", "", "", 0), false, Nothing),
            (typed(" ", "\n", " ", 0), false, Nothing),
            (typed(" Ana  Rojas", "", "", 0), false, create("Ana Rojas", "")),
            (typed("", "Ferretería", "", 0), false, create("", "Ferretería")),
            (typed("Ana", "Café", " ", 0), false, create("Ana", "Café")),
            (typed("", "", "ana", 0), false, Ask),
            (typed("Ana", "", "ana", 0), false, Ask),
            (typed("", "", "", 3), false, Ask),
            (typed("Ana", "", "", 3), false, Ask),
            (typed("", "", "", 0), true, Nothing),
            (typed("", "", "", 3), true, Nothing),
            (typed("Ana", "", "", 0), true, Ask),
            (typed("", "", "otra", 0), true, Ask),
        ] {
            assert_eq!(caller.on_save(known), decided, "{caller:?} {known}");
        }
    }
}
