//! The outbox: what is on its way to a CRM, so that each record gets there exactly once.
//!
//! An item stands for one record of the CRM, not for one request: it is created once, under a request id that it keeps, and
//! amended as often as what it tells changes. What it says is put together when it is sent.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::call::{Call, CallState, Direction};
use crate::crm::{Abilities, ConnectorName, Verdict};
use crate::disposition::Action;
use crate::error::ErrorCode;
use crate::interaction::{Charge, FollowUp, Interaction, InteractionState};

/// What a record is known by in the CRM before we know its id there (UUID version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RequestId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// The kinds of record a CRM may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A contact.
    Contact,
    /// A call.
    Call,
    /// Something to be done later.
    FollowUp,
    /// A charge.
    Charge,
    /// A note.
    Note,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Contact, Self::Call, Self::FollowUp, Self::Charge, Self::Note];

    /// Its name in JSON, in the database and in the catalogue of texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Call => "call",
            Self::FollowUp => "follow_up",
            Self::Charge => "charge",
            Self::Note => "note",
        }
    }
}

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// To be sent, now or when its time comes.
    Waiting,
    /// A request that creates it went out, and nobody knows yet what came of it.
    Sending,
    /// It can't be sent as it is: a person mends, retries or discards it.
    Parked,
    /// The CRM has it as we have it.
    Done,
    /// A person decided that it is not to be sent.
    Discarded,
}

/// Why an item was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Problem {
    /// What it is.
    pub code: ErrorCode,
    /// The CRM's own words; may be empty.
    pub words: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// It was tried as often as it may be: a last search shows whether it is there, and it is not sent again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "ts", ts(skip))]
    pub last_try: bool,
}

/// One record on its way. All times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OutboxItem {
    /// What the record is known by over there.
    pub id: RequestId,
    /// Which CRM.
    pub connector: ConnectorName,
    /// What kind of record.
    pub kind: RecordKind,
    /// What it is about: a call's key, or the id of an interaction, a charge or a contact.
    pub subject: String,
    /// Items with the same are sent in the order they were made: a contact's id, or the call's key of an unknown caller.
    pub order_key: String,
    /// How far it has come.
    pub state: OutboxState,
    /// Counts the changes that are to be told.
    pub wanted: u32,
    /// The change that the CRM knows; 0 for none.
    pub sent: u32,
    /// The change that went out last and got no answer; 0 for none.
    pub attempted: u32,
    /// The CRM's id of the record.
    pub remote_id: Option<String>,
    /// Tries since the last success or since a person mended it.
    pub attempts: u32,
    /// Of these, those where the record itself was the trouble, and not the CRM or the network.
    pub unsure: u32,
    /// A person said that it is no duplicate.
    pub despite_duplicate: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it is to be sent, or searched for, at the earliest.
    pub next_at: DateTime<Utc>,
    /// When the request that may have created it went out.
    pub begun_at: Option<DateTime<Utc>>,
    /// Why it was not sent the last time.
    pub problem: Option<Problem>,
}

/// What a person asks for who has a record tried again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryHow {
    /// Create it although the CRM takes it for one that it has already.
    pub despite_duplicate: bool,
    /// Create it although the CRM may have it from an earlier try and can't be asked for it: the person has looked there.
    pub unsearched: bool,
    /// Answer only once it is known what came of it, or after ten seconds.
    pub wait: bool,
}

/// How a try that a person asked for came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RetryOutcome {
    /// The CRM has it.
    Sent,
    /// It is being sent, or other records of its contact go first; nothing more is known yet.
    Underway,
    /// It was not sent. It goes by itself at [`Retried::until`].
    Waits,
    /// An earlier request may have stored it. At [`Retried::until`] it is searched for, and sent if it is not there.
    SearchedLater,
    /// The sign-in failed: nothing is sent until a person puts it right.
    Stopped,
    /// The CRM does not find records of this kind by their request id, so that none of them is sent. It goes by itself once
    /// a search works.
    Held,
    /// It can't be sent as it is.
    Parked,
    /// An earlier request may have stored it, and the CRM can't be asked: a person has to look there, and may then ask for
    /// it to be created all the same ([`RetryHow::unsearched`]).
    Unsearchable,
    /// It is not to be sent any more.
    Gone,
}

impl RetryOutcome {
    /// Every outcome.
    pub const ALL: [Self; 9] = [
        Self::Sent,
        Self::Underway,
        Self::Waits,
        Self::SearchedLater,
        Self::Stopped,
        Self::Held,
        Self::Parked,
        Self::Unsearchable,
        Self::Gone,
    ];

