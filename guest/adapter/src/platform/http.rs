//! The connector's way out: one request, checked, signed in last, sent once. What comes back carries no
//! pre-authenticated URL.

use std::rc::Rc;

use ::http::{HeaderMap, Method};
use writeback_oauth::SignInError;
use writeback_policy::{HeaderLimits, LimitExceeded, Policy, Refused, Target, Wanted};

use super::accounts::Account;
use super::offered::http::{self, Content, Error, Guest, Request, Response, SecretBorrow};
use super::reply::Reply;
use super::spool::{Handle as Blob, Part};
use super::wire::{self, Body};
use super::world::World;
use super::{Adapter, secrets, world};

impl Guest for Adapter {
    type Response = Reply;

    /// Passed over: each request is sent when it is asked for.
    fn prefetch(_: Request<'_>, _: Option<SecretBorrow<'_>>) {}

    fn send(request: Request<'_>, auth: Option<SecretBorrow<'_>>) -> Result<Response, Error> {
        let world = world::world();
        count(&world)?;
        let account = auth.map(|secret| Rc::clone(&secret.get::<secrets::Handle>().0));
        let part =
            match &request.content {
                Content::Slice(slice) => {
                    let part = Part::of(slice.blob.get::<Blob>(), slice.offset, slice.length);
                    Some(part.map_err(|why| {
                        Error::Denied(format!("the content cannot be sent: {why}"))
                    })?)
                }
                _ => None,
            };
        let body = match (&request.content, &part) {
            (Content::Bytes(bytes), _) => Body::Bytes(bytes),
            (_, Some(part)) => Body::Part(part),
            (_, None) => Body::Bytes(&[]),
        };
        let (method, target, headers) = checked(&world, &request, account.as_deref(), &body)?;
        let limits = &world.limits;
        let received = wire::send(&method, &target.url, &target.origin, &headers, body, limits)?;
        let headers = HeaderLimits::new(limits).check(&received.headers);
        headers.map_err(limited)?;
        let links = Rc::clone(&world.links.borrow());
        Reply::receive(received, &target, &links).map(Response::new)
    }
}

fn checked(
    world: &World,
    request: &Request<'_>,
    account: Option<&Account>,
    body: &Body<'_>,
) -> Result<(Method, Target, HeaderMap), Error> {
    let method = method_of(request.method);
    let links = world.links.borrow();
    let policy = Policy {
        accounts: &world.bindings,
        links: &links,
        allow: &world.allow,
    };
    let wanted = Wanted {
        method: &method,
        url: &request.url,
        headers: request
            .headers
            .iter()
            .map(|header| (header.name.as_str(), header.value.as_str())),
        length: body.length(),
    };
    let binding = account.map(|account| &account.binding);
    let admitted = policy.admit(wanted, binding, &world.limits);
    let (target, mut headers) = admitted.map_err(|refused| match refused {
        Refused::Denied(why) => Error::Denied(why),
        Refused::Limit(limit) => limited(limit),
    })?;
    if let Some(account) = account {
        let credential = account.credential(&target.origin, &target.url);
        let (name, value) = credential.map_err(|error| match error {
            SignInError::Refused(text) => Error::SignIn(text),
            SignInError::Unavailable(text) => Error::Transport(text),
        })?;
        headers.insert(name, value);
    }
    Ok((method, target, headers))
}

fn count(world: &World) -> Result<(), Error> {
    let (sent, limit) = (world.requests.get(), world.limits.requests);
    if sent == limit {
        return Err(limited(LimitExceeded::Requests(limit)));
    }
    world.requests.set(sent + 1);
    Ok(())
}

fn limited(limit: LimitExceeded) -> Error {
    Error::Limit(limit.to_string())
}

fn method_of(method: http::Method) -> Method {
    match method {
        http::Method::Get => Method::GET,
        http::Method::Post => Method::POST,
        http::Method::Put => Method::PUT,
        http::Method::Patch => Method::PATCH,
        http::Method::Delete => Method::DELETE,
    }
}
