//! What a component may see of a reply: no cookie, no pre-authenticated URL, in headers or body.

use std::sync::Arc;

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use url::Url;

use crate::binding::Binding;
use crate::links::{Link, Links, scrub};
use crate::origin::Origin;
use crate::permit::Target;

/// JSON replies with links are read whole. Graph's pages are far smaller.
pub const JSON_BYTES: usize = 8 << 20;
/// Of an error page that is not JSON, this much is worth reading.
pub const PAGE_BYTES: usize = 64 << 10;

/// How a body must be treated.
pub enum Care<'a> {
    /// It is handed on as it comes.
    None,
    /// It is read whole, and its links replaced: [`without_links`].
    Json(&'a Arc<Binding>),
    /// What a service says about a link, in whatever form, may repeat the link: [`page_without`].
    Page(&'a Link),
}

/// How the body of a reply must be treated.
#[must_use]
pub fn care<'a>(status: StatusCode, headers: &HeaderMap, target: &'a Target) -> Care<'a> {
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

/// A JSON document with `link:N` in place of each pre-authenticated URL, and without the link that
/// it is about.
///
/// # Errors
/// What is wrong with it: compressed, or no JSON.
pub fn without_links(
    headers: &HeaderMap,
    body: &[u8],
    account: &Arc<Binding>,
    about: Option<&Link>,
    links: &Links,
) -> Result<Option<Vec<u8>>, &'static str> {
    let coding = headers.get(header::CONTENT_ENCODING);
    if coding.is_some_and(|coding| coding != "identity") {
        return Err("is compressed, which nobody asked for");
    }
    if body.is_empty() {
        return Ok(None);
    }
    let mut document = serde_json::from_slice::<Value>(body).map_err(|_| "is not valid JSON")?;
    let fields = account.link_fields;
    let changed = scrub(
        &mut document,
        fields,
        &mut |url| links.hide(url, account),
        &|text| about?.redact(text),
    );
    if !changed && !may_name(body, fields) {
        return Ok(None);
    }
    serde_json::to_vec(&document)
        .map(Some)
        .map_err(|_| "is not valid JSON")
}

/// Whether one of the fields may be named in a document, even twice: the second of two members
/// hides the first from its reader, and only from this one.
fn may_name(body: &[u8], fields: &[&str]) -> bool {
    let holds = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    holds(b"\\u") || fields.iter().any(|field| holds(field.as_bytes()))
}

/// A page without the link that it is about, where it repeats it.
#[must_use]
pub fn page_without(body: &[u8], link: &Link) -> Option<Vec<u8>> {
    link.redact(&String::from_utf8_lossy(body))
        .map(String::into_bytes)
}

/// The headers that a component may see. `Set-Cookie` is a credential; so is where an account's
/// service redirects to, unless it is the service itself.
#[must_use]
pub fn visible_headers(
    received: &HeaderMap,
    target: &Target,
    links: &Links,
) -> Vec<(String, String)> {
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
        (name.as_str().to_owned(), value)
    })
    .collect()
}

fn hide_location(value: &str, account: &Arc<Binding>, target: &Target, links: &Links) -> String {
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
