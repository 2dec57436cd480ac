//! One connection: TLS if wanted, HTTP/1.1, and the layer of log and faults around each request.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::Dropped;
use super::body::{Received, Unread, counted};
use super::ids::with_ids;
use crate::fault::{Action, Hooks, before, on_reply, request_cut};
use crate::guid::guid;
use crate::log::{Head, Live};
use crate::reply::RequestId;
use crate::state::{Service, State};

/// What one listener serves.
#[derive(Clone)]
pub(super) struct Routes {
    pub state: Arc<State>,
    pub service: Service,
    pub router: Router,
    pub control: Router,
}

/// Accepts until told to stop, then drops every connection.
pub(super) async fn accept(
    listener: TcpListener,
    routes: Routes,
    tls: Option<TlsAcceptor>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let (routes, tls) = (routes.clone(), tls.clone());
        connections.spawn(async move {
            let latency = routes.state.options.latency;
            travel(latency).await;
            match tls {
                None => speak(stream, routes).await,
                Some(tls) => {
                    travel(latency).await;
                    if let Ok(stream) = tls.accept(stream).await {
                        speak(stream, routes).await;
                    }
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Waits as long as a packet is under way, there and back.
async fn travel(latency: Duration) {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin, routes: Routes) {
    let service = service_fn(move |request| handle(routes.clone(), request));
    // An error here is a client that left, or a connection dropped by a fault.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn handle(routes: Routes, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
    if request.uri().path().starts_with("/_sim/") {
        return route(routes.control, request.map(Body::new)).await;
    }
    let (state, service) = (&routes.state, routes.service);
    travel(state.options.latency).await;
    let seq = state.log.next();
    // Apart from the ids of things, which come from the seed itself.
    let id = guid(!state.options.seed, seq);
    let (live, fired) = arrived(state, service, seq, &id, &request);
    let client_id = request.headers().get("client-request-id").cloned();
    let closes = request
        .headers()
        .get(header::CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(RequestId(id.clone()));
    parts.extensions.insert(Hooks::among(&fired));
    let unread = Unread::default();
    let cut = request_cut(&fired);
    let body = Received::new(body, Arc::clone(&live), unread.clone(), cut);

    let reply = match before(state, &fired).await? {
        Some(reply) => {
            drop(body);
            reply
        }
        None => {
            let request = Request::from_parts(parts, Body::new(body));
            on_reply(state, &fired, route(routes.router, request).await?).await?
        }
    };
    // Whoever asked for the end of the connection waits for it, not for the server to read on.
    if !closes {
        unread.drain(Arc::clone(&live));
    }
    live.status
        .store(reply.status().as_u16(), Ordering::Relaxed);
    Ok(counted(with_ids(reply, service, &id, client_id), live))
}

/// Opens the log entry and finds the faults that fire on this request.
fn arrived(
    state: &State,
    service: Service,
    seq: u64,
    id: &str,
    request: &Request<Incoming>,
) -> (Arc<Live>, Vec<Action>) {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let (faults, fired) = state.faults.fire(service, method.as_str(), path);
    let head = Head {
        method,
        uri,
        headers,
        id,
        faults,
    };
    (state.log.open(seq, service, &head), fired)
}

async fn route(router: Router, request: Request<Body>) -> Result<Response<Body>, Dropped> {
    let reply = TowerToHyperService::new(router).call(request).await;
    reply.map_err(|_| Dropped)
}
