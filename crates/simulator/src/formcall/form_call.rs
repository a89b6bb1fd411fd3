//! Starting and stopping the simulator, and looking at its ledger.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use timbre_domain::ports::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::config::FormCallConfig;
use super::fault::Faults;
use super::http::router;
use super::ledger::Ledger;
use super::shared::Shared;
use super::tls::{Authority, TlsListener};
use crate::connection::{CuttableListener, Peer};

/// A FormCall on loopback. Agents and customers act through the handles of [`FormCall::calls`].
pub struct FormCall {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    authority: Option<Authority>,
    server: Mutex<Option<JoinHandle<()>>>,
}

impl FormCall {
    /// Listens on 127.0.0.1 and begins to answer.
    ///
    /// # Errors
    /// When the port is taken, or the certificates cannot be made.
    pub async fn start(config: FormCallConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let address = tcp.local_addr()?;
        let authority = config.tls.then(|| Authority::new(config.ca_expires)).transpose()?;
        let shared = Arc::new(Shared::new(config, clock));
        let server = serve(tcp, authority.as_ref(), &shared)?;
        Ok(Self { shared, address, authority, server: Mutex::new(Some(server)) })
    }

    /// The address without a slash at the end: `http://127.0.0.1:PORT`, or `https://localhost:PORT` with TLS.
    #[must_use]
    pub fn base_url(&self) -> String {
        match self.authority {
            Some(_) => format!("https://localhost:{}", self.port()),
            None => format!("http://{}", self.address),
        }
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
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

    /// Waits until `happened` is true of the ledger. It is asked whenever a request arrives, is decided or is answered,
    /// but not when time passes.
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

impl Drop for FormCall {
    fn drop(&mut self) {
        self.shared.stop.give();
    }
}

fn serve(tcp: TcpListener, authority: Option<&Authority>, shared: &Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let stop = shared.stop.clone();
    let service = router(shared.clone()).into_make_service_with_connect_info::<Peer>();
    let plain = CuttableListener { tcp, stop: stop.clone() };
    let tls = authority.map(Authority::acceptor).transpose()?;
    Ok(tokio::spawn(async move {
        let served = match tls {
            Some(tls) => axum::serve(TlsListener::new(plain, tls), service).with_graceful_shutdown(stop.given()).await,
            None => axum::serve(plain, service).with_graceful_shutdown(stop.given()).await,
        };
        if let Err(error) = served {
            tracing::warn!(%error, "the simulator's server ended");
        }
    }))
}
