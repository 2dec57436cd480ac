//! HTTP/1.1 connections as plain as they come: one for each origin, kept. It never retries.

use std::collections::HashMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{AUTHORIZATION, HOST};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes that are read from a socket, or sent, at a time.
pub const BUFFER: usize = 1 << 20;

/// A request's body.
pub type Body = BoxBody<Bytes, std::io::Error>;

/// Connections by origin.
pub struct Client {
    tls: TlsConnector,
    open: HashMap<String, SendRequest<Body>>,
}

impl Client {
    /// Trusts the certificate authority in a file, and no other.
    pub fn new(ca: Option<&Path>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = ca {
            let certificate = CertificateDer::from_pem_file(path);
            roots.add(certificate.with_context(|| format!("cannot read `{}`", path.display()))?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
            open: HashMap::new(),
        })
    }

    /// Sends a request to an absolute URL; an answer that is no success is an error.
    pub async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>> {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let what = || format!("{method} {}", uri.path());
        let reply = self.exchange(request).await.with_context(what)?;
        let status = reply.status();
        if !status.is_success() {
            let text = reply.into_body().collect().await?.to_bytes();
            bail!(
                "{} answered {status}: {}",
                what(),
                String::from_utf8_lossy(&text)
            );
        }
        Ok(reply)
    }

    /// The same, and reads the reply's JSON.
    pub async fn json(&mut self, request: Request<Body>) -> Result<Value> {
        let bytes = self
            .send(request)
            .await?
            .into_body()
            .collect()
            .await?
            .to_bytes();
        match bytes.is_empty() {
            true => Ok(Value::Null),
            false => Ok(serde_json::from_slice(&bytes)?),
        }
    }

    async fn exchange(&mut self, mut request: Request<Body>) -> Result<Response<Incoming>> {
        let uri = request.uri().clone();
        let authority = uri.authority().context("a URL without a host")?.clone();
        let origin = format!("{}://{authority}", uri.scheme_str().unwrap_or("http"));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse()?;
        request
            .headers_mut()
            .insert(HOST, authority.as_str().parse()?);
        let connection = match self
            .open
            .remove(&origin)
            .filter(|connection| !connection.is_closed())
        {
            Some(connection) => connection,
            None => self.connect(&uri).await?,
        };
        let connection = self.open.entry(origin).or_insert(connection);
        connection.ready().await?;
        Ok(connection.send_request(request).await?)
    }

    async fn connect(&self, uri: &Uri) -> Result<SendRequest<Body>> {
        let secure = uri.scheme_str() == Some("https");
        let host = uri.host().context("a URL without a host")?.to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream = TcpStream::connect((host.as_str(), port)).await?;
        stream.set_nodelay(true)?;
        let stream: Pin<Box<dyn Stream>> = match secure {
            true => Box::pin(
                self.tls
                    .connect(ServerName::try_from(host)?, stream)
                    .await?,
            ),
            false => Box::pin(stream),
        };
        let mut builder = Builder::new();
        builder.read_buf_exact_size(Some(BUFFER));
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

trait Stream: AsyncRead + AsyncWrite + Send {}
impl<S: AsyncRead + AsyncWrite + Send> Stream for S {}

/// No body.
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

/// A body that is there already.
pub fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into())
        .map_err(|never| match never {})
        .boxed()
}

/// The header of a bearer's token.
pub fn bearer(
    request: hyper::http::request::Builder,
    token: &str,
) -> hyper::http::request::Builder {
    request.header(AUTHORIZATION, format!("Bearer {token}"))
}
