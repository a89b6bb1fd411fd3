//! The simulated account, its rules, and the choices where the documents are silent.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::fault::RequestKind;

/// A user of the account (seed 000: `username`, `password`).
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The user's name: normally an endpoint's number, seven digits such as `8373456`.
    pub username: String,
    /// The password, compared exactly. It never enters the ledger.
    pub password: String,
}

impl SignIn {
    #[must_use]
    pub fn new(username: &str, password: &str) -> Self {
        Self { username: username.to_owned(), password: password.to_owned() }
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Which readings share one interval (PROVIDERS.md: not documented, so a setting).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThrottleScope {
    /// Every sign-in has an interval of its own.
    #[default]
    PerSignIn,
    /// All sign-ins of the account share one interval.
    PerAccount,
    /// All requests from one address share one interval.
    PerAddress,
}

/// What an address that is not authorised receives (PROVIDERS.md: not documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefusalStyle {
    /// HTTP 200 with an empty body.
    #[default]
    EmptyBody,
    /// HTTP 200 with an HTML page.
    Html,
    /// HTTP 403 with an HTML page.
    Http403,
    /// HTTP 200 with JSON that has this `status`.
    Status(i64),
}

/// What a wrong user or password receives (not documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WrongPasswordStyle {
    /// HTTP 200 with `{"status":401,…}`.
    #[default]
    Json,
    /// HTTP 401 with the same JSON.
    Http401,
}

/// How many rows a click-to-dial call has among the live calls (PROVIDERS.md: not documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClickToDialLegs {
    /// One row from the first ring on, connected when both sides talk.
    OneLeg,
    /// Two rows with different callids, one after the other, in the order the numbers are rung.
    #[default]
    TwoLegs,
}

/// Which number the agent's telephone sees when click-to-dial rings it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AgentLegCaller {
    /// The endpoint calls itself: `ani` = `dnis` = the endpoint.
    #[default]
    SelfCall,
    /// `ani` is the contact's number, as in a call from the contact.
    ContactNumber,
    /// `ani` is this number ("un identificador de llamada asignado por CallMyWay", seed 000, section 1).
    Number(String),
}

/// What click-to-dial answers while the agent is in a call. It places no call then (seed 000, section 1, notes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusyStyle {
    /// It answers JSON with this `status`.
    Status(i64),
    /// It answers 200 as if the call had been placed.
    Silent,
}

/// The form of click-to-dial's "200 OK" (the documents show no body).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DialAnswer {
    /// It answers JSON: `{"status":200,"message":""}`.
    #[default]
    Json,
    /// It answers the text `200 OK`.
    Text,
}

/// Whose rows the record shows when a request does not say `fullAccount` (the documents name no such parameter there).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CdrScope {
    /// Rows of all endpoints of the account.
    #[default]
    Account,
    /// Rows of the endpoint that the sign-in belongs to.
    OwnEndpoint,
}

/// Whether a telephone offers the codec PCMA (seed 000, section 1, notes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codec {
    /// The telephone does not offer it, so click-to-dial never rings the telephone.
    Absent,
    /// It is somewhere in the list, which is enough when the contact is rung first.
    Allowed,
    /// It is first in the list, which is needed when the agent is rung first.
    Primary,
}

/// A simulated CallMyWay. `Default` is the account of the examples, as the documents describe it.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    pub sign_ins: Vec<SignIn>,
    /// The account's endpoints as (id, number), in the order of `getEndpoints`.
    pub endpoints: Vec<(String, String)>,
    /// The shortest time between two readings (seed 000: "cada 4 segundos").
    pub reading_interval: Duration,
    /// Which readings share the interval.
    pub throttle_scope: ThrottleScope,
    /// Whether `getEndpoints` counts as a reading.
    pub endpoints_throttled: bool,
    /// The zone of all times, which are written as `YYYY-MM-DD HH:mm:ss` without naming it.
    pub time_zone: Tz,
    /// How far the vendor's clock is ahead of ours when the simulator starts. The vendor's clock then follows
    /// `Clock::elapsed`: setting the computer's wall clock does not move it.
    pub clock_ahead: TimeDelta,
    /// The addresses that may ask (seed 000: "IPs autorizadas").
    pub authorised: Vec<IpAddr>,
    /// What other addresses receive.
    pub refusal: RefusalStyle,
    pub wrong_password: WrongPasswordStyle,
    pub click_to_dial_legs: ClickToDialLegs,
    pub agent_leg_caller: AgentLegCaller,
    /// Whether the second leg's record names the first (`original_callid`, `ref_callid`); by default it does not.
    pub linked_legs: bool,
    pub busy: BusyStyle,
    pub dial_answer: DialAnswer,
    /// The time from click-to-dial's answer to the first ring.
    pub dial_delay: Duration,
    /// How long click-to-dial lets a telephone ring.
    pub ring_timeout: Duration,
    pub cdr_scope: CdrScope,
    /// The seed of the callids.
    pub seed: u64,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            port: 0,
            sign_ins: vec![SignIn::new("8373456", "secreto"), SignIn::new("8615601", "secreto2")],
            endpoints: vec![("43715".into(), "8373456".into()), ("182702".into(), "8615601".into())],
            reading_interval: Duration::from_secs(4),
            throttle_scope: ThrottleScope::default(),
            endpoints_throttled: true,
            time_zone: chrono_tz::America::Costa_Rica,
            clock_ahead: TimeDelta::zero(),
            authorised: vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
            refusal: RefusalStyle::default(),
            wrong_password: WrongPasswordStyle::default(),
            click_to_dial_legs: ClickToDialLegs::default(),
            agent_leg_caller: AgentLegCaller::default(),
            linked_legs: false,
            busy: BusyStyle::Status(409),
            dial_answer: DialAnswer::default(),
            dial_delay: Duration::from_secs(1),
            ring_timeout: Duration::from_secs(30),
            cdr_scope: CdrScope::default(),
            seed: 1,
        }
    }
}

impl SimulatorConfig {
    pub(crate) fn is_endpoint(&self, number: &str) -> bool {
        self.endpoints.iter().any(|(_, known)| known == number)
    }

    pub(crate) fn endpoint_id(&self, number: &str) -> String {
        self.endpoints.iter().find(|(_, known)| known == number).map(|(id, _)| id.clone()).unwrap_or_default()
    }

    pub(crate) fn is_throttled(&self, kind: RequestKind) -> bool {
        match kind {
            RequestKind::Live | RequestKind::Cdr => true,
            RequestKind::Endpoints => self.endpoints_throttled,
            RequestKind::Dial => false,
        }
    }
}
