//! What the engine's parts work with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use timbre_domain::ports::{Clock, ContactFiles, Disk, Shell};
use timbre_domain::preferences::Preferences;
use timbre_settings::Settings;
use timbre_store::{DataFolder, Store, StoreError};
use tokio::sync::{Mutex, broadcast, watch};

use crate::Parts;
use crate::api::event::{Event, StoreState};
use crate::calls::session::AccountSession;
use crate::crm::connector::ConnectorHandle;
use crate::health::database::Database;
use crate::health::notices::Notices;
use crate::runtime::bus::Bus;
use crate::runtime::component::Supervision;
use crate::runtime::store_work::StoreWork;

/// What windows, command line and components work with.
pub struct Context {
    pub(crate) store: Arc<Store>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shell: Arc<dyn Shell>,
    pub(crate) files: Arc<dyn ContactFiles>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) sessions: Vec<Arc<AccountSession>>,
    pub(crate) connectors: Vec<Arc<ConnectorHandle>>,
    pub(crate) bus: Bus,
    pub(crate) supervision: Supervision,
    /// Held by the import that goes on.
    pub(crate) importing: Arc<Mutex<()>>,
    /// Whether the index that finds contacts is rebuilt in the background.
    pub(crate) follows: bool,
    /// Held while a dial is checked and registered.
    pub(crate) dialling: Mutex<()>,
    pub(crate) preferences: watch::Sender<Preferences>,
    pub(crate) notices: Notices,
    work: StoreWork,
    pub(crate) database: Database,
    /// What was found when the database was opened, where there is something to tell.
    pub(crate) opened: Option<StoreState>,
    /// Whether calls could be saved the last time.
    saves: AtomicBool,
}

impl Context {
    pub(crate) fn new(parts: Parts) -> (Self, broadcast::Receiver<Event>, DataFolder) {
        let bus = Bus::new();
        let first_events = bus.subscribe();
        let opened = StoreState::of(&parts.opened, parts.clock.now());
        let context = Self {
            store: parts.store.store().clone(),
            work: parts.store,
            settings: parts.settings,
            clock: parts.clock,
            shell: parts.shell,
            files: parts.files,
            disk: parts.disk,
            sessions: parts.sessions,
            connectors: parts.connectors,
            bus,
            supervision: Supervision::default(),
            importing: Arc::default(),
            follows: parts.follow,
            dialling: Mutex::new(()),
            preferences: watch::Sender::new(parts.preferences),
            notices: Notices::default(),
            database: Database::default(),
            opened,
            saves: AtomicBool::new(true),
        };
        (context, first_events, parts.folder)
    }

    /// Events from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.bus.subscribe()
    }

    /// The accounts' sessions.
    #[must_use]
    pub fn sessions(&self) -> &[Arc<AccountSession>] {
        &self.sessions
    }

    /// How much database work is under way: nothing follows from a moment before all of it is done.
    #[must_use]
    pub fn storing(&self) -> watch::Receiver<usize> {
        self.work.under_way()
    }

    /// The settings in use.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Tells what opening the database found.
    pub(crate) fn publish_opened(&self) {
        if let Some(state) = &self.opened {
            self.database.repaired(state.set_aside.is_some());
            self.bus.publish(Event::Store(state.clone()));
        }
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

    /// Runs database work off the event loop.
    pub(crate) async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.work.run(work).await
    }

    /// Closes the database.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        let Self { store, work, sessions, connectors, .. } = self;
        // The adapters remember their limits in the database.
        drop((store, sessions, connectors));
        work.close().await
    }
}
