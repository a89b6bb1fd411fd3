//! Connections that the simulator can cut, one by one or all when it stops.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A signal that is given once.
#[derive(Debug, Clone)]
pub(crate) struct Signal(Arc<watch::Sender<bool>>);

impl Signal {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub(crate) fn give(&self) {
        self.0.send_replace(true);
    }

    /// Waits until the signal is given.
    pub(crate) fn given(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut receiver = self.0.subscribe();
        async move {
            // An error means that the sender is gone, so the signal can never be given: waiting ends too.
            let _ = receiver.wait_for(|given| *given).await;
        }
    }
}

/// The connection of a request.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) cut: Signal,
}

/// A listener whose connections end when `stop` is given.
pub(crate) struct CuttableListener {
    pub(crate) tcp: TcpListener,
    pub(crate) stop: Signal,
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CuttableStream, SocketAddr) {
        loop {
            match self.tcp.accept().await {
                Ok((tcp, address)) => return (CuttableStream::new(tcp, self.stop.clone()), address),
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

impl Connected<IncomingStream<'_, CuttableListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        Self { address: *stream.remote_addr(), cut: stream.io().cut_signal() }
    }
}

/// A connection that fails as soon as it is cut.
pub(crate) struct CuttableStream {
    tcp: TcpStream,
    cut: Signal,
    ends: Pin<Box<dyn Future<Output = ()> + Send>>,
    ended: bool,
}

impl CuttableStream {
    pub(crate) fn new(tcp: TcpStream, stop: Signal) -> Self {
        let cut = Signal::new();
        let (stopped, was_cut) = (stop.given(), cut.given());
        let ends = Box::pin(async move {
            tokio::select! {
                () = stopped => {}
                () = was_cut => {}
            }
        });
        Self { tcp, cut, ends, ended: false }
    }

    /// The signal that cuts this connection only.
    pub(crate) fn cut_signal(&self) -> Signal {
        self.cut.clone()
    }

    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        self.ended = self.ended || self.ends.as_mut().poll(context).is_ready();
        if self.ended { Err(io::Error::from(io::ErrorKind::ConnectionReset)) } else { Ok(()) }
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
