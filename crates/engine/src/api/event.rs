//! What the engine tells: one JSON object a line in `timbrectl watch --json`, the same to windows.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::call::{AccountName, Call, CallKey, CallState, Direction, Party};
use timbre_domain::contact::Contact;
use timbre_domain::crm::ConnectorName;
use timbre_domain::dial::{DialId, DialProgress};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::error::ErrorCode;
use timbre_domain::matching::{Match, MatchKind, MatchName};
use timbre_domain::outbox::{OutboxItem, Problem, RecordKind};
use timbre_domain::popup::PopupCard;
use timbre_domain::status::{ComponentStatus, Status};
use timbre_domain::texts::Catalogue;
use timbre_store::{OpenReport, Replayed};
use uuid::Uuid;

pub use super::provider_state::{ClockOff, Condition, ProviderState};
use crate::crm::connector::ConnectorHealth;

/// Something that happened. All times are UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Event {
    /// A call is seen for the first time.
    #[serde(rename = "call.detected")]
    Detected(CallEvent),
    /// The other side answered.
    #[serde(rename = "call.connected")]
    Connected(CallEvent),
    /// The call is over.
    #[serde(rename = "call.ended")]
    Ended(CallEvent),
    /// A call presumed ended is active again.
    #[serde(rename = "call.resumed")]
    Resumed(CallEvent),
    /// The vendor has said who the other side is, after the call was detected.
    #[serde(rename = "call.identified")]
    Identified(CallEvent),
    /// The vendor's record has told what a call cost and how long it was.
    #[serde(rename = "call.recorded")]
    Recorded(RecordedEvent),
    /// What a pop-up shows.
    #[serde(rename = "popup")]
    Popup(Box<PopupEvent>),
    /// A dial has come further.
    #[serde(rename = "dial.progress")]
    Dial(DialEvent),
    /// How the vendor is, when it changes.
    #[serde(rename = "provider.state")]
    Provider(ProviderState),
    /// How the database is, when it changes.
    #[serde(rename = "store.state")]
    Store(StoreState),
    /// How far an import of contacts has come.
    #[serde(rename = "contacts.import")]
    Import(ImportProgress),
    /// How far bringing a CRM's contacts here has come.
    #[serde(rename = "contacts.sync")]
    Sync(SyncProgress),
    /// A record is in the CRM as we have it.
    #[serde(rename = "outbox.sent")]
    OutboxSent(OutboxEvent),
    /// A record is to be sent, or to be sent again.
    #[serde(rename = "outbox.waiting")]
    OutboxWaiting(OutboxEvent),
    /// A record can't be sent as it is: a person must act.
    #[serde(rename = "outbox.parked")]
    OutboxParked(OutboxEvent),
    /// How a CRM is, when it changes.
    #[serde(rename = "connector.state")]
    Connector(ConnectorState),
    /// Whether a CRM finds records of a kind by their request id, when it changes.
    #[serde(rename = "connector.kind")]
    Kind(KindEvent),
    /// A part of Timbre ended badly, or runs again.
    #[serde(rename = "component.state")]
    Component(ComponentEvent),
    /// How everything is: what somebody who begins to watch is told first. The engine itself publishes changes alone.
    #[serde(rename = "status")]
    Status(Box<StatusEvent>),
}

/// How everything is at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEvent {
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub status: Status,
}

/// A part of Timbre ended badly, or runs again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentEvent {
    pub at: DateTime<Utc>,
    /// How it is now.
    #[serde(flatten)]
    pub status: ComponentStatus,
}

/// What was learnt of a kind of record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindEvent {
    pub at: DateTime<Utc>,
    pub connector: ConnectorName,
    pub kind: RecordKind,
    pub state: KindState,
    pub why: Option<Problem>,
}

/// Whether records of a kind go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindState {
    Free,
    /// They are held: the CRM does not find them by their request id, so that one could be created twice.
    Held,
    /// They go out, with their request id in a text: the CRM does not keep it in its own field.
    IdNotKept,
}

