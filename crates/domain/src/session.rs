//! A live connection of an account with its vendor, as ports by capability: each is there or it is not.
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
use crate::number::PhoneNumber;
use crate::observation::LiveAnswer;
use crate::ports::CrmConnector;
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
    /// Ends calls that are going on.
    pub hang_up: Option<Arc<dyn HangUp>>,
    /// Lists the account's endpoints.
    pub endpoints: Option<Arc<dyn EndpointDirectory>>,
    /// Takes the dispositions of calls for the vendor's own records.
    pub dispositions: Option<Arc<dyn DispositionSink>>,
    /// Numbers that must not be called.
    pub black_list: Option<Arc<dyn BlackList>>,
    /// Gives the recordings of calls that are over.
    pub recordings: Option<Arc<dyn Recordings>>,
    /// Campaigns and their agents.
    pub campaign_board: Option<Arc<dyn CampaignBoard>>,
    /// Lists that a dialler calls.
    pub dialler_lists: Option<Arc<dyn DiallerLists>>,
    /// The same account as a CRM, where the vendor is both.
    pub crm: Option<Arc<dyn CrmConnector>>,
    /// The vendor's own checks for `doctor`.
    pub checks: Option<Arc<dyn VendorChecks>>,
    /// What the vendor's rules make of a dial.
    pub dial_rules: DialRules,
    /// The limit on reading calls, and what shares it.
    pub limit: Option<Limit>,
}

impl Session {
    /// What this session offers, in the order of [`Capability`].
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        let offered = [
            (self.live_calls.is_some(), Capability::LiveCalls),
            (self.call_records.is_some(), Capability::CallRecords),
            (self.dial.is_some(), Capability::Dial),
            (self.placed_calls.is_some(), Capability::PlacedCalls),
            (self.hang_up.is_some(), Capability::HangUp),
            (self.endpoints.is_some(), Capability::Endpoints),
            (self.dispositions.is_some(), Capability::Dispositions),
            (self.black_list.is_some(), Capability::BlackList),
            (self.recordings.is_some(), Capability::Recordings),
            (self.campaign_board.is_some(), Capability::CampaignBoard),
            (self.dialler_lists.is_some(), Capability::DiallerLists),
        ];
        offered.into_iter().filter(|(is_there, _)| *is_there).map(|(_, capability)| capability).collect()
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
    /// The records of the last 24 hours.
    async fn recent(&self) -> Result<CdrPage, PortError>;

    /// One page of the records of a stretch of time; the first without a cursor. The last page has no next one.
    async fn page(&self, range: TimeRange, cursor: Option<&PageCursor>) -> Result<CdrPage, PortError>;
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

/// Ends calls that are going on.
#[async_trait]
pub trait HangUp: Send + Sync {
    /// Ends the call that the vendor knows under this id, at this endpoint.
    ///
    /// # Errors
    /// [`NotFound`](ErrorCode::NotFound) when there is no such call any more.
    async fn hang_up(&self, endpoint: &EndpointNumber, external_id: &str) -> Result<(), PortError>;
}

/// The vendor's list of an account's endpoints.
#[async_trait]
pub trait EndpointDirectory: Send + Sync {
    /// Every endpoint of the account, in the vendor's order.
    async fn endpoints(&self) -> Result<Vec<Endpoint>, PortError>;
}

/// Takes the disposition of a call.
#[async_trait]
pub trait DispositionSink: Send + Sync {
    /// Tells the vendor what came of a call: the disposition's levels from the outermost on, and the comment.
    ///
    /// # Errors
    /// [`BadRequest`](ErrorCode::BadRequest) naming the field that the vendor refuses.
    async fn dispose(&self, external_id: &str, levels: &[String], comment: &str) -> Result<(), PortError>;
}

/// Numbers that the vendor's diallers must not call.
#[async_trait]
pub trait BlackList: Send + Sync {
    /// Adds a number, for one campaign or for all of them.
    ///
    /// # Errors
    /// [`BadNumber`](ErrorCode::BadNumber) when the vendor does not take the number.
    async fn add(&self, number: &PhoneNumber, campaign: Option<&str>) -> Result<(), PortError>;
}

/// The recordings that the vendor keeps.
#[async_trait]
pub trait Recordings: Send + Sync {
    /// The recording of a call; nothing where there is none (yet).
    async fn recording(&self, external_id: &str, called_at: DateTime<Utc>) -> Result<Option<Recording>, PortError>;
}

/// One recording of a call, whole in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Its media type, such as `audio/mpeg`.
    pub media_type: String,
    /// The content of the file, in the format that the media type names.
    pub bytes: Vec<u8>,
}

/// What campaigns and their agents are doing.
#[async_trait]
pub trait CampaignBoard: Send + Sync {
    /// The campaigns and where they stand.
    async fn campaigns(&self) -> Result<Vec<CampaignState>, PortError>;
}

/// Where a campaign stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignState {
    /// The campaign's name with the vendor.
    pub name: String,
    /// How many calls wait.
    pub waiting: u32,
    /// How many agents are signed in, whatever they do.
    pub agents: u32,
}

/// Lists of contacts that a dialler calls.
#[async_trait]
pub trait DiallerLists: Send + Sync {
    /// Adds a number to a campaign's list, to be called by the dialler at a time or as soon as it can.
    ///
    /// # Errors
    /// [`BadRequest`](ErrorCode::BadRequest) naming what the vendor refuses.
    async fn add(&self, campaign: &str, number: &PhoneNumber, at: Option<DateTime<Utc>>) -> Result<(), PortError>;
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
