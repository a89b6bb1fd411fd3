//! What every component works with: the settings, the time, the database and the bus.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use timbre_domain::call::AccountName;
use timbre_domain::error::PortError;
use timbre_domain::ports::Clock;
use timbre_settings::Settings;
use timbre_store::{Store, StoreError};

use crate::api::event::{Event, StoreState};
use crate::runtime::bus::Bus;
use crate::runtime::store_work::StoreWork;

/// What every component works with. A clone is the same.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bus: Bus,
    /// For code that may block.
    pub(crate) store: Arc<Store>,
    pub(crate) work: StoreWork,
    /// Whether calls could be saved the last time.
    saves: Arc<AtomicBool>,
}

impl Core {
    pub(crate) fn new(settings: Arc<Settings>, clock: Arc<dyn Clock>, work: StoreWork) -> Self {
        let (bus, store) = (Bus::new(), work.store().clone());
        Self { settings, clock, bus, store, work, saves: Arc::new(AtomicBool::new(true)) }
    }

    /// Runs database work off the event loop.
    pub(crate) async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.work.run(work).await
    }

    /// What of a vendor's answer could not be read is kept for diagnosis; its error says no more of it then.
    pub(crate) async fn kept<T>(&self, account: &AccountName, answer: Result<T, PortError>) -> Result<T, PortError> {
        let Err(mut error) = answer else { return answer };
        if let Some(unread) = error.unread.take() {
            let (name, at) = (account.clone(), self.clock.now());
            let kept = self.stored(move |store| store.keep_unread(&name, &[*unread], at)).await;
            self.store_answered(kept.as_ref().err());
        }
        Err(error)
    }

    /// Calls could, or could not, be saved: published when that changes.
    pub(crate) fn store_answered(&self, error: Option<&StoreError>) {
        if let Some(error) = error {
            tracing::error!(error = error as &dyn std::error::Error, "calls are shown but could not be saved");
        }
        if self.saves.swap(error.is_none(), Ordering::Relaxed) != error.is_none() {
            let at = self.clock.now();
            self.bus.publish(Event::Store(match error {
                None => StoreState::ok(at),
                Some(error) => StoreState { detail: Some(error.to_string()), ..StoreState::failing(error.code(), at) },
            }));
        }
    }
}
