//! The way through an HTTP proxy: CONNECT (RFC 9110, 9.3.6), then whatever is said inside. The
//! proxy learns hosts and ports, never a request. Its password is read when it is first needed and
//! shown nowhere.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::sync::OnceCell;
use url::Host;
use writeback_policy::{HostPattern, Origin, proxy_origin};
use zeroize::Zeroizing;

use super::address::vet;
use super::connect::ConnectError;
use super::stream::Wire;
use crate::config::{Egress, SecretSource};
use crate::credentials::{SecretSources, SignInError, sensitive};

/// A tenant's proxy.
pub(super) struct Proxy {
    pub(super) origin: Origin,
    exceptions: Vec<HostPattern>,
    login: Option<Login>,
}

struct Login {
    user: String,
    password: Option<SecretSource>,
    sources: Arc<SecretSources>,
    header: OnceCell<HeaderValue>,
}

impl Proxy {
    pub(super) fn new(
        egress: &Egress,
        sources: &Arc<SecretSources>,
    ) -> Result<Option<Self>, String> {
        let Some(text) = &egress.proxy else {
            return Ok(None);
        };
        let exceptions = egress.no_proxy.iter().map(|text| HostPattern::parse(text));
        let login = egress.proxy_user.clone().map(|user| Login {
            user,
            password: egress.proxy_password.clone(),
            sources: Arc::clone(sources),
            header: OnceCell::new(),
        });
        Ok(Some(Self {
            origin: proxy_origin(text)?,
            exceptions: exceptions.collect::<Result<_, _>>()?,
            login,
        }))
    }

    /// Whether `origin` is reached through the proxy. Addresses that the operator exempts are near.
    pub(super) fn leads_to(&self, origin: &Origin, exempt: &[std::net::SocketAddr]) -> bool {
        let near = origin
            .address()
            .is_some_and(|address| exempt.contains(&address));
        !near
            && !self
                .exceptions
                .iter()
                .any(|host| host.matches(origin.host()))
    }

    /// Asks the proxy, at the other end of `wire`, for a way to `target`.
    pub(super) async fn tunnel(
        &self,
        wire: Box<dyn Wire>,
        target: &Origin,
    ) -> Result<Box<dyn Wire>, ConnectError> {
        let asked = self.request(target).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(wire))
            .await
            .map_err(|error| self.broke(error))?;
        let driving = tokio::spawn(connection.with_upgrades());
        let sent = sender.send_request(asked).await;
        let response = sent.map_err(|error| self.broke(error))?;
        if response.status() != StatusCode::OK {
            driving.abort();
            return Err(self.refused(response.status(), target));
        }
        let upgraded = hyper::upgrade::on(response).await;
        let parts = upgraded
            .map_err(|error| self.broke(error))?
            .downcast::<TokioIo<Box<dyn Wire>>>()
            .map_err(|_| self.broke("the connection was lost"))?;
        match parts.read_buf.is_empty() {
            true => Ok(parts.io.into_inner()),
            false => Err(self.broke("it spoke before it was spoken to")),
        }
    }

    async fn request(&self, target: &Origin) -> Result<Request<Empty<Bytes>>, ConnectError> {
        let authority = format!("{}:{}", target.host(), target.port());
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::CONNECT;
        *request.uri_mut() = authority.parse().map_err(|error| self.broke(error))?;
        let host = HeaderValue::from_str(&authority).map_err(|error| self.broke(error))?;
        request.headers_mut().insert(header::HOST, host);
        if let Some(login) = &self.login {
            let value = login.header.get_or_try_init(|| login.read()).await?;
            let headers = request.headers_mut();
            headers.insert(header::PROXY_AUTHORIZATION, value.clone());
        }
        Ok(request)
    }

    fn refused(&self, status: StatusCode, target: &Origin) -> ConnectError {
        let (proxy, number) = (&self.origin, status.as_u16());
        let (host, port) = (target.host(), target.port());
        let text = format!("the proxy `{proxy}` refused the way to `{host}:{port}`: HTTP {number}");
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let hint = match self.login {
                Some(_) => "check `proxy_user` and `proxy_password` under `[egress]`",
                None => "give the proxy its `proxy_user` and `proxy_password` under `[egress]`",
            };
            ConnectError::Denied(format!("{text}\nhint: {hint}"))
        } else if status.is_client_error() {
            let hint = format!("ask who runs the proxy to allow `{host}:{port}`");
            ConnectError::Denied(format!("{text}\nhint: {hint}"))
        } else {
            ConnectError::Failed {
                phase: "asking the proxy".into(),
                cause: io::Error::other(text),
            }
        }
    }

    fn broke(&self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectError {
        ConnectError::Failed {
            phase: format!("asking the proxy `{}` for a way", self.origin).into(),
            cause: io::Error::other(cause),
        }
    }
}

impl Login {
    async fn read(&self) -> Result<HeaderValue, ConnectError> {
        let mut pair = Zeroizing::new(format!("{}:", self.user));
        if let Some(source) = &self.password {
            let password = self.sources.text("proxy_password", source).await;
            let password = password.map_err(|error| match error {
                SignInError::Refused(why) => ConnectError::Denied(why),
                SignInError::Unavailable(why) => ConnectError::Failed {
                    phase: "reading `egress.proxy_password`".into(),
                    cause: io::Error::other(why),
                },
            })?;
            *pair = format!("{}:{}", self.user, password.as_str());
        }
        let mut basic = Zeroizing::new("Basic ".to_owned());
        basic.push_str(&Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes())));
        sensitive::header(basic)
            .ok_or_else(|| ConnectError::Denied("the proxy's login does not fit".to_owned()))
    }
}

/// A proxy resolves names; those that mean itself, and addresses that we would not connect to, are
/// not for it to reach.
pub(super) fn check_target(
    target: &Origin,
    exempt: &[std::net::SocketAddr],
) -> Result<(), ConnectError> {
    match (target.address(), target.host()) {
        (Some(address), host) => vet(address, exempt).map_err(|kind| {
            ConnectError::Denied(format!(
                "`{host}` is the {kind} address {address}\n\
                 hint: set `allow_addresses = [\"{address}\"]` under `[egress]`"
            ))
        }),
        (None, Host::Domain(name)) if is_loopback(name) => Err(ConnectError::Denied(format!(
            "`{name}` would be the proxy itself"
        ))),
        _ => Ok(()),
    }
}

/// RFC 6761, 6.3.
fn is_loopback(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
