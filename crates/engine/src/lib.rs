//! The named components behind the windows and the command line.
//!
//! [`poller`] asks the vendor and feeds the tracker; [`call_flow`] turns transitions
//! into events and pop-ups; [`dialler`] places calls; [`history_sync`] brings the
//! vendor's record home; [`outbox`] brings what came of the calls to the CRMs; [`contact_sync`] brings their
//! contacts, [`import`] those of files; [`database`] backs the database up and tells of damage. They speak over one [`bus`] and
//! stop cleanly together. Windows and command line call [`commands`]; a second process does so over [`local`]. [`doctor`]
//! says how everything is.

pub mod bus;
pub mod call_flow;
mod caller_lookup;
mod card;
pub mod commands;
pub mod component;
pub mod config;
pub mod contact_sync;
pub mod crm_line;
pub mod database;
pub mod dialler;
pub mod doctor;
pub mod event;
pub mod history_sync;
pub mod import;
mod index;
pub mod line;
pub mod local;
mod look;
mod notices;
pub mod outbox;
pub mod poller;
pub mod preferences;
mod status;
pub mod zone;

use std::sync::Arc;

use timbre_domain::ports::{Clock, ContactFiles, Disk, Shell};
use timbre_domain::preferences::Preferences;
use timbre_store::{DataFolder, OpenReport, Store, StoreError};

use crate::bus::Bus;
use crate::component::Components;
use crate::config::Settings;
use crate::crm_line::CrmLine;
use crate::event::{Event, StoreState};
use crate::line::Line;

/// What an engine is made of. Whoever starts it has chosen the adapters.
pub struct Parts {
    /// The held data folder.
    pub folder: DataFolder,
    /// The database in it.
    pub store: Arc<Store>,
    /// What opening it found.
    pub opened: OpenReport,
    /// The settings file.
    pub settings: Arc<Settings>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What shows pop-ups.
    pub shell: Arc<dyn Shell>,
    /// Files of contacts.
    pub files: Arc<dyn ContactFiles>,
    /// The disk under the data folder.
    pub disk: Arc<dyn Disk>,
    /// The accounts, each with its adapter.
    pub lines: Vec<Arc<Line>>,
    /// The CRMs, each with its adapter.
    pub crms: Vec<Arc<CrmLine>>,
    /// Whether calls are followed, or commands alone are answered.
    pub follow: bool,
    /// What the agent chose.
    pub preferences: Preferences,
}

/// What every component works with.
pub struct Context {
    pub(crate) store: Arc<Store>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shell: Arc<dyn Shell>,
    pub(crate) files: Arc<dyn ContactFiles>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) lines: Vec<Arc<Line>>,
    pub(crate) crms: Vec<Arc<CrmLine>>,
    pub(crate) bus: Bus,
    /// Held by the import that goes on.
    pub(crate) importing: Arc<tokio::sync::Mutex<()>>,
    /// Whether what contacts are found by is kept in step in the background.
    pub(crate) follows: bool,
    /// Held while a dial is checked and registered.
    pub(crate) dialling: tokio::sync::Mutex<()>,
    /// What the agent chose.
    pub(crate) preferences: tokio::sync::watch::Sender<Preferences>,
    /// What was told by notices, and is to be told again.
    pub(crate) notices: notices::Notices,
    /// Database work under way.
    pub(crate) storing: tokio::sync::watch::Sender<usize>,
    /// How the database is.
    pub(crate) database: database::Database,
    /// What was found when the database was opened, where there is something to tell.
    pub(crate) opened: Option<StoreState>,
}

/// The running engine.
pub struct Engine {
    context: Arc<Context>,
    components: Components,
    first_events: Option<tokio::sync::broadcast::Receiver<Event>>,
    _folder: DataFolder,
}