    /// Its name in JSON and in the catalogue of texts (`outbox.retried.<name>`; some have a place `{at}`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Underway => "underway",
            Self::Waits => "waits",
            Self::SearchedLater => "searched_later",
            Self::Stopped => "stopped",
            Self::Held => "held",
            Self::Parked => "parked",
            Self::Unsearchable => "unsearchable",
            Self::Gone => "gone",
        }
    }
}

/// What came of a try that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Retried {
    /// The record as it is now.
    pub item: OutboxItem,
    /// How it came out.
    pub outcome: RetryOutcome,
    /// When it goes out or is searched for by itself, UTC; nothing where that is not known.
    pub until: Option<DateTime<Utc>>,
    /// Why it was not sent.
    pub why: Option<Problem>,
    /// The same in the agent's language; empty where nothing is in its way.
    pub what: String,
    /// What to do about it.
    pub what_to_do: String,
}

/// A record that the CRM is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What kind.
    pub kind: RecordKind,
    /// What it is about.
    pub subject: String,
    /// What was removed: it goes only to a CRM that may have it already, to take it back.
    pub taken_back: Option<TakenBack>,
}

/// A part of a result that was removed after it may have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBack {
    /// A follow-up.
    FollowUp(FollowUp),
    /// A charge.
    Charge(Charge),
}

/// What a record that is on its way waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RecordWait {
    /// The call it tells of goes on.
    CallEnds,
    /// The CRM, which does not answer, lets nobody in, or has not taken it yet.
    Crm,
    /// Its turn: it goes out by itself at any moment.
    Turn,
}

/// What a record waits for; nothing where it is not on its way. `goes_on` says whether the call it belongs to does, and
/// `answers` whether the CRM did when it was asked last.
#[must_use]
pub fn waits_for(item: &OutboxItem, goes_on: bool, answers: bool) -> Option<RecordWait> {
    if !matches!(item.state, OutboxState::Waiting | OutboxState::Sending) {
        return None;
    }
    let waits = match item.kind {
        RecordKind::Contact => RecordWait::Turn,
        _ if goes_on => RecordWait::CallEnds,
        _ => RecordWait::Turn,
    };
    // A call that goes on keeps its record here, however the CRM is.
    let trouble = !answers || item.problem.is_some();
    Some(if trouble && waits == RecordWait::Turn { RecordWait::Crm } else { waits })
}

/// What the organisation wants to have recorded by itself.
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
) -> Vec<Wanted> {
    if interaction.state != InteractionState::Final {
        return Vec::new();
    }
    let mut wanted = Vec::new();
    let mut want = |kind: RecordKind, subject: String, taken_back: Option<TakenBack>| {
        if abilities.records.contains(&kind) {
            wanted.push(Wanted { kind, subject, taken_back });
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

/// The shortest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause after a failure.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// A time saved further ahead than this was saved before the clock was set back: nothing is ever put off for so long.
pub const BELIEVED_AHEAD: Duration = Duration::from_secs(20 * 60);

/// How long to wait after so many failures in a row, from 1: twice as long each time, somewhere between the half and the
/// whole of it, so that a thousand desktops do not come back together. `random` is in 0..1.
#[must_use]
pub fn pause_after(failures: u32, random: f64) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    whole.mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
}

/// What becomes of an item after it could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterFailure {
    /// Its state now.
    pub state: OutboxState,
    /// How long it waits at least.
    pub pause: Duration,
    /// It was sent for the last time.
    pub last_try: bool,
    /// What it means for everything else to this CRM.
    pub connector: ForConnector,
}

/// What a failure means for everything else to the same CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForConnector {
    /// Nothing: this one record is the trouble.
    Nothing,
    /// It waits so long.
    Waits(Duration),
    /// It stops until a person acts.
    Stops,
}

/// Decides after a failure. `failures` counts this one, `creating` says whether the request would have made the record.
#[must_use]
pub fn after_failure(verdict: Verdict, creating: bool, failures: u32, random: f64) -> AfterFailure {
    let pause = pause_after(failures, random);
    match verdict {
        Verdict::Park => after(OutboxState::Parked, Duration::ZERO, ForConnector::Nothing),
        Verdict::Stop => after(OutboxState::Waiting, Duration::ZERO, ForConnector::Stops),
        Verdict::Wait(at_least) => {
            let pause = pause.max(at_least);
            after(OutboxState::Waiting, pause, ForConnector::Waits(pause))
        }
        Verdict::BackOff => after(OutboxState::Waiting, pause, ForConnector::Waits(pause)),
        // A change that is told twice is told once; only a creation must be searched for.
        Verdict::SearchFirst { tries } if creating => {
            let after = after(OutboxState::Sending, pause, ForConnector::Nothing);
            AfterFailure { last_try: failures >= tries, ..after }
        }
        Verdict::SearchFirst { tries } if failures >= tries => {
            after(OutboxState::Parked, Duration::ZERO, ForConnector::Nothing)
        }
        Verdict::SearchFirst { .. } => after(OutboxState::Waiting, pause, ForConnector::Nothing),
    }
}

