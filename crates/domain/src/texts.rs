//! The texts that people read, in Spanish, English and Portuguese: one catalogue for windows and the command line.
//!
//! A text may hold places like `{number}`, filled by [`Catalogue::fill`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::error::{ErrorCode, Said, VendorReason};

/// A language that Timbre has texts in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Spanish, as spoken in Latin American offices.
    #[default]
    Es,
    /// English, as it is written internationally.
    En,
    /// Portuguese, as in Brazil.
    Pt,
}

impl Language {
    /// All languages of the catalogue of texts.
    pub const ALL: [Self; 3] = [Self::Es, Self::En, Self::Pt];

    /// The language of a POSIX locale such as `pt_BR.UTF-8`; Spanish where it is none of ours.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        match locale.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("en") => Self::En,
            Some("pt") => Self::Pt,
            _ => Self::Es,
        }
    }
}

/// The catalogue of the texts in one language.
#[derive(Debug)]
pub struct Catalogue {
    texts: BTreeMap<String, String>,
}

static CATALOGUES: LazyLock<[Catalogue; 3]> = LazyLock::new(|| {
    [include_str!("../texts/es.json"), include_str!("../texts/en.json"), include_str!("../texts/pt.json")].map(|json| {
        // A test reads all three files, so a catalogue that can't be read never leaves the workshop.
        Catalogue { texts: serde_json::from_str(json).unwrap_or_default() }
    })
});

