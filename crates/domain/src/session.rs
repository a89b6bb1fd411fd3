//! A live connection of an account with its vendor, as ports by capability: each is there or it is not.
//!
//! There is a port here once a vendor of ours offers it and the engine uses it. A further one (hanging up, recordings, …) is a
//! trait, a field of [`Session`] and a [`Capability`], added with the first vendor that has it.
//!
//! Every port keeps the vendor's limits by itself: a method may wait long before it sends, and live calls go first. Every
//! method can fail with [`NotAuthorised`](ErrorCode::NotAuthorised) or [`SecretMissing`](ErrorCode::SecretMissing), which
//! need a person; any other code is worth another try, except where the method says otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::cdr::{CdrPage, PageCursor, TimeRange};
use crate::dial::{DialOrder, DialRules, Placed, PlacedCall};
use crate::endpoint::{Endpoint, EndpointNumber};
use crate::error::{ErrorCode, PortError};
use crate::observation::LiveAnswer;
use crate::vendor::Capability;

/// An account's session. A vendor's adapter opens it; the engine uses whatever ports it offers.
#[derive(Default, Clone)]
pub struct Session {
    /// The calls going on.
    pub live_calls: Option<Arc<dyn LiveCalls>>,
    /// Records of calls that are over.
    pub call_records: Option<Arc<dyn CallRecords>>,
    /// Places calls, where the vendor takes orders.
    pub dial: Option<Arc<dyn Dialling>>,
    /// What became of calls that were placed for us.
    pub placed_calls: Option<Arc<dyn PlacedCalls>>,
    /// Lists the account's endpoints.
    pub endpoints: Option<Arc<dyn EndpointDirectory>>,
    /// The vendor's own checks for `doctor`.
    pub checks: Option<Arc<dyn VendorChecks>>,
    /// What the vendor's rules make of a dial.
    pub dial_rules: DialRules,
    /// The limit on reading calls, and what shares it.
    pub limit: Option<Limit>,
}

impl Session {
    /// What it can do: of these, windows offer what people choose to do.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        [
            (Capability::LiveCalls, self.live_calls.is_some()),
            (Capability::CallRecords, self.call_records.is_some()),
            (Capability::Dial, self.dial.is_some()),
            (Capability::PlacedCalls, self.placed_calls.is_some()),
            (Capability::Endpoints, self.endpoints.is_some()),
        ]
        .into_iter()
        .filter_map(|(capability, offered)| offered.then_some(capability))
        .collect()
    }
}

/// A vendor's limit on reading calls, as one account meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What shares the limit: accounts with the same text share one budget.
    pub scope: String,
    /// The distance between two reading calls that the vendor's rule asks for.
    pub interval: Duration,
}

/// The calls going on.
#[async_trait]
pub trait LiveCalls: Send + Sync {
    /// Every call that the account shows now.
    async fn live_calls(&self) -> Result<LiveAnswer, PortError>;
}

/// Records of calls that are over (CDRs).
#[async_trait]
pub trait CallRecords: Send + Sync {
    /// The records of the last 24 hours. `endpoints` are those whose calls are wanted, for vendors that keep the records of
    /// each endpoint apart; others give the whole account's.
    async fn recent(&self, endpoints: &[EndpointNumber]) -> Result<CdrPage, PortError>;

    /// One page of the records of a stretch of time; the first without a cursor. The last page has no next one.
    async fn page(
        &self,
        endpoints: &[EndpointNumber],
        range: TimeRange,
        cursor: Option<&PageCursor>,
    ) -> Result<CdrPage, PortError>;
}

/// Asks the vendor to place calls.
#[async_trait]
pub trait Dialling: Send + Sync {
    /// Asks the vendor to place a call. `Ok` means accepted, nothing more.
    ///
    /// # Errors
    /// [`OutcomeUnknown`](ErrorCode::OutcomeUnknown) when the request went out and no answer came: the call may have been
    /// placed, and the request is never repeated by itself.
    async fn dial(&self, order: &DialOrder) -> Result<Placed, PortError>;
}

/// What became of the calls that the vendor placed for us, for vendors that show no live calls.
#[async_trait]
pub trait PlacedCalls: Send + Sync {
    /// The calls placed since a moment, from whichever of these endpoints. All of them: a call that is not in the answer
    /// was not placed, or the vendor does not show it yet.
    async fn placed_since(
        &self,
        since: DateTime<Utc>,
        endpoints: &[EndpointNumber],
    ) -> Result<Vec<PlacedCall>, PortError>;

    /// The distance to keep between two questions.
    fn interval(&self) -> Duration;
}

/// The vendor's list of an account's endpoints.
#[async_trait]
pub trait EndpointDirectory: Send + Sync {
    /// Every endpoint of the account, in the vendor's order.
    async fn endpoints(&self) -> Result<Vec<Endpoint>, PortError>;
}

/// A vendor's own checks for `doctor`.
#[async_trait]
pub trait VendorChecks: Send + Sync {
    /// Runs the checks. They ask the vendor nothing that counts against its limit.
    async fn examine(&self, now: DateTime<Utc>) -> Vec<VendorCheck>;
}

/// One finding of a vendor's check. Its text lies in the catalogue under `doctor.vendor.<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorCheck {
    /// Its name, such as `extra_ca.expires_soon`.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What fills the text's places, by name. A name that ends in `_at` holds an RFC 3339 time.
    pub values: BTreeMap<&'static str, String>,
    /// Why, where something failed.
    pub code: Option<ErrorCode>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// As it should be.
    Good,
    /// It works, and somebody should look at it.
    Warning,
    /// It needs a person.
    Failed,
}
