//! What the simulators have in common: the state that a server, its verbs and its tests share, and the server itself.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use timbre_domain::ports::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::connection::{Peer, Signal};
use crate::moment::Moment;

/// What a vendor's server, its verbs and its handles share.
pub(crate) struct Shared<Config, Faults, State> {
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) faults: Faults,
    pub(crate) stop: Signal,
    /// Changes whenever a request arrives, is decided or is answered.
    news: watch::Sender<u64>,
    state: Mutex<State>,
}

impl<Config, Faults: Default, State> Shared<Config, Faults, State> {
    pub(crate) fn with(config: Config, clock: Arc<dyn Clock>, state: State) -> Self {
        let (faults, news) = (Faults::default(), watch::Sender::new(0));
        Self { config, clock, faults, stop: Signal::new(), news, state: Mutex::new(state) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { elapsed: self.clock.elapsed(), wall: self.clock.now() }
    }

    /// Wakes those who wait for something to happen.
    pub(crate) fn announce(&self) {
        self.news.send_modify(|news| *news += 1);
    }

    /// Waits until something has happened, which is asked whenever there is news.
    pub(crate) async fn wait_until(&self, mut happened: impl FnMut() -> bool) {
        let mut news = self.news.subscribe();
        while !happened() {
            // The sender lives in `self`, so this cannot fail while we wait.
            let _ = news.changed().await;
        }
    }
}

/// A server on loopback. Dropping it cuts all connections.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Signal,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    /// Takes a port on 127.0.0.1; 0 lets the system choose.
    pub(crate) async fn bind(port: u16) -> io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
    }

    /// Answers until `stop` is given, which is expected to cut the listener's connections too.
    pub(crate) fn serve<L>(listener: L, router: Router, stop: &Signal) -> io::Result<Self>
    where
        L: Listener<Addr = SocketAddr>,
        Peer: for<'a> Connected<IncomingStream<'a, L>>,
    {
        let (address, stop) = (listener.local_addr()?, stop.clone());
        let stopped = stop.given();
        let service = router.into_make_service_with_connect_info::<Peer>();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stopped).await {
                tracing::warn!(%error, "the simulator's server ended");
            }
        });
        Ok(Self { address, stop, task: Mutex::new(Some(task)) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts all connections and waits until the port is free.
    pub(crate) async fn stop(&self) {
        self.stop.give();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It fails only when the runtime shuts down, which ends the server too.
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.give();
    }
}
