//! The engine behind the windows and the command line, in rooms.
//!
//! - [`calls`]: observations come in, transitions, pop-ups and dialled calls go out.
//! - [`contacts`]: files come in, contacts and the index that finds them go out.
//! - [`crm`]: results and contacts go out to the CRMs, their contacts come in.
//! - [`health`]: how everything is, for `doctor`, the tray and notifications.
//! - [`runtime`]: the supervised components, the bus between them, and what they work with.
//! - [`api`]: the commands that windows, command line and local socket call, and the events that they hear.

pub mod api;
pub mod calls;
pub mod contacts;
pub mod crm;
mod error;
pub mod health;
pub mod runtime;

use std::sync::Arc;

use timbre_domain::ports::{Clock, ContactFiles, Disk, Shell};
use timbre_domain::preferences::Preferences;
use timbre_domain::proxy::Route;
use timbre_settings::Settings;
use timbre_store::{DataFolder, OpenReport, StoreError};
use tokio::sync::broadcast;

use crate::api::event::Event;
use crate::calls::session::AccountSession;
use crate::crm::connector::ConnectorHandle;
pub use crate::error::CommandError;
use crate::runtime::component::Components;
pub use crate::runtime::context::Context;
use crate::runtime::store_work::StoreWork;

/// What an engine is made of. Whoever starts it has chosen the adapters.
pub struct Parts {
    /// The held data folder.
    pub folder: DataFolder,
    /// The database in it.
    pub store: StoreWork,
    /// What opening it found.
    pub opened: OpenReport,
    pub settings: Arc<Settings>,
    pub clock: Arc<dyn Clock>,
    /// What shows pop-ups; [`Headless`](timbre_domain::ports::Headless) where nobody looks.
    pub shell: Arc<dyn Shell>,
    pub files: Arc<dyn ContactFiles>,
    /// The disk under the data folder.
    pub disk: Arc<dyn Disk>,
    /// The way to every server, for whoever looks for a fault.
    pub routes: Vec<Route>,
    pub sessions: Vec<Arc<AccountSession>>,
    /// The CRMs, each with its adapter.
    pub connectors: Vec<Arc<ConnectorHandle>>,
    /// Whether calls are followed. Otherwise commands alone are answered, and only the call flow runs beside them.
    pub follow: bool,
    /// What the agent chose.
    pub preferences: Preferences,
}

pub struct Engine {
    context: Arc<Context>,
    components: Components,
    first_events: Option<broadcast::Receiver<Event>>,
    _folder: DataFolder,
}

impl Engine {
    #[must_use]
    pub fn start(parts: Parts) -> Self {
        let follow = parts.follow;
        let (context, first_events, folder) = Context::new(parts);
        let context = Arc::new(context);
        health::database::listen(&context);
        context.publish_opened();
        let mut components =
            Components::new(context.core.clock.clone(), context.core.bus.clone(), context.supervision.clone());
        let flow_context = context.clone();
        components.start("call flow", move |stop| calls::flow::run(flow_context.clone(), stop));
        if follow {
            start_followers(&mut components, &context);
        }
        Self { context, components, first_events: Some(first_events), _folder: folder }
    }

    /// Every event since the start, for one listener; later ones use [`Context::subscribe`].
    pub fn take_first_events(&mut self) -> broadcast::Receiver<Event> {
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
        match Arc::try_unwrap(context) {
            Ok(context) => context.close().await,
            Err(_) => Ok(()),
        }
    }
}

/// What follows the calls and keeps everything up to date, beside the call flow.
fn start_followers(components: &mut Components, context: &Arc<Context>) {
    let (core, sessions) = (&context.core, &context.sessions);
    let records = context.records();
    let synced = records.clone();
    components.start("history sync", move |stop| synced.clone().run(stop));
    let index_core = core.clone();
    components.start("contact index", move |stop| contacts::index::run(index_core.clone(), stop));
    let notice_context = context.clone();
    components.start("notices", move |stop| health::notices::run(notice_context.clone(), stop));
    let (database_core, database) = (core.clone(), context.database.clone());
    components.start("database", move |stop| health::database::run(database_core.clone(), database.clone(), stop));
    for crm in context.connectors.iter() {
        let name = crm.name().as_str();
        let (outbox_core, sent_to) = (core.clone(), crm.clone());
        components.start_for(name, "outbox", move |stop| crm::outbox::run(outbox_core.clone(), sent_to.clone(), stop));
        let (sync_core, read_from) = (core.clone(), crm.clone());
        components.start_for(name, "contact sync", move |stop| {
            crm::contact_sync::run(sync_core.clone(), read_from.clone(), stop)
        });
    }
    for session in sessions {
        let name = session.name().as_str();
        let (records, caught_up) = (records.clone(), session.clone());
        components.start_for(name, "history catch-up", move |stop| records.clone().catch_up(caught_up.clone(), stop));
        let (endpoints_core, listed) = (core.clone(), session.clone());
        components.start_for(name, "endpoints", move |stop| {
            calls::endpoints::run(endpoints_core.clone(), listed.clone(), stop)
        });
        let (ingest, polled) = (context.ingest(), session.clone());
        components.start_for(name, "poller", move |stop| calls::poller::run(ingest.clone(), polled.clone(), stop));
        let (ingest, listed) = (context.ingest(), session.clone());
        components.start_for(name, "placed calls", move |stop| {
            calls::placed_calls::run(ingest.clone(), listed.clone(), stop)
        });
    }
}
