//! Starting and stopping the simulator, and looking at its ledger.

use std::io;
use std::sync::Arc;

use timbre_domain::ports::Clock;

use super::config::FormCallConfig;
use super::fault::Faults;
use super::http::router;
use super::ledger::Ledger;
use super::shared::Shared;
use super::tls::{Authority, TlsListener};
use crate::connection::CuttableListener;
use crate::host::Server;

/// A FormCall on loopback. Agents and customers act through the handles of [`FormCall::calls`].
pub struct FormCall {
    pub(crate) shared: Arc<Shared>,
    authority: Option<Authority>,
    server: Server,
}

impl FormCall {
    /// Listens on 127.0.0.1 and begins to answer.
    ///
    /// # Errors
    /// When the port is taken, or the certificates cannot be made.
    pub async fn start(config: FormCallConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let tcp = Server::bind(config.port).await?;
        let authority = config.tls.then(|| Authority::new(config.ca_expires)).transpose()?;
        let shared = Arc::new(Shared::new(config, clock));
        let (router, stop) = (router(shared.clone()), shared.stop.clone());
        let plain = CuttableListener { tcp, stop: stop.clone() };
        let server = match &authority {
            Some(authority) => Server::serve(TlsListener::new(plain, authority.acceptor()?), router, &stop)?,
            None => Server::serve(plain, router, &stop)?,
        };
        Ok(Self { shared, authority, server })
    }

    /// The address without a slash at the end: `http://127.0.0.1:PORT`, or `https://localhost:PORT` with TLS.
    #[must_use]
    pub fn base_url(&self) -> String {
        match self.authority {
            Some(_) => format!("https://localhost:{}", self.port()),
            None => format!("http://{}", self.server.address()),
        }
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// The certificate of the authority that a client must trust, as PEM; `None` without TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.authority.as_ref().map(Authority::pem)
    }

    /// The configuration it was started with.
    #[must_use]
    pub fn config(&self) -> &FormCallConfig {
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

    /// Waits until `happened` is true of the ledger. It is asked whenever a request arrives, is decided or is answered,
    /// but not when time passes.
    pub async fn wait_until(&self, mut happened: impl FnMut(&Ledger) -> bool) {
        self.shared.wait_until(|| happened(&self.ledger())).await;
    }

    /// The faults that requests will meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }
}