impl Engine {
    /// Starts every component.
    #[must_use]
    pub fn start(parts: Parts) -> Self {
        let (bus, happened) = Bus::new();
        let first_events = bus.subscribe();
        let now = parts.clock.now();
        let context = Arc::new(Context {
            store: parts.store,
            settings: parts.settings,
            clock: parts.clock,
            shell: parts.shell,
            files: parts.files,
            disk: parts.disk,
            lines: parts.lines,
            crms: parts.crms,
            bus,
            importing: Arc::default(),
            follows: parts.follow,
            dialling: tokio::sync::Mutex::new(()),
            preferences: tokio::sync::watch::Sender::new(parts.preferences),
            notices: notices::Notices::default(),
            storing: tokio::sync::watch::Sender::new(0),
            database: database::Database::default(),
            opened: StoreState::of(&parts.opened, now),
        });
        database::listen(&context);
        if let Some(state) = &context.opened {
            context.database.repaired(state.set_aside.is_some());
            context.bus.publish(Event::Store(state.clone()));
        }
        let mut components = Components::new(context.clock.clone());
        components.start_once("call flow", |stop| call_flow::run(context.clone(), happened, stop));
        if parts.follow {
            let of = context.clone();
            components.start("history sync", move |stop| history_sync::run(of.clone(), stop));
            let of = context.clone();
            components.start("history catch-up", move |stop| history_sync::catch_up(of.clone(), stop));
            let of = context.clone();
            components.start("contact index", move |stop| index::run(of.clone(), stop));
            let of = context.clone();
            components.start("notices", move |stop| notices::run(of.clone(), stop));
            let of = context.clone();
            components.start("database", move |stop| database::run(of.clone(), stop));
            for crm in &context.crms {
                let (of, crm) = (context.clone(), crm.clone());
                components.start("outbox", move |stop| outbox::run(of.clone(), crm.clone(), stop));
            }
            for crm in &context.crms {
                let (of, crm) = (context.clone(), crm.clone());
                components.start("contact sync", move |stop| contact_sync::run(of.clone(), crm.clone(), stop));
            }
            for line in &context.lines {
                let (of, line) = (context.clone(), line.clone());
                components.start("poller", move |stop| poller::run(of.clone(), line.clone(), stop));
            }
        }
        Self { context, components, first_events: Some(first_events), _folder: parts.folder }
    }

    /// Every event since the start, for one listener; later ones use [`Context::subscribe`].
    pub fn take_first_events(&mut self) -> tokio::sync::broadcast::Receiver<Event> {
        self.first_events.take().unwrap_or_else(|| self.context.subscribe())
    }

    /// What windows, the command line and the local socket need.
    #[must_use]
    pub fn context(&self) -> Arc<Context> {
        self.context.clone()
    }

    /// Stops every component, then closes the database. Work in hand is finished, waiting work is not begun.
    ///
    /// # Errors
    /// When the database can't be closed cleanly; nothing is lost by it.
    pub async fn stop(self) -> Result<(), StoreError> {
        let Self { context, components, .. } = self;
        components.stop().await;
        // Windows or clients may still hold the context; the next start then checks the database, no more.
        let Ok(Context { store, lines, crms, .. }) = Arc::try_unwrap(context) else { return Ok(()) };
        // The adapters remember the throttle in the database.
        drop((lines, crms));
        Arc::try_unwrap(store).map_or(Ok(()), Store::close)
    }
}

impl Context {
    /// Events from now on.
    #[must_use]
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Event> {
        self.bus.subscribe()
    }

    /// The accounts that are followed.
    #[must_use]
    pub fn lines(&self) -> &[Arc<Line>] {
        &self.lines
    }

    /// How much database work is under way: nothing follows from a moment before all of it is done.
    #[must_use]
    pub fn storing(&self) -> tokio::sync::watch::Receiver<usize> {
        self.storing.subscribe()
    }

    /// The settings file in use.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runs database work off the event loop.
    pub(crate) async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.clone();
        self.storing.send_modify(|under_way| *under_way += 1);
        let _done = Done(&self.storing);
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(done) => done,
            // Only a panic in the store or the end of the runtime leads here.
            Err(error) => {
                Err(StoreError::File { what: "the database work was cut short", source: std::io::Error::other(error) })
            }
        }
    }
}

/// Counts one piece of database work less when it is over, however it ends.
struct Done<'a>(&'a tokio::sync::watch::Sender<usize>);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|under_way| *under_way = under_way.saturating_sub(1));
    }
}
