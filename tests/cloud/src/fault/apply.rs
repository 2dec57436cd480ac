//! What a fired rule does to a request or its reply.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::{Action, BodyEnd};
use crate::reply;
use crate::server::Dropped;
use crate::state::State;

/// Applies the actions that come before the service. A reply stands instead of the service's.
pub(crate) async fn before(
    state: &State,
    fired: &[Action],
) -> Result<Option<Response<Body>>, Dropped> {
    for action in fired {
        match action {
            Action::Reset => return Err(Dropped),
            Action::Status {
                status,
                headers,
                body,
            } => {
                let mut reply = canned(*status, body);
                set_headers(&mut reply, headers);
                return Ok(Some(reply));
            }
            Action::HtmlMaintenance { status } => {
                return Ok(Some(reply::html(*status, MAINTENANCE)));
            }
            Action::Stall => state.stalled().await,
            Action::RevokeTokens => {
                state.tokens.expire_all();
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Applies the actions that change or drop the service's reply.
pub(crate) async fn on_reply(
    state: &Arc<State>,
    fired: &[Action],
    mut reply: Response<Body>,
) -> Result<Response<Body>, Dropped> {
    for action in fired {
        match action {
            Action::LostReply | Action::CutRequest { .. } => return Err(Dropped),
            Action::PatchJson(patch) => reply = patched(reply, patch).await?,
            Action::SetHeaders(headers) => set_headers(&mut reply, headers),
            Action::TruncateBody { after, end } => reply = truncated(state, reply, *after, *end),
            _ => {}
        }
    }
    Ok(reply)
}

/// How much of the request's body arrives before the connection breaks.
pub(crate) fn request_cut(fired: &[Action]) -> Option<u64> {
    fired.iter().find_map(|action| match action {
        Action::CutRequest { after } => Some(*after),
        _ => None,
    })
}

/// The page that python#39 shows instead of an API error.
const MAINTENANCE: &str = "<!DOCTYPE html>\n<html><head><title>Domo Maintenance</title></head>\
    <body><h1>Domo is down for maintenance</h1><p>We will be back shortly.</p></body></html>\n";

fn canned(status: u16, body: &Value) -> Response<Body> {
    match body {
        Value::Null => {
            let mut reply = Response::new(Body::empty());
            *reply.status_mut() =
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            reply
        }
        Value::String(text) => {
            let mut reply = reply::html(status, text.clone());
            reply.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            );
            reply
        }
        other => reply::json(status, other),
    }
}

fn set_headers(reply: &mut Response<Body>, headers: &std::collections::BTreeMap<String, String>) {
    for (name, text) in headers {
        let text = dated(text).unwrap_or_else(|| text.clone());
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(text))
        else {
            continue;
        };
        if value.is_empty() {
            reply.headers_mut().remove(name);
        } else {
            reply.headers_mut().insert(name, value);
        }
    }
}

/// `date:+30` and `date:-30` as an HTTP date.
fn dated(text: &str) -> Option<String> {
    let seconds: i64 = text.strip_prefix("date:")?.parse().ok()?;
    let offset = std::time::Duration::from_secs(seconds.unsigned_abs());
    let now = std::time::SystemTime::now();
    let then = if seconds < 0 {
        now.checked_sub(offset)?
    } else {
        now.checked_add(offset)?
    };
    Some(httpdate::fmt_http_date(then))
}

async fn patched(reply: Response<Body>, patch: &Value) -> Result<Response<Body>, Dropped> {
    if !reply.status().is_success() {
        return Ok(reply);
    }
    let (mut parts, body) = reply.into_parts();
    let bytes = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else {
        return Ok(Response::from_parts(parts, Body::from(bytes)));
    };
    merge(&mut value, patch);
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(value.to_string())))
}

/// JSON merge patch, RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(object) = target.as_object_mut() else {
        return;
    };
    for (name, value) in fields {
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.as_str()).or_insert(Value::Null), value);
        }
    }
}

fn truncated(
    state: &Arc<State>,
    reply: Response<Body>,
    after: u64,
    end: BodyEnd,
) -> Response<Body> {
    let (mut parts, body) = reply.into_parts();
    if end == BodyEnd::Clean {
        parts.headers.remove(header::CONTENT_LENGTH);
    } else if let Some(length) = http_body::Body::size_hint(&body).exact() {
        // The wrapped body has no known size: without this the reply would turn chunked.
        parts
            .headers
            .entry(header::CONTENT_LENGTH)
            .or_insert(length.into());
    }
    let stalled = Arc::clone(state);
    let stalled = (end == BodyEnd::Stall).then(|| {
        Box::pin(async move { stalled.stalled().await }) as Pin<Box<dyn Future<Output = ()> + Send>>
    });
    Response::from_parts(
        parts,
        Body::new(Truncated {
            body,
            left: after,
            held: None,
            end,
            stalled,
        }),
    )
}

struct Truncated {
    body: Body,
    left: u64,
    held: Option<Bytes>,
    end: BodyEnd,
    stalled: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl http_body::Body for Truncated {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.left == 0 {
            match (self.end, &mut self.stalled) {
                (BodyEnd::Clean, _) => return Poll::Ready(None),
                (BodyEnd::Reset, _) => return Poll::Ready(Some(Err(axum::Error::new(Dropped)))),
                (BodyEnd::Stall, Some(stalled)) => {
                    std::task::ready!(stalled.as_mut().poll(cx));
                    self.stalled = None;
                }
                (BodyEnd::Stall, None) => {}
            }
            if let Some(held) = self.held.take() {
                return Poll::Ready(Some(Ok(Frame::data(held))));
            }
            return Pin::new(&mut self.body).poll_frame(cx);
        }
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        let Ok(mut data) = frame.into_data() else {
            return Poll::Ready(None);
        };
        let taken = self.left.min(data.len() as u64);
        let rest = data.split_off(taken as usize);
        self.left -= taken;
        self.held = (!rest.is_empty()).then_some(rest);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
