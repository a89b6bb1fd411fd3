//! The vendor's clock, which may differ from ours.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use timbre_domain::ports::Clock;

/// The vendor's clock. It is set once, when the simulator starts, and then follows elapsed time only: setting the
/// computer's wall clock does not move it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VendorTime {
    anchor: DateTime<Utc>,
    anchored: Duration,
}

impl VendorTime {
    /// A clock that is `ahead` of ours now.
    pub(crate) fn starting_now(clock: &dyn Clock, ahead: TimeDelta) -> Self {
        let now = clock.now();
        Self { anchor: now.checked_add_signed(ahead).unwrap_or(now), anchored: clock.elapsed() }
    }

    /// The vendor's time of day at a moment of `Clock::elapsed`.
    pub(crate) fn at(&self, elapsed: Duration) -> DateTime<Utc> {
        let since = |d: Duration| TimeDelta::from_std(d).unwrap_or(TimeDelta::MAX);
        self.anchor.checked_add_signed(since(elapsed) - since(self.anchored)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The value of the HTTP header `Date` (RFC 9110, section 6.6.1).
    pub(crate) fn http_date(&self, elapsed: Duration) -> String {
        self.at(elapsed).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}
