//! Why a command failed, and the exit code that says so (`timbrectl --help` lists them).

use timbre_domain::error::{ErrorCode, Said, VendorReason};
use timbre_engine::CommandError;
use timbre_settings::ValueFault;
use timbre_wiring::StartError;

use crate::interactions::typed::Typed;

const INTERRUPTED: u8 = 130;

/// A text's name in the catalogue, with its values.
pub(crate) type Words = (&'static str, Vec<(&'static str, String)>);

/// A failure on its way to standard error.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Option<ErrorCode>,
    pub(crate) detail: String,
    pub(crate) exit: u8,
    /// Whether it was a CRM that failed, and not a telephony vendor.
    pub(crate) of_crm: bool,
    /// The vendor's own reason.
    pub(crate) reason: Option<VendorReason>,
    /// What the vendor said, in its own words.
    pub(crate) said: Option<Box<Said>>,
    /// What a person typed and was not saved.
    pub(crate) typed: Option<Box<Typed>>,
    /// The part of the request that is wrong, such as `number` or `phone 2`.
    pub(crate) place: Option<String>,
    /// What is wrong with the value that stands there in the settings: the catalogue's name for it.
    pub(crate) fault: Option<&'static str>,
    /// What people read in place of the detail: a text's name with its values.
    pub(crate) words: Option<Box<Words>>,
}

impl Failure {
    pub(crate) fn new(code: Option<ErrorCode>, detail: impl Into<String>, exit: u8) -> Self {
        Self {
            code,
            detail: detail.into(),
            exit,
            of_crm: false,
            reason: None,
            said: None,
            typed: None,
            place: None,
            fault: None,
            words: None,
        }
    }

    /// Somebody interrupted what was being done.
    pub(crate) fn interrupted(detail: impl Into<String>) -> Self {
        Self::new(None, detail, INTERRUPTED)
    }

    /// Whether nobody knows what became of what was asked.
    pub(crate) fn is_unsure(&self) -> bool {
        // A database that is damaged while it is written to may have the write in its journal all the same.
        self.exit == INTERRUPTED || matches!(self.code, Some(ErrorCode::Stopping | ErrorCode::StoreDamaged))
    }

    /// Of a kind that has its own exit code.
    pub(crate) fn of(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::new(Some(code), detail, exit_code(code))
    }

    /// The same, with what the vendor said.
    pub(crate) fn saying(self, said: Option<Said>) -> Self {
        Self { said: said.map(Box::new), ..self }
    }

    /// The same, with a text that people read in place of the detail.
    pub(crate) fn told(self, key: &'static str, values: &[(&'static str, &str)]) -> Self {
        let values = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { words: Some(Box::new((key, values))), ..self }
    }

    /// The same, where it was a CRM that failed.
    pub(crate) fn at_the_crm(self) -> Self {
        Self { of_crm: true, ..self }
    }

    pub(crate) fn internal(detail: String) -> Self {
        Self::new(None, detail, 1)
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let detail = match &error.place {
            Some(place) => format!("{place}: {}", error.detail),
            None => error.detail.clone(),
        };
        let of_crm = error.is_of_crm();
        Self {
            of_crm,
            reason: error.reason,
            said: error.said.map(Box::new),
            place: error.place,
            ..Self::of(error.code, detail)
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let failure = Self::of(error.code(), error.to_string());
        let StartError::Config(config) = &error else { return failure };
        let file = config.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        let at = config.line.zip(config.column).map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        Self { place: Some(format!("{file}{at}")), fault: config.fault.map(ValueFault::as_str), ..failure }
    }
}

pub(crate) fn exit_code(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::BadNumber | ErrorCode::BadRequest | ErrorCode::DoNotCall | ErrorCode::NotAble => 2,
        ErrorCode::BadConfig | ErrorCode::BadConnector | ErrorCode::OtherSettings => 3,
        ErrorCode::NotFound => 4,
        ErrorCode::Unreachable
        | ErrorCode::TimedOut
        | ErrorCode::VendorFailed
        | ErrorCode::Unreadable
        | ErrorCode::TooLarge
        | ErrorCode::Busy
        | ErrorCode::Unsure => 5,
        ErrorCode::NotAuthorised
        | ErrorCode::VendorRefused
        | ErrorCode::SecretMissing
        | ErrorCode::KeyringUnavailable
        | ErrorCode::SignInFailed => 6,
        ErrorCode::AlreadyInCall | ErrorCode::StaleCall | ErrorCode::DialUnderWay | ErrorCode::OutOfHours => 7,
        ErrorCode::DiskFull
        | ErrorCode::DataFolder
        | ErrorCode::StoreDamaged
        | ErrorCode::StoreTooNew
        | ErrorCode::StoreFailed
        | ErrorCode::StoreBusy
        | ErrorCode::AlreadyRunning
        | ErrorCode::OtherVersion
        | ErrorCode::OtherUser => 9,
        ErrorCode::OutcomeUnknown => 10,
        ErrorCode::BadFile | ErrorCode::FileAccess | ErrorCode::SettingsChanged => 11,
        ErrorCode::Incomplete
        | ErrorCode::CallerOpen
        | ErrorCode::Refused
        | ErrorCode::Duplicate
        | ErrorCode::Unsearchable => 13,
        ErrorCode::Stopping | ErrorCode::KeyTaken | ErrorCode::SystemRefused => 1,
    }
}
