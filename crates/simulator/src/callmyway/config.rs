//! What a simulated CallMyWay is like: its account, its rules, and how it behaves where the documents are silent.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::fault::RequestKind;

/// A user of the account who may ask (seed 000: `username`, `password`).
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The user's name: normally an endpoint's number, seven digits such as `8373456`.
    pub username: String,
    /// The password, compared exactly. It never enters the ledger.
    pub password: String,
}

impl SignIn {
    /// A sign-in.
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

/// What the reading rule counts by (PROVIDERS.md: not documented, so a setting).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThrottleScope {
    /// Each sign-in for itself.
    #[default]
    PerSignIn,
    /// All sign-ins of the account together.
    PerAccount,
    /// Each address the requests come from.
    PerAddress,
}

/// What an address that is not authorised receives (PROVIDERS.md: not documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefusalStyle {
    /// HTTP 200 and nothing.
    #[default]
    EmptyBody,
    /// HTTP 200 and a page for people.
    Html,
    /// HTTP 403.
    Http403,
    /// HTTP 200 and JSON with this `status`.
    Status(i64),
}

/// What a wrong user or password receives (not documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WrongPasswordStyle {
    /// HTTP 200 and `{"status":401,…}`.
    #[default]
    Json,
    /// HTTP 401 and the same JSON.
    Http401,
}

/// How a click-to-dial call shows among the live calls (PROVIDERS.md: not documented).
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

/// What click-to-dial says to an agent who is in a call (seed 000, section 1, notes: it places no call then).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusyStyle {
    /// JSON with this `status`.
    Status(i64),
    /// It says 200, and nothing rings.
    Silent,
}

/// The form of click-to-dial's "200 OK" (the documents show no body).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DialAnswer {
    /// `{"status":200,"message":""}`.
    #[default]
    Json,
    /// The text `200 OK`.
    Text,
}

/// Whose rows the record shows when a request does not say `fullAccount` (the documents name no such parameter there).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CdrScope {
    /// The whole account's.
    #[default]
    Account,
    /// The sign-in's own endpoint's.
    OwnEndpoint,
}

/// Whether a telephone offers the codec PCMA (seed 000, section 1, notes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codec {
    /// Not at all: click-to-dial never rings it.
    Absent,
    /// Somewhere in the list: enough when the contact is rung first.
    Allowed,
    /// First in the list: needed when the agent is rung first.
    Primary,
}

/// A simulated CallMyWay. `Default` is the account of the examples, as the documents describe it.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// Who may ask.
    pub sign_ins: Vec<SignIn>,
    /// The account's endpoints: (id, number), as `getEndpoints` tells them.
    pub endpoints: Vec<(String, String)>,
    /// How often the reading calls may come (seed 000: "cada 4 segundos").
    pub reading_interval: Duration,
    /// What that counts by.
    pub throttle_scope: ThrottleScope,
    /// Whether `getEndpoints` counts too.
    pub endpoints_throttled: bool,
    /// The zone all times are written in, `YYYY-MM-DD HH:mm:ss` without a zone.
    pub time_zone: Tz,
    /// How far the vendor's clock is ahead of ours when the simulator starts. The vendor's clock then follows
    /// `Clock::elapsed`: setting the computer's wall clock does not move it.
    pub clock_ahead: TimeDelta,
    /// The addresses that may ask (seed 000: "IPs autorizadas").
    pub authorised: Vec<IpAddr>,
    /// What the others receive.
    pub refusal: RefusalStyle,
    /// What a wrong user or password receives.
    pub wrong_password: WrongPasswordStyle,
    /// How click-to-dial shows.
    pub click_to_dial_legs: ClickToDialLegs,
    /// What the agent's telephone shows then.
    pub agent_leg_caller: AgentLegCaller,
    /// Whether the second leg's record names the first (`original_callid`, `ref_callid`); by default it does not.
    pub linked_legs: bool,
    /// Click-to-dial while in a call.
    pub busy: BusyStyle,
    /// The form of click-to-dial's yes.
    pub dial_answer: DialAnswer,
    /// From the yes to the first ring.
    pub dial_delay: Duration,
    /// How long click-to-dial lets a telephone ring.
    pub ring_timeout: Duration,
    /// Whose rows the record shows.
    pub cdr_scope: CdrScope,
    /// What the callids are made from.
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
