//! Interactions: what came of a call, in the agent's words.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::call::CallKey;
use crate::contact::ContactId;
use crate::disposition::{Action, ChosenLevel, DispositionCatalogue, Requirement};

mod change_draft;
mod edit;

pub use self::edit::{InteractionEdit, TEXT_AT_MOST};
use self::edit::{charges_of, text_of, wrong};
pub use crate::charge::{BadCurrency, Charge, Currency};

/// The id of an interaction; ordered by time of creation (UUID version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct InteractionId(pub Uuid);

impl fmt::Display for InteractionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for InteractionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// A promise to the contact: something to be done later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FollowUp {
    /// When it is due, UTC.
    pub at: DateTime<Utc>,
    /// Who is to do it: a user of the CRM or an agent's name; nothing for whoever wrote the result.
    #[serde(default)]
    pub whom: Option<String>,
    /// What is to be done, one line.
    pub what: String,
}

/// Whether the agent has finished with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum InteractionState {
    /// The agent is still writing. It is kept as it is typed and sent nowhere.
    #[default]
    Draft,
    /// The agent has finished. It is sent to the CRM, as is every later change.
    Final,
}

/// What came of a call, or of something without a call. All times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Interaction {
    /// Our own id, the same through every change.
    pub id: InteractionId,
    /// The call it is about; one call has one interaction at most.
    pub call: Option<CallKey>,
    /// The contact it is with; it may become known or change later.
    pub contact: Option<ContactId>,
    /// Who wrote it, as the organisation calls the agent.
    pub agent: Option<String>,
    /// The disposition's levels as they were called when it was chosen, the first level first.
    pub disposition: Vec<ChosenLevel>,
    /// In the agent's words.
    pub comment: String,
    /// The organisation's own fields, by name.
    pub fields: BTreeMap<String, String>,
    /// What is to be done later.
    pub follow_up: Option<FollowUp>,
    /// What the contact is charged for.
    pub charges: Vec<Charge>,
    /// Whether the agent has finished with it.
    pub state: InteractionState,
    /// Counts the changes, from 1.
    pub revision: u32,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it became final.
    pub final_at: Option<DateTime<Utc>>,
    /// Unsaved changes of a final interaction. They are sent nowhere; the other fields are as they were saved.
    #[serde(default)]
    pub change_draft: Option<InteractionEdit>,
}

/// Why a change is refused, and which part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadInteraction {
    /// A part of the change has a value that it can't have.
    #[error("{what}")]
    Wrong {
        /// Which part, such as `disposition` or `charges[1].amount`.
        place: String,
        /// Why it is refused, in English.
        what: String,
    },
    /// The interaction lacks these, without which it can't be final.
    #[error("it lacks {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Incomplete(Vec<Requirement>),
}

impl Interaction {
    /// A draft in which nothing is written yet.
    #[must_use]
    pub fn begun(id: InteractionId, call: Option<CallKey>, contact: Option<ContactId>, now: DateTime<Utc>) -> Self {
        Self {
            id,
            call,
            contact,
            agent: None,
            disposition: Vec::new(),
            comment: String::new(),
            fields: BTreeMap::new(),
            follow_up: None,
            charges: Vec::new(),
            state: InteractionState::Draft,
            revision: 0,
            created_at: now,
            updated_at: now,
            final_at: None,
            change_draft: None,
        }
    }

