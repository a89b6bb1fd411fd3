//! What the commands work with: all of a running engine. A component takes only what it needs of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use timbre_domain::ports::{ContactFiles, Disk, Shell};
use timbre_domain::preferences::Preferences;
use timbre_domain::proxy::Route;
use timbre_domain::vendor::Capability;
use timbre_settings::Settings;
use timbre_store::{DataFolder, StoreError};
use tokio::sync::{Mutex, broadcast, watch};

use crate::Parts;
use crate::api::event::{Event, StoreState};
use crate::calls::session::AccountSession;
use crate::crm::connectors::Connectors;
use crate::health::database::Database;
use crate::health::notices::Notices;
use crate::runtime::component::Supervision;
use crate::runtime::core::Core;

/// All of a running engine.
pub struct Context {
    pub(crate) core: Core,
    pub(crate) shell: Arc<dyn Shell>,
    pub(crate) files: Arc<dyn ContactFiles>,
    pub(crate) disk: Arc<dyn Disk>,
    /// The way to every server.
    pub(crate) routes: Vec<Route>,
    pub(crate) sessions: Vec<Arc<AccountSession>>,
    pub(crate) connectors: Connectors,
    pub(crate) supervision: Supervision,
    /// Held by the import that goes on.
    pub(crate) importing: Arc<Mutex<()>>,
    /// Whether calls are followed ([`Parts::follow`]). Otherwise a command does itself what would run in the background.
    pub(crate) follows: bool,
    /// Held while a dial is checked and registered.
    pub(crate) dialling: Mutex<()>,
    pub(crate) preferences: watch::Sender<Preferences>,
    pub(crate) notices: Notices,
    pub(crate) database: Arc<Database>,
    /// What was found when the database was opened, where there is something to tell.
    pub(crate) opened: Option<StoreState>,
}

impl Context {
    pub(crate) fn new(parts: Parts) -> (Self, broadcast::Receiver<Event>, DataFolder) {
        let opened = StoreState::of(&parts.opened, parts.clock.now());
        let core = Core::new(parts.settings, parts.clock, parts.store);
        let first_events = core.bus.subscribe();
        let context = Self {
            connectors: Connectors::new(core.clone(), parts.connectors),
            core,
            shell: parts.shell,
            files: parts.files,
            disk: parts.disk,
            routes: parts.routes,
            sessions: parts.sessions,
            supervision: Supervision::default(),
            importing: Arc::default(),
            follows: parts.follow,
            dialling: Mutex::new(()),
            preferences: watch::Sender::new(parts.preferences),
            notices: Notices::default(),
            database: Arc::default(),
            opened,
        };
        (context, first_events, parts.folder)
    }

    /// Events from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.core.bus.subscribe()
    }

    #[must_use]
    pub fn sessions(&self) -> &[Arc<AccountSession>] {
        &self.sessions
    }

    /// What at least one of the accounts can do, each once.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        let all: BTreeSet<_> = self.sessions.iter().flat_map(|session| session.session.capabilities()).collect();
        all.into_iter().collect()
    }

    /// How much database work is under way: nothing follows from a moment before all of it is done.
    #[must_use]
    pub fn storing(&self) -> watch::Receiver<usize> {
        self.core.work.under_way()
    }

    /// The settings in use.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.core.settings
    }

    /// Tells what opening the database found.
    pub(crate) fn publish_opened(&self) {
        if let Some(state) = &self.opened {
            self.database.repaired(state.set_aside.is_some());
            self.core.bus.publish(Event::Store(state.clone()));
        }
    }

    pub(crate) async fn close(self) -> Result<(), StoreError> {
        let Self { core, sessions, connectors, .. } = self;
        // The adapters remember their limits in the database.
        drop((sessions, connectors));
        let Core { store, work, .. } = core;
        drop(store);
        work.close().await
    }
}
