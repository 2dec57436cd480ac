//! Opens connections: resolves, vets what the name resolved to, and connects to exactly that
//! address, so that a second answer of the name service changes nothing. IP literals are vetted
//! too. Behind a proxy the name is its to resolve.

use std::borrow::Cow;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use writeback_policy::{LimitExceeded, Origin};

use super::address::vet;
use super::proxy::{Proxy, check_target};
use super::resolve::Resolve;
use super::spare::{self, Spare};
use super::stream::{Stream, Wire};
use super::tls::Tls;
use super::traffic::count_connection;
use crate::quota::{Quota, Share};

/// What is being done for a connection, as an error names it.
type Phase = Cow<'static, str>;

/// Why there is no connection. The texts name the phase; the caller adds the origin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("{0}")]
    Denied(String),
    #[error("{0}")]
    Limit(LimitExceeded),
    #[error("{phase} took longer than {seconds} s (`limits.connect_seconds`)")]
    Timeout { phase: Phase, seconds: u64 },
    #[error("{phase} failed: {cause}")]
    Failed { phase: Phase, cause: io::Error },
}

impl ConnectError {
    /// Connecting ended without a result.
    pub(super) fn ended(error: tokio::task::JoinError) -> Self {
        Self::Failed {
            phase: "connecting".into(),
            cause: io::Error::other(error),
        }
    }
}

/// Opens connections for one tenant.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Ways>);

/// How connections are opened, and how many may be.
pub(super) struct Ways {
    pub(super) tls: Tls,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) exempt: Vec<SocketAddr>,
    pub(super) proxy: Option<Proxy>,
    pub(super) timeout: Duration,
    /// Counts the connections that are open.
    pub(super) open: Arc<Quota>,
}

impl Connector {
    pub(super) fn new(ways: Ways) -> Self {
        Self(Arc::new(ways))
    }

    /// Begins to connect, for a request that is going to be sent.
    pub(super) fn open_ahead(&self, uri: &Uri) -> Spare {
        let (connector, at) = (self.clone(), uri.clone());
        let room = self.room();
        Spare::new(uri, async move { connector.connect(at, room?).await })
    }

