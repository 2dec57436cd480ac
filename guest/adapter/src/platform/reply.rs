//! A reply on its way to the connector. Bodies are streamed; those that may hold a pre-authenticated URL are
//! read first, and handed on without it.

use std::cell::RefCell;

use http::StatusCode;
use writeback_policy::{
    Care, JSON_BYTES, Links, PAGE_BYTES, Target, care, page_without, visible_headers, without_links,
};

use super::offered::http::{Error, GuestResponse, Header};
use super::wire::{Incoming, READ_BYTES, Received, SendError};

/// A reply that the connector holds.
pub(super) struct Reply {
    status: u16,
    headers: Vec<Header>,
    body: RefCell<Body>,
}

enum Body {
    Whole {
        bytes: Vec<u8>,
        at: usize,
    },
    Stream(Box<Incoming>),
    /// The body broke off: it stays broken, so that the break is never taken for the end.
    Broken(Error),
}

impl Reply {
    pub(super) fn receive(
        received: Received,
        target: &Target,
        links: &Links,
    ) -> Result<Self, Error> {
        let Received {
            status,
            headers,
            mut incoming,
        } = received;
        let code = StatusCode::from_u16(status)
            .map_err(|_| Error::Transport(format!("`{status}` is no status")))?;
        let visible = visible_headers(&headers, target, links).into_iter();
        let body = match care(code, &headers, target) {
            Care::None => Body::Stream(Box::new(incoming)),
            Care::Json(account) => {
                let unusable = |what: &str| {
                    Error::Transport(format!("the JSON reply of `{}` {what}", target.origin))
                };
                let (bytes, whole) = incoming.collect(JSON_BYTES)?;
                if !whole {
                    return Err(unusable(&format!("is larger than {JSON_BYTES} bytes")));
                }
                let clean = without_links(&headers, &bytes, account, target.link.as_ref(), links);
                let clean = clean.map_err(unusable)?;
                Body::whole(clean.unwrap_or(bytes))
            }
            Care::Page(link) => {
                let (bytes, _) = incoming.collect(PAGE_BYTES)?;
                Body::whole(page_without(&bytes, link).unwrap_or(bytes))
            }
        };
        Ok(Self {
            status,
            headers: visible
                .map(|(name, value)| Header { name, value })
                .collect(),
            body: RefCell::new(body),
        })
    }
}

impl Body {
    fn whole(bytes: Vec<u8>) -> Self {
        Self::Whole { bytes, at: 0 }
    }
}

impl GuestResponse for Reply {
    fn status(&self) -> u16 {
        self.status
    }

    fn headers(&self) -> Vec<Header> {
        self.headers.clone()
    }

    fn read(&self, max: u32) -> Result<Vec<u8>, Error> {
        let max = usize::try_from(max).unwrap_or(READ_BYTES).min(READ_BYTES);
        let mut body = self.body.borrow_mut();
        let read = match &mut *body {
            Body::Whole { bytes, at } => {
                let rest = &bytes[*at..];
                let part = rest[..rest.len().min(max)].to_vec();
                *at += part.len();
                Ok(part)
            }
            Body::Stream(stream) => stream.next(max).map_err(Error::from),
            Body::Broken(error) => Err(error.clone()),
        };
        if let Err(error) = &read {
            *body = Body::Broken(error.clone());
        }
        read
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Denied(text) => Self::Denied(text),
            SendError::Timeout(text) => Self::Timeout(text),
            SendError::Transport(text) => Self::Transport(text),
        }
    }
}
