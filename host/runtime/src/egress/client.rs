//! Sends a request once over a tenant's pooled connections and waits for the reply's headers. It
//! follows nothing, repeats nothing, and forgets a connection that broke or that answered 503.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, sleep_until};

use super::body::{Outgoing, Pulse};
use super::connect::{ConnectError, Connector};
use super::origin::Origin;
use super::tls;
use crate::config::{Egress, Limits};

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
    Timeout(String),
    Transport(String),
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Denied(text) | Self::Timeout(text) | Self::Transport(text) => f.write_str(text),
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
    connect: Duration,
    idle: Duration,
    first_byte: Duration,
}

impl HttpClient {
    pub(crate) fn new(egress: &Egress, limits: &Limits) -> Result<Self, String> {
        let tls = tls::client_config(egress.ca_file.as_deref())?;
        let connect = Duration::from_secs(limits.connect_seconds);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_SIZE)
            .http1_max_buf_size(H1_BUFFER)
            .http2_initial_stream_window_size(H2_WINDOW)
            .http2_initial_connection_window_size(H2_WINDOW)
            .http2_max_send_buf_size(H1_BUFFER)
            .build(Connector::new(tls, &egress.allow_addresses, connect));
        let seconds = Duration::from_secs;
        Ok(Self {
            client,
            connect,
            idle: seconds(limits.idle_seconds),
            first_byte: seconds(limits.request_seconds),
        })
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
            response: result.map_err(|error| describe(&error, origin))?,
            connection,
        };
        if received.response.status() == StatusCode::SERVICE_UNAVAILABLE {
            Pooled(received.connection.clone()).forget();
        }
        Ok(received)
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
                sleep_until(deadline).await;
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
}

fn describe(error: &(dyn StdError + 'static), origin: &Origin) -> SendError {
    if let Some(error) = sources(error).find_map(|source| source.downcast_ref::<ConnectError>()) {
        let text = format!("cannot reach `{origin}`: {error}");
        return match error {
            ConnectError::Denied(_) => SendError::Denied(text),
            ConnectError::Timeout { .. } => SendError::Timeout(text),
            ConnectError::Failed { cause, .. } => {
                SendError::Transport(match cause.get_ref().and_then(|cause| cause.source()) {
                    Some(root) => format!("{text}: {root}"),
                    None => text,
                })
            }
        };
    }
    SendError::Transport(format!(
        "the request to `{origin}` failed: {}",
        transport_cause(error)
    ))
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
