//! A reply on its way to the component. Bodies are streamed; those that may hold a
//! pre-authenticated URL are read first, and handed on without it.

use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, StatusCode, header};
use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use url::Url;

use super::permit::Target;
use crate::bindings::writeback::connector::http::{Error, Header};
use crate::credentials::Account;
use crate::egress::{Origin, Pooled, Received, Traffic, header_bytes, transport_cause};
use crate::links::{Link, Links, scrub};

/// JSON replies with links are read whole. Graph's pages are far smaller.
const JSON_BYTES: usize = 8 << 20;
/// Of an error page that is not JSON, this much is worth reading.
const PAGE_BYTES: usize = 64 << 10;
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
    Stream(Stream),
    /// The body broke off: it stays broken, so that the break is never taken for the end.
    Broken(Error),
}

struct Stream {
    incoming: Incoming,
    rest: Bytes,
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
            connection,
            origin: target.origin.clone(),
            idle,
            traffic: Arc::clone(traffic),
        };
        let headers = headers(&parts.headers, &target, links);
        let body = match care(parts.status, &parts.headers, &target) {
            Care::None => Body::Stream(stream),
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
            Body::Whole(bytes) => Ok(bytes.split_to(bytes.len().min(max))),
            Body::Stream(stream) => stream.next(max).await,
            Body::Broken(error) => Err(error.clone()),
        };
        if let Err(error) = &read {
            self.body = Body::Broken(error.clone());
        }
        read.map(|bytes| bytes.to_vec())
    }
}

impl Stream {
    /// The next bytes; none at the end.
    async fn next(&mut self, max: usize) -> Result<Bytes, Error> {
        while self.rest.is_empty() {
            let Ok(frame) = tokio::time::timeout(self.idle, self.incoming.frame()).await else {
                self.connection.forget();
                let (origin, seconds) = (&self.origin, self.idle.as_secs());
                return Err(Error::Timeout(format!(
                    "no byte from `{origin}` within a reply for {seconds} s (`limits.idle_seconds`)"
                )));
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

/// How a body must be treated.
enum Care<'a> {
    None,
    Json(&'a Arc<Account>),
    /// What a service says about a link, in whatever form, may repeat the link.
    Page(&'a Link),
}

fn care<'a>(status: StatusCode, headers: &HeaderMap, target: &'a Target) -> Care<'a> {
    match (&target.account, &target.link) {
        (Some(account), _) if !account.link_fields.is_empty() && is_json(headers) => {
            Care::Json(account)
        }
        (_, Some(link)) if !status.is_success() => Care::Page(link),
        _ => Care::None,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.as_bytes())
        .unwrap_or_default();
    let essence = value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii()
        .to_ascii_lowercase();
    essence.ends_with(b"/json") || essence.ends_with(b"+json")
}

async fn clean_json(
    mut stream: Stream,
    headers: &HeaderMap,
    account: &Arc<Account>,
    target: &Target,
    links: &Links,
) -> Result<Bytes, Error> {
    let origin = stream.origin.clone();
    let unusable = |what: &str| Error::Transport(format!("the JSON reply of `{origin}` {what}"));
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| coding != "identity")
    {
        return Err(unusable("is compressed, which nobody asked for"));
    }
    let (body, whole) = stream.collect(JSON_BYTES).await?;
    if !whole {
        return Err(unusable(&format!("is larger than {JSON_BYTES} bytes")));
    }
    if body.is_empty() {
        return Ok(body);
    }
    without_links(&body, account, target.link.as_ref(), links)
        .ok_or_else(|| unusable("is not valid JSON"))
}

/// A JSON document with `link:N` in place of each pre-authenticated URL, and without the link that
/// it is about. `None` where it is no JSON.
pub(crate) fn without_links(
    body: &Bytes,
    account: &Arc<Account>,
    about: Option<&Link>,
    links: &Links,
) -> Option<Bytes> {
    let mut document = serde_json::from_slice::<Value>(body).ok()?;
    let fields = account.link_fields;
    let changed = scrub(
        &mut document,
        fields,
        &mut |url| links.hide(url, account),
        &|text| about?.redact(text),
    );
    if !changed && !may_name(body, fields) {
        return Some(body.clone());
    }
    serde_json::to_vec(&document).ok().map(Bytes::from)
}

/// Whether one of the fields may be named in a document, even twice: the second of two members
/// hides the first from its reader, and only from this one.
fn may_name(body: &[u8], fields: &[&str]) -> bool {
    let holds = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    holds(b"\\u") || fields.iter().any(|field| holds(field.as_bytes()))
}

async fn clean_page(mut stream: Stream, link: &Link) -> Result<Bytes, Error> {
    let (body, _) = stream.collect(PAGE_BYTES).await?;
    let text = String::from_utf8_lossy(&body);
    Ok(link.redact(&text).map_or_else(|| body.clone(), Bytes::from))
}

/// The headers that a component may see. `Set-Cookie` is a credential; so is where an account's
/// service redirects to, unless it is the service itself.
fn headers(received: &HeaderMap, target: &Target, links: &Links) -> Vec<Header> {
    let seen = received
        .iter()
        .filter(|(name, _)| *name != header::SET_COOKIE);
    seen.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let leads = *name == header::LOCATION || *name == header::CONTENT_LOCATION;
        let value = match &target.account {
            Some(account) if leads => hide_location(&value, account, target, links),
            _ => target
                .link
                .as_ref()
                .and_then(|link| link.redact(&value))
                .unwrap_or_else(|| value.into_owned()),
        };
        Header {
            name: name.as_str().to_owned(),
            value,
        }
    })
    .collect()
}

fn hide_location(value: &str, account: &Arc<Account>, target: &Target, links: &Links) -> String {
    let Ok(url) = target.url.join(value) else {
        return String::new();
    };
    let own = |url: &Url| Origin::of(url).is_some_and(|origin| account.reach.owns(&origin));
    if target.link.is_none() && own(&url) {
        value.to_owned()
    } else {
        links.hide(url.as_str(), account)
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
