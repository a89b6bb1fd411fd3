//! What a change of an interaction says, and what its texts and charges must be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BadInteraction, FollowUp};
use crate::charge::Charge;
use crate::contact::ContactId;

/// A change of an interaction: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct InteractionEdit {
    /// Another contact; the CRM's records follow.
    pub contact: Option<ContactId>,
    /// The name of the agent who wrote the change.
    pub agent: Option<String>,
    /// The code of the disposition's last level.
    pub disposition: Option<String>,
    /// The new comment, whole.
    pub comment: Option<String>,
    /// Fields that change; an empty value removes one.
    pub fields: BTreeMap<String, String>,
    /// The follow-up, replaced; `Some(None)` removes it.
    #[serde(with = "said", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(as = "Option<FollowUp>", optional = nullable))]
    pub follow_up: Option<Option<FollowUp>>,
    /// The charges, replaced by these.
    pub charges: Option<Vec<Charge>>,
    /// Saves the interaction: it becomes final, with what its disposition brings about; a final one takes over this
    /// change. Without it the change is a draft, kept here and sent nowhere. A final interaction never becomes a draft
    /// again.
    pub finish: bool,
    /// Drops the unsaved changes of a final interaction.
    pub forget_draft: bool,
}

/// `null` says "none", a field left out says nothing.
mod said {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        value.serialize(to)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
        T::deserialize(from).map(Some)
    }
}

/// The longest text of a comment or a field, characters: more than anybody types, less than any CRM refuses.
pub const TEXT_AT_MOST: usize = 20_000;

pub(super) fn wrong(place: impl Into<String>, what: impl Into<String>) -> BadInteraction {
    BadInteraction::Wrong { place: place.into(), what: what.into() }
}

/// Line ends stay; other control characters have no place in anybody's record.
pub(super) fn text_of(place: &str, text: String) -> Result<String, BadInteraction> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    match text.chars().count() {
        long if long > TEXT_AT_MOST => {
            Err(wrong(place, format!("it has {long} characters; at most {TEXT_AT_MOST} are kept")))
        }
        _ => Ok(text),
    }
}

/// The charges as they are kept; a draft's may still lack something.
pub(super) fn charges_of(
    charges: Vec<Charge>,
    strict: bool,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Vec<Charge>, BadInteraction> {
    let mut kept: Vec<Charge> = Vec::with_capacity(charges.len());
    for (n, mut charge) in charges.into_iter().enumerate() {
        charge.concept = text_of(&format!("charges[{n}].concept"), charge.concept)?;
        if strict && charge.concept.trim().is_empty() {
            return Err(wrong(format!("charges[{n}].concept"), "a charge says what for"));
        }
        if strict && charge.amount.is_zero() {
            return Err(wrong(format!("charges[{n}].amount"), "a charge of nothing is none"));
        }
        if charge.id.is_nil() || kept.iter().any(|known| known.id == charge.id) {
            charge.id = new_id();
        }
        kept.push(charge);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_says_whether_the_follow_up_goes_or_stays() {
        let read = |json: &str| serde_json::from_str::<InteractionEdit>(json).unwrap().follow_up;
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"follow_up":null}"#), Some(None));
        let said = InteractionEdit { follow_up: Some(None), ..Default::default() };
        assert_eq!(serde_json::from_str::<InteractionEdit>(&serde_json::to_string(&said).unwrap()).unwrap(), said);
    }
}
