//! When a pop-up goes by itself: the clock and what is known of its call decide, never its page.

use std::time::{Duration, Instant};

use timbre_domain::call::{Call, CallState};
use timbre_domain::interaction::{Interaction, InteractionState};
use timbre_domain::outbox::OutboxState;

use super::{STAYS, STAYS_SAVED, STAYS_UNSENT, Shown};

/// How long it stays from now on, or from the end of its call; none where it stays until the agent closes it.
fn stays(shown: &Shown) -> Option<Duration> {
    let card = &shown.asked.card;
    if card.call.state != CallState::Ended {
        return None;
    }
    if shown.saved {
        let any = |wanted: OutboxState| card.records.iter().any(|record| record.state == wanted);
        // What is parked needs a person.
        return match any(OutboxState::Parked) {
            true => None,
            false if any(OutboxState::Waiting) || any(OutboxState::Sending) => Some(STAYS_UNSENT),
            false => Some(STAYS_SAVED),
        };
    }
    (nobody_answered(&card.call) && !shown.begun).then_some(STAYS)
}

/// Whether all that was written is saved, and nothing typed over it since.
pub(super) fn is_saved(written: &Interaction) -> bool {
    written.state == InteractionState::Final && written.change_draft.is_none()
}

/// There is hardly anything to write, and a notification tells of it.
fn nobody_answered(call: &Call) -> bool {
    call.connected_at.is_none()
}

impl Shown {
    /// Something about the call, or about what was written of it, is another now.
    pub(super) fn reckon(&mut self, now: Instant) {
        let stays = stays(self);
        if self.goes.map(|(_, stays)| stays) != stays {
            let since = if self.saved { now } else { self.ended_at.unwrap_or(now) };
            self.goes = stays.map(|stays| (since + stays, stays));
        }
    }

    /// Whether nothing is left to do in it, so that another call may have its place.
    pub(super) fn is_done(&self) -> bool {
        !self.begun || (self.saved && self.goes.is_some())
    }
}
