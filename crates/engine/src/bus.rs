//! The one event bus: what happened inside goes to the call flow, what is told goes to everybody who listens.

use timbre_domain::call::AccountName;
use timbre_domain::tracker::CallTransition;
use tokio::sync::{broadcast, mpsc};

use crate::event::Event;

/// A listener that lags further behind than this loses the oldest events and is told how many.
const REMEMBERED: usize = 4_096;

/// Transitions of one account, in order.
#[derive(Debug)]
pub struct Happened {
    /// Which account.
    pub account: AccountName,
    /// What happened.
    pub transitions: Vec<CallTransition>,
    /// When the answer that told of it arrived, on the monotonic clock.
    pub answered: std::time::Duration,
}

/// Both ways of the bus.
#[derive(Debug, Clone)]
pub struct Bus {
    happened: mpsc::UnboundedSender<Happened>,
    told: broadcast::Sender<Event>,
}

impl Bus {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Happened>) {
        let (happened, flow) = mpsc::unbounded_channel();
        let (told, _) = broadcast::channel(REMEMBERED);
        (Self { happened, told }, flow)
    }

    pub(crate) fn happened(&self, happened: Happened) {
        // The call flow is gone only while everything stops; what happened is in the database.
        let _ = self.happened.send(happened);
    }

    pub(crate) fn publish(&self, event: Event) {
        // An error means that nobody listens.
        let _ = self.told.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.told.subscribe()
    }
}
