//! The client against small servers on loopback that do as they are told.

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::*;
use crate::edited::with;
use crate::egress::testing::{OK, given, head, send};
use crate::spool::in_memory;

#[tokio::test]
async fn a_redirect_is_handed_on_and_not_followed() {
    let given = given(Limits::default()).await;
    let reply = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let (received, _) = tokio::join!(given.get(), given.answer(reply));
    assert_eq!(received.unwrap().response.status(), 302);
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error() {
    let given = given(Limits::default()).await;
    let (received, (stream, _)) = tokio::join!(
        given.get(),
        given.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort")
    );
    drop(stream);
    let (_, body, _) = received.unwrap().into_parts();
    let error = body.collect().await.unwrap_err();
    assert!(
        transport_cause(&error).contains("end of file before message length reached"),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_that_answered_503_is_not_used_again() {
    let given = given(Limits::default()).await;
    let busy = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    let (received, (_first, _)) = tokio::join!(given.get(), given.answer(busy));
    received.unwrap().into_parts().1.collect().await.unwrap();
    // The second request would hang on the first connection: nobody reads there.
    let (received, (mut second, _)) = tokio::join!(given.get(), given.answer(OK));
    received.unwrap().into_parts().1.collect().await.unwrap();
    let again = async {
        head(&mut second).await;
        second.write_all(OK).await.unwrap();
    };
    // One that answered 200 is used again.
    let (received, ()) = tokio::join!(given.get(), again);
    assert_eq!(received.unwrap().response.status(), 200);
}

#[tokio::test]
async fn a_request_that_broke_is_not_sent_again() {
    let given = given(Limits::default()).await;
    let broken = async {
        let (mut stream, _) = given.listener.accept().await.unwrap();
        head(&mut stream).await;
    };
    let (received, ()) = tokio::join!(given.send(http::Method::POST, Outgoing::bytes("x")), broken);
    let Err(SendError::Transport(text)) = received else {
        panic!()
    };
    assert!(
        text.starts_with(&format!(
            "the request to `http://{}` failed: ",
            given.address
        )),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn an_address_that_is_not_exempt_is_denied_however_it_is_named() {
    let client = HttpClient::new(
        &Egress::default(),
        &Limits::default(),
        &Arc::new(SecretSources::default()),
    )
    .unwrap();
    for host in [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "169.254.169.254",
        "0x7f.1",
        "2130706433",
    ] {
        let url = format!("https://{host}:9/");
        match send(
            &client,
            &url,
            http::Method::GET,
            Outgoing::bytes(Vec::new()),
        )
        .await
        {
            Err(SendError::Denied(text)) => assert!(text.contains("under `[egress]`"), "{text}"),
            Err(other) => panic!("{host}: {other:?}"),
            Ok(_) => panic!("{host}"),
        }
    }
}

#[tokio::test]
async fn a_reply_that_does_not_come_is_a_timeout_that_names_its_setting() {
    let given = given(with(Limits::default(), |limits| {
        limits.request_seconds = 0;
        limits.connect_seconds = 0;
    }))
    .await;
    let origin = Origin::of(&Url::parse(&format!("http://{}", given.address)).unwrap()).unwrap();
    let body = Outgoing::bytes(Vec::new());
    let timeout = given.client.silence(&body.pulse(), &origin).await;
    assert_eq!(
        timeout,
        SendError::Timeout(format!(
            "no first byte of a reply from `{origin}` within 0 s (`limits.request_seconds`)"
        ))
    );
    let given = self::given(with(Limits::default(), |limits| {
        limits.idle_seconds = 0;
        limits.connect_seconds = 0;
    }))
    .await;
    let timeout = given
        .client
        .silence(&Outgoing::bytes("unsent").pulse(), &origin)
        .await;
    assert_eq!(
        timeout,
        SendError::Timeout(format!(
            "`{origin}` took no byte of the request for 0 s (`limits.idle_seconds`)"
        ))
    );
}

#[tokio::test]
async fn a_slice_of_a_blob_is_sent_with_its_length() {
    let given = given(Limits::default()).await;
    let content: Vec<u8> = (0..700_000_u32).map(|index| index as u8).collect();
    let body = Outgoing::slice(in_memory(content[3..].to_vec().into()), 600_000);
    let server = async {
        let (mut stream, _) = given.listener.accept().await.unwrap();
        let head = head(&mut stream).await;
        let mut body = vec![0; 600_000];
        stream.read_exact(&mut body).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        (head, body)
    };
    let (received, (head, body)) = tokio::join!(given.send(http::Method::PUT, body), server);
    assert_eq!(received.unwrap().response.status(), 200);
    assert!(head.contains("content-length: 600000\r\n"), "{head}");
    assert!(body == content[3..600_003]);
}

#[tokio::test]
async fn a_blob_that_ends_early_is_an_error() {
    let given = given(Limits::default()).await;
    let body = Outgoing::slice(in_memory(Bytes::from_static(b"short")), 10);
    let server = async {
        let (mut stream, _) = given.listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1000]).await;
    };
    let (received, ()) = tokio::join!(given.send(http::Method::PUT, body), server);
    let Err(SendError::Transport(text)) = received else {
        panic!("it was sent")
    };
    let cause = "its content cannot be read: the spool: unexpected end of file";
    assert!(text.ends_with(cause), "{text}");
}

#[tokio::test]
async fn a_reply_with_too_many_headers_is_refused_by_the_limits_name() {
    let given = given(with(Limits::default(), |limits| {
        limits.headers = 3;
        limits.header_bytes = 100;
    }))
    .await;
    let long = format!(
        "HTTP/1.1 200 OK\r\na: {}\r\ncontent-length: 0\r\n\r\n",
        "x".repeat(100)
    );
    let many = format!(
        "HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n",
        "a: b\r\n".repeat(3)
    );
    let endless = format!("HTTP/1.1 200 OK\r\na: {}", "x".repeat(H1_BUFFER));
    for (reply, limit) in [
        (
            long,
            "the headers have more than 100 bytes (the limit is `limits.header_bytes`)",
        ),
        (many, "more than 3 headers (the limit is `limits.headers`)"),
        (
            endless,
            "100 bytes of them (the limit is `limits.header_bytes`)",
        ),
    ] {
        let (received, _stream) = tokio::join!(given.get(), given.answer(reply.as_bytes()));
        let Err(SendError::Limit(text)) = received else {
            panic!("{limit}")
        };
        assert!(text.starts_with(&format!(
            "the reply of `http://{}` is refused: ",
            given.address
        )));
        assert!(text.contains(limit), "{text}");
    }
}
