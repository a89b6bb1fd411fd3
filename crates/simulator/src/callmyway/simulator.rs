//! Starting and stopping the simulator, and looking at its ledger.

use std::io;
use std::sync::Arc;

use timbre_domain::ports::Clock;

use super::config::SimulatorConfig;
use super::fault::Faults;
use super::http::router;
use super::ledger::Ledger;
use super::shared::Shared;
use crate::connection::CuttableListener;
use crate::host::Server;

/// A CallMyWay on loopback. Its verbs make telephones ring; see [`Simulator::rings`].
pub struct Simulator {
    pub(crate) shared: Arc<Shared>,
    server: Server,
}

impl Simulator {
    /// Listens on 127.0.0.1 and begins to answer.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(config: SimulatorConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let tcp = Server::bind(config.port).await?;
        let shared = Arc::new(Shared::new(config, clock));
        let listener = CuttableListener { tcp, stop: shared.stop.clone() };
        let server = Server::serve(listener, router(shared.clone()), &shared.stop)?;
        Ok(Self { shared, server })
    }

    /// Where it listens, such as `http://127.0.0.1:40123`; no slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// The configuration it was started with.
    #[must_use]
    pub fn config(&self) -> &SimulatorConfig {
        &self.shared.config
    }

    /// Cuts all connections and waits until the port is free. The ledger can still be read.
    pub async fn stop(&self) {
        self.server.stop().await;
    }

    /// What really happened so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.shared.ledger()
    }

    /// Waits until `happened` is true of the ledger. It is asked whenever a request arrives or is answered, but not
    /// when time passes: advance the clock first, then call this.
    pub async fn wait_until(&self, mut happened: impl FnMut(&Ledger) -> bool) {
        self.shared.wait_until(|| happened(&self.ledger())).await;
    }

    /// The faults that requests will meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }
}
