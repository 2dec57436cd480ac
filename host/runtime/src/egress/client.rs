//! Sends a request once over a tenant's pooled connections and waits for the reply's headers. It
//! follows nothing, repeats nothing, and forgets a connection that broke, answered 503 or said too much.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, sleep_until};
use url::Url;
use writeback_policy::{HeaderLimits, LimitExceeded, Origin};

use super::body::{Outgoing, Pulse, Unreadable};
use super::connect::{ConnectError, Connector, Ways};
use super::proxy::Proxy;
use super::resolve::{Resolve, SystemResolver};
use super::spare::Spare;
use super::tls::Tls;
use crate::config::{Egress, Limits};
use crate::credentials::SecretSources;
use crate::quota::Quota;

/// A pooled connection is dropped before the usual load balancer does so (Azure Front Door: 90 s).
const POOL_IDLE: Duration = Duration::from_secs(60);
const POOL_SIZE: usize = 32;
/// Bytes that one connection may buffer in each direction.
const H1_BUFFER: usize = 256 * 1024;
const H2_WINDOW: u32 = 1024 * 1024;

/// Why there is no reply. The texts name phase and origin, never a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SendError {
    Denied(String),
    Limit(String),
    Timeout(String),
    Transport(String),
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Denied(text)
            | Self::Limit(text)
            | Self::Timeout(text)
            | Self::Transport(text) => f.write_str(text),
        }
    }
}

/// A reply whose body has yet to be read.
pub(crate) struct Received {
    pub(crate) response: Response<Incoming>,
    connection: CaptureConnection,
}

impl Received {
    /// Takes the body, and what keeps its connection from being used again.
    pub(crate) fn into_parts(self) -> (http::response::Parts, Incoming, Pooled) {
        let (parts, body) = self.response.into_parts();
        (parts, body, Pooled(self.connection))
    }
}

/// The pooled connection that a reply comes over.
pub(crate) struct Pooled(CaptureConnection);

impl Pooled {
    /// Keeps the connection from being used again.
    pub(crate) fn forget(&self) {
        if let Some(connected) = self.0.connection_metadata().as_ref() {
            connected.poison();
        }
    }
}

/// A tenant's connections.
pub(crate) struct HttpClient {
    client: Client<Connector, Outgoing>,
    connector: Connector,
    connect: Duration,
    idle: Duration,
    first_byte: Duration,
    headers: HeaderLimits,
    exempt: Vec<SocketAddr>,
}

impl HttpClient {
    pub(crate) fn new(
        egress: &Egress,
        limits: &Limits,
        sources: &Arc<SecretSources>,
    ) -> Result<Self, String> {
        Self::resolving(egress, limits, sources, Arc::new(SystemResolver))
    }

