//! Microsoft Graph: requests to build, replies to read.
//!
//! Pure: it sends nothing. Which of these to send when, the flows in
//! `place` and `upload` decide.

pub mod drive;
pub mod item;
pub mod path;
pub mod session;
pub mod site;
pub mod version;

use crate::message::{Reply, Request};
use crate::refusal::{Refusal, Service};
use serde_json::Value;

/// Where a list goes on, whole and opaque.
pub fn next_page(reply: &Value) -> Option<Request> {
    let link = reply.get("@odata.nextLink").and_then(Value::as_str)?;
    Some(get(link.to_owned()))
}

fn get(url: String) -> Request {
    Request::get(url).header("accept", "application/json".to_owned())
}

/// The `value` list of a reply.
fn list(reply: &Value) -> &[Value] {
    let value = reply.get("value").and_then(Value::as_array);
    value.map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key).and_then(Value::as_str)?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// An id, which becomes a segment of URLs: no encoding keeps a dot segment from being resolved away.
fn id(value: &Value) -> Option<String> {
    text(value, "id").filter(|id| !path::is_dots(id))
}

/// Reads why Graph or SharePoint refuses. The deepest code is the one that tells;
/// messages are for people, nothing branches on them.
pub fn refusal(reply: &Reply) -> Refusal {
    let body = reply.json();
    let error = body.get("error").unwrap_or(&body);
    let message = error.get("message").and_then(|m| {
        // SharePoint's own form: {"message":{"lang":"en-US","value":"..."}}
        m.as_str()
            .or_else(|| m.get("value").and_then(Value::as_str))
    });
    Refusal {
        service: Service::SharePoint,
        status: reply.status,
        code: deepest_code(error).unwrap_or_default(),
        message: one_line(message.unwrap_or_default()),
        trace: trace(reply, error),
        after: None,
        html: reply.is_html(),
    }
}

/// `innerError`, also spelled `innererror`, nests.
fn deepest_code(error: &Value) -> Option<String> {
    let inner = error.get("innerError").or_else(|| error.get("innererror"));
    inner.and_then(deepest_code).or_else(|| text(error, "code"))
}

fn trace(reply: &Reply, error: &Value) -> Option<(&'static str, String)> {
    let inner = error.get("innerError").or_else(|| error.get("innererror"));
    let body = inner.and_then(|inner| text(inner, "request-id"));
    let header = |name: &'static str| reply.headers.get(name).map(str::to_owned);
    let request = body.or_else(|| header("request-id"));
    request
        .map(|id| ("request-id", id))
        .or_else(|| header("sprequestguid").map(|id| ("SPRequestGuid", id)))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
