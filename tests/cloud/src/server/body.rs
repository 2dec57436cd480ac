//! Bodies on their way in and out: counted for the log, and read to the end even when a handler refuses.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::Dropped;
use crate::log::Live;

/// What a handler left of the request's body. It is read to its end beside the reply, so that a client
/// which writes first and reads then sees the refusal rather than a broken pipe.
#[derive(Clone, Default)]
pub(super) struct Unread(Arc<Mutex<Option<Incoming>>>);

impl Unread {
    fn put(&self, body: Incoming) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }

    /// Reads the rest, if there is any, while the reply is on its way. Ends with the connection.
    pub fn drain(&self, live: Arc<Live>) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut body) = left.take() else { return };
        tokio::spawn(async move {
            while let Some(Ok(frame)) = body.frame().await {
                count(&live.received, &frame);
            }
        });
    }
}

/// A request's body. What is not read goes to [`Unread`] when it is dropped.
pub(super) struct Received {
    body: Option<Incoming>,
    live: Arc<Live>,
    unread: Unread,
    /// Bytes until the connection breaks, if it is to.
    left: Option<u64>,
}

impl Received {
    pub fn new(body: Incoming, live: Arc<Live>, unread: Unread, cut: Option<u64>) -> Self {
        Self {
            body: Some(body),
            live,
            unread,
            left: cut,
        }
    }

    /// No more of a frame than arrives before the connection breaks.
    fn shortened(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        match (&mut self.left, frame.into_data()) {
            (Some(left), Ok(mut data)) => {
                data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= data.len() as u64;
                Frame::data(data)
            }
            (_, Ok(data)) => Frame::data(data),
            (_, Err(frame)) => frame,
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            self.unread.put(body);
        }
    }
}

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.left == Some(0) {
            return Poll::Ready(Some(Err(axum::Error::new(Dropped))));
        }
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = std::task::ready!(Pin::new(body).poll_frame(cx));
        let frame = frame.map(|frame| match frame {
            Ok(frame) => Ok(self.shortened(frame)),
            Err(error) => Err(axum::Error::new(error)),
        });
        match &frame {
            Some(Ok(frame)) => count(&self.live.received, frame),
            Some(Err(_)) | None => self.body = None,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body
            .as_ref()
            .is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

/// Counts a reply's body while it is sent.
pub(super) fn counted(reply: Response<Body>, live: Arc<Live>) -> Response<Body> {
    reply.map(|body| Body::new(Sent { body, live }))
}

struct Sent {
    body: Body,
    live: Arc<Live>,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            count(&self.live.sent, frame);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn count(counter: &AtomicU64, frame: &Frame<Bytes>) {
    if let Some(data) = frame.data_ref() {
        counter.fetch_add(data.len() as u64, Ordering::Relaxed);
    }
}