/// A record on its way to a CRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEvent {
    pub at: DateTime<Utc>,
    /// The call it is about, where it is a call's.
    pub call_key: Option<CallKey>,
    /// The item as it is now.
    pub item: OutboxItem,
    /// Where the record opens in the browser, once it is there.
    pub url: Option<String>,
}

/// How a CRM is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorState {
    pub at: DateTime<Utc>,
    pub connector: ConnectorName,
    #[serde(flatten)]
    pub condition: ConnectorHealth,
}

/// What a synchronisation is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncPhase {
    /// All contacts come for the first time.
    Full,
    /// What changed since the last time.
    Changes,
    /// Which contacts the CRM still has.
    Deletions,
    /// The telephones that its lists leave out.
    Details,
}

/// How far bringing a CRM's contacts here has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncProgress {
    pub at: DateTime<Utc>,
    pub connector: ConnectorName,
    /// What it is doing.
    pub phase: SyncPhase,
    /// Contacts taken in by this pass; ids looked at while deletions are looked for.
    pub contacts: u64,
    /// Contacts that are new here, changed here, or gone.
    pub changed: u64,
    /// Contacts whose telephones are still to be asked for.
    pub details_left: u64,
    /// Whether the pass came to its end.
    pub finished: bool,
}

/// How far an import of contacts has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProgress {
    pub at: DateTime<Utc>,
    pub import: Uuid,
    /// The file's name, without its folder.
    pub file: String,
    pub rows: u64,
    /// Bytes of the file that were read.
    pub bytes: u64,
    /// How long the file is, bytes.
    pub total_bytes: u64,
    /// Whether it came to its end.
    pub finished: bool,
}

/// A call in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEvent {
    /// When it was noticed by us.
    pub at: DateTime<Utc>,
    pub call_key: CallKey,
    pub endpoint: EndpointNumber,
    /// Which way it goes.
    pub direction: Direction,
    /// How far it has come.
    pub state: CallState,
    pub party: Party,
    /// When the vendor noticed it.
    pub detected_at: DateTime<Utc>,
    /// When the other side answered.
    pub connected_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// The dial of ours it came from.
    pub dial_id: Option<DialId>,
    /// Whether another endpoint took it over.
    #[serde(default)]
    pub transferred: bool,
}

impl CallEvent {
    pub(crate) fn new(call: &Call, at: DateTime<Utc>) -> Self {
        Self {
            at,
            call_key: call.key.clone(),
            endpoint: call.endpoint.clone(),
            direction: call.direction,
            state: call.state,
            party: call.party.clone(),
            detected_at: call.detected_at,
            connected_at: call.connected_at,
            ended_at: call.ended_at,
            dial_id: call.dial,
            transferred: call.transferred,
        }
    }
}

/// What the vendor's record added to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// When we learnt it.
    pub at: DateTime<Utc>,
    pub call_key: CallKey,
    /// When it was answered; nothing for a call that was not, whatever it looked like live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<DateTime<Utc>>,
    pub duration_s: u64,
    /// In the account's currency, exactly as written.
    pub cost: Option<String>,
    /// The account's currency, where the settings name it.
    pub currency: Option<String>,
    /// The vendor's word for why it ended.
    pub end_reason: Option<String>,
}

/// A pop-up, as whoever has no window sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PopupEvent {
    /// When it was shown.
    pub at: DateTime<Utc>,
    pub call_key: CallKey,
    /// Milliseconds since the answer that showed the call had arrived.
    pub after_answer_ms: f64,
    /// Who is on the other side, in a word.
    #[serde(rename = "match")]
    pub matched: MatchName,
    /// How the number led to the contacts.
    pub kind: Option<MatchKind>,
    /// The contacts shown: one, several to choose from, or none.
    pub contacts: Vec<Contact>,
    /// How many more contacts have the number, for a "maybe".
    pub others: usize,
    /// The party's number as people write it; empty where there is none.
    pub number_written: String,
    /// The call as the pop-up shows it.
    pub call: Call,
    /// Whether it was shown before, and now more is known of who is on the other side.
    #[serde(default)]
    pub completed: bool,
}

