//! What the tests of connections share: small servers on loopback that do as they are told, names
//! that lead where a test says, and certificates of an authority that nobody knows.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::Request;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use url::Url;
use writeback_policy::Origin;

use super::body::Outgoing;
use super::client::{HttpClient, Received, SendError};
use super::resolve::{Resolve, Resolving};
use crate::config::{Egress, Limits};
use crate::credentials::SecretSources;
use crate::edited::with;

/// A reply without a body.
pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

pub(super) fn client(egress: &Egress, limits: &Limits) -> HttpClient {
    HttpClient::new(egress, limits, &Arc::new(SecretSources::default())).unwrap()
}

/// A server on loopback and a client that may reach it.
pub(super) struct Given {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) client: HttpClient,
}

pub(super) async fn given(limits: Limits) -> Given {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let egress = with(Egress::default(), |egress| {
        egress.allow_addresses = vec![address]
    });
    Given {
        listener,
        address,
        client: client(&egress, &limits),
    }
}

impl Given {
    pub(super) async fn send(
        &self,
        method: http::Method,
        body: Outgoing,
    ) -> Result<Received, SendError> {
        send(
            &self.client,
            &format!("http://{}/path?secret", self.address),
            method,
            body,
        )
        .await
    }

    pub(super) async fn get(&self) -> Result<Received, SendError> {
        self.send(http::Method::GET, Outgoing::bytes(Vec::new()))
            .await
    }

    /// Takes one connection, reads a request's head, answers.
    pub(super) async fn answer(&self, reply: &[u8]) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let head = head(&mut stream).await;
        stream.write_all(reply).await.unwrap();
        (stream, head)
    }
}

pub(super) async fn send(
    client: &HttpClient,
    url: &str,
    method: http::Method,
    body: Outgoing,
) -> Result<Received, SendError> {
    let origin = Origin::of(&Url::parse(url).unwrap()).unwrap();
    let request = Request::builder()
        .method(method)
        .uri(url)
        .body(body)
        .unwrap();
    client.send(request, &origin).await
}

pub(super) async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A name service with one answer after the other, the last one for ever.
pub(super) struct Answers(Mutex<(VecDeque<Vec<SocketAddr>>, usize)>);

impl Answers {
    pub(super) fn new(answers: impl IntoIterator<Item = Vec<SocketAddr>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new((answers.into_iter().collect(), 0))))
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

impl Resolve for Answers {
    fn resolve(&self, _: String, _: u16) -> Resolving {
        let mut state = self.0.lock().unwrap();
        state.1 += 1;
        let answer = match state.0.len() {
            0 => Err(io::Error::other("no such name")),
            1 => Ok(state.0[0].clone()),
            _ => Ok(state.0.pop_front().unwrap()),
        };
        Box::pin(async move { answer })
    }
}

/// A server's end of TLS, and the file of the authority that vouches for it.
pub(super) struct Authority {
    pub(super) acceptor: TlsAcceptor,
    pub(super) file: tempfile::NamedTempFile,
}

/// A new authority, and a certificate of it for `names`.
pub(super) fn authority(names: &[&str]) -> Authority {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = ca.self_signed(&ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let leaf = CertificateParams::new(names).unwrap();
    let leaf = leaf
        .signed_by(&key, &Issuer::from_params(&ca, &ca_key))
        .unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), certificate.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    Authority {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        file,
    }
}
