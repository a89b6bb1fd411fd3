//! The one event bus: transitions go to the call flow, events to everybody who listens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use timbre_domain::call::AccountName;
use timbre_domain::tracker::CallTransition;
use tokio::sync::{Mutex, broadcast, mpsc};

use crate::api::event::Event;

/// A listener that lags further behind than this loses the oldest events and is told how many.
const REMEMBERED: usize = 4_096;

/// Transitions of one account, in order.
#[derive(Debug)]
pub struct TransitionBatch {
    pub account: AccountName,
    pub transitions: Vec<CallTransition>,
    /// When the answer that showed it arrived, on the monotonic clock.
    pub observed: Duration,
}

/// One transition, as the call flow takes it.
#[derive(Debug)]
pub(crate) struct QueuedTransition {
    pub(crate) account: AccountName,
    pub(crate) transition: CallTransition,
    pub(crate) observed: Duration,
}

/// The transitions that the call flow has not taken yet. They outlive a call flow that ends badly: the next one goes on
/// behind the transition that it ended at.
#[derive(Debug)]
pub(crate) struct Queue {
    received: mpsc::UnboundedReceiver<TransitionBatch>,
    next: VecDeque<QueuedTransition>,
}

impl Queue {
    /// The next transition; nothing when everything stops.
    pub(crate) async fn next(&mut self) -> Option<QueuedTransition> {
        while self.next.is_empty() {
            let TransitionBatch { account, transitions, observed } = self.received.recv().await?;
            let one = |transition| QueuedTransition { account: account.clone(), transition, observed };
            self.next.extend(transitions.into_iter().map(one));
        }
        self.next.pop_front()
    }
}

/// Both ways of the bus.
#[derive(Debug, Clone)]
pub struct Bus {
    transitions: mpsc::UnboundedSender<TransitionBatch>,
    pub(crate) queue: Arc<Mutex<Queue>>,
    events: broadcast::Sender<Event>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        let (transitions, received) = mpsc::unbounded_channel();
        let (events, _) = broadcast::channel(REMEMBERED);
        Self { transitions, queue: Arc::new(Mutex::new(Queue { received, next: VecDeque::new() })), events }
    }

    pub(crate) fn transitions(&self, batch: TransitionBatch) {
        // The queue is gone only while everything stops; what happened is in the database.
        let _ = self.transitions.send(batch);
    }

    pub(crate) fn publish(&self, event: Event) {
        // An error means that nobody listens.
        let _ = self.events.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