    async fn connect(self, uri: Uri, open: Share) -> Result<Stream, ConnectError> {
        let deadline = Instant::now() + self.0.timeout;
        let origin = origin_of(&uri)
            .ok_or_else(|| ConnectError::Denied("it is not an origin".to_owned()))?;
        let wire = match &self.0.proxy {
            Some(proxy) if proxy.leads_to(&origin, &self.0.exempt) => {
                self.through(proxy, deadline, &origin).await?
            }
            _ => self.directly(deadline, &origin).await?,
        };
        if !origin.is_secure() {
            return Ok(Stream::new(wire, false, open));
        }
        let tls = encrypt(self.0.tls.any(), &origin, wire);
        let tls = self.step(deadline, "TLS".into(), tls).await?;
        let http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Stream::new(tls, http2, open))
    }

    async fn directly(
        &self,
        deadline: Instant,
        origin: &Origin,
    ) -> Result<Box<dyn Wire>, ConnectError> {
        let resolved = self.resolve(deadline, origin, "name lookup".into()).await?;
        let vetted = self.vetted(origin, resolved)?;
        let tcp = self.reach(deadline, vetted, "connecting".into()).await?;
        Ok(Box::new(tcp))
    }

    /// The proxy's own address is the operator's word and not vetted.
    async fn through(
        &self,
        proxy: &Proxy,
        deadline: Instant,
        target: &Origin,
    ) -> Result<Box<dyn Wire>, ConnectError> {
        check_target(target, &self.0.exempt)?;
        let at = &proxy.origin;
        let phase = |what: &str| Phase::from(format!("{what} the proxy `{at}`"));
        let resolved = self.resolve(deadline, at, phase("name lookup of")).await?;
        let tcp = self
            .reach(deadline, resolved, phase("connecting to"))
            .await?;
        let wire: Box<dyn Wire> = if at.is_secure() {
            let tls = encrypt(self.0.tls.http1(), at, tcp);
            Box::new(self.step(deadline, phase("TLS with"), tls).await?)
        } else {
            Box::new(tcp)
        };
        timeout_at(deadline, proxy.tunnel(wire, target))
            .await
            .unwrap_or_else(|_| Err(self.timed_out(phase("asking"))))
    }

    /// What lets one more connection be opened.
    fn room(&self) -> Result<Share, ConnectError> {
        let mut open = Share::of([Arc::clone(&self.0.open)]);
        open.take(1).map_err(ConnectError::Limit)?;
        count_connection().map_err(ConnectError::Limit)?;
        Ok(open)
    }

    async fn resolve(
        &self,
        deadline: Instant,
        origin: &Origin,
        phase: Phase,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        match origin.host() {
            Host::Domain(name) => {
                let resolving = self.0.resolver.resolve(name.clone(), origin.port());
                self.step(deadline, phase, resolving).await
            }
            _ => Ok(origin.address().into_iter().collect()),
        }
    }

    /// Those of the addresses that may be connected to, at least one.
    fn vetted(
        &self,
        origin: &Origin,
        resolved: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        let judged = resolved.iter().map(|at| (*at, vet(*at, &self.0.exempt)));
        let denied = judged
            .clone()
            .find_map(|(at, verdict)| Some((at, verdict.err()?)));
        let vetted: Vec<_> = judged
            .filter_map(|(at, verdict)| verdict.is_ok().then_some(at))
            .collect();
        match (vetted.is_empty(), denied) {
            (false, _) => Ok(vetted),
            (true, Some((address, kind))) => Err(ConnectError::Denied(format!(
                "`{}` is at the {kind} address {address}\n\
                 hint: set `allow_addresses = [\"{address}\"]` under `[egress]`",
                origin.host()
            ))),
            (true, None) => Err(ConnectError::Failed {
                phase: "name lookup".into(),
                cause: io::Error::other("the name has no address"),
            }),
        }
    }

    /// Connects to the first address that answers; each gets its share of the time that is left.
    async fn reach(
        &self,
        deadline: Instant,
        addresses: Vec<SocketAddr>,
        phase: Phase,
    ) -> Result<TcpStream, ConnectError> {
        let count = addresses.len();
        let mut last = None;
        for (index, address) in addresses.into_iter().enumerate() {
            let share = deadline.saturating_duration_since(Instant::now())
                / u32::try_from(count - index).unwrap_or(1);
            let connecting = TcpStream::connect(address);
            match self
                .step(Instant::now() + share, phase.clone(), connecting)
                .await
            {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| self.timed_out(phase)))
    }

    async fn step<T>(
        &self,
        deadline: Instant,
        phase: Phase,
        work: impl Future<Output = io::Result<T>>,
    ) -> Result<T, ConnectError> {
        match timeout_at(deadline, work).await {
            Ok(done) => done.map_err(|cause| ConnectError::Failed { phase, cause }),
            Err(_) => Err(self.timed_out(phase)),
        }
    }

    fn timed_out(&self, phase: Phase) -> ConnectError {
        ConnectError::Timeout {
            phase,
            seconds: self.0.timeout.as_secs(),
        }
    }
}

fn origin_of(uri: &Uri) -> Option<Origin> {
    Origin::of(&Url::parse(&uri.to_string()).ok()?)
}

async fn encrypt<W: Wire>(
    tls: impl Future<Output = io::Result<TlsConnector>>,
    origin: &Origin,
    wire: W,
) -> io::Result<tokio_rustls::client::TlsStream<W>> {
    let name = match origin.host() {
        Host::Domain(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
        Host::Ipv4(ip) => ServerName::from(std::net::IpAddr::from(*ip)),
        Host::Ipv6(ip) => ServerName::from(std::net::IpAddr::from(*ip)),
    };
    tls.await?.connect(name, wire).await
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if let Some(opening) = spare::take(&uri) {
            return Box::pin(async move { Ok(TokioIo::new(opening.await?)) });
        }
        let connector = self.clone();
        // Counted here and not in the future, which may end up in another task.
        let room = connector.room();
        Box::pin(async move { Ok(TokioIo::new(connector.connect(uri, room?).await?)) })
    }
}

#[cfg(test)]
#[path = "connect_tests.rs"]
mod tests;
