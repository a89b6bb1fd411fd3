//! Start, stop and look.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use timbre_domain::ports::Clock;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::config::{CrmConfig, DownStyle, Tempo};
use super::fault::Faults;
use super::http::router;
use super::ledger::{Ledger, Moment, RequestLog};
use super::shared::Shared;
use crate::connection::{CuttableStream, Peer};

/// An EspoCRM on loopback. What a person does at it is in the same type; see [`Crm::create_contact`].
pub struct Crm {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    server: Mutex<Option<JoinHandle<()>>>,
}

impl Crm {
    /// Listens on 127.0.0.1 and begins to answer.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(config: CrmConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let address = tcp.local_addr()?;
        let shared = Arc::new(Shared::new(config, clock, Handle::current()));
        let stop = shared.stop.clone();
        let service = router(shared.clone()).into_make_service_with_connect_info::<Peer>();
        let listener = CrmListener { tcp, shared: shared.clone() };
        let server = tokio::spawn(async move {
            let served = axum::serve(listener, service).with_graceful_shutdown(stop.given()).await;
            if let Err(error) = served {
                tracing::warn!(%error, "the simulated CRM's server ended");
            }
        });
        Ok(Self { shared, address, server: Mutex::new(Some(server)) })
    }

    /// Where its interface is, such as `http://127.0.0.1:40123/api/v1/`; with the slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v1/", self.address)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How it was set up.
    #[must_use]
    pub fn config(&self) -> &CrmConfig {
        &self.shared.config
    }

    /// Stops: cuts all connections and waits until the port is free. The ledger can still be read; what was to be
    /// stored later never is.
    pub async fn stop(&self) {
        self.shared.stop.give();
        self.shared.set_down(Some(DownStyle::Cut));
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            // It fails only when the runtime is going down, which ends it as well.
            let _ = server.await;
        }
    }

    /// Cuts every connection, and new ones as soon as they are made. The records stay, and requests that had arrived
    /// are still carried out.
    pub fn go_down(&self) {
        self.go_down_as(DownStyle::Cut);
    }

    /// Goes down in a certain way.
    pub fn go_down_as(&self, style: DownStyle) {
        self.shared.set_down(Some(style));
    }

    /// Answers again.
    pub fn come_up(&self) {
        self.shared.set_down(None);
    }

    /// From now on things take this long.
    pub fn set_tempo(&self, tempo: Tempo) {
        self.shared.state().tempo = tempo;
    }

    /// From now on this key is a wrong one; `false` where it was none.
    #[must_use]
    pub fn revoke_key(&self, key: &str) -> bool {
        self.shared.state().keys.remove(key).is_some()
    }

    /// Orders misbehaviour.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Has `callback` called at these points of every request, with the request's place in
    /// [`RequestLog::requests`]; synchronously, so that the request waits for it. It may look at the CRM and change it,
    /// and takes the place of the callback before it.
    pub fn on_moment(&self, callback: impl Fn(Moment, usize) + Send + Sync + 'static) {
        self.shared.set_callback(Arc::new(callback));
    }

    /// Everything: all records too, so not for waiting while there are many.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.shared.settle();
        let entities = self.shared.state().entities();
        let records = entities.iter().map(|entity| (entity.to_string(), self.records(entity))).collect();
        Ledger { records, log: self.with_log(RequestLog::clone) }
    }

    /// Looks at the requests and at what was stored, without copying anything.
    pub fn with_log<T>(&self, look: impl FnOnce(&RequestLog) -> T) -> T {
        self.shared.settle();
        look(&self.shared.state().log)
    }

    /// Waits until the log shows something, without polling: it is looked at whenever a request arrives or ends,
    /// whenever something is stored and whenever a connection is cut.
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
        self.shared.stop.give();
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