fn after(state: OutboxState, pause: Duration, connector: ForConnector) -> AfterFailure {
    AfterFailure { state, pause, last_try: false, connector }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

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

    fn kinds(wanted: &[Wanted]) -> Vec<(RecordKind, bool)> {
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

    #[test]
    fn a_record_waits_for_the_end_of_its_call_for_the_crm_or_for_its_turn() {
        let at = DateTime::UNIX_EPOCH;
        let item = |kind: RecordKind, state: OutboxState, problem: bool| OutboxItem {
            id: RequestId(Uuid::nil()),
            connector: "crm".parse().unwrap(),
            kind,
            subject: String::new(),
            order_key: String::new(),
            state,
            wanted: 1,
            sent: 0,
            attempted: 0,
            remote_id: None,
            attempts: 0,
            unsure: 0,
            despite_duplicate: false,
            created_at: at,
            next_at: at,
            begun_at: None,
            problem: problem.then(|| Problem {
                code: ErrorCode::Unreachable,
                words: String::new(),
                at,
                last_try: false,
            }),
        };
        use OutboxState::{Discarded, Done, Parked, Sending, Waiting};
        use RecordWait::{CallEnds, Crm, Turn};
        for (kind, state, problem, goes_on, answers, waits) in [
            (RecordKind::Call, Waiting, false, true, true, Some(CallEnds)),
            (RecordKind::Call, Waiting, false, true, false, Some(CallEnds)),
            (RecordKind::Charge, Waiting, false, true, true, Some(CallEnds)),
            (RecordKind::Contact, Waiting, false, true, true, Some(Turn)),
            (RecordKind::Call, Waiting, false, false, true, Some(Turn)),
            (RecordKind::Call, Waiting, true, false, true, Some(Crm)),
            (RecordKind::Call, Waiting, false, false, false, Some(Crm)),
            (RecordKind::Call, Sending, false, false, true, Some(Turn)),
            (RecordKind::Call, Sending, true, false, true, Some(Crm)),
            (RecordKind::Call, Parked, true, true, false, None),
            (RecordKind::Call, Done, false, true, false, None),
            (RecordKind::Call, Discarded, false, false, false, None),
        ] {
            assert_eq!(waits_for(&item(kind, state, problem), goes_on, answers), waits, "{kind:?} {state:?} {goes_on}");
        }
    }

    #[test]
    fn a_refusal_parks_the_record_and_a_failed_sign_in_stops_everything() {
        assert_eq!(after_failure(Verdict::Park, true, 1, 0.0).state, OutboxState::Parked);
        let stopped = after_failure(Verdict::Stop, true, 1, 0.0);
        assert_eq!((stopped.state, stopped.connector), (OutboxState::Waiting, ForConnector::Stops));
    }

    #[test]
    fn a_creation_without_an_answer_is_searched_for_and_a_change_is_simply_told_again() {
        let unsure = Verdict::SearchFirst { tries: 3 };
        assert_eq!(after_failure(unsure, true, 1, 0.0).state, OutboxState::Sending);
        assert_eq!(after_failure(unsure, false, 1, 0.0).state, OutboxState::Waiting);
        assert_eq!(after_failure(unsure, false, 3, 0.0).state, OutboxState::Parked, "a few tries, then a person");
        let third = after_failure(unsure, true, 3, 0.0);
        assert_eq!((third.state, third.last_try), (OutboxState::Sending, true), "it may be there: one more search");
        assert!(!after_failure(unsure, true, 2, 0.0).last_try);
    }

    #[test]
    fn a_wait_that_the_crm_demands_is_never_cut_short() {
        let minute = Duration::from_secs(61);
        let waits = after_failure(Verdict::Wait(minute), true, 1, 0.0);
        assert_eq!((waits.pause, waits.connector), (minute, ForConnector::Waits(minute)));
    }

    proptest! {
        #[test]
        fn pauses_grow_stay_within_their_bounds_and_differ_from_desk_to_desk(failures in 1_u32..200, random in 0.0_f64..1.0) {
            let pause = pause_after(failures, random);
            prop_assert!(pause >= FIRST_PAUSE / 2 && pause <= LONGEST_PAUSE);
            prop_assert!(pause_after(failures + 1, random) >= pause);
            prop_assert!(pause_after(failures, 1.0) >= pause);
        }
    }
}
