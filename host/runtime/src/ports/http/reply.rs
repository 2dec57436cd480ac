//! A reply on its way to the component. Bodies are streamed; those that may hold a
//! pre-authenticated URL are read first, and handed on without it.

use std::sync::Arc;
use std::time::Duration;

use ::http::HeaderMap;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::FutureExt as _;
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use writeback_policy::{
    Binding, Care, JSON_BYTES, Link, Links, Origin, PAGE_BYTES, Target, care, header_bytes,
    page_without, visible_headers, without_links,
};

use crate::bindings::writeback::connector::http::{Error, Header};
use crate::egress::{Pooled, Received, Traffic, transport_cause};

/// Bytes that one read returns at most.
const READ_BYTES: usize = 1 << 20;

/// A reply that a component holds.
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<Header>,
    body: Body,
}

enum Body {
    Whole(Bytes),
    Stream(Box<Stream>),
    /// The body broke off: it stays broken, so that the break is never taken for the end.
    Broken(Error),
}

/// A part of a body, its end, or its break.
type Arrived = Option<Result<Frame<Bytes>, hyper::Error>>;

struct Stream {
    incoming: Incoming,
    rest: Bytes,
    /// What has come behind `rest`.
    behind: Option<Arrived>,
    connection: Pooled,
    origin: Origin,
    idle: Duration,
    traffic: Arc<Traffic>,
}

impl Reply {
    pub(super) async fn receive(
        received: Received,
        target: Target,
        links: &Links,
        idle: Duration,
        traffic: &Arc<Traffic>,
    ) -> Result<Self, Error> {
        let (parts, incoming, connection) = received.into_parts();
        traffic.receive(header_bytes(&parts.headers))?;
        let stream = Stream {
            incoming,
            rest: Bytes::new(),
            behind: None,
            connection,
            origin: target.origin.clone(),
            idle,
            traffic: Arc::clone(traffic),
        };
        let headers = visible_headers(&parts.headers, &target, links)
            .into_iter()
            .map(|(name, value)| Header { name, value })
            .collect();
        let body = match care(parts.status, &parts.headers, &target) {
            Care::None => Body::Stream(Box::new(stream)),
            Care::Json(account) => {
                Body::Whole(clean_json(stream, &parts.headers, account, &target, links).await?)
            }
            Care::Page(link) => Body::Whole(clean_page(stream, link).await?),
        };
        Ok(Self {
            status: parts.status.as_u16(),
            headers,
            body,
        })
    }

    pub(super) async fn read(&mut self, max: u32) -> Result<Vec<u8>, Error> {
        let max = usize::try_from(max).unwrap_or(READ_BYTES).min(READ_BYTES);
        let read = match &mut self.body {
            Body::Whole(bytes) => Ok(bytes.split_to(bytes.len().min(max)).to_vec()),
            Body::Stream(stream) => stream.fill(max).await,
            Body::Broken(error) => Err(error.clone()),
        };
        if let Err(error) = &read {
            self.body = Body::Broken(error.clone());
        }
        read
    }
}

impl Stream {
    /// The next bytes, and what has come behind them already; none at the end.
    async fn fill(&mut self, max: usize) -> Result<Vec<u8>, Error> {
        let first = self.next(max).await?;
        let mut filled = Vec::with_capacity(if first.is_empty() { 0 } else { max });
        filled.extend_from_slice(&first);
        while !filled.is_empty() && filled.len() < max && self.has_more().await {
            let more = self.next(max - filled.len()).await?;
            filled.extend_from_slice(&more);
        }
        Ok(filled)
    }

    /// Whether the next bytes are there, so that nobody has to wait for them. An end and a break are told by the
    /// next call instead.
    async fn has_more(&mut self) -> bool {
        if self.rest.is_empty() && self.behind.is_none() {
            // The connection has its turn first: it may hold more than it has handed on.
            tokio::task::yield_now().await;
            self.behind = self.incoming.frame().now_or_never();
        }
        match &self.behind {
            Some(Some(Ok(frame))) => frame.data_ref().is_some_and(|data| !data.is_empty()),
            Some(_) => false,
            None => !self.rest.is_empty(),
        }
    }

    /// The next bytes; none at the end.
    async fn next(&mut self, max: usize) -> Result<Bytes, Error> {
        while self.rest.is_empty() {
            let frame = match self.behind.take() {
                Some(frame) => frame,
                None => self.frame().await?,
            };
            match frame {
                None => return Ok(Bytes::new()),
                Some(Ok(frame)) => {
                    self.rest = frame.into_data().unwrap_or_default();
                    self.count()?;
                }
                Some(Err(error)) => {
                    self.connection.forget();
                    let (origin, cause) = (&self.origin, transport_cause(&error));
                    return Err(Error::Transport(format!(
                        "the reply of `{origin}` broke off: {cause}"
                    )));
                }
            }
        }
        let length = self.rest.len().min(max);
        Ok(self.rest.split_to(length))
    }

    async fn frame(&mut self) -> Result<Arrived, Error> {
        let waited = tokio::time::timeout(self.idle, self.incoming.frame()).await;
        waited.map_err(|_| {
            self.connection.forget();
            let (origin, seconds) = (&self.origin, self.idle.as_secs());
            Error::Timeout(format!(
                "no byte from `{origin}` within a reply for {seconds} s (`limits.idle_seconds`)"
            ))
        })
    }

    fn count(&self) -> Result<(), Error> {
        let counted = self.traffic.receive(self.rest.len() as u64);
        counted.map_err(|limit| {
            self.connection.forget();
            limit.into()
        })
    }

    /// All of the body, or its first `limit` bytes and `false`.
    async fn collect(&mut self, limit: usize) -> Result<(Bytes, bool), Error> {
        let mut whole = BytesMut::new();
        loop {
            let bytes = self.next(READ_BYTES).await?;
            if bytes.is_empty() {
                return Ok((whole.freeze(), true));
            }
            let room = limit - whole.len();
            if bytes.remaining() > room {
                self.connection.forget();
                whole.extend_from_slice(&bytes[..room]);
                return Ok((whole.freeze(), false));
            }
            whole.extend_from_slice(&bytes);
        }
    }
}

async fn clean_json(
    mut stream: Stream,
    headers: &HeaderMap,
    account: &Arc<Binding>,
    target: &Target,
    links: &Links,
) -> Result<Bytes, Error> {
    let origin = stream.origin.clone();
    let unusable = |what: &str| Error::Transport(format!("the JSON reply of `{origin}` {what}"));
    let (body, whole) = stream.collect(JSON_BYTES).await?;
    if !whole {
        return Err(unusable(&format!("is larger than {JSON_BYTES} bytes")));
    }
    let clean = without_links(headers, &body, account, target.link.as_ref(), links);
    let clean = clean.map_err(unusable)?;
    Ok(clean.map_or(body, Bytes::from))
}

async fn clean_page(mut stream: Stream, link: &Link) -> Result<Bytes, Error> {
    let (body, _) = stream.collect(PAGE_BYTES).await?;
    Ok(page_without(&body, link).map_or(body, Bytes::from))
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
