//! The simulated account, and the choices where the documents are silent.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// The security token of the document's example (seed 004).
pub const DOCUMENTED_TOKEN: &str = "dQ9ORUWRe7ayQqMFQVk+PWEv0brY2tQzMOcyDG5DH5w=";

/// The popup of the document's example (seed 004).
pub const DOCUMENTED_POPUP: &str = "e5c98214-d0f6-11e1-8c30-001d09ef4a24";

/// 2099-12-31 00:00:00 UTC, in seconds since 1970.
const END_OF_2099: i64 = 4_102_358_400;

/// A popup of the account, with the agent who takes its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Popup {
    /// The popup's id, as requests name it.
    pub uuid: String,
    /// The agent's telephone, as rows show it in `call_number_company`: digits with the country code.
    pub agent_number: String,
    /// Whether it is within its service hours when the simulator starts.
    pub in_service: bool,
    /// Whether calls asked for outside the service hours are kept until it opens, instead of refused with error 2.
    pub keeps_pending: bool,
}

impl Popup {
    /// A popup within its service hours that keeps no calls pending.
    #[must_use]
    pub fn new(uuid: &str, agent_number: &str) -> Self {
        Self { uuid: uuid.to_owned(), agent_number: agent_number.to_owned(), in_service: true, keeps_pending: false }
    }
}

/// The HTTP status of an answer with an error (not documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorStatus {
    /// 200, whatever the error is.
    #[default]
    Always200,
    /// 400, 401, 403, 404 or 409, by the error; see [`ErrorCode::http_status`](super::ErrorCode::http_status).
    ByError,
}

/// How an answer with an error is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorQuotes {
    /// Errors are valid JSON.
    #[default]
    Json,
    /// With the typographic quotes and the stray space of the document's example, which is no JSON:
    /// `{«success»:false,»error_code»: 1,»error_msg»:»Invalid phone number»}`.
    AsInTheDocument,
}

/// How often one number may be called. The vendor has such filters (seed 004, "Reglas de SPAM"); their limits are not
/// in the documents we have. Only accepted orders count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpamFilter {
    /// How many calls to one number are accepted within the window.
    pub calls: usize,
    /// How long an accepted call counts.
    pub window: Duration,
}

/// What the telephones do by themselves, counted from the moment a telephone begins to ring. `None` means only by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Automatic {
    /// When the agent answers.
    pub agent_answers_after: Option<Duration>,
    /// When the customer answers.
    pub customer_answers_after: Option<Duration>,
    /// How long both sides talk.
    pub talks_for: Option<Duration>,
    /// When a telephone that nobody answers stops ringing, which ends the call.
    pub stops_ringing_after: Option<Duration>,
}

impl Automatic {
    /// A conversation of a minute without orders, for demonstrations.
    #[must_use]
    pub fn conversation() -> Self {
        Self {
            agent_answers_after: Some(Duration::from_secs(3)),
            customer_answers_after: Some(Duration::from_secs(5)),
            talks_for: Some(Duration::from_secs(60)),
            stops_ringing_after: Some(Duration::from_secs(30)),
        }
    }
}

/// A simulated FormCall account. `Default` is the account of the document's example, with one popup.
#[derive(Clone)]
pub struct FormCallConfig {
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// The security token, compared exactly. It never enters the ledger.
    pub security_token: String,
    pub popups: Vec<Popup>,
    /// The HTTP status of errors.
    pub error_status: ErrorStatus,
    /// How errors are written.
    pub error_quotes: ErrorQuotes,
    /// The limit beyond which a number is refused with error 3; `None` for no limit.
    pub spam_filter: Option<SpamFilter>,
    /// The zone of `call_at` and of the day that `date` names.
    pub time_zone: Tz,
    /// How far the vendor's clock is ahead of ours when the simulator starts; it then follows `Clock::elapsed`.
    pub clock_ahead: TimeDelta,
    /// How long a call waits in the queue (`enqueued`) before the agent's telephone rings.
    pub queue_delay: Duration,
    /// How long after it was placed a call appears in the list.
    pub listed_after: Duration,
    /// What the telephones do by themselves.
    pub automatic: Automatic,
    /// Whether rows carry `call_number_company`, `retry` and `popup_uuid` beside the documented fields.
    pub undocumented_fields: bool,
    /// The `retry` of every row. Its meaning is not documented; the example has 3.
    pub retry: u32,
    /// Whether it serves HTTPS, with a certificate of an authority made for this run.
    pub tls: bool,
    /// When the authority's certificate and the server's expire.
    pub ca_expires: DateTime<Utc>,
    /// The seed of the calls' ids.
    pub seed: u64,
}

impl Default for FormCallConfig {
    fn default() -> Self {
        Self {
            port: 0,
            security_token: DOCUMENTED_TOKEN.to_owned(),
            popups: vec![Popup::new(DOCUMENTED_POPUP, "56223456789")],
            error_status: ErrorStatus::default(),
            error_quotes: ErrorQuotes::default(),
            spam_filter: Some(SpamFilter { calls: 3, window: Duration::from_secs(600) }),
            time_zone: chrono_tz::America::Santiago,
            clock_ahead: TimeDelta::zero(),
            queue_delay: Duration::from_secs(1),
            listed_after: Duration::ZERO,
            automatic: Automatic::default(),
            undocumented_fields: false,
            retry: 3,
            tls: false,
            ca_expires: DateTime::from_timestamp(END_OF_2099, 0).unwrap_or(DateTime::<Utc>::MAX_UTC),
            seed: 1,
        }
    }
}

/// Without the security token.
impl fmt::Debug for FormCallConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormCallConfig")
            .field("port", &self.port)
            .field("popups", &self.popups)
            .field("error_status", &self.error_status)
            .field("error_quotes", &self.error_quotes)
            .field("spam_filter", &self.spam_filter)
            .field("time_zone", &self.time_zone)
            .field("automatic", &self.automatic)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}