impl Catalogue {
    /// The texts of a language.
    #[must_use]
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::Es => &CATALOGUES[0],
            Language::En => &CATALOGUES[1],
            Language::Pt => &CATALOGUES[2],
        }
    }

    /// The text under a key; the key itself where there is none, so that a gap is seen and not hidden.
    #[must_use]
    pub fn text<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The text under a key with its places filled.
    #[must_use]
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        // One pass, so that a value that looks like a place is left alone.
        let mut rest = self.text(key);
        let mut filled = String::with_capacity(rest.len());
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            match after
                .split_once('}')
                .and_then(|(name, tail)| Some((values.iter().find(|(n, _)| *n == name)?.1, tail)))
            {
                Some((value, tail)) => {
                    filled.push_str(value);
                    rest = tail;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    /// A text about a field of a vendor's account form: the vendor's own, else the one that all vendors share. `part` is
    /// `label`, `about`, or a word of a choice.
    #[must_use]
    pub fn of_vendor(&self, vendor: &str, field: &str, part: &str) -> Option<&str> {
        let text = |owner: &str| self.texts.get(&format!("vendor.{owner}.{field}.{part}")).map(String::as_str);
        text(vendor).or_else(|| text("any"))
    }

    /// What happened, for an error code.
    #[must_use]
    pub fn what(&self, code: ErrorCode) -> String {
        self.fill(&format!("error.{}.what", code.as_str()), &[])
    }

    /// What happened, in the vendor's own terms where it gave a reason that has a text.
    #[must_use]
    pub fn what_of(&self, code: ErrorCode, reason: Option<&VendorReason>) -> String {
        self.of_reason(reason, "what").unwrap_or_else(|| self.what(code))
    }

    /// What to do about it, in the vendor's own terms where it gave a reason that has a text.
    #[must_use]
    pub fn what_to_do_of(&self, code: ErrorCode, reason: Option<&VendorReason>) -> String {
        self.of_reason(reason, "do").unwrap_or_else(|| self.what_to_do(code))
    }

    /// What happened, and what the vendor said about it in its own words.
    #[must_use]
    pub fn saying(&self, what: String, said: Option<&Said>) -> String {
        let words = |said: &Said| self.fill("error.said", &[("what", &what), ("said", said.as_str())]);
        said.map_or_else(|| what.clone(), words)
    }

    fn of_reason(&self, reason: Option<&VendorReason>, part: &str) -> Option<String> {
        self.texts.get(&format!("reason.{}.{part}", reason?.as_str())).cloned()
    }

    /// What happened, in the words for a failure of a CRM.
    #[must_use]
    pub fn crm_what(&self, code: ErrorCode) -> String {
        let key = format!("error.crm.{}.what", code.as_str());
        if self.texts.contains_key(&key) { self.fill(&key, &[]) } else { self.what(code) }
    }

    /// What people call a part of Timbre, such as `outbox (crm)`; its own name where the catalogue has none.
    #[must_use]
    pub fn component(&self, name: &str) -> String {
        let (work, of) = name.split_once(" (").map_or((name, None), |(work, of)| (work, Some(of)));
        let key = format!("component.name.{}", work.replace([' ', '-'], "_"));
        let work = self.texts.get(&key).map_or(work, String::as_str);
        of.map_or_else(|| work.to_owned(), |of| format!("{work} ({of}"))
    }

    /// What to do about it, in the words for a failure of a CRM.
    #[must_use]
    pub fn crm_what_to_do(&self, code: ErrorCode) -> String {
        let key = format!("error.crm.{}.do", code.as_str());
        if self.texts.contains_key(&key) { self.fill(&key, &[]) } else { self.what_to_do(code) }
    }

    /// What to do about it.
    #[must_use]
    pub fn what_to_do(&self, code: ErrorCode) -> String {
        self.fill(&format!("error.{}.do", code.as_str()), &[])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What a CRM may be the cause of, in every situation: a record, a contact that is brought, a sign-in, a trial.
    #[test]
    fn nothing_that_a_crm_did_is_told_as_the_telephony_providers_doing() {
        use ErrorCode::{
            BadConfig, BadConnector, Busy, Duplicate, NotAble, NotAuthorised, NotFound, Refused, SecretMissing,
            SignInFailed, TimedOut, TooLarge, Unreachable, Unreadable, Unsearchable, Unsure, VendorFailed,
        };
        let codes = [
            BadConfig,
            BadConnector,
            Busy,
            Duplicate,
            NotAble,
            NotAuthorised,
            NotFound,
            Refused,
            SecretMissing,
            SignInFailed,
            TimedOut,
            TooLarge,
            Unreachable,
            Unreadable,
            Unsearchable,
            Unsure,
            VendorFailed,
        ];
        for language in Language::ALL {
            let catalogue = Catalogue::of(language);
            let mut told = std::collections::BTreeMap::new();
            for code in codes {
                let text = format!("{} {}", catalogue.crm_what(code), catalogue.crm_what_to_do(code));
                for word in ["provider", "proveedor", "provedor", "fornecedor", "operadora", "error.crm", ".what"] {
                    assert!(!text.to_lowercase().contains(word), "{language:?} {code:?}: {text}");
                }
                assert_eq!(told.insert(catalogue.crm_what(code), code), None, "{language:?} {code:?} reads as another");
            }
        }
    }

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_has_every_text_with_the_same_places() {
        let en = Catalogue::of(Language::En);
        assert!(!en.texts.is_empty());
        for language in Language::ALL {
            let other = Catalogue::of(language);
            assert_eq!(en.texts.keys().collect::<Vec<_>>(), other.texts.keys().collect::<Vec<_>>(), "{language:?}");
            for (key, text) in &en.texts {
                assert!(!other.text(key).trim().is_empty(), "{language:?} {key}");
                assert_eq!(places(text), places(other.text(key)), "{language:?} {key}");
            }
        }
    }

    #[test]
    fn every_error_says_what_happened_and_what_to_do() {
        for language in Language::ALL {
            for code in ErrorCode::ALL {
                let catalogue = Catalogue::of(language);
                assert!(!catalogue.what(*code).starts_with("error."), "{language:?} {code:?}");
                assert!(!catalogue.what_to_do(*code).starts_with("error."), "{language:?} {code:?}");
            }
        }
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_left_alone() {
        let catalogue = Catalogue { texts: [("k".to_owned(), "{a} and {b} {c".to_owned())].into() };
        assert_eq!(catalogue.fill("k", &[("a", "{b}"), ("b", "2")]), "{b} and 2 {c");
    }
}