    /// A client that asks `resolver` for addresses.
    pub(super) fn resolving(
        egress: &Egress,
        limits: &Limits,
        sources: &Arc<SecretSources>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, String> {
        let ways = Ways {
            tls: Tls::begin(egress.ca_file.as_deref())?,
            resolver,
            exempt: egress.allow_addresses.clone(),
            proxy: Proxy::new(egress, sources)?,
            timeout: Duration::from_secs(limits.connect_seconds),
            open: Quota::new(limits.tenant.connections, LimitExceeded::TenantConnections),
        };
        let headers = HeaderLimits::new(limits);
        let connect = ways.timeout;
        let connector = Connector::new(ways);
        Ok(Self {
            connect,
            client: pooled(connector.clone(), headers),
            connector,
            idle: Duration::from_secs(limits.idle_seconds),
            first_byte: Duration::from_secs(limits.request_seconds),
            headers,
            exempt: egress.allow_addresses.clone(),
        })
    }

    /// Plain http is spoken to exempt addresses alone.
    pub(crate) fn check_scheme(&self, origin: &Origin) -> Result<(), String> {
        origin.check_scheme(&self.exempt)
    }

    /// Begins to open a connection for a request to `url` that waits for something else.
    pub(crate) fn open_ahead(&self, url: &Url) -> Option<Spare> {
        let uri = url.as_str().parse().ok()?;
        Some(self.connector.open_ahead(&uri))
    }

    /// The longest silence within a reply.
    pub(crate) fn idle(&self) -> Duration {
        self.idle
    }

    pub(crate) async fn send(
        &self,
        mut request: Request<Outgoing>,
        origin: &Origin,
    ) -> Result<Received, SendError> {
        let connection = capture_connection(&mut request);
        let pulse = request.body().pulse();
        let result = tokio::select! {
            result = self.client.request(request) => result,
            timeout = self.silence(&pulse, origin) => return Err(timeout),
        };
        let received = Received {
            response: result.map_err(|error| self.describe(&error, origin))?,
            connection,
        };
        let refused = self.headers.check(received.response.headers());
        let unavailable = received.response.status() == StatusCode::SERVICE_UNAVAILABLE;
        if unavailable || refused.is_err() {
            Pooled(received.connection.clone()).forget();
        }
        match refused {
            Ok(()) => Ok(received),
            Err(limit) => Err(SendError::Limit(format!(
                "the reply of `{origin}` is refused: {limit}"
            ))),
        }
    }

    /// Completes once the request has stood still, or its reply has kept us waiting, for too long.
    async fn silence(&self, pulse: &Arc<Pulse>, origin: &Origin) -> SendError {
        loop {
            let sent = pulse.is_sent();
            let patience = if sent { self.first_byte } else { self.idle };
            // Until the body has moved, the time may have gone into the connection.
            let connecting = if pulse.has_moved() {
                Duration::ZERO
            } else {
                self.connect
            };
            let deadline = pulse.last() + connecting + patience;
            if Instant::now() < deadline {
                // Looked at again in between: the body may move meanwhile, and then stand still.
                sleep_until(deadline.min(Instant::now() + patience)).await;
            } else if sent {
                let seconds = self.first_byte.as_secs();
                return SendError::Timeout(format!(
                    "no first byte of a reply from `{origin}` within {seconds} s (`limits.request_seconds`)"
                ));
            } else {
                let seconds = self.idle.as_secs();
                return SendError::Timeout(format!(
                    "`{origin}` took no byte of the request for {seconds} s (`limits.idle_seconds`)"
                ));
            }
        }
    }

    fn describe(&self, error: &(dyn StdError + 'static), origin: &Origin) -> SendError {
        let too_large = |source: &(dyn StdError + 'static)| {
            source
                .downcast_ref::<hyper::Error>()
                .is_some_and(hyper::Error::is_parse_too_large)
        };
        if sources(error).any(too_large) {
            let HeaderLimits { headers, bytes } = self.headers;
            return SendError::Limit(format!(
                "the reply of `{origin}` is refused: it has more than {headers} headers (the limit is \
                 `limits.headers`) or {bytes} bytes of them (the limit is `limits.header_bytes`)"
            ));
        }
        describe(error, origin)
    }
}

fn describe(error: &(dyn StdError + 'static), origin: &Origin) -> SendError {
    if let Some(error) = sources(error).find_map(|source| source.downcast_ref::<ConnectError>()) {
        let text = format!("cannot reach `{origin}`: {error}");
        return match error {
            ConnectError::Denied(_) => SendError::Denied(text),
            ConnectError::Limit(_) => SendError::Limit(text),
            ConnectError::Timeout { .. } => SendError::Timeout(text),
            // No second attempt makes an authority trusted.
            ConnectError::Failed { cause, .. } if is_untrusted(cause) => {
                SendError::Denied(format!(
                    "{text}\nhint: set `egress.ca_file` to the authority's PEM file, where a proxy or an authority of your own signs"
                ))
            }
            ConnectError::Failed { cause, .. } => {
                SendError::Transport(match cause.get_ref().and_then(|cause| cause.source()) {
                    Some(root) => format!("{text}: {root}"),
                    None => text,
                })
            }
        };
    }
    let unreadable = sources(error).find_map(|source| source.downcast_ref::<Unreadable>());
    let cause = match unreadable {
        Some(unreadable) => unreadable.to_string(),
        None => transport_cause(error),
    };
    SendError::Transport(format!("the request to `{origin}` failed: {cause}"))
}

fn is_untrusted(cause: &std::io::Error) -> bool {
    let tls = cause.get_ref().and_then(|cause| cause.downcast_ref());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
}

/// One pool of connections.
fn pooled(connector: Connector, headers: HeaderLimits) -> Client<Connector, Outgoing> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_SIZE)
        .http1_max_buf_size(H1_BUFFER.max(headers.buffer()))
        .http1_max_headers(headers.count())
        .http2_max_header_list_size(headers.list_size())
        .http2_initial_stream_window_size(H2_WINDOW)
        .http2_initial_connection_window_size(H2_WINDOW)
        .http2_max_send_buf_size(H1_BUFFER)
        .build(connector)
}

/// What hyper and the system say, without the wrapping of the pool.
pub(crate) fn transport_cause(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for source in sources(error) {
        let text = source.to_string();
        let news =
            !text.starts_with("client error") && !texts.iter().any(|known| known.contains(&text));
        if news {
            texts.push(text);
        }
    }
    texts.join(": ")
}

fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn StdError + 'static) = *error;
        error.source()
    })
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
