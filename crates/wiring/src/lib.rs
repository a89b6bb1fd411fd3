//! The one place that chooses concrete adapters, so that windows, command line and tests run the same engine.

pub mod clock;
pub mod connectors;
pub mod disk;
pub mod folders;
pub mod logs;
pub mod secrets;
pub mod setup;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use timbre_crm::Limiters;
use timbre_domain::call::Provider;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::{Clock, Disk, SecretStore, Shell, Telephony};
use timbre_engine::config::{Account, ConfigError, ProviderName, Settings, ThrottleScope};
use timbre_engine::line::Line;
use timbre_engine::local::Server;
use timbre_engine::{Context, Engine, Parts, preferences};
use timbre_store::{DataFolder, OpenReport, Store, StoreError};
use timbre_telephony::callmyway::{self, CallMyWay};
use timbre_telephony::throttle::Throttles;

use crate::clock::SystemClock;
use crate::disk::SystemDisk;
use crate::secrets::{Secrets, SharedRedactor};
use crate::setup::Limits;

/// Where things are; what is left out is where the system keeps such things.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The settings file.
    pub config: Option<PathBuf>,
    /// The data folder.
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
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Passwords.
    pub secrets: Arc<dyn SecretStore>,
    /// What shows pop-ups.
    pub shell: Arc<dyn Shell>,
    /// Its disks.
    pub disk: Arc<dyn Disk>,
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
    pub fn take_first_events(&mut self) -> tokio::sync::broadcast::Receiver<timbre_engine::event::Event> {
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
    let config = options.config.clone().or_else(folders::config_file).ok_or(StartError::NoFolder)?;
    let data_dir = options.data_dir.clone().or_else(folders::data_dir).ok_or(StartError::NoFolder)?;
    let settings = Settings::load(&config)?;
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
    let machine = Machine { clock, secrets, shell, disk: Arc::new(SystemDisk) };
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
    let Machine { clock, secrets, shell, disk } = machine;
    let (folder, store, opened) = open_store(data_dir, clock.as_ref()).await?;
    let store = Arc::new(store);
    let throttles = Arc::new(Throttles::new(clock.clone(), store.clone()));
    let limiters = Arc::<Limiters>::default();
    let mut lines = Vec::with_capacity(settings.accounts.len());
    for account in &settings.accounts {
        let (provider, telephony) = adapter(account, &settings, &secrets, &throttles, &clock)?;
        lines.push(Arc::new(Line::new(account.clone(), provider, telephony, &store)?));
    }
    let crms = connectors::lines(&settings, &store, &secrets, &clock, &limiters)?;
    let limits = Limits::Running { throttles, limiters };
    let files = Arc::new(timbre_interchange::Files);
    let settings = Arc::new(settings);
    let preferences = preferences::load(data_dir);
    let parts = Parts { folder, store, opened, settings, clock, shell, files, disk, lines, crms, follow, preferences };
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
    let (folder, opened) = tokio::task::spawn_blocking(move || {
        let opened = Store::open(&folder, now);
        (folder, opened)
    })
    .await
    .map_err(|error| PortError::new(ErrorCode::StoreFailed, "opening the database was cut short").caused_by(error))?;
    let (store, opened) = opened?;
    Ok((folder, store, opened))
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

fn adapter(
    account: &Account,
    settings: &Settings,
    secrets: &Arc<dyn SecretStore>,
    throttles: &Throttles,
    clock: &Arc<dyn Clock>,
) -> Result<(Provider, Arc<dyn Telephony>), PortError> {
    match account.provider {
        ProviderName::CallMyWay => {
            let of_vendor = callmyway::Settings {
                account: account.name.clone(),
                base_url: account.base_url.clone(),
                click_to_dial_url: account.click_to_dial_url.clone(),
                username: account.username.clone(),
                full_account: account.full_account,
                zone: account.time_zone,
                country: settings.country,
                throttle_scope: match account.throttle_scope {
                    ThrottleScope::SignIn => callmyway::ThrottleScope::SignIn,
                    ThrottleScope::Address => callmyway::ThrottleScope::Address,
                },
                reading_interval: Duration::from_millis(account.reading_interval_ms),
            };
            let adapter = CallMyWay::new(of_vendor, secrets.clone(), throttles, clock.clone())?;
            Ok((Provider::CallMyWay, Arc::new(adapter)))
        }
    }
}
