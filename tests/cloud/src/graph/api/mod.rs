//! The Graph listener: who asks, what they address, and which handler answers.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::access::{self, Need};
use super::drive::{Drive, Item};
use super::page::Page;
use super::paths::{self, DriveRef, ItemRef, Resource, SiteRef};
use super::receive;
use super::refusal::{Answer, Refusal};
use super::render::{self, Origin};
use super::store::{Inner, Store};
use super::tenant::{HOST, Site};
use crate::fault::Hooks;
use crate::reply;
use crate::reply::RequestId;
use crate::state::State;
use crate::token::Token;

mod content;
mod items;
mod sessions;
mod sites;

/// One request to Graph, as its handlers see it.
pub(super) struct Call {
    pub state: Arc<State>,
    pub parts: Parts,
    pub token: Token,
    pub hooks: Hooks,
    /// `/v1.0`, or what stands before it in rclone's `/x/v2.0`.
    version: String,
}

/// Answers a request to Graph.
pub(super) async fn serve(state: Arc<State>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let id = parts
        .extensions
        .get::<RequestId>()
        .cloned()
        .unwrap_or_default();
    let client_id = parts.headers.get("client-request-id").cloned();
    match answer(state, parts, body).await {
        Ok(reply) => reply,
        Err(refusal) => refusal.graph_reply(&id.0, client_id.as_ref()),
    }
}

async fn answer(state: Arc<State>, parts: Parts, body: Body) -> Answer<Response<Body>> {
    let (call, resource) = admit(state, parts)?;
    match resource {
        Resource::Item(drive, item, Some(below)) if below == "content" => {
            content::serve(&call, drive, item, body).await
        }
        resource => dispatch(&call, resource, receive::json(body).await?),
    }
}

fn admit(state: Arc<State>, parts: Parts) -> Answer<(Call, Resource)> {
    let (version, rest) = version(parts.uri.path())
        .ok_or_else(|| Refusal::new(400, "BadRequest", "Invalid version."))?;
    let resource = paths::parse(rest)
        .ok_or_else(|| Refusal::new(400, "BadRequest", "Resource not found for the segment."))?;
    let version = version.to_owned();
    let token = state.bearer(&parts.headers)?;
    let hooks = parts.extensions.get::<Hooks>().cloned().unwrap_or_default();
    Ok((
        Call {
            state,
            parts,
            token,
            hooks,
            version,
        },
        resource,
    ))
}

fn dispatch(call: &Call, resource: Resource, body: Value) -> Answer<Response<Body>> {
    match resource {
        Resource::Sites => call.only(&[Method::GET]).and_then(|()| sites::search(call)),
        Resource::AllSites => call.only(&[Method::GET]).and_then(|()| sites::all(call)),
        Resource::Site(site) => call
            .only(&[Method::GET])
            .and_then(|()| sites::get(call, &site)),
        Resource::Subsites(site) => call
            .only(&[Method::GET])
            .and_then(|()| sites::subsites(call, &site)),
        Resource::Permissions(site) => call
            .only(&[Method::POST])
            .and_then(|()| sites::grant(call, &site, &body)),
        Resource::Drives(site) => call
            .only(&[Method::GET])
            .and_then(|()| sites::drives(call, &site)),
        Resource::Drive(drive) => call
            .only(&[Method::GET])
            .and_then(|()| sites::drive(call, &drive)),
        Resource::Item(drive, item, None) => match call.parts.method {
            Method::GET => items::get(call, &drive, &item),
            Method::PATCH => items::update(call, &drive, &item, &body),
            Method::DELETE => items::delete(call, &drive, &item),
            _ => Err(Refusal::method()),
        },
        Resource::Item(drive, item, Some(below)) => match (below.as_str(), &call.parts.method) {
            ("children", &Method::GET) => items::children(call, &drive, &item),
            ("children", &Method::POST) => items::create_folder(call, &drive, &item, &body),
            ("createUploadSession" | "microsoft.graph.createUploadSession", &Method::POST) => {
                sessions::create(call, &drive, &item, &body)
            }
            ("checkin" | "microsoft.graph.checkin", &Method::POST) => {
                items::checkin(call, &drive, &item, &body)
            }
            ("versions", &Method::GET) => items::versions(call, &drive, &item),
            ("children" | "createUploadSession" | "checkin" | "versions", _) => {
                Err(Refusal::method())
            }
            _ => Err(Refusal::new(
                400,
                "BadRequest",
                "Resource not found for the segment.",
            )),
        },
    }
}

