//! Starting and stopping the simulator, and looking at its ledger.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use timbre_domain::ports::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::config::SimulatorConfig;
use super::fault::Faults;
use super::http::router;
use super::ledger::Ledger;
use super::shared::Shared;
use crate::connection::{CuttableListener, Peer};

/// A CallMyWay on loopback. Its verbs make telephones ring; see [`Simulator::rings`].
pub struct Simulator {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    server: Mutex<Option<JoinHandle<()>>>,
}

impl Simulator {
    /// Listens on 127.0.0.1 and begins to answer.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(config: SimulatorConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let address = tcp.local_addr()?;
        let shared = Arc::new(Shared::new(config, clock));
        let stop = shared.stop.clone();
        let service = router(shared.clone()).into_make_service_with_connect_info::<Peer>();
        let server = tokio::spawn(async move {
            let listener = CuttableListener { tcp, stop: stop.clone() };
            let served = axum::serve(listener, service).with_graceful_shutdown(stop.given()).await;
            if let Err(error) = served {
                tracing::warn!(%error, "the simulator's server ended");
            }
        });
        Ok(Self { shared, address, server: Mutex::new(Some(server)) })
    }

    /// Where it listens, such as `http://127.0.0.1:40123`; no slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The configuration it was started with.
    #[must_use]
    pub fn config(&self) -> &SimulatorConfig {
        &self.shared.config
    }

    /// Cuts all connections and waits until the port is free. The ledger can still be read.
    pub async fn stop(&self) {
        self.shared.stop.give();
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            // It fails only when the runtime shuts down, which ends the server too.
            let _ = server.await;
        }
    }

    /// What really happened so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.shared.ledger()
    }

    /// Waits until `happened` is true of the ledger. It is asked whenever a request arrives or is answered, but not
    /// when time passes: advance the clock first, then call this.
    pub async fn wait_until(&self, mut happened: impl FnMut(&Ledger) -> bool) {
        let mut news = self.shared.news.subscribe();
        while !happened(&self.ledger()) {
            // The sender lives in `self`, so this cannot fail while we wait.
            let _ = news.changed().await;
        }
    }

    /// The faults that requests will meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.stop.give();
    }
}
