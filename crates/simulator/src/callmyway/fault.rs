//! Faults that tests order: some were seen at the vendor or in networks, some are feared.

use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;

use crate::fault_queue::{FaultQueue, RequestFault};

/// The requests that the vendor offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// `getCdrs.php?live=1`, the live calls.
    Live,
    /// `getCdrs.php` with `recent=1` or a range, the record of past calls.
    Cdr,
    /// `getEndpoints.php`, the account's endpoints.
    Endpoints,
    /// Click-to-dial, at either of its addresses.
    Dial,
}

/// A way to misbehave, once. A request with a fault still counts for the reading rule.
///
/// With click-to-dial, `Http500`, `WrongStatus`, `ErrorObject`, `Body`, `Status` and `RetryAfter` place no call. All others
/// change only the answer: the call is placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// HTTP 500 with an HTML page.
    Http500,
    /// HTTP 200 with an HTML page.
    Html,
    /// The JSON stops in the middle.
    TruncatedJson,
    /// The answer comes this much later.
    Slow(Duration),
    /// There is no answer until the simulator stops or the client disconnects.
    Hang,
    /// HTTP 200 with an empty body.
    EmptyBody,
    /// HTTP 200 with JSON that has this `status`.
    WrongStatus(i64),
    /// The body is `{"error":"…"}`.
    ErrorObject,
    /// The body is the array of rows without the envelope around it.
    BareArray,
    /// The list is `null`.
    NullList,
    /// The list is `{}`, as PHP writes some empty arrays.
    EmptyObjectList,
    /// A byte order mark stands before the JSON.
    Bom,
    /// An HTML notice of PHP stands before the JSON.
    PhpNotice,
    /// Strings of digits are numbers, and numbers are strings.
    NumbersForStrings,
    /// "Not connected" is `0000-00-00 00:00:00` instead of `1970-01-01 00:00:00`.
    ZeroDates,
    /// Every row appears twice.
    DuplicateRow,
    /// The answer is complete and has no rows.
    VanishedCall,
    /// The first row has no `callid`.
    MissingCallid,
    /// The first row's `detect_time` is no date.
    BadDate,
    /// The body has this many bytes; it is streamed, not held in memory.
    Huge(u64),
    /// The connection is closed without an answer.
    ConnectionReset,
    /// The rows' `route_name` holds HTML, terminal codes and control characters.
    HostileNames,
    /// HTTP 200 with this body, whatever was asked for.
    Body(String),
    /// This HTTP status with this body.
    Status(u16, String),
    /// This HTTP status, and the header `Retry-After` with so many seconds.
    RetryAfter(u16, u64),
    /// The body is compressed with gzip, which nobody asked for. Whether the header says so.
    Gzip(bool),
    /// Every row has this JSON in the fields of these names.
    Fields(Vec<(String, String)>),
    /// Every row stands there twice: behind it once more, with this JSON in the fields of these names.
    Twin(Vec<(String, String)>),
    /// The rows stand among so many calls of others.
    Crowd(usize),
}

impl Fault {
    /// Every row has this JSON in the fields of these names.
    #[must_use]
    pub fn fields(fields: &[(&str, &str)]) -> Self {
        Self::Fields(fields.iter().map(|(name, json)| ((*name).to_owned(), (*json).to_owned())).collect())
    }

    /// Every row once more, with this JSON in the fields of these names.
    #[must_use]
    pub fn twin(fields: &[(&str, &str)]) -> Self {
        Self::Twin(fields.iter().map(|(name, json)| ((*name).to_owned(), (*json).to_owned())).collect())
    }

    /// Whether click-to-dial places no call.
    pub(crate) fn refuses_dial(&self) -> bool {
        matches!(
            self,
            Self::Http500
                | Self::WrongStatus(_)
                | Self::ErrorObject
                | Self::Body(_)
                | Self::Status(..)
                | Self::RetryAfter(..)
        )
    }
}

impl RequestFault<RequestKind> for Fault {
    /// Faults of rows need an answer with rows.
    fn applies_to(&self, kind: RequestKind) -> bool {
        match self {
            Self::BareArray
            | Self::ZeroDates
            | Self::DuplicateRow
            | Self::VanishedCall
            | Self::MissingCallid
            | Self::BadDate
            | Self::Fields(_)
            | Self::Twin(_)
            | Self::Crowd(_)
            | Self::HostileNames => matches!(kind, RequestKind::Live | RequestKind::Cdr),
            Self::NullList | Self::EmptyObjectList => kind != RequestKind::Dial,
            _ => true,
        }
    }
}

