//! Opens connections: resolves, vets what the name resolved to, and connects to exactly that
//! address, so that a second answer of the name service changes nothing. IP literals are vetted too.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::vet;

/// Why there is no connection. The texts name the phase; the caller adds the origin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("{0}")]
    Denied(String),
    #[error("{phase} took longer than {seconds} s (`limits.connect_seconds`)")]
    Timeout { phase: &'static str, seconds: u64 },
    #[error("{phase} failed: {cause}")]
    Failed {
        phase: &'static str,
        cause: io::Error,
    },
}

/// Opens connections for one tenant.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: TlsConnector,
    exempt: Arc<[SocketAddr]>,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(tls: rustls::ClientConfig, exempt: &[SocketAddr], timeout: Duration) -> Self {
        Self {
            tls: TlsConnector::from(Arc::new(tls)),
            exempt: exempt.into(),
            timeout,
        }
    }

    async fn connect(self, uri: Uri) -> Result<Stream, ConnectError> {
        let deadline = Instant::now() + self.timeout;
        let secure = uri.scheme_str() == Some("https");
        let host = uri
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let resolved = self
            .step(deadline, "name lookup", lookup_host((host.as_str(), port)))
            .await?;
        let tcp = self.reach(deadline, self.vetted(&host, resolved)?).await?;
        let _ = tcp.set_nodelay(true);
        if !secure {
            return Ok(Stream::Plain(tcp));
        }
        let name = ServerName::try_from(host).map_err(|error| ConnectError::Failed {
            phase: "TLS",
            cause: io::Error::other(error),
        })?;
        let tls = self
            .step(deadline, "TLS", self.tls.connect(name, tcp))
            .await?;
        Ok(Stream::Tls(Box::new(tls)))
    }

    /// Those of the addresses that may be connected to, at least one.
    fn vetted(
        &self,
        host: &str,
        resolved: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        let mut denied = None;
        let mut vetted = Vec::new();
        for address in resolved {
            match vet(address, &self.exempt) {
                Ok(()) => vetted.push(address),
                Err(kind) => denied = Some((address, kind)),
            }
        }
        match (vetted.is_empty(), denied) {
            (false, _) => Ok(vetted),
            (true, Some((address, kind))) => Err(ConnectError::Denied(format!(
                "`{host}` is at the {kind} address {address}\n\
                 hint: set `allow_addresses = [\"{address}\"]` under `[egress]`"
            ))),
            (true, None) => Err(ConnectError::Failed {
                phase: "name lookup",
                cause: io::Error::other("the name has no address"),
            }),
        }
    }

    /// Connects to the first address that answers; each gets its share of the time that is left.
    async fn reach(
        &self,
        deadline: Instant,
        addresses: Vec<SocketAddr>,
    ) -> Result<TcpStream, ConnectError> {
        let count = addresses.len();
        let mut last = None;
        for (index, address) in addresses.into_iter().enumerate() {
            let share = deadline.saturating_duration_since(Instant::now())
                / u32::try_from(count - index).unwrap_or(1);
            match self
                .step(
                    Instant::now() + share,
                    "connecting",
                    TcpStream::connect(address),
                )
                .await
            {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| self.timed_out("connecting")))
    }

    async fn step<T>(
        &self,
        deadline: Instant,
        phase: &'static str,
        work: impl Future<Output = io::Result<T>>,
    ) -> Result<T, ConnectError> {
        match timeout_at(deadline, work).await {
            Ok(done) => done.map_err(|cause| ConnectError::Failed { phase, cause }),
            Err(_) => Err(self.timed_out(phase)),
        }
    }

    fn timed_out(&self, phase: &'static str) -> ConnectError {
        ConnectError::Timeout {
            phase,
            seconds: self.timeout.as_secs(),
        }
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.clone().connect(uri);
        Box::pin(async move { connecting.await.map(TokioIo::new) })
    }
}

/// A connection, encrypted or to an exempt address.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        match self {
            Self::Tls(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2") => {
                connected.negotiated_h2()
            }
            _ => connected,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, slices),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(tcp) => tcp.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
