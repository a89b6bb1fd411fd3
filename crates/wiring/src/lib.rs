//! The one place that chooses concrete adapters, so that windows, command line and tests run the same engine.

pub mod connectors;
pub mod setup;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use timbre_crm::Limiters;
use timbre_domain::endpoint::ServedEndpoints;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::{Clock, Disk, SecretStore, Shell};
use timbre_domain::proxy::Route;
use timbre_domain::session::Session;
use timbre_domain::vendor::Vendors;
use timbre_engine::api::socket::Server;
use timbre_engine::calls::session::AccountSession;
use timbre_engine::runtime::preferences;
use timbre_engine::runtime::store_work::StoreWork;
use timbre_engine::{Context, Engine, Parts};
use timbre_settings::{Account, ConfigError, Settings};
use timbre_store::{Agent, DataFolder, OpenReport, Store, StoreError};
use timbre_telephony::registry::{self, Opening};
use timbre_telephony::throttle::Throttles;

use crate::setup::Limits;
use timbre_platform::clock::SystemClock;
use timbre_platform::disk::SystemDisk;
use timbre_platform::secrets::{Secrets, SharedRedactor};

/// Where things are; what is left out is where the system keeps such things.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub config: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
    /// What secrets are learnt into, so that no log shows them.
    pub redactor: SharedRedactor,
    /// Whether commands alone are answered: no call is followed and no vendor asked until a command needs it.
    pub commands_only: bool,
}

/// How long the start waits for another process to let go of the data folder.
const HELD_WITHIN: Duration = Duration::from_secs(3);

/// Why Timbre could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings file is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder or the database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An adapter can't be made.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The system names no folder for such things; say it with `--data-dir` and `--config`.
    #[error("the system names no folder for settings or data: use --config and --data-dir")]
    NoFolder,
}

impl StartError {
    /// The code for windows and scripts.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Config(_) => ErrorCode::BadConfig,
            Self::Store(error) => error.code(),
            Self::Port(error) => error.code,
            Self::NoFolder => ErrorCode::DataFolder,
        }
    }
}

/// The machine around an engine.
pub struct Machine {
    pub clock: Arc<dyn Clock>,
    pub secrets: Arc<dyn SecretStore>,
    pub shell: Arc<dyn Shell>,
    pub disk: Arc<dyn Disk>,
    /// Whose calls are followed.
    pub serves: Serves,
}

/// A running Timbre: the engine and the socket that other processes reach it by.
pub struct Running {
    engine: Engine,
    server: Option<Server>,
    data_dir: PathBuf,
    limits: Limits,
}

impl Running {
    /// What windows and commands work with.
    #[must_use]
    pub fn context(&self) -> Arc<Context> {
        self.engine.context()
    }

    /// Every event since the start, for one listener.
    pub fn take_first_events(&mut self) -> tokio::sync::broadcast::Receiver<timbre_engine::api::event::Event> {
        self.engine.take_first_events()
    }

    /// The data folder in use.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The limits of vendors and CRMs, for whoever tries out a sign-in beside it.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits.clone()
    }

    /// Stops everything and closes the database.
    ///
    /// # Errors
    /// When the database can't be closed cleanly; nothing is lost by it.
    pub async fn stop(self) -> Result<(), StoreError> {
        let Self { engine, server, limits, .. } = self;
        // They remember in the database.
        drop(limits);
        if let Some(server) = server {
            server.stop().await;
        }
        engine.stop().await
    }
}

/// Starts Timbre on this machine.
///
/// # Errors
/// [`StartError`], with a code.
pub async fn start(options: &Options, shell: Arc<dyn Shell>) -> Result<Running, StartError> {
    start_using(options, Arc::new(Secrets::new(options.redactor.clone())), shell).await
}

/// Starts Timbre on this machine with the secrets that windows hold in memory, too.
///
/// # Errors
/// [`StartError`], with a code.
pub async fn start_using(
    options: &Options,
    secrets: Arc<Secrets>,
    shell: Arc<dyn Shell>,
) -> Result<Running, StartError> {
    let config = options.config.clone().or_else(timbre_platform::folders::config_file).ok_or(StartError::NoFolder)?;
    let data_dir = options.data_dir.clone().or_else(timbre_platform::folders::data_dir).ok_or(StartError::NoFolder)?;
    let settings = blocking(move || Settings::load(&config, vendors())).await??;
    start_with(settings, &data_dir, Arc::new(SystemClock::new()), secrets, shell, !options.commands_only).await
}

/// Starts Timbre with a clock and a keyring of the caller's choice, on this machine's disks.
///
/// # Errors
/// [`StartError`], with a code.
pub async fn start_with(
    settings: Settings,
    data_dir: &Path,
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn SecretStore>,
    shell: Arc<dyn Shell>,
    follow: bool,
) -> Result<Running, StartError> {
    let machine = Machine { clock, secrets, shell, disk: Arc::new(SystemDisk), serves: Serves::ThisAgent };
    start_on(settings, data_dir, machine, follow).await
}

