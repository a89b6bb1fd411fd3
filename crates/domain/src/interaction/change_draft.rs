//! Drafts of changes: what is typed over a final interaction is kept apart from what was saved until it is saved too.
//!
//! Whatever reads an interaction's own parts (a CRM's record, a list, a later amendment) reads what was saved.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{BadInteraction, Interaction, InteractionEdit, charges_of};
use crate::disposition::DispositionCatalogue;

impl Interaction {
    /// The interaction as it was saved, which is all that may be sent to a CRM.
    #[must_use]
    pub fn as_saved(self) -> Self {
        Self { change_draft: None, ..self }
    }

    /// Whether something was saved since `before`, and not only typed.
    #[must_use]
    pub fn saved_since(&self, before: Option<&Self>) -> bool {
        let saved = |one: &Self| Self { revision: 0, updated_at: one.created_at, ..one.clone().as_saved() };
        before.map(saved) != Some(saved(self))
    }

    /// A final interaction after a change: what is not saved by it becomes a draft beside it. With whom it was is no
    /// text that is typed on: that holds at once.
    pub(super) fn amended(
        &self,
        edit: InteractionEdit,
        catalogue: &DispositionCatalogue,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Result<Self, BadInteraction> {
        let saved = Self { contact: edit.contact.or(self.contact), ..self.clone().as_saved() };
        let finish = edit.finish;
        let mut change = self.change_draft.clone().filter(|_| !edit.forget_draft).unwrap_or_default();
        // A disposition that the catalogue has lost since can be chosen no more, and must not keep the rest from being kept.
        change.disposition = change.disposition.filter(|code| catalogue.choose(code).is_ok());
        change.take_in(edit);
        let mut changed = saved.with(change, catalogue, new_id)?;
        if finish {
            changed.charges = charges_of(changed.charges, true, new_id)?;
            changed.complete(catalogue)?;
            return Ok(changed);
        }
        let draft = saved.difference(&changed);
        Ok(Self { change_draft: (draft != InteractionEdit::default()).then_some(draft), ..saved })
    }

    /// The change that makes `other` of this one; what is the same in both is left out.
    fn difference(&self, other: &Self) -> InteractionEdit {
        let mut fields: BTreeMap<String, String> =
            other.fields.iter().filter(|(name, value)| self.fields.get(*name) != Some(*value)).map(owned).collect();
        let removed = self.fields.keys().filter(|name| !other.fields.contains_key(*name));
        fields.extend(removed.map(|name| (name.clone(), String::new())));
        let code = |one: &Self| one.disposition.last().map(|level| level.code.clone());
        InteractionEdit {
            agent: other.agent.clone().filter(|_| other.agent != self.agent),
            disposition: code(other).filter(|chosen| Some(chosen) != code(self).as_ref()),
            comment: (other.comment != self.comment).then(|| other.comment.clone()),
            fields,
            follow_up: (other.follow_up != self.follow_up).then(|| other.follow_up.clone()),
            charges: (other.charges != self.charges).then(|| other.charges.clone()),
            ..InteractionEdit::default()
        }
    }
}

impl InteractionEdit {
    /// Combines two changes: where both set a part, the later one wins.
    fn take_in(&mut self, later: Self) {
        let Self { contact: _, agent, disposition, comment, fields, follow_up, charges, finish: _, forget_draft: _ } =
            later;
        self.agent = agent.or(self.agent.take());
        self.disposition = disposition.or(self.disposition.take());
        self.comment = comment.or(self.comment.take());
        self.fields.extend(fields);
        self.follow_up = follow_up.or(self.follow_up.take());
        self.charges = charges.or(self.charges.take());
    }
}

fn owned((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::contact::ContactId;
    use crate::disposition::Disposition;
    use crate::interaction::{Charge, FollowUp, InteractionId, InteractionState};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn catalogue() -> DispositionCatalogue {
        let one = |code: &str, requires: &[&str]| Disposition {
            code: code.into(),
            name: code.to_uppercase(),
            under: None,
            requires: requires.iter().map(|text| (*text).to_owned().try_into().unwrap()).collect(),
            actions: vec![],
        };
        DispositionCatalogue::new(vec![one("sale", &["comment"]), one("no", &[])]).unwrap()
    }

    fn saved(comment: &str) -> Interaction {
        let edit = InteractionEdit {
            disposition: Some("sale".into()),
            comment: Some(comment.into()),
            finish: true,
            ..Default::default()
        };
        let begun = Interaction::begun(InteractionId(Uuid::from_u128(1)), None, None, at(0));
        begun.changed(edit, &catalogue(), at(1), &mut Uuid::now_v7).unwrap()
    }

    fn changed(one: &Interaction, edit: InteractionEdit) -> Result<Interaction, BadInteraction> {
        one.changed(edit, &catalogue(), at(9), &mut Uuid::now_v7)
    }

    fn comment(text: &str, finish: bool) -> InteractionEdit {
        InteractionEdit { comment: Some(text.into()), finish, ..Default::default() }
    }

    #[test]
    fn what_is_typed_after_a_save_is_a_draft_beside_it_until_it_is_saved_or_forgotten() {
        let result = saved("compró dos");
        let typed = changed(&result, comment("compró doshola", false)).unwrap();
        assert_eq!((typed.comment.as_str(), typed.state), ("compró dos", InteractionState::Final));
        assert_eq!(typed.change_draft.as_ref().unwrap().comment.as_deref(), Some("compró doshola"));
        assert!(!typed.saved_since(Some(&result)));
        let forgotten = InteractionEdit { forget_draft: true, ..Default::default() };
        assert_eq!(changed(&typed, forgotten).unwrap().as_saved().comment, "compró dos");
        let kept = changed(&typed, InteractionEdit { finish: true, ..Default::default() }).unwrap();
        assert_eq!((kept.comment.as_str(), kept.change_draft.is_none()), ("compró doshola", true));
        assert!(kept.saved_since(Some(&typed)));
    }

    #[test]
    fn typing_back_what_was_saved_leaves_no_draft() {
        let typed = changed(&saved("sí"), comment("sí, y", false)).unwrap();
        assert_eq!(changed(&typed, comment("sí", false)).unwrap().change_draft, None);
    }

    #[test]
    fn a_draft_may_lack_what_a_saved_result_must_have_and_is_not_saved_so() {
        let typed = changed(&saved("sí"), comment("", false)).unwrap();
        let finish = InteractionEdit { finish: true, ..Default::default() };
        assert!(matches!(changed(&typed, finish), Err(BadInteraction::Incomplete(_))));
        assert_eq!(typed.comment, "sí");
    }

    #[test]
    fn who_it_was_holds_at_once_and_takes_no_draft_along() {
        let typed = changed(&saved("sí"), comment("sí, hola", false)).unwrap();
        let ana = ContactId(Uuid::from_u128(7));
        let attached = changed(&typed, InteractionEdit { contact: Some(ana), ..Default::default() }).unwrap();
        assert_eq!((attached.contact, attached.comment.as_str()), (Some(ana), "sí"));
        assert_eq!(attached.change_draft, typed.change_draft);
        assert!(attached.saved_since(Some(&typed)));
    }

    #[test]
    fn a_disposition_that_is_gone_from_the_catalogue_keeps_no_draft_from_being_kept() {
        let edit = InteractionEdit { disposition: Some("no".into()), ..Default::default() };
        let typed = changed(&saved("sí"), edit).unwrap();
        let none = DispositionCatalogue::default();
        let again = typed.changed(comment("sí, y", false), &none, at(9), &mut Uuid::now_v7).unwrap();
        assert_eq!(again.change_draft.unwrap().comment.as_deref(), Some("sí, y"));
    }

    fn edits() -> impl Strategy<Value = InteractionEdit> {
        let follow_up = proptest::option::of(0_i64..3)
            .prop_map(|n| n.map(|n| FollowUp { at: at(n), whom: None, what: "llamar".into() }));
        let charges = proptest::collection::vec(1_u128..4, 0..3).prop_map(|ids| {
            let charge = |id: u128| Charge {
                id: Uuid::from_u128(id),
                amount: "1.50".parse().unwrap(),
                currency: "CRC".parse().unwrap(),
                concept: format!("visita {id}"),
            };
            let ids: std::collections::BTreeSet<_> = ids.into_iter().collect();
            ids.into_iter().map(charge).collect::<Vec<_>>()
        });
        (
            proptest::option::of(prop_oneof![Just("sale"), Just("no")]),
            proptest::option::of("[a-c]{0,2}"),
            proptest::collection::btree_map("[xy]", "[a-b]{0,1}", 0..2),
            proptest::option::of(follow_up),
            proptest::option::of(charges),
            any::<bool>(),
            proptest::bool::weighted(0.1),
            proptest::option::weighted(0.2, 1_u128..3),
        )
            .prop_map(|(disposition, comment, fields, follow_up, charges, finish, forget_draft, contact)| {
                InteractionEdit {
                    contact: contact.map(|n| ContactId(Uuid::from_u128(n))),
                    disposition: disposition.map(str::to_owned),
                    comment,
                    fields,
                    follow_up,
                    charges,
                    finish,
                    forget_draft,
                    ..Default::default()
                }
            })
    }

    proptest! {
        /// Beside the interaction stands what the agent sees: all that was typed. What was saved is what was seen at the
        /// last save, whatever was typed, refused, forgotten or attached since.
        #[test]
        fn only_a_save_changes_what_was_saved_and_a_save_takes_all_that_was_typed(
            edits in proptest::collection::vec(edits(), 1..12)
        ) {
            let mut one = saved("sí");
            let mut seen = one.clone();
            for edit in edits {
                let before = one.clone();
                let start = if edit.forget_draft { before.clone().as_saved() } else { seen.clone() };
                let shown = start.with(edit.clone(), &catalogue(), &mut Uuid::now_v7).unwrap();
                match changed(&before, edit.clone()) {
                    Ok(after) => {
                        one = after;
                        seen = shown;
                    }
                    Err(_) => {
                        prop_assert!(edit.finish, "a draft takes anything");
                        continue;
                    }
                }
                let content = |one: &Interaction| (
                    one.disposition.clone(), one.comment.clone(), one.fields.clone(), one.follow_up.clone(), one.charges.clone(),
                );
                if edit.finish {
                    prop_assert_eq!(content(&one), content(&seen));
                    prop_assert_eq!(&one.change_draft, &None);
                } else {
                    prop_assert_eq!(content(&one), content(&before));
                    let draft = one.change_draft.clone().unwrap_or_default();
                    let overlaid = one.with(draft, &catalogue(), &mut Uuid::now_v7).unwrap();
                    prop_assert_eq!(content(&overlaid), content(&seen));
                }
                prop_assert_eq!(one.contact, edit.contact.or(before.contact));
            }
        }
    }
}
