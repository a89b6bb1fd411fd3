//! Telephone numbers, as the CRM accepts and stores them (espocrm README, Telephones).

use std::borrow::Cow;

use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phone {
    pub(crate) number: Box<str>,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) primary: bool,
    pub(crate) opt_out: bool,
    pub(crate) invalid: bool,
}

impl Phone {
    pub(crate) fn new(number: &str, kind: Cow<'static, str>, primary: bool) -> Self {
        Self { number: number.into(), kind, primary, opt_out: false, invalid: false }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "phoneNumber": self.number,
            "type": self.kind,
            "primary": self.primary,
            "optOut": self.opt_out,
            "invalid": self.invalid,
        })
    }

    /// Reads an element of `phoneNumberData`; `None` where it has no number.
    pub(crate) fn read(element: &Value, default_kind: &'static str) -> Option<Self> {
        let number = element.get("phoneNumber")?.as_str()?;
        let flag = |name: &str| element.get(name).and_then(Value::as_bool).unwrap_or(false);
        let kind = match element.get("type").and_then(Value::as_str) {
            Some(kind) if kind != default_kind => Cow::Owned(kind.to_owned()),
            _ => Cow::Borrowed(default_kind),
        };
        Some(Self {
            number: number.into(),
            kind,
            primary: flag("primary"),
            opt_out: flag("optOut"),
            invalid: flag("invalid"),
        })
    }

    /// The digits alone, which conditions on `phoneNumberNumeric` compare.
    pub(crate) fn digits(&self) -> String {
        digits(&self.number)
    }
}

pub(crate) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The last eight digits as a number, which all spellings of a Costa Rican number share; `None` with fewer digits.
pub(crate) fn tail(digits: &str) -> Option<u32> {
    let start = digits.len().checked_sub(8)?;
    digits.get(start..)?.parse().ok()
}

/// E.164, or `None` for a number that the CRM refuses. It requires a `+`, drops an extension silently and ignores
/// spaces, dashes, dots and brackets (recordings 11, 13, 14, 17b).
pub(crate) fn international(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let extension = ["ext", "x", ";", "#", ","].iter().filter_map(|mark| lower.find(mark)).min();
    let number = text.get(..extension.unwrap_or(text.len()))?.trim();
    let rest = number.strip_prefix('+')?;
    if !rest.chars().all(|c| c.is_ascii_digit() || " -.()/".contains(c)) {
        return None;
    }
    let digits = digits(rest);
    let fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
    fits.then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_with_a_plus_are_taken_and_their_spelling_is_made_even() {
        for (given, taken) in [
            ("+506 8884 8787", Some("+50688848787")),
            ("+(506) 2222-3333", Some("+50622223333")),
            ("+50622224444 ext. 12", Some("+50622224444")),
            ("8884-8787", None),
            ("(506) 2222-3333", None),
            ("+506 llamar", None),
            ("+506", None),
            ("", None),
        ] {
            assert_eq!(international(given).as_deref(), taken, "{given}");
        }
    }
}
