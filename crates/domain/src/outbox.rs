//! The outbox: the queue of records for the CRMs, from which each record is created exactly once.
//!
//! An item stands for one record of the CRM, not for one request: the record is created once, under a request id that
//! it keeps, and amended as often as its data changes. The data is put together when the item is sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::ErrorCode;
use crate::name::ConnectorName;

mod failure;
mod intent;
mod retry;

pub use self::failure::{AfterFailure, BELIEVED_AHEAD, ForConnector, LONGEST_PAUSE, after_failure, pause_after};
pub use self::intent::{RecordCalls, RecordIntent, TakenBack, WRAP_UP, recorded_after, records_of};
pub use self::retry::{Retried, RetryHow, RetryOutcome};
pub use crate::record::{RecordKind, RequestId};

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// To be sent, now or when its time comes.
    Waiting,
    /// A request that creates it was sent, and its outcome is not known yet.
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
    /// The kind of failure.
    pub code: ErrorCode,
    /// The CRM's own words; may be empty.
    pub words: String,
    /// When the try failed, UTC.
    pub at: DateTime<Utc>,
    /// All tries are used up: a last search shows whether the CRM has the record, and it is not sent again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "ts", ts(skip))]
    pub last_try: bool,
}

/// One record in the outbox. All times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OutboxItem {
    /// Our id of the record, which is written into it.
    pub id: RequestId,
    /// The CRM that the record goes to.
    pub connector: ConnectorName,
    /// What kind of record.
    pub kind: RecordKind,
    /// What it is about: a call's key, or the id of an interaction, a charge or a contact.
    pub subject: String,
    /// Items with the same key are sent in the order they were made: a contact's id, or for an unknown caller the
    /// number or the call's key.
    pub order_key: String,
    /// How far it has come.
    pub state: OutboxState,
    /// The number of the latest change, counted from 1.
    pub wanted: u32,
    /// The number of the last change that the CRM has; 0 for none.
    pub sent: u32,
    /// The number of the change that was sent last, answered or not; 0 for none.
    pub attempted: u32,
    /// The CRM's id of the record.
    pub remote_id: Option<String>,
    /// The number of tries since the last success, or since a person tried it again.
    pub attempts: u32,
    /// How many of these tries failed because of the record itself, and not because of the CRM or the network.
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

/// What a record that is on its way waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RecordWait {
    /// The call that it belongs to is not over.
    CallEnds,
    /// The CRM, which does not answer, accepts no sign-in, or has refused the record so far.
    Crm,
    /// Its turn: it goes out by itself at any moment.
    Turn,
}

/// What a record waits for; `None` unless it is to be sent. `goes_on` says whether its call is still active, and
/// `answers` whether the CRM answered the last request.
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

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
}
