//! What each agent chooses for themselves, beside what the administrator's settings file says.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::popup::PopupPolicy;
use crate::texts::Language;

/// An agent's preferences. What is left out is as the settings file says, or as Timbre comes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Preferences {
    /// The language of texts.
    pub language: Option<Language>,
    /// Which calls pop up.
    pub popup: Option<PopupPolicy>,
    /// Where they pop up.
    pub place: PopupPlace,
    /// No pop-ups and no notifications for now.
    pub do_not_disturb: Option<DoNotDisturb>,
    /// The label of the identity that calls are made as, unless another is chosen.
    pub identity: Option<String>,
    /// Keys that work in every program.
    pub hotkeys: Hotkeys,
    /// What is told by notifications.
    pub notices: NoticeChoice,
    /// Start with the session.
    pub autostart: bool,
    /// The agent was told that this desktop shows no tray.
    pub told_no_tray: bool,
}

/// Where on the agent's screens pop-ups stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct PopupPlace {
    /// In which corner of the screen's free area.
    pub corner: Corner,
    /// The screen that pop-ups stand on.
    pub screen: ScreenChoice,
}

/// A corner of a screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Corner {
    /// Pop-ups stand at the top on the left.
    TopLeft,
    /// Pop-ups stand at the top on the right.
    TopRight,
    /// Pop-ups stand at the bottom on the left.
    BottomLeft,
    /// Pop-ups stand at the bottom on the right.
    #[default]
    BottomRight,
}

/// How the screen for pop-ups is chosen when a call comes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ScreenChoice {
    /// The one the system calls the first.
    #[default]
    Primary,
    /// The one the pointer is on when the call comes.
    Pointer,
    /// The one with this name; the first one while it is not there.
    Named {
        /// As the system names it.
        name: String,
    },
}

/// No pop-ups and no notifications for now; calls are in the history all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DoNotDisturb {
    /// Until when, UTC; until it is switched off where there is no time.
    pub until: Option<DateTime<Utc>>,
}

impl DoNotDisturb {
    /// Whether it still holds.
    #[must_use]
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// Keys that work in every program, written like `CommandOrControl+Shift+D`; an empty text for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Hotkeys {
    /// Opens the dial window.
    pub dial: String,
    /// Brings the keyboard to the newest pop-up.
    pub popup: String,
    /// Offers to dial the selected text, or what was copied.
    pub dial_selection: String,
}

impl Default for Hotkeys {
    fn default() -> Self {
        Self {
            dial: "CommandOrControl+Shift+D".to_owned(),
            popup: "CommandOrControl+Shift+Space".to_owned(),
            dial_selection: "CommandOrControl+Shift+F9".to_owned(),
        }
    }
}

/// What is told by notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct NoticeChoice {
    /// A call was missed.
    pub missed: bool,
    /// A dial failed, or led to no call.
    pub dial_failed: bool,
    /// A result can't be brought to the CRM.
    pub parked: bool,
    /// The vendor can't be reached, and can again.
    pub provider: bool,
    /// The CRM can't be reached, and can again.
    pub crm: bool,
}

impl Default for NoticeChoice {
    fn default() -> Self {
        Self { missed: true, dial_failed: true, parked: true, provider: true, crm: true }
    }
}

impl Preferences {
    /// Whether the agent wants to be left alone at this moment.
    #[must_use]
    pub fn silent(&self, now: DateTime<Utc>) -> bool {
        self.do_not_disturb.is_some_and(|wish| wish.holds(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn do_not_disturb_holds_until_its_time_and_without_one_until_it_is_switched_off() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let until = |until| Preferences { do_not_disturb: Some(DoNotDisturb { until }), ..Preferences::default() };
        assert!(!Preferences::default().silent(at(0)));
        assert!(until(None).silent(at(9)));
        assert!(until(Some(at(10))).silent(at(9)));
        assert!(!until(Some(at(10))).silent(at(10)));
    }

    #[test]
    fn preferences_of_an_older_version_are_read_with_what_is_new_as_it_comes() {
        let read: Preferences = serde_json::from_str(r#"{"language":"pt","unknown":1}"#).unwrap();
        assert_eq!(read, Preferences { language: Some(Language::Pt), ..Preferences::default() });
    }
}
