//! Peers that stop, at each point where they can, against limits of a second.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::config::{Egress, Limits};
use crate::edited::with;
use crate::egress::testing::{client, given, head, send};
use crate::egress::{HttpClient, Outgoing, SendError};

/// Limits of which only these are short: the rest would outlast any test.
fn limits(connect_seconds: u64, request_seconds: u64, idle_seconds: u64) -> Limits {
    with(Limits::default(), |limits| {
        limits.connect_seconds = connect_seconds;
        limits.request_seconds = request_seconds;
        limits.idle_seconds = idle_seconds;
    })
}

const LONG: u64 = 3600;

fn reaching(address: SocketAddr, limits: &Limits) -> HttpClient {
    let egress = with(Egress::default(), |egress| {
        egress.allow_addresses = vec![address]
    });
    client(&egress, limits)
}

async fn get(client: &HttpClient, url: &str) -> SendError {
    let sent = send(client, url, Method::GET, Outgoing::bytes(Vec::new())).await;
    sent.err().unwrap()
}

/// A listener whose queue is full: nobody accepts, and the system answers no further connection.
async fn full() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, vec![TcpStream::connect(address).await.unwrap()])
}

#[tokio::test]
async fn a_connection_that_is_never_answered() {
    let (listener, _waiting) = full().await;
    let at = listener.local_addr().unwrap();
    let timeout = get(
        &reaching(at, &limits(1, LONG, LONG)),
        &format!("http://{at}/"),
    )
    .await;
    assert_eq!(
        timeout,
        SendError::Timeout(format!(
            "cannot reach `http://{at}`: connecting took longer than 1 s (`limits.connect_seconds`)"
        ))
    );
}

#[tokio::test]
async fn a_handshake_that_is_never_finished() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let client = reaching(at, &limits(1, LONG, LONG));
    let url = format!("https://{at}/");
    let silence = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_to_end(&mut Vec::new()).await
    };
    let (timeout, _) = tokio::join!(get(&client, &url), silence);
    assert_eq!(
        timeout,
        SendError::Timeout(format!(
            "cannot reach `https://{at}`: TLS took longer than 1 s (`limits.connect_seconds`)"
        ))
    );
}

#[tokio::test]
async fn a_reply_that_never_begins() {
    let given = given(limits(1, 1, LONG)).await;
    let silence = async {
        let (mut stream, _) = given.listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.read_to_end(&mut Vec::new()).await
    };
    let (received, _) = tokio::join!(given.get(), silence);
    assert_eq!(
        received.err().unwrap(),
        SendError::Timeout(format!(
            "no first byte of a reply from `http://{}` within 1 s (`limits.request_seconds`)",
            given.address
        ))
    );
}

#[tokio::test]
async fn a_peer_that_stops_reading() {
    let given = given(limits(LONG, LONG, 1)).await;
    // More than all buffers between the two hold.
    let body = Outgoing::bytes(vec![0; 64 << 20]);
    let silence = async {
        let (mut stream, _) = given.listener.accept().await.unwrap();
        head(&mut stream).await;
        stream
    };
    let (received, _stream) = tokio::join!(given.send(Method::PUT, body), silence);
    assert_eq!(
        received.err().unwrap(),
        SendError::Timeout(format!(
            "`http://{}` took no byte of the request for 1 s (`limits.idle_seconds`)",
            given.address
        ))
    );
}

#[tokio::test]
async fn a_name_that_is_never_resolved() {
    struct Never;
    impl crate::egress::resolve::Resolve for Never {
        fn resolve(&self, _: String, _: u16) -> crate::egress::resolve::Resolving {
            Box::pin(std::future::pending())
        }
    }
    let sources = Arc::new(crate::credentials::SecretSources::default());
    let limits = limits(1, LONG, LONG);
    let client =
        HttpClient::resolving(&Egress::default(), &limits, &sources, Arc::new(Never)).unwrap();
    let timeout = get(&client, "https://slow.example/").await;
    assert!(
        timeout
            .to_string()
            .ends_with("name lookup took longer than 1 s (`limits.connect_seconds`)"),
        "{timeout}"
    );
}
