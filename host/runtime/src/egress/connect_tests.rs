//! Where connections lead, whatever names and addresses say, and who shares them.

use http::Method;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::config::{Egress, Limits};
use crate::credentials::SecretSources;
use crate::edited::with;
use crate::egress::testing::{Answers, Given, OK, authority, client, given, head, send};
use crate::egress::{HttpClient, Outgoing, Received, SendError, Traffic};
use crate::usage::UsageMeter;
use std::net::SocketAddr;
use std::sync::Arc;

async fn get(client: &HttpClient, url: &str) -> Result<Received, SendError> {
    send(client, url, Method::GET, Outgoing::bytes(Vec::new())).await
}

fn text(result: Result<Received, SendError>) -> String {
    match result {
        Ok(_) => panic!("it was answered"),
        Err(error) => error.to_string(),
    }
}

/// A client for which `exempt` is reachable and names lead where `answers` says.
fn named(answers: &Arc<Answers>, exempt: &[SocketAddr]) -> HttpClient {
    let egress = with(Egress::default(), |egress| {
        egress.allow_addresses = exempt.to_vec()
    });
    let sources = Arc::new(SecretSources::default());
    HttpClient::resolving(&egress, &Limits::default(), &sources, answers.clone()).unwrap()
}

async fn listener(address: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Takes a request on a new connection and answers it.
async fn serve(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    head(&mut stream).await;
    stream.write_all(OK).await.unwrap();
}

#[tokio::test]
async fn the_address_that_was_vetted_is_the_one_that_is_connected_to() {
    let ((good, at), (evil, behind)) =
        (listener("127.0.0.1:0").await, listener("127.0.0.2:0").await);
    // The name service says something else when it is asked again.
    let answers = Answers::new([vec![at], vec![behind]]);
    let client = named(&answers, &[at]);
    let (received, ()) = tokio::join!(get(&client, "http://rebind.example/"), serve(&good));
    assert_eq!(received.unwrap().response.status(), 200);
    assert_eq!(answers.asked(), 1);
    // The first connection is still held by its reply, or closed: a new one is vetted anew.
    let denied = text(get(&client, "http://rebind.example:81/").await);
    assert!(
        denied.contains("`rebind.example` is at the loopback address 127.0.0.2:"),
        "{denied}"
    );
    assert_eq!(answers.asked(), 2);
    drop(client);
    assert_untouched(evil).await;
}

/// Nobody has connected: the first to do so is ourselves.
async fn assert_untouched(listener: TcpListener) {
    let own = tokio::net::TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (_, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, own.local_addr().unwrap());
}

#[tokio::test]
async fn of_mixed_answers_the_good_ones_are_used() {
    let ((good, at), (evil, behind)) =
        (listener("127.0.0.1:0").await, listener("127.0.0.2:0").await);
    let answers = Answers::new([vec![behind, "10.0.0.1:443".parse().unwrap(), at, behind]]);
    let client = named(&answers, &[at]);
    let (received, ()) = tokio::join!(get(&client, "http://mixed.example/"), serve(&good));
    assert_eq!(received.unwrap().response.status(), 200);
    assert_untouched(evil).await;
}

#[tokio::test]
async fn a_name_is_denied_wherever_it_leads_inside() {
    for (address, kind) in [
        ("0.0.0.0:443", "unspecified"),
        ("127.0.0.1:443", "loopback"),
        ("10.1.2.3:443", "private"),
        ("172.16.0.1:443", "private"),
        ("192.168.0.1:443", "private"),
        ("169.254.169.254:443", "link-local or metadata"),
        ("168.63.129.16:443", "metadata"),
        ("100.64.0.1:443", "shared"),
        ("198.18.0.1:443", "special-purpose"),
        ("224.0.0.1:443", "multicast"),
        ("255.255.255.255:443", "reserved"),
        ("[::]:443", "unspecified"),
        ("[::1]:443", "loopback"),
        ("[::ffff:127.0.0.1]:443", "loopback"),
        ("[::ffff:169.254.169.254]:443", "link-local or metadata"),
        ("[64:ff9b::10.0.0.1]:443", "private"),
        ("[2002:7f00:1::]:443", "loopback"),
        ("[fd00:ec2::254]:443", "private or metadata"),
        ("[fe80::1]:443", "link-local"),
        ("[ff02::1]:443", "multicast"),
    ] {
        let address: SocketAddr = address.parse().unwrap();
        let answers = Answers::new([vec![address]]);
        let denied = get(&named(&answers, &[]), "https://inside.example/").await;
        assert!(matches!(denied, Err(SendError::Denied(_))), "{address}");
        let denied = text(denied);
        let expected =
            format!("cannot reach `https://inside.example`: `inside.example` is at the {kind}");
        assert!(denied.starts_with(&expected), "{denied}");
        assert!(
            denied.contains(&format!("allow_addresses = [\"{address}\"]")),
            "{denied}"
        );
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_not_found() {
    for answers in [Answers::new([vec![]]), Answers::new([])] {
        let failed = get(&named(&answers, &[]), "https://nowhere.example/").await;
        assert!(matches!(failed, Err(SendError::Transport(_))));
        assert!(text(failed).contains("name lookup failed"));
    }
}

/// Gets once, whole, so that the connection can be used again.
async fn whole(client: &HttpClient, url: &str) {
    use http_body_util::BodyExt;
    let received = get(client, url).await.unwrap();
    received.into_parts().1.collect().await.unwrap();
}

#[tokio::test]
async fn a_tenant_uses_its_connection_again_and_never_anothers() {
    let given = given(Limits::default()).await;
    let egress = with(Egress::default(), |egress| {
        egress.allow_addresses = vec![given.address]
    });
    let other = client(&egress, &Limits::default());
    let url = format!("http://{}/", given.address);
    let serving = async {
        let (mut first, _) = given.listener.accept().await.unwrap();
        for _ in 0..2 {
            head(&mut first).await;
            first.write_all(OK).await.unwrap();
        }
        // The other tenant's request comes over a connection of its own.
        let (mut second, _) = given.listener.accept().await.unwrap();
        head(&mut second).await;
        second.write_all(OK).await.unwrap();
        (first, second)
    };
    let asking = async {
        whole(&given.client, &url).await;
        whole(&given.client, &url).await;
        whole(&other, &url).await;
    };
    tokio::join!(serving, asking);
}

#[tokio::test]
async fn a_run_opens_no_more_connections_than_its_limit() {
    let given = given(Limits::default()).await;
    let limits = with(Limits::default(), |limits| limits.connections = 1);
    let traffic = Arc::new(Traffic::new(&limits, UsageMeter::new()));
    let closed = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let sending = || Arc::clone(&traffic).charging(given.get());
    let (received, _) = tokio::join!(sending(), given.answer(closed));
    assert!(received.is_ok());
    let refused = sending().await;
    assert!(matches!(refused, Err(SendError::Limit(_))));
    assert_eq!(
        text(refused),
        format!(
            "cannot reach `http://{}`: the run may not open more than 1 connections (the limit is `limits.connections`)",
            given.address
        )
    );
    // What is not sent for that run is not its.
    let (received, _) = tokio::join!(given.get(), given.answer(OK));
    assert!(received.is_ok());
}

#[tokio::test]
async fn a_tenant_has_no_more_connections_open_than_its_limit() {
    let mut limits = Limits::default();
    limits.tenant.connections = 1;
    let given = given(limits).await;
    let (received, (stream, _)) = tokio::join!(
        given.get(),
        given.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
    );
    let refused = given.get().await;
    assert!(matches!(refused, Err(SendError::Limit(_))));
    assert!(text(refused).ends_with(
        "the tenant may not have more than 1 connections open at a time (the limit is `limits.tenant.connections`)"
    ));
    let other = self::given(Limits::default()).await;
    let (answered, _) = tokio::join!(other.get(), other.answer(OK));
    assert!(answered.is_ok());
    drop((received, stream));
    let again = again(&given);
    let (answered, _) = tokio::join!(again, given.answer(OK));
    assert!(answered.is_ok());
}

/// Gets as soon as the connection that was let go is closed.
async fn again(given: &Given) -> Result<Received, SendError> {
    loop {
        match given.get().await {
            Err(SendError::Limit(_)) => tokio::task::yield_now().await,
            other => return other,
        }
    }
}

#[tokio::test]
async fn an_authority_of_the_operators_own_is_trusted_where_it_is_named() {
    let (listener, at) = listener("127.0.0.1:0").await;
    let authority = authority(&["127.0.0.1"]);
    let serving = async {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut tls) = authority.acceptor.accept(stream).await {
                head(&mut tls).await;
                return tls.write_all(OK).await.unwrap();
            }
        }
    };
    let mut egress = with(Egress::default(), |egress| {
        egress.allow_addresses = vec![at]
    });
    let url = format!("https://{at}/");
    let stranger = client(&egress, &Limits::default());
    egress.ca_file = Some(authority.file.path().to_owned());
    let trusting = client(&egress, &Limits::default());
    let asking = async {
        let refused = text(get(&stranger, &url).await);
        assert!(refused.contains("UnknownIssuer"), "{refused}");
        assert_eq!(get(&trusting, &url).await.unwrap().response.status(), 200);
    };
    tokio::join!(serving, asking);
}