/// Starts Timbre on a machine of the caller's choice, as stories do.
///
/// # Errors
/// [`StartError`], with a code.
pub async fn start_on(
    settings: Settings,
    data_dir: &Path,
    machine: Machine,
    follow: bool,
) -> Result<Running, StartError> {
    let Machine { clock, secrets, shell, disk, serves } = machine;
    let (folder, store, opened) = open_store(data_dir, clock.as_ref()).await?;
    let store = StoreWork::new(Arc::new(store));
    let throttles = Arc::new(Throttles::new(clock.clone(), Arc::new(store.clone())));
    let limiters = Arc::<Limiters>::default();
    let mut sessions = Vec::with_capacity(settings.accounts.len());
    for account in &settings.accounts {
        let session = open_session(account, &settings, &secrets, &throttles, &clock)?;
        let served = serves.endpoints(account);
        sessions.push(Arc::new(AccountSession::new(account.clone(), session, served, store.store())?));
    }
    let connectors = connectors::handles(&settings, store.store(), &secrets, &clock, &limiters)?;
    let limits = Limits::Running { throttles, limiters };
    let files = Arc::new(timbre_interchange::Files);
    let routes = routes(&settings);
    let settings = Arc::new(settings);
    let of_folder = data_dir.to_owned();
    let preferences = blocking(move || preferences::load(&of_folder)).await?;
    let parts = Parts {
        folder,
        store,
        opened,
        settings,
        clock,
        shell,
        files,
        disk,
        routes,
        sessions,
        connectors,
        follow,
        preferences,
    };
    let engine = Engine::start(parts);
    if !follow {
        // Whoever asks such an engine to dial or to watch would wait for what it never looks at.
        return Ok(Running { engine, server: None, data_dir: data_dir.to_owned(), limits });
    }
    let server = match Server::start(engine.context(), data_dir) {
        Ok(server) => Some(server),
        Err(error) => {
            // Calls pop up all the same; only a second process can't reach this one.
            tracing::error!(%error, "the local socket can't be made: timbrectl will not reach this Timbre");
            None
        }
    };
    Ok(Running { engine, server, data_dir: data_dir.to_owned(), limits })
}

/// Holds the data folder and opens the database in it.
async fn open_store(data_dir: &Path, clock: &dyn Clock) -> Result<(DataFolder, Store, OpenReport), StartError> {
    let folder = hold(data_dir, clock).await?;
    let now = clock.now();
    let (folder, opened) = blocking(move || {
        let opened = Store::open(&folder, now);
        (folder, opened)
    })
    .await?;
    let (store, opened) = opened?;
    Ok((folder, store, opened))
}

/// Does work that reads files, off the event loop.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StartError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| PortError::new(ErrorCode::StoreFailed, "the start was cut short").caused_by(error).into())
}

/// Holds the data folder; a command that is about to end is waited for.
async fn hold(data_dir: &Path, clock: &dyn Clock) -> Result<DataFolder, StoreError> {
    let deadline = clock.elapsed() + HELD_WITHIN;
    loop {
        match DataFolder::hold(data_dir) {
            Err(StoreError::AlreadyRunning) if clock.elapsed() < deadline => {
                clock.sleep(Duration::from_millis(50)).await
            }
            held => return held,
        }
    }
}

/// The vendors' descriptions: what settings are checked with, and forms drawn from.
#[must_use]
pub fn vendors() -> Vendors {
    registry::descriptions()
}

/// The way to every server of the settings, each once.
fn routes(settings: &Settings) -> Vec<Route> {
    let of_vendors = settings.accounts.iter().flat_map(|account| account.values.addresses());
    let of_crms = settings.connectors.iter().map(|connector| &connector.base_url);
    let mut routes: Vec<Route> = Vec::new();
    for server in of_vendors.chain(of_crms) {
        let route = timbre_transport::http::route(server, &settings.proxy);
        if !routes.contains(&route) {
            routes.push(route);
        }
    }
    routes
}

/// Opens an account's session with its vendor.
fn open_session(
    account: &Account,
    settings: &Settings,
    secrets: &Arc<dyn SecretStore>,
    throttles: &Throttles,
    clock: &Arc<dyn Clock>,
) -> Result<Session, PortError> {
    let vendor = registry::vendor(&account.vendor)
        .ok_or_else(|| PortError::new(ErrorCode::BadConfig, format!("there is no vendor named {}", account.vendor)))?;
    vendor.open(Opening {
        account: account.name.clone(),
        values: &account.values,
        country: settings.country,
        secrets: secrets.clone(),
        proxy: &settings.proxy,
        throttles,
        clock: clock.clone(),
    })
}

/// For whom an engine works: whose calls it follows.
#[derive(Debug, Clone, Default)]
pub enum Serves {
    /// The one agent of the settings, on a desktop.
    #[default]
    ThisAgent,
    /// These agents, on a server.
    Agents(Vec<Agent>),
    /// Every endpoint of every account, for a supervisor.
    WholeAccounts,
}

impl Serves {
    fn endpoints(&self, account: &Account) -> ServedEndpoints {
        match self {
            Self::ThisAgent => ServedEndpoints::new(account.endpoints().cloned()),
            Self::Agents(agents) => {
                let of_agent = |agent: &'_ Agent| {
                    let of_account = agent.endpoints.iter().filter(|(name, _)| *name == account.name);
                    of_account.map(|(_, number)| (agent.name.clone(), number.clone())).collect::<Vec<_>>()
                };
                ServedEndpoints::of_agents(agents.iter().flat_map(of_agent))
            }
            Self::WholeAccounts => ServedEndpoints::default().and_the_whole_account(),
        }
    }
}
