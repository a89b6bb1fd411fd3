//! Why a command failed, and the exit code that says so (`timbrectl --help` lists them).

use timbre_domain::error::ErrorCode;
use timbre_engine::commands::CommandError;
use timbre_wiring::StartError;

/// A failure on its way to standard error.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Option<ErrorCode>,
    pub(crate) detail: String,
    pub(crate) exit: u8,
}

impl Failure {
    pub(crate) fn internal(detail: String) -> Self {
        Self { code: None, detail, exit: 1 }
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let detail = match &error.place {
            Some(place) => format!("{place}: {}", error.detail),
            None => error.detail.clone(),
        };
        Self { code: Some(error.code), detail, exit: exit_code(error.code) }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let code = error.code();
        Self { code: Some(code), detail: error.to_string(), exit: exit_code(code) }
    }
}

pub(crate) fn exit_code(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::BadNumber | ErrorCode::BadRequest | ErrorCode::DoNotCall | ErrorCode::NotAble => 2,
        ErrorCode::BadConfig | ErrorCode::BadConnector => 3,
        ErrorCode::NotFound => 4,
        ErrorCode::Unreachable
        | ErrorCode::TimedOut
        | ErrorCode::VendorFailed
        | ErrorCode::Unreadable
        | ErrorCode::TooLarge
        | ErrorCode::Busy
        | ErrorCode::Unsure => 5,
        ErrorCode::NotAuthorised
        | ErrorCode::SecretMissing
        | ErrorCode::KeyringUnavailable
        | ErrorCode::SignInFailed => 6,
        ErrorCode::AlreadyInCall => 7,
        ErrorCode::DiskFull
        | ErrorCode::DataFolder
        | ErrorCode::StoreDamaged
        | ErrorCode::StoreTooNew
        | ErrorCode::StoreFailed
        | ErrorCode::StoreBusy
        | ErrorCode::AlreadyRunning => 9,
        ErrorCode::OutcomeUnknown => 10,
        ErrorCode::BadFile | ErrorCode::FileAccess => 11,
        ErrorCode::Incomplete | ErrorCode::Refused | ErrorCode::Duplicate => 13,
        ErrorCode::Stopping => 1,
    }
}
