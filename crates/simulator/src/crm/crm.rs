//! Starting and stopping the CRM, and looking at its ledger.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use timbre_domain::ports::Clock;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use super::config::{CrmConfig, DownStyle, Tempo};
use super::fault::Faults;
use super::http::router;
use super::ledger::{Ledger, Moment, RequestLog};
use super::shared::Shared;
use crate::connection::{CuttableStream, Peer};
use crate::host::Server;

/// An EspoCRM on loopback. Its verbs do what people do in the CRM; see [`Crm::create_contact`].
pub struct Crm {
    pub(crate) shared: Arc<Shared>,
    server: Server,
}

impl Crm {
    /// Listens on 127.0.0.1 and begins to answer.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(config: CrmConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let tcp = Server::bind(config.port).await?;
        let shared = Arc::new(Shared::new(config, clock, Handle::current()));
        let listener = CrmListener { tcp, shared: shared.clone() };
        let server = Server::serve(listener, router(shared.clone()), &shared.stop)?;
        Ok(Self { shared, server })
    }

    /// The address of the API, with a slash at the end, such as `http://127.0.0.1:40123/api/v1/`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v1/", self.server.address())
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// The configuration it was started with.
    #[must_use]
    pub fn config(&self) -> &CrmConfig {
        &self.shared.config
    }

    /// Cuts all connections and waits until the port is free. The ledger can still be read; delayed writes are dropped.
    pub async fn stop(&self) {
        self.shared.stop.give();
        self.shared.set_down(Some(DownStyle::Cut));
        self.server.stop().await;
    }

    /// Cuts every connection, and new ones as soon as they are made. The records stay, and requests that have arrived
    /// are still carried out.
    pub fn go_down(&self) {
        self.go_down_as(DownStyle::Cut);
    }

    /// Goes down in the given way; see [`DownStyle`].
    pub fn go_down_as(&self, style: DownStyle) {
        self.shared.set_down(Some(style));
    }

    pub fn come_up(&self) {
        self.shared.set_down(None);
    }

    /// Sets the delays from now on.
    pub fn set_tempo(&self, tempo: Tempo) {
        self.shared.state().tempo = tempo;
    }

    /// Makes a key invalid from now on. Returns `false` where it was not valid before.
    #[must_use]
    pub fn revoke_key(&self, key: &str) -> bool {
        self.shared.state().keys.remove(key).is_some()
    }

    /// The faults that requests will meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Sets the callback that is called at each [`Moment`] of every request, with the request's index in
    /// [`RequestLog::requests`]. The request waits for it. It may read and change the CRM, and replaces the callback
    /// before it.
    pub fn on_moment(&self, callback: impl Fn(Moment, usize) + Send + Sync + 'static) {
        self.shared.set_callback(Arc::new(callback));
    }

    /// A snapshot with all records, which is slow where there are many; see [`with_log`](Self::with_log).
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.shared.settle();
        let entities = self.shared.state().entities();
        let records = entities.iter().map(|entity| (entity.to_string(), self.records(entity))).collect();
        Ledger { records, log: self.with_log(RequestLog::clone) }
    }

    /// Reads the requests and what was stored, without copying anything.
    pub fn with_log<T>(&self, look: impl FnOnce(&RequestLog) -> T) -> T {
        self.shared.settle();
        look(&self.shared.state().log)
    }

    /// Waits until `happened` is true of the log. It is asked whenever a request arrives or ends, something is stored,
    /// or a connection is cut.
    pub async fn wait_until(&self, mut happened: impl FnMut(&RequestLog) -> bool) {
        let mut news = self.shared.news.subscribe();
        while !self.with_log(&mut happened) {
            // The sender lives in `self`, so this cannot fail while we wait.
            let _ = news.changed().await;
        }
    }
}

impl Drop for Crm {
    fn drop(&mut self) {
        self.shared.set_down(Some(DownStyle::Cut));
    }
}

/// A listener that drops connections at once while the CRM is down, and ends them all when it goes down.
struct CrmListener {
    tcp: TcpListener,
    shared: Arc<Shared>,
}

impl Listener for CrmListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CuttableStream, SocketAddr) {
        loop {
            match self.tcp.accept().await {
                Ok(_) if self.shared.down() == Some(DownStyle::Cut) => {
                    self.shared.state().log.cut_connections += 1;
                    self.shared.tell_news();
                }
                Ok((tcp, address)) => return (CuttableStream::new(tcp, self.shared.cut()), address),
                Err(error) => {
                    tracing::debug!(%error, "a connection was not accepted");
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, CrmListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, CrmListener>) -> Self {
        Self { address: *stream.remote_addr(), cut: stream.io().cut_signal() }
    }
}
