//! Notices: what an agent who looks elsewhere is told by the system's notifications.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::call::CallKey;
use crate::contact::ContactId;

/// The kinds of notice. Agents switch most of them on and off in their preferences.
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
    /// The desktop shows no tray icons: a small window stands in for the tray.
    TrayMissing,
}

/// A button of a notice.
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

/// A message for the system's notifications. The texts are plain: whoever shows them in a markup escapes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Notice {
    /// The id of this notice (UUID version 7).
    pub id: Uuid,
    /// When it happened, UTC.
    pub at: DateTime<Utc>,
    /// What the notice tells, which also decides whether the agent wants it.
    pub kind: NoticeKind,
    /// One short line in the agent's language.
    pub title: String,
    /// One or two more lines in the agent's language.
    pub body: String,
    /// The buttons, the usual one first.
    pub actions: Vec<NoticeAction>,
    /// What the notice is about: a later notice with the same value replaces this one.
    pub about: String,
    /// The call that the notice is about.
    pub call: Option<CallKey>,
    /// What to dial to call back.
    pub number: Option<String>,
    /// The contact to call back.
    pub contact: Option<ContactId>,
    /// The name of the account or CRM that it is about.
    pub account: Option<String>,
}