/// Splits `/v1.0/...` and `/x/v2.0/...` (what rclone's `tenant_url` gives) behind the version.
fn version(path: &str) -> Option<(&str, &str)> {
    if let Some(rest) = path.strip_prefix("/v1.0") {
        return rest.starts_with('/').then_some(("/v1.0", rest));
    }
    let end = path.find("/v2.0/")? + "/v2.0".len();
    let (version, rest) = path.split_at(end);
    (version.matches('/').count() == 2).then_some((version, rest))
}

impl Call {
    fn store(&self) -> &Store {
        &self.state.graph
    }

    fn only(&self, methods: &[Method]) -> Answer<()> {
        if methods.contains(&self.parts.method) {
            Ok(())
        } else {
            Err(Refusal::method())
        }
    }

    /// The decoded value of a query parameter.
    fn query(&self, name: &str) -> Option<String> {
        let decode = |text: &str| {
            percent_decode_str(&text.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        };
        let pairs = self
            .parts
            .uri
            .query()?
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs
            .map(|(key, value)| (decode(key), decode(value)))
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    fn site<'a>(&self, inner: &'a Inner, site: &SiteRef, need: Need) -> Answer<&'a Site> {
        let found = inner
            .sites
            .iter()
            .find(|known| is(known, site))
            .ok_or_else(Refusal::not_found)?;
        access::check(inner, &self.token, found, need)?;
        Ok(found)
    }

    /// The library that an address means, when the app may do this in it.
    fn drive<'a>(&self, inner: &'a Inner, drive: &DriveRef, need: Need) -> Answer<&'a Drive> {
        let id = match drive {
            DriveRef::Id(id) => id,
            DriveRef::Default(site) => &self.site(inner, site, Need::ReadFiles)?.drives[0],
        };
        let drive = inner.drive(id)?;
        let site = inner.site_of(drive).ok_or_else(Refusal::not_found)?;
        access::check(inner, &self.token, site, need)?;
        Ok(drive)
    }

    /// The item that an address means; one that is checked out to another app is not there.
    fn item<'a>(&self, drive: &'a Drive, item: &ItemRef) -> Answer<&'a Item> {
        let found = drive.resolve(item.anchor.as_deref().unwrap_or(&drive.root), &item.path)?;
        if found.visible_to(&self.token.client) {
            Ok(found)
        } else {
            Err(Refusal::not_found())
        }
    }

    /// An item as JSON, with `$select` applied.
    fn shown(&self, drive: &Drive, item: &Item) -> Value {
        let value = render::item(
            self.store(),
            drive,
            item,
            &self.state.urls.upload,
            Origin::Graph,
        );
        render::select(value, self.query("$select").as_deref())
    }

    /// A page of a list. `path` is what the next link continues, where it differs from the request's own.
    fn page(&self, page: Page<Value>, path: Option<&str>) -> Response<Body> {
        let mut value = json!({ "value": page.entries });
        if let Some(token) = page.next {
            let own = path.map_or_else(
                || self.parts.uri.path().to_owned(),
                |path| format!("{}{path}", self.version),
            );
            let kept = self.parts.uri.query().unwrap_or_default().split('&');
            let kept =
                kept.filter(|pair| !pair.is_empty() && !pair.to_lowercase().contains("skiptoken="));
            let pairs: Vec<&str> = kept.collect();
            let query = [pairs.join("&"), format!("$skiptoken={token}")].join("&");
            let query = query.trim_start_matches('&');
            value["@odata.nextLink"] = format!("{}{own}?{query}", self.state.urls.graph).into();
        }
        reply::json(200, &value)
    }
}

fn is(site: &Site, wanted: &SiteRef) -> bool {
    match wanted {
        SiteRef::Root => site.name.is_empty(),
        SiteRef::Id(id) if id.eq_ignore_ascii_case(HOST) => site.name.is_empty(),
        SiteRef::Id(id) => site.id.eq_ignore_ascii_case(id),
        SiteRef::Path(host, path) => {
            host.eq_ignore_ascii_case(HOST) && site.path().to_lowercase() == path.to_lowercase()
        }
        SiteRef::Group(group) => site
            .group
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(group)),
    }
}