    /// The interaction after a change; `new_id` makes ids of new charges.
    ///
    /// # Errors
    /// When a part of the change can't be, or a final interaction would lack what its disposition requires.
    pub fn changed(
        &self,
        edit: InteractionEdit,
        catalogue: &DispositionCatalogue,
        now: DateTime<Utc>,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Result<Self, BadInteraction> {
        let mut result = match self.state {
            InteractionState::Draft => self.written(edit, catalogue, now, new_id)?,
            InteractionState::Final => self.amended(edit, catalogue, new_id)?,
        };
        if result != *self {
            result.revision += 1;
            result.updated_at = now;
        }
        Ok(result)
    }

    /// A draft after a change, which may make it final.
    fn written(
        &self,
        edit: InteractionEdit,
        catalogue: &DispositionCatalogue,
        now: DateTime<Utc>,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Result<Self, BadInteraction> {
        let finish = edit.finish;
        let mut result = self.with(edit, catalogue, new_id)?;
        if finish {
            result.charges = charges_of(result.charges, true, new_id)?;
            result.state = InteractionState::Final;
            result.final_at = Some(now);
            result.bring_about(catalogue, now, new_id);
            result.complete(catalogue)?;
        }
        Ok(result)
    }

    /// The interaction with what a change says; nothing is required of it yet.
    fn with(
        &self,
        edit: InteractionEdit,
        catalogue: &DispositionCatalogue,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Result<Self, BadInteraction> {
        let mut result = self.clone();
        result.contact = edit.contact.or(result.contact);
        result.agent = edit.agent.filter(|agent| !agent.trim().is_empty()).or(result.agent);
        if let Some(code) = edit.disposition {
            result.disposition = catalogue.choose(&code).map_err(|error| wrong("disposition", error.to_string()))?;
        }
        if let Some(comment) = edit.comment {
            result.comment = text_of("comment", comment)?;
        }
        for (name, value) in edit.fields {
            let place = format!("fields.{name}");
            if value.trim().is_empty() {
                result.fields.remove(&name);
            } else {
                result.fields.insert(name, text_of(&place, value)?);
            }
        }
        if let Some(follow_up) = edit.follow_up {
            result.follow_up = follow_up;
        }
        if let Some(charges) = edit.charges {
            // What a draft is allowed to lack is asked for when it is saved.
            result.charges = charges_of(charges, false, new_id)?;
        }
        Ok(result)
    }

    /// Fails where something is missing that the disposition requires.
    fn complete(&self, catalogue: &DispositionCatalogue) -> Result<(), BadInteraction> {
        let required = catalogue.requirements(&self.disposition).into_iter();
        let lacks: Vec<_> = required.filter(|requirement| !self.has(requirement)).collect();
        if lacks.is_empty() { Ok(()) } else { Err(BadInteraction::Incomplete(lacks)) }
    }

    /// Whether the interaction has what a disposition requires.
    fn has(&self, requirement: &Requirement) -> bool {
        match requirement {
            Requirement::Disposition => !self.disposition.is_empty(),
            Requirement::Comment => !self.comment.trim().is_empty(),
            Requirement::Contact => self.contact.is_some(),
            Requirement::FollowUp => self.follow_up.is_some(),
            Requirement::Charge => !self.charges.is_empty(),
            Requirement::Field(name) => self.fields.get(name).is_some_and(|value| !value.trim().is_empty()),
        }
    }

    /// Adds the follow-up and the charge that the disposition brings about where the agent gave none.
    fn bring_about(&mut self, catalogue: &DispositionCatalogue, now: DateTime<Utc>, new_id: &mut dyn FnMut() -> Uuid) {
        for action in catalogue.actions(&self.disposition) {
            match action {
                Action::FollowUp { after_days, what } if self.follow_up.is_none() => {
                    let name = self.disposition.last().map(|level| level.name.clone()).unwrap_or_default();
                    let what = if what.trim().is_empty() { name } else { what };
                    self.follow_up =
                        Some(FollowUp { at: now + TimeDelta::days(i64::from(after_days)), whom: None, what });
                }
                Action::Charge(charge) if self.charges.is_empty() => {
                    self.charges.push(Charge { id: new_id(), ..charge });
                }
                // The last two are the engine's to do: they change other records than this one.
                Action::FollowUp { .. } | Action::Charge(_) | Action::DoNotCall | Action::Note => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disposition::Disposition;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn catalogue() -> DispositionCatalogue {
        let one = |code: &str, requires: &[&str], actions: Vec<Action>| Disposition {
            code: code.into(),
            name: code.to_uppercase(),
            under: None,
            requires: requires.iter().map(|text| (*text).to_owned().try_into().unwrap()).collect(),
            actions,
        };
        let fee = Charge {
            id: Uuid::nil(),
            amount: "2500.10".parse().unwrap(),
            currency: "CRC".parse().unwrap(),
            concept: "visita".into(),
        };
        DispositionCatalogue::new(vec![
            one("sale", &["comment", "field:pedido"], vec![]),
            one("later", &[], vec![Action::FollowUp { after_days: 3, what: String::new() }, Action::Charge(fee)]),
        ])
        .unwrap()
    }

    fn draft() -> Interaction {
        Interaction::begun(InteractionId(Uuid::from_u128(1)), None, None, at(0))
    }

    #[test]
    fn a_draft_takes_anything_and_a_final_result_names_everything_it_lacks() {
        let edit = InteractionEdit { disposition: Some("sale".into()), ..Default::default() };
        let draft = draft().changed(edit, &catalogue(), at(1), &mut Uuid::now_v7).unwrap();
        assert_eq!((draft.state, draft.revision, draft.updated_at), (InteractionState::Draft, 1, at(1)));
        let finish = InteractionEdit { finish: true, ..Default::default() };
        let lacks = draft.changed(finish.clone(), &catalogue(), at(2), &mut Uuid::now_v7).unwrap_err();
        assert_eq!(lacks, BadInteraction::Incomplete(vec![Requirement::Comment, Requirement::Field("pedido".into())]));
        let whole = InteractionEdit {
            comment: Some("Compró\r\ndos\u{7}".into()),
            fields: BTreeMap::from([("pedido".into(), "17".into())]),
            ..finish
        };
        let result = draft.changed(whole, &catalogue(), at(3), &mut Uuid::now_v7).unwrap();
        assert_eq!((result.comment.as_str(), result.final_at), ("Compró\ndos", Some(at(3))));
        let without = InteractionEdit { comment: Some(" ".into()), finish: true, ..Default::default() };
        assert!(
            result.changed(without, &catalogue(), at(4), &mut Uuid::now_v7).is_err(),
            "what is final stays complete"
        );
    }

    #[test]
    fn a_result_without_a_disposition_is_refused_where_there_is_a_catalogue_and_taken_where_there_is_none() {
        let finish = InteractionEdit { finish: true, ..Default::default() };
        assert!(draft().changed(finish.clone(), &catalogue(), at(1), &mut Uuid::now_v7).is_err());
        assert!(draft().changed(finish, &DispositionCatalogue::default(), at(1), &mut Uuid::now_v7).is_ok());
    }

    #[test]
    fn a_disposition_brings_about_what_the_agent_did_not_give() {
        let finish = InteractionEdit { disposition: Some("later".into()), finish: true, ..Default::default() };
        let result = draft().changed(finish.clone(), &catalogue(), at(0), &mut Uuid::now_v7).unwrap();
        let follow_up = result.follow_up.unwrap();
        assert_eq!((follow_up.at, follow_up.what.as_str()), (at(3 * 86_400), "LATER"));
        assert_eq!(result.charges[0].amount.to_string(), "2500.10");
        assert!(!result.charges[0].id.is_nil());
        let own = FollowUp { at: at(9), whom: None, what: "llamar".into() };
        let result = draft()
            .changed(
                InteractionEdit { follow_up: Some(Some(own.clone())), ..finish },
                &catalogue(),
                at(0),
                &mut Uuid::now_v7,
            )
            .unwrap();
        assert_eq!(result.follow_up, Some(own));
    }

    #[test]
    fn an_edit_that_changes_nothing_counts_for_nothing() {
        let result = draft().changed(InteractionEdit::default(), &catalogue(), at(9), &mut Uuid::now_v7).unwrap();
        assert_eq!(result, draft());
    }

    #[test]
    fn a_charge_keeps_its_amount_exactly_and_its_id_through_changes() {
        let charge = |amount: &str| Charge {
            id: Uuid::nil(),
            amount: amount.parse().unwrap(),
            currency: "USD".parse().unwrap(),
            concept: "instalación".into(),
        };
        let edit = |charges| InteractionEdit { charges: Some(charges), ..Default::default() };
        let none = DispositionCatalogue::default();
        let result = draft()
            .changed(edit(vec![charge("0.10"), charge("1999999999999.99")]), &none, at(1), &mut Uuid::now_v7)
            .unwrap();
        let json = serde_json::to_value(&result.charges).unwrap();
        assert_eq!((json[0]["amount"].as_str(), json[1]["amount"].as_str()), (Some("0.10"), Some("1999999999999.99")));
        let again = result.changed(edit(result.charges.clone()), &none, at(2), &mut Uuid::now_v7).unwrap();
        assert_eq!(again.charges, result.charges);
        for (bad, place) in
            [(charge("0"), "charges[0].amount"), (Charge { concept: " ".into(), ..charge("1") }, "charges[0].concept")]
        {
            let draft = draft().changed(edit(vec![bad]), &none, at(1), &mut Uuid::now_v7).unwrap();
            let finish = InteractionEdit { finish: true, ..Default::default() };
            let error = draft.changed(finish, &none, at(2), &mut Uuid::now_v7).unwrap_err();
            assert!(matches!(&error, BadInteraction::Wrong { place: at, .. } if at == place), "{error:?}");
        }
    }
}
