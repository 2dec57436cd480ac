//! The page on loopback that a browser comes back to. It takes what belongs to this sign-in and
//! tells everything else to go away.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use writeback_oauth::TokenError;
use writeback_oauth::entra::code::{Code, read_redirect};

type Found = Result<Code, TokenError>;

/// A port of this machine, on both of its loopback addresses: `localhost` may mean either.
pub(super) struct Loopback {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

impl Loopback {
    pub(super) async fn bind() -> io::Result<Self> {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = v4.local_addr()?.port();
        let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
        Ok(Self { v4, v6, port })
    }

    /// What Entra ID redirects to: `http://localhost` is registered, and any port will do (RFC 8252, 7.3).
    pub(super) fn url(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// The code of the sign-in that has this `state`, or why there is none.
    pub(super) async fn code(&self, state: &str) -> Found {
        let (found, mut finding) = mpsc::channel(1);
        let state: Arc<str> = state.into();
        loop {
            tokio::select! {
                Some(found) = finding.recv() => return found,
                // Browsers open connections ahead of use: none may hold up another.
                Some(stream) = self.accept() => {
                    tokio::spawn(serve(stream, Arc::clone(&state), found.clone()));
                }
            }
        }
    }

    async fn accept(&self) -> Option<TcpStream> {
        let v6 = async {
            match &self.v6 {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = self.v4.accept() => accepted,
            accepted = v6 => accepted,
        }
        .ok()
        .map(|(stream, _)| stream)
    }
}

async fn serve(stream: TcpStream, state: Arc<str>, found: mpsc::Sender<Found>) {
    let kept = Mutex::new(None);
    let answer = service_fn(|request: Request<Incoming>| {
        let (page, code) = judge(&request, &state);
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = code;
        async { Ok::<_, Infallible>(page) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answer);
    // A browser that goes away has what it came for.
    let _ = connection.await;
    // Not before the page is there: what is found may end the process.
    let code = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(code) = code {
        // A second one is of no use.
        let _ = found.try_send(code);
    }
}

fn judge<B>(request: &Request<B>, state: &str) -> (Response<Full<Bytes>>, Option<Found>) {
    let query = request.uri().query().unwrap_or_default();
    if request.method() != Method::GET || request.uri().path() != "/" || query.is_empty() {
        return (page(StatusCode::NOT_FOUND, "There is nothing here."), None);
    }
    if is_foreign(query, state) {
        let text = "This page belongs to another sign-in.";
        return (page(StatusCode::BAD_REQUEST, text), None);
    }
    let found = read_redirect(query, state);
    let text = match found {
        Ok(_) => "You are signed in. You can close this page.",
        Err(_) => "You are not signed in: the terminal says why. You can close this page.",
    };
    (page(StatusCode::OK, text), Some(found))
}

/// Somebody else's redirect, or one made up by a page that guesses ports, ends nothing.
fn is_foreign(query: &str, state: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "state")
        .is_none_or(|(_, value)| value != state)
}

fn page(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Writeback</title><p>{text}</p></html>"
    );
    let mut page = Response::new(Full::new(Bytes::from(html)));
    *page.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ] {
        page.headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(uri: &str) -> (StatusCode, Option<bool>) {
        let request = Request::get(uri).body(()).unwrap();
        let (page, found) = judge(&request, "st");
        (page.status(), found.map(|found| found.is_ok()))
    }

    #[test]
    fn only_the_redirect_of_this_sign_in_ends_it() {
        assert_eq!(judged("/?code=c&state=st"), (StatusCode::OK, Some(true)));
        assert_eq!(
            judged("/?error=access_denied&state=st"),
            (StatusCode::OK, Some(false))
        );
        assert_eq!(judged("/?state=st"), (StatusCode::OK, Some(false)));
        for foreign in ["/?code=c&state=other", "/?code=c", "/?error=access_denied"] {
            assert_eq!(
                judged(foreign),
                (StatusCode::BAD_REQUEST, None),
                "{foreign}"
            );
        }
        for nothing in ["/favicon.ico", "/", "/x?code=c&state=st"] {
            assert_eq!(judged(nothing), (StatusCode::NOT_FOUND, None), "{nothing}");
        }
    }
}
