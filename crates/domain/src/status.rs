//! How Timbre is at this moment: what the tray's icon, the main window and `timbrectl status` tell.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::call::{AccountName, CallKey, CallState, Direction, Party};
use crate::disposition::DispositionCatalogue;
use crate::endpoint::Identity;
use crate::error::ErrorCode;
use crate::name::ConnectorName;
use crate::outbox::RecordKind;
use crate::popup::PopupPolicy;
use crate::preferences::{DoNotDisturb, Preferences};
use crate::refusal::Refusal;
use crate::texts::{Catalogue, Language};
use crate::vendor::Capability;

/// How Timbre is. All times are UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Status {
    /// The calls going on, the newest first.
    pub calls: Vec<LiveCall>,
    /// The accounts with vendors.
    pub accounts: Vec<AccountStatus>,
    /// The CRMs, in the order of the settings.
    pub connectors: Vec<ConnectorStatus>,
    /// Answered calls whose result is not final, of the last days.
    pub pending: u64,
    /// Do not disturb, while it holds.
    pub do_not_disturb: Option<DoNotDisturb>,
    /// How the database is.
    #[serde(default)]
    pub database: DatabaseStatus,
    /// The parts of Timbre that ended badly since the start, and were started again.
    #[serde(default)]
    pub components: Vec<ComponentStatus>,
}

/// A part of Timbre that ended badly since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ComponentStatus {
    /// Its name, such as `call flow` or, for one of several, `outbox (crm)`; `Catalogue::component` says what people call it.
    pub component: String,
    /// How often it ended badly.
    pub failures: u32,
    /// When it last ended badly.
    pub failed_at: DateTime<Utc>,
    /// Whether it runs again.
    pub runs: bool,
}

/// How the database is, as far as its use has shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DatabaseStatus {
    /// Damage was met; the next start heals it.
    pub damaged: bool,
    /// This start found the database damaged and repaired it.
    #[serde(default)]
    pub repaired: bool,
    /// Why the last backup could not be made.
    pub backup_failed: Option<ErrorCode>,
}

/// A call that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LiveCall {
    /// The key of the call.
    pub call_key: CallKey,
    /// Which way it goes.
    pub direction: Direction,
    /// How far it has come.
    pub state: CallState,
    /// Who is at the other end, seen from our endpoint.
    pub party: Party,
    /// The other side's number as people write it; empty where none is shown.
    pub number_written: String,
    /// When it began, or when it was answered.
    pub since: DateTime<Utc>,
}

/// An account with a vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AccountStatus {
    /// The administrator's name for the account.
    pub account: AccountName,
    /// Whether the vendor answers.
    pub reach: AccountReach,
    /// Why it does not.
    pub code: Option<ErrorCode>,
}

/// Whether a vendor answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AccountReach {
    /// The first answer is not there yet.
    NotAskedYet,
    /// The last question was answered.
    Answers,
    /// The last question failed.
    Failing,
}

/// How the connection to a CRM is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ConnectorStatus {
    /// The administrator's name for the CRM.
    pub connector: ConnectorName,
    /// Whether the CRM answers.
    pub reach: ConnectorReach,
    /// Why it is stopped, or why the last try failed.
    pub code: Option<ErrorCode>,
    /// The same in the agent's language; empty while it answers.
    pub what: String,
    /// What to do about it.
    pub what_to_do: String,
    /// When it is asked again, where it could not be reached.
    pub until: Option<DateTime<Utc>>,
    /// Records on their way.
    pub waiting: u64,
    /// Records that need a person.
    pub parked: u64,
    /// The kinds of record that are not sent, because the CRM does not find them by their request id.
    #[serde(default)]
    pub held: Vec<RecordKind>,
}

impl ConnectorStatus {
    /// The same with its texts in the language of `texts`.
    #[must_use]
    pub fn in_words(self, texts: &Catalogue) -> Self {
        let words = |words: fn(&Catalogue, ErrorCode) -> String| self.code.map(|code| words(texts, code));
        let (what, what_to_do) = (words(Catalogue::crm_what), words(Catalogue::crm_what_to_do));
        Self { what: what.unwrap_or_default(), what_to_do: what_to_do.unwrap_or_default(), ..self }
    }
}

/// Whether a CRM answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConnectorReach {
    /// It does, or was not asked yet.
    Answers,
    /// It does not, or lets nobody in for a while: it is asked again by itself, and what is for it waits here.
    Failing,
    /// It was stopped until a person acts: the sign-in is refused.
    Stopped,
}

