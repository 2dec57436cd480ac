//! Where a message of the program's may go, and what of it is told.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::config::{Config, Limits};
use crate::edited::with;

fn tenant(exempt: &[SocketAddr]) -> Tenant {
    let config = with(Config::default(), |config| {
        config.egress.allow_addresses = exempt.to_vec();
        config.limits = with(Limits::default(), |limits| limits.header_bytes = 1000);
    });
    Tenant::new(config.into_tenant()).unwrap()
}

async fn refused(tenant: &Tenant, url: &str, headers: &[(&str, &str)]) -> String {
    match tenant.post(url, headers, "{}").await {
        Err(Error::Post(text)) => text,
        other => panic!("{url}: {other:?}"),
    }
}

/// Takes one connection, reads a message of this length, and answers.
async fn answer(listener: &TcpListener, body: usize, reply: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        read.push(stream.read_u8().await.unwrap());
    }
    let mut rest = vec![0; body];
    stream.read_exact(&mut rest).await.unwrap();
    stream.write_all(reply.as_bytes()).await.unwrap();
    String::from_utf8([read, rest].concat()).unwrap()
}

#[tokio::test]
async fn a_message_is_posted_once_and_a_redirect_is_a_status() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tenant = tenant(&[address]);
    let url = format!("http://{address}/hook?key=s3cret");
    let headers = [("x-signature", "abc"), ("authorization", "Bearer t0ken")];
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{address}/other\r\ncontent-length: 0\r\n\r\n"
    );
    let (status, read) = tokio::join!(
        tenant.post(&url, &headers, r#"{"a":1}"#),
        answer(&listener, 7, &redirect)
    );
    assert_eq!(status.unwrap(), 307);
    assert!(
        read.starts_with("POST /hook?key=s3cret HTTP/1.1\r\n"),
        "{read}"
    );
    for part in [
        "x-signature: abc",
        "authorization: Bearer t0ken",
        "content-length: 7",
    ] {
        assert!(read.contains(part), "{read}");
    }
    assert!(read.ends_with("\r\n\r\n{\"a\":1}"), "{read}");
    // The next one comes over a connection of its own: nothing waits for the first reply's end.
    let ok = "HTTP/1.1 204 No Content\r\n\r\n";
    let (status, _) = tokio::join!(tenant.post(&url, &[], "x"), answer(&listener, 1, ok));
    assert_eq!(status.unwrap(), 204);
}

#[tokio::test]
async fn an_inner_address_is_refused_however_it_is_written() {
    let tenant = tenant(&["127.0.0.1:1".parse().unwrap()]);
    for (host, kind) in [
        ("127.0.0.1", "loopback"),
        ("127.1", "loopback"),
        ("0x7f000001", "loopback"),
        ("2130706433", "loopback"),
        ("localhost", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("169.254.169.254", "link-local or metadata"),
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "shared (carrier-grade NAT)"),
        ("[::1]", "loopback"),
        ("[::ffff:127.0.0.1]", "loopback"),
        ("[::ffff:169.254.169.254]", "link-local or metadata"),
        ("[::ffff:a00:1]", "private"),
        ("[64:ff9b::a9fe:a9fe]", "link-local or metadata"),
        ("[2002:7f00:1::]", "loopback"),
        ("[fd00:ec2::254]", "private or metadata"),
        ("[fe80::1]", "link-local"),
    ] {
        let text = refused(&tenant, &format!("https://{host}/hook?s3cret"), &[]).await;
        assert!(
            text.contains(&format!("is at the {kind} address")),
            "{text}"
        );
        assert!(!text.contains("s3cret") && !text.contains("hook"), "{text}");
    }
}

#[tokio::test]
async fn plain_http_is_spoken_to_exempt_addresses_alone() {
    let tenant = tenant(&["127.0.0.1:1".parse().unwrap()]);
    for origin in [
        "http://hooks.example.com",
        "http://127.0.0.1:2",
        "http://93.184.216.34",
    ] {
        let text = refused(&tenant, &format!("{origin}/s3cret"), &[]).await;
        let expected = format!(
            "`{origin}` must be https, or its address be listed in `egress.allow_addresses`"
        );
        assert_eq!(text, expected);
    }
    // The exempt one is asked: nobody listens there.
    let text = refused(&tenant, "http://127.0.0.1:1/s3cret", &[]).await;
    assert!(
        text.starts_with("cannot reach `http://127.0.0.1:1`: connecting failed"),
        "{text}"
    );
}

#[tokio::test]
async fn what_two_readers_would_read_differently_is_refused() {
    let tenant = tenant(&[]);
    for url in [
        "hooks.example.com/s3cret",
        "ftp://hooks.example.com/s3cret",
        "file:///etc/passwd",
        "https://me:s3cret@hooks.example.com/",
        "https:///s3cret",
        "https://hooks.example.com/s3cret\r\nhost: x",
        "https://hooks.example.com/#s3cret",
    ] {
        let text = refused(&tenant, url, &[]).await;
        assert!(!text.contains("s3cret"), "{text}");
    }
    let url = "https://hooks.example.com/";
    for name in [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "proxy-authorization",
    ] {
        let text = refused(&tenant, url, &[(name, "s3cret")]).await;
        assert_eq!(text, format!("the header `{name}` is the host's to set"));
    }
    for header in [("x-a", "a\r\nb: s3cret"), ("a b", "s3cret")] {
        assert!(!refused(&tenant, url, &[header]).await.contains("s3cret"));
    }
    let long = "x".repeat(1001);
    let text = refused(&tenant, url, &[("x-a", &long)]).await;
    assert!(text.contains("`limits.header_bytes`"), "{text}");
    let text = refused(&tenant, &format!("{url}{}", "x".repeat(8192)), &[]).await;
    assert!(text.contains("`limits.url_bytes`"), "{text}");
}
