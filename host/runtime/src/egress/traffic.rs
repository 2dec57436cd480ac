//! What one run sends and receives, against its limits. Sign-ins are the tenant's and not counted.

use std::sync::Arc;

use http::StatusCode;
use writeback_policy::LimitExceeded;

use crate::config::Limits;
use crate::quota::Quota;
use crate::usage::UsageMeter;

/// A run's use of the network.
pub(crate) struct Traffic {
    requests: Arc<Quota>,
    connections: Arc<Quota>,
    sent: Arc<Quota>,
    received: Arc<Quota>,
    usage: UsageMeter,
}

tokio::task_local! {
    /// The run for which a request is being sent. The pool decides whether that takes a new
    /// connection, and lets nothing through to where one is opened but the task.
    static SENDING: Arc<Traffic>;
}

impl Traffic {
    pub(crate) fn new(limits: &Limits, usage: UsageMeter) -> Self {
        Self {
            requests: Quota::new(limits.requests, LimitExceeded::Requests),
            connections: Quota::new(limits.connections, LimitExceeded::Connections),
            sent: Quota::new(limits.sent_bytes, LimitExceeded::SentBytes),
            received: Quota::new(limits.received_bytes, LimitExceeded::ReceivedBytes),
            usage,
        }
    }

    /// One more request.
    pub(crate) fn request(&self) -> Result<(), LimitExceeded> {
        self.requests.spend(1)
    }

    /// A request of `bytes` that is about to be sent.
    pub(crate) fn send(&self, bytes: u64) -> Result<(), LimitExceeded> {
        self.sent.spend(bytes)?;
        self.usage.sent(bytes);
        Ok(())
    }

    /// A reply has begun.
    pub(crate) fn answered(&self, status: StatusCode) {
        self.usage.answered(status);
    }

    /// `bytes` more that have come.
    pub(crate) fn receive(&self, bytes: u64) -> Result<(), LimitExceeded> {
        self.usage.received(bytes);
        self.received.spend(bytes)
    }

    /// Does `sending`, whose connections are this run's.
    pub(crate) async fn charging<F: Future>(self: Arc<Self>, sending: F) -> F::Output {
        SENDING.scope(self, sending).await
    }
}

/// Counts a connection that is about to be opened, where it is for a run.
pub(super) fn count_connection() -> Result<(), LimitExceeded> {
    SENDING
        .try_with(|traffic| traffic.connections.spend(1))
        .unwrap_or(Ok(()))
}
