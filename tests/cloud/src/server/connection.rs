//! One connection: TLS if wanted, HTTP/1.1, and the layer of log and faults around each request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
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
use crate::fault::{Hooks, apply, before, on_reply};
use crate::guid::guid;
use crate::log::{Head, Live};
use crate::reply::RequestId;
use crate::state::{Service, State};

/// Numbers requests over all clouds of the process, so that ids never repeat within one.
static REQUESTS: AtomicU64 = AtomicU64::new(0);

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
            match tls {
                None => speak(stream, routes).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        speak(stream, routes).await;
                    }
                }
            }
        });
        while connections.try_join_next().is_some() {}
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
    let state = &routes.state;
    let seq = REQUESTS.fetch_add(1, Ordering::Relaxed) + 1;
    let id = guid(state.options.seed, seq);
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let (names, fired) = state
        .faults
        .fire(routes.service, request.method().as_str(), path);
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let live = state.log.open(
        seq,
        routes.service,
        &Head {
            method,
            uri,
            headers,
            id: &id,
            faults: names,
        },
    );

    let client_id = headers.get("client-request-id").cloned();
    let request = prepare(request, &id, &fired, &live);
    let (request, body) = (request.0, request.1);
    let mut body = Some(body);
    let drain = async { drained(body.take()).await };
    let reply = match before(state, &fired, drain).await? {
        apply::Before::Reply(reply) => reply,
        apply::Before::Go => {
            let body = body.take().map_or_else(Body::empty, Body::new);
            let reply = route(routes.router, Request::from_parts(request, body)).await?;
            on_reply(state, &fired, reply).await?
        }
    };
    live.status
        .store(reply.status().as_u16(), Ordering::Relaxed);
    Ok(counted_reply(
        with_ids(reply, routes.service, &id, client_id),
        &live,
    ))
}

/// Puts the request id and the hooks where handlers find them, and counts the body.
fn prepare(
    request: Request<Incoming>,
    id: &str,
    fired: &[crate::fault::Action],
    live: &Arc<Live>,
) -> (axum::http::request::Parts, Counted<Incoming>) {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(RequestId(id.to_owned()));
    parts.extensions.insert(Hooks::among(fired));
    (
        parts,
        Counted {
            body,
            live: Arc::clone(live),
            direction: Direction::Received,
        },
    )
}

async fn drained(body: Option<Counted<Incoming>>) {
    let Some(mut body) = body else { return };
    while let Some(Ok(_)) = body.frame().await {}
}

async fn route(router: Router, request: Request<Body>) -> Result<Response<Body>, Dropped> {
    TowerToHyperService::new(router)
        .call(request)
        .await
        .map_err(|_| Dropped)
}

/// The headers by which each service lets its support find a request.
fn with_ids(
    mut reply: Response<Body>,
    service: Service,
    id: &str,
    client_id: Option<HeaderValue>,
) -> Response<Body> {
    let Ok(value) = HeaderValue::from_str(id) else {
        return reply;
    };
    let headers = reply.headers_mut();
    match service {
        Service::Domo => {
            headers.insert("x-domo-requestid", value);
        }
        Service::Login => {
            headers.insert("x-ms-request-id", value);
        }
        Service::Graph => {
            headers.insert(
                "client-request-id",
                client_id.unwrap_or_else(|| value.clone()),
            );
            headers.insert("request-id", value);
            let diagnostic = r#"{"ServerInfo":{"DataCenter":"Simulated","Slice":"E","Ring":"1","ScaleUnit":"000"}}"#;
            headers.insert("x-ms-ags-diagnostic", HeaderValue::from_static(diagnostic));
        }
        Service::Upload => {
            headers.insert("sprequestguid", value.clone());
            headers.insert("request-id", value);
        }
    }
    reply
}

fn counted_reply(reply: Response<Body>, live: &Arc<Live>) -> Response<Body> {
    reply.map(|body| {
        Body::new(Counted {
            body,
            live: Arc::clone(live),
            direction: Direction::Sent,
        })
    })
}

#[derive(Clone, Copy)]
enum Direction {
    Received,
    Sent,
}

/// A body whose bytes show up in the request log while they pass.
struct Counted<B> {
    body: B,
    live: Arc<Live>,
    direction: Direction,
}

impl<B: http_body::Body<Data = Bytes> + Unpin> http_body::Body for Counted<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(data) = frame
            .as_ref()
            .and_then(|frame| frame.as_ref().ok()?.data_ref())
        {
            let counter = match self.direction {
                Direction::Received => &self.live.received,
                Direction::Sent => &self.live.sent,
            };
            counter.fetch_add(data.len() as u64, Ordering::Relaxed);
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