impl PopupEvent {
    pub(crate) fn new(card: PopupCard, at: DateTime<Utc>, after_answer: Duration) -> Self {
        Self {
            at,
            call_key: card.call.key.clone(),
            after_answer_ms: after_answer.as_secs_f64() * 1_000.0,
            matched: card.matched.name(),
            kind: card.matched.kind(),
            contacts: card.matched.contacts().to_vec(),
            others: match card.matched {
                Match::Maybe { others, .. } => others,
                _ => 0,
            },
            number_written: card.number_written,
            call: card.call,
            completed: false,
        }
    }
}

/// A step of a dial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialEvent {
    /// The account it goes through.
    pub account: AccountName,
    /// The step, with its `at`, and its `call_key` once there is a call.
    #[serde(flatten)]
    pub progress: DialProgress,
}

/// How the database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreState {
    pub at: DateTime<Utc>,
    pub ok: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// The bare technical detail, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where a damaged database was put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
    /// When the backup that took its place was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<DateTime<Utc>>,
    /// How many entries of the journal were brought back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub brought_back: usize,
    /// How many entries of the journal can't be read: what was typed then may be missing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: usize,
    /// Whether it is the backup alone that fails, or works again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backup: bool,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl StoreState {
    pub(crate) fn ok(at: DateTime<Utc>) -> Self {
        Self {
            at,
            ok: true,
            code: None,
            detail: None,
            set_aside: None,
            restored_from: None,
            brought_back: 0,
            lost: 0,
            backup: false,
        }
    }

    pub(crate) fn failing(code: ErrorCode, at: DateTime<Utc>) -> Self {
        Self { ok: false, code: Some(code), ..Self::ok(at) }
    }

    pub(crate) fn backup(failed: Option<ErrorCode>, at: DateTime<Utc>) -> Self {
        Self { ok: failed.is_none(), code: failed, backup: true, ..Self::ok(at) }
    }

    /// What opening the database found; nothing where it was as it was left.
    pub(crate) fn of(opened: &OpenReport, at: DateTime<Utc>) -> Option<Self> {
        let healed = opened.set_aside.as_ref();
        if healed.is_none() && opened.journal == Replayed::default() {
            return None;
        }
        Some(Self {
            code: Some(ErrorCode::StoreDamaged),
            set_aside: healed.map(|aside| aside.file.display().to_string()),
            restored_from: healed.and_then(|aside| aside.restored_from),
            brought_back: opened.journal.entries,
            lost: opened.journal.lost,
            ..Self::ok(at)
        })
    }

    /// What it means, in the catalogue's words, whole; `date` writes a time.
    #[must_use]
    pub fn words(&self, texts: &Catalogue, date: impl Fn(DateTime<Utc>) -> String) -> String {
        let mut words = match (self.code, &self.set_aside, self.restored_from) {
            (None, _, _) if self.backup => return texts.text("store.backup_ok").to_owned(),
            (None, _, _) => return texts.text("store.ok").to_owned(),
            (Some(code), _, _) if self.backup => {
                return format!(
                    "{} {} {}",
                    texts.text("store.backup_failed"),
                    texts.what(code),
                    texts.what_to_do(code)
                );
            }
            (Some(_), Some(_), Some(made)) => texts.fill("store.restored", &[("date", &date(made))]),
            (Some(_), Some(_), None) => texts.text("store.new").to_owned(),
            (Some(_), None, _) if self.ok => texts.text("store.made_good").to_owned(),
            (Some(code), None, _) => return format!("{} {}", texts.what(code), texts.what_to_do(code)),
        };
        if self.lost > 0 {
            words.push(' ');
            words.push_str(&texts.fill("store.lost", &[("count", &self.lost.to_string())]));
        }
        words
    }
}
