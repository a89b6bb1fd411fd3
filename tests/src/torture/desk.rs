//! The agent's desk: the engine that is killed and started again on the same files.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use timbre_domain::ports::Clock as _;
use timbre_engine::api::socket::Client;
use timbre_simulator::RealClock;

use super::Trouble;

/// How long the engine may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// The running engine; whoever has a clone can kill it.
#[derive(Clone, Default)]
pub(super) struct Engine(Arc<Mutex<Option<Child>>>);

impl Engine {
    /// SIGKILL, at once. Whether it was running.
    pub(super) fn kill(&self) -> bool {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut killed) = child.take() else { return false };
        // On Unix this is SIGKILL; it fails only for one that has ended already.
        let _ = killed.kill();
        let _ = killed.wait();
        true
    }

    /// Asks it to end, and waits until it has; one that does not is killed.
    pub(super) async fn end(&self, clock: &RealClock) -> Result<(), Trouble> {
        let Some(mut child) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(()) };
        Command::new("kill").arg(child.id().to_string()).status()?;
        let deadline = clock.elapsed() + STARTS_WITHIN;
        while child.try_wait()?.is_none() {
            if clock.elapsed() > deadline {
                child.kill()?;
                child.wait()?;
                return Err("the engine did not end when it was asked to".into());
            }
            clock.sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// The process that runs now.
    pub(super) fn process(&self) -> Option<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Child::id)
    }

    /// SIGKILL for this process; one that was started since goes on.
    pub(super) fn kill_process(&self, process: Option<u32>) {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if child.as_ref().map(Child::id) != process {
            return;
        }
        if let Some(mut killed) = child.take() {
            // It fails only for one that has ended already.
            let _ = killed.kill();
            let _ = killed.wait();
        }
    }

    /// SIGKILL for the process that runs now, after so long, to the microsecond: it spins, because timers are coarser than what
    /// is aimed at. A late one must not hit the engine that was started meanwhile.
    pub(super) fn kill_after(&self, pause: Duration, clock: &RealClock) {
        let (engine, clock, process) = (self.clone(), clock.clone(), self.process());
        let deadline = clock.elapsed() + pause;
        std::thread::spawn(move || {
            while clock.elapsed() < deadline {
                std::hint::spin_loop();
            }
            engine.kill_process(process);
        });
    }

    pub(super) fn runs(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// A desk: the programs and the files.
pub(super) struct Desk {
    timbrectl: PathBuf,
    config: PathBuf,
    data_dir: PathBuf,
    environment: Vec<(String, String)>,
    clock: RealClock,
    pub(super) engine: Engine,
}

impl Desk {
    pub(super) fn new(bin_dir: &Path, dir: &Path, environment: Vec<(String, String)>) -> Result<Self, Trouble> {
        Ok(Self {
            timbrectl: std::path::absolute(bin_dir)?.join(format!("timbrectl{}", std::env::consts::EXE_SUFFIX)),
            config: dir.join("timbre.toml"),
            data_dir: dir.join("data"),
            environment,
            clock: RealClock::new(),
            engine: Engine::default(),
        })
    }

    pub(super) fn database(&self) -> PathBuf {
        self.data_dir.join("timbre.db")
    }

    /// Starts the engine and speaks to it.
    pub(super) async fn start(&self) -> Result<Client, Trouble> {
        // A socket of the one that was killed would take the connection and never answer.
        let _ = std::fs::remove_file(self.data_dir.join("timbre.sock"));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.config.with_extension("log"))?;
        let child = Command::new(&self.timbrectl)
            .arg("--config")
            .arg(&self.config)
            .arg("--data-dir")
            .arg(&self.data_dir)
            .args(["--json", "watch"])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        *self.engine.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let deadline = self.clock.elapsed() + STARTS_WITHIN;
        loop {
            match Client::connect(&self.data_dir).await {
                Ok(Some(client)) => return Ok(client),
                _ if self.clock.elapsed() > deadline => {
                    // The folder goes with the run: what the engine said last is told here.
                    let log = std::fs::read_to_string(self.config.with_extension("log")).unwrap_or_default();
                    let last: Vec<_> = log.lines().rev().take(5).collect();
                    return Err(format!("the engine did not start; it said last, newest first: {last:#?}").into());
                }
                _ => self.clock.sleep(Duration::from_millis(5)).await,
            }
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.engine.kill();
    }
}