/// What a window must know before it shows anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct WindowBootstrap {
    /// The language to speak.
    pub language: Language,
    /// `linux`, `windows` or `macos`: keys and places are called differently.
    pub platform: String,
    /// The version of Timbre, such as `0.1.0`.
    pub version: String,
    /// Whether there is an account; without one, there is nothing to do but set up.
    pub set_up: bool,
    /// Why Timbre could not start with its settings, where it could not.
    pub trouble: Option<Refusal>,
    /// What can come of a call.
    pub dispositions: DispositionCatalogue,
    /// The organisation's own fields of results: those that dispositions ask for.
    pub result_fields: Vec<String>,
    /// Who calls can be made as, the usual one first.
    pub identities: Vec<Identity>,
    /// The currency that charges usually have (ISO 4217).
    pub currency: Option<String>,
    /// The country whose rules read numbers without a country code (ISO 3166, such as `CR`).
    pub country: String,
    /// What at least one of the accounts can do: windows offer nothing else.
    pub offers: Vec<Capability>,
    /// Whether there is a CRM that results go to.
    pub has_crm: bool,
    /// What the agent chose.
    pub preferences: Preferences,
    /// The keys that work in every program and could not be had, each with its place, such as `hotkeys.dial`.
    #[serde(default)]
    pub keys_not_had: Vec<Refusal>,
    /// Which calls pop up, of the settings file and the agent's preferences together.
    pub popup: PopupPolicy,
}

/// What the tray's icon shows: one thing, the most urgent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TrayStatus {
    /// At least one call rings and none is answered.
    Ringing,
    /// The agent speaks in a call.
    InCall,
    /// A vendor can't be reached: calls may be missed.
    Unreachable,
    /// The agent wants no pop-ups and no notifications for now.
    DoNotDisturb,
    /// Records need a person, or a CRM or the database does, or a CRM can't be reached.
    Waiting,
    /// Nothing needs the agent's attention.
    #[default]
    Ready,
}

impl Status {
    /// What to show where there is room for one thing.
    #[must_use]
    pub fn tray_status(&self) -> TrayStatus {
        if self.calls.iter().any(|call| call.state == CallState::Connected) {
            TrayStatus::InCall
        } else if !self.calls.is_empty() {
            TrayStatus::Ringing
        } else if self.accounts.iter().any(|account| account.reach == AccountReach::Failing) {
            TrayStatus::Unreachable
        } else if self.do_not_disturb.is_some() {
            TrayStatus::DoNotDisturb
        } else if self.database != DatabaseStatus::default()
            || self.connectors.iter().any(|crm| crm.reach != ConnectorReach::Answers || crm.parked > 0)
        {
            TrayStatus::Waiting
        } else {
            TrayStatus::Ready
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(state: CallState) -> LiveCall {
        LiveCall {
            call_key: serde_json::from_str(r#""acme:main:1""#).unwrap(),
            direction: Direction::In,
            state,
            party: Party::Withheld,
            number_written: String::new(),
            since: DateTime::from_timestamp(0, 0).unwrap(),
        }
    }

    #[test]
    fn the_most_urgent_thing_is_shown_and_what_lies_beneath_comes_back() {
        let name: AccountName = "main".parse().unwrap();
        let crm = ConnectorStatus {
            connector: "crm".parse().unwrap(),
            reach: ConnectorReach::Answers,
            code: None,
            what: String::new(),
            what_to_do: String::new(),
            until: None,
            waiting: 3,
            parked: 1,
            held: Vec::new(),
        };
        let failing = AccountStatus { account: name, reach: AccountReach::Failing, code: Some(ErrorCode::Unreachable) };
        let mut status = Status {
            calls: vec![call(CallState::Ringing), call(CallState::Connected)],
            accounts: vec![failing],
            connectors: vec![crm],
            pending: 1,
            do_not_disturb: Some(DoNotDisturb { until: None }),
            database: DatabaseStatus { damaged: false, repaired: false, backup_failed: Some(ErrorCode::DiskFull) },
            components: Vec::new(),
        };
        let mut lights = vec![status.tray_status()];
        status.calls.pop();
        lights.push(status.tray_status());
        status.calls.clear();
        lights.push(status.tray_status());
        status.accounts.clear();
        lights.push(status.tray_status());
        status.do_not_disturb = None;
        lights.push(status.tray_status());
        status.connectors[0].parked = 0;
        lights.push(status.tray_status());
        status.database = DatabaseStatus::default();
        lights.push(status.tray_status());
        let expected = [
            TrayStatus::InCall,
            TrayStatus::Ringing,
            TrayStatus::Unreachable,
            TrayStatus::DoNotDisturb,
            TrayStatus::Waiting,
            TrayStatus::Waiting,
            TrayStatus::Ready,
        ];
        assert_eq!(lights, expected);
        for reach in [ConnectorReach::Failing, ConnectorReach::Stopped] {
            status.connectors[0].reach = reach;
            assert_eq!(
                status.tray_status(),
                TrayStatus::Waiting,
                "a CRM that does not answer is no good news: {reach:?}"
            );
        }
    }
}
