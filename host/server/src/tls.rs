//! TLS by files: a listener whose connections are encrypted before the API sees them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::{Error, Result};

/// What a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes that wait to be served.
const WAITING: usize = 64;

/// Accepts connections and does their handshakes, each by itself: a slow one holds up nobody.
pub(crate) struct Listener {
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl Listener {
    /// Takes certificate chain and private key from files in PEM.
    pub(crate) fn new(tcp: TcpListener, chain: &Path, key: &Path) -> Result<Self> {
        let unusable = |path: &Path, cause: String| {
            Error::Setting(format!("cannot use `{}` for TLS: {cause}", path.display()))
        };
        let certificates = CertificateDer::pem_file_iter(chain)
            .and_then(Iterator::collect)
            .map_err(|cause| unusable(chain, cause.to_string()))?;
        let private =
            PrivateKeyDer::from_pem_file(key).map_err(|cause| unusable(key, cause.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(certificates, private)
            })
            .map_err(|cause| unusable(chain, cause.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let address = tcp
            .local_addr()
            .map_err(Error::file("the address listened at"))?;
        let (sender, accepted) = mpsc::channel(WAITING);
        tokio::spawn(accept(tcp, acceptor, sender));
        Ok(Self { accepted, address })
    }
}

async fn accept(
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    while !sender.is_closed() {
        let Ok((stream, peer)) = tcp.accept().await else {
            // Out of file descriptors: the next one may do.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                let _ = sender.send((stream, peer)).await;
            }
        });
    }
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
