//! Notices: what an agent who looks elsewhere is told by the system's notifications.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::call::CallKey;
use crate::contact::ContactId;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A call was not answered.
    Missed,
    /// A dial did not become a call.
    DialFailed,
    /// A record can't be brought to the CRM as it is.
    Parked,
    /// A vendor can't be reached.
    ProviderLost,
    /// A vendor answers again.
    ProviderBack,
    /// A CRM can't be reached, or lets nobody in.
    CrmLost,
    /// A CRM answers again.
    CrmBack,
    /// The database was damaged or can't be backed up, or is well again.
    Database,
}

/// What can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NoticeAction {
    /// Show it in Timbre.
    Open,
    /// Dial the number, after a question.
    CallBack,
    /// Tell it again later.
    Snooze,
}

/// Something to be told. Its texts are plain: whoever shows them escapes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Notice {
    /// Its id.
    pub id: Uuid,
    /// When it happened, UTC.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: NoticeKind,
    /// One short line.
    pub title: String,
    /// One or two more.
    pub body: String,
    /// What can be done, the usual first.
    pub actions: Vec<NoticeAction>,
    /// A later notice about the same takes the place of this one.
    pub about: String,
    /// The call.
    pub call: Option<CallKey>,
    /// What to dial to call back.
    pub number: Option<String>,
    /// The contact to call back.
    pub contact: Option<ContactId>,
    /// The name of the account or CRM that it is about.
    pub account: Option<String>,
}
