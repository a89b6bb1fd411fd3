//! The eight documented errors (seed 004, "Códigos de error y sus respectivos mensajes").

use axum::http::StatusCode;
use serde::Serialize;

use super::config::{ErrorQuotes, ErrorStatus};

/// Why the vendor refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// 1: the parts do not make a number of that country, or are not digits.
    InvalidPhoneNumber = 1,
    /// 2: the popup is outside its service hours and keeps no calls pending.
    PopupNotInServiceHours = 2,
    /// 3: the call could not be placed, or the spam filter refused it.
    CallOriginationFailed = 3,
    /// 4: the account has no such popup.
    PopupNotFound = 4,
    /// 5: no country has this calling code.
    CountryNotFound = 5,
    /// 6: the request is not in the documented form.
    WrongParameters = 6,
    /// 7: there is no security token, or an empty one.
    SecurityTokenMissing = 7,
    /// 8: the security token is not the account's.
    InvalidSecurityToken = 8,
}

impl ErrorCode {
    /// All errors, in the document's order.
    pub const ALL: [Self; 8] = [
        Self::InvalidPhoneNumber,
        Self::PopupNotInServiceHours,
        Self::CallOriginationFailed,
        Self::PopupNotFound,
        Self::CountryNotFound,
        Self::WrongParameters,
        Self::SecurityTokenMissing,
        Self::InvalidSecurityToken,
    ];

    /// The `error_code`, 1 to 8.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The `error_msg`, word for word.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::InvalidPhoneNumber => "Invalid phone number",
            Self::PopupNotInServiceHours => "Popup not in service hours",
            Self::CallOriginationFailed => "Call origination failed",
            Self::PopupNotFound => "Popup not found",
            Self::CountryNotFound => "Country not found",
            Self::WrongParameters => "Wrong parameters",
            Self::SecurityTokenMissing => "Security Token Missing",
            Self::InvalidSecurityToken => "Invalid Security Token",
        }
    }

    /// The HTTP status under [`ErrorStatus::ByError`].
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::InvalidPhoneNumber | Self::CountryNotFound | Self::WrongParameters => 400,
            Self::SecurityTokenMissing => 401,
            Self::InvalidSecurityToken => 403,
            Self::PopupNotFound => 404,
            Self::PopupNotInServiceHours | Self::CallOriginationFailed => 409,
        }
    }

    pub(crate) fn status(self, style: ErrorStatus) -> StatusCode {
        match style {
            ErrorStatus::Always200 => StatusCode::OK,
            ErrorStatus::ByError => StatusCode::from_u16(self.http_status()).unwrap_or(StatusCode::BAD_REQUEST),
        }
    }

    /// The body of the answer.
    pub(crate) fn body(self, quotes: ErrorQuotes) -> String {
        let (code, message) = (self.number(), self.message());
        match quotes {
            ErrorQuotes::Json => format!(r#"{{"success":false,"error_code":{code},"error_msg":"{message}"}}"#),
            ErrorQuotes::AsInTheDocument => format!("{{«success»:false,»error_code»: {code},»error_msg»:»{message}»}}"),
        }
    }
}
