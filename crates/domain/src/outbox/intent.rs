//! Which records a call and its result make, and which of them are taken back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::call::{Call, CallState, Direction};
use crate::charge::Charge;
use crate::crm::Abilities;
use crate::disposition::Action;
use crate::interaction::{FollowUp, Interaction, InteractionState};
use crate::record::RecordKind;

/// A record that is to be created or amended in a CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordIntent {
    /// The kind of record.
    pub kind: RecordKind,
    /// The subject: a call's key, or the id of an interaction, a charge or a contact.
    pub subject: String,
    /// What was removed. It is sent only to a CRM that may have the record, to take it back.
    pub taken_back: Option<TakenBack>,
}

/// A part of a result that was removed after it may have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBack {
    /// A follow-up that is not to be done any more.
    FollowUp(FollowUp),
    /// A charge that is not made any more.
    Charge(Charge),
}

/// Which calls are recorded in the CRM without a result of the agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordCalls {
    /// Every call of the agent, missed ones too.
    #[default]
    All,
    /// Calls that were answered.
    Answered,
    /// Calls with a result.
    WithResult,
}

/// How long after an answered call without a result it is recorded without one: the time an agent has for the wrap-up. A
/// result that comes later amends the record.
pub const WRAP_UP: Duration = Duration::from_secs(15 * 60);

/// When a call that has ended is recorded although nobody has written a result; nothing where it is not.
#[must_use]
pub fn recorded_after(call: &Call, record: RecordCalls, wrap_up: Duration) -> Option<Duration> {
    if call.state != CallState::Ended || call.direction == Direction::Internal {
        return None;
    }
    match (record, call.connected_at.is_some()) {
        (RecordCalls::WithResult, _) | (RecordCalls::Answered, false) => None,
        (RecordCalls::All, false) => Some(Duration::ZERO),
        (RecordCalls::All | RecordCalls::Answered, true) => Some(wrap_up),
    }
}

/// The records a final interaction makes, in the order they are to be sent. `before` is the interaction as it was, `actions`
/// what its disposition brings about.
#[must_use]
pub fn records_of(
    interaction: &Interaction,
    before: Option<&Interaction>,
    actions: &[Action],
    abilities: &Abilities,
) -> Vec<RecordIntent> {
    if interaction.state != InteractionState::Final {
        return Vec::new();
    }
    let mut wanted = Vec::new();
    let mut want = |kind: RecordKind, subject: String, taken_back: Option<TakenBack>| {
        if abilities.records.contains(&kind) {
            wanted.push(RecordIntent { kind, subject, taken_back });
        }
    };
    let own = interaction.id.to_string();
    match &interaction.call {
        Some(call) => want(RecordKind::Call, call.to_string(), None),
        // Without a call there is nothing to date a record of one by: what was written is a note.
        None => want(RecordKind::Note, own.clone(), None),
    }
    if interaction.call.is_some() && actions.contains(&Action::Note) && !interaction.comment.trim().is_empty() {
        want(RecordKind::Note, own.clone(), None);
    }
    match (&interaction.follow_up, before.and_then(|before| before.follow_up.clone())) {
        (Some(_), _) => want(RecordKind::FollowUp, own, None),
        (None, Some(removed)) => want(RecordKind::FollowUp, own, Some(TakenBack::FollowUp(removed))),
        (None, None) => {}
    }
    for charge in &interaction.charges {
        want(RecordKind::Charge, charge.id.to_string(), None);
    }
    let dropped = before.into_iter().flat_map(|before| &before.charges);
    for charge in dropped.filter(|charge| interaction.charges.iter().all(|kept| kept.id != charge.id)) {
        want(RecordKind::Charge, charge.id.to_string(), Some(TakenBack::Charge(charge.clone())));
    }
    wanted
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::contact::ContactId;
    use crate::interaction::InteractionId;

    fn interaction(state: InteractionState) -> Interaction {
        let at = DateTime::UNIX_EPOCH;
        let charge = |n| Charge {
            id: Uuid::from_u128(n),
            amount: "1".parse().unwrap(),
            currency: "CRC".parse().unwrap(),
            concept: "visita".into(),
        };
        Interaction {
            state,
            comment: "compra".into(),
            fields: BTreeMap::new(),
            follow_up: Some(FollowUp { at, whom: None, what: "llamar".into() }),
            charges: vec![charge(1), charge(2)],
            ..Interaction::begun(
                InteractionId(Uuid::from_u128(7)),
                Some("acme:main:a".to_owned().try_into().unwrap()),
                Some(ContactId(Uuid::from_u128(8))),
                at,
            )
        }
    }

    fn able(kinds: &[RecordKind]) -> Abilities {
        Abilities { records: kinds.iter().copied().collect::<BTreeSet<_>>(), ..Abilities::default() }
    }

    fn kinds(wanted: &[RecordIntent]) -> Vec<(RecordKind, bool)> {
        wanted.iter().map(|one| (one.kind, one.taken_back.is_some())).collect()
    }

    #[test]
    fn a_draft_goes_nowhere_and_a_result_makes_what_the_crm_has_records_for() {
        let everything = able(&RecordKind::ALL);
        assert_eq!(records_of(&interaction(InteractionState::Draft), None, &[], &everything), []);
        let result = interaction(InteractionState::Final);
        use RecordKind::{Call, Charge, FollowUp, Note};
        let wanted = records_of(&result, None, &[Action::Note], &everything);
        assert_eq!(kinds(&wanted), [(Call, false), (Note, false), (FollowUp, false), (Charge, false), (Charge, false)]);
        assert_eq!(kinds(&records_of(&result, None, &[], &able(&[Call]))), [(Call, false)]);
        let without_call = Interaction { call: None, charges: vec![], follow_up: None, ..result };
        assert_eq!(kinds(&records_of(&without_call, None, &[], &everything)), [(Note, false)]);
    }

    #[test]
    fn what_is_taken_back_goes_only_where_it_was_sent() {
        let before = interaction(InteractionState::Final);
        let now = Interaction { follow_up: None, charges: vec![before.charges[1].clone()], ..before.clone() };
        use RecordKind::{Call, Charge, FollowUp};
        let wanted = records_of(&now, Some(&before), &[], &able(&RecordKind::ALL));
        assert_eq!(kinds(&wanted), [(Call, false), (FollowUp, true), (Charge, false), (Charge, true)]);
        assert_eq!(wanted[3].subject, before.charges[0].id.to_string());
    }
}
