//! A pop-up of somebody made up: for the agent who chooses where pop-ups stand.

use timbre_domain::call::{Call, CallKey, CallState, Direction, Party};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::matching::Match;
use timbre_domain::number::Country;
use timbre_domain::popup::PopupCard;
use timbre_domain::ports::Shell as _;
use timbre_domain::vendor::VendorId;

use crate::app_state::AppState;
use crate::popup::pool::Event;

/// Shows it. It is no call: nothing of it is kept, and it goes by itself like a missed one.
pub(crate) fn show(app_state: &AppState) {
    let Ok(account) = "sample".parse() else { return };
    let Some(endpoint) = EndpointNumber::new("0") else { return };
    let now = app_state.clock().now();
    let call = Call {
        key: CallKey { vendor: VendorId::known("sample"), account, external_id: "sample".to_owned() },
        endpoint,
        direction: Direction::In,
        party: Party::Withheld,
        state: CallState::Ringing,
        detected_at: now,
        connected_at: None,
        ended_at: None,
        dial: None,
        legs: Vec::new(),
        transferred: false,
    };
    let card = PopupCard::new(call.clone(), Match::Withheld, now, Country::CR);
    app_state.show_popup(&PopupCard { line: "Timbre".to_owned(), ..card });
    app_state.post(Event::Changed(Box::new(Call { state: CallState::Ended, ended_at: Some(now), ..call })));
}