/// The text names no fault. The message lists the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFault;

impl std::fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "one of http500, html, truncated-json, slow:MS, hang, empty-body, wrong-status:N, error-object, bare-array, \
             null-list, empty-object-list, bom, php-notice, numbers-for-strings, zero-dates, duplicate-row, \
             vanished-call, missing-callid, bad-date, huge:BYTES, connection-reset, hostile-names, body:TEXT, \
             status:CODE:TEXT, retry-after:CODE:SECONDS, gzip, field:NAME=JSON, twin:NAME=JSON, crowd:N",
        )
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        let (name, amount) = name.split_once(':').unwrap_or((name, ""));
        let number = || amount.parse::<u64>().map_err(|_| UnknownFault);
        Ok(match name {
            "http500" => Self::Http500,
            "html" => Self::Html,
            "truncated-json" => Self::TruncatedJson,
            "slow" => Self::Slow(Duration::from_millis(number()?)),
            "hang" => Self::Hang,
            "empty-body" => Self::EmptyBody,
            "wrong-status" => Self::WrongStatus(amount.parse().map_err(|_| UnknownFault)?),
            "error-object" => Self::ErrorObject,
            "bare-array" => Self::BareArray,
            "null-list" => Self::NullList,
            "empty-object-list" => Self::EmptyObjectList,
            "bom" => Self::Bom,
            "php-notice" => Self::PhpNotice,
            "numbers-for-strings" => Self::NumbersForStrings,
            "zero-dates" => Self::ZeroDates,
            "duplicate-row" => Self::DuplicateRow,
            "vanished-call" => Self::VanishedCall,
            "missing-callid" => Self::MissingCallid,
            "bad-date" => Self::BadDate,
            "huge" => Self::Huge(number()?),
            "connection-reset" => Self::ConnectionReset,
            "hostile-names" => Self::HostileNames,
            "body" => Self::Body(amount.to_owned()),
            "status" => {
                let (code, body) = amount.split_once(':').unwrap_or((amount, ""));
                Self::Status(code.parse().map_err(|_| UnknownFault)?, body.to_owned())
            }
            "retry-after" => {
                let (code, seconds) = amount.split_once(':').ok_or(UnknownFault)?;
                Self::RetryAfter(code.parse().map_err(|_| UnknownFault)?, seconds.parse().map_err(|_| UnknownFault)?)
            }
            "gzip" => Self::Gzip(true),
            "field" => {
                let (name, json) = amount.split_once('=').ok_or(UnknownFault)?;
                Self::Fields(vec![(name.to_owned(), json.to_owned())])
            }
            "twin" => {
                let (name, json) = amount.split_once('=').ok_or(UnknownFault)?;
                Self::Twin(vec![(name.to_owned(), json.to_owned())])
            }
            "crowd" => Self::Crowd(usize::try_from(number()?).map_err(|_| UnknownFault)?),
            _ => return Err(UnknownFault),
        })
    }
}

/// The faults still to come, by the kind of request that meets them.
pub type Faults = FaultQueue<Fault, RequestKind>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_for_a_request_that_it_can_befall() {
        let faults = Faults::default();
        faults.next(Fault::BadDate);
        faults.on(RequestKind::Dial, 2, Fault::Http500);
        assert_eq!(faults.take(RequestKind::Endpoints), None);
        assert_eq!(faults.take(RequestKind::Dial), Some(Fault::Http500));
        assert_eq!(faults.take(RequestKind::Live), Some(Fault::BadDate));
        assert_eq!((faults.take(RequestKind::Live), faults.left()), (None, 1));
    }

    #[test]
    fn faults_have_names_for_use_by_hand() {
        assert_eq!("slow:1500".parse(), Ok(Fault::Slow(Duration::from_millis(1500))));
        assert_eq!("bom".parse(), Ok(Fault::Bom));
        assert_eq!("wrong-status:-3".parse(), Ok(Fault::WrongStatus(-3)));
        for bad in ["", "slow", "huge:x", "nonsense"] {
            assert_eq!(bad.parse::<Fault>(), Err(UnknownFault), "{bad}");
        }
    }
}
