//! The rows of `GET /calls/list`: the fields that PROVIDERS.md shows, and on demand some that it does not.

use std::time::Duration;

use chrono::NaiveDate;
use serde::Serialize;

use super::call::{Call, CallState};
use super::config::FormCallConfig;
use crate::vendor_time::VendorTime;

#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) uuid: String,
    /// Empty until the outcome is known.
    status: &'static str,
    #[serde(flatten)]
    undocumented: Option<Undocumented>,
    /// Whole seconds as text; "0" until the call is over.
    duration_company: String,
    duration_customer: String,
    /// When the call was placed, such as `2019/04/02 10:05:03 -0300`.
    call_at: String,
    enqueued: bool,
}

/// Fields that a row may have beside the documented ones.
#[derive(Debug, Serialize)]
struct Undocumented {
    call_number_company: String,
    retry: String,
    popup_uuid: String,
}

impl Row {
    pub(crate) fn of(call: &Call, config: &FormCallConfig, time: &VendorTime, now: Duration) -> Self {
        let popup = config.popups.iter().find(|popup| popup.uuid == call.order.popup_uuid);
        let seconds = |answered| call.duration_from(answered, now).as_secs().to_string();
        let placed = time.at(call.placed).with_timezone(&config.time_zone);
        Self {
            uuid: call.uuid.clone(),
            status: call.outcome(now).map_or("", |outcome| outcome.word()),
            undocumented: config.undocumented_fields.then(|| Undocumented {
                call_number_company: popup.map(|popup| popup.agent_number.clone()).unwrap_or_default(),
                retry: config.retry.to_string(),
                popup_uuid: call.order.popup_uuid.clone(),
            }),
            duration_company: seconds(call.agent_answered(now)),
            duration_customer: seconds(call.customer_answered(now)),
            call_at: placed.format("%Y/%m/%d %H:%M:%S %z").to_string(),
            enqueued: call.state(now) == CallState::Enqueued,
        }
    }
}

/// The day of a moment, by the vendor's clock and zone.
pub(crate) fn day_of(moment: Duration, config: &FormCallConfig, time: &VendorTime) -> NaiveDate {
    time.at(moment).with_timezone(&config.time_zone).date_naive()
}
