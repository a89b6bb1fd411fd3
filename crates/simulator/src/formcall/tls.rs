//! HTTPS with a certificate authority made for one run, for clients that trust an extra certificate (seed 004, "Acerca
//! de los certificados de seguridad").

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use time::OffsetDateTime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use crate::connection::{CuttableListener, CuttableStream, Peer};

/// A certificate authority that issues the server's certificate.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pem: String,
    expires: OffsetDateTime,
}

impl Authority {
    pub(crate) fn new(expires: DateTime<Utc>) -> io::Result<Self> {
        let expires = OffsetDateTime::from_unix_timestamp(expires.timestamp()).map_err(io::Error::other)?;
        let mut params = params("Timbre Simulator CA", Vec::new(), expires)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Self { pem: issuer.pem(), issuer, expires })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Makes the server's certificate, for `localhost` and 127.0.0.1.
    pub(crate) fn acceptor(&self) -> io::Result<TlsAcceptor> {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate =
            params("localhost", names, self.expires)?.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .map_err(io::Error::other)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn params(name: &str, subject_names: Vec<String>, expires: OffsetDateTime) -> io::Result<CertificateParams> {
    let mut params = CertificateParams::new(subject_names).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_after = expires;
    Ok(params)
}

type Handshake = Pin<Box<dyn Future<Output = io::Result<(TlsStream<CuttableStream>, SocketAddr)>> + Send>>;

/// A listener that hands over connections whose handshake is done. Handshakes run beside each other, so that a client
/// which stalls in its own keeps nobody waiting.
pub(crate) struct TlsListener {
    plain: CuttableListener,
    tls: TlsAcceptor,
    handshakes: FuturesUnordered<Handshake>,
}

impl TlsListener {
    pub(crate) fn new(plain: CuttableListener, tls: TlsAcceptor) -> Self {
        Self { plain, tls, handshakes: FuturesUnordered::new() }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<CuttableStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            tokio::select! {
                (stream, address) = self.plain.accept() => {
                    let handshake = self.tls.accept(stream);
                    self.handshakes.push(Box::pin(async move { Ok((handshake.await?, address)) }));
                }
                Some(done) = self.handshakes.next() => match done {
                    Ok(connection) => return connection,
                    Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.plain.local_addr()
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self { address: *stream.remote_addr(), cut: stream.io().get_ref().0.cut_signal() }
    }
}
