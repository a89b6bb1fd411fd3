//! What can go wrong, as a closed code for windows and scripts; every code knows whether to retry.
//!
//! The cause chain (`std::error::Error::source`) is for the log. What people read comes from [`crate::texts`] under
//! `error.<code>.what` and `error.<code>.do`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::normalize::tidy;
use crate::unread::Unread;

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// It may pass by itself: try again, ever more slowly.
    Later,
    /// Somebody must act first: a password, an address to be authorised, a disk to be freed.
    AfterAPersonActs,
    /// The same request can never succeed.
    Never,
}

macro_rules! error_codes {
    ($($(#[doc = $doc:expr])* $name:ident = $text:literal => $retry:ident,)*) => {
        /// A closed set: windows translate it, scripts match on it, nothing matches on message texts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode {
            $($(#[doc = $doc])* $name,)*
        }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it stands in JSON and in the catalogue.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Whether trying again can help.
            #[must_use]
            pub fn retry(self) -> Retry {
                match self { $(Self::$name => Retry::$retry,)* }
            }
        }
    };
}

error_codes! {
    /// The vendor can't be reached: no network, no address, connection refused.
    Unreachable = "unreachable" => Later,
    /// The vendor took the connection and did not answer in time.
    TimedOut = "timed_out" => Later,
    /// The vendor answered that it is in trouble (HTTP 5xx).
    VendorFailed = "vendor_failed" => Later,
    /// The answer could not be read at all.
    Unreadable = "unreadable" => Later,
    /// The answer was larger than any sane one and was cut off.
    TooLarge = "too_large" => Later,
    /// The vendor refuses us; most often this address is not authorised, or the password is wrong.
    NotAuthorised = "not_authorised" => AfterAPersonActs,
    /// No password for the account, neither in the keyring nor in the environment.
    SecretMissing = "secret_missing" => AfterAPersonActs,
    /// The keyring is there but locked, or does not answer.
    KeyringUnavailable = "keyring_unavailable" => AfterAPersonActs,
    /// The agent is in a call; the vendor allows one active call per user.
    AlreadyInCall = "already_in_call" => AfterAPersonActs,
    /// The vendor still shows a call of the agent's that began long ago and never ended.
    StaleCall = "stale_call" => AfterAPersonActs,
    /// Another dial of the same telephone is on its way.
    DialUnderWay = "dial_under_way" => Later,
    /// The text is no telephone number that could be dialled.
    BadNumber = "bad_number" => Never,
    /// The vendor did not take the order; its own words say why.
    VendorRefused = "vendor_refused" => AfterAPersonActs,
    /// The vendor takes no orders at this hour.
    OutOfHours = "out_of_hours" => Later,
    /// There is no such identity, account, contact or call.
    NotFound = "not_found" => Never,
    /// The request itself is wrong; the message names the place.
    BadRequest = "bad_request" => Never,
    /// The settings file is wrong; the message names the line.
    BadConfig = "bad_config" => AfterAPersonActs,
    /// Somebody else changed the settings file after it was read to be changed.
    SettingsChanged = "settings_changed" => AfterAPersonActs,
    /// The contact does not want to be called.
    DoNotCall = "do_not_call" => AfterAPersonActs,
    /// The CRM will not take this record as it is; its own words say why.
    Refused = "refused" => AfterAPersonActs,
    /// The CRM takes this record for one that it has already.
    Duplicate = "duplicate" => AfterAPersonActs,
    /// The CRM lets nobody in for a while: too many requests, or maintenance.
    Busy = "busy" => Later,
    /// The sign-in with the CRM failed; nothing is sent until a person acts, or the CRM would lock us out.
    SignInFailed = "sign_in_failed" => AfterAPersonActs,
    /// The CRM answered with an error and may have stored the record or not; it is searched for before anything is repeated.
    Unsure = "unsure" => Later,
    /// The CRM does not find records of this kind by their request id: one that may be there can't be told from one that is not.
    Unsearchable = "unsearchable" => AfterAPersonActs,
    /// The connector's file is wrong; the message names the line.
    BadConnector = "bad_connector" => AfterAPersonActs,
    /// The vendor, or the CRM's connector, can't do this.
    NotAble = "not_able" => Never,
    /// The result lacks something that its disposition requires.
    Incomplete = "incomplete" => AfterAPersonActs,
    /// The agent began to say who the caller is and did not finish: a name was typed, or a search has no choice yet.
    CallerOpen = "caller_open" => AfterAPersonActs,
    /// Another program holds the database.
    StoreBusy = "store_busy" => Later,
    /// The file does not hold what it should; the message names the place.
    BadFile = "bad_file" => Never,
    /// The file can't be read or written.
    FileAccess = "file_access" => AfterAPersonActs,
    /// The disk is full.
    DiskFull = "disk_full" => AfterAPersonActs,
    /// The data folder can't be written.
    DataFolder = "data_folder" => AfterAPersonActs,
    /// The database is damaged.
    StoreDamaged = "store_damaged" => AfterAPersonActs,
    /// The database was written by a newer Timbre.
    StoreTooNew = "store_too_new" => AfterAPersonActs,
    /// The database did not do what was asked, for a reason not listed here.
    StoreFailed = "store_failed" => Later,
    /// Another Timbre runs on this data folder.
    AlreadyRunning = "already_running" => AfterAPersonActs,
    /// The Timbre that runs on this data folder uses another settings file than the one that was named.
    OtherSettings = "other_settings" => AfterAPersonActs,
    /// The Timbre that runs is of another version, and the two do not understand each other.
    OtherVersion = "other_version" => AfterAPersonActs,
    /// A program of another user is where this user's Timbre should be; nothing was said to it.
    OtherUser = "other_user" => AfterAPersonActs,
    /// The call may have been placed or not: the request was sent, no answer came. It is never repeated by itself.
    OutcomeUnknown = "outcome_unknown" => Never,
    /// Another program has these keys.
    KeyTaken = "key_taken" => AfterAPersonActs,
    /// The system does not let us do this.
    SystemRefused = "system_refused" => AfterAPersonActs,
    /// Timbre is stopping and takes no more work.
    Stopping = "stopping" => Later,
}

/// A failure at one of the ports: the code for people and scripts, the cause for the log.
#[derive(Debug, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct PortError {
    /// The kind of failure, which decides what people read about it and whether it is tried again.
    pub code: ErrorCode,
    /// One line for the log and for `doctor`: no secrets, no names, no telephone numbers.
    pub detail: String,
    /// The error underneath, for the log.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// The answer that could not be read, cut to a bounded length and without secrets: kept for diagnosis.
    pub unread: Option<Box<Unread>>,
    /// The vendor's own reason, where it gives one of a closed set.
    pub reason: Option<VendorReason>,
    /// What the vendor says about it.
    pub said: Option<Said>,
    /// Whether the code is our reading of an answer that does not say it, such as an empty body.
    pub guessed: bool,
}

/// What a vendor says in its own words, for people to read: one line of bounded length, without control characters. It may
/// name people, so it is no part of any log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(type = "string"))]
#[serde(transparent)]
pub struct Said(String);

impl Said {
    const AT_MOST: usize = 300;

    /// The words as people are shown them; `None` where there are no letters in them. Secrets must be out of them already.
    #[must_use]
    pub fn new(words: &str) -> Option<Self> {
        let words = tidy(words);
        if !words.contains(char::is_alphanumeric) {
            return None;
        }
        let mut shown: String = words.chars().take(Self::AT_MOST).collect();
        if shown.len() < words.len() {
            shown.push('…');
        }
        Some(Self(shown))
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Said({} bytes)", self.0.len())
    }
}

/// A reason of a vendor's own closed set, by its name in the catalogue.
///
/// The reason for a refusal is written `vendor.reason`, with the texts `reason.<reason>.what` and `.do`. The reason why an
/// accepted dial may show no call, such as `telephone_not_registered`, has the texts `dial.reason.<reason>` and `.do`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(type = "string"))]
#[serde(transparent)]
pub struct VendorReason(Cow<'static, str>);

impl VendorReason {
    /// A reason that an adapter describes.
    #[must_use]
    pub const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Its name in the catalogue.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PortError {
    /// A failure without a cause of its own.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), source: None, unread: None, reason: None, said: None, guessed: false }
    }

    /// The same, with the vendor's own reason.
    #[must_use]
    pub fn with_reason(mut self, reason: VendorReason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same, as a reading of an answer that does not say it.
    #[must_use]
    pub fn guessed(mut self) -> Self {
        self.guessed = true;
        self
    }

    /// The same, with what the vendor says about it. Secrets must be out of it already.
    #[must_use]
    pub fn saying(mut self, words: &str) -> Self {
        self.said = Said::new(words);
        self
    }

    /// The same, with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_the_same_in_json_and_in_the_catalogue() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
